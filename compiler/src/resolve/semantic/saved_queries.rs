//! Saved queries and their exports.

use serde_json::{Value as Json, json};

use super::{Part, filled, object, where_filter};
use crate::diag::Diagnostics;
use crate::resolve::assemble::Loader;
use crate::resolve::columns::{map_of, tags_of};
use crate::resolve::config::Shape;
use crate::resolve::properties::Entry;

impl Loader {
    /// An entry of `saved_queries`.
    pub(super) fn add_saved_query(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let given = Json::Object(entry.node.to_json());
        let own = object(given.get("config").cloned().unwrap_or_default());
        let written = map_of(entry.raw.get("config"));
        let (fqn, config, unrendered) =
            self.semantic_config(entry, &entry.name, Shape::SavedQuery, &own, &written);
        let mut params = filled(
            given.get("query_params").unwrap_or(&Json::Null),
            json!({"metrics": [], "group_by": [], "where": null, "order_by": [], "limit": null}),
        );
        if let Some(filter) = params.get_mut("where") {
            *filter = where_filter(filter);
        }
        let exports = given.get("exports").and_then(Json::as_array);
        let exports: Vec<Json> = exports
            .into_iter()
            .flatten()
            .map(|export| self.export(export, &Json::Object(config.clone())))
            .collect();
        let mut tags = tags_of(entry.node.get("tags"));
        tags.extend(match config.get("tags") {
            Some(Json::String(tag)) => vec![tag.clone()],
            Some(Json::Array(tags)) => tags
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        });
        tags.sort();
        tags.dedup();
        let value = object(json!({
            "query_params": params,
            "exports": exports,
            "description": given.get("description"),
            "label": given.get("label"),
            "metadata": null,
            "unrendered_config": unrendered,
            "depends_on": {"macros": [], "nodes": []},
            "refs": [],
            "tags": tags,
        }));
        let part = Part {
            kind: "saved_query",
            name: entry.name.clone(),
            fqn,
            config,
            value,
        };
        self.keep_semantic(entry, part, diagnostics);
    }

    /// One export; what it does not say, the query's config and the target do.
    fn export(&self, export: &Json, query: &Json) -> Json {
        let config = export.get("config").cloned().unwrap_or_else(|| json!({}));
        let set = |key: &str| {
            let own = config.get(key).filter(|value| !value.is_null());
            own.or_else(|| query.get(key).filter(|value| !value.is_null()))
                .cloned()
        };
        json!({
            "name": export.get("name"),
            "config": {
                "export_as": set("export_as"),
                "schema_name": set("schema").unwrap_or_else(|| self.profile.schema.clone().into()),
                "alias": set("alias").or_else(|| export.get("name").cloned()),
                "database": self.profile.database,
            },
            "unrendered_config": config,
        })
    }
}
