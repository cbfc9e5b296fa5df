//! Sources: one for each table, with what the source says about all of them.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::assemble::Loader;
use super::columns;
use super::config::Shape;
use super::properties::Entry;
use super::tests::Target;
use crate::artifacts::Config;
use crate::artifacts::manifest::{Freshness, Source, Threshold};
use crate::diag::{Diagnostic, Diagnostics};
use crate::jinja::adapter::place_of;
use crate::yaml::{At, Mapping, Node};

/// Entries that change a package's source: by package and source name.
type Overrides = IndexMap<(String, String), Entry>;

impl Loader {
    /// All entries of `sources` lists.
    pub(super) fn add_sources(&mut self, entries: Vec<Entry>, diagnostics: &mut Diagnostics) {
        let (overriding, plain): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|entry| entry.node.contains("overrides"));
        let mut overrides = Overrides::new();
        for entry in overriding {
            let package = entry
                .node
                .get("overrides")
                .and_then(Node::scalar_text)
                .unwrap_or_default();
            overrides.insert((package, entry.name.clone()), entry);
        }
        let mut used = HashSet::new();
        for entry in plain {
            let package = self.packages[entry.package].file.name.clone();
            let key = (package, entry.name.clone());
            let over = overrides.get(&key).cloned();
            used.insert(key);
            if let Some(over) = &over {
                unused_tables(&entry, over, diagnostics);
            }
            self.add_source(&entry, over.as_ref(), diagnostics);
        }
        for ((package, name), entry) in &overrides {
            if used.contains(&(package.clone(), name.clone())) {
                continue;
            }
            let message =
                format!("there is no source '{name}' in a package '{package}' to override");
            diagnostics.push(
                Diagnostic::warning("source-overrides", message)
                    .at(entry.place(entry.at))
                    .hint("`overrides` names the package whose source is changed"),
            );
        }
    }

    fn add_source(&mut self, entry: &Entry, over: Option<&Entry>, diagnostics: &mut Diagnostics) {
        let merged;
        let entry = match over {
            Some(over) => {
                merged = overridden(entry, over);
                &merged
            }
            None => entry,
        };
        let empty = Mapping::default();
        for table in columns::items(entry, entry.node.get("tables"), "tables", diagnostics) {
            let mapping = table.as_mapping().unwrap_or(&empty);
            let Some(name) = mapping.set("name").and_then(Node::scalar_text) else {
                diagnostics.push(
                    Diagnostic::error(
                        "table-name",
                        format!("a table of source '{}' has no name", entry.name),
                    )
                    .at(entry.place(table.at))
                    .hint("write `- name: my_table`"),
                );
                continue;
            };
            self.add_table(entry, table, mapping, &name, diagnostics);
        }
    }

    fn add_table(
        &mut self,
        entry: &Entry,
        at: &Node,
        table: &Mapping,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) {
        let package = self.packages[entry.package].file.name.clone();
        let columns = columns::read(entry, table.get("columns"), diagnostics);
        let mut tags = columns::tags_of(entry.node.get("tags"));
        tags.extend(columns::tags_of(table.get("tags")));
        let target = Target {
            package: entry.package,
            file: entry.file.clone(),
            name: name.to_owned(),
            source: Some(entry.name.clone()),
            key: "sources",
            version: None,
            quote_columns: quoting(&entry.node, table)
                .get("column")
                .and_then(Json::as_bool)
                .unwrap_or(false),
            tags,
        };
        for test in columns::tests_of(entry, table, diagnostics) {
            self.add_test(&target, &test, None, diagnostics);
        }
        for column in &columns {
            for test in &column.tests {
                self.add_test(&target, test, Some(column), diagnostics);
            }
        }
        let unique_id = format!("source.{package}.{}.{name}", entry.name);
        let mut fqn = vec![package.clone()];
        fqn.extend(entry.file.folders());
        fqn.extend([entry.name.clone(), name.to_owned()]);
        let patch = precedence(entry, table, diagnostics);
        let cascade = self.cascade(entry.package, Shape::Source, &fqn);
        let config = cascade.rendered(&patch, &Map::new());
        let unrendered_config = cascade.unrendered(&patch, &Map::new());
        let text = |mapping: &Mapping, key: &str| mapping.set(key).and_then(Node::scalar_text);
        let given = |mapping: &Mapping, key: &str| text(mapping, key).filter(|it| !it.is_empty());
        let database =
            given(&entry.node, "database").unwrap_or_else(|| self.profile.database.clone());
        let schema = given(&entry.node, "schema").unwrap_or_else(|| entry.name.clone());
        let identifier = given(table, "identifier").unwrap_or_else(|| name.to_owned());
        let quoting = quoting(&entry.node, table);
        let mut source_meta = columns::map_of(entry.node.get("meta"));
        source_meta.extend(
            entry
                .node
                .get("config")
                .and_then(Node::as_mapping)
                .map(|map| columns::map_of(map.get("meta")))
                .unwrap_or_default(),
        );
        let config_text = |key: &str| config.get(key).and_then(Json::as_str).map(str::to_owned);
        let mut source = Source {
            relation_name: Some(self.namer.quoted(
                Some(&database),
                &schema,
                &identifier,
                Some(&quoting),
            )),
            database: Some(database),
            schema,
            name: name.to_owned(),
            package_name: package.clone(),
            path: entry.file.original_path.clone(),
            original_file_path: entry.file.original_path.clone(),
            unique_id: unique_id.clone(),
            fqn,
            source_name: entry.name.clone(),
            source_description: text(&entry.node, "description").unwrap_or_default(),
            loader: text(&entry.node, "loader").unwrap_or_default(),
            identifier,
            quoting,
            loaded_at_field: config_text("loaded_at_field"),
            loaded_at_query: config_text("loaded_at_query"),
            freshness: config.get("freshness").and_then(freshness),
            external: table.set("external").map(external),
            description: text(table, "description").unwrap_or_default(),
            columns: columns::by_name(&columns),
            meta: config
                .get("meta")
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default(),
            source_meta,
            tags: config
                .get("tags")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            unrendered_config,
            created_at: self.created_at,
            unrendered_database: given(&entry.raw, "database"),
            unrendered_schema: given(&entry.raw, "schema"),
            config: Config(config),
            ..Source::default()
        };
        // A location that is wrong is told where the source is read.
        if self.profile.adapter_type == "duckdb"
            && let Ok(Some(place)) = place_of(&source)
        {
            source.relation_name = Some(place);
        }
        if is_timeless(&source) {
            let message = format!(
                "the freshness of source '{}.{name}' is not known: {} does not tell when its tables change",
                entry.name, self.profile.adapter_type
            );
            diagnostics.push(
                Diagnostic::warning("freshness-without-time", message)
                    .at(entry.place(at.at))
                    .hint("name the column with the time of a row as its 'loaded_at_field'"),
            );
        }
        self.keep_source(entry, at, source, diagnostics);
    }

    fn keep_source(
        &mut self,
        entry: &Entry,
        at: &Node,
        source: Source,
        diagnostics: &mut Diagnostics,
    ) {
        if !source.config.enabled() {
            self.disabled_sources.push(source);
            return;
        }
        let place = entry.place(at.at);
        if let Some(other) = self.source_places.get(&source.unique_id) {
            diagnostics.push(
                Diagnostic::error(
                    "source-duplicate",
                    format!(
                        "source '{}.{}' is defined twice",
                        source.source_name, source.name
                    ),
                )
                .at(place)
                .label(other.clone(), "the other one")
                .hint("remove one of them"),
            );
            return;
        }
        self.source_places.insert(source.unique_id.clone(), place);
        self.sources.insert(source.unique_id.clone(), source);
    }
}

