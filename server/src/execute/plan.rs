//! Which nodes a run touches, and which of them wait for which.

use std::sync::Arc;

use compiler::artifacts::manifest::{Manifest, Node, ResourceType};
use compiler::diag::Diagnostics;
use compiler::graph::Graph;
use indexmap::{IndexMap, IndexSet};

use super::event::NodeInfo;
use super::options::Command;

/// What one step of a run is about.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    /// A model, seed, snapshot, test, analysis or function.
    Node(Arc<Node>),
    /// A unit test, which comes before the model that it tests.
    UnitTest(Arc<Named>),
    /// An exposure or a saved query: nothing to do, but it shows whether what it reads was built.
    Idle(Arc<Named>),
}

/// What is known of a step that is no node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) unique_id: String,
    pub(super) name: String,
    pub(super) resource_type: ResourceType,
    pub(super) path: String,
}

impl Subject {
    pub(super) fn unique_id(&self) -> &str {
        match self {
            Self::Node(node) => &node.unique_id,
            Self::UnitTest(named) | Self::Idle(named) => &named.unique_id,
        }
    }

    /// Whether it is compiled into others and counts as no step of its own.
    pub(super) fn is_ephemeral(&self) -> bool {
        matches!(self, Self::Node(node) if node.is_ephemeral())
    }

    pub(super) fn info(&self) -> NodeInfo {
        match self {
            Self::Node(node) => NodeInfo::of(node),
            Self::UnitTest(named) | Self::Idle(named) => NodeInfo {
                unique_id: named.unique_id.clone(),
                name: named.name.clone(),
                resource_type: named.resource_type,
                materialized: String::new(),
                language: String::new(),
                batched: false,
                schema: String::new(),
                alias: named.name.clone(),
                path: named.path.clone(),
                compiled_path: None,
            },
        }
    }
}

impl Named {
    /// As far as it can be said as a node, for messages.
    pub(super) fn as_node(&self) -> Node {
        Node {
            unique_id: self.unique_id.clone(),
            name: self.name.clone(),
            alias: self.name.clone(),
            resource_type: self.resource_type,
            original_file_path: self.path.clone(),
            ..Node::default()
        }
    }
}

/// One step and its place in the order.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) subject: Subject,
    /// Steps that must have ended before, by position in the plan.
    pub(super) parents: Vec<usize>,
    /// Steps that wait for this one.
    pub(super) children: Vec<usize>,
    /// Length of the longest way to it: lower ones start first.
    pub(super) level: usize,
}

/// All steps of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    counted: usize,
}

impl Plan {
    /// The steps that `command` runs of the selected nodes. An order that leads through nodes that are not selected
    /// holds too. `build` puts tests between what they look at and what comes after it.
    pub(super) fn new(
        manifest: &Manifest,
        command: Command,
        selected: &IndexSet<String>,
    ) -> Result<Self, Diagnostics> {
        let graph = Graph::new(manifest)?;
        let mut subjects: IndexMap<&str, Subject> = selected
            .iter()
            .filter_map(|id| Some((id.as_str(), subject(manifest, command, id)?)))
            .collect();
        subjects.sort_unstable_keys();
        let subset = subjects.keys().map(|id| (*id).to_owned()).collect();
        let mut parents = graph.subset_parents(&subset);
        if command == Command::Clone {
            parents.clear(); // each copies what is there already
        }
        if command == Command::Build {
            add_test_edges(&graph, &mut parents);
            put_unit_tests_first(&graph, &mut parents);
        }
        let position = |id: &String| subjects.get_index_of(id.as_str());
        let mut steps: Vec<Step> = subjects
            .iter()
            .map(|(&id, subject)| Step {
                subject: subject.clone(),
                parents: parents
                    .get(id)
                    .into_iter()
                    .flatten()
                    .filter_map(position)
                    .collect(),
                children: Vec::new(),
                level: 0,
            })
            .collect();
        for index in 0..steps.len() {
            for parent in steps[index].parents.clone() {
                steps[parent].children.push(index);
            }
        }
        set_levels(&mut steps);
        let counted = steps.iter().filter(|step| !step.subject.is_ephemeral());
        let counted = counted.count();
        Ok(Self { steps, counted })
    }

    /// How many steps are counted and shown.
    pub(super) fn counted(&self) -> usize {
        self.counted
    }

    /// The nodes among the steps.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.steps.iter().filter_map(|step| match &step.subject {
            Subject::Node(node) => Some(node),
            Subject::UnitTest(_) | Subject::Idle(_) => None,
        })
    }
}

