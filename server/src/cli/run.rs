//! Commands that change the warehouse or ask it: build, run, test, seed, snapshot, clone, freshness, operations, retry.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::selection::{ResourceTypeArgs, SelectionArgs};

const RUNNING: &str = "Running";

/// Options of commands that build relations.
#[derive(Debug, Clone, Default, Args)]
pub struct BuildingArgs {
    /// Rebuild incremental models and seeds from nothing [env: DBT_FULL_REFRESH]
    #[arg(long, short, help_heading = RUNNING)]
    pub full_refresh: bool,
    /// Build relations without rows: every ref and source is read with limit 0 [env: DBT_EMPTY]
    #[arg(long, help_heading = RUNNING, hide_short_help = true, overrides_with = "no_empty")]
    pub empty: bool,
    /// Undoes --empty
    #[arg(long, hide = true)]
    pub no_empty: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// How to deal with another run that is going on, and with a database file that another process holds.
#[derive(Debug, Clone, Default, Args)]
pub struct WaitingArgs {
    /// Seconds to wait for another run to end [default: no limit], or for a held database file [default: 5]
    #[arg(long, value_name = "SECONDS", help_heading = RUNNING, hide_short_help = true)]
    pub lock_timeout: Option<f64>,
}

/// Which part of the data is read and built, by event time.
#[derive(Debug, Clone, Default, Args)]
pub struct WindowArgs {
    /// Read only the last part of inputs that have an event_time, as '3 days', or "{'start': …, 'end': …}" [env: DBT_SAMPLE]
    #[arg(long, value_name = "WINDOW", help_heading = RUNNING, hide_short_help = true)]
    pub sample: Option<String>,
    /// Build batches of microbatch models from this time on, in UTC [env: DBT_EVENT_TIME_START]
    #[arg(long, value_name = "TIME", help_heading = RUNNING, hide_short_help = true)]
    pub event_time_start: Option<String>,
    /// Build batches of microbatch models up to this time [env: DBT_EVENT_TIME_END]
    #[arg(long, value_name = "TIME", help_heading = RUNNING, hide_short_help = true)]
    pub event_time_end: Option<String>,
}

/// `refract build`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract build                                   everything
  refract build -s +fct_orders                    fct_orders and all it is built from
  refract build -s tag:nightly --exclude staging  by tag, without a folder
  refract build --full-refresh -s fct_orders      an incremental model from nothing")]
pub struct BuildArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub kinds: ResourceTypeArgs,
    #[command(flatten)]
    pub building: BuildingArgs,
    /// Refuse to build what depends on a source past its error_after limit
    #[arg(long, help_heading = RUNNING)]
    pub require_fresh: bool,
    /// Keep the rows that failing tests find in tables of their own [env: DBT_STORE_FAILURES]
    #[arg(long, help_heading = RUNNING)]
    pub store_failures: bool,
    /// Show the first rows of each loaded seed
    #[arg(long, help_heading = RUNNING, hide = true)]
    pub show: bool,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// `refract run`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract run                               all models
  refract run -s stg_orders+                stg_orders and what is built from it
  refract run -s path:models/marts,tag:ml   in that folder and with that tag
  refract run --vars '{days: 7}' -t prod    with a variable, on another target")]
pub struct RunArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub building: BuildingArgs,
    /// Refuse to build what depends on a source past its error_after limit
    #[arg(long, help_heading = RUNNING)]
    pub require_fresh: bool,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// `refract test`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract test                         all tests
  refract test -s fct_orders           the tests of one model
  refract test -s test_type:singular   the tests in files of their own
  refract test -s source:raw           the tests of a source's tables")]
pub struct TestArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub kinds: ResourceTypeArgs,
    /// Keep the rows that failing tests find in tables of their own [env: DBT_STORE_FAILURES]
    #[arg(long, help_heading = RUNNING)]
    pub store_failures: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract seed`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract seed                            all CSV files
  refract seed -s country_codes           one of them
  refract seed --full-refresh             make the tables anew, after columns changed")]
pub struct SeedArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub building: BuildingArgs,
    /// Show the first rows of each loaded table
    #[arg(long, help_heading = RUNNING)]
    pub show: bool,
}

/// `refract snapshot`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract snapshot                        all snapshots
  refract snapshot -s customers_history   one of them")]
pub struct SnapshotArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Build without rows
    #[arg(long, hide = true, overrides_with = "no_empty")]
    pub empty: bool,
    /// Undoes --empty
    #[arg(long, hide = true)]
    pub no_empty: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract clone`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Needs --state (or --defer-state): the folder with the manifest.json of the environment to copy from. \
Tables are copied without their rows where the warehouse can do that; elsewhere each becomes a view of the original.

Examples:
  refract clone --state prod-artifacts               everything that is not here yet
  refract clone --state prod-artifacts -s +fct_orders --full-refresh
                                                     also what is here already"
)]
pub struct CloneArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub kinds: ResourceTypeArgs,
    /// Replace what is here already [env: DBT_FULL_REFRESH]
    #[arg(long, short, help_heading = RUNNING)]
    pub full_refresh: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract source`.
#[derive(Debug, Clone, Args)]
pub struct SourceArgs {
    /// What to do with sources.
    #[command(subcommand)]
    pub command: SourceCommand,
}

/// Commands about sources.
#[derive(Debug, Clone, Subcommand)]
pub enum SourceCommand {
    /// Compare the age of each source's newest row with its limits
    #[command(alias = "snapshot-freshness")]
    Freshness(FreshnessArgs),
}

/// `refract source freshness`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract source freshness                        all sources with a freshness block
  refract source freshness -s source:raw.orders   one table
  refract source freshness -o fresh.json          the result somewhere else")]
pub struct FreshnessArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// File for the result instead of target/sources.json
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract run-operation`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract run-operation load_raw_data
  refract run-operation grant_select --args '{role: reporter}'
  refract run-operation dbt_utils.some_macro")]
pub struct RunOperationArgs {
    /// The macro, with its package where it is not the project's: package.macro
    #[arg(value_name = "MACRO", required_unless_present = "sql")]
    pub macro_name: Option<String>,
    /// dbt's way to run SQL, whose changes it takes back.
    #[arg(long, hide = true, conflicts_with = "macro_name")]
    pub sql: Option<String>,
    /// The macro's arguments as YAML or JSON: '{days: 7}'
    #[arg(long, value_name = "YAML")]
    pub args: Option<String>,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract retry`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Repeats the last invocation with its own options (variables, target, selection), \
for the nodes that failed or were skipped.

Examples:
  refract retry                      what target/run_results.json left undone
  refract retry --state ci-target    the same from another folder"
)]
pub struct RetryArgs {
    /// Rebuild incremental models and seeds from nothing [env: DBT_FULL_REFRESH]
    #[arg(long, short, help_heading = RUNNING)]
    pub full_refresh: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}
