//! Worlds for tests: a folder on the disk, and files in memory.
#![allow(
    clippy::disallowed_methods,
    reason = "tests may read files; the compiler may not"
)]
#![allow(dead_code, reason = "each suite uses what it needs")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use compiler::world::{World, WorldError};

/// The same instant for all tests.
fn started_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time")
}

/// A folder on the disk.
pub(crate) struct Folder {
    root: PathBuf,
    env: BTreeMap<String, String>,
}

impl Folder {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            env: BTreeMap::new(),
        }
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    fn walk(&self, path: &Path, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(path) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.walk(&path, found);
            } else if let Ok(relative) = path.strip_prefix(&self.root) {
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
}

impl World for Folder {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        std::fs::read_to_string(self.root.join(path)).map_err(|_| WorldError::NotFound(path.into()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let mut found = Vec::new();
        self.walk(&self.root.join(folder), &mut found);
        found.sort();
        Ok(found)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else {
            return Ok(Vec::new());
        };
        let names = entries.flatten().filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = names
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn started_at(&self) -> DateTime<Utc> {
        started_at()
    }

    fn invocation_id(&self) -> &'static str {
        "00000000-0000-0000-0000-000000000000"
    }
}

/// Files in memory.
#[derive(Default)]
pub(crate) struct Memory {
    files: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
}

impl Memory {
    /// A project that loads, with more files put over it.
    pub(crate) fn project(files: &[(&str, &str)]) -> Self {
        let mut memory = Self::default();
        memory.put("dbt_project.yml", "name: shop\nprofile: shop\n");
        memory.put(
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n",
        );
        for (path, text) in files {
            memory.put(path, text);
        }
        memory
    }

    pub(crate) fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path.into(), text.into());
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }
}

impl World for Memory {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| WorldError::NotFound(path.into()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let prefix = format!("{folder}/");
        Ok(self
            .files
            .keys()
            .filter(|path| path.starts_with(&prefix))
            .cloned()
            .collect())
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let prefix = format!("{folder}/");
        let below = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix)?.split_once('/'));
        let mut names: Vec<String> = below.map(|(name, _)| name.to_owned()).collect();
        names.dedup();
        Ok(names)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn started_at(&self) -> DateTime<Utc> {
        started_at()
    }

    fn invocation_id(&self) -> &'static str {
        "00000000-0000-0000-0000-000000000000"
    }
}