/// Warns of tables that the root project changes and the package does not have.
fn unused_tables(entry: &Entry, over: &Entry, diagnostics: &mut Diagnostics) {
    let known: HashSet<String> = named_tables(entry).map(|(name, _)| name).collect();
    for (name, at) in named_tables(over).filter(|(name, _)| !known.contains(name)) {
        let message = format!("source '{}' has no table '{name}' to override", entry.name);
        diagnostics.push(
            Diagnostic::warning("source-overrides", message)
                .at(over.place(at))
                .hint("check the name against the package's own, or take the table out"),
        );
    }
}

fn named_tables(entry: &Entry) -> impl Iterator<Item = (String, At)> {
    let tables = entry.node.get("tables").and_then(Node::as_sequence);
    let named = |table: &Node| Some((table.as_mapping()?.set("name")?.scalar_text()?, table.at));
    tables.unwrap_or_default().iter().filter_map(named)
}

/// A package's source with what the root project changes about it.
fn overridden(entry: &Entry, over: &Entry) -> Entry {
    let mut merged = entry.clone();
    for (key, found) in over.node.entries() {
        if !matches!(key, "name" | "overrides" | "tables") {
            merged
                .node
                .insert(key.to_owned(), found.key_at, found.value.clone());
        }
    }
    let patches = over
        .node
        .get("tables")
        .and_then(Node::as_sequence)
        .unwrap_or_default();
    let Some(tables) = merged.node.remove("tables") else {
        return merged;
    };
    let mut items = tables.as_sequence().unwrap_or_default().to_vec();
    for item in &mut items {
        let crate::yaml::Value::Mapping(table) = &mut item.value else {
            continue;
        };
        let name = table.get("name").and_then(Node::scalar_text);
        let patch = patches
            .iter()
            .filter_map(Node::as_mapping)
            .find(|patch| patch.get("name").and_then(Node::scalar_text) == name);
        for (key, found) in patch.into_iter().flat_map(Mapping::entries) {
            table.insert(key.to_owned(), found.key_at, found.value.clone());
        }
    }
    merged.node.insert(
        "tables".into(),
        tables.at,
        Node {
            value: crate::yaml::Value::Sequence(items),
            at: tables.at,
        },
    );
    merged
}

