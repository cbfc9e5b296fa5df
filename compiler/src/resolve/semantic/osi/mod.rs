//! Semantic models and metrics of OSI documents (`osi/*.json`), which dbt 1.12 reads beside those in YAML.
//!
//! The format says less than the semantic layer: time dimensions are of days, and metrics are SQL, of which single
//! aggregates and ratios are understood.

mod document;
mod expression;
mod places;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use self::document::{Dataset, Document, Field, Metric, Model, VERSIONS};
use self::expression::{Measured, measured};
use self::places::Places;
use crate::artifacts::manifest::{Manifest, ResourceType};
use crate::artifacts::osi::{Loss, OSI_LOSS, osi_document};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::did_you_mean;
use crate::parse::files::SourceFile;
use crate::resolve::assemble::Loader;

/// Stable name of the mistakes in documents.
const CODE: &str = "osi-document";

/// A document's file, and where in it everything stands.
struct Source {
    file: SourceFile,
    places: Places,
}

impl Source {
    fn span(&self, path: &str) -> Span {
        let (line, column) = self.places.at(path);
        Span::at(&self.file.world_path, line, column)
    }
}

impl Loader {
    /// Reads the OSI documents of the root project.
    pub(in crate::resolve) fn add_osi(&mut self, diagnostics: &mut Diagnostics) {
        let mut files = self.files(0, |files| &files.osi);
        files.sort_by(|a, b| {
            let parts = |file: &SourceFile| -> Vec<String> {
                file.original_path.split('/').map(str::to_owned).collect()
            };
            parts(a).cmp(&parts(b))
        });
        let mut read: Vec<(Source, Document)> = Vec::new();
        for file in files {
            match self.read_osi(file) {
                Ok(found) => read.push(found),
                Err(wrong) => wrong.into_iter().for_each(|error| diagnostics.push(error)),
            }
        }
        for (source, document) in &read {
            for model in &document.models {
                for dataset in &model.datasets {
                    self.add_dataset(source, model, dataset, diagnostics);
                }
            }
        }
        for (source, document) in &read {
            for model in &document.models {
                for metric in &model.metrics {
                    let mut made = Vec::new();
                    convert(
                        metric,
                        &metric.name,
                        metric.expression.text(),
                        model,
                        &mut made,
                    );
                    for made in made {
                        self.add_osi_metric(source, metric, made, diagnostics);
                    }
                }
            }
        }
    }

    fn read_osi(&self, file: SourceFile) -> Result<(Source, Document), Vec<Diagnostic>> {
        let name = file.original_path.clone();
        let error = |message: String| Diagnostic::error(CODE, format!("{name}: {message}"));
        let text = self.world.read(&file.world_path).map_err(|failure| {
            vec![error(format!("cannot be read: {failure}")).at(Span::file(&file.world_path))]
        })?;
        let whole: Json = serde_json::from_str(&text).map_err(|failure| {
            let place = Span::at(&file.world_path, failure.line(), failure.column());
            vec![error(format!("it is not JSON: {failure}")).at(place)]
        })?;
        let source = Source {
            file: file.clone(),
            places: Places::of(&text),
        };
        let document = document::read(&whole).map_err(|wrong| {
            let each = wrong.into_iter().map(|(path, message)| {
                error(message)
                    .at(source.span(&path))
                    .hint("put it right, or have the document written anew by the tool that it comes from")
            });
            each.collect::<Vec<_>>()
        })?;
        if !VERSIONS.contains(&document.version.as_str()) {
            let message = format!("version '{}' of OSI is not read", document.version);
            return Err(vec![
                error(message)
                    .at(source.span("version"))
                    .hint(format!("write it in version {}", VERSIONS.join(" or "))),
            ]);
        }
        Ok((source, document))
    }

    /// The semantic model that a dataset is.
    fn add_dataset(
        &mut self,
        source: &Source,
        model: &Model,
        dataset: &Dataset,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(target) = self.model_at(&dataset.source) else {
            let mut error = Diagnostic::error(
                CODE,
                format!(
                    "dataset '{}' is of {}, which no model of the project builds",
                    dataset.name, dataset.source
                ),
            )
            .at(source.span(&format!("{}/source", dataset.path)));
            let known: Vec<String> = self.models().map(|(place, _)| place).collect();
            let hint = did_you_mean(
                &dataset.source.to_lowercase(),
                known.iter().map(String::as_str),
            );
            error =
                error.hint(hint.unwrap_or_else(|| {
                    "name the model's relation as database.schema.name".to_owned()
                }));
            diagnostics.push(error);
            return;
        };
        let (mut entities, mut dimensions) = (Vec::new(), Vec::new());
        for field in &dataset.fields {
            match entity_type(dataset, model, field) {
                Some(kind) => entities.push(entity(field, kind)),
                None => dimensions.push(dimension(field)),
            }
        }
        let value = json!({
            "model": format!("ref('{target}')"),
            "node_relation": null,
            "description": dataset.description,
            "label": null,
            "defaults": null,
            "entities": entities,
            "measures": [],
            "dimensions": dimensions,
            "refs": [{"name": target, "package": null, "version": null}],
            "primary_entity": null,
        });
        let part = Named {
            kind: "semantic_model",
            name: &dataset.name,
            path: &dataset.path,
        };
        self.keep_osi(source, &part, value, diagnostics);
    }

