//! What of a project its models are compiled with: found by resolving it and watching what is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::files::is_properties;
use super::types::{Target, Workbench};
use crate::diag::Diagnostics;
use crate::parse::packages::join;
use crate::parse::project::PROJECT_FILE;
use crate::resolve::{LoadOptions, Project, load};
use crate::world::{World, WorldError};
use crate::yaml;

/// Resolves a project and keeps what the trial of a model needs of it. Errors only where the project cannot be
/// resolved at all.
pub fn record(world: Arc<dyn World>, options: LoadOptions) -> Result<Workbench, Diagnostics> {
    let recorder = Arc::new(Recorder {
        world,
        read: Mutex::default(),
    });
    let vars = options.vars.clone();
    let loaded = load(Arc::clone(&recorder) as Arc<dyn World>, options);
    let Some(project) = loaded.project else {
        return Err(loaded.diagnostics);
    };
    let read = std::mem::take(&mut *recorder.lock());
    let packages = packages(&read);
    let macros = macro_files(&project, &packages);
    let files = read
        .into_iter()
        .filter(|(path, _)| is_kept(path) || macros.contains(path))
        .collect();
    let profile = &project.profile;
    let target = Target {
        profile: profile.name.clone(),
        name: profile.target_name.clone(),
        kind: profile.adapter_type.clone(),
        database: profile.database.clone(),
        schema: profile.schema.clone(),
        threads: profile.threads,
    };
    Ok(Workbench {
        files,
        packages,
        target,
        vars,
    })
}

/// Project and property files. `profiles.yml` holds secrets, `selectors.yml` nothing that a model is compiled with.
fn is_kept(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "profiles.yml" | "selectors.yml" => false,
        ".dbtignore" | "dbt_project.yml" | "packages.yml" | "dependencies.yml" | "vars.yml" => true,
        _ => is_properties(path),
    }
}

/// Folders of the packages by name, from the project files that were read. A package may be seen twice, installed and
/// where `local:` names it: the one counts whose files were read.
fn packages(read: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (path, text) in read {
        let folder = match path.strip_suffix(PROJECT_FILE) {
            Some("") => "",
            Some(folder) if folder.ends_with('/') => folder.trim_end_matches('/'),
            _ => continue,
        };
        let document = yaml::load(text, path).ok();
        let name = document
            .as_ref()
            .and_then(|document| document.root.as_mapping()?.set("name")?.scalar_text());
        let Some(name) = name else { continue };
        let files = read.keys().filter(|other| is_below(other, folder)).count();
        let known = found.entry(name).or_default();
        if files > known.0 {
            *known = (files, folder.to_owned());
        }
    }
    let folders = found.into_iter();
    folders.map(|(name, (_, folder))| (name, folder)).collect()
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn macro_files(project: &Project, packages: &BTreeMap<String, String>) -> BTreeSet<String> {
    let macros = project.manifest.macros.values();
    macros
        .filter_map(|one| {
            let folder = packages.get(&one.package_name)?;
            Some(join(folder, &one.original_file_path))
        })
        .collect()
}

/// A world that remembers what was read of it.
struct Recorder {
    world: Arc<dyn World>,
    read: Mutex<BTreeMap<String, String>>,
}

impl Recorder {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World for Recorder {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        let text = self.world.read(path)?;
        self.lock().insert(path.to_owned(), text.clone());
        Ok(text)
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, WorldError> {
        self.world.read_bytes(path)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read>, WorldError> {
        self.world.open(path)
    }

    fn size(&self, path: &str) -> Result<u64, WorldError> {
        self.world.size(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        self.world.list(folder)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        self.world.folders(folder)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        self.world.env_var(name)
    }

    fn metadata_envs(&self) -> BTreeMap<String, String> {
        self.world.metadata_envs()
    }

    fn started_at(&self) -> DateTime<Utc> {
        self.world.started_at()
    }

    fn invocation_id(&self) -> &str {
        self.world.invocation_id()
    }

    fn project_root(&self) -> &str {
        self.world.project_root()
    }

    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        self.world.each(count, work);
    }
}
