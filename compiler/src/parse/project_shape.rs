//! The shape of `dbt_project.yml`, as dbt 1.12's JSON schema of it has it.

use crate::diag::{Diagnostic, Diagnostics};
use crate::yaml::shape::Shape::{
    Bool, Fields as Keys, List, Map, Number, OneOf, OrNull, Text, Whole,
};
use crate::yaml::shape::{Fields, Shape, check};
use crate::yaml::{Mapping, Node};

const TEXT: Shape = OrNull(&Text);
const FOLDERS: Shape = OrNull(&List(&Text));
const FLAG: Shape = OrNull(&Bool);

/// The keys that have a shape; hooks and `dispatch` are checked where they are read.
const KEYS: [(&str, Shape); 36] = [
    ("config-version", OrNull(&Whole)),
    ("version", OrNull(&OneOf(&[Text, Number]))),
    ("project-root", TEXT),
    ("source-paths", FOLDERS),
    ("model-paths", FOLDERS),
    ("macro-paths", FOLDERS),
    ("data-paths", FOLDERS),
    ("seed-paths", FOLDERS),
    ("test-paths", FOLDERS),
    ("analysis-paths", FOLDERS),
    ("docs-paths", FOLDERS),
    ("asset-paths", FOLDERS),
    ("function-paths", FOLDERS),
    ("osi-paths", FOLDERS),
    ("snapshot-paths", FOLDERS),
    ("clean-targets", FOLDERS),
    ("target-path", TEXT),
    ("log-path", TEXT),
    ("profile", TEXT),
    ("packages-install-path", TEXT),
    (
        "quoting",
        OrNull(&Keys(&Fields {
            keys: &[
                ("database", FLAG),
                ("schema", FLAG),
                ("identifier", FLAG),
                ("project", FLAG),
                ("snowflake_ignore_case", FLAG),
            ],
            required: &[],
            closed: true,
        })),
    ),
    ("require-dbt-version", OrNull(&OneOf(&[Text, List(&Text)]))),
    ("models", Map),
    ("seeds", Map),
    ("snapshots", Map),
    ("sources", Map),
    ("tests", Map),
    ("data_tests", Map),
    ("unit_tests", Map),
    ("exposures", Map),
    ("functions", Map),
    ("vars", OrNull(&Map)),
    (
        "query-comment",
        OrNull(&OneOf(&[
            Text,
            Keys(&Fields {
                keys: &[("comment", TEXT), ("append", FLAG), ("job-label", Bool)],
                required: &[],
                closed: true,
            }),
        ])),
    ),
    ("restrict-access", Bool),
    ("dbt-cloud", OrNull(&Map)),
    ("flags", Map),
];

/// The file without the values that do not fit, each of which is told.
pub(super) fn fitting(root: &Mapping, file: &str, diagnostics: &mut Diagnostics) -> Mapping {
    let mut fitting = root.clone();
    for (key, shape) in &KEYS {
        let Some(node) = root.get(key) else { continue };
        let name = format!("'{key}'");
        if !check(&name, node, shape, &|at| at.in_file(file), diagnostics) {
            fitting.remove(key);
        }
    }
    if let Some(version) = root.get("config-version") {
        version_two(version, file, diagnostics);
    }
    if let Some(at) = root.key_at("tests").filter(|_| root.contains("data_tests")) {
        diagnostics.push(
            Diagnostic::error("tests-twice", "both 'tests' and 'data_tests' are given")
                .at(at.in_file(file))
                .hint("'tests' is the old name of 'data_tests': put both into one"),
        );
    }
    fitting
}

fn version_two(node: &Node, file: &str, diagnostics: &mut Diagnostics) {
    let Some(version) = node.scalar_text().filter(|_| !node.is_null()) else {
        return;
    };
    if version != "2" {
        diagnostics.push(
            Diagnostic::error(
                "config-version",
                format!("'config-version' is {version}, and only 2 is known"),
            )
            .at(node.at.in_file(file))
            .hint("write `config-version: 2`, or leave it out"),
        );
    }
}
