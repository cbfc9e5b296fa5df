//! Macros, generic tests and docs blocks of all packages.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::assemble::Loader;
use super::setup::Package;
use crate::artifacts::manifest::{Doc, Docs, Macro, MacroArgument, MacroDependsOn, Node};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::jinja::scan::{Block, BlockKind, scan, warn_of_strays};
use crate::jinja::{Captured, Library, MacroSource, Phase, Template, render};
use crate::parse::behavior::MACRO_ARGUMENTS;
use crate::parse::expr::{Args, Expr, parse};
use crate::parse::packages::unreadable;
use crate::parse::template::{Piece, has_jinja, pieces, statement_expressions};
use crate::world::World;

/// All macros, for the engine and for the manifest.
#[derive(Default)]
pub(super) struct LoadedMacros {
    pub sources: Vec<MacroSource>,
    pub macros: IndexMap<String, Macro>,
}

/// Reads the macros of all packages and those that come with Refract.
pub(super) fn load(
    world: &dyn World,
    packages: &[Package],
    adapter: &str,
    diagnostics: &mut Diagnostics,
) -> LoadedMacros {
    let mut loaded = LoadedMacros::default();
    for package in packages {
        let generic = package.files.generic_tests.iter().map(|file| (file, true));
        for (file, generic) in package
            .files
            .macros
            .iter()
            .map(|file| (file, false))
            .chain(generic)
        {
            let text = match world.read(&file.world_path) {
                Ok(text) => text,
                Err(error) => {
                    diagnostics.push(unreadable(&file.world_path, &error));
                    continue;
                }
            };
            let before = loaded.macros.len();
            loaded.add(
                &text,
                &package.file.name,
                &file.original_path,
                &file.world_path,
                diagnostics,
            );
            if generic {
                // dbt lists no arguments for tests in the tests' own folder.
                loaded
                    .macros
                    .values_mut()
                    .skip(before)
                    .for_each(|found| found.arguments.clear());
            }
        }
    }
    let internal = crate::macros::internal_packages(adapter);
    for (package, path, text) in crate::macros::builtin() {
        if internal.iter().any(|name| name == package) {
            loaded.add(text, package, path, path, diagnostics);
        }
    }
    if !packages[0].file.behavior.is_on(MACRO_ARGUMENTS) {
        let found = loaded.macros.values_mut();
        found.for_each(|found| found.arguments.clear());
    }
    loaded
}

impl LoadedMacros {
    fn add(
        &mut self,
        text: &str,
        package: &str,
        original_path: &str,
        world_path: &str,
        diagnostics: &mut Diagnostics,
    ) {
        if !text.contains("{%") {
            return;
        }
        let blocks = match scan(text, world_path) {
            Ok(blocks) => blocks,
            Err(error) => {
                diagnostics.push(error);
                return;
            }
        };
        warn_of_strays(&blocks, world_path, diagnostics);
        // dbt reads a file without the white space at both ends.
        let mut end = text.len() - text.trim_start().len();
        let text = text.trim_end();
        for block in &blocks {
            if !matches!(
                block.kind,
                BlockKind::Macro | BlockKind::Test | BlockKind::Materialization
            ) {
                continue;
            }
            let whole = with_trimmed_space(text, &block.text, &mut end);
            let source = MacroSource::from_block(block, package, world_path);
            if self.macros.contains_key(&source.unique_id) {
                let other = self
                    .sources
                    .iter()
                    .find(|known| known.unique_id == source.unique_id);
                diagnostics.extend(Diagnostics(
                    other
                        .map(|other| duplicate(&source, other))
                        .into_iter()
                        .collect(),
                ));
                continue;
            }
            self.macros.insert(
                source.unique_id.clone(),
                manifest_macro(block, &source, original_path, whole),
            );
            self.sources.push(source);
        }
    }
}

fn duplicate(source: &MacroSource, other: &MacroSource) -> Diagnostic {
    Diagnostic::error(
        "macro-duplicate",
        format!(
            "package '{}' has two macros called '{}'",
            source.package_name, source.name
        ),
    )
    .at(Span::line(&source.file, source.line))
    .label(Span::line(&other.file, other.line), "the other one")
    .hint("rename or remove one of them")
}

