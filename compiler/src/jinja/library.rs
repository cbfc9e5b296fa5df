//! All macros of all packages, compiled when first needed and looked up in dbt's order.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use minijinja::{Environment, UndefinedBehavior};

use super::environment;
use super::failure::raise;
use super::rewrite::{Parameter, parse_signature};
use super::scan::{Block, BlockKind};
use super::unit::{Origin, Unit};
use crate::diag::{Diagnostic, Diagnostics, Span};

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
    /// Whether a package's materialization counts instead of dbt's own of the same name.
    pub packages_replace_materializations: bool,
}

/// A macro's unit and its arguments.
type Parts = (Arc<Unit>, Vec<Parameter>);

/// A macro with what is compiled of it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) source: MacroSource,
    parts: OnceLock<Result<Parts, Box<Diagnostic>>>,
}

impl Entry {
    /// The macro's unit and arguments, made at the first call.
    pub(crate) fn parts(&self) -> Result<&Parts, Diagnostic> {
        self.parts
            .get_or_init(|| self.build().map_err(Box::new))
            .as_ref()
            .map_err(|error| (**error).clone())
    }

    fn build(&self) -> Result<Parts, Diagnostic> {
        let source = &self.source;
        let parameters = parse_signature(&source.header).map_err(|error| {
            Diagnostic::error("jinja-syntax", error.message)
                .at(Span::line(&source.file, source.line))
        })?;
        let title = format!("macro '{}'", source.name);
        let origin = Origin {
            name: &source.unique_id,
            title: &title,
            file: &source.file,
            line: source.body_line,
            column: source.body_column,
        };
        Ok((
            Arc::new(Unit::new(&source.body, &origin, &parameters)?),
            parameters,
        ))
    }
}

/// The macros by id and by package.
#[derive(Debug, Default)]
pub(crate) struct Macros {
    entries: IndexMap<String, Entry>,
    packages: HashMap<String, HashMap<String, usize>>,
    /// The last macro of each name that is not built in.
    named: HashMap<String, usize>,
}

impl Macros {
    /// The text that minijinja compiles under `name`: a macro's id, or that and `#` and the number of a call block.
    pub(crate) fn template(&self, name: &str) -> Result<Option<String>, minijinja::Error> {
        let (id, lambda) = match name.split_once('#') {
            Some((id, number)) => (id, number.parse::<usize>().ok()),
            None => (name, None),
        };
        let Some(entry) = self.entries.get(id) else {
            return Ok(None);
        };
        let (unit, _) = entry.parts().map_err(raise)?;
        Ok(match lambda {
            Some(number) => unit.lambda_text(number),
            None => Some(unit.text.clone()),
        })
    }
}

/// All macros of all packages. Cheap to clone.
#[derive(Clone)]
pub struct Library(Arc<Inner>);

struct Inner {
    macros: Arc<Macros>,
    options: LibraryOptions,
    environment: Environment<'static>,
    /// For texts that are parsed: what is missing from a value has anything in it, as any unknown name has.
    forgiving: OnceLock<Environment<'static>>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library")
            .field("macros", &self.0.macros.entries.len())
            .finish_non_exhaustive()
    }
}

impl Library {
    /// A library of these macros. Two macros of one name in one package are an error.
    pub fn new(macros: Vec<MacroSource>, options: LibraryOptions) -> Result<Self, Diagnostics> {
        let mut found = Macros::default();
        let mut wrong = Diagnostics::default();
        for source in macros {
            if let Some(first) = found.entries.get(&source.unique_id) {
                let message = format!(
                    "there are two macros named '{}' in the package '{}'",
                    source.name, source.package_name
                );
                wrong.push(
                    Diagnostic::error("duplicate-macro", message)
                        .at(Span::line(&source.file, source.line))
                        .label(
                            Span::line(&first.source.file, first.source.line),
                            "the first one",
                        )
                        .hint("rename or remove one of them"),
                );
                continue;
            }
            let place = found.entries.len();
            found
                .packages
                .entry(source.package_name.clone())
                .or_default()
                .insert(source.name.clone(), place);
            if !options.internal_packages.contains(&source.package_name) {
                found.named.insert(source.name.clone(), place);
            }
            found.entries.insert(
                source.unique_id.clone(),
                Entry {
                    source,
                    parts: OnceLock::new(),
                },
            );
        }
        if wrong.has_errors() {
            return Err(wrong);
        }
        Ok(Self::build(found, options))
    }

