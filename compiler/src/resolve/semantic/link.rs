//! What semantic models, metrics, saved queries and whatever names a metric depend on.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::did_you_mean;
use crate::parse::python::str_of;
use crate::resolve::assemble::Loader;
use crate::resolve::references::NameIndex;

/// Metrics that refer to each other in a circle are not followed beyond this.
const DEEPEST: usize = 20;

impl Loader {
    /// Fills in `depends_on` of the semantic layer, and the metrics in that of nodes and exposures.
    pub(super) fn link_semantic(&mut self, diagnostics: &mut Diagnostics) {
        self.link_semantic_models();
        let metrics = self.metrics.clone();
        let mut missing: Vec<(String, String)> = Vec::new();
        let root = self.packages[0].file.name.clone();
        let names = Names {
            metrics: &metrics,
            root: &root,
        };
        for (unique_id, metric) in &mut self.metrics {
            let package = str_of(&metric["package_name"]);
            let mut measures = Vec::new();
            names.input_measures(metric, &mut measures, 0);
            let mut nodes: Vec<String> = own_measures(metric)
                .iter()
                .filter_map(|measure| home_of(&self.semantic_models, measure))
                .collect();
            let aggregated = &metric["type_params"]["metric_aggregation_params"];
            if let Some(home) = aggregated.get("semantic_model").and_then(Json::as_str) {
                nodes.push(format!("semantic_model.{package}.{home}"));
            }
            for name in input_metrics(metric) {
                match names.find(&package, &name) {
                    Some(id) => nodes.push(id),
                    None => missing.push((unique_id.clone(), name)),
                }
            }
            metric["type_params"]["input_measures"] = Json::Array(measures);
            set_nodes(metric, nodes);
        }
        for (unique_id, query) in &mut self.saved_queries {
            let package = str_of(&query["package_name"]);
            let listed = query["query_params"]["metrics"].as_array();
            let mut nodes = Vec::new();
            for name in listed.into_iter().flatten().map(str_of) {
                match names.find(&package, &name) {
                    Some(id) => nodes.push(id),
                    None => missing.push((unique_id.clone(), name)),
                }
            }
            set_nodes(query, nodes);
        }
        self.link_users_of_metrics(&names, &mut missing);
        for (owner, name) in missing {
            let place = self.semantic_places.get(&owner);
            let place = place.or_else(|| self.exposure_places.get(&owner)).cloned();
            diagnostics.push(no_metric(&owner, &name, place, &names));
        }
    }

    fn link_semantic_models(&mut self) {
        let find = |names: &NameIndex, found: &Json| {
            let name = found.get("name").and_then(Json::as_str)?;
            names.find(
                name,
                found.get("package").and_then(Json::as_str),
                found.get("version").filter(|value| !value.is_null()),
            )
        };
        for model in self.semantic_models.values_mut() {
            let target = model
                .get("refs")
                .and_then(|refs| refs.get(0))
                .and_then(|found| find(&self.names, found));
            if let Some(draft) = target.as_ref().and_then(|id| self.nodes.get(id)) {
                model["node_relation"] = json!({
                    "alias": draft.node.alias,
                    "schema_name": draft.node.schema,
                    "database": draft.node.database,
                    "relation_name": draft.node.relation_name,
                });
            }
            set_nodes(model, target);
        }
    }

    /// Nodes that call `metric()`, and exposures.
    fn link_users_of_metrics(&mut self, names: &Names<'_>, missing: &mut Vec<(String, String)>) {
        let nodes = self.nodes.values_mut().map(|draft| {
            let node = &mut draft.node;
            (
                &node.unique_id,
                &node.package_name,
                &node.metrics,
                &mut node.depends_on.nodes,
            )
        });
        let exposures = self.exposures.values_mut().map(|exposure| {
            (
                &exposure.unique_id,
                &exposure.package_name,
                &exposure.metrics,
                &mut exposure.depends_on.nodes,
            )
        });
        for (unique_id, package, metrics, nodes) in nodes.chain(exposures) {
            for metric in metrics {
                let found = match metric.as_slice() {
                    [name] => names.find(package, name),
                    [package, name] => {
                        let id = format!("metric.{package}.{name}");
                        names.metrics.contains_key(&id).then_some(id)
                    }
                    _ => None,
                };
                match found {
                    Some(id) if nodes.contains(&id) => {}
                    Some(id) => nodes.push(id),
                    None => missing.push((unique_id.clone(), metric.join("."))),
                }
            }
        }
    }
}

