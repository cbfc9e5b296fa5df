//! What the commands do: open the project, select, hand over to the engine, show, and choose the exit code.
//!
//! | file | what |
//! |---|---|
//! | [`context`] | settings, console, signals and the opened project of one invocation |
//! | [`failure`] | why a command could not run |
//! | [`deprecated`] | deprecated options and variables |
//! | [`selection`] | unique ids from `--select` and its relatives |
//! | [`turn`] | the claim by which runs keep apart, and the history |
//! | [`nodes`] | `build run test seed snapshot clone` |
//! | [`freshness`], [`operation`], [`retry`], [`docs`], [`serve`] | commands of the same names |
//! | [`ls`], [`show`], [`compile`], [`parse`], [`lineage`], [`coverage`], [`diff`] | what is looked at |
//! | [`init`], [`debug`], [`deps`], [`clean`], [`completion`] | the project as a folder, the shell |

pub mod arguments;
pub mod clean;
pub mod compile;
pub mod completion;
pub mod context;
pub mod coverage;
pub mod debug;
pub mod deprecated;
pub mod deps;
pub mod diff;
pub mod docs;
pub mod failure;
pub mod freshness;
pub mod init;
pub mod lineage;
pub mod ls;
pub mod nodes;
pub mod operation;
pub mod parse;
pub mod retry;
pub mod selection;
pub mod serve;
pub mod show;
pub mod turn;

use std::process::ExitCode;

use crate::cli::docs::DocsCommand;
use crate::cli::run::SourceCommand;
use crate::cli::{self, Cli, Command};
use context::Context;
use failure::Failure;

/// How a command that could run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All well: 0.
    Fine,
    /// A node failed: 1.
    NodeFailed,
    /// Stopped, or something that the command needs was not in order, such as SQL that does not compile: 2.
    Stopped,
}

impl Exit {
    /// dbt's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::NodeFailed => 1,
            Self::Stopped => 2,
        }
    }
}

/// The whole program: reads the arguments, runs the command, tells the exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|one| one.to_string_lossy().into_owned())
        .collect();
    let cli = match cli::parse(arguments.clone()) {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be done about a closed pipe here.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let Command::Completion(args) = cli.command {
        return ExitCode::from(completion::completion(args).code());
    }
    let context = match Context::new(&cli, arguments) {
        Ok(context) => context,
        Err(diagnostics) => {
            crate::console::complain(&diagnostics);
            return ExitCode::from(2);
        }
    };
    let exit = run(&context, &cli).unwrap_or_else(|failure| context.report(failure));
    context.console.sum_up_deprecations();
    ExitCode::from(exit.code())
}

/// Runs one command.
pub fn run(context: &Context, cli: &Cli) -> Result<Exit, Failure> {
    context.begin(&cli.command)?;
    context.tell_deprecated_forms(cli)?;
    match &cli.command {
        Command::Build(args) => nodes::build(context, args),
        Command::Run(args) => nodes::run(context, args),
        Command::Test(args) => nodes::test(context, args),
        Command::Seed(args) => nodes::seed(context, args),
        Command::Snapshot(args) => nodes::snapshot(context, args),
        Command::Clone(args) => nodes::clone(context, args),
        Command::Compile(args) => compile::compile(context, args),
        Command::Source(source) => match &source.command {
            SourceCommand::Freshness(args) => freshness::freshness(context, args),
        },
        Command::RunOperation(args) => operation::run_operation(context, args),
        Command::Retry(args) => retry::retry(context, args),
        Command::Ls(args) => ls::ls(context, args),
        Command::Show(args) => show::show(context, args),
        Command::Parse(_) => parse::parse(context),
        Command::Docs(docs) => match &docs.command {
            DocsCommand::Generate(args) => docs::generate(context, args),
            DocsCommand::Serve(args) => serve::docs_serve(context, args),
            DocsCommand::Lineage(args) => lineage::lineage(context, args),
            DocsCommand::Diff(args) => diff::diff(context, args),
            DocsCommand::Coverage(args) => coverage::coverage(context, args),
        },
        Command::Serve(args) => serve::serve(context, args),
        Command::Init(args) => init::init(context, args),
        Command::Debug(args) => debug::debug(context, args),
        Command::Deps(args) => deps::deps(context, args),
        Command::Clean(args) => clean::clean(context, args),
        Command::Completion(args) => Ok(completion::completion(*args)),
    }
}
