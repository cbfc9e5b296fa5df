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
            self.shape.update(&mut result, level);
        }
        if !patch.is_empty() {
            self.shape.update(&mut result, patch.clone());
        }
        if !call.is_empty() {
            self.shape.update(&mut result, call.clone());
        }
        if self.own.name != self.root.name {
            for level in levels(&self.root.configs, self.section(), self.fqn) {
                self.shape.update(&mut result, level);
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
        for level in own
            .into_iter()
            .chain([patch.clone(), call.clone()])
            .chain(root)
        {
            for (key, value) in level {
                result.insert(key, value);
            }
        }
        result
    }
}

/// What each folder of `fqn` sets, from the outermost.
fn levels(
    sections: &indexmap::IndexMap<&'static str, Map<String, Value>>,
    section: &str,
    fqn: &[String],
) -> Vec<Map<String, Value>> {
    let Some(mut current) = sections.get(section) else {
        return Vec::new();
    };
    let mut levels = vec![own_keys(current)];
    for part in fqn {
        match current.get(part) {
            Some(Value::Object(inner)) => {
                levels.push(own_keys(inner));
                current = inner;
            }
            _ => break,
        }
    }
    levels
}

/// Keys of a level that are settings and not folders.
fn own_keys(level: &Map<String, Value>) -> Map<String, Value> {
    let mut own = Map::new();
    for (key, value) in level {
        if let Some(name) = key.strip_prefix('+') {
            own.insert(name.trim().to_owned(), value.clone());
        } else if !value.is_object() {
            own.insert(key.clone(), value.clone());
        }
    }
    own
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
    fn a_null_stays_where_dbt_does_not_know_the_setting() {
        let mut config = map(&json!({"materialized": "view", "partition_by": "day"}));
        let call = map(&json!({"materialized": null, "partition_by": null, "own": null}));
        overlay(&mut config, call, Shape::Model);
        let expected = json!({"materialized": "view", "partition_by": null, "own": null});
        assert_eq!(Value::Object(config), expected);
    }
}
