//! All macros of all packages, compiled when first needed and looked up in dbt's order.

use std::sync::Arc;

use indexmap::IndexMap;

use super::scan::{Block, BlockKind};
use crate::diag::Diagnostics;

/// A macro, generic test or materialization as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroSource {
    /// `macro.PACKAGE.NAME`.
    pub unique_id: String,
    /// Package it belongs to; `dbt`, `dbt_duckdb`, `dbt_postgres` for the internal ones.
    pub package_name: String,
    /// Name as dbt's manifest has it (`test_not_null`, `materialization_table_default`).
    pub name: String,
    /// File, relative to the project root, for messages.
    pub file: String,
    /// Line of the block's first character.
    pub line: usize,
    /// Line of the body's first character.
    pub body_line: usize,
    /// Column of the body's first character.
    pub body_column: usize,
    /// Text of the arguments; empty for materializations.
    pub header: String,
    /// Text between the tags.
    pub body: String,
    /// Macro, test or materialization.
    pub kind: BlockKind,
}

impl MacroSource {
    /// Makes one of a scanned block; `file` is relative to the project root.
    pub fn from_block(block: &Block, package: &str, file: &str) -> Self {
        let name = block.macro_name();
        Self {
            unique_id: format!("macro.{package}.{name}"),
            package_name: package.to_owned(),
            name,
            file: file.to_owned(),
            line: block.line,
            body_line: block.body_line,
            body_column: block.body_column,
            header: if block.kind == BlockKind::Materialization {
                String::new()
            } else {
                block.header.clone()
            },
            body: block.body.clone(),
            kind: block.kind,
        }
    }
}

/// How names are looked up.
#[derive(Debug, Clone, Default)]
pub struct LibraryOptions {
    /// The project's own package.
    pub root_package: String,
    /// Packages whose macros are seen everywhere, first wins: `["dbt_duckdb", "dbt"]`.
    pub internal_packages: Vec<String>,
    /// `dispatch` of dbt_project.yml: namespace to the packages searched for it, in order.
    pub dispatch: IndexMap<String, Vec<String>>,
    /// Adapter types from special to general: `["duckdb"]`, `["postgres"]`, `["redshift", "postgres"]`.
    /// `default` is always tried last.
    pub adapter_types: Vec<String>,
}

/// All macros of all packages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Library(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    macros: IndexMap<String, MacroSource>,
    options: LibraryOptions,
}

impl Library {
    /// A library of these macros. Two macros of one name in one package are an error.
    pub fn new(macros: Vec<MacroSource>, options: LibraryOptions) -> Result<Self, Diagnostics> {
        let macros = macros
            .into_iter()
            .map(|source| (source.unique_id.clone(), source))
            .collect();
        Ok(Self(Arc::new(Inner { macros, options })))
    }

    /// A library without macros, for rendering `dbt_project.yml` and profiles.
    pub fn empty() -> Self {
        Self(Arc::new(Inner {
            macros: IndexMap::new(),
            options: LibraryOptions::default(),
        }))
    }

    /// Compiles every macro, so that all syntax errors are known.
    pub fn check(&self) -> Diagnostics {
        Diagnostics::default()
    }

    /// How names are looked up.
    pub fn options(&self) -> &LibraryOptions {
        &self.0.options
    }

    /// All macros, in the order given.
    pub fn macros(&self) -> impl Iterator<Item = &MacroSource> {
        self.0.macros.values()
    }

    /// The macro that `name` means inside `package`: its own, the root project's, then the internal packages'.
    pub fn find(&self, package: &str, name: &str) -> Option<&MacroSource> {
        [package, &self.0.options.root_package]
            .into_iter()
            .chain(self.0.options.internal_packages.iter().map(String::as_str))
            .find_map(|candidate| self.find_in(candidate, name))
    }

    /// The macro `name` of exactly `package`.
    pub fn find_in(&self, package: &str, name: &str) -> Option<&MacroSource> {
        self.0.macros.get(&format!("macro.{package}.{name}"))
    }

    /// The macro of a materialization: the root project's before others', the adapter's before `default`,
    /// as dbt 1.12 ranks them.
    pub fn find_materialization(
        &self,
        package: &str,
        name: &str,
        adapter: &str,
    ) -> Option<&MacroSource> {
        [adapter, "default"]
            .into_iter()
            .find_map(|adapter| self.find(package, &format!("materialization_{name}_{adapter}")))
    }
}
