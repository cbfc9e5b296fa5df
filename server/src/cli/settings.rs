//! Options, environment and the project's `flags:` put together, in dbt's order of precedence.

use std::path::{Path, PathBuf};

use chrono::Utc;
use compiler::diag::Diagnostic;
use compiler::event_time::{Window, moment};
use serde_json::{Map, Value};

use super::global::{GlobalArgs, LogFormat, LogLevel, either};
use super::mapping::mapping;
use super::run::WindowArgs;
use super::selection::IndirectSelection;
use super::warn_error::WarnError;

/// Looks an environment variable up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the command goes by, whoever said it.
#[derive(Debug, Clone)]
#[allow(
    missing_docs,
    reason = "each is documented where it is read: cli::global"
)]
pub struct Settings {
    pub project_dir: PathBuf,
    pub profiles_dir: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    pub target_path: Option<PathBuf>,
    pub threads: Option<usize>,
    pub state: Option<PathBuf>,
    pub defer: bool,
    pub defer_state: Option<PathBuf>,
    pub favor_state: bool,
    pub quiet: bool,
    pub debug: bool,
    pub log_format: LogFormat,
    pub log_format_file: LogFormat,
    pub log_level: LogLevel,
    pub log_level_file: LogLevel,
    pub log_path: Option<PathBuf>,
    pub use_colors: Option<bool>,
    pub printer_width: usize,
    pub maximum_seed_size_mib: usize,
    pub print: bool,
    pub write_json: bool,
    pub version_check: bool,
    pub fail_fast: bool,
    pub full_refresh: bool,
    pub store_failures: bool,
    pub empty: bool,
    pub introspect: bool,
    pub sample: Option<Window>,
    pub event_time: Option<Window>,
    pub warn_error: WarnError,
    pub show_all_deprecations: bool,
    pub indirect_selection: IndirectSelection,
}

/// What the command's own options add to the global ones.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named after the options")]
pub struct CommandFlags {
    pub full_refresh: bool,
    pub store_failures: bool,
    pub empty: Option<bool>,
    pub introspect: Option<bool>,
    pub window: WindowArgs,
}

