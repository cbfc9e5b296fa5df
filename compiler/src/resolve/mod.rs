//! Resolving configs, names and targets into a manifest.
//!
//! [`load`] reads a project and its packages and hands back everything that is known without a warehouse.
//!
//! | step | module |
//! |---|---|
//! | project, profile, packages, macros → scope and library | `setup` |
//! | SQL and CSV files → nodes | `nodes`, `snapshots` |
//! | functions: files, properties, `function()` | `functions` |
//! | property files → descriptions, columns, versions, tests, sources, exposures | `properties`, `patch`, `versions`, `tests`, `sources`, `exposures` |
//! | the configuration cascade | `config` |
//! | database, schema, alias, relation name | `names` |
//! | `ref`, `source`, `doc`, group and access | `references`, `describe`, `groups` |
//! | what entries of property files and settings may say | `property_shapes`, `config_rules` |
//! | names with spaces or given twice, documented arguments of macros | `name_checks`, `macro_arguments` |
//! | models that are built in batches | `microbatch` |
//! | unit tests | `unit_tests` |
//! | the semantic layer | `semantic` |
//! | parents, children, primary keys | `maps` |

mod assemble;
mod columns;
mod config;
mod config_rules;
mod deprecations;
mod describe;
mod draft;
mod exposures;
mod functions;
mod groups;
mod macro_arguments;
mod macros;
mod maps;
mod microbatch;
mod name_checks;
mod names;
mod nodes;
mod patch;
mod properties;
mod property_shapes;
mod references;
mod semantic;
mod setup;
mod snapshots;
mod sources;
mod tests;
mod unit_tests;
mod unknown;
mod unused_configs;
mod versions;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::artifacts::manifest::{Manifest, Node};
use crate::diag::{Diagnostic, Diagnostics};
use crate::jinja::{Library, ProjectScope};
pub use crate::parse::profile::{Profile, Setting};
pub use crate::parse::project::ProjectFile;
use crate::world::World;

/// What the caller decides about loading.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--vars`.
    pub vars: Map<String, Value>,
    /// Path and text of `profiles.yml`; where it is not given, the one in the project folder is read.
    pub profiles_yaml: Option<(String, String)>,
    /// Where `profiles.yml` was looked for, for the message when there is none.
    pub profiles_searched: Vec<String>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// The command word (`run`, `build`, …): `flags.WHICH`.
    pub command: String,
    /// Further `flags` of the Jinja context, names in capitals (`FULL_REFRESH`).
    pub flags: Map<String, Value>,
    /// `--target-path`, which wins over the project's.
    pub target_path: Option<String>,
}

/// Everything about a project that is known without a warehouse.
#[derive(Debug, Clone)]
pub struct Project {
    /// The resolved project, as dbt's `manifest.json` has it.
    pub manifest: Manifest,
    /// All macros.
    pub library: Library,
    /// What renders share.
    pub scope: Arc<ProjectScope>,
    /// The target's settings.
    pub profile: Profile,
    /// `on-run-start` hooks, the root project's last, as operations.
    pub on_run_start: Vec<Node>,
    /// `on-run-end` hooks as operations.
    pub on_run_end: Vec<Node>,
    /// `dbt_project.yml` of the root project.
    pub file: ProjectFile,
    /// Names of all packages, the root project first.
    pub packages: Vec<String>,
    /// `selectors.yml` as written.
    pub selectors: Value,
}

/// What [`load`] gives: the project where it could be read at all, and all that is wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// `None` where the project file, the profile or a macro is broken. With errors in `diagnostics` it is incomplete.
    pub project: Option<Project>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// Reads a project: all its files, its packages and its profile. Goes on after mistakes, to tell them all.
pub fn load(world: Arc<dyn World>, options: LoadOptions) -> Loaded {
    let mut diagnostics = Diagnostics::default();
    let project = setup::prepare(&world, &options, &mut diagnostics)
        .map(|prepared| assemble::Loader::new(prepared).run(&mut diagnostics));
    sort(&mut diagnostics);
    Loaded {
        project,
        diagnostics,
    }
}

/// Errors first, what keeps the project from being found before what follows from it, then by place. The same thing
/// is told once.
fn sort(diagnostics: &mut Diagnostics) {
    let follows = |code: &str| {
        !["project", "profile", "package", "target"]
            .iter()
            .any(|word| code.starts_with(word))
    };
    let place = |d: &Diagnostic| {
        d.span
            .as_ref()
            .map(|span| (span.file.clone(), span.line, span.column))
    };
    diagnostics.0.sort_by(|left, right| {
        let cause = follows(left.code).cmp(&follows(right.code));
        right
            .severity
            .cmp(&left.severity)
            .then(cause)
            .then_with(|| place(left).cmp(&place(right)))
    });
    diagnostics.0.dedup();
}
