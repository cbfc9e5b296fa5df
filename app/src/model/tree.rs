//! The tree at the left: nodes by folder of the project, or by place in the database.

use std::collections::HashSet;

use compiler::artifacts::manifest::ResourceType;
use compiler::index::{CatalogIndex, IndexNode};

use super::status::{Tone, node_tone};

/// A folder with what is in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folder {
    /// Names from the top, joined by `/`; stays the same when the index is read again.
    pub key: String,
    /// Its own name.
    pub name: String,
    /// Folders in it, by name.
    pub folders: Vec<Folder>,
    /// Resources in it, by name.
    pub leaves: Vec<Leaf>,
    /// Resources in it and below.
    pub count: usize,
}

/// A resource in the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Unique id.
    pub id: String,
    /// Name in the tree.
    pub name: String,
    /// Kind as unique ids spell it.
    pub kind: &'static str,
    /// State at a glance.
    pub tone: Tone,
}

/// One line of the tree as it is open now.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Levels above it.
    pub depth: usize,
    /// What it is.
    pub item: RowItem,
}

/// What a line shows.
#[derive(Debug, Clone, PartialEq)]
pub enum RowItem {
    /// A folder: key, name, resources below, whether it is open.
    Folder {
        /// See [`Folder::key`].
        key: String,
        /// See [`Folder::name`].
        name: String,
        /// See [`Folder::count`].
        count: usize,
        /// Whether its content follows.
        open: bool,
    },
    /// A resource.
    Leaf(Leaf),
}

/// Nodes by folder: the root project's first, then sources, exposures, groups, macros and the other packages.
pub fn by_folder(index: &CatalogIndex) -> Vec<Folder> {
    let project = index.project.name.as_str();
    let mut top = Folder::default();
    let mut sources = Folder::default();
    let mut exposures = Folder::default();
    let mut groups = Folder::default();
    let mut macros = Folder::default();
    let mut packages = Folder::default();
    for node in index.nodes.iter().filter(|node| !node.hidden) {
        let leaf = leaf(node, node.name.clone());
        let folder = match node.kind {
            ResourceType::Source => &mut sources,
            ResourceType::Exposure => &mut exposures,
            _ if &*node.package == project => &mut top,
            _ => &mut packages,
        };
        insert(folder, &folders_of(node, project), leaf);
    }
    for item in &index.macros {
        let leaf = Leaf {
            id: item.unique_id.clone(),
            name: item.name.clone(),
            kind: "macro",
            tone: Tone::Idle,
        };
        if item.package == project {
            insert(&mut macros, &["Macros"], leaf);
        } else {
            insert(&mut packages, &[&item.package, "macros"], leaf);
        }
    }
    for item in &index.groups {
        let leaf = Leaf {
            id: item.unique_id.clone(),
            name: item.name.clone(),
            kind: "group",
            tone: Tone::Idle,
        };
        insert(&mut groups, &["Groups"], leaf);
    }
    let mut folders = Vec::new();
    for mut part in [top, sources, exposures, groups, macros, packages] {
        finish(&mut part);
        folders.append(&mut part.folders);
    }
    folders
}

/// Where a resource lies in its project, from the top: sources by their names, what is another package's below that.
pub fn folders_of<'a>(node: &'a IndexNode, project: &str) -> Vec<&'a str> {
    match node.kind {
        ResourceType::Source => vec!["Sources", node.source.as_deref().unwrap_or("source")],
        ResourceType::Exposure => vec!["Exposures"],
        _ => {
            let mut path: Vec<&str> = node.path.split('/').collect();
            path.pop();
            if &*node.package != project {
                path.insert(0, &node.package);
            }
            path
        }
    }
}

/// Nodes with a relation by database and schema.
pub fn by_database(index: &CatalogIndex) -> Vec<Folder> {
    let mut top = Folder::default();
    for node in index.nodes.iter().filter(|node| !node.hidden) {
        let Some(relation) = node.relation.as_deref() else {
            continue;
        };
        let path = [
            node.database.as_deref().unwrap_or("database"),
            node.schema.as_deref().unwrap_or("schema"),
        ];
        insert(&mut top, &path, leaf(node, relation.to_owned()));
    }
    finish(&mut top);
    top.folders
}

fn leaf(node: &IndexNode, name: String) -> Leaf {
    let name = match &node.version {
        Some(version) if name == node.name => format!("{name}.v{version}"),
        _ => name,
    };
    Leaf {
        id: node.unique_id.clone(),
        name,
        kind: node.kind.as_str(),
        tone: node_tone(node),
    }
}