/// Why options or environment cannot be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// A variable holds something else than its option takes.
    #[error("environment variable {name}: '{value}' is not {expected}")]
    Environment {
        /// The variable.
        name: String,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// `warn_error_options` cannot be used.
    #[error(transparent)]
    WarnError(#[from] Diagnostic),
    /// `--sample` or the event times cannot be read.
    #[error("{option}: {reason}")]
    Window {
        /// The option.
        option: &'static str,
        /// Why.
        reason: String,
    },
}

impl Settings {
    /// Puts everything together. `flags` is the project's `flags:` section.
    pub fn resolve(
        global: &GlobalArgs,
        own: &CommandFlags,
        env: Environment<'_>,
        flags: &Map<String, Value>,
        working_folder: &Path,
    ) -> Result<Self, SettingsError> {
        let source = Sources { env, flags };
        let debug = source
            .flag("debug", either(global.debug, global.no_debug))?
            .unwrap_or(false);
        let log_format = source
            .choice("log_format", global.log_format)?
            .unwrap_or(LogFormat::Default);
        let log_level = source.choice("log_level", global.log_level)?;
        let single = source
            .flag("single_threaded", global.single_threaded.then_some(true))?
            .unwrap_or(false);
        Ok(Self {
            project_dir: source
                .path("project_dir", global.project_dir.as_ref())
                .map_or_else(
                    || find_project(working_folder),
                    |path| working_folder.join(path),
                ),
            profiles_dir: source
                .path("profiles_dir", global.profiles_dir.as_ref())
                .map(|path| working_folder.join(path)),
            profile: source.text("profile", global.profile.as_ref()),
            target: source.text("target", global.target.as_ref()),
            target_path: source.path("target_path", global.target_path.as_ref()),
            threads: if single {
                Some(1)
            } else {
                global.threads.map(usize::from)
            },
            state: source
                .path("state", global.state.as_ref())
                .map(|path| working_folder.join(path)),
            defer: source
                .flag("defer", either(global.defer, global.no_defer))?
                .unwrap_or(false),
            defer_state: source
                .path("defer_state", global.defer_state.as_ref())
                .map(|path| working_folder.join(path)),
            favor_state: source
                .flag(
                    "favor_state",
                    either(global.favor_state, global.no_favor_state),
                )?
                .unwrap_or(false),
            quiet: source
                .flag("quiet", either(global.quiet, global.no_quiet))?
                .unwrap_or(false),
            debug,
            log_format,
            log_format_file: source
                .choice("log_format_file", global.log_format_file)?
                .unwrap_or(match log_format {
                    LogFormat::Default => LogFormat::Debug,
                    given => given,
                }),
            log_level: log_level.unwrap_or(if debug {
                LogLevel::Debug
            } else {
                LogLevel::Info
            }),
            log_level_file: source
                .choice("log_level_file", global.log_level_file)?
                .unwrap_or(LogLevel::Debug),
            log_path: source.path("log_path", global.log_path.as_ref()),
            use_colors: source.flag(
                "use_colors",
                either(global.use_colors, global.no_use_colors),
            )?,
            printer_width: source
                .number("printer_width", global.printer_width)?
                .unwrap_or(80),
            maximum_seed_size_mib: source
                .number("maximum_seed_size_mib", global.maximum_seed_size_mib)?
                .unwrap_or(1),
            print: source
                .flag("print", either(global.print, global.no_print))?
                .unwrap_or(true),
            write_json: source
                .flag(
                    "write_json",
                    either(global.write_json, global.no_write_json),
                )?
                .unwrap_or(true),
            version_check: source
                .flag(
                    "version_check",
                    either(global.version_check, global.no_version_check),
                )?
                .unwrap_or(true),
            fail_fast: source
                .flag("fail_fast", either(global.fail_fast, global.no_fail_fast))?
                .unwrap_or(false),
            full_refresh: source
                .flag("full_refresh", own.full_refresh.then_some(true))?
                .unwrap_or(false),
            store_failures: source
                .flag("store_failures", own.store_failures.then_some(true))?
                .unwrap_or(false),
            empty: source.flag("empty", own.empty)?.unwrap_or(false),
            introspect: source.flag("introspect", own.introspect)?.unwrap_or(true),
            sample: source.sample(&own.window)?,
            event_time: source.event_time(&own.window)?,
            warn_error: source.warn_error(global)?,
            show_all_deprecations: source
                .flag(
                    "show_all_deprecations",
                    either(
                        global.show_all_deprecations,
                        global.no_show_all_deprecations,
                    ),
                )?
                .unwrap_or(false),
            indirect_selection: source
                .choice("indirect_selection", global.indirect_selection)?
                .unwrap_or(IndirectSelection::Eager),
        })
    }
}

/// The folder with `dbt_project.yml`: this one or the nearest above; this one where there is none.
fn find_project(working_folder: &Path) -> PathBuf {
    working_folder
        .ancestors()
        .find(|folder| folder.join("dbt_project.yml").is_file())
        .unwrap_or(working_folder)
        .to_owned()
}

/// Where an option that was not given is looked for.
struct Sources<'a> {
    env: Environment<'a>,
    flags: &'a Map<String, Value>,
}

