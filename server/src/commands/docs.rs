//! `refract docs generate`.

use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use compiler::diag::Diagnostic;
use compiler::graph::select::kinds_of;

use super::context::Context;
use super::failure::Failure;
use super::nodes::shown_target;
use super::selection::{Wanted, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::catalog::CatalogError;
use crate::catalog::site::{self, Export, SiteError, Written};
use crate::cli::docs::GenerateArgs;
use crate::console::{Record, summary};
use crate::execute::{self, Command, Level};
use crate::project::{Project, assets};
use crate::store::History;

/// Writes manifest and catalog.
pub fn generate(context: &Context, args: &GenerateArgs) -> Result<Exit, Failure> {
    let publishes = args.one_file || args.site.is_some();
    if let Some(folder) = &args.artifacts {
        if !publishes {
            return Err(Diagnostic::error(
                "nothing-to-do",
                "--artifacts names what is published, but neither --static nor --site says how",
            )
            .hint("add --static for one HTML file")
            .into());
        }
        let folder = context.working_folder.join(folder);
        return publish(context, args, &folder, None).map(|()| Exit::Fine);
    }
    if !args.redact.is_empty() && !publishes {
        return Err(Diagnostic::error(
            "nothing-to-do",
            "--redact says what is not published, but neither --static nor --site publishes",
        )
        .hint("manifest.json and catalog.json are for tools, which need all of it; add --static for one HTML file")
        .into());
    }
    let project = context.open()?;
    let wanted = Wanted {
        selection: &args.selection,
        kinds: None,
        default_kinds: kinds_of("docs"),
        keep_empty: true,
    };
    let mut ids = selected(context, &project, &wanted)?;
    if args.empty_catalog {
        ids.clear();
    }
    let mut options = context.run_options(
        arguments::of_invocation(context, Some(&args.selection)),
        args.waiting.lock_timeout,
    );
    options.deferral = context.deferral()?;
    let claim = execute::claim(&project, Command::Generate, &ids, &options);
    let mut turn = Turn::take(context, &project, None, &claim, options.lock_timeout)?;
    let generated = turn.runner(options).generate(&ids, !args.no_compile);
    let generated = turn.unwrap(generated)?;
    if let Some(outcome) = &generated.compiled
        && !outcome.success()
    {
        summary::show(
            &context.console,
            &project.manifest,
            outcome,
            &shown_target(context, &project),
        );
        return Ok(Exit::Stopped);
    }
    for error in assets::copy(&project) {
        context.console.warn("Assets", "E043", error.to_string());
    }
    for error in generated.catalog.errors.iter().flatten() {
        context
            .console
            .warn("CatalogGenerationError", "E040", error.clone());
    }
    let path = generated
        .path
        .strip_prefix(&context.working_folder)
        .unwrap_or(&generated.path)
        .display()
        .to_string();
    context.console.log(
        Record::new(
            "CatalogWritten",
            "E042",
            Level::Info,
            format!("Catalog written to {path}"),
        )
        .with("path", path),
    );
    if publishes {
        publish(context, args, &project.target_path, Some(&project))?;
    }
    Ok(Exit::Fine)
}

/// Writes the catalog of a folder's artifacts for readers without a server.
fn publish(
    context: &Context,
    args: &GenerateArgs,
    artifacts: &Path,
    project: Option<&Project>,
) -> Result<(), Failure> {
    let root = project.map(|project| project.root.as_path());
    let history = root.map(History::open).transpose();
    let history = history.map_err(|error| failure(CatalogError::from(error).into()))?;
    let open = project.map(|_| context.open_options());
    let export = Export {
        artifacts,
        root,
        history: history.map(Arc::new),
        state: context.settings.state.as_deref(),
        open: open.as_ref(),
        assets: project.map(|project| project.file.paths.assets.as_slice()),
        redact: &args.redact,
        at: Utc::now(),
    };
    if args.one_file {
        let path = artifacts.join("static_index.html");
        let written = site::write_file(&export, &path).map_err(failure)?;
        tell(context, &path, &written);
    }
    if let Some(folder) = &args.site {
        let folder = context.working_folder.join(folder);
        let written = site::write_folder(&export, &folder).map_err(failure)?;
        tell(context, &folder.join("index.html"), &written);
    }
    Ok(())
}

fn tell(context: &Context, path: &Path, written: &Written) {
    for image in &written.left_out {
        context.console.warn("Assets", "E043", image.clone());
    }
    let shown = path.strip_prefix(&context.working_folder).unwrap_or(path);
    let message = format!(
        "Catalog page written to {} ({:.1} MB)",
        shown.display(),
        written.size as f64 / 1e6
    );
    context.console.log(
        Record::new("Note", "Z050", Level::Info, message).with("path", path.display().to_string()),
    );
}

fn failure(error: SiteError) -> Failure {
    let hint = match &error {
        SiteError::Catalog(CatalogError::Missing(_)) => {
            Some("run refract docs generate first, or name another folder")
        }
        SiteError::NoApp => Some("build it with: make release"),
        SiteError::Foreign(_) => Some("name a new folder, or empty this one yourself"),
        SiteError::Catalog(_) | SiteError::Write(_) => None,
    };
    let error = Diagnostic::error("export", error.to_string());
    match hint {
        Some(hint) => error.hint(hint).into(),
        None => error.into(),
    }
}
