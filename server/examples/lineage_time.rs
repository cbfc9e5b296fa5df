//! Prints how long the column lineage of a project takes: cold, with nothing changed, and after one model changed.
//!
//! `cargo run --release -p server --example lineage_time -- PROJECT/target/manifest.json`

use std::time::Instant;

use compiler::artifacts::manifest::Node;
use compiler::lineage::ProjectLineage;

fn main() -> anyhow::Result<()> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/manifest.json".to_owned());
    let mut manifest = compiler::artifacts::read::manifest(&std::fs::read_to_string(path)?)?;
    let mut project = ProjectLineage::default();
    for round in ["cold", "nothing changed", "one model changed"] {
        if round == "one model changed" {
            let mut nodes = manifest.nodes.values_mut();
            let compiled = nodes.find_map(|node| node.compiled_code.as_mut());
            compiled
                .ok_or_else(|| anyhow::anyhow!("no SQL in the manifest is compiled"))?
                .push_str("\nlimit 1");
        }
        let start = Instant::now();
        project = ProjectLineage::new(&manifest, None, &|_: &Node| None, Some(&project));
        let seconds = start.elapsed().as_secs_f64();
        let lineage = project.lineage();
        let columns: usize = lineage.nodes.iter().map(|node| node.columns.len()).sum();
        let gaps: usize = lineage.nodes.iter().map(|node| node.gaps.len()).sum();
        let read = project.analysed();
        eprintln!(
            "{round}: {seconds:.3} s, {read} statements read, {} nodes, {columns} columns, {gaps} gaps",
            lineage.nodes.len()
        );
    }
    let size = serde_json::to_vec(project.lineage().as_ref())?.len();
    eprintln!("as JSON: {} KB", size / 1024);
    Ok(())
}