fn manifest_macro(block: &Block, source: &MacroSource, original_path: &str, whole: &str) -> Macro {
    let languages = (block.kind == BlockKind::Materialization).then(|| block.supported_languages());
    let docs = Docs::default();
    let config = [
        ("meta".to_owned(), serde_json::json!({})),
        (
            "docs".to_owned(),
            serde_json::json!({"show": true, "node_color": null}),
        ),
    ];
    Macro {
        name: source.name.clone(),
        resource_type: "macro".into(),
        package_name: source.package_name.clone(),
        path: original_path.into(),
        original_file_path: original_path.into(),
        unique_id: source.unique_id.clone(),
        macro_sql: whole.to_owned(),
        docs,
        config: config.into_iter().collect(),
        arguments: if block.kind == BlockKind::Materialization {
            arguments("supported_languages")
        } else {
            arguments(&source.header)
        },
        supported_languages: languages,
        ..Macro::default()
    }
}

/// A block with the white space around it that its `{%-` and `-%}` take away, which dbt counts as part of it.
/// `end` is where the last block ended.
fn with_trimmed_space<'a>(text: &'a str, block: &str, end: &mut usize) -> &'a str {
    let Some(at) = text[*end..].find(block).map(|at| at + *end) else {
        return "";
    };
    let before = text[*end..at].trim_end().len() + *end;
    let start = if block.starts_with("{%-") { before } else { at };
    let stop = at + block.len();
    let after = text.len() - text[stop..].trim_start().len();
    *end = if block.ends_with("-%}") { after } else { stop };
    &text[start..*end]
}

/// The names of a macro's arguments.
fn arguments(header: &str) -> Vec<MacroArgument> {
    let Some(Expr::Call(_, args)) = parse(&format!("f({header})")) else {
        return Vec::new();
    };
    let positional = args.positional.iter().filter_map(|arg| match arg {
        Expr::Name(name) => Some(name.clone()),
        _ => None,
    });
    positional
        .chain(args.named.iter().map(|(name, _)| name.clone()))
        .map(|name| MacroArgument {
            name,
            ..MacroArgument::default()
        })
        .collect()
}

/// What dbt takes from its own context where a macro's text calls it, whatever macros are called so.
const CONTEXT: &[&str] = &[
    "config",
    "diff_of_two_dicts",
    "env_var",
    "fromjson",
    "fromyaml",
    "local_md5",
    "log",
    "print",
    "ref",
    "return",
    "set",
    "set_strict",
    "source",
    "tojson",
    "toyaml",
    "var",
    "zip",
    "zip_strict",
];

/// Fills in which macros each of the projects' macros calls, as dbt reads it from the text. As with dbt, a call of
/// `adapter.dispatch` that finds no macro is an error, whether or not anything runs it.
pub(super) fn resolve_calls(
    macros: &mut IndexMap<String, Macro>,
    library: &Library,
    diagnostics: &mut Diagnostics,
) {
    for source in library.macros() {
        let mut called: Vec<String> = Vec::new();
        let is_internal = library
            .options()
            .internal_packages
            .contains(&source.package_name);
        let mut visit = |part: &Expr| {
            if !is_internal && let Some(error) = undispatched(part, source, library) {
                // Where a node ran into it, it was told with the way that led there.
                let same =
                    |known: &Diagnostic| known.code == error.code && known.message == error.message;
                let told = diagnostics.0.iter().any(same);
                if !told {
                    diagnostics.push(error);
                }
            }
            for (package, name) in names_called(part, library) {
                if package.is_none() && name == source.name {
                    continue;
                }
                let within = package.as_deref().unwrap_or(&source.package_name);
                if let Some(found) = library.find_anywhere(within, &name)
                    && !called.contains(&found.unique_id)
                {
                    called.push(found.unique_id.clone());
                }
            }
        };
        if let Some(Expr::Call(_, args)) = parse(&format!("f({})", source.header)) {
            args.named
                .iter()
                .for_each(|(_, value)| value.walk(&mut visit));
        }
        each_expression(&source.body, &mut |expr| expr.walk(&mut visit));
        if let Some(entry) = macros.get_mut(&source.unique_id) {
            entry.depends_on = MacroDependsOn { macros: called };
        }
    }
}

