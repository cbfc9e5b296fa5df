//! Options that every command takes, before or after its name.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

const PROJECT: &str = "Project";
const OUTPUT: &str = "Output";
const STATE: &str = "State";

/// What every command takes. Absent options fall back to the environment and the project's `flags:`;
/// see [`super::settings`].
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Folder with dbt_project.yml; here or above otherwise [env: DBT_PROJECT_DIR]
    #[arg(long, global = true, value_name = "DIR", help_heading = PROJECT)]
    pub project_dir: Option<PathBuf>,
    /// Folder with profiles.yml; the project's, then ~/.dbt otherwise [env: DBT_PROFILES_DIR]
    #[arg(long, global = true, value_name = "DIR", help_heading = PROJECT)]
    pub profiles_dir: Option<PathBuf>,
    /// Profile to use instead of the project's [env: DBT_PROFILE]
    #[arg(long, global = true, value_name = "NAME", help_heading = PROJECT)]
    pub profile: Option<String>,
    /// Target of the profile to use instead of its default [env: DBT_TARGET]
    #[arg(long, short, global = true, value_name = "NAME", help_heading = PROJECT)]
    pub target: Option<String>,
    /// Variables of the project as YAML or JSON: '{days: 7, country: DE}'
    #[arg(long, global = true, value_name = "YAML", help_heading = PROJECT)]
    pub vars: Option<String>,
    /// Folder for artifacts and compiled SQL instead of target [env: DBT_TARGET_PATH]
    #[arg(long, global = true, value_name = "DIR", help_heading = PROJECT)]
    pub target_path: Option<PathBuf>,
    /// How many nodes run side by side; the profile's number otherwise
    #[arg(long, global = true, value_name = "N", help_heading = PROJECT,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,

    /// Folder with the artifacts of an earlier run, for state: selectors [env: DBT_STATE]
    #[arg(long, global = true, value_name = "DIR", help_heading = STATE, hide_short_help = true)]
    pub state: Option<PathBuf>,
    /// Read what is not selected from where the state's run built it [env: DBT_DEFER]
    #[arg(long, global = true, help_heading = STATE, hide_short_help = true, overrides_with = "no_defer")]
    pub defer: bool,
    /// Undoes --defer
    #[arg(long, global = true, hide = true)]
    pub no_defer: bool,
    /// Another folder for --defer alone [env: DBT_DEFER_STATE]
    #[arg(long, global = true, value_name = "DIR", help_heading = STATE, hide = true)]
    pub defer_state: Option<PathBuf>,
    /// Defer even what exists here [env: DBT_FAVOR_STATE]
    #[arg(long, global = true, help_heading = STATE, hide = true, overrides_with = "no_favor_state")]
    pub favor_state: bool,
    /// Undoes --favor-state
    #[arg(long, global = true, hide = true)]
    pub no_favor_state: bool,

    /// Say nothing but errors and the command's product [env: DBT_QUIET]
    #[arg(long, short, global = true, help_heading = OUTPUT, overrides_with = "no_quiet")]
    pub quiet: bool,
    /// Undoes --quiet
    #[arg(long, global = true, hide = true)]
    pub no_quiet: bool,
    /// Say everything, SQL included [env: DBT_DEBUG]
    #[arg(long = "debug", short = 'd', global = true, help_heading = OUTPUT, overrides_with = "no_debug")]
    pub debug: bool,
    /// Undoes --debug
    #[arg(long, global = true, hide = true)]
    pub no_debug: bool,
    /// How the console is written: text, debug, json (one event a line) [env: DBT_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = OUTPUT, hide_possible_values = true)]
    pub log_format: Option<LogFormat>,
    /// How the log file is written [env: DBT_LOG_FORMAT_FILE]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = OUTPUT, hide = true)]
    pub log_format_file: Option<LogFormat>,
    /// Least level shown: debug, info, warn, error, none [env: DBT_LOG_LEVEL]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = OUTPUT,
          hide_possible_values = true, hide_short_help = true)]
    pub log_level: Option<LogLevel>,
    /// Least level in the log file [env: DBT_LOG_LEVEL_FILE]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = OUTPUT,
          hide_possible_values = true, hide_short_help = true)]
    pub log_level_file: Option<LogLevel>,
    /// Folder for refract.log instead of logs [env: DBT_LOG_PATH]
    #[arg(long, global = true, value_name = "DIR", help_heading = OUTPUT, hide_short_help = true)]
    pub log_path: Option<PathBuf>,
    /// Colours even where the output is no terminal [env: DBT_USE_COLORS]
    #[arg(long, alias = "color", global = true, help_heading = OUTPUT, hide_short_help = true,
          overrides_with = "no_use_colors")]
    pub use_colors: bool,
    /// No colours [env: NO_COLOR]
    #[arg(long, alias = "no-color", global = true, help_heading = OUTPUT, hide_short_help = true)]
    pub no_use_colors: bool,
    /// Width that progress lines are padded to [env: DBT_PRINTER_WIDTH]
    #[arg(long, global = true, value_name = "N", hide = true)]
    pub printer_width: Option<usize>,
    /// Largest seed, in MiB, that is compared by its content and not by its path; 0 for any [env: DBT_MAXIMUM_SEED_SIZE_MIB]
    #[arg(long, global = true, value_name = "N", hide = true)]
    pub maximum_seed_size_mib: Option<usize>,
    /// Show what print() writes (the default)
    #[arg(long, global = true, hide = true, overrides_with = "no_print")]
    pub print: bool,
    /// Swallow what print() writes [env: DBT_PRINT=false]
    #[arg(long, global = true, help_heading = OUTPUT, hide_short_help = true)]
    pub no_print: bool,
    /// Write artifacts (the default)
    #[arg(long, global = true, hide = true, overrides_with = "no_write_json")]
    pub write_json: bool,
    /// Write no manifest.json and run_results.json [env: DBT_WRITE_JSON=false]
    #[arg(long, global = true, help_heading = OUTPUT, hide_short_help = true)]
    pub no_write_json: bool,

    /// Stop at the first failure [env: DBT_FAIL_FAST]
    #[arg(
        long,
        short = 'x',
        global = true,
        help_heading = "Running",
        overrides_with = "no_fail_fast"
    )]
    pub fail_fast: bool,
    /// Undoes --fail-fast
    #[arg(long, global = true, hide = true)]
    pub no_fail_fast: bool,
    /// Take every warning for an error [env: DBT_WARN_ERROR]
    #[arg(long, global = true, help_heading = "Running", hide_short_help = true)]
    pub warn_error: bool,
    /// Which warnings are errors, by name: '{error: all, silence: NoNodesForSelectionCriteria}'
    #[arg(
        long,
        global = true,
        value_name = "YAML",
        help_heading = "Running",
        hide = true
    )]
    pub warn_error_options: Option<String>,
    /// Tell every place of a deprecation, not the first alone [env: DBT_SHOW_ALL_DEPRECATIONS]
    #[arg(long, global = true, help_heading = OUTPUT, hide_short_help = true,
          overrides_with = "no_show_all_deprecations")]
    pub show_all_deprecations: bool,
    /// Undoes --show-all-deprecations
    #[arg(long, global = true, hide = true)]
    pub no_show_all_deprecations: bool,
    /// Which tests come with a selected node: eager, cautious, buildable, empty [env: DBT_INDIRECT_SELECTION]
    #[arg(long, global = true, value_name = "MODE", help_heading = super::selection::SELECTION,
          hide_possible_values = true, hide_short_help = true)]
    pub indirect_selection: Option<super::selection::IndirectSelection>,
    /// Run one node at a time [env: DBT_SINGLE_THREADED]
    #[arg(long, global = true, hide = true)]
    pub single_threaded: bool,

    /// Use packages that are made for this version of dbt only (the default)
    #[arg(long, global = true, hide = true, overrides_with = "no_version_check")]
    pub version_check: bool,
    /// Use packages whatever version of dbt they are made for [env: DBT_VERSION_CHECK=false]
    #[arg(long, global = true, hide = true)]
    pub no_version_check: bool,

    /// Print the version
    #[arg(long, short = 'V', short_alias = 'v', action = ArgAction::Version)]
    pub version: Option<bool>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For people, with level and thread on each line.
    Debug,
    /// One JSON object a line.
    Json,
    /// `text` on the console, `debug` in the file.
    Default,
}

/// Least level that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What a person follows.
    Info,
    /// What is odd.
    Warn,
    /// What is wrong.
    Error,
    /// Nothing.
    None,
}

/// What a pair of opposite flags says; nothing where neither is given. The later of the two wins by
/// `overrides_with` on the positive one, and by the negative one's presence otherwise.
pub fn either(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    }
}