fn subject(manifest: &Manifest, command: Command, id: &str) -> Option<Subject> {
    if let Some(node) = manifest.node(id) {
        let runs = runs(command, node.resource_type)
            && !(command == Command::Clone && node.is_ephemeral());
        return runs.then(|| Subject::Node(Arc::new(node.clone())));
    }
    let found = manifest.resource(id)?;
    let named = Arc::new(Named {
        unique_id: id.to_owned(),
        name: found.name,
        resource_type: found.kind,
        path: found.file.to_owned(),
    });
    match (found.kind, command) {
        (ResourceType::UnitTest, Command::Build | Command::Test) => Some(Subject::UnitTest(named)),
        (ResourceType::Exposure | ResourceType::SavedQuery, Command::Build) => {
            Some(Subject::Idle(named))
        }
        _ => None,
    }
}

/// Which kinds a command runs.
fn runs(command: Command, kind: ResourceType) -> bool {
    use ResourceType::{Analysis, Function, Model, Seed, Snapshot, SqlOperation, Test};
    match command {
        Command::Run => kind == Model,
        Command::Test => kind == Test,
        Command::Seed => kind == Seed,
        Command::Snapshot => kind == Snapshot,
        Command::Clone => matches!(kind, Model | Seed | Snapshot),
        Command::Build => matches!(kind, Model | Test | Seed | Snapshot | Function),
        Command::Compile | Command::Generate | Command::Show => {
            matches!(
                kind,
                Model | Test | Seed | Snapshot | Analysis | SqlOperation | Function
            )
        }
        Command::Freshness | Command::RunOperation => false,
    }
}

/// Lets what comes after a test wait for it: every step that descends from all that the test reads. It is enough to
/// add the edge to the first of them on each way; the rest come after those. Exposures, metrics and saved queries hold
/// no data and wait for no test, as with dbt 1.12.
fn add_test_edges(graph: &Graph, parents: &mut IndexMap<String, Vec<String>>) {
    let waits = |id: &str| {
        let kind = id.split('.').next().unwrap_or_default();
        matches!(
            kind,
            "model" | "seed" | "snapshot" | "analysis" | "function"
        )
    };
    let mut known: IndexMap<&str, IndexSet<&str>> = IndexMap::new();
    let mut edges: Vec<(String, String)> = Vec::new();
    for test in parents.keys().filter(|id| id.starts_with("test.")) {
        let reads = graph.parents(test);
        for &parent in &reads {
            known.entry(parent).or_insert_with(|| {
                let all = graph.descendants(parent, None).into_iter();
                all.map(|(id, _)| id).filter(|id| waits(id)).collect()
            });
        }
        let Some((first, rest)) = reads.split_first() else {
            continue;
        };
        let after: IndexSet<&str> = known[first]
            .iter()
            .copied()
            .filter(|id| {
                parents.contains_key(*id) && rest.iter().all(|parent| known[parent].contains(id))
            })
            .collect();
        for &node in &after {
            if !parents[node]
                .iter()
                .any(|parent| after.contains(parent.as_str()))
            {
                edges.push((node.to_owned(), test.clone()));
            }
        }
    }
    for (node, test) in edges {
        parents.entry(node).or_default().push(test);
    }
}

/// Turns the edges between models and their unit tests around: a unit test waits for what its model waits for, for the
/// types of the columns there, and the model waits for it.
fn put_unit_tests_first(graph: &Graph, parents: &mut IndexMap<String, Vec<String>>) {
    let tests: Vec<String> = parents
        .keys()
        .filter(|id| id.starts_with("unit_test."))
        .cloned()
        .collect();
    let mut before: IndexMap<String, Vec<String>> = IndexMap::new();
    for test in tests {
        let Some(model) = graph.parents(&test).first().map(|&model| model.to_owned()) else {
            continue;
        };
        if let Some(waits) = parents.get(&model).cloned() {
            parents.insert(test.clone(), waits);
            before.entry(model).or_default().push(test);
        }
    }
    for (model, tests) in before {
        parents.entry(model).or_default().extend(tests);
    }
}