    fn build(macros: Macros, options: LibraryOptions) -> Self {
        let macros = Arc::new(macros);
        let environment = environment::build(&macros);
        Self(Arc::new(Inner {
            macros,
            options,
            environment,
            forgiving: OnceLock::new(),
        }))
    }

    /// A library without macros, for rendering `dbt_project.yml` and profiles.
    pub fn empty() -> Self {
        Self::build(Macros::default(), LibraryOptions::default())
    }

    /// Compiles every macro of the projects, so that all syntax errors are known. Internal packages are sound, and
    /// compiled where they are called.
    pub fn check(&self) -> Diagnostics {
        let mut wrong = Diagnostics::default();
        let internal = &self.0.options.internal_packages;
        let of_projects = |entry: &&Entry| !internal.contains(&entry.source.package_name);
        for entry in self.0.macros.entries.values().filter(of_projects) {
            let unit = match entry.parts() {
                Ok((unit, _)) => unit,
                Err(error) => {
                    wrong.push(error);
                    continue;
                }
            };
            let lambdas = (0..unit.rewritten.lambdas.len()).map(|number| unit.lambda_name(number));
            for name in std::iter::once(unit.name.clone()).chain(lambdas) {
                if let Err(error) = self.0.environment.get_template(&name) {
                    wrong.push(super::report::describe(self, unit, &error));
                }
            }
        }
        wrong
    }

    /// How names are looked up.
    pub fn options(&self) -> &LibraryOptions {
        &self.0.options
    }

    /// All macros, in the order given.
    pub fn macros(&self) -> impl Iterator<Item = &MacroSource> {
        self.0.macros.entries.values().map(|entry| &entry.source)
    }

    /// The macro that `name` means inside `package`: its own, the root project's, then the internal packages'.
    pub fn find(&self, package: &str, name: &str) -> Option<&MacroSource> {
        self.place(package, name)
            .map(|place| &self.entry(place).source)
    }

    /// The macro `name` of exactly `package`; in `dbt` the internal packages' macros are found too.
    pub fn find_in(&self, package: &str, name: &str) -> Option<&MacroSource> {
        self.place_in(package, name)
            .map(|place| &self.entry(place).source)
    }

    /// The macro `name` of `package` if it has one, or else of the root project, of any package, or built in: how dbt
    /// reads the name in a macro's text.
    pub fn find_anywhere(&self, package: &str, name: &str) -> Option<&MacroSource> {
        self.find_in(package, name)
            .or_else(|| self.find_in(&self.0.options.root_package, name))
            .or_else(|| {
                let place = self.0.macros.named.get(name)?;
                Some(&self.entry(*place).source)
            })
            .or_else(|| self.find_in("dbt", name))
    }

