//! What the command line and the environment say in ways that dbt has deprecated.

use compiler::diag::{Diagnostic, Diagnostics};

use crate::cli::run::SourceCommand;
use crate::cli::{Cli, Command};

/// Variables with this prefix are dbt's own.
const PREFIX: &str = "DBT_ENGINE_";

/// Names that dbt 1.12 knows behind the prefix.
const VARIABLES: &str = "
ARTIFACT_STATE_PATH CACHE_SELECTED_ONLY CLEAN_PROJECT_FILES_ONLY DEBUG DEFER DEFER_STATE DEFER_TO_STATE DOWNLOAD_DIR
EMPTY EVENT_TIME_END EVENT_TIME_START EXCLUDE_RESOURCE_TYPES EXPORT_SAVED_QUERIES FAIL_FAST FAVOR_STATE
FAVOR_STATE_MODE FULL_REFRESH HINTS_ENABLED HOST INCLUDE_SAVED_QUERY INDIRECT_SELECTION INTROSPECT INVOCATION_ENV
LOG_CACHE_EVENTS LOG_FILE_MAX_BYTES LOG_FORMAT LOG_FORMAT_FILE LOG_LEVEL LOG_LEVEL_FILE LOG_PATH MACRO_DEBUGGING
NO_PRINT PACKAGE_HUB_URL PARTIAL_PARSE PARTIAL_PARSE_FILE_DIFF PARTIAL_PARSE_FILE_PATH POPULATE_CACHE
PP_FILE_DIFF_TEST PP_TEST PRINT PRINTER_WIDTH PROFILE PROFILES_DIR PROJECT_DIR QUIET RECORDED_FILE_PATH
RESOURCE_TYPES SAMPLE SEND_ANONYMOUS_USAGE_STATS SHOW_ALL_DEPRECATIONS SHOW_RESOURCE_REPORT SINGLE_THREADED
SNOWFLAKE_PROJECTS_OTEL SQLPARSE STATE STATIC_PARSER STORE_FAILURES TARGET TARGET_PATH TEST_STATE_MODIFIED
UPLOAD_TO_ARTIFACTS_INGEST_API USE_COLORS USE_COLORS_FILE USE_EXPERIMENTAL_PARSER USE_FAST_TEST_EDGES USE_V2_PARSER
V2_PARSER VERSION_CHECK WARN_ERROR WARN_ERROR_OPTIONS WRITE_JSON";

/// A warning for each. `line` is the command line as given, `variables` the names in the environment.
pub fn forms(
    cli: &Cli,
    line: &[String],
    by_old_keys: bool,
    variables: impl IntoIterator<Item = String>,
) -> Diagnostics {
    let mut found = Vec::new();
    if let Some(option) = models_option(line) {
        let message = format!("'{option}' is the old name of '--select'");
        found.push(Diagnostic::warning("models-option", message).hint("write --select or -s"));
    }
    if by_old_keys {
        let message = "'include' and 'exclude' in warn_error_options are deprecated";
        found
            .push(Diagnostic::warning("warn-error-keys", message).hint("write 'error' and 'warn'"));
    }
    if let Command::Source(source) = &cli.command {
        let SourceCommand::Freshness(args) = &source.command;
        if args.output.is_some() {
            let message = "'--output' of source freshness is deprecated";
            let hint = "leave it out: sources.json is written to the target folder";
            found.push(Diagnostic::warning("freshness-output", message).hint(hint));
        }
    }
    let mut odd: Vec<String> = variables
        .into_iter()
        .filter(|name| {
            let own = name.strip_prefix(PREFIX);
            own.is_some_and(|own| !VARIABLES.split_whitespace().any(|known| known == own))
        })
        .collect();
    odd.sort();
    for name in odd {
        let message =
            format!("the variable {name} begins with {PREFIX}, and dbt has none of that name");
        let hint = "names with this prefix are kept for dbt: call it otherwise";
        found.push(Diagnostic::warning("environment-prefix", message).hint(hint));
    }
    Diagnostics(found)
}

/// `--models`, `--model` or `-m`, as it was given.
fn models_option(line: &[String]) -> Option<&str> {
    let names = line.iter().skip(1).take_while(|word| *word != "--");
    names
        .map(|word| word.split('=').next().unwrap_or(word))
        .find(|word| matches!(*word, "--models" | "--model" | "-m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(line: &[&str], variables: &[&str]) -> Vec<&'static str> {
        let line: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        let cli = crate::cli::parse(line.clone()).expect("a command line");
        let variables = variables.iter().map(|name| (*name).to_owned());
        let found = forms(&cli, &line, false, variables);
        found.0.iter().map(|one| one.code).collect()
    }

    #[test]
    fn old_forms_are_told() {
        assert_eq!(
            codes(&["refract", "run", "-m", "a"], &[]),
            ["models-option"]
        );
        assert_eq!(
            codes(&["refract", "ls", "--models=a"], &[]),
            ["models-option"]
        );
        assert_eq!(
            codes(&["refract", "ls", "-s", "a"], &["DBT_ENGINE_STATE"]),
            [""; 0]
        );
        assert_eq!(
            codes(
                &["refract", "source", "freshness", "-o", "x"],
                &["DBT_ENGINE_X", "DBT_X"]
            ),
            ["freshness-output", "environment-prefix"]
        );
    }
}
