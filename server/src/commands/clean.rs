//! `refract clean`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use compiler::diag::{Diagnostic, Diagnostics};
use serde_json::Value;

use super::Exit;
use super::context::{Context, project_value};
use super::failure::{self, Failure, not_built};
use crate::cli::project::CleanArgs;
use crate::console::Record;
use crate::execute::Level;
use crate::project::ProjectError;

/// Folders of the project that hold its source: key of `dbt_project.yml` and dbt's default.
const SOURCE_FOLDERS: [(&str, &[&str]); 6] = [
    ("model-paths", &["models"]),
    ("seed-paths", &["seeds"]),
    ("test-paths", &["tests"]),
    ("analysis-paths", &["analyses"]),
    ("macro-paths", &["macros"]),
    ("snapshot-paths", &["snapshots"]),
];

/// Deletes the folders of `clean-targets`. If any of them must not be deleted, nothing is.
pub fn clean(context: &Context, args: &CleanArgs) -> Result<Exit, Failure> {
    if args.no_clean_project_files_only {
        let hint = "delete folders outside the project by hand";
        return Err(not_built("--no-clean-project-files-only", hint));
    }
    let root = &context.settings.project_dir;
    if !root.join("dbt_project.yml").is_file() {
        return Err(ProjectError::NoProject(root.clone()).into());
    }
    let root = root
        .canonicalize()
        .map_err(|error| failure::file(root, "read", &error))?;
    let targets = strings(project_value(&root, "clean-targets"))
        .unwrap_or_else(|| vec![context.target_folder().to_string_lossy().into_owned()]);
    let mut refused = Diagnostics::default();
    let mut folders = Vec::new();
    for target in &targets {
        match deletable(&root, target) {
            Ok(folder) => folders.push(folder),
            Err(reason) => refused.push(
                Diagnostic::error(
                    "clean-refused",
                    format!("'{target}' in clean-targets {reason}"),
                )
                .at(compiler::diag::Span::file("dbt_project.yml"))
                .hint("nothing was deleted; take it out of clean-targets"),
            ),
        }
    }
    if refused.has_errors() {
        return Err(refused.into());
    }
    // The log may be in a folder that goes away; what follows is for the console.
    for folder in folders {
        remove(context, &root, &folder)?;
    }
    Ok(Exit::Fine)
}

fn remove(context: &Context, root: &Path, folder: &Path) -> Result<(), Failure> {
    let shown = folder.strip_prefix(root).unwrap_or(folder).display();
    let Ok(found) = folder.symlink_metadata() else {
        return Ok(());
    };
    // A link is deleted itself, never what it points to.
    let removed = if found.is_dir() {
        fs::remove_dir_all(folder)
    } else {
        fs::remove_file(folder)
    };
    removed.map_err(|error| failure::file(folder, "delete", &error))?;
    context.console.log(Record::new(
        "ConfirmCleanPath",
        "Z013",
        Level::Info,
        format!("Deleted {shown}"),
    ));
    Ok(())
}

/// The folder that a target means, or why it is not deleted.
fn deletable(root: &Path, target: &str) -> Result<PathBuf, &'static str> {
    if target.contains("{{") {
        return Err("is written in Jinja, which is not read here");
    }
    let folder = plain(&root.join(target));
    if folder == root || root.starts_with(&folder) {
        return Err("is the project itself");
    }
    if !folder.starts_with(root) {
        return Err("is outside the project");
    }
    // A link on the way may lead out of the project.
    let parent = folder.parent().unwrap_or(root);
    if parent
        .canonicalize()
        .is_ok_and(|real| !real.starts_with(root))
    {
        return Err("is outside the project");
    }
    for (key, default) in SOURCE_FOLDERS {
        let sources = strings(project_value(root, key))
            .unwrap_or_else(|| default.iter().map(|one| (*one).to_owned()).collect());
        for source in sources {
            let source = plain(&root.join(source));
            if source == folder || source.starts_with(&folder) || folder.starts_with(&source) {
                return Err("holds source files of the project");
            }
        }
    }
    Ok(folder)
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn strings(value: Option<Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(items) => Some(
            items
                .into_iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        ),
        Value::String(one) => Some(vec![one]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("dbt_project.yml"), text).expect("written");
        folder
    }

    fn check(targets: &[(&str, Option<&str>)]) {
        let folder = project("name: p\nmodel-paths: [sql/models]\n");
        let root = folder.path().canonicalize().expect("there");
        for (target, refused) in targets {
            assert_eq!(deletable(&root, target).err(), *refused, "{target}");
        }
    }

    #[test]
    fn only_what_is_inside_and_no_source_may_go() {
        check(&[
            ("target", None),
            ("./build/../target", None),
            ("logs/deep", None),
            (".", Some("is the project itself")),
            ("..", Some("is the project itself")),
            ("target/..", Some("is the project itself")),
            ("../other", Some("is outside the project")),
            ("/", Some("is the project itself")),
            ("/usr", Some("is outside the project")),
            ("sql", Some("holds source files of the project")),
            (
                "sql/models/staging",
                Some("holds source files of the project"),
            ),
            ("seeds", Some("holds source files of the project")),
            (
                "{{ env_var('X') }}",
                Some("is written in Jinja, which is not read here"),
            ),
        ]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_outside() {
        let folder = project("name: p\n");
        let elsewhere = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("out")).expect("a link");
        let root = folder.path().canonicalize().expect("there");
        assert_eq!(
            deletable(&root, "out/target"),
            Err("is outside the project")
        );
        assert_eq!(deletable(&root, "out"), Ok(root.join("out")));
    }
}
