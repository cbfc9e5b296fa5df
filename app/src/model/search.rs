//! Answers of the search as they are shown.

use compiler::index::IndexItem;
use compiler::index::search::{Field, Hit, Target};

use super::catalog::Catalog;

/// One answer, ready to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Unique id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Kind as unique ids spell it.
    pub kind: &'static str,
    /// The label in pieces, each with whether it matches.
    pub pieces: Vec<(String, bool)>,
    /// Where it lies, such as its folder.
    pub place: String,
    /// Why it is an answer where the name does not show it.
    pub why: Option<String>,
}

/// An answer with names from the catalog.
pub fn found(catalog: &Catalog, hit: &Hit) -> Found {
    let item = |item: &IndexItem, kind| {
        (
            item.unique_id.clone(),
            item.name.clone(),
            kind,
            item.path.clone(),
        )
    };
    let (id, label, kind, place) = match hit.target {
        Target::Node(at) => {
            let node = catalog.at(at);
            (
                node.unique_id.clone(),
                node.label(),
                node.kind.as_str(),
                folder(&node.path),
            )
        }
        Target::Macro(at) => item(&catalog.index.macros[at as usize], "macro"),
        Target::Doc(at) => item(&catalog.index.docs[at as usize], "doc"),
        Target::Group(at) => item(&catalog.index.groups[at as usize], "group"),
    };
    let why = match (hit.field, &hit.column) {
        (_, Some(column)) => Some(format!("column {column}")),
        (Field::Name, None) => None,
        (Field::Column, None) => Some("a column".to_owned()),
        (Field::Tag, None) => Some("a tag".to_owned()),
        (Field::Place, None) => Some("its place".to_owned()),
        (Field::Description, None) => Some("its description".to_owned()),
        (Field::Sql, None) => Some("its SQL".to_owned()),
    };
    let pieces = pieces(&label, &hit.marks);
    Found {
        id,
        label,
        kind,
        pieces,
        place,
        why,
    }
}

fn folder(path: &str) -> String {
    super::facets::folder(path).to_owned()
}

/// A label cut at its marks; marks that do not fit it are left out.
fn pieces(label: &str, marks: &[(usize, usize)]) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    let mut at = 0;
    for &(start, end) in marks {
        let (Some(before), Some(inside)) = (label.get(at..start), label.get(start..end)) else {
            continue;
        };
        if !before.is_empty() {
            out.push((before.to_owned(), false));
        }
        out.push((inside.to_owned(), true));
        at = end;
    }
    if at < label.len() {
        out.push((label[at..].to_owned(), false));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cut_at_its_marks() {
        let cut = |marks: &[(usize, usize)]| {
            pieces("fct_orders", marks)
                .into_iter()
                .map(|(text, lit)| if lit { format!("[{text}]") } else { text })
                .collect::<String>()
        };
        assert_eq!(cut(&[(4, 7)]), "fct_[ord]ers");
        assert_eq!(cut(&[(0, 3), (4, 10)]), "[fct]_[orders]");
        assert_eq!(
            cut(&[(4, 99)]),
            "fct_orders",
            "a mark outside of the label is no reason to fail"
        );
        assert_eq!(cut(&[]), "fct_orders");
    }
}
