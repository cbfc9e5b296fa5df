//! `dbt_project.yml`: <https://docs.getdbt.com/reference/dbt_project.yml>.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::behavior::Behavior;
use super::project_shape;
use super::render::{Step, YamlRenderer};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::did_you_mean;
use crate::yaml::{self, At, Mapping, Node, Value};

/// The file's name.
pub const PROJECT_FILE: &str = "dbt_project.yml";

/// Sections that hold configuration by folder, in dbt's spelling of the key.
pub const CONFIG_SECTIONS: [&str; 12] = [
    "models",
    "seeds",
    "snapshots",
    "sources",
    "data_tests",
    "exposures",
    "analyses",
    "metrics",
    "semantic-models",
    "saved-queries",
    "unit_tests",
    "functions",
];

const KEYS: [&str; 42] = [
    "name",
    "version",
    "config-version",
    "profile",
    "project-root",
    "source-paths",
    "model-paths",
    "data-paths",
    "seed-paths",
    "test-paths",
    "analysis-paths",
    "docs-paths",
    "asset-paths",
    "macro-paths",
    "snapshot-paths",
    "function-paths",
    "osi-paths",
    "target-path",
    "log-path",
    "clean-targets",
    "packages-install-path",
    "quoting",
    "on-run-start",
    "on-run-end",
    "require-dbt-version",
    "dispatch",
    "vars",
    "query-comment",
    "restrict-access",
    "dbt-cloud",
    "flags",
    "packages",
    "tests",
    "models",
    "seeds",
    "snapshots",
    "sources",
    "data_tests",
    "exposures",
    "analyses",
    "metrics",
    "semantic-models",
];

/// A hook of the project and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectHook {
    /// The Jinja text.
    pub sql: String,
    /// Its place in `dbt_project.yml`.
    pub at: At,
}

/// Folders that hold the project's files, relative to its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct Paths {
    pub models: Vec<String>,
    pub seeds: Vec<String>,
    pub tests: Vec<String>,
    pub analyses: Vec<String>,
    pub macros: Vec<String>,
    pub snapshots: Vec<String>,
    pub functions: Vec<String>,
    pub docs: Vec<String>,
    pub assets: Vec<String>,
    pub osi: Vec<String>,
}

impl Paths {
    /// All folders in which YAML properties are looked for, each once.
    pub fn sources(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for folder in [
            &self.models,
            &self.seeds,
            &self.snapshots,
            &self.analyses,
            &self.macros,
            &self.tests,
            &self.functions,
        ]
        .into_iter()
        .flatten()
        {
            if !all.contains(folder) {
                all.push(folder.clone());
            }
        }
        all
    }
}

/// What `dbt_project.yml` says, rendered, with dbt's defaults filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectFile {
    /// The package's name.
    pub name: String,
    /// Its version as written.
    pub version: Option<Json>,
    /// The profile's name.
    pub profile: Option<String>,
    /// Where things are.
    pub paths: Paths,
    /// Folder for artifacts.
    pub target_path: String,
    /// Folder for logs.
    pub log_path: String,
    /// Folders that `clean` removes.
    pub clean_targets: Vec<String>,
    /// Folder of installed packages.
    pub packages_install_path: String,
    /// `vars` as written.
    pub vars: Map<String, Json>,
    /// `dispatch`: namespace to packages in order.
    pub dispatch: IndexMap<String, Vec<String>>,
    /// `query-comment` as written; `None` where it is not set.
    pub query_comment: Option<Json>,
    /// `flags` as written.
    pub flags: Map<String, Json>,
    /// The behavior flags among them.
    pub behavior: Behavior,
    /// `quoting` as written.
    pub quoting: Map<String, Json>,
    /// `on-run-start`.
    pub on_run_start: Vec<ProjectHook>,
    /// `on-run-end`.
    pub on_run_end: Vec<ProjectHook>,
    /// `require-dbt-version`.
    pub require_dbt_version: Vec<String>,
    /// Whether other packages may use only public models.
    pub restrict_access: bool,
    /// Configuration by folder, rendered, by section.
    pub configs: IndexMap<&'static str, Map<String, Json>>,
    /// The same before rendering.
    pub unrendered: IndexMap<&'static str, Map<String, Json>>,
    /// Places of the keys of [`Self::configs`], as `section.folder.key`, for warnings.
    pub places: IndexMap<String, At>,
    /// The file, relative to the root project.
    pub file: String,
}