fn set_levels(steps: &mut [Step]) {
    let mut waiting: Vec<usize> = steps.iter().map(|step| step.parents.len()).collect();
    let mut open: Vec<usize> = (0..steps.len())
        .filter(|&index| waiting[index] == 0)
        .collect();
    while let Some(index) = open.pop() {
        for child in steps[index].children.clone() {
            steps[child].level = steps[child].level.max(steps[index].level + 1);
            waiting[child] -= 1;
            if waiting[child] == 0 {
                open.push(child);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use compiler::artifacts::manifest::{DependsOn, Exposure};

    use super::*;

    /// A manifest of nodes as `id: parents`.
    fn manifest(nodes: &[(&str, &[&str])]) -> Manifest {
        let mut manifest = Manifest::default();
        for (id, parents) in nodes {
            let resource_type = match id.split('.').next() {
                Some("test") => ResourceType::Test,
                Some("seed") => ResourceType::Seed,
                _ => ResourceType::Model,
            };
            let node = Node {
                unique_id: (*id).to_owned(),
                resource_type,
                depends_on: DependsOn {
                    macros: Vec::new(),
                    nodes: parents.iter().map(|&parent| parent.to_owned()).collect(),
                },
                ..Node::default()
            };
            manifest.nodes.insert((*id).to_owned(), node);
        }
        manifest
    }

    /// Each step of a plan with its parents, `id < parent parent`, in the order of levels.
    #[track_caller]
    fn check(nodes: &[(&str, &[&str])], command: Command, selected: &[&str], expected: &[&str]) {
        check_manifest(&manifest(nodes), command, selected, expected);
    }

    #[track_caller]
    fn check_manifest(manifest: &Manifest, command: Command, selected: &[&str], expected: &[&str]) {
        let selected = selected.iter().map(|&id| id.to_owned()).collect();
        let plan = Plan::new(manifest, command, &selected).unwrap();
        let mut order: Vec<&Step> = plan.steps.iter().collect();
        order.sort_by_key(|step| (step.level, step.subject.unique_id()));
        let lines: Vec<String> = order
            .iter()
            .map(|step| {
                let mut parents: Vec<&str> = step
                    .parents
                    .iter()
                    .map(|&parent| plan.steps[parent].subject.unique_id())
                    .collect();
                parents.sort_unstable();
                format!("{} < {}", step.subject.unique_id(), parents.join(" "))
            })
            .collect();
        assert_eq!(lines, expected);
    }

    const CHAIN: [(&str, &[&str]); 5] = [
        ("model.a", &["source.s"]),
        ("model.b", &["model.a"]),
        ("model.c", &["model.b", "model.a"]),
        ("test.a", &["model.a"]),
        ("test.a_c", &["model.a", "model.c"]),
    ];

    #[test]
    fn order_leads_through_nodes_that_are_not_selected() {
        check(
            &CHAIN,
            Command::Run,
            &["model.c", "model.a", "test.a"],
            &["model.a < ", "model.c < model.a"],
        );
    }

    #[test]
    fn build_puts_tests_before_what_comes_after_all_they_read() {
        check(
            &CHAIN,
            Command::Build,
            &["model.a", "model.b", "model.c", "test.a", "test.a_c"],
            &[
                "model.a < ",
                "test.a < model.a",
                "model.b < model.a test.a",
                "model.c < model.a model.b",
                "test.a_c < model.a model.c",
            ],
        );
    }

    #[test]
    fn exposures_wait_for_no_test() {
        let mut manifest = manifest(&CHAIN);
        let exposure = Exposure {
            unique_id: "exposure.e".to_owned(),
            depends_on: DependsOn {
                nodes: vec!["model.a".to_owned()],
                ..DependsOn::default()
            },
            ..Exposure::default()
        };
        manifest.exposures.insert("exposure.e".to_owned(), exposure);
        check_manifest(
            &manifest,
            Command::Build,
            &["model.a", "test.a", "exposure.e"],
            &["model.a < ", "exposure.e < model.a", "test.a < model.a"],
        );
    }

    #[test]
    fn unit_tests_come_between_what_their_model_reads_and_the_model() {
        let mut manifest = manifest(&CHAIN);
        let test = serde_json::json!({"name": "u", "depends_on": {"nodes": ["model.b"]}});
        manifest.unit_tests.insert("unit_test.u".to_owned(), test);
        check_manifest(
            &manifest,
            Command::Build,
            &["model.a", "model.b", "model.c", "test.a", "unit_test.u"],
            &[
                "model.a < ",
                "test.a < model.a",
                "unit_test.u < model.a test.a",
                "model.b < model.a test.a unit_test.u",
                "model.c < model.a model.b",
            ],
        );
    }

    #[test]
    fn tests_alone_wait_for_nothing() {
        check(
            &CHAIN,
            Command::Test,
            &["test.a", "test.a_c", "model.b"],
            &["test.a < ", "test.a_c < "],
        );
    }
}