    fn add_osi_metric(
        &mut self,
        source: &Source,
        metric: &Metric,
        made: Made,
        diagnostics: &mut Diagnostics,
    ) {
        let package = &self.packages[0].file.name;
        if let Some(home) = made.home
            && !self
                .semantic_models
                .contains_key(&format!("semantic_model.{package}.{home}"))
        {
            diagnostics.push(
                Diagnostic::error(
                    CODE,
                    format!(
                        "metric '{}' aggregates columns of '{home}', which is no one dataset",
                        made.name
                    ),
                )
                .at(source.span(&format!("{}/expression", metric.path)))
                .hint("qualify its columns with the name of the dataset that has them"),
            );
            return;
        }
        let part = Named {
            kind: "metric",
            name: &made.name,
            path: &metric.path,
        };
        self.keep_osi(source, &part, made.value, diagnostics);
    }

    /// Puts a part among the others of its kind.
    fn keep_osi(
        &mut self,
        source: &Source,
        part: &Named<'_>,
        value: Json,
        diagnostics: &mut Diagnostics,
    ) {
        let package = &self.packages[0].file.name;
        let path = &source.file.original_path;
        let unique_id = format!("{}.{package}.{}", part.kind, part.name);
        let mut whole = json!({
            "name": part.name,
            "resource_type": part.kind,
            "package_name": package,
            "path": path,
            "original_file_path": path,
            "unique_id": unique_id,
            "fqn": [package, part.name],
            "metadata": null,
            "depends_on": {"macros": [], "nodes": []},
            "config": {"enabled": true, "group": null, "meta": {}},
            "unrendered_config": {},
            "group": null,
            "created_at": self.created_at,
        });
        if let (Json::Object(whole), Json::Object(value)) = (&mut whole, value) {
            whole.extend(value);
        }
        let place = source.span(part.path);
        self.insert_semantic(part.kind, part.name, unique_id, whole, place, diagnostics);
    }

    /// Models with the place of their relation, in lower case.
    fn models(&self) -> impl Iterator<Item = (String, &str)> {
        let drafts = self.nodes.values().map(|draft| &draft.node);
        let models = drafts.filter(|node| node.resource_type == ResourceType::Model);
        models.map(|node| {
            let alias = if node.alias.is_empty() {
                &node.name
            } else {
                &node.alias
            };
            let database = node.database.as_deref().filter(|name| !name.is_empty());
            let place: Vec<&str> = database
                .into_iter()
                .chain([node.schema.as_str(), alias.as_str()])
                .collect();
            (place.join(".").to_lowercase(), node.name.as_str())
        })
    }

    /// The name of the model that builds a relation.
    fn model_at(&self, relation: &str) -> Option<String> {
        let relation = relation.to_lowercase();
        let found = self.models().filter(|(place, _)| *place == relation).last();
        found.map(|(_, name)| name.to_owned())
    }
}

/// What `osi_document.json` cannot say of the semantic layer, whose parts stand at `places` by their unique ids.
pub(in crate::resolve) fn losses(
    manifest: &Manifest,
    places: &IndexMap<String, Span>,
) -> Vec<Diagnostic> {
    let told = |loss: &Loss| {
        let warning = Diagnostic::warning(OSI_LOSS, loss.to_string());
        let metric = manifest
            .metrics
            .iter()
            .find(|(_, metric)| loss.metric().is_some_and(|name| metric["name"] == name));
        match metric.and_then(|(id, _)| places.get(id)) {
            Some(place) => warning.at(place.clone()),
            None => warning,
        }
    };
    osi_document(manifest).1.iter().map(told).collect()
}

/// A part of the semantic layer, and its path in the document.
struct Named<'a> {
    kind: &'static str,
    name: &'a str,
    path: &'a str,
}