fn insert(folder: &mut Folder, path: &[&str], leaf: Leaf) {
    let Some((first, rest)) = path.split_first() else {
        folder.leaves.push(leaf);
        return;
    };
    let at = folder
        .folders
        .iter()
        .rposition(|child| child.name == *first)
        .unwrap_or_else(|| {
            let key = if folder.key.is_empty() {
                (*first).to_owned()
            } else {
                format!("{}/{first}", folder.key)
            };
            folder.folders.push(Folder {
                key,
                name: (*first).to_owned(),
                ..Folder::default()
            });
            folder.folders.len() - 1
        });
    insert(&mut folder.folders[at], rest, leaf);
}

fn finish(folder: &mut Folder) {
    folder.folders.sort_by(|a, b| a.name.cmp(&b.name));
    folder
        .leaves
        .sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
    for child in &mut folder.folders {
        finish(child);
    }
    folder.count = folder.leaves.len()
        + folder
            .folders
            .iter()
            .map(|child| child.count)
            .sum::<usize>();
}

/// The lines to show. With a filter everything that matches is open, whatever `open` says.
pub fn rows(folders: &[Folder], open: &HashSet<String>, filter: &str) -> Vec<Row> {
    let filter = filter.trim().to_lowercase();
    let mut out = Vec::new();
    for folder in folders {
        walk(folder, 0, open, &filter, &mut out);
    }
    out
}

fn walk(
    folder: &Folder,
    depth: usize,
    open: &HashSet<String>,
    filter: &str,
    out: &mut Vec<Row>,
) -> usize {
    let at = out.len();
    let is_open = !filter.is_empty() || open.contains(&folder.key);
    out.push(Row {
        depth,
        item: RowItem::Folder {
            key: folder.key.clone(),
            name: folder.name.clone(),
            count: folder.count,
            open: is_open,
        },
    });
    if !is_open {
        return folder.count;
    }
    let mut shown = 0;
    for child in &folder.folders {
        shown += walk(child, depth + 1, open, filter, out);
    }
    for leaf in &folder.leaves {
        if filter.is_empty() || leaf.name.to_lowercase().contains(filter) {
            shown += 1;
            out.push(Row {
                depth: depth + 1,
                item: RowItem::Leaf(leaf.clone()),
            });
        }
    }
    if !filter.is_empty() {
        if shown == 0 {
            out.truncate(at);
        } else if let RowItem::Folder { count, .. } = &mut out[at].item {
            *count = shown;
        }
    }
    shown
}

/// Keys of the folders that hold a resource, so that its page can open them.
pub fn path_to(folders: &[Folder], id: &str) -> Vec<String> {
    for folder in folders {
        if folder.leaves.iter().any(|leaf| leaf.id == id) {
            return vec![folder.key.clone()];
        }
        let mut below = path_to(&folder.folders, id);
        if !below.is_empty() {
            below.push(folder.key.clone());
            return below;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Vec<Folder> {
        let mut top = Folder::default();
        for (path, name) in [
            (vec!["models", "staging"], "stg_orders"),
            (vec!["models", "marts", "ml"], "fct_user_features"),
            (vec!["models", "marts"], "dim_customer"),
            (vec!["seeds"], "countries"),
        ] {
            let leaf = Leaf {
                id: format!("model.shop.{name}"),
                name: name.to_owned(),
                kind: "model",
                tone: Tone::Idle,
            };
            insert(&mut top, &path, leaf);
        }
        finish(&mut top);
        top.folders
    }

    fn show(rows: &[Row]) -> String {
        let line = |row: &Row| match &row.item {
            RowItem::Folder {
                name, count, open, ..
            } => {
                format!(
                    "{}{} {name} {count}",
                    "  ".repeat(row.depth),
                    if *open { "-" } else { "+" }
                )
            }
            RowItem::Leaf(leaf) => format!("{}{}", "  ".repeat(row.depth), leaf.name),
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn folders_come_before_leaves_and_closed_ones_hide_theirs() {
        let open = HashSet::from(["models".to_owned(), "models/marts".to_owned()]);
        assert_eq!(
            show(&rows(&tree(), &open, "")),
            "- models 3\n  - marts 2\n    + ml 1\n    dim_customer\n  + staging 1\n+ seeds 1"
        );
    }

    #[test]
    fn a_filter_opens_what_matches_and_leaves_out_the_rest() {
        assert_eq!(
            show(&rows(&tree(), &HashSet::new(), " USER ")),
            "- models 1\n  - marts 1\n    - ml 1\n      fct_user_features"
        );
        assert!(rows(&tree(), &HashSet::new(), "nothing").is_empty());
    }

    #[test]
    fn the_way_to_a_resource_names_every_folder_on_it() {
        assert_eq!(
            path_to(&tree(), "model.shop.fct_user_features"),
            ["models/marts/ml", "models/marts", "models"]
        );
        assert!(path_to(&tree(), "model.shop.none").is_empty());
    }
}
