//! Before any node: project file, profile, packages, macros.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::macros::{self, LoadedMacros};
use super::{LoadOptions, Profile};
use crate::diag::{Diagnostic, Diagnostics, Severity, Span};
use crate::graph::select::{Indirect, SelectorDefinitions};
use crate::jinja::{Library, LibraryOptions, ProjectScope, Quoting, Vars};
use crate::parse::behavior;
use crate::parse::dbt_version;
use crate::parse::files::{self, PackageFiles};
use crate::parse::packages::{self, PackageFolder};
use crate::parse::profile::{self, ProfileRequest, bare_scope};
use crate::parse::profile_keys::{AUTOCOMMIT_FLAG, WITHOUT_TRANSACTIONS};
use crate::parse::project::{PROJECT_FILE, ProjectFile, RawProject};
use crate::parse::render::YamlRenderer;
use crate::world::{World, WorldError};
use crate::yaml::{self, Mapping, Node};

/// A package with its files.
pub(super) struct Package {
    pub file: ProjectFile,
    pub folder: PackageFolder,
    pub files: PackageFiles,
}

/// What the nodes are resolved with.
pub(super) struct Prepared {
    pub world: Arc<dyn World>,
    pub profile: Profile,
    pub scope: Arc<ProjectScope>,
    pub library: Library,
    /// The root project first.
    pub packages: Vec<Package>,
    pub macros: LoadedMacros,
    pub selectors: Value,
}

/// Reads what has to be there; `None` where something is too broken to go on.
pub(super) fn prepare(
    world: &Arc<dyn World>,
    options: &LoadOptions,
    diagnostics: &mut Diagnostics,
) -> Option<Prepared> {
    let raw = read_raw(world.as_ref(), PROJECT_FILE, diagnostics)?;
    if let Err(error) = raw.name() {
        diagnostics.push(error);
    }
    let profile = load_profile(world, options, &raw, diagnostics)?;
    let scope = project_file_scope(world, options, &profile);
    let packages = load_packages(world, &scope, &raw, options, &profile.flags, diagnostics);
    // Without them every macro and test of theirs would be told as unknown.
    if diagnostics
        .0
        .iter()
        .any(|it| it.code == packages::NOT_INSTALLED)
    {
        return None;
    }
    let scope = Arc::new(final_scope(&scope, options, &profile, &packages));
    let loaded = macros::load(
        world.as_ref(),
        &packages,
        &profile.adapter_type,
        diagnostics,
    );
    let library = match Library::new(
        loaded.sources.clone(),
        library_options(&packages, &profile.adapter_type),
    ) {
        Ok(library) => library,
        Err(errors) => {
            diagnostics.extend(errors);
            return None;
        }
    };
    let broken = library.check();
    diagnostics.extend(broken);
    let selectors = read_selectors(world.as_ref(), &library, &scope, diagnostics);
    Some(Prepared {
        world: world.clone(),
        profile,
        scope,
        library,
        packages,
        macros: loaded,
        selectors,
    })
}

fn read_raw(world: &dyn World, path: &str, diagnostics: &mut Diagnostics) -> Option<RawProject> {
    let text = match world.read(path) {
        Ok(text) => text,
        Err(WorldError::NotFound(_)) => {
            diagnostics.push(
                Diagnostic::error(
                    "project-not-found",
                    format!("there is no {PROJECT_FILE} in {}", world.project_root()),
                )
                .hint("go to a dbt project's folder, or name it with --project-dir"),
            );
            return None;
        }
        Err(error) => {
            diagnostics.push(packages::unreadable(path, &error));
            return None;
        }
    };
    RawProject::load(&text, path, diagnostics)
        .map_err(|error| diagnostics.push(error))
        .ok()
}

