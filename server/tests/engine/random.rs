//! Random graphs with random failures end with exactly the statuses that dbt's rules give: what a failure reaches is
//! skipped, everything else runs.

use std::collections::BTreeMap;
use std::fmt::Write;

use compiler::artifacts::results::Status;
use server::execute::{Command, RunOptions};

use crate::support::{Fixture, Place, on_each};

const GRAPHS: u64 = 25;
const MODELS: usize = 14;

/// What becomes of a model when it runs.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fate {
    Good,
    /// Its statement fails.
    Broken,
    /// Its test finds rows.
    Untrue,
    /// Its test finds rows and is to warn only.
    Doubtful,
}

/// A model with the models before it that it reads.
struct Model {
    fate: Fate,
    parents: Vec<usize>,
    table: bool,
}

/// A small generator of numbers (Knuth's constants), so that a graph is known by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn graph(seed: u64) -> Vec<Model> {
    let mut dice = Dice(seed);
    let mut models: Vec<Model> = Vec::new();
    for index in 0..MODELS {
        let mut parents: Vec<usize> = (0..index).filter(|_| dice.below(4) == 0).collect();
        parents.truncate(3);
        let fate = match dice.below(10) {
            0 => Fate::Broken,
            1 => Fate::Untrue,
            2 => Fate::Doubtful,
            _ => Fate::Good,
        };
        let table = dice.below(2) == 0;
        models.push(Model {
            fate,
            parents,
            table,
        });
    }
    models
}

fn write(place: Place, models: &[Model]) -> Fixture {
    let fixture = Fixture::at(place, &[]);
    let mut properties = String::from("models:\n");
    for (index, model) in models.iter().enumerate() {
        let kind = if model.table { "table" } else { "view" };
        let value = match model.fate {
            Fate::Good | Fate::Broken => "1",
            Fate::Untrue | Fate::Doubtful => "null",
        };
        let mut sql = format!("{{{{ config(materialized='{kind}') }}}} select {value} as id");
        if model.fate == Fate::Broken {
            sql.push_str(" from nowhere");
        }
        for parent in &model.parents {
            write!(sql, "\nunion all select 1 from {{{{ ref('m{parent}') }}}}").unwrap();
        }
        fixture.write(&format!("models/m{index}.sql"), &sql);
        let severity = if model.fate == Fate::Doubtful {
            "warn"
        } else {
            "error"
        };
        writeln!(properties, "- {{name: m{index}, columns: [{{name: id, data_tests: [{{not_null: {{config: {{severity: {severity}}}}}}}]}}]}}").unwrap();
    }
    fixture.write("models/schema.yml", &properties);
    fixture
}

/// Statuses by dbt's rules: of each model and of its test.
fn expected(models: &[Model], command: Command) -> BTreeMap<String, Status> {
    let mut statuses = BTreeMap::new();
    let mut blocking = Vec::new();
    for (index, model) in models.iter().enumerate() {
        let reached = model.parents.iter().any(|parent| blocking[*parent]);
        let (own, test) = match model.fate {
            _ if reached => (Status::Skipped, Status::Skipped),
            Fate::Broken => (Status::Error, Status::Skipped),
            Fate::Good => (Status::Success, Status::Pass),
            Fate::Untrue => (Status::Success, Status::Fail),
            Fate::Doubtful => (Status::Success, Status::Warn),
        };
        let tested = command == Command::Build;
        blocking.push(own != Status::Success || (tested && test == Status::Fail));
        statuses.insert(format!("m{index}"), own);
        if tested {
            statuses.insert(format!("not_null_m{index}_id"), test);
        }
    }
    statuses
}

#[test]
fn random_graphs_end_with_the_statuses_of_dbts_rules() {
    on_each(|place| {
        for seed in 0..GRAPHS {
            let models = graph(seed);
            let fixture = write(place, &models);
            for command in [Command::Run, Command::Build] {
                let options = RunOptions {
                    threads: Some(1 + seed as usize % 4),
                    ..RunOptions::default()
                };
                let ran = fixture.run(command, options);
                let results = ran.outcome.results.results;
                let name = |id: &str| id.split('.').nth(2).unwrap().to_owned();
                let found: BTreeMap<String, Status> = results
                    .iter()
                    .map(|result| (name(&result.unique_id), result.status))
                    .collect();
                assert_eq!(
                    found.len(),
                    results.len(),
                    "seed {seed}: a node ended twice"
                );
                assert_eq!(
                    found,
                    expected(&models, command),
                    "seed {seed}, {command:?}"
                );
            }
        }
    });
}
