//! `--add-package`: a new entry in the file, everything else in it as it was.

use compiler::diag::Diagnostic;
use compiler::yaml::{self, Mapping, Node};
use serde_json::{Map, Value};

use super::dump;

/// Where the new package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `package` and `version`.
    Hub,
    /// `git` and `revision`.
    Git,
    /// `local`.
    Local,
}

/// A package to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// Name on the hub, address, or path.
    pub name: String,
    /// Version, range (parts between commas) or revision.
    pub version: Option<String>,
    /// Where it comes from.
    pub kind: Kind,
}

impl Addition {
    /// Reads `NAME@VERSION`. An address such as `git@host:a/b@1.0` has its version behind the last `@`.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, Diagnostic> {
        let (name, version) = match text.rsplit_once('@') {
            Some((name, version))
                if !name.is_empty() && !version.is_empty() && is_version(version, kind) =>
            {
                (name.to_owned(), Some(version.to_owned()))
            }
            _ => (text.to_owned(), None),
        };
        if version.is_none() && kind != Kind::Local {
            return Err(Diagnostic::error("add-package", format!("--add-package {text} says no version"))
                .hint("write it behind the name: dbt-labs/dbt_utils@1.3.3, or a range: dbt-labs/dbt_utils@\">=1.0.0,<2.0.0\""));
        }
        Ok(Self {
            name,
            version,
            kind,
        })
    }

    fn entry(&self) -> Map<String, Value> {
        let (key, version_key) = match self.kind {
            Kind::Hub => ("package", "version"),
            Kind::Git => ("git", "revision"),
            Kind::Local => ("local", "version"),
        };
        let mut entry = Map::new();
        entry.insert(key.to_owned(), Value::from(self.name.as_str()));
        if let Some(version) = self.version.as_ref().filter(|_| self.kind != Kind::Local) {
            let parts: Vec<&str> = version.split(',').map(str::trim).collect();
            let value = match parts.as_slice() {
                [one] => Value::from(*one),
                many => Value::from(many.to_vec()),
            };
            entry.insert(version_key.to_owned(), value);
        }
        entry
    }
}

/// In `git@host:a/b.git` the part behind `@` is no version.
fn is_version(text: &str, kind: Kind) -> bool {
    kind != Kind::Git || !text.contains([':', '/']) || !text.contains('.')
}

/// The file's new text, and the entries that the new one replaces.
pub fn edit(
    text: &str,
    file: &str,
    addition: &Addition,
) -> Result<(String, Vec<String>), Diagnostic> {
    let root = yaml::load(text, file)?.root;
    let empty = Mapping::default();
    let mapping = root.as_mapping().unwrap_or(&empty);
    let items = mapping
        .set("packages")
        .and_then(Node::as_sequence)
        .unwrap_or_default();
    let replaced: Vec<usize> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| subject(item).is_some_and(|subject| is_same(&addition.name, &subject)))
        .map(|(index, _)| index)
        .collect();
    let told = replaced
        .iter()
        .map(|index| {
            dump::yaml(&items[*index].to_json())
                .trim_end()
                .replace('\n', ", ")
        })
        .collect();
    let edited = in_place(text, mapping, items, &replaced, addition)
        .unwrap_or_else(|| anew(&root, &replaced, addition));
    Ok((edited, told))
}

fn subject(item: &Node) -> Option<String> {
    let mapping = item.as_mapping()?;
    ["package", "git", "local", "tarball", "private"]
        .into_iter()
        .find_map(|key| mapping.set(key).and_then(Node::scalar_text))
}

