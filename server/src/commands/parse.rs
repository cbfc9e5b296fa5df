//! `refract parse`.

use std::time::Instant;

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use crate::console::summary::plural;
use crate::execute::write_manifest;

/// Reads the project and writes `manifest.json`.
pub fn parse(context: &Context) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let project = context.open_for_good()?;
    let seconds = begun.elapsed().as_secs_f64();
    let count = plural(project.manifest.nodes.len(), "node", "nodes");
    if context.settings.write_json {
        write_manifest(&project)?;
        let path = project.target_path.join("manifest.json");
        let path = path.strip_prefix(&context.working_folder).unwrap_or(&path);
        context.console.info(format!(
            "Parsed {count} in {seconds:.2}s, wrote {}",
            path.display()
        ));
    } else {
        context
            .console
            .info(format!("Parsed {count} in {seconds:.2}s"));
    }
    Ok(Exit::Fine)
}
