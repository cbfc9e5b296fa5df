//! Snapshots: `{% snapshot %}` blocks in SQL files, and those that a property file defines by a `relation`.

use serde_json::Map;

use super::assemble::Loader;
use super::nodes::text_checksum;
use super::properties::Entry;
use crate::artifacts::manifest::ResourceType;
use crate::diag::{Diagnostic, Diagnostics};
use crate::jinja::scan::{Block, BlockKind, scan, warn_of_strays};
use crate::parse::statics::{Reference, reference};

impl Loader {
    /// Snapshot blocks of one package. Snapshots may stand in the models' folders too.
    pub(super) fn add_snapshots(&mut self, package: usize, diagnostics: &mut Diagnostics) {
        for file in self.files(package, |files| &files.snapshots) {
            let Some(text) = self.read(&file, diagnostics) else {
                continue;
            };
            let blocks = match scan(&text, &file.world_path) {
                Ok(blocks) => blocks,
                Err(error) => {
                    diagnostics.push(error);
                    continue;
                }
            };
            warn_of_strays(&blocks, &file.world_path, diagnostics);
            for block in blocks
                .iter()
                .filter(|block| block.kind == BlockKind::Snapshot)
            {
                let mut folders = file.folders();
                folders.push(file.stem().to_owned());
                let fqn = self.fqn(package, folders, &block.name);
                let mut draft = self.sql_node(
                    ResourceType::Snapshot,
                    package,
                    &file,
                    &file.path,
                    fqn,
                    &text,
                );
                trimmed_body(block).clone_into(&mut draft.node.raw_code);
                draft.line = block.body_line;
                self.parse_code(&mut draft, diagnostics);
                self.add(draft, diagnostics);
            }
        }
    }

    /// A snapshot that a property file defines.
    pub(super) fn add_yaml_snapshot(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let Some(relation) = entry.node.set("relation") else {
            return;
        };
        let text = relation.scalar_text().unwrap_or_default();
        let fqn = self.fqn(entry.package, entry.file.folders(), &entry.name);
        let path = format!("{}.sql", entry.name);
        let mut draft = self.sql_node(
            ResourceType::Snapshot,
            entry.package,
            &entry.file,
            &path,
            fqn,
            "",
        );
        draft.node.raw_code = format!("select * from {{{{ {text} }}}}");
        let properties = self.world.read(&entry.file.world_path).unwrap_or_default();
        draft.node.checksum = text_checksum(properties.trim());
        draft.line = relation.at.line;
        match reference(&text) {
            Some(Reference::Ref(reference)) => draft.node.refs.push(reference),
            Some(Reference::Source(source)) => draft.node.sources.push(source),
            None => diagnostics.push(
                Diagnostic::error("snapshot-relation", format!("'{text}' is neither a ref() nor a source()"))
                    .at(relation.at.in_file(&entry.file.world_path))
                    .hint("write `relation: ref('my_model')` or `relation: source('my_source', 'my_table')`"),
            ),
        }
        self.apply_config(&mut draft, &Map::new(), &Map::new(), diagnostics);
        self.add(draft, diagnostics);
    }
}

/// A block's body without the white space that its tags' `-%}` and `{%-` take away.
fn trimmed_body(block: &Block) -> &str {
    let opening = block
        .text
        .split_once("%}")
        .is_some_and(|(tag, _)| tag.ends_with('-'));
    let closing = block
        .text
        .rsplit_once("{%")
        .is_some_and(|(_, tag)| tag.starts_with('-'));
    let body = if opening {
        block.body.trim_start()
    } else {
        &block.body
    };
    if closing { body.trim_end() } else { body }
}