fn load_profile(
    world: &Arc<dyn World>,
    options: &LoadOptions,
    raw: &RawProject,
    diagnostics: &mut Diagnostics,
) -> Option<Profile> {
    let named_at = raw.profile().map(|node| node.at.in_file(&raw.file));
    let name = match (&options.profile, raw.profile()) {
        (Some(name), _) => name.clone(),
        (None, Some(node)) => {
            let scope = bare_scope(world.clone(), &options.vars);
            let library = Library::empty();
            let renderer = YamlRenderer {
                library: &library,
                scope: &scope,
                package: "",
                file: &raw.file,
                strict: false,
            };
            renderer
                .render(node, &|_| false, diagnostics)
                .scalar_text()
                .unwrap_or_default()
        }
        (None, None) => {
            diagnostics.push(
                Diagnostic::error("profile-missing", "the project names no profile")
                    .at(Span::file(&raw.file))
                    .hint("add `profile: my_profile`, or give --profile"),
            );
            return None;
        }
    };
    // Whoever says where they looked has not left it to the project's own file.
    let own = || {
        let looked = !options.profiles_searched.is_empty();
        let text = (!looked).then(|| world.read("profiles.yml").ok())??;
        Some(("profiles.yml".to_owned(), text))
    };
    let Some((path, text)) = options.profiles_yaml.clone().or_else(own) else {
        diagnostics.push(no_profiles(&name, options, named_at));
        return None;
    };
    let request = ProfileRequest {
        profile: &name,
        named_at: if options.profile.is_some() {
            None
        } else {
            named_at
        },
        target: options.target.as_deref(),
        threads: options.threads,
    };
    let loaded = profile::load(&text, &path, &request, world, &options.vars)
        .map_err(|errors| diagnostics.extend(errors))
        .ok()?;
    let mut warnings = loaded.warnings.clone();
    let moved = loaded.flags.get(AUTOCOMMIT_FLAG).and_then(Node::as_bool);
    if loaded.adapter_type == "postgres" && raw.flag(AUTOCOMMIT_FLAG).or(moved) == Some(false) {
        warnings.0.retain(|it| it.code != WITHOUT_TRANSACTIONS);
    }
    if let Some(moved) = warnings
        .0
        .iter_mut()
        .find(|it| it.code == profile::MOVED_CONFIG)
        && raw.has_flags()
    {
        moved.severity = Severity::Error;
        moved.message = format!("flags stand both in {PROJECT_FILE} and below 'config' in {path}");
    }
    diagnostics.extend(warnings);
    Some(loaded)
}

fn no_profiles(name: &str, options: &LoadOptions, named_at: Option<Span>) -> Diagnostic {
    let searched = if options.profiles_searched.is_empty() {
        "the project folder".to_owned()
    } else {
        options.profiles_searched.join(", ")
    };
    let error = Diagnostic::error(
        "profiles-not-found",
        format!("profile '{name}' is wanted, but there is no profiles.yml"),
    )
    .hint(format!(
        "looked in {searched}; write one there, or say where it is with --profiles-dir"
    ));
    match named_at {
        Some(span) => error.at(span),
        None => error,
    }
}

/// What `dbt_project.yml` is rendered with: variables of the command line, the environment and the target.
fn project_file_scope(
    world: &Arc<dyn World>,
    options: &LoadOptions,
    profile: &Profile,
) -> Arc<ProjectScope> {
    let mut scope = (*bare_scope(world.clone(), &options.vars)).clone();
    scope.profile_name.clone_from(&profile.name);
    scope.target = profile.target_map();
    scope.adapter_type.clone_from(&profile.adapter_type);
    scope.command.clone_from(&options.command);
    scope.flags.clone_from(&options.flags);
    Arc::new(scope)
}

fn load_packages(
    world: &Arc<dyn World>,
    scope: &Arc<ProjectScope>,
    raw: &RawProject,
    options: &LoadOptions,
    moved_flags: &Mapping,
    diagnostics: &mut Diagnostics,
) -> Vec<Package> {
    let library = Library::empty();
    let interpret = |raw: &RawProject, diagnostics: &mut Diagnostics| {
        let renderer = YamlRenderer {
            library: &library,
            scope,
            package: "",
            file: &raw.file,
            strict: false,
        };
        raw.interpret(&renderer, diagnostics)
    };
    let mut root = interpret(raw, diagnostics);
    read_vars_file(world.as_ref(), &mut root, diagnostics);
    if !raw.has_flags() {
        root.take_flags(moved_flags, diagnostics);
    }
    if let Some(target_path) = &options.target_path {
        root.target_path.clone_from(target_path);
    }
    let mut packages = vec![Package {
        file: root,
        folder: PackageFolder {
            folder: String::new(),
        },
        files: PackageFiles::default(),
    }];
    let install_path = packages[0].file.packages_install_path.clone();
    for folder in packages::find(world.as_ref(), &install_path, diagnostics) {
        let path = folder.join(PROJECT_FILE);
        let mut told = Diagnostics::default();
        let Some(raw) = read_raw(world.as_ref(), &path, &mut told) else {
            diagnostics.extend(told);
            continue;
        };
        let file = interpret(&raw, &mut told);
        // A package's own oddities are not its user's to mend.
        told.0
            .retain(|diagnostic| diagnostic.severity == Severity::Error);
        diagnostics.extend(told);
        if let Some(other) = packages
            .iter()
            .find(|package| package.file.name == file.name)
        {
            // A `local:` package that is also installed is one package.
            if other.folder.folder.starts_with(&install_path)
                || folder.folder.starts_with(&install_path)
            {
                continue;
            }
            diagnostics.push(
                Diagnostic::error(
                    "package-duplicate",
                    format!("two packages are called '{}'", file.name),
                )
                .at(Span::file(&path))
                .label(Span::file(&other.file.file), "the other one")
                .hint("rename one of them, or take one out of packages.yml"),
            );
            continue;
        }
        packages.push(Package {
            file,
            folder,
            files: PackageFiles::default(),
        });
    }
    let check = options.flags.get("VERSION_CHECK") != Some(&Value::Bool(false));
    for Package { file, .. } in &packages {
        let required = &file.require_dbt_version;
        if let Some(error) = dbt_version::complaint(&file.name, required, check, &file.file) {
            diagnostics.push(error);
        }
    }
    let jinja_extensions = packages[0].file.behavior.is_on(behavior::JINJA_EXTENSIONS);
    for package in &mut packages {
        package.files = files::list(
            world.as_ref(),
            &package.folder,
            &package.file.paths,
            jinja_extensions,
            diagnostics,
        );
    }
    packages
}