impl ProjectFile {
    /// Takes flags that stand in `profiles.yml`, as dbt does where the project has none of its own.
    pub(crate) fn take_flags(&mut self, flags: &Mapping, diagnostics: &mut Diagnostics) {
        if !flags.is_empty() {
            self.flags = flags.to_json();
            self.behavior = Behavior::read(Some(flags), "profiles.yml", diagnostics);
        }
    }
}

/// `dbt_project.yml` before rendering.
#[derive(Debug, Clone)]
pub struct RawProject {
    root: Mapping,
    /// The file, relative to the root project.
    pub file: String,
}

impl RawProject {
    /// Reads the file's YAML. White space at its end is cut off first, as dbt does, so that a block of text there ends
    /// without a line break.
    pub fn load(text: &str, file: &str, diagnostics: &mut Diagnostics) -> Result<Self, Diagnostic> {
        let document = yaml::load(text.trim_end(), file)?;
        for (key, at) in &document.duplicates {
            diagnostics.push(duplicate_key(key, *at, file));
        }
        match document.root.value {
            Value::Mapping(root) => Ok(Self {
                root,
                file: file.into(),
            }),
            Value::Null => Err(
                Diagnostic::error("project-empty", "dbt_project.yml is empty")
                    .at(Span::file(file))
                    .hint("it needs at least `name: my_project` and `profile: my_profile`"),
            ),
            _ => Err(Diagnostic::error(
                "project-invalid",
                format!("a mapping is expected, found {}", document.root.kind()),
            )
            .at(document.root.at.in_file(file))),
        }
    }

    /// The project's name, where it is usable.
    pub fn name(&self) -> Result<String, Diagnostic> {
        let Some(node) = self.root.set("name") else {
            return Err(Diagnostic::error("project-name", "the project has no name")
                .at(Span::file(&self.file))
                .hint("add `name: my_project`: letters, digits and underscores"));
        };
        let name = node.as_str().unwrap_or_default();
        let starts = name
            .chars()
            .next()
            .is_some_and(|c| c == '_' || c.is_alphabetic());
        if starts && name.chars().all(|c| c == '_' || c.is_alphanumeric()) {
            return Ok(name.into());
        }
        Err(Diagnostic::error(
            "project-name",
            format!(
                "'{}' is no name for a project",
                node.scalar_text().unwrap_or_default()
            ),
        )
        .at(node.at.in_file(&self.file))
        .hint("use letters, digits and underscores, and start with a letter"))
    }

    /// The profile's name before rendering.
    pub fn profile(&self) -> Option<&Node> {
        self.root.set("profile")
    }

    /// Whether any `flags` are set.
    pub fn has_flags(&self) -> bool {
        let flags = self.root.set("flags").and_then(Node::as_mapping);
        flags.is_some_and(|flags| !flags.is_empty())
    }

