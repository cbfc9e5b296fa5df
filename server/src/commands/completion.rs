//! `refract completion`.

use std::io::{self, Write as _};

use clap_complete::aot;

use super::Exit;
use crate::cli;
use crate::cli::project::{CompletionArgs, Shell};

/// Writes the script to standard output, and nothing else.
pub fn completion(args: CompletionArgs) -> Exit {
    let shell = match args.shell {
        Shell::Bash => aot::Shell::Bash,
        Shell::Zsh => aot::Shell::Zsh,
        Shell::Fish => aot::Shell::Fish,
    };
    let mut script = Vec::new();
    aot::generate(shell, &mut cli::command(), "refract", &mut script);
    // Nothing can be done about a closed pipe here.
    let _ = io::stdout().write_all(&script);
    Exit::Fine
}
