//! Exposures and groups.

use serde_json::{Map, Value as Json, json};

use super::assemble::Loader;
use super::columns;
use super::config::Shape;
use super::properties::Entry;
use crate::artifacts::Config;
use crate::artifacts::manifest::Exposure;
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse::statics::{Reference, reference};
use crate::yaml::Node;

impl Loader {
    /// An entry of `exposures`.
    pub(super) fn add_exposure(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        if !entry.name.chars().all(is_word) {
            let message = format!(
                "the exposure's name '{}' has other characters than letters, digits and '_'",
                entry.name
            );
            diagnostics.push(
                Diagnostic::warning("exposure-name", message)
                    .at(entry.place(entry.at))
                    .hint("put the title into `label:`, and let the name be a word"),
            );
        }
        let package = self.packages[entry.package].file.name.clone();
        let unique_id = format!("exposure.{package}.{}", entry.name);
        let fqn = self.fqn(entry.package, entry.file.folders(), &entry.name);
        let cascade = self.cascade(entry.package, Shape::Exposure, &fqn);
        let patch = columns::map_of(entry.node.get("config"));
        let mut config = cascade.rendered(&patch, &Map::new());
        let unrendered_config = cascade.unrendered(&patch, &Map::new());
        let mut tags = columns::tags_of(entry.node.get("tags"));
        tags.extend(
            config
                .get("tags")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_owned),
        );
        tags.sort();
        tags.dedup();
        let mut meta = columns::map_of(entry.node.get("meta"));
        meta.extend(
            config
                .get("meta")
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default(),
        );
        config.insert("tags".into(), json!(tags));
        config.insert("meta".into(), Json::Object(meta.clone()));
        let text = |key: &str| entry.node.set(key).and_then(Node::scalar_text);
        let mut exposure = Exposure {
            name: entry.name.clone(),
            resource_type: "exposure".into(),
            package_name: package,
            path: entry.file.path.clone(),
            original_file_path: entry.file.original_path.clone(),
            unique_id: unique_id.clone(),
            fqn,
            exposure_type: text("type").unwrap_or_default(),
            owner: owner(entry, diagnostics),
            description: text("description").unwrap_or_default(),
            label: text("label"),
            maturity: text("maturity"),
            meta,
            tags,
            unrendered_config,
            url: text("url"),
            created_at: self.created_at,
            config: Config(config),
            ..Exposure::default()
        };
        for item in columns::items(
            entry,
            entry.node.get("depends_on"),
            "depends_on",
            diagnostics,
        ) {
            let call = item.scalar_text().unwrap_or_default();
            match reference(&call) {
                Some(Reference::Ref(reference)) => exposure.refs.push(reference),
                Some(Reference::Source(source)) => exposure.sources.push(source),
                None if call.trim_start().starts_with("metric(") => {
                    exposure.metrics.extend(metric(&call));
                }
                None => {
                    let message = format!("'{call}' is none of ref(), source() and metric()");
                    let is_call = ["ref(", "source("]
                        .iter()
                        .any(|it| call.trim_start().starts_with(it));
                    // Other words mean nothing to dbt and are passed over.
                    let told = if is_call {
                        Diagnostic::error("exposure-depends-on", message)
                    } else {
                        Diagnostic::warning("exposure-depends-on", message)
                    };
                    diagnostics.push(
                        told.at(entry.place(item.at))
                            .hint("write `- ref('my_model')`"),
                    );
                }
            }
        }
        if !exposure.config.enabled() {
            self.disabled_exposures.push(exposure);
            return;
        }
        if let Some(other) = self.exposure_places.get(&unique_id) {
            diagnostics.push(
                Diagnostic::error(
                    "exposure-duplicate",
                    format!("there are two exposures called '{}'", entry.name),
                )
                .at(entry.place(entry.at))
                .label(other.clone(), "the other one")
                .hint("rename or remove one of them"),
            );
            return;
        }
        self.exposure_places
            .insert(unique_id.clone(), entry.place(entry.at));
        self.exposures.insert(unique_id, exposure);
    }

    /// An entry of `groups`.
    pub(super) fn add_group(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let package = &self.packages[entry.package].file.name;
        let unique_id = format!("group.{package}.{}", entry.name);
        let owner = owner(entry, diagnostics);
        let fqn = self.fqn(entry.package, entry.file.folders(), &entry.name);
        let config = self
            .cascade(entry.package, Shape::Group, &fqn)
            .rendered(&columns::map_of(entry.node.get("config")), &Map::new());
        let group = json!({
            "name": entry.name,
            "resource_type": "group",
            "package_name": package,
            "path": entry.file.path,
            "original_file_path": entry.file.original_path,
            "unique_id": unique_id,
            "owner": owner,
            "description": entry.node.get("description").map(Node::to_json),
            "config": config,
        });
        if self.groups.insert(unique_id, group).is_some() {
            let message = format!("there are two groups called '{}'", entry.name);
            diagnostics.push(
                Diagnostic::error("group-duplicate", message)
                    .at(entry.place(entry.at))
                    .hint("remove one of them"),
            );
        }
    }
}

fn owner(entry: &Entry, diagnostics: &mut Diagnostics) -> Map<String, Json> {
    let mut owner = Map::new();
    owner.insert("email".into(), Json::Null);
    owner.insert("name".into(), Json::Null);
    let given = columns::map_of(entry.node.get("owner"));
    let names = |key: &str| given.get(key).is_some_and(|value| !value.is_null());
    if !names("email") && !names("name") {
        diagnostics.push(
            Diagnostic::error(
                "owner",
                format!(
                    "the owner of '{}' has neither a name nor an email",
                    entry.name
                ),
            )
            .at(entry.place(entry.at))
            .hint("add `owner: {name: …, email: …}`"),
        );
    }
    owner.extend(given);
    owner
}

fn metric(call: &str) -> Option<Vec<String>> {
    let expr = crate::parse::expr::parse(call)?;
    let (_, args) = expr.as_call()?;
    args.positional
        .iter()
        .map(|arg| arg.as_text().map(str::to_owned))
        .collect()
}
