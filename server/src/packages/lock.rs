//! `package-lock.yml`, so that dbt and Refract take each other's.

use compiler::yaml::Node;
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};

use super::cache::hex;
use super::dump;
use super::spec::Entry;

/// The file's name.
pub const FILE: &str = "package-lock.yml";

/// dbt's hash of what a project wants: SHA-1 over the entries as sorted JSON lines.
pub fn hash(entries: &[Entry]) -> String {
    let mut lines: Vec<&str> = entries.iter().map(|entry| entry.hashed.expose()).collect();
    lines.sort_unstable();
    hex(&Sha1::digest(lines.join("\n").as_bytes()))
}

/// The hash that a lock file was written for.
pub fn hash_in(text: &str) -> Option<String> {
    let document = compiler::yaml::load(text, FILE).ok()?;
    document
        .root
        .as_mapping()?
        .set("sha1_hash")
        .and_then(Node::scalar_text)
}

/// The text of a lock file.
pub fn text(packages: Vec<Map<String, Value>>, hash: &str) -> String {
    let mut root = Map::new();
    root.insert(
        "packages".to_owned(),
        Value::Array(packages.into_iter().map(Value::Object).collect()),
    );
    root.insert("sha1_hash".to_owned(), Value::from(hash));
    dump::yaml(&Value::Object(root))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use compiler::world::World;
    use serde_json::Map;

    use super::hash;
    use crate::packages::project::{Files, Reading};
    use crate::project::DiskWorld;

    /// The hashes are those of dbt 1.12.6.
    #[test]
    fn it_hashes_as_dbt_does() {
        let world: Arc<dyn World> = Arc::new(DiskWorld::new(std::env::temp_dir()));
        let reading = Reading {
            world: &world,
            vars: &Map::new(),
        };
        for (list, expected) in [
            (
                "- package: a/b\n  version: 1.3.3",
                "c75270152fc2b76e158e90b53f66c3e25bf14136",
            ),
            (
                "- package: a/b\n  version: [\">=1.0.0\", \"<2.0.0\"]\n  install_prerelease: true",
                "2f1e65f127f70e78eee5cc777c72e694c037f479",
            ),
            (
                "- git: https://h.org/a.git",
                "e88113796467a23883c24dd3d11f033fb4cade86",
            ),
            (
                "- git: \"https://{{ 's3cr3t' }}@h.org/a.git\"\n  revision: 1.0\n  warn-unpinned: false\n  subdirectory: \u{e9}/x",
                "a0c6c90f6dcf8be70dfb695f0133ce8bf6d0b98f",
            ),
            (
                "- git: https://h.org/a.git\n  revision: 3",
                "f111bbee037f1792d63b992aedeac07974be28d0",
            ),
            ("- local: ../x", "2eb88687c82ae2cd966a476e338919651d83079e"),
            (
                "- tarball: http://x\n  name: foo",
                "820fe5b6e7f36708887577348579fb93bb524aa0",
            ),
            (
                "- private: a/b\n  revision: main\n  provider: github",
                "b2ed6339f21427272f6b34316b5fdf47271bf41b",
            ),
            (
                "- package: a/b\n  version: 1.0.0\n- local: ../x",
                "3731d7a95b6174c5eebc642710acb178a9383283",
            ),
        ] {
            let files = Files {
                packages: Some(format!("packages:\n{list}\n")),
                ..Files::default()
            };
            let (wanted, warnings) = reading.root(&files).expect(list);
            assert!(warnings.0.is_empty(), "{warnings}");
            assert_eq!(hash(&wanted.entries), expected, "{list}");
        }
    }
}
