//! The configuration cascade: `dbt_project.yml` by folder, property files, `config()` in files, and the root
//! project over its packages. See <https://docs.getdbt.com/reference/configs-and-properties>.

mod shape;

use serde_json::{Map, Value};

pub(super) use shape::Shape;

use crate::parse::behavior::ANALYSIS_FQNS;
use crate::parse::project::ProjectFile;

/// Where a node's configuration comes from.
#[derive(Clone, Copy)]
pub(super) struct Cascade<'a> {
    /// The project the node belongs to.
    pub own: &'a ProjectFile,
    /// The root project.
    pub root: &'a ProjectFile,
    /// The node's fully qualified name.
    pub fqn: &'a [String],
    /// What kind of node.
    pub shape: Shape,
}

impl Cascade<'_> {
    /// The configuration with all defaults. `patch` comes from property files, `call` from `config()`.
    pub(super) fn rendered(
        &self,
        patch: &Map<String, Value>,
        call: &Map<String, Value>,
    ) -> Map<String, Value> {
        let mut result = self.shape.defaults();
        for level in levels(&self.own.configs, self.section(), self.fqn) {
            self.shape.update(&mut result, own_keys(level));
        }
        self.shape.update(&mut result, every_key(patch));
        self.shape.update(&mut result, every_key(call));
        if self.own.name != self.root.name {
            for level in levels(&self.root.configs, self.section(), self.fqn) {
                self.shape.update(&mut result, own_keys(level));
            }
        }
        self.shape.finish(&mut result);
        result
    }

    /// The section of `dbt_project.yml` that counts.
    fn section(&self) -> &'static str {
        if self.shape == Shape::Node && self.root.behavior.is_on(ANALYSIS_FQNS) {
            return "analyses";
        }
        self.shape.section()
    }

    /// The configuration that only `dbt_project.yml` gives.
    pub(super) fn base(&self) -> Map<String, Value> {
        self.rendered(&Map::new(), &Map::new())
    }

    /// The same as written, before rendering and without defaults.
    pub(super) fn unrendered(
        &self,
        patch: &Map<String, Value>,
        call: &Map<String, Value>,
    ) -> Map<String, Value> {
        let mut result = Map::new();
        let section = self.section();
        // dbt looks for these under another spelling than the one the project file has, or not at all.
        let unread = matches!(
            self.shape,
            Shape::SemanticModel | Shape::SavedQuery | Shape::Function
        );
        let own = if unread {
            Vec::new()
        } else {
            levels(&self.own.unrendered, section, self.fqn)
        };
        let root = if unread || self.own.name == self.root.name {
            Vec::new()
        } else {
            levels(&self.root.unrendered, section, self.fqn)
        };
        let own = own.into_iter().flat_map(own_keys);
        let root = root.into_iter().flat_map(own_keys);
        for (key, value) in own
            .chain(every_key(patch))
            .chain(every_key(call))
            .chain(root)
        {
            result.insert(key.to_owned(), value.clone());
        }
        result
    }
}

/// What each folder of `fqn` says, from the outermost.
fn levels<'a>(
    sections: &'a indexmap::IndexMap<&'static str, Map<String, Value>>,
    section: &str,
    fqn: &[String],
) -> Vec<&'a Map<String, Value>> {
    let Some(mut current) = sections.get(section) else {
        return Vec::new();
    };
    let mut levels = vec![current];
    for part in fqn {
        match current.get(part) {
            Some(Value::Object(inner)) => {
                levels.push(inner);
                current = inner;
            }
            _ => break,
        }
    }
    levels
}

/// Keys of a level that are settings and not folders. Of `+tags` and `tags` the last one counts.
fn own_keys(level: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    level.iter().enumerate().filter_map(|(place, pair)| {
        let (name, value) = own_key(pair)?;
        let is_last = !level
            .iter()
            .skip(place + 1)
            .filter_map(own_key)
            .any(|(other, _)| other == name);
        is_last.then_some((name, value))
    })
}

fn own_key<'a>((key, value): (&'a String, &'a Value)) -> Option<(&'a str, &'a Value)> {
    match key.strip_prefix('+') {
        Some(name) => Some((name.trim(), value)),
        None => (!value.is_object()).then_some((key.as_str(), value)),
    }
}

fn every_key(settings: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    settings.iter().map(|(key, value)| (key.as_str(), value))
}

/// Two mappings as one: nested mappings are merged, lists are joined, else the second wins.
pub(super) fn deep_merge(
    base: &Map<String, Value>,
    over: &Map<String, Value>,
) -> Map<String, Value> {
    let mut result = base.clone();
    for (key, value) in over {
        let merged = match (result.get(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => {
                Value::Object(deep_merge(below, above))
            }
            (Some(Value::Array(below)), Value::Array(above)) => {
                Value::Array(below.iter().chain(above).cloned().collect())
            }
            _ => value.clone(),
        };
        result.insert(key.clone(), merged);
    }
    result
}

/// `base` with what `over` sets. A setting that dbt knows keeps its value where `over` has null; one of a project's own
/// takes the null, so that `partition_by=none` stands in the manifest.
pub(super) fn overlay(base: &mut Map<String, Value>, over: Map<String, Value>, shape: Shape) {
    for (key, value) in over {
        if value.is_null() && shape.knows(key.trim()) {
            continue;
        }
        match base.get_mut(key.trim()) {
            Some(below) => *below = value,
            None => {
                base.insert(key.trim().to_owned(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn of_a_setting_that_stands_twice_the_last_counts() {
        let level =
            map(&json!({"+tags": "a", "folder": {"tags": "b"}, "tags": "c", "+meta ": {"d": 1}}));
        let own: Vec<_> = own_keys(&level).collect();
        assert_eq!(own, [("tags", &json!("c")), ("meta", &json!({"d": 1}))]);
    }

    #[test]
    fn a_null_stays_where_dbt_does_not_know_the_setting() {
        let mut config = map(&json!({"materialized": "view", "partition_by": "day"}));
        let call = map(&json!({"materialized": null, "partition_by": null, "own": null}));
        overlay(&mut config, call, Shape::Model);
        let expected = json!({"materialized": "view", "partition_by": null, "own": null});
        assert_eq!(Value::Object(config), expected);
    }
}
