//! Which nodes a command is about.

use clap::{Args, ValueEnum};

/// The heading of these options in help pages.
pub const SELECTION: &str = "Selection";

/// Which nodes take part.
#[derive(Debug, Clone, Default, Args)]
pub struct SelectionArgs {
    /// What takes part: names, paths, tag:, source:, state:, config. and more; + for ancestors and descendants
    #[arg(long, short, value_name = "SELECTOR", num_args = 1.., help_heading = SELECTION,
          aliases = ["models", "model"], short_alias = 'm')]
    pub select: Vec<String>,
    /// What does not take part, in the words of --select
    #[arg(long, value_name = "SELECTOR", num_args = 1.., help_heading = SELECTION)]
    pub exclude: Vec<String>,
    /// A selector of selectors.yml, by its name; --select and --exclude do not count beside it
    #[arg(long, value_name = "NAME", help_heading = SELECTION)]
    pub selector: Option<String>,
}

/// Which kinds of nodes take part.
#[derive(Debug, Clone, Default, Args)]
pub struct ResourceTypeArgs {
    /// Only these kinds: model, test, seed, snapshot, source, … [env: DBT_RESOURCE_TYPES]
    #[arg(long = "resource-type", alias = "resource-types", value_name = "KIND", num_args = 1..,
          help_heading = SELECTION, hide_possible_values = true)]
    pub include: Vec<ResourceKind>,
    /// All kinds but these [env: DBT_EXCLUDE_RESOURCE_TYPES]
    #[arg(long = "exclude-resource-type", alias = "exclude-resource-types", value_name = "KIND",
          num_args = 1.., help_heading = SELECTION, hide_possible_values = true)]
    pub exclude_kinds: Vec<ResourceKind>,
}

/// A kind of node as `--resource-type` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
#[value(rename_all = "snake_case")]
#[allow(missing_docs, reason = "dbt's words for resource types")]
pub enum ResourceKind {
    Model,
    Test,
    UnitTest,
    Seed,
    Snapshot,
    Source,
    Analysis,
    Exposure,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
    /// What the command takes by itself.
    Default,
    /// Everything.
    All,
}

/// Which tests come with the nodes they are attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IndirectSelection {
    /// A test with any selected parent.
    Eager,
    /// A test all of whose parents are selected.
    Cautious,
    /// A test whose parents are selected or ancestors of selected nodes.
    Buildable,
    /// No test.
    Empty,
}
