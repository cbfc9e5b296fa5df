//! `refract serve` and `refract docs serve`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use compiler::diag::Diagnostic;

use super::context::Context;
use super::failure::Failure;
use super::{Exit, arguments, selection};
use crate::cli::docs::{AddressArgs, DocsServeArgs, ServeArgs};
use crate::console::Record;
use crate::execute::{Level, write_manifest};
use crate::project::assets;
use crate::serve::{ServeOptions, ServedProject, serve as listen};

/// Serves the project's catalog, with runs that can be started from the page.
pub fn serve(context: &Context, args: &ServeArgs) -> Result<Exit, Failure> {
    let project = context.open()?;
    // The page shows artifacts; a project that has never been run has at least its manifest.
    if !project.target_path.join("manifest.json").is_file() {
        write_manifest(&project)?;
    }
    for error in assets::copy(&project) {
        context.console.warn("Assets", "E043", error.to_string());
    }
    let served = ServedProject {
        root: project.root.clone(),
        open: context.open_options(),
        indirect: selection::indirect(context.settings.indirect_selection),
        state: context.settings.state.clone(),
        assets: project.file.paths.assets.clone(),
        options: context.run_options(arguments::of_invocation(context, None), None),
    };
    run(
        context,
        &args.address,
        project.target_path.clone(),
        Some(served),
    )
}

/// Serves artifacts as they are.
pub fn docs_serve(context: &Context, args: &DocsServeArgs) -> Result<Exit, Failure> {
    let artifacts = match &args.artifacts {
        Some(folder) => context.working_folder.join(folder),
        None => context.target_folder(),
    };
    if !artifacts.join("manifest.json").is_file() {
        let message = format!("there is no manifest.json in {}", artifacts.display());
        return Err(Diagnostic::error("no-artifacts", message)
            .hint("run refract docs generate first, or name a folder with --artifacts")
            .into());
    }
    run(context, &args.address, artifacts, None)
}

fn run(
    context: &Context,
    address: &AddressArgs,
    artifacts: PathBuf,
    project: Option<ServedProject>,
) -> Result<Exit, Failure> {
    let host = if address.host == "localhost" {
        "127.0.0.1"
    } else {
        &address.host
    };
    let host: IpAddr = host.parse().map_err(|_| {
        Diagnostic::error("bad-address", format!("'{host}' is no IP address")).hint("use 127.0.0.1")
    })?;
    let options = ServeOptions {
        host,
        port: address.port,
        artifacts,
        state: context.settings.state.clone(),
        project,
    };
    let ready = |address: SocketAddr| {
        let message = format!("Serving the catalog on http://{address} (Ctrl-C stops it)");
        context.console.log(
            Record::new("Note", "Z050", Level::Info, message)
                .with("url", format!("http://{address}")),
        );
    };
    listen(options, context.cancel.clone(), ready).map_err(|error| {
        let diagnostic = Diagnostic::error("serve", error.to_string());
        if matches!(error, crate::serve::ServeError::Listen { .. }) {
            diagnostic.hint("choose another port with --port; 0 takes a free one")
        } else {
            diagnostic
        }
    })?;
    Ok(Exit::Fine)
}