    /// One of `flags`, as written.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let flags = self.root.set("flags").and_then(Node::as_mapping)?;
        flags.set(name)?.as_bool()
    }

    /// `vars` as written, for rendering what comes before the project is known.
    pub fn vars(&self) -> Map<String, Json> {
        self.root
            .get("vars")
            .and_then(Node::as_mapping)
            .map(Mapping::to_json)
            .unwrap_or_default()
    }

    /// `packages-install-path` before rendering.
    pub fn packages_install_path(&self) -> String {
        self.root
            .set("packages-install-path")
            .and_then(Node::as_str)
            .unwrap_or("dbt_packages")
            .to_owned()
    }

    /// Renders and interprets the file. Mistakes are told in `diagnostics`; what they leave takes its default.
    pub fn interpret(
        &self,
        renderer: &YamlRenderer<'_>,
        diagnostics: &mut Diagnostics,
    ) -> ProjectFile {
        let whole = Node {
            value: Value::Mapping(self.root.clone()),
            at: At::default(),
        };
        let rendered = renderer.render(&whole, &stays_unrendered, diagnostics);
        let empty = Mapping::default();
        let root = rendered.as_mapping().unwrap_or(&empty);
        // dbt holds the root project's file against the shape, and packages' files against nothing.
        let mut untold = Diagnostics::default();
        let told = if self.file == PROJECT_FILE {
            &mut *diagnostics
        } else {
            &mut untold
        };
        let root = &project_shape::fitting(root, &self.file, told);
        let reader = Reader {
            file: &self.file,
            root,
        };
        self.warn_old_names(diagnostics);
        self.warn_unknown(diagnostics);
        let paths = reader.paths();
        let target_path = reader
            .text("target-path")
            .unwrap_or_else(|| "target".into());
        ProjectFile {
            name: self.name().unwrap_or_default(),
            version: root.set("version").map(Node::to_json),
            profile: reader.text("profile"),
            clean_targets: reader
                .texts("clean-targets")
                .unwrap_or_else(|| vec![target_path.clone()]),
            log_path: reader.text("log-path").unwrap_or_else(|| "logs".into()),
            packages_install_path: reader
                .text("packages-install-path")
                .unwrap_or_else(|| "dbt_packages".into()),
            vars: reader.map("vars"),
            dispatch: reader.dispatch(diagnostics),
            query_comment: root.get("query-comment").map(Node::to_json),
            flags: reader.map("flags"),
            behavior: Behavior::read(
                root.get("flags").and_then(Node::as_mapping),
                &self.file,
                diagnostics,
            ),
            quoting: reader.map("quoting"),
            on_run_start: reader.hooks("on-run-start", diagnostics),
            on_run_end: reader.hooks("on-run-end", diagnostics),
            require_dbt_version: reader.texts("require-dbt-version").unwrap_or_default(),
            restrict_access: root
                .get("restrict-access")
                .and_then(Node::as_bool)
                .unwrap_or(false),
            configs: sections(root, &self.file, diagnostics),
            unrendered: sections(&self.root, &self.file, &mut Diagnostics::default()),
            places: places(&self.root),
            file: self.file.clone(),
            target_path,
            paths,
        }
    }

    /// The keys that dbt has renamed or moved; all still count.
    fn warn_old_names(&self, diagnostics: &mut Diagnostics) {
        let renamed = [
            ("source-paths", "model-paths", "config-source-paths"),
            ("data-paths", "seed-paths", "config-data-paths"),
        ];
        for (old, new, code) in renamed {
            let Some(at) = self.root.key_at(old) else {
                continue;
            };
            let message = format!("'{old}' is the old name of '{new}'");
            if self.root.contains(new) {
                let message = format!("{message}, and both are given");
                diagnostics.push(
                    Diagnostic::error("paths-twice", message)
                        .at(at.in_file(&self.file))
                        .hint("put the folders of both into one"),
                );
                continue;
            }
            diagnostics.push(
                Diagnostic::warning(code, message)
                    .at(at.in_file(&self.file))
                    .hint(format!("write `{new}:`")),
            );
        }
        let moved = [
            ("log-path", "logs", "config-log-path", "LOG_PATH"),
            ("target-path", "target", "config-target-path", "TARGET_PATH"),
        ];
        for (key, default, code, variable) in moved {
            let value = self.root.set(key).and_then(Node::as_str);
            let Some(at) = self.root.key_at(key).filter(|_| value != Some(default)) else {
                continue;
            };
            let message = format!("'{key}' in dbt_project.yml is deprecated");
            diagnostics.push(
                Diagnostic::warning(code, message)
                    .at(at.in_file(&self.file))
                    .hint(format!("use --{key} or the variable DBT_{variable}")),
            );
        }
    }

    fn warn_unknown(&self, diagnostics: &mut Diagnostics) {
        for (key, entry) in self.root.entries() {
            if !KEYS.contains(&key) && !CONFIG_SECTIONS.contains(&key) {
                let warning = Diagnostic::warning(
                    "project-unknown-key",
                    format!("'{key}' is not a setting of dbt_project.yml"),
                )
                .at(entry.key_at.in_file(&self.file));
                diagnostics.push(
                    match did_you_mean(key, KEYS.into_iter().chain(CONFIG_SECTIONS)) {
                        Some(hint) => warning.hint(hint),
                        None => warning.hint("remove it, or check where it belongs"),
                    },
                );
            }
        }
    }
}

