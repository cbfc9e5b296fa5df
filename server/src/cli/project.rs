//! Commands about the project as a folder: init, debug, deps, clean.

use clap::{Args, ValueEnum};

/// `refract init`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract init features && cd features && refract build")]
pub struct InitArgs {
    /// Name of the project and of its folder
    #[arg(value_name = "NAME")]
    pub project_name: Option<String>,
    /// Write no profiles.yml
    #[arg(long, short = 's')]
    pub skip_profile_setup: bool,
    /// dbt's option to test no connection afterwards.
    #[arg(long, hide = true)]
    pub skip_debug: bool,
}

/// `refract debug`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract debug                 check everything
  refract debug --connection    the connection only
  refract debug --config-dir    where profiles.yml is looked for")]
pub struct DebugArgs {
    /// Test the connection only
    #[arg(long)]
    pub connection: bool,
    /// Say where profiles.yml is looked for
    #[arg(long)]
    pub config_dir: bool,
}

/// `refract deps`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  refract deps                                             packages of packages.yml into dbt_packages
  refract deps --upgrade                                   the newest versions that packages.yml allows
  refract deps --add-package dbt-labs/dbt_utils@1.3.3      a new entry in packages.yml, installed at once")]
pub struct DepsArgs {
    /// Decide on versions anew, whatever package-lock.yml says
    #[arg(long)]
    pub upgrade: bool,
    /// Write package-lock.yml and install nothing
    #[arg(long)]
    pub lock: bool,
    /// Add a package to packages.yml first, as NAME@VERSION
    #[arg(long, value_name = "PACKAGE")]
    pub add_package: Option<String>,
    /// Where the added package comes from: hub (the default), git, local
    #[arg(long, hide_possible_values = true)]
    pub source: Option<PackageSource>,
}

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "dbt's words")]
pub enum PackageSource {
    Hub,
    Git,
    Local,
}

/// `refract clean`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Nothing outside the project, and none of its source folders, is ever deleted.

Examples:
  refract clean    the folders of clean-targets in dbt_project.yml"
)]
pub struct CleanArgs {
    /// Delete inside the project only; other paths are refused here in any case.
    #[arg(long, hide = true)]
    pub clean_project_files_only: bool,
    /// dbt's way to delete outside the project; refused.
    #[arg(long, hide = true)]
    pub no_clean_project_files_only: bool,
}

/// `refract completion`.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "Examples:
  source <(refract completion bash)                                   in ~/.bashrc
  refract completion zsh > \"${fpath[1]}/_refract\"                    once
  refract completion fish > ~/.config/fish/completions/refract.fish   once")]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells that completion is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}