    /// The macro of a materialization as dbt 1.12 ranks them (`find_materialization_macro_by_name`): for the adapter
    /// before `default`; among these the root project's, then a package's, then the internal packages'. A package's
    /// does not count where there is one of dbt's own, unless the options say so. Two packages' are an error.
    pub fn find_materialization(
        &self,
        name: &str,
        adapter: &str,
    ) -> Result<Option<&MacroSource>, Diagnostic> {
        let LibraryOptions {
            root_package,
            internal_packages,
            packages_replace_materializations,
            ..
        } = &self.0.options;
        let names = self.names_of_materialization(name, adapter);
        let source = |place: usize| &self.entry(place).source;
        let own = |name: &String| self.place_in(root_package, name);
        let core = |name: &String| self.place_in("dbt", name);
        let counts =
            *packages_replace_materializations || !names.iter().any(|name| core(name).is_some());
        for name in &names {
            if let Some(found) = own(name) {
                return Ok(Some(source(found)));
            }
            let is_package =
                |package: &String| package != root_package && !internal_packages.contains(package);
            let mut imported: Vec<usize> = self
                .0
                .macros
                .packages
                .iter()
                .filter(|(package, _)| counts && is_package(package))
                .filter_map(|(_, macros)| macros.get(name).copied())
                .collect();
            imported.sort_unstable();
            match imported.as_slice() {
                [] => {}
                [found] => return Ok(Some(source(*found))),
                [one, other, ..] => {
                    let (one, other) = (source(*one), source(*other));
                    return Err(Diagnostic::error(
                        "duplicate-materialization",
                        format!(
                            "the packages '{}' and '{}' both define the {}",
                            one.package_name,
                            other.package_name,
                            name.replace('_', " ")
                        ),
                    )
                    .at(Span::line(&other.file, other.line))
                    .label(Span::line(&one.file, one.line), "the other one")
                    .hint("say in a macro of the project which one counts: `{% materialization … %}{{ return(package.materialization_…()) }}{% endmaterialization %}`"));
                }
            }
            if let Some(found) = core(name) {
                return Ok(Some(source(found)));
            }
        }
        Ok(None)
    }

    /// The macros that a materialization may be, the most particular first.
    fn names_of_materialization(&self, name: &str, adapter: &str) -> Vec<String> {
        let others = self.0.options.adapter_types.iter().map(String::as_str);
        std::iter::once(adapter)
            .chain(others)
            .chain(["default"])
            .map(|adapter| format!("materialization_{name}_{adapter}"))
            .collect()
    }

    /// Whether a macro is built in.
    pub fn is_internal(&self, found: &MacroSource) -> bool {
        let internal = &self.0.options.internal_packages;
        internal.contains(&found.package_name)
    }

    /// Whether a materialization that was found is an installed package's, in place of a built-in one.
    pub fn replaces_builtin(&self, found: &MacroSource, name: &str, adapter: &str) -> bool {
        let names = self.names_of_materialization(name, adapter);
        found.package_name != self.0.options.root_package
            && !self.is_internal(found)
            && names
                .iter()
                .any(|name| self.place_in("dbt", name).is_some())
    }

    pub(crate) fn place(&self, package: &str, name: &str) -> Option<usize> {
        let exact = |package: &str| self.0.macros.packages.get(package)?.get(name).copied();
        exact(package)
            .or_else(|| exact(&self.0.options.root_package))
            .or_else(|| {
                self.0
                    .options
                    .internal_packages
                    .iter()
                    .find_map(|package| exact(package))
            })
    }

    pub(crate) fn place_in(&self, package: &str, name: &str) -> Option<usize> {
        let exact = |package: &str| self.0.macros.packages.get(package)?.get(name).copied();
        if package == "dbt" {
            return self
                .0
                .options
                .internal_packages
                .iter()
                .find_map(|package| exact(package))
                .or_else(|| exact("dbt"));
        }
        exact(package)
    }

    pub(crate) fn has_package(&self, package: &str) -> bool {
        self.0.macros.packages.contains_key(package)
    }

    pub(crate) fn entry(&self, place: usize) -> &Entry {
        &self.0.macros.entries[place]
    }

    /// The unit of a macro by its id, where it is made.
    pub(crate) fn unit(&self, id: &str) -> Option<Arc<Unit>> {
        self.0
            .macros
            .entries
            .get(id)?
            .parts()
            .ok()
            .map(|(unit, _)| Arc::clone(unit))
    }

    pub(crate) fn environment(&self) -> &Environment<'static> {
        &self.0.environment
    }

    /// The environment for the text of a node that is parsed; macros that it calls have the other.
    pub(crate) fn forgiving_environment(&self) -> &Environment<'static> {
        self.0.forgiving.get_or_init(|| {
            let mut environment = self.0.environment.clone();
            environment.set_undefined_behavior(UndefinedBehavior::Chainable);
            environment
        })
    }
}