fn quoting(source: &Mapping, table: &Mapping) -> Map<String, Json> {
    let mut quoting = Map::new();
    for key in ["database", "schema", "identifier", "column"] {
        let of = |mapping: &Mapping| {
            mapping
                .get("quoting")
                .and_then(Node::as_mapping)
                .and_then(|map| map.set(key))
                .and_then(Node::as_bool)
        };
        quoting.insert(
            key.into(),
            of(table)
                .or_else(|| of(source))
                .map_or(Json::Null, Json::Bool),
        );
    }
    quoting
}

/// The settings of a table from its property file: the source's, then the table's.
fn precedence(entry: &Entry, table: &Mapping, diagnostics: &mut Diagnostics) -> Map<String, Json> {
    let source_config = entry
        .node
        .get("config")
        .and_then(Node::as_mapping)
        .cloned()
        .unwrap_or_default();
    let table_config = table
        .get("config")
        .and_then(Node::as_mapping)
        .cloned()
        .unwrap_or_default();
    let mut config = source_config.to_json();
    config.extend(table_config.to_json());
    let levels = [
        Given::of(&entry.node, "freshness"),
        Given::of(&source_config, "freshness"),
        Given::of(table, "freshness"),
        Given::of(&table_config, "freshness"),
    ];
    match merge_freshness(&levels) {
        Merged::Unset => {
            config.shift_remove("freshness");
        }
        Merged::Off => {
            config.insert("freshness".into(), Json::Null);
        }
        Merged::Set(freshness) => {
            config.insert("freshness".into(), freshness);
        }
    }
    let (field, query) = loaded_at(entry, table, &source_config, &table_config, diagnostics);
    config.insert("loaded_at_field".into(), field);
    config.insert("loaded_at_query".into(), query);
    let mut meta = Map::new();
    let mut tags: Vec<String> = Vec::new();
    for level in [&entry.node, &source_config, table, &table_config] {
        meta.extend(columns::map_of(level.get("meta")));
        tags.extend(columns::tags_of(level.get("tags")));
    }
    tags.sort();
    tags.dedup();
    config.insert("meta".into(), Json::Object(meta));
    config.insert("tags".into(), json!(tags));
    config
}

fn loaded_at(
    entry: &Entry,
    table: &Mapping,
    source_config: &Mapping,
    table_config: &Mapping,
    diagnostics: &mut Diagnostics,
) -> (Json, Json) {
    let of = |top: &Mapping, config: &Mapping, key: &str| {
        top.set(key).or_else(|| config.set(key)).map(Node::to_json)
    };
    let table_field = of(table, table_config, "loaded_at_field");
    let table_query = of(table, table_config, "loaded_at_query");
    let source_has = |key: &str| of(&entry.node, source_config, key).is_some();
    let twice_at_source = source_has("loaded_at_field") && source_has("loaded_at_query");
    let field_given =
        table.contains("loaded_at_field") || table_config.set("loaded_at_field").is_some();
    if field_given && table_query.is_some() || twice_at_source {
        diagnostics.push(
            Diagnostic::error(
                "loaded-at-twice",
                "both loaded_at_field and loaded_at_query are given",
            )
            .at(entry.place(table.key_at("name").unwrap_or(entry.at)))
            .hint("keep one of them"),
        );
    }
    let field = if field_given {
        table_field
    } else {
        of(&entry.node, source_config, "loaded_at_field")
    };
    let query = match table_query {
        Some(query) => Some(query),
        None if field_given => None,
        None => of(&entry.node, source_config, "loaded_at_query"),
    };
    (field.unwrap_or_default(), query.unwrap_or_default())
}

/// `freshness` at one level.
enum Given {
    /// Not there: the same as an empty threshold.
    Nothing,
    /// `freshness: null`.
    Null,
    Limits(Map<String, Json>),
}

impl Given {
    fn of(mapping: &Mapping, key: &str) -> Self {
        match mapping.get(key) {
            None => Self::Nothing,
            Some(node) => node
                .as_mapping()
                .map_or(Self::Null, |map| Self::Limits(map.to_json())),
        }
    }
}

/// What the levels come to.
enum Merged {
    Unset,
    Off,
    Set(Json),
}

fn limit(map: &Map<String, Json>, key: &str) -> Option<Map<String, Json>> {
    match map.get(key) {
        Some(Json::Object(limit)) => Some(limit.clone()),
        Some(_) => None,
        None => Some(Map::new()),
    }
}

