//! Under which of dbt's events a mistake is told, and how often.

use std::borrow::Cow;
use std::fmt::Write as _;

use compiler::diag::{Diagnostic, Severity};
use compiler::graph::{breaking, large_seeds};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::record::Record;
use crate::execute::Level;

/// dbt's name and code of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Such as `NoNodeForYamlKey`.
    pub name: Cow<'static, str>,
    /// Such as `I058`; those of deprecations begin with `D`.
    pub code: &'static str,
}

/// The warnings that dbt 1.12 has too: our code, dbt's name and code.
const WARNINGS: [(&str, &str, &str); 54] = [
    ("adapter-method", "AdapterDeprecationWarning", "D005"),
    (
        "batches-one-by-one",
        "InvalidConcurrentBatchesConfig",
        "I075",
    ),
    ("config-data-paths", "ConfigDataPathDeprecation", "D004"),
    ("config-log-path", "ConfigLogPathDeprecation", "D010"),
    ("config-of-meta", "GetMetaKeyWarning", "D041"),
    ("config-source-paths", "ConfigSourcePathDeprecation", "D003"),
    ("config-target-path", "ConfigTargetPathDeprecation", "D011"),
    (
        "constraint-materialization",
        "UnsupportedConstraintMaterialization",
        "I068",
    ),
    (
        "cumulative-parameters",
        "MFCumulativeTypeParamsDeprecation",
        "D019",
    ),
    ("deprecated-model", "DeprecatedModel", "I065"),
    ("deprecated-reference", "DeprecatedReference", "I067"),
    (
        "duplicate-name",
        "DuplicateNameDistinctNodeTypesDeprecation",
        "D040",
    ),
    (
        "environment-prefix",
        "EnvironmentVariableNamespaceDeprecation",
        "D036",
    ),
    ("exposure-name", "ExposureNameDeprecation", "D007"),
    (
        "freshness-hooks",
        "SourceFreshnessProjectHooksNotRun",
        "D017",
    ),
    (
        "freshness-output",
        "CustomOutputPathInSourceFreshnessDeprecation",
        "D029",
    ),
    ("freshness-without-time", "FreshnessConfigProblem", "I073"),
    ("jinja-syntax", "UnexpectedJinjaBlockDeprecation", "D023"),
    ("jinja-warning", "JinjaLogWarning", "I061"),
    ("macro-arguments", "InvalidMacroAnnotation", "I076"),
    (
        "macro-properties-without-macro",
        "MacroNotFoundForPatch",
        "I059",
    ),
    (
        "microbatch-inputs",
        "MicrobatchModelNoEventTimeInputs",
        "I074",
    ),
    (
        "microbatch-macro",
        "MicrobatchMacroOutsideOfBatchesDeprecation",
        "D020",
    ),
    ("models-option", "ModelParamUsageDeprecation", "D032"),
    (
        "modules-itertools",
        "ModulesItertoolsUsageDeprecation",
        "D034",
    ),
    (
        "name-with-spaces",
        "ResourceNamesWithSpacesDeprecation",
        "D015",
    ),
    ("osi-loss", "MFConverterIssue", "I078"),
    (
        "package-materialization",
        "PackageMaterializationOverrideDeprecation",
        "D016",
    ),
    (
        "package-reads-project",
        "PackageNodeDependsOnRootProjectNode",
        "I077",
    ),
    ("profile-config", "ProjectFlagsMovedDeprecation", "D013"),
    (
        "properties-unknown-key",
        "CustomKeyInObjectDeprecation",
        "D027",
    ),
    ("properties-without-node", "NoNodeForYamlKey", "I058"),
    ("ref-not-found", "NodeNotFoundOrDisabled", "I060"),
    (
        "schema-name-none",
        "GenerateSchemaNameNullValueDeprecation",
        "D044",
    ),
    (
        "selector-beside-select",
        "SelectExcludeIgnoredWithSelectorWarning",
        "Z064",
    ),
    ("selector-no-match", "NoNodesForSelectionCriteria", "M030"),
    ("semantic-warning", "SemanticValidationFailure", "I070"),
    ("snapshot-times", "SnapshotTimestampWarning", "Q043"),
    ("source-disabled", "InvalidDisabledTargetInTestNode", "I050"),
    ("source-not-found", "NodeNotFoundOrDisabled", "I060"),
    ("source-overrides", "UnusedTables", "I056"),
    (
        "test-arguments",
        "MissingArgumentsPropertyInGenericTestDeprecation",
        "D039",
    ),
    (
        "test-arguments-flag",
        "ArgumentsPropertyInGenericTestDeprecation",
        "D038",
    ),
    ("test-settings", "PropertyMovedToConfigDeprecation", "D030"),
    (
        "time-dimension-granularity",
        "TimeDimensionsRequireGranularityDeprecation",
        "D041",
    ),
    (
        "time-spine-without-yaml",
        "MFTimespineWithoutYamlConfigurationDeprecation",
        "D018",
    ),
    (
        "unused-resource-config-path",
        "UnusedResourceConfigPath",
        "I051",
    ),
    (
        "upcoming-reference-deprecation",
        "UpcomingReferenceDeprecation",
        "I066",
    ),
    ("warn-error-keys", "WEOIncludeExcludeDeprecation", "D031"),
    ("wrong-list", "WrongResourceSchemaFile", "I057"),
    ("yaml-duplicate-key", "DuplicateYAMLKeysDeprecation", "D024"),
    (breaking::UNVERSIONED, "UnversionedBreakingChange", "I071"),
    (large_seeds::GREW, "SeedIncreased", "I052"),
    (large_seeds::SAME_PATH, "SeedExceedsLimitSamePath", "I053"),
];

