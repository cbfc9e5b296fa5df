//! The command line: dbt's words, flags, environment variables and exit codes.
//!
//! | file | what |
//! |---|---|
//! | [`global`] | options that every command takes, before or after its name |
//! | [`selection`] | `--select` and its relatives |
//! | [`run`] | `build run test seed snapshot clone source freshness run-operation retry` |
//! | [`inspect`] | `parse compile ls show` |
//! | [`project`] | `init debug deps clean` |
//! | [`docs`] | `docs generate`, `docs serve`, `docs lineage`, `serve` |
//! | [`accepted`] | dbt's options that have no effect here |
//! | [`flags`] | all of dbt's flags, as macros and artifacts tell of them |
//! | [`settings`] | options, environment and the project's `flags:` put together |
//! | [`mapping`] | values that are YAML mappings |
//! | [`warn_error`] | which warnings are errors |
//! | [`help`] | the first help page |

pub mod accepted;
pub mod docs;
pub mod flags;
pub mod global;
pub mod help;
pub mod inspect;
pub mod mapping;
pub mod project;
pub mod run;
pub mod selection;
pub mod settings;
pub mod warn_error;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use global::GlobalArgs;

/// dbt's version whose behaviour and artifacts Refract follows.
pub use compiler::DBT_VERSION;

/// One parsed command line.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "refract",
    bin_name = "refract",
    about = "Builds, tests and documents the SQL models of a dbt project.",
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// dbt's options that have no effect here.
    #[command(flatten)]
    pub accepted: accepted::Accepted,
}

/// The commands, in the order of the first help page.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Build and test everything selected, in the graph's order
    Build(run::BuildArgs),
    /// Build the selected models
    Run(run::RunArgs),
    /// Run the selected data tests
    Test(run::TestArgs),
    /// Load the selected CSV files
    Seed(run::SeedArgs),
    /// Record changes of the selected snapshots
    Snapshot(run::SnapshotArgs),
    /// Put another environment's relations under this one's names
    Clone(run::CloneArgs),
    /// Check how old the data of sources is
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Source(run::SourceArgs),
    /// Run one macro
    RunOperation(run::RunOperationArgs),
    /// Run again what failed or was skipped in the last run
    Retry(run::RetryArgs),

    /// List the resources of the project
    #[command(visible_alias = "list")]
    Ls(inspect::LsArgs),
    /// Show the first rows of a model or of a query
    Show(inspect::ShowArgs),
    /// Write the SQL of the selected nodes to target/compiled
    Compile(inspect::CompileArgs),
    /// Read the project and write target/manifest.json
    Parse(inspect::ParseArgs),

    /// Generate or serve the catalog's data
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Docs(docs::DocsArgs),
    /// Serve the catalog, with lineage, test results and runs
    Serve(docs::ServeArgs),

    /// Make a small project that works at once
    Init(project::InitArgs),
    /// Check the project, the profile and the connection
    Debug(project::DebugArgs),
    /// Put the packages of packages.yml into place
    Deps(project::DepsArgs),
    /// Delete the folders listed in clean-targets
    Clean(project::CleanArgs),
    /// Write a script that completes commands and options in a shell
    Completion(project::CompletionArgs),
}

impl Command {
    /// dbt's word for the command, as it stands in artifacts and `flags.WHICH`.
    pub fn which(&self) -> &'static str {
        match self {
            Self::Build(_) => "build",
            Self::Run(_) => "run",
            Self::Test(_) => "test",
            Self::Seed(_) => "seed",
            Self::Snapshot(_) => "snapshot",
            Self::Clone(_) => "clone",
            Self::Source(_) => "freshness",
            Self::RunOperation(_) => "run-operation",
            Self::Retry(_) => "retry",
            Self::Ls(_) => "list",
            Self::Show(_) => "show",
            Self::Compile(_) => "compile",
            Self::Parse(_) => "parse",
            Self::Docs(docs::DocsArgs {
                command: docs::DocsCommand::Generate(_),
            }) => "generate",
            Self::Docs(docs::DocsArgs {
                command: docs::DocsCommand::Lineage(_),
            }) => "lineage",
            Self::Docs(docs::DocsArgs {
                command: docs::DocsCommand::Coverage(_),
            }) => "coverage",
            Self::Docs(docs::DocsArgs {
                command: docs::DocsCommand::Diff(_),
            }) => "diff",
            Self::Docs(_) | Self::Serve(_) => "serve",
            Self::Init(_) => "init",
            Self::Debug(_) => "debug",
            Self::Deps(_) => "deps",
            Self::Clean(_) => "clean",
            Self::Completion(_) => "completion",
        }
    }

    /// Whether standard output is the command's product, so that progress goes to standard error.
    pub fn prints_its_product(&self) -> bool {
        let tells = matches!(
            self,
            Self::Docs(docs::DocsArgs {
                command: docs::DocsCommand::Lineage(_)
                    | docs::DocsCommand::Coverage(_)
                    | docs::DocsCommand::Diff(_)
            })
        );
        tells || matches!(self, Self::Ls(_) | Self::Show(_) | Self::Compile(_))
    }
}

/// clap's description of the whole command line, with the grouped first page.
pub fn command() -> clap::Command {
    help::decorate(Cli::command())
}

/// Reads arguments (the program's name first). The error prints itself and knows its exit code.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}