/// Whether a limit says anything.
fn says(limit: Option<&Map<String, Json>>) -> bool {
    limit.is_some_and(|limit| {
        ["count", "period"]
            .iter()
            .all(|key| limit.get(*key).is_some_and(|value| !value.is_null()))
    })
}

/// Levels from the outermost: later limits win key by key, a later null switches freshness or a limit off.
fn merge_freshness(levels: &[Given]) -> Merged {
    struct Whole {
        warn: Option<Map<String, Json>>,
        error: Option<Map<String, Json>>,
        filter: Json,
    }
    let read = |map: &Map<String, Json>| Whole {
        warn: limit(map, "warn_after"),
        error: limit(map, "error_after"),
        filter: map.get("filter").cloned().unwrap_or_default(),
    };
    let join = |base: Option<Map<String, Json>>, update: Option<Map<String, Json>>| match (
        says(base.as_ref()),
        update,
    ) {
        (_, None) => None,
        (true, Some(update)) if says(Some(&update)) => {
            let mut base = base.unwrap_or_default();
            base.extend(update);
            Some(base)
        }
        (_, Some(update)) if says(Some(&update)) => Some(update),
        (_, Some(_)) => base,
    };
    let mut whole: Option<Whole> = None;
    for (index, level) in levels.iter().enumerate() {
        let update = match level {
            Given::Null => None,
            Given::Nothing => Some(read(&Map::new())),
            Given::Limits(map) => Some(read(map)),
        };
        whole = match (whole, update) {
            (None, update) if index == 0 => update,
            (Some(base), Some(update)) => Some(Whole {
                warn: join(base.warn, update.warn),
                error: join(base.error, update.error),
                filter: if update.filter.is_null() {
                    base.filter
                } else {
                    update.filter
                },
            }),
            (None, Some(update)) if says(update.warn.as_ref()) || says(update.error.as_ref()) => {
                Some(update)
            }
            _ => None,
        };
    }
    let Some(whole) = whole else {
        return Merged::Off;
    };
    if !says(whole.warn.as_ref()) && !says(whole.error.as_ref()) {
        return Merged::Unset;
    }
    let written = |limit: Option<Map<String, Json>>| match limit {
        None => Json::Null,
        Some(limit) => json!({"count": limit.get("count"), "period": limit.get("period")}),
    };
    Merged::Set(
        json!({"warn_after": written(whole.warn), "error_after": written(whole.error), "filter": whole.filter}),
    )
}

/// Freshness limits of the rendered configuration.
fn freshness(value: &Json) -> Option<Freshness> {
    let map = value.as_object()?;
    let threshold = |key: &str| {
        let limit = map.get(key)?.as_object()?;
        Some(Threshold {
            count: limit
                .get("count")
                .and_then(|count| count.as_i64().or_else(|| count.as_str()?.parse().ok())),
            period: limit
                .get("period")
                .and_then(Json::as_str)
                .map(str::to_owned),
        })
    };
    Some(Freshness {
        warn_after: threshold("warn_after"),
        error_after: threshold("error_after"),
        filter: map.get("filter").and_then(Json::as_str).map(str::to_owned),
    })
}

/// Whether a source has limits of freshness and nothing that tells the time of its rows. No adapter here reads that from
/// the warehouse's own tables (dbt's `TableLastModifiedMetadata`).
fn is_timeless(source: &Source) -> bool {
    let counts = |limit: &Option<Threshold>| {
        let whole = |limit: &Threshold| limit.count.is_some() && limit.period.is_some();
        limit.as_ref().is_some_and(whole)
    };
    let limits = source.freshness.as_ref();
    limits.is_some_and(|limits| counts(&limits.warn_after) || counts(&limits.error_after))
        && source.loaded_at_field.is_none()
        && source.loaded_at_query.is_none()
}

/// `external` with all of dbt's keys.
fn external(node: &Node) -> Json {
    let mut map = Map::new();
    for key in [
        "location",
        "file_format",
        "row_format",
        "tbl_properties",
        "partitions",
    ] {
        map.insert(key.into(), Json::Null);
    }
    map.extend(node.as_mapping().map(Mapping::to_json).unwrap_or_default());
    if let Some(Json::Array(partitions)) = map.get_mut("partitions") {
        for partition in partitions {
            if let Json::Object(given) = partition {
                let mut whole = Map::new();
                for (key, default) in [
                    ("name", json!("")),
                    ("description", json!("")),
                    ("data_type", json!("")),
                    ("meta", json!({})),
                ] {
                    whole.insert(key.into(), default);
                }
                whole.extend(given.clone());
                *partition = Json::Object(whole);
            }
        }
    }
    Json::Object(map)
}
