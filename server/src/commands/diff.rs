//! `refract docs diff`.

use std::fs;

use compiler::diag::Diagnostic;
use compiler::index::{Side, changes};
use serde_json::{Map, json};

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use super::lineage::read_catalog;
use crate::cli::docs::{DiffArgs, LineageOutput};
use crate::lineage;

/// Says what changed since the state, and what is downstream of it.
pub fn diff(context: &Context, args: &DiffArgs) -> Result<Exit, Failure> {
    let Some(folder) = &context.settings.state else {
        return Err(
            Diagnostic::error("no-state", "there is nothing to compare with")
                .hint("name a folder with artifacts: --state DIR")
                .into(),
        );
    };
    let path = folder.join("manifest.json");
    let text = fs::read_to_string(&path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Diagnostic::error("no-state", message)
            .hint("--state takes a folder with the artifacts of an earlier command")
    })?;
    let before = compiler::artifacts::read::manifest(&text).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Diagnostic::error("artifact", message)
    })?;
    let project = context.open()?;
    let target = &project.target_path;
    let now_catalog = read_catalog(&target.join("catalog.json"))?;
    let before_catalog = read_catalog(&folder.join("catalog.json"))?;
    let now_lineage = lineage::read(
        &project.manifest,
        now_catalog.as_ref(),
        target,
        Some(&project.root),
        None,
    );
    let before_lineage = lineage::read(&before, before_catalog.as_ref(), folder, None, None);
    let found = changes(
        Side {
            manifest: &project.manifest,
            catalog: now_catalog.as_ref(),
            lineage: now_lineage.lineage(),
        },
        Side {
            manifest: &before,
            catalog: before_catalog.as_ref(),
            lineage: before_lineage.lineage(),
        },
    )?;
    let text = match args.output {
        LineageOutput::Text => found.text(),
        LineageOutput::Markdown => found.markdown(),
        LineageOutput::Json => json!(found).to_string(),
    };
    let text = text.trim_end();
    let mut data = Map::new();
    data.insert("msg".into(), text.into());
    context.console.product("Changes", "Z903", text, data);
    Ok(Exit::Fine)
}
