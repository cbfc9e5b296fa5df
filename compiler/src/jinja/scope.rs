//! What all renders of one invocation share.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::world::World;

/// Which parts of a relation's name are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoting {
    /// The database.
    pub database: bool,
    /// The schema.
    pub schema: bool,
    /// The identifier.
    pub identifier: bool,
}

impl Default for Quoting {
    fn default() -> Self {
        Self {
            database: true,
            schema: true,
            identifier: true,
        }
    }
}

/// Values of `var()`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vars {
    /// `--vars`: wins over all.
    pub cli: Map<String, Value>,
    /// For each package, what its nodes see: the root project's `vars` for it over its own `vars`.
    pub packages: IndexMap<String, Map<String, Value>>,
}

impl Vars {
    /// What `var(name)` answers inside `package`.
    pub fn get(&self, package: &str, name: &str) -> Option<&Value> {
        self.cli
            .get(name)
            .or_else(|| self.packages.get(package)?.get(name))
    }
}

/// What all renders of one invocation share.
#[derive(Clone)]
pub struct ProjectScope {
    /// The project's name.
    pub project_name: String,
    /// The profile's name.
    pub profile_name: String,
    /// `target`: the profile's output without secrets, with `name`, `profile_name`, `target_name`, `schema`, `type`, `threads`.
    pub target: Map<String, Value>,
    /// Values of `var()`.
    pub vars: Vars,
    /// `flags`: names in capitals (`FULL_REFRESH`, `WHICH`, …).
    pub flags: Map<String, Value>,
    /// What was said on the command line, as `args` of the artifacts; empty until something runs.
    pub args: Map<String, Value>,
    /// Files, environment, clock.
    pub world: Arc<dyn World>,
    /// Packages and the project itself by name, each with its version as written.
    pub packages: IndexMap<String, Value>,
    /// `duckdb`, `postgres`, …
    pub adapter_type: String,
    /// The project's quoting.
    pub quoting: Quoting,
    /// The command word: `run`, `build`, `compile`, …
    pub command: String,
}

impl ProjectScope {
    /// How many MiB of a seed are hashed; larger ones are known by their path. 0 is no limit.
    pub fn max_seed_mib(&self) -> u64 {
        let limit = self.flags.get("MAXIMUM_SEED_SIZE_MIB");
        limit.and_then(Value::as_u64).unwrap_or(1)
    }
}

impl std::fmt::Debug for ProjectScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProjectScope")
            .field("project_name", &self.project_name)
            .finish_non_exhaustive()
    }
}