/// What is wrong with a call of `adapter.dispatch` for which neither this adapter nor the default has a macro.
fn undispatched(part: &Expr, source: &MacroSource, library: &Library) -> Option<Diagnostic> {
    let Expr::Call(target, args) = part else {
        return None;
    };
    let Expr::Attribute(owner, method) = &**target else {
        return None;
    };
    if method != "dispatch" || !matches!(&**owner, Expr::Name(owner) if owner == "adapter") {
        return None;
    }
    let name = dispatch_argument(args, 0, "macro_name")?;
    if dispatched(args, library).is_some() {
        return None;
    }
    let within = dispatch_argument(args, 1, "macro_namespace")
        .map(|namespace| format!(" in '{namespace}'"))
        .unwrap_or_default();
    let at = source.body.find("dispatch").map_or(0, |first| {
        let written = source.body[first..].find(name).unwrap_or_default();
        first + written
    });
    let line = source.body_line + source.body[..at].matches('\n').count();
    let adapter = library.options().adapter_types.first();
    let adapter = adapter.map_or("default", String::as_str);
    Some(
        Diagnostic::error(
            "dispatch",
            format!("no macro '{name}' to dispatch to{within}"),
        )
        .at(Span::line(&source.file, line))
        .hint(format!(
            "write a macro `{adapter}__{name}` or `default__{name}`; of a package for other warehouses, in the project"
        )),
    )
}

/// The names that a call may mean, each with the package that it is written with. dbt takes a method of any value for
/// a macro of a package, and looks further where there is no such package.
fn names_called(part: &Expr, library: &Library) -> Vec<(Option<String>, String)> {
    let Expr::Call(target, args) = part else {
        return Vec::new();
    };
    match &**target {
        Expr::Name(name) if !CONTEXT.contains(&name.as_str()) => vec![(None, name.clone())],
        Expr::Attribute(owner, name) => match &**owner {
            Expr::Name(owner) if owner == "adapter" => {
                if name != "dispatch" {
                    return Vec::new();
                }
                let named =
                    dispatch_argument(args, 0, "macro_name").map(|name| (None, name.to_owned()));
                let found = dispatched(args, library)
                    .map(|found| (Some(found.package_name.clone()), found.name.clone()));
                named.into_iter().chain(found).collect()
            }
            Expr::Name(owner) => vec![(Some(owner.clone()), name.clone())],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Leaves generic tests the macros that dbt lets their arguments see: the test's own, `get_where_subquery`, and what
/// these call.
pub(super) fn limit_tests<'a>(
    tests: impl Iterator<Item = &'a mut Node>,
    macros: &IndexMap<String, Macro>,
    library: &Library,
) {
    let mut seen: HashMap<String, HashSet<String>> = HashMap::new();
    for test in tests {
        if test.test_metadata.is_none() || test.depends_on.macros.len() < 2 {
            continue;
        }
        let Some(own) = test.depends_on.macros.first().cloned() else {
            continue;
        };
        let visible = seen.entry(own.clone()).or_insert_with(|| {
            let wrapper = library.find_anywhere("", "get_where_subquery");
            let mut open: Vec<String> = wrapper
                .map(|found| found.unique_id.clone())
                .into_iter()
                .collect();
            open.push(own);
            let mut visible = HashSet::new();
            while let Some(id) = open.pop() {
                if let Some(found) = macros.get(&id) {
                    open.extend(
                        found
                            .depends_on
                            .macros
                            .iter()
                            .filter(|id| !visible.contains(*id))
                            .cloned(),
                    );
                }
                visible.insert(id);
            }
            visible
        });
        test.depends_on.macros.retain(|id| visible.contains(id));
    }
}

fn each_expression(text: &str, visit: &mut impl FnMut(&Expr)) {
    for piece in pieces(text) {
        match piece {
            Piece::Text(_) => {}
            Piece::Output(inner) => {
                if let Some(expr) = parse(inner) {
                    visit(&expr);
                }
            }
            Piece::Statement(inner) => {
                for part in statement_expressions(inner) {
                    if let Some(expr) = parse(part) {
                        visit(&expr);
                    }
                }
            }
        }
    }
}

/// A text among the arguments of a call, by position or name.
fn dispatch_argument<'a>(args: &'a Args, index: usize, name: &str) -> Option<&'a str> {
    args.positional
        .get(index)
        .or_else(|| {
            args.named
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        })
        .and_then(Expr::as_text)
}