/// A metric made of one in a document.
struct Made {
    name: String,
    /// The semantic model that it aggregates, unless it is made of other metrics.
    home: Option<String>,
    value: Json,
}

/// Adds what a metric's SQL is to `made`: one metric, or a ratio after the two it is made of.
fn convert(metric: &Metric, name: &str, sql: &str, model: &Model, made: &mut Vec<Made>) {
    let first = model.datasets.first();
    let first = first.map_or_else(String::new, |dataset| dataset.name.clone());
    let (params, home) = match measured(sql) {
        Measured::Ratio(above, below) => {
            let names = [format!("{name}_numerator"), format!("{name}_denominator")];
            for (name, sql) in names.iter().zip([above, below]) {
                convert(metric, name, &sql, model, made);
            }
            let input = |name: &String| json!({"name": name, "filter": null, "alias": null, "offset_window": null, "offset_to_grain": null});
            (
                json!({"numerator": input(&names[0]), "denominator": input(&names[1])}),
                None,
            )
        }
        Measured::Aggregate(found) => {
            let home = if found.datasets.is_empty() {
                dataset_with(&found.column, model).unwrap_or(first)
            } else {
                found.datasets.join(", ")
            };
            let params = found.percentile.map(|share| {
                json!({"percentile": share, "use_discrete_percentile": false, "use_approximate_percentile": false})
            });
            (
                aggregation(&found.column, &home, found.agg, &params.into()),
                Some(home),
            )
        }
        Measured::Other => (aggregation(sql, &first, "sum", &Json::Null), Some(first)),
    };
    let is_simple = home.is_some();
    let description = metric.description.as_ref().filter(|_| name == metric.name);
    let value = json!({
        "description": description.map_or("", String::as_str),
        "label": name,
        "type": if is_simple { "simple" } else { "ratio" },
        "type_params": super::filled(&params, json!({
            "measure": null, "input_measures": [], "numerator": null, "denominator": null, "expr": null,
            "window": null, "grain_to_date": null, "metrics": null, "conversion_type_params": null,
            "cumulative_type_params": null, "metric_aggregation_params": null, "fill_nulls_with": null,
            "join_to_timespine": false, "is_private": false,
        })),
        "filter": null,
        "time_granularity": null,
        "sources": [],
        "refs": [],
        "metrics": [],
        "meta": {},
        "tags": [],
    });
    made.push(Made {
        name: name.to_owned(),
        home,
        value,
    });
}

fn aggregation(expr: &str, home: &str, agg: &str, agg_params: &Json) -> Json {
    json!({
        "expr": expr,
        "metric_aggregation_params": {
            "semantic_model": home,
            "agg": agg,
            "agg_params": agg_params,
            "agg_time_dimension": null,
            "non_additive_dimension": null,
        },
    })
}

/// The first dataset that has a field of this name, or made of this column.
fn dataset_with(column: &str, model: &Model) -> Option<String> {
    let is_it = |field: &Field| {
        let text = field.expression.first();
        field.name == column || text.rsplit('.').next() == Some(column)
    };
    let mut datasets = model.datasets.iter();
    let found = datasets.find(|dataset| dataset.fields.iter().any(is_it));
    found.map(|dataset| dataset.name.clone())
}

/// Which key a field is, if any.
fn entity_type(dataset: &Dataset, model: &Model, field: &Field) -> Option<&'static str> {
    let mut relationships = model.relationships.iter();
    if dataset.primary_key.contains(&field.name) {
        Some("primary")
    } else if dataset.unique_keys.contains(&field.name) {
        Some("unique")
    } else if relationships
        .any(|it| it.from == dataset.name && it.from_columns.contains(&field.name))
    {
        Some("foreign")
    } else {
        None
    }
}

fn entity(field: &Field, kind: &str) -> Json {
    json!({
        "name": field.name,
        "type": kind,
        "description": field.description,
        "label": field.label,
        "role": null,
        "expr": own_expr(field),
        "config": null,
    })
}

fn dimension(field: &Field) -> Json {
    let params = field
        .is_time
        .then(|| json!({"time_granularity": "day", "validity_params": null}));
    json!({
        "name": field.name,
        "type": if field.is_time { "time" } else { "categorical" },
        "description": field.description,
        "label": field.label,
        "is_partition": false,
        "type_params": params,
        "expr": own_expr(field),
        "metadata": null,
        "config": null,
        "datatype": field.datatype,
    })
}

/// The expression, where it is not the field's name.
fn own_expr(field: &Field) -> Option<&str> {
    Some(field.expression.text()).filter(|text| *text != field.name)
}
