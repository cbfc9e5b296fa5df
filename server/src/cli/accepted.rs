//! dbt's options that have no effect here. They are accepted, so that no script has to change.

use clap::error::Error;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value};

/// Flags, each with its `--no-` form.
const FLAGS: &[(&str, &str)] = &[
    ("cache-selected-only", "no-cache-selected-only"),
    ("deprecated-print", "deprecated-no-print"),
    ("hints-enabled", "no-hints-enabled"),
    ("log-cache-events", "no-log-cache-events"),
    ("macro-debugging", "no-macro-debugging"),
    ("partial-parse", "no-partial-parse"),
    ("partial-parse-file-diff", "no-partial-parse-file-diff"),
    ("populate-cache", "no-populate-cache"),
    (
        "send-anonymous-usage-stats",
        "no-send-anonymous-usage-stats",
    ),
    ("show-resource-report", "no-show-resource-report"),
    ("snowflake-projects-otel", "no-snowflake-projects-otel"),
    ("static-parser", "no-static-parser"),
    (
        "upload-to-artifacts-ingest-api",
        "no-upload-to-artifacts-ingest-api",
    ),
    ("use-colors-file", "no-use-colors-file"),
    ("use-experimental-parser", "no-use-experimental-parser"),
    ("use-fast-test-edges", "no-use-fast-test-edges"),
    ("use-v2-parser", "no-use-v2-parser"),
    ("export-saved-queries", "no-export-saved-queries"),
    ("include-saved-query", "no-include-saved-query"),
];

/// Flags that say what is so without them.
const LONE: &[&str] = &["no-single-threaded"];

/// Options with a value.
const VALUES: &[&str] = &[
    "deprecated-defer",
    "deprecated-favor-state",
    "deprecated-state",
    "log-file-max-bytes",
    "partial-parse-file-path",
    "sqlparse",
    "v2-parser",
];

/// What was said of the options above, by their names with underscores: artifacts and macros tell of it.
#[derive(Debug, Clone, Default)]
pub struct Accepted(pub Map<String, Value>);

impl Args for Accepted {
    fn augment_args(command: Command) -> Command {
        let hidden = |name: &'static str| Arg::new(name).long(name).global(true).hide(true);
        let flags = FLAGS
            .iter()
            .flat_map(|(yes, no)| [*yes, *no])
            .chain(LONE.iter().copied())
            .map(|name| hidden(name).action(ArgAction::SetTrue));
        let values = VALUES.iter().map(|name| hidden(name).value_name("VALUE"));
        command
            .args(flags)
            .args(values)
            .arg(hidden("record-timing-info").short('r').value_name("PATH"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Accepted {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let key = |name: &str| name.replace('-', "_");
        let mut said = Map::new();
        for (yes, no) in FLAGS {
            for (name, on) in [(*yes, true), (*no, false)] {
                if matches.get_flag(name) {
                    said.insert(key(yes), on.into());
                }
            }
        }
        for name in VALUES {
            if let Some(value) = matches.get_one::<String>(name) {
                let number = value.parse::<u64>().map(Value::from);
                said.insert(key(name), number.unwrap_or_else(|_| value.as_str().into()));
            }
        }
        Ok(Self(said))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
