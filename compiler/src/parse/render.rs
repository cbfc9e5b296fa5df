//! Rendering the strings of a YAML file, all but those that dbt leaves for later.

use std::sync::Arc;

use crate::diag::{Diagnostic, Diagnostics};
use crate::jinja::{Captured, Library, Phase, ProjectScope, Template, render_defined};
use crate::parse::template::has_jinja;
use crate::yaml::{Mapping, Node, Value};

/// One step from the root of a file to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A key of a mapping.
    Key(&'a str),
    /// An item of a list.
    Item,
}

/// What a YAML file is rendered with.
#[derive(Clone, Copy)]
pub struct YamlRenderer<'a> {
    /// Macros; none for `dbt_project.yml` and profiles.
    pub library: &'a Library,
    /// Variables, target and environment.
    pub scope: &'a Arc<ProjectScope>,
    /// Package whose variables count.
    pub package: &'a str,
    /// The file, for messages.
    pub file: &'a str,
    /// Whether an undefined value is a mistake, but for those of `config` and `meta`, as in dbt's sources.
    pub strict: bool,
}

impl YamlRenderer<'_> {
    /// The value with its strings rendered by dbt's native rule. `skip` names the paths that stay as written.
    /// What cannot be rendered stays as written too, and is told in `diagnostics`.
    pub fn render(
        &self,
        node: &Node,
        skip: &dyn Fn(&[Step<'_>]) -> bool,
        diagnostics: &mut Diagnostics,
    ) -> Node {
        if !changes(node) {
            return with_iso_dates(node);
        }
        self.walk(node, &mut Vec::new(), skip, diagnostics)
    }

    fn walk<'n>(
        &self,
        node: &'n Node,
        path: &mut Vec<Step<'n>>,
        skip: &dyn Fn(&[Step<'_>]) -> bool,
        diagnostics: &mut Diagnostics,
    ) -> Node {
        match &node.value {
            Value::Sequence(items) => {
                path.push(Step::Item);
                let items = items
                    .iter()
                    .map(|item| self.walk(item, path, skip, diagnostics))
                    .collect();
                path.pop();
                Node {
                    value: Value::Sequence(items),
                    at: node.at,
                }
            }
            Value::Mapping(mapping) => {
                let mut rendered = Mapping::default();
                for (key, entry) in mapping.entries() {
                    path.push(Step::Key(key));
                    let value = self.walk(&entry.value, path, skip, diagnostics);
                    path.pop();
                    rendered.insert(key.to_owned(), entry.key_at, value);
                }
                Node {
                    value: Value::Mapping(rendered),
                    at: node.at,
                }
            }
            Value::String(text) if has_jinja(text) && !skip(path) => match self.defined(text, node)
            {
                Ok(Some(node)) => node,
                Ok(None) => {
                    if self.strict && !path.iter().any(is_open) {
                        diagnostics.push(self.undefined(text, node));
                    }
                    empty(node)
                }
                Err(error) => {
                    diagnostics.push(error);
                    node.clone()
                }
            },
            // Jinja2 drops one line break at the end, which block scalars have.
            Value::String(text) if text.ends_with('\n') && !skip(path) => Node {
                value: Value::String(text[..text.len() - 1].to_owned()),
                at: node.at,
            },
            Value::Date(text) if !skip(path) => iso_date(text, node),
            _ => node.clone(),
        }
    }

    /// One string rendered by the native rule; what is undefined is empty.
    pub fn text(&self, text: &str, node: &Node) -> Result<Node, Diagnostic> {
        let rendered = self.defined(text, node)?;
        Ok(rendered.unwrap_or_else(|| empty(node)))
    }

    fn undefined(&self, text: &str, node: &Node) -> Diagnostic {
        Diagnostic::error("jinja-undefined", format!("'{text}' is undefined"))
            .at(node.at.in_file(self.file))
            .hint("check the spelling; variables are read with `var('…')`, the environment with `env_var('…')`")
    }

    fn defined(&self, text: &str, node: &Node) -> Result<Option<Node>, Diagnostic> {
        let phase = Phase::Parse(Captured::new(None));
        // What begins with a brace stands in quotes, or it were a mapping.
        let quote = usize::from(text.starts_with('{'));
        let template = Template {
            name: self.file,
            text,
            file: self.file,
            line: node.at.line.max(1),
            column: node.at.column.max(1) + quote,
        };
        let value = render_defined(self.library, self.scope, &phase, self.package, template)?;
        Ok(value.map(|json| Node::from_json(&json, node.at)))
    }
}

fn empty(node: &Node) -> Node {
    Node {
        value: Value::String(String::new()),
        at: node.at,
    }
}

/// Whether anything may stand below a key.
fn is_open(step: &Step<'_>) -> bool {
    matches!(step, Step::Key("config" | "meta"))
}

fn iso_date(text: &str, node: &Node) -> Node {
    Node {
        value: Value::Date(text.replacen(' ', "T", 1)),
        at: node.at,
    }
}

/// Whether a string in it comes out otherwise than it stands there.
fn changes(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => has_jinja(text) || text.ends_with('\n'),
        Value::Sequence(items) => items.iter().any(changes),
        Value::Mapping(mapping) => mapping.iter().any(|(_, node)| changes(node)),
        _ => false,
    }
}

fn with_iso_dates(node: &Node) -> Node {
    match &node.value {
        Value::Date(text) => iso_date(text, node),
        Value::Sequence(items) => Node {
            value: Value::Sequence(items.iter().map(with_iso_dates).collect()),
            at: node.at,
        },
        Value::Mapping(mapping) => {
            let mut result = Mapping::default();
            for (key, entry) in mapping.entries() {
                result.insert(key.to_owned(), entry.key_at, with_iso_dates(&entry.value));
            }
            Node {
                value: Value::Mapping(result),
                at: node.at,
            }
        }
        _ => node.clone(),
    }
}