pub(super) fn duplicate_key(key: &str, at: At, file: &str) -> Diagnostic {
    Diagnostic::warning(
        "yaml-duplicate-key",
        format!("'{key}' stands twice in the same mapping; the last one counts"),
    )
    .at(at.in_file(file))
    .hint("remove one of them")
}

fn stays_unrendered(path: &[Step<'_>]) -> bool {
    let Some(Step::Key(first)) = path.first() else {
        return false;
    };
    if matches!(
        *first,
        "on-run-start" | "on-run-end" | "query-comment" | "vars"
    ) {
        return true;
    }
    matches!(
        *first,
        "seeds" | "models" | "snapshots" | "tests" | "data_tests"
    ) && path.iter().any(|step| match step {
        Step::Key(key) => matches!(
            key.trim_start_matches(['+', ' ']),
            "pre-hook" | "post-hook" | "pre_hook" | "post_hook"
        ),
        Step::Item => false,
    })
}

fn sections(
    root: &Mapping,
    file: &str,
    diagnostics: &mut Diagnostics,
) -> IndexMap<&'static str, Map<String, Json>> {
    let mut sections = IndexMap::new();
    for section in CONFIG_SECTIONS {
        let key = if section == "data_tests" && !root.contains("data_tests") {
            "tests"
        } else {
            section
        };
        match root.set(key) {
            Some(node) if node.as_mapping().is_none() => {
                diagnostics.push(wrong_type(key, "a mapping", node, file));
            }
            Some(node) => {
                sections.insert(
                    section,
                    node.as_mapping().map(Mapping::to_json).unwrap_or_default(),
                );
            }
            None => {}
        }
    }
    sections
}

fn places(root: &Mapping) -> IndexMap<String, At> {
    fn walk(prefix: &str, mapping: &Mapping, places: &mut IndexMap<String, At>) {
        for (key, entry) in mapping.entries() {
            let path = format!("{prefix}.{key}");
            if let Some(inner) = entry.value.as_mapping().filter(|_| !key.starts_with('+')) {
                walk(&path, inner, places);
            }
            places.insert(path, entry.key_at);
        }
    }
    let mut places = IndexMap::new();
    for section in CONFIG_SECTIONS {
        if let Some(mapping) = root.get(section).and_then(Node::as_mapping) {
            walk(section, mapping, &mut places);
        }
    }
    places
}

pub(super) fn wrong_type(key: &str, expected: &str, node: &Node, file: &str) -> Diagnostic {
    Diagnostic::error(
        "wrong-type",
        format!("'{key}' takes {expected}, found {}", node.kind()),
    )
    .at(node.at.in_file(file))
}