/// All metrics, to be found by name.
struct Names<'a> {
    metrics: &'a IndexMap<String, Json>,
    root: &'a str,
}

impl Names<'_> {
    /// The metric that a name means in a package: the root project's, the package's own, or any other.
    fn find(&self, package: &str, name: &str) -> Option<String> {
        let own = [self.root, package].map(|package| format!("metric.{package}.{name}"));
        let own = own.into_iter().find(|id| self.metrics.contains_key(id));
        own.or_else(|| {
            let mut all = self.metrics.iter();
            all.find(|(_, metric)| metric["name"] == name)
                .map(|(id, _)| id.clone())
        })
    }

    /// The measures that a metric comes down to, each once.
    fn input_measures(&self, metric: &Json, found: &mut Vec<Json>, depth: usize) {
        for measure in own_measures(metric) {
            if !found.contains(measure) {
                found.push(measure.clone());
            }
        }
        // Only these two take over the measures of the metrics they are made of.
        if depth > DEEPEST || !matches!(metric["type"].as_str(), Some("derived" | "ratio")) {
            return;
        }
        for name in input_metrics(metric) {
            let id = self.find(&str_of(&metric["package_name"]), &name);
            if let Some(input) = id.and_then(|id| self.metrics.get(&id)) {
                self.input_measures(input, found, depth + 1);
            }
        }
    }
}

/// The measures that a metric names itself.
fn own_measures(metric: &Json) -> Vec<&Json> {
    let params = &metric["type_params"];
    let conversion = &params["conversion_type_params"];
    let named = [
        Some(&params["measure"]),
        conversion.get("base_measure"),
        conversion.get("conversion_measure"),
    ];
    let named = named.into_iter().flatten();
    named.filter(|measure| measure.is_object()).collect()
}

/// Names of the metrics that a metric is computed from.
fn input_metrics(metric: &Json) -> Vec<String> {
    let params = &metric["type_params"];
    let conversion = &params["conversion_type_params"];
    let named = [
        params.get("numerator"),
        params.get("denominator"),
        params["cumulative_type_params"].get("metric"),
        conversion.get("base_metric"),
        conversion.get("conversion_metric"),
    ];
    let listed = params["metrics"].as_array().into_iter().flatten();
    named
        .into_iter()
        .flatten()
        .chain(listed)
        .filter_map(|input| input.get("name").and_then(Json::as_str).map(str::to_owned))
        .collect()
}

/// The semantic model that has a measure.
fn home_of(models: &IndexMap<String, Json>, measure: &Json) -> Option<String> {
    let holds = |model: &Json| {
        let measures = model["measures"].as_array().into_iter().flatten();
        measures
            .into_iter()
            .any(|known| known["name"] == measure["name"])
    };
    let found = models.iter().find(|(_, model)| holds(model));
    found.map(|(id, _)| id.clone())
}

fn set_nodes(value: &mut Json, nodes: impl IntoIterator<Item = String>) {
    let mut unique: Vec<String> = Vec::new();
    for node in nodes {
        if !unique.contains(&node) {
            unique.push(node);
        }
    }
    value["depends_on"]["nodes"] = json!(unique);
}

fn no_metric(owner: &str, name: &str, place: Option<Span>, names: &Names<'_>) -> Diagnostic {
    let message = format!("{owner} refers to metric '{name}', which is not in the project");
    let error = Diagnostic::error("metric-not-found", message);
    let error = match place {
        Some(place) => error.at(place),
        None => error,
    };
    let known = names
        .metrics
        .values()
        .filter_map(|metric| metric["name"].as_str());
    match did_you_mean(name, known) {
        Some(hint) => error.hint(hint),
        None => error.hint("check the name, or add the metric"),
    }
}