/// Whether an entry is about the same package, wherever it comes from: dbt compares names with `_` for `-`, and
/// takes `/` and `.` for the ends of a name.
fn is_same(name: &str, subject: &str) -> bool {
    let short = name.rsplit('/').next().unwrap_or(name);
    [name, short].into_iter().any(|name| {
        [
            name.to_owned(),
            name.replace('_', "-"),
            name.replace('-', "_"),
        ]
        .into_iter()
        .any(|name| {
            let Some(at) = subject.find(&name).filter(|_| !name.is_empty()) else {
                return false;
            };
            let end = |text: &str, last: bool| {
                let edge = if last {
                    text.chars().next_back()
                } else {
                    text.chars().next()
                };
                edge.is_none_or(|c| c == '/' || c == '.')
            };
            end(&subject[..at], true) && end(&subject[at + name.len()..], false)
        })
    })
}

/// Edits the lines of a list in block style, so that comments stay. `None` where the list is written otherwise.
fn in_place(
    text: &str,
    root: &Mapping,
    items: &[Node],
    replaced: &[usize],
    addition: &Addition,
) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let Some(first) = items.first() else {
        return without_list(&lines, root, addition);
    };
    let dash = indent_of(lines.get(first.at.line.checked_sub(1)?)?);
    let mut starts = Vec::new();
    for item in items {
        let line = item.at.line.checked_sub(1)?;
        let content = lines.get(line)?;
        if indent_of(content) != dash || !content.trim_start().starts_with("- ") {
            return None;
        }
        starts.push(line);
    }
    // An entry goes on over deeper lines; comments and blank lines behind the last of them stay where they are.
    let end_of = |start: usize| {
        let mut end = start + 1;
        for (index, line) in lines.iter().enumerate().skip(start + 1) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            if indent_of(line) <= dash {
                break;
            }
            end = index + 1;
        }
        end
    };
    let after = end_of(*starts.last()?);
    let mut edited = String::new();
    for (index, line) in lines.iter().enumerate() {
        let gone = replaced
            .iter()
            .any(|item| (starts[*item]..end_of(starts[*item])).contains(&index));
        if !gone {
            edited.push_str(line);
            edited.push('\n');
        }
        if index + 1 == after {
            edited.push_str(&indented(&addition.entry(), dash));
        }
    }
    Some(edited)
}

/// A file without entries: the list begins behind `packages:`, or at the end.
fn without_list(lines: &[&str], root: &Mapping, addition: &Addition) -> Option<String> {
    let entry = indented(&addition.entry(), 2);
    let Some(at) = root.key_at("packages") else {
        let mut text = joined(lines);
        if root.is_empty()
            && lines
                .iter()
                .any(|line| !line.trim().is_empty() && !line.starts_with('#'))
        {
            return None;
        }
        text.push_str("packages:\n");
        text.push_str(&entry);
        return Some(text);
    };
    let place = at.line.checked_sub(1)?;
    let rest = lines.get(place)?.trim().strip_prefix("packages:")?.trim();
    if !matches!(rest, "" | "[]") {
        return None;
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index == place {
            text.push_str("packages:\n");
            text.push_str(&entry);
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    Some(text)
}

/// Lines as a text, each with its end.
fn joined<S: AsRef<str>>(lines: &[S]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.as_ref(), "\n"])
        .collect()
}

fn indented(entry: &Map<String, Value>, dash: usize) -> String {
    let list = Value::Array(vec![Value::Object(entry.clone())]);
    let indent = " ".repeat(dash);
    let lines: Vec<String> = dump::yaml(&list)
        .lines()
        .map(|line| format!("{indent}{line}"))
        .collect();
    joined(&lines)
}

/// The whole file written again.
fn anew(root: &Node, replaced: &[usize], addition: &Addition) -> String {
    let mut json = match root.to_json() {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let old = json
        .get("packages")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut items: Vec<Value> = old
        .into_iter()
        .enumerate()
        .filter(|(index, _)| !replaced.contains(index))
        .map(|(_, item)| item)
        .collect();
    items.push(Value::Object(addition.entry()));
    json.insert("packages".to_owned(), Value::Array(items));
    dump::yaml(&Value::Object(json))
}

#[cfg(test)]
#[path = "add_tests.rs"]
mod tests;