/// Deprecations that a project can have in hundreds of places: the first is told, the others are counted.
const COUNTED: [&str; 6] = [
    "modules-itertools",
    "package-materialization",
    "schema-name-none",
    "test-arguments",
    "test-arguments-flag",
    "test-settings",
];

/// Deprecations that dbt tells each time, and does not sum up.
const NOT_SUMMED: [&str; 2] = ["adapter-method", "config-of-meta"];

/// The event of a mistake: dbt's where it has the same warning, the one that ends a command for an error.
pub fn of(diagnostic: &Diagnostic) -> Event {
    if diagnostic.severity == Severity::Error {
        return Event {
            name: "MainEncounteredError".into(),
            code: "A002",
        };
    }
    let code = diagnostic.code;
    if code == large_seeds::OTHER_PATH {
        return Event {
            name: "SeedExceedsLimitAndPathChanged".into(),
            code: "I054",
        };
    }
    match WARNINGS.iter().find(|(own, _, _)| *own == code) {
        Some((_, name, code)) => Event {
            name: (*name).into(),
            code,
        },
        None => Event {
            name: own_name(code).into(),
            code,
        },
    }
}

/// `project-unknown-key` as an event's name: `ProjectUnknownKey`.
pub fn own_name(code: &str) -> String {
    code.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
                .unwrap_or_default()
        })
        .collect()
}

/// The deprecations of an invocation.
#[derive(Debug, Default)]
pub struct Deprecations {
    /// How often each was met, by its event.
    met: IndexMap<(String, &'static str), usize>,
    /// How many were not shown.
    hidden: usize,
}

impl Deprecations {
    /// Notes a mistake, where it is one; says whether it is to be shown. `all` is `--show-all-deprecations`.
    pub fn note(&mut self, diagnostic: &Diagnostic, event: &Event, all: bool) -> bool {
        let is_summed = event.code.starts_with('D') && !NOT_SUMMED.contains(&diagnostic.code);
        if !is_summed || diagnostic.severity == Severity::Error {
            return true;
        }
        let key = (event.name.to_string(), event.code);
        let count = self.met.entry(key).or_default();
        *count += 1;
        let shown = *count == 1 || all || !COUNTED.contains(&diagnostic.code);
        self.hidden += usize::from(!shown);
        shown
    }

    /// What they come to, once: dbt's `DeprecationsSummary`. The line for people is worth showing where some were
    /// hidden only.
    pub fn summary(&mut self) -> Option<(Record, bool)> {
        let met = std::mem::take(&mut self.met);
        let hidden = std::mem::take(&mut self.hidden);
        if met.is_empty() {
            return None;
        }
        let mut message = String::from("Deprecations in this project:");
        for ((name, _), count) in &met {
            let places = if *count == 1 { "place" } else { "places" };
            let _ = write!(message, "\n  {name}: {count} {places}");
        }
        message.push_str("\nWith --show-all-deprecations each is told with its place.");
        let summaries: Vec<Value> = met
            .iter()
            .map(|((name, code), count)| {
                json!({"event_name": name, "event_code": code, "occurrences": count})
            })
            .collect();
        let record = Record::new("DeprecationsSummary", "D028", Level::Warn, message)
            .with("summaries", summaries)
            .with("show_all_hint", hidden > 0);
        Some((record, hidden > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_have_the_names_of_dbts_events() {
        let name = |diagnostic: Diagnostic| {
            let event = of(&diagnostic);
            format!("{} {}", event.name, event.code)
        };
        assert_eq!(
            name(Diagnostic::error("ref-not-found", "odd")),
            "MainEncounteredError A002"
        );
        assert_eq!(
            name(Diagnostic::warning("ref-not-found", "odd")),
            "NodeNotFoundOrDisabled I060"
        );
        assert_eq!(
            name(Diagnostic::warning("project-unknown-key", "odd")),
            "ProjectUnknownKey project-unknown-key"
        );
    }

    #[test]
    fn many_places_are_told_once_and_counted() {
        let mut deprecations = Deprecations::default();
        let mut note = |code, all| {
            let diagnostic = Diagnostic::warning(code, "odd");
            deprecations.note(&diagnostic, &of(&diagnostic), all)
        };
        assert!(note("test-arguments", false));
        assert!(!note("test-arguments", false));
        assert!(note("test-arguments", true));
        assert!(note("name-with-spaces", false) && note("name-with-spaces", false));
        assert!(note("wrong-list", false) && note("wrong-list", false));
        let (record, worth_showing) = deprecations.summary().expect("some");
        assert!(worth_showing);
        assert_eq!(
            record.data["summaries"],
            json!([
                {"event_name": "MissingArgumentsPropertyInGenericTestDeprecation", "event_code": "D039", "occurrences": 3},
                {"event_name": "ResourceNamesWithSpacesDeprecation", "event_code": "D015", "occurrences": 2},
            ])
        );
        assert!(deprecations.summary().is_none());
    }
}
