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
    if let Some(version) = fitting.set("version")
        && !version.scalar_text().is_some_and(|text| is_version(&text))
    {
        diagnostics.push(
            Diagnostic::error("project-version", "'version' is not a version")
                .at(version.at.in_file(file))
                .hint("write it with two or three numbers, such as \"1.0\" or \"1.0.0\", or leave it out"),
        );
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

/// Two numbers, or a semantic version.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let are_words = |text: &str, zeros: bool| {
        text.split('.').all(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && (zeros || !digits || is_number(part))
        })
    };
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let (core, before) = match text.split_once('-') {
        Some((core, before)) => (core, Some(before)),
        None => (text, None),
    };
    let numbers = core.split('.').count();
    core.split('.').all(is_number)
        && (numbers == 3 || numbers == 2 && build.is_none() && before.is_none())
        && before.is_none_or(|before| are_words(before, false))
        && build.is_none_or(|build| are_words(build, true))
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

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_have_two_or_three_numbers() {
        for fits in ["1.0", "0.10", "1.2.3", "1.2.3-rc.1", "1.2.3-a+007", "1.5"] {
            assert!(is_version(fits), "{fits}");
        }
        for odd in [
            "1", "", "no", "v1.0", "01.0", "1.0-a", "1.2.3.4", "1.2.3-01", "1.0.",
        ] {
            assert!(!is_version(odd), "{odd}");
        }
    }
}
