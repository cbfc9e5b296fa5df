//! Seeds that are too large to be hashed: whether their content changed cannot be seen.

use crate::artifacts::manifest::{Manifest, Node, ResourceType};
use crate::diag::Diagnostic;

/// A seed is larger than before, and was hashed then.
pub const GREW: &str = "seed-increased";
/// A seed is where it was.
pub const SAME_PATH: &str = "seed-exceeds-limit-same-path";
/// A seed is elsewhere.
pub const OTHER_PATH: &str = "seed-exceeds-limit-and-path-changed";

/// A warning for each seed that an earlier manifest has too and that is known by its path, in dbt's words.
/// `limit` is how many MiB of a seed are hashed.
pub fn large_seeds(now: &Manifest, before: &Manifest, limit: u64) -> Vec<Diagnostic> {
    let seeds = now
        .nodes
        .values()
        .filter(|node| node.resource_type == ResourceType::Seed && node.checksum.name == "path");
    let warning = |node: &Node| {
        let old = &before.nodes.get(&node.unique_id)?.checksum;
        let (code, what) = if old.name != "path" {
            let what = format!(". The previous file was <={limit}MiB, so it has changed");
            (GREW, what)
        } else if *old == node.checksum {
            let what =
                " at the same path, dbt cannot tell if it has changed: assuming they are the same";
            (SAME_PATH, what.to_owned())
        } else {
            let what = ". The previous file was in a different location, assuming it has changed";
            (OTHER_PATH, what.to_owned())
        };
        let seed = format!("{}.{}", node.package_name, node.name);
        let message = format!("Found a seed ({seed}) >{limit}MiB in size{what}");
        let hint = "hash larger seeds too with --maximum-seed-size-mib; 0 hashes all";
        Some(Diagnostic::warning(code, message).hint(hint))
    };
    seeds.filter_map(warning).collect()
}
