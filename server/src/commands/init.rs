//! `refract init`: a small project on DuckDB that builds at once.

use std::fs;
use std::path::Path;

use compiler::diag::Diagnostic;

use super::Exit;
use super::context::Context;
use super::failure::{self, Failure};
use crate::cli::project::InitArgs;

/// The files; `{name}` is replaced by the project's name.
const FILES: &[(&str, &str)] = &[
    ("dbt_project.yml", include_str!("init/dbt_project.yml")),
    ("profiles.yml", include_str!("init/profiles.yml")),
    (".gitignore", include_str!("init/gitignore")),
    ("README.md", include_str!("init/readme.md")),
    ("seeds/raw_orders.csv", include_str!("init/raw_orders.csv")),
    (
        "models/staging/stg_orders.sql",
        include_str!("init/stg_orders.sql"),
    ),
    (
        "models/marts/customer_orders.sql",
        include_str!("init/customer_orders.sql"),
    ),
    ("models/models.yml", include_str!("init/models.yml")),
];

/// Writes the project into a new folder. Nothing that is there is overwritten.
pub fn init(context: &Context, args: &InitArgs) -> Result<Exit, Failure> {
    let Some(name) = &args.project_name else {
        return Err(Diagnostic::error("no-name", "the project needs a name")
            .hint("refract init my_features")
            .into());
    };
    if !is_name(name) {
        let message = format!("'{name}' cannot be a project's name");
        let hint = "use lower-case letters, digits and _, and begin with a letter";
        return Err(Diagnostic::error("bad-name", message).hint(hint).into());
    }
    let folder = context.working_folder.join(name);
    if is_taken(&folder) {
        let message = format!("the folder {name} is there already and is not empty");
        return Err(Diagnostic::error("folder-taken", message)
            .hint("choose another name, or another folder")
            .into());
    }
    for (file, text) in FILES {
        if args.skip_profile_setup && *file == "profiles.yml" {
            continue;
        }
        let path = folder.join(file);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(|error| failure::file(parent, "make", &error))?;
        fs::write(&path, text.replace("{name}", name))
            .map_err(|error| failure::file(&path, "write", &error))?;
    }
    context
        .console
        .info(format!("Made the project {name}. Next:"));
    context.console.info(format!("  cd {name}"));
    context
        .console
        .info("  refract build    builds and tests it in a DuckDB file".to_owned());
    context
        .console
        .info("  refract serve    shows it at http://127.0.0.1:8080".to_owned());
    Ok(Exit::Fine)
}

/// Anything but an empty folder.
fn is_taken(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => folder.symlink_metadata().is_ok(),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