impl Sources<'_> {
    /// dbt 1.11 and later call the variables `DBT_ENGINE_…`; both names count, the new one first.
    fn variable(&self, option: &str) -> Option<(String, String)> {
        let upper = option.to_uppercase();
        [format!("DBT_ENGINE_{upper}"), format!("DBT_{upper}")]
            .into_iter()
            .find_map(|name| {
                (self.env)(&name)
                    .filter(|value| !value.is_empty())
                    .map(|value| (name, value))
            })
    }

    fn text(&self, option: &str, given: Option<&String>) -> Option<String> {
        given
            .cloned()
            .or_else(|| self.variable(option).map(|(_, value)| value))
            .or_else(|| {
                self.flags
                    .get(option)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            })
    }

    fn sample(&self, given: &WindowArgs) -> Result<Option<Window>, SettingsError> {
        let text = self.text("sample", given.sample.as_ref());
        let read = |text: String| {
            Window::sample(&text, Utc::now()).map_err(|reason| SettingsError::Window {
                option: "--sample",
                reason,
            })
        };
        text.map(read).transpose()
    }

    fn event_time(&self, given: &WindowArgs) -> Result<Option<Window>, SettingsError> {
        const START: &str = "--event-time-start";
        const END: &str = "--event-time-end";
        let wrong = |option, reason| SettingsError::Window { option, reason };
        let read = |option, text: String| {
            moment(&text).ok_or_else(|| {
                wrong(
                    option,
                    format!("'{text}' is not a time such as 2024-01-31 or 2024-01-31T06:00:00"),
                )
            })
        };
        let start = self.text("event_time_start", given.event_time_start.as_ref());
        let end = self.text("event_time_end", given.event_time_end.as_ref());
        match (start, end) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(wrong(START, format!("it needs {END} beside it"))),
            (None, Some(_)) => Err(wrong(END, format!("it needs {START} beside it"))),
            (Some(start), Some(end)) => Window::checked(read(START, start)?, read(END, end)?)
                .map(Some)
                .map_err(|reason| wrong(START, reason)),
        }
    }

    /// `--warn-error` and its options, which exclude each other. What the command line or the environment says of one
    /// leaves what the project says of both aside.
    fn warn_error(&self, global: &GlobalArgs) -> Result<WarnError, SettingsError> {
        let all = if global.warn_error {
            Some(true)
        } else {
            self.said("warn_error")?
        };
        let options = match &global.warn_error_options {
            Some(text) => Some(text.clone()),
            None => self.variable("warn_error_options").map(|(_, text)| text),
        };
        let of_project = all.is_none() && options.is_none();
        let options = match options {
            Some(text) => Some(mapping("--warn-error-options", &text)?),
            None if of_project => match self.flags.get("warn_error_options") {
                None | Some(Value::Null) => None,
                Some(Value::Object(options)) => Some(options.clone()),
                Some(other) => {
                    let message = format!("warn_error_options takes a mapping, found {other}");
                    return Err(Diagnostic::error("warn-error-options", message).into());
                }
            },
            None => None,
        };
        let all = match all {
            None if of_project => self.flags.get("warn_error").and_then(Value::as_bool),
            said => said,
        };
        match (all, options) {
            (Some(_), Some(_)) => {
                let message = "warn_error and warn_error_options are both given";
                let hint = "'{error: all}' as option says what the flag says";
                Err(Diagnostic::error("warn-error-options", message)
                    .hint(hint)
                    .into())
            }
            (all, None) => Ok(WarnError {
                all: all.unwrap_or(false),
                ..WarnError::default()
            }),
            (None, Some(options)) => Ok(WarnError::from_options(&options)?),
        }
    }

    fn path(&self, option: &str, given: Option<&PathBuf>) -> Option<PathBuf> {
        given
            .cloned()
            .or_else(|| self.text(option, None).map(PathBuf::from))
    }

    fn flag(&self, option: &str, given: Option<bool>) -> Result<Option<bool>, SettingsError> {
        Ok(match given {
            Some(given) => Some(given),
            None => self
                .said(option)?
                .or_else(|| self.flags.get(option).and_then(Value::as_bool)),
        })
    }

    /// What the environment says of a flag.
    fn said(&self, option: &str) -> Result<Option<bool>, SettingsError> {
        if let Some((name, value)) = self.variable(option) {
            return match value.to_lowercase().as_str() {
                "1" | "true" | "t" | "yes" | "y" | "on" => Ok(Some(true)),
                "0" | "false" | "f" | "no" | "n" | "off" => Ok(Some(false)),
                _ => Err(SettingsError::Environment {
                    name,
                    value,
                    expected: "true or false",
                }),
            };
        }
        Ok(None)
    }

    fn number(&self, option: &str, given: Option<usize>) -> Result<Option<usize>, SettingsError> {
        if given.is_some() {
            return Ok(given);
        }
        if let Some((name, value)) = self.variable(option) {
            return match value.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(SettingsError::Environment {
                    name,
                    value,
                    expected: "a whole number",
                }),
            };
        }
        Ok(self
            .flags
            .get(option)
            .and_then(Value::as_u64)
            .and_then(|number| usize::try_from(number).ok()))
    }

    fn choice<T: clap::ValueEnum>(
        &self,
        option: &str,
        given: Option<T>,
    ) -> Result<Option<T>, SettingsError> {
        if given.is_some() {
            return Ok(given);
        }
        if let Some((name, value)) = self.variable(option) {
            return match T::from_str(&value, true) {
                Ok(choice) => Ok(Some(choice)),
                Err(_) => Err(SettingsError::Environment {
                    name,
                    value,
                    expected: "a value that the option takes",
                }),
            };
        }
        Ok(self
            .flags
            .get(option)
            .and_then(Value::as_str)
            .and_then(|value| T::from_str(value, true).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        arguments: &[&str],
        variables: &[(&str, &str)],
        flags: &Value,
    ) -> Result<Settings, SettingsError> {
        let line = ["refract", "run"]
            .iter()
            .chain(arguments)
            .map(|one| (*one).to_owned());
        let cli = super::super::parse(line).expect("a good command line");
        let env = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let flags = flags.as_object().cloned().unwrap_or_default();
        Settings::resolve(
            &cli.global,
            &CommandFlags::default(),
            &env,
            &flags,
            Path::new("/work"),
        )
    }

    #[test]
    fn the_option_beats_the_variable_beats_the_project() {
        let flags = serde_json::json!({"fail_fast": true, "log_format": "json"});
        assert!(resolve(&[], &[], &flags).unwrap().fail_fast);
        assert!(
            !resolve(&[], &[("DBT_FAIL_FAST", "0")], &flags)
                .unwrap()
                .fail_fast
        );
        assert!(
            resolve(&["-x"], &[("DBT_FAIL_FAST", "0")], &flags)
                .unwrap()
                .fail_fast
        );
        assert!(
            !resolve(&["-x", "--no-fail-fast"], &[], &flags)
                .unwrap()
                .fail_fast
        );
        assert_eq!(
            resolve(&[], &[], &flags).unwrap().log_format_file,
            LogFormat::Json
        );
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named() {
        let error = resolve(&[], &[("DBT_QUIET", "maybe")], &Value::Null).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable DBT_QUIET: 'maybe' is not true or false"
        );
    }

    #[test]
    fn both_generations_of_variables_count() {
        let both = [("DBT_TARGET", "old"), ("DBT_ENGINE_TARGET", "new")];
        assert_eq!(
            resolve(&[], &both, &Value::Null).unwrap().target.as_deref(),
            Some("new")
        );
    }

    #[test]
    fn options_of_warnings_come_from_the_nearest_place_alone() {
        let flags = serde_json::json!({"warn_error_options": {"error": ["UnusedTables"]}});
        let rules = resolve(&[], &[], &flags).unwrap().warn_error;
        assert!(rules.is_error(&["UnusedTables"]));
        let given = [("DBT_WARN_ERROR_OPTIONS", "{error: [NothingToDo]}")];
        let rules = resolve(&[], &given, &flags).unwrap().warn_error;
        assert!(rules.is_error(&["NothingToDo"]));
        assert!(!rules.is_error(&["UnusedTables"]));
        let rules = resolve(&["--warn-error"], &[], &flags).unwrap().warn_error;
        assert!(rules.is_error(&["NothingToDo"]));
        let both = resolve(&["--warn-error"], &given, &flags).unwrap_err();
        assert_eq!(
            both.to_string(),
            "warn_error and warn_error_options are both given"
        );
    }
}