/// What `adapter.dispatch(name, namespace)` answers with.
fn dispatched<'a>(args: &Args, library: &'a Library) -> Option<&'a MacroSource> {
    let name = dispatch_argument(args, 0, "macro_name")?;
    let namespace = dispatch_argument(args, 1, "macro_namespace");
    let options = library.options();
    let configured = namespace.and_then(|namespace| options.dispatch.get(namespace));
    let packages: Vec<&str> = match (configured, namespace) {
        (Some(order), _) => order.iter().map(String::as_str).chain(["dbt"]).collect(),
        (None, Some(namespace)) if library.has_package(namespace) => {
            vec![&options.root_package, namespace, "dbt"]
        }
        _ => Vec::new(),
    };
    let types = options.adapter_types.iter().map(String::as_str);
    let names: Vec<String> = types
        .chain(["default"])
        .map(|prefix| format!("{prefix}__{name}"))
        .collect();
    let mut in_order = packages
        .iter()
        .flat_map(|package| names.iter().map(move |name| (package, name)));
    if packages.is_empty() {
        let mut names = names.iter();
        return names.find_map(|name| library.find_anywhere("", name));
    }
    in_order.find_map(|(package, name)| library.find_in(package, name))
}

/// Docs blocks of all packages.
pub(super) fn load_docs(loader: &Loader, diagnostics: &mut Diagnostics) -> IndexMap<String, Doc> {
    let mut docs: IndexMap<String, Doc> = IndexMap::new();
    let mut places: IndexMap<String, Span> = IndexMap::new();
    for package in &loader.packages {
        let name = &package.file.name;
        for file in &package.files.docs {
            let text = match loader.world.read(&file.world_path) {
                Ok(text) => text,
                Err(error) => {
                    diagnostics.push(unreadable(&file.world_path, &error));
                    continue;
                }
            };
            if !text.contains("{%") {
                continue;
            }
            let blocks = match scan(&text, &file.world_path) {
                Ok(blocks) => blocks,
                Err(error) => {
                    diagnostics.push(error);
                    continue;
                }
            };
            warn_of_strays(&blocks, &file.world_path, diagnostics);
            for block in blocks.iter().filter(|block| block.kind == BlockKind::Docs) {
                let unique_id = format!("doc.{name}.{}", block.name);
                let place = Span::at(&file.world_path, block.line, block.column);
                if let Some(other) = places.get(&unique_id) {
                    diagnostics.push(
                        Diagnostic::error(
                            "doc-duplicate",
                            format!("there are two docs blocks called '{}'", block.name),
                        )
                        .at(place)
                        .label(other.clone(), "the other one")
                        .hint("rename or remove one of them"),
                    );
                    continue;
                }
                places.insert(unique_id.clone(), place);
                docs.insert(
                    unique_id.clone(),
                    Doc {
                        name: block.name.clone(),
                        resource_type: "doc".into(),
                        package_name: name.clone(),
                        path: file.path.clone(),
                        original_file_path: file.original_path.clone(),
                        unique_id,
                        block_contents: rendered_block(
                            loader,
                            block,
                            &file.world_path,
                            diagnostics,
                        ),
                    },
                );
            }
        }
    }
    docs
}

/// A docs block's text: Jinja in it is rendered without a context, so that `{{ "{{" }}` shows braces.
fn rendered_block(
    loader: &Loader,
    block: &Block,
    file: &str,
    diagnostics: &mut Diagnostics,
) -> String {
    if !has_jinja(&block.body) {
        return block.body.trim().to_owned();
    }
    let phase = Phase::Parse(Captured::new(None));
    let template = Template {
        name: &block.name,
        text: &block.body,
        file,
        line: block.body_line,
        column: block.body_column,
    };
    match render(
        &Library::empty(),
        &loader.scope,
        &phase,
        &loader.scope.project_name,
        template,
    ) {
        Ok(text) => text.trim().to_owned(),
        Err(error) => {
            diagnostics.push(error);
            block.body.trim().to_owned()
        }
    }
}
