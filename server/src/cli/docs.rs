//! Commands of the catalog: docs generate, docs serve, docs lineage, serve.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::run::WaitingArgs;
use super::selection::SelectionArgs;
use crate::catalog::redaction::Part;

/// `refract docs`.
#[derive(Debug, Clone, Args)]
pub struct DocsArgs {
    /// What to do with the docs.
    #[command(subcommand)]
    pub command: DocsCommand,
}

/// Commands about the docs.
#[derive(Debug, Clone, Subcommand)]
pub enum DocsCommand {
    /// Write manifest.json and catalog.json, with the columns as the warehouse has them
    Generate(GenerateArgs),
    /// Serve the catalog of this project or of a folder of artifacts
    Serve(DocsServeArgs),
    /// Say where columns come from and what changes with them
    Lineage(LineageArgs),
    /// Say what changed since another state of the project, and what is downstream
    Diff(DiffArgs),
    /// Say what tests and descriptions cover, and fail where it is too little
    Coverage(CoverageArgs),
}

/// `refract docs lineage`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  refract docs lineage fct_orders                        what each column is made of
  refract docs lineage fct_orders.amount                 where it comes from, and what changes with it
  refract docs lineage raw.orders.amount --downstream    what changes with a source's column
  refract docs lineage stg_orders.amount --output markdown   the same for a pull request

Columns are read from compiled SQL: run refract compile first.")]
pub struct LineageArgs {
    /// A model, snapshot, seed or source.table, or a column of one after a dot
    #[arg(value_name = "NAME[.COLUMN]")]
    pub name: String,
    /// Only where it comes from
    #[arg(long)]
    pub upstream: bool,
    /// Only what changes with it
    #[arg(long)]
    pub downstream: bool,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: LineageOutput,
}

/// How the lineage is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LineageOutput {
    /// For people.
    #[default]
    Text,
    /// As JSON.
    Json,
    /// What changes, as Markdown for a pull request.
    Markdown,
}

/// `refract docs diff`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  refract docs diff --state prod-artifacts                        since the artifacts of production
  refract docs diff --state prod-artifacts --output markdown      for a pull request

The state is a folder with manifest.json and, where there is, catalog.json. Columns are compared as
compiled SQL has them where both sides have it, else as the warehouse has them (catalog.json), else as documented.")]
pub struct DiffArgs {
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: LineageOutput,
}

/// `refract docs coverage`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  refract docs coverage                                   by folder and owner, with what is missing
  refract docs coverage --select path:models/marts --fail-under 80
  refract docs coverage --fail-under proven=90,keys=100   exit code 1 where a share is lower
  refract docs coverage --output sarif > coverage.sarif   for code scanning

Shares: tested (columns with a test), proven (or a pure copy of a column with one), described (columns with a
description), keys (models whose primary key is tested), models (models with a description).

The warehouse's columns are counted where refract docs generate was run; copies are known of compiled models.")]
pub struct CoverageArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Lowest shares in percent: one number for tested, described and keys, or SHARE=NUMBER, separated by commas
    #[arg(long, value_name = "SHARES")]
    pub fail_under: Option<String>,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: CoverageOutput,
}

/// How coverage is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CoverageOutput {
    /// For people.
    #[default]
    Text,
    /// As JSON.
    Json,
    /// What is missing, as SARIF 2.1.0.
    Sarif,
}

/// `refract docs generate`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract docs generate                    for the whole project
  refract docs generate --no-compile       without compiled SQL
  refract docs generate --empty-catalog    without asking the warehouse for columns
  refract docs generate --static           one HTML file of the whole catalog
  refract docs generate --site public --redact sql,owners
                                           a folder to publish, without SQL and owners
  refract docs generate --static --artifacts path/to/target
                                           of what dbt or Refract wrote before")]
pub struct GenerateArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Compile the selected nodes (the default)
    #[arg(long, hide = true, overrides_with = "no_compile")]
    pub compile: bool,
    /// Do not compile
    #[arg(long)]
    pub no_compile: bool,
    /// Ask the warehouse for nothing
    #[arg(long)]
    pub empty_catalog: bool,
    /// Also write target/static_index.html: the whole catalog in one file, which opens from the disk
    #[arg(long = "static")]
    pub one_file: bool,
    /// Also write the catalog into a folder for any web server, such as an S3 bucket or GitHub Pages
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Leave these out of --static and --site
    #[arg(long, value_name = "PART", value_enum, value_delimiter = ',')]
    pub redact: Vec<Part>,
    /// Take the artifacts of this folder as they are, by Refract or dbt (manifest v10 to v12), for --static and --site
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    #[command(flatten)]
    pub waiting: WaitingArgs,
}

/// Where the catalog is served.
#[derive(Debug, Clone, Args)]
pub struct AddressArgs {
    /// Loopback address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// dbt's option to open the page; no browser is opened here.
    #[arg(long, hide = true)]
    pub browser: bool,
    /// dbt's option to open no browser.
    #[arg(long, hide = true)]
    pub no_browser: bool,
}

/// `refract docs serve`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  refract docs serve                             this project's target folder
  refract docs serve --artifacts path/to/target  artifacts written by Refract or dbt")]
pub struct DocsServeArgs {
    #[command(flatten)]
    pub address: AddressArgs,
    /// Folder with manifest.json (v10 to v12) and, where there are, catalog.json and run_results.json
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
}

/// `refract serve`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  refract serve                the catalog on http://127.0.0.1:8080
  refract serve --port 0       on any free port")]
pub struct ServeArgs {
    #[command(flatten)]
    pub address: AddressArgs,
}