/// `vars.yml` beside the project file holds the variables of projects that keep none in it.
fn read_vars_file(world: &dyn World, root: &mut ProjectFile, diagnostics: &mut Diagnostics) {
    let Ok(text) = world.read("vars.yml") else {
        return;
    };
    match yaml::load(&text, "vars.yml") {
        Ok(document) => {
            let vars = document
                .root
                .as_mapping()
                .and_then(|map| map.set("vars"))
                .and_then(yaml::Node::as_mapping);
            let Some(vars) = vars else { return };
            if root.vars.is_empty() {
                root.vars = vars.to_json();
            } else {
                diagnostics.push(
                    Diagnostic::error(
                        "vars-twice",
                        "variables stand both in vars.yml and in dbt_project.yml",
                    )
                    .at(Span::file("vars.yml"))
                    .hint("keep them in one of the two"),
                );
            }
        }
        Err(error) => diagnostics.push(error),
    }
}

fn final_scope(
    scope: &ProjectScope,
    options: &LoadOptions,
    profile: &Profile,
    packages: &[Package],
) -> ProjectScope {
    let root = &packages[0].file;
    let quoting = |key: &str| {
        root.quoting
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or(true)
    };
    let mut flags = Map::new();
    for (name, on) in root.behavior.all() {
        flags.insert(name.to_uppercase(), on.into());
    }
    for (key, value) in &root.flags {
        flags.insert(key.to_uppercase(), value.clone());
    }
    flags.extend(options.flags.clone());
    flags.insert("WHICH".into(), options.command.clone().into());
    ProjectScope {
        args: Map::new(),
        project_name: root.name.clone(),
        profile_name: profile.name.clone(),
        vars: Vars {
            cli: options.vars.clone(),
            packages: package_vars(packages),
        },
        flags,
        packages: packages
            .iter()
            .map(|Package { file, .. }| {
                let version = file.version.clone().unwrap_or_default();
                (file.name.clone(), version)
            })
            .collect(),
        quoting: Quoting {
            database: quoting("database"),
            schema: quoting("schema"),
            identifier: quoting("identifier"),
        },
        ..scope.clone()
    }
}

/// What `var()` answers in each package: the root project's variables for the package, then its general ones, then
/// the package's own in the same order.
fn package_vars(packages: &[Package]) -> IndexMap<String, Map<String, Value>> {
    let root = &packages[0].file;
    let mut all = IndexMap::new();
    for package in packages {
        let name = &package.file.name;
        let mut vars = Map::new();
        let sources = if *name == root.name {
            vec![&root.vars]
        } else {
            vec![&package.file.vars, &root.vars]
        };
        for source in sources {
            vars.extend(source.clone());
            if let Some(Value::Object(own)) = source.get(name) {
                vars.extend(own.clone());
            }
        }
        all.insert(name.clone(), vars);
    }
    all
}

fn library_options(packages: &[Package], adapter: &str) -> LibraryOptions {
    LibraryOptions {
        root_package: packages[0].file.name.clone(),
        internal_packages: crate::macros::internal_packages(adapter),
        dispatch: packages[0].file.dispatch.clone(),
        adapter_types: vec![adapter.to_owned()],
        packages_replace_materializations: !packages[0]
            .file
            .behavior
            .is_on(behavior::EXPLICIT_MATERIALIZATIONS),
    }
}

/// `selectors.yml`, its Jinja rendered. As with dbt, what is wrong in it is an error whether or not it is used.
fn read_selectors(
    world: &dyn World,
    library: &Library,
    scope: &Arc<ProjectScope>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let file = "selectors.yml";
    let Ok(text) = world.read(file) else {
        return Value::Null;
    };
    match yaml::load(&text, file) {
        Ok(document) => {
            let renderer = YamlRenderer {
                library,
                scope,
                package: &scope.project_name,
                file,
                strict: false,
            };
            let rendered = renderer.render(&document.root, &|_| false, diagnostics);
            let selectors = rendered.to_json();
            if let Err(error) = SelectorDefinitions::of_file(&selectors, Indirect::Eager) {
                diagnostics.push(error);
            }
            selectors
        }
        Err(error) => {
            diagnostics.push(error);
            Value::Null
        }
    }
}
