//! Commands that look: ls, show, compile, parse.

use clap::{Args, ValueEnum};

use super::run::WaitingArgs;
use super::selection::{ResourceTypeArgs, SelectionArgs};

/// `refract ls`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract ls                                       everything, by dotted path
  refract ls -s +fct_orders --output name          names of an ancestry
  refract ls --resource-type model --output path   files of the models
  refract ls --output json --output-keys name tags")]
pub struct LsArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub kinds: ResourceTypeArgs,
    /// What is written of each node: selector, name, path, json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "selector",
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Output"
    )]
    pub output: LsOutput,
    /// Keys of the JSON objects
    #[arg(long, value_name = "KEY", num_args = 1.., help_heading = "Output")]
    pub output_keys: Vec<String>,
}

/// What `ls` writes of each node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LsOutput {
    /// The fully qualified name, dotted.
    #[default]
    Selector,
    /// The name.
    Name,
    /// The file.
    Path,
    /// A JSON object.
    Json,
}

/// How a product is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProductFormat {
    /// For people.
    #[default]
    Text,
    /// As JSON.
    Json,
}

/// `refract show`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract show -s fct_orders                                      five rows of a model, computed now
  refract show -s fct_orders --limit 20 --output json
  refract show --inline \"select count(*) from {{ ref('orders') }}\"")]
pub struct ShowArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// SQL with Jinja to show instead of a model
    #[arg(long, value_name = "SQL", help_heading = super::selection::SELECTION, conflicts_with_all = ["select", "selector"])]
    pub inline: Option<String>,
    /// SQL that is run as it stands.
    #[arg(long, value_name = "SQL", hide = true, conflicts_with_all = ["select", "selector", "inline"])]
    pub inline_direct: Option<String>,
    /// How many rows; -1 for all
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        help_heading = "Output",
        allow_negative_numbers = true
    )]
    pub limit: i64,
    /// text or json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: ProductFormat,
    /// Compile incremental models as if from nothing
    #[arg(long, short, help_heading = "Running")]
    pub full_refresh: bool,
    /// May ask the warehouse (the default).
    #[arg(long, hide = true, overrides_with = "no_introspect")]
    pub introspect: bool,
    /// May not ask the warehouse.
    #[arg(long, hide = true)]
    pub no_introspect: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract compile`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract compile                          everything, into target/compiled
  refract compile -s fct_orders            one model, and print its SQL
  refract compile --inline \"{{ ref('orders') }}\"")]
pub struct CompileArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// SQL with Jinja to compile instead of nodes
    #[arg(long, value_name = "SQL", help_heading = super::selection::SELECTION, conflicts_with_all = ["select", "selector"])]
    pub inline: Option<String>,
    /// text or json, where the SQL of one node is printed
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: ProductFormat,
    /// Compile incremental models as if from nothing
    #[arg(long, short, help_heading = "Running")]
    pub full_refresh: bool,
    /// Read refs and sources with limit 0
    #[arg(long, hide = true, overrides_with = "no_empty")]
    pub empty: bool,
    /// Undoes --empty
    #[arg(long, hide = true)]
    pub no_empty: bool,
    /// Undoes --no-introspect
    #[arg(long, hide = true, overrides_with = "no_introspect")]
    pub introspect: bool,
    /// Fail where a template asks the warehouse [env: DBT_INTROSPECT]
    #[arg(long, help_heading = "Running")]
    pub no_introspect: bool,
    /// Undoes --no-inject-ephemeral-ctes
    #[arg(long, hide = true, overrides_with = "no_inject_ephemeral_ctes")]
    pub inject_ephemeral_ctes: bool,
    /// Leave ephemeral models out of the SQL of those that read them
    #[arg(long, help_heading = "Running")]
    pub no_inject_ephemeral_ctes: bool,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// `refract parse`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract parse                     check the project, write target/manifest.json
  refract parse --no-write-json     check only")]
pub struct ParseArgs {}