struct Reader<'a> {
    file: &'a str,
    root: &'a Mapping,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Option<String> {
        self.root.set(key)?.scalar_text()
    }

    fn texts(&self, key: &str) -> Option<Vec<String>> {
        let node = self.root.set(key)?;
        Some(match &node.value {
            Value::Sequence(items) => items.iter().filter_map(Node::scalar_text).collect(),
            _ => vec![node.scalar_text().unwrap_or_default()],
        })
    }

    fn map(&self, key: &str) -> Map<String, Json> {
        let node = self.root.set(key);
        node.and_then(Node::as_mapping)
            .map(Mapping::to_json)
            .unwrap_or_default()
    }

    fn paths(&self) -> Paths {
        let read = |key: &str, old: &str, default: &str| {
            let key = if !old.is_empty() && !self.root.contains(key) && self.root.contains(old) {
                old
            } else {
                key
            };
            let folders = self.texts(key).unwrap_or_else(|| vec![default.to_owned()]);
            folders
                .into_iter()
                .map(|folder| clean_folder(&folder))
                .collect::<Vec<_>>()
        };
        let mut paths = Paths {
            models: read("model-paths", "source-paths", "models"),
            seeds: read("seed-paths", "data-paths", "seeds"),
            tests: read("test-paths", "", "tests"),
            analyses: read("analysis-paths", "", "analyses"),
            macros: read("macro-paths", "", "macros"),
            snapshots: read("snapshot-paths", "", "snapshots"),
            functions: read("function-paths", "", "functions"),
            docs: Vec::new(),
            assets: Vec::new(),
            osi: Vec::new(),
        };
        paths.docs = self.texts("docs-paths").map_or_else(
            || paths.sources(),
            |folders| folders.iter().map(|folder| clean_folder(folder)).collect(),
        );
        paths.assets = self.texts("asset-paths").unwrap_or_default();
        paths.osi = self
            .texts("osi-paths")
            .unwrap_or_else(|| vec!["osi".to_owned(), "OSI".to_owned()]);
        paths
    }

    fn dispatch(&self, diagnostics: &mut Diagnostics) -> IndexMap<String, Vec<String>> {
        let mut dispatch = IndexMap::new();
        let Some(node) = self.root.set("dispatch") else {
            return dispatch;
        };
        let Some(items) = node.as_sequence() else {
            diagnostics.push(wrong_type("dispatch", "a list", node, self.file));
            return dispatch;
        };
        for item in items {
            let entry = item.as_mapping().and_then(|map| {
                let namespace = map.get("macro_namespace")?.as_str()?;
                let order = map.get("search_order")?.as_sequence()?;
                Some((
                    namespace.to_owned(),
                    order.iter().filter_map(Node::scalar_text).collect(),
                ))
            });
            match entry {
                Some((namespace, order)) => {
                    dispatch.insert(namespace, order);
                }
                None => diagnostics.push(
                    Diagnostic::error("project-dispatch", "a dispatch entry needs `macro_namespace` and `search_order`")
                        .at(item.at.in_file(self.file))
                        .hint("for example `- {macro_namespace: dbt_utils, search_order: [my_project, dbt_utils]}`"),
                ),
            }
        }
        dispatch
    }

    fn hooks(&self, key: &str, diagnostics: &mut Diagnostics) -> Vec<ProjectHook> {
        let Some(node) = self.root.set(key) else {
            return Vec::new();
        };
        let items = match &node.value {
            Value::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut hooks = Vec::new();
        for item in items {
            match item.as_str() {
                Some(sql) => hooks.push(ProjectHook {
                    sql: sql.into(),
                    at: item.at,
                }),
                None if item.is_null() => {}
                None => diagnostics.push(wrong_type(
                    key,
                    "SQL as text, or a list of it",
                    item,
                    self.file,
                )),
            }
        }
        hooks
    }
}

/// `./models/` as `models`.
fn clean_folder(folder: &str) -> String {
    let folder = folder.trim_end_matches('/');
    folder.strip_prefix("./").unwrap_or(folder).to_owned()
}
