//! The few files of a trial as a [`World`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::types::{Given, Trial, Workbench};
use crate::parse::packages::join;
use crate::world::{World, WorldError};

/// Files that say what a project is, wherever they lie.
const PROJECT_FILES: [&str; 4] = [
    "dbt_project.yml",
    "packages.yml",
    "dependencies.yml",
    "vars.yml",
];

/// The files that matter for one trial.
#[derive(Debug)]
pub(super) struct Files {
    texts: BTreeMap<String, String>,
    at: DateTime<Utc>,
    /// Variables for which their own names are put.
    unset: BTreeSet<String>,
    /// Variables that somebody asked for.
    asked: Mutex<BTreeSet<String>>,
}

impl Files {
    /// The workbench's files without the properties of other nodes, and the files of the given nodes.
    pub(super) fn new(bench: &Workbench, trial: &Trial, unset: BTreeSet<String>) -> Self {
        let mut wanted = BTreeSet::new();
        let mut texts = BTreeMap::new();
        for node in &trial.nodes {
            let place = |path: &str| world_path(bench, node, path);
            wanted.extend(node.patch_path.iter().map(|path| place(path)));
            let path = place(&node.path);
            if is_properties(&path) {
                wanted.insert(path);
            } else if node.unique_id == trial.unique_id {
                texts.insert(path, trial.text.clone());
            } else {
                texts.entry(path).or_default().push_str(&text(node));
            }
        }
        let of_bench = bench.files.iter().filter(|(path, text)| {
            !is_properties(path) || wanted.contains(*path) || defines_groups(text)
        });
        texts.extend(of_bench.map(|(path, text)| (path.clone(), text.clone())));
        Self {
            texts,
            at: DateTime::from_timestamp_millis(trial.at).unwrap_or_default(),
            unset,
            asked: Mutex::default(),
        }
    }

    /// Variables that were asked for and have no value here.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

/// The path of a node's file below the root project.
pub(super) fn world_path(bench: &Workbench, node: &Given, path: &str) -> String {
    let folder = bench.packages.get(&node.package).map_or("", String::as_str);
    join(folder, path)
}

pub(super) fn is_properties(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = path
        .rsplit_once('.')
        .is_some_and(|(_, ending)| matches!(ending, "yml" | "yaml"));
    is_yaml && !PROJECT_FILES.contains(&name)
}

/// Whether a property file may define groups, which configurations anywhere name.
fn defines_groups(text: &str) -> bool {
    text.starts_with("groups:") || text.contains("\ngroups:")
}

/// A file that makes the node that the catalog has. What is in a seed does not matter: only its name is read.
fn text(node: &Given) -> String {
    match node.kind.as_str() {
        "seed" => "id\n".to_owned(),
        "snapshot" if !node.raw_code.contains("{% snapshot") => format!(
            "{{% snapshot {} %}}{}{{% endsnapshot %}}\n",
            node.name, node.raw_code
        ),
        _ => node.raw_code.clone(),
    }
}

impl World for Files {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        let found = self.texts.get(path).cloned();
        found.ok_or_else(|| WorldError::NotFound(path.to_owned()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let inside = inside(folder);
        let below = self.texts.keys().filter(|path| path.starts_with(&inside));
        Ok(below.cloned().collect())
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let inside = inside(folder);
        let names: BTreeSet<&str> = self
            .texts
            .keys()
            .filter_map(|path| Some(path.strip_prefix(&inside)?.split_once('/')?.0))
            .collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    /// The environment is nobody's business but the run's: a page knows none of it.
    fn env_var(&self, name: &str) -> Option<String> {
        if self.unset.contains(name) {
            return Some(format!("<{name}>"));
        }
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.insert(name.to_owned());
        None
    }

    fn started_at(&self) -> DateTime<Utc> {
        self.at
    }

    fn invocation_id(&self) -> &'static str {
        "00000000-0000-4000-8000-000000000000"
    }
}

fn inside(folder: &str) -> String {
    match folder.trim_end_matches('/') {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    }
}
