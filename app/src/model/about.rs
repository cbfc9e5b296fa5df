//! What a project says of itself: docs blocks that dbt shows as overviews, by their names.

use compiler::index::{CatalogIndex, IndexItem};

/// The docs block that is the root project's overview: `__overview__`, else `__NAME__` of the project. dbt's own text,
/// which is a block of the package `dbt`, is none, nor is that of another package.
pub fn overview(index: &CatalogIndex) -> Option<&IndexItem> {
    let name = &index.project.name;
    let own = |block: &str| {
        let mut docs = index.docs.iter();
        docs.find(|doc| doc.package == *name && doc.name == block)
    };
    own("__overview__").or_else(|| own(&format!("__{name}__")))
}

/// Overviews of the packages, by the package's name: the block `__PACKAGE__` of the root project, else of the package
/// itself, else the package's `__overview__`.
pub fn packages(index: &CatalogIndex) -> Vec<(&str, &IndexItem)> {
    let root = index.project.name.as_str();
    let mut names: Vec<&str> = index.docs.iter().map(|doc| doc.package.as_str()).collect();
    names.extend(index.nodes.iter().map(|node| &*node.package));
    names.sort_unstable();
    names.dedup();
    let of = |package: &str| {
        let block = format!("__{package}__");
        let mut found: Vec<&IndexItem> = index
            .docs
            .iter()
            .filter(|doc| {
                let is_own = doc.package == package;
                (is_own || doc.package == root) && doc.name == block
                    || is_own && doc.name == "__overview__"
            })
            .collect();
        found.sort_by_key(|doc| (doc.package != root, doc.name != block));
        found.into_iter().next()
    };
    let others = names.into_iter().filter(|name| *name != root);
    others.filter_map(|name| Some((name, of(name)?))).collect()
}

/// Whether a text is so long that its beginning is enough at first.
pub fn is_long(text: &str) -> bool {
    text.len() > 900 || text.lines().count() > 14 || text.contains("![")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(docs: &[&str]) -> CatalogIndex {
        let mut index = CatalogIndex::default();
        index.project.name = "shop".to_owned();
        index.docs = docs
            .iter()
            .map(|id| {
                let (package, name) = id.split_once('.').unwrap();
                IndexItem {
                    unique_id: format!("doc.{id}"),
                    name: name.to_owned(),
                    package: package.to_owned(),
                    ..IndexItem::default()
                }
            })
            .collect();
        index
    }

    #[test]
    fn the_overview_is_the_root_projects_own() {
        let of = |docs: &[&str]| overview(&index(docs)).map(|doc| doc.unique_id.clone());
        assert_eq!(
            of(&["utils.__overview__", "shop.__shop__", "shop.__overview__"]).as_deref(),
            Some("doc.shop.__overview__")
        );
        assert_eq!(of(&["shop.__shop__"]).as_deref(), Some("doc.shop.__shop__"));
        assert_eq!(of(&["dbt.__overview__", "utils.__overview__"]), None);
    }

    #[test]
    fn packages_have_overviews_too() {
        let index = index(&[
            "audit.__overview__",
            "audit.__audit__",
            "shop.__overview__",
            "shop.__utils__",
            "utils.__overview__",
            "utils.other",
            "silent.other",
        ]);
        let found: Vec<(&str, &str)> = packages(&index)
            .into_iter()
            .map(|(package, doc)| (package, doc.unique_id.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("audit", "doc.audit.__audit__"),
                ("utils", "doc.shop.__utils__")
            ]
        );
    }
}
