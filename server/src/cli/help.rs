//! The first help page: commands in groups, the options that people need first, examples.

use std::fmt::Write as _;

use clap::Command;

/// Groups of commands; a test keeps every command in exactly one.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Build and test",
        &[
            "build",
            "run",
            "test",
            "seed",
            "snapshot",
            "clone",
            "source",
            "run-operation",
            "retry",
        ],
    ),
    ("Look inside", &["ls", "show", "compile", "parse"]),
    ("Catalog", &["docs", "serve"]),
    ("Project", &["init", "debug", "deps", "clean", "completion"]),
];

const EXAMPLES: &str = "Examples:
  refract build                       build and test everything
  refract build -s +fct_orders        one model with all it is built from
  refract test -s tag:ml              tests of what is tagged ml
  refract ls -s source:raw+           what depends on a source
  refract serve                       the catalog on http://127.0.0.1:8080

A command's own page: refract COMMAND --help
Exit codes: 0 all well, 1 a node failed, 2 the command could not run";

/// Where the second column of the first page begins.
const COLUMN: usize = 30;

/// Puts commands and options into groups on the first page and names the versions.
pub fn decorate(command: Command) -> Command {
    let page = format!("{}\n{}\n\n{EXAMPLES}", groups(&command), options(&command));
    command
        .version(concat!(env!("CARGO_PKG_VERSION"), " (dbt 1.12.6)"))
        .help_template("{about}\n\nUsage: refract [OPTIONS] COMMAND{after-help}\n")
        .after_help(page)
        .mut_subcommands(|one| one.disable_version_flag(true))
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(text, "{heading}:");
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            line(
                &mut text,
                name,
                &about.map(ToString::to_string).unwrap_or_default(),
            );
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The options that every command takes, as far as people need them often.
fn options(command: &Command) -> String {
    let mut text = String::new();
    for heading in ["Project", "Running", "Output"] {
        let _ = writeln!(text, "{heading}, before or after any command:");
        let shown = command
            .get_arguments()
            .filter(|one| one.get_help_heading() == Some(heading));
        for option in shown.filter(|one| !one.is_hide_set() && !one.is_hide_short_help_set()) {
            let short = option
                .get_short()
                .map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
            let value = option
                .get_action()
                .takes_values()
                .then(|| option.get_value_names())
                .flatten();
            let value = value
                .and_then(|names| names.first())
                .map(|name| format!(" <{name}>"))
                .unwrap_or_default();
            let name = format!("{short}--{}{value}", option.get_long().unwrap_or_default());
            let help = option
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            line(
                &mut text,
                &name,
                help.split(" [env:").next().unwrap_or_default(),
            );
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

fn line(text: &mut String, name: &str, help: &str) {
    let width = COLUMN - 4;
    let _ = writeln!(text, "  {name:<width$}  {help}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        let command = super::super::command();
        let mut all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::super::command().debug_assert();
    }
}
