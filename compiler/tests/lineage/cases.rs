//! The cases in this folder: SQL with what is expected of it, over the relations at the file's beginning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use compiler::lineage::{Input, KnownColumns, Relations, StatementLineage, Use};

/// How much of a relation's columns the analysis is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    All,
    First,
    None,
}

/// A relation at a file's beginning.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) known: Known,
    /// Name and type (empty where the file gives none) in order.
    pub(crate) columns: Vec<(String, String)>,
}

/// SQL and the lines that are expected.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) sql: String,
    pub(crate) expected: Vec<String>,
}

/// One file of cases.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    pub(crate) relations: BTreeMap<String, Relation>,
    pub(crate) cases: Vec<Case>,
}

impl Relations for Cases {
    fn columns(&self, name: &[String]) -> Option<KnownColumns> {
        let relation = self.relations.get(&name.last()?.to_lowercase())?;
        let count = match relation.known {
            Known::All => relation.columns.len(),
            Known::First => 1,
            Known::None => return None,
        };
        let names = relation.columns.iter().take(count);
        Some(KnownColumns {
            names: names.map(|(name, _)| name.clone()).collect(),
            complete: relation.known == Known::All,
        })
    }
}

/// Reads a file: relations, then blocks of SQL with `>` lines; what is before the first relation is for people.
pub(crate) fn parse(text: &str) -> Cases {
    let mut all = Cases::default();
    let (head, body) = text
        .find("\n@")
        .map_or(("", text), |start| text.split_at(start + 1));
    assert!(
        !head.contains("\n>") || head.contains("expected"),
        "cases before the relations"
    );
    for block in body.split("\n\n") {
        let (mut sql, mut expected) = (Vec::new(), Vec::new());
        for line in block.lines() {
            match line.split_at(usize::from(!line.is_empty())) {
                ("@", relation) => {
                    let (name, relation) = parse_relation(relation);
                    all.relations.insert(name, relation);
                }
                ("#", _) => {}
                (">", line) => expected.push(line.trim().to_owned()),
                _ => sql.push(line),
            }
        }
        if !sql.is_empty() {
            assert!(!expected.is_empty(), "nothing is expected of {sql:?}");
            all.cases.push(Case {
                sql: sql.join("\n"),
                expected,
            });
        }
    }
    all
}

fn parse_relation(line: &str) -> (String, Relation) {
    let (known, line) = match line.split_at(1) {
        ("?", rest) => (Known::None, rest),
        ("~", rest) => (Known::First, rest),
        _ => (Known::All, line),
    };
    let (name, list) = line.split_once(':').expect("a relation has columns");
    let mut depth = 0;
    let columns = list.split(|letter: char| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    let columns = columns.map(|column| {
        let column = column.trim();
        let quoted = column
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'));
        if let Some((name, _)) = quoted {
            return (name.to_owned(), String::new());
        }
        let (name, kind) = column.split_once(' ').unwrap_or((column, ""));
        (name.to_owned(), kind.to_owned())
    });
    let relation = Relation {
        known,
        columns: columns.collect(),
    };
    (name.trim().to_owned(), relation)
}

/// The lines that describe a lineage, in the cases' own words.
pub(crate) fn lines(lineage: &StatementLineage) -> Vec<String> {
    let mut lines = Vec::new();
    let name = |relation: u32, column: &str| {
        let parts = &lineage.relations[relation as usize];
        format!(
            "{}.{column}",
            parts
                .last()
                .map(|part| part.to_lowercase())
                .unwrap_or_default()
        )
    };
    let columns = lineage.columns.iter().map(|column| {
        let mut line = if column.named {
            column.name.clone()
        } else {
            format!("`{}`", column.name)
        };
        let of = |usage: Use| {
            let inputs = column.inputs.iter().filter(|input| input.usage == usage);
            let names = inputs.map(|Input { from, .. }| name(from.relation, &from.column));
            names.collect::<Vec<_>>().join(", ")
        };
        for (mark, usage) in [('=', Use::Copy), ('~', Use::Transform)] {
            let names = of(usage);
            if !names.is_empty() {
                let _ = write!(line, " {mark} {names}");
            }
        }
        if !column.gaps.is_empty() {
            line.push_str(" ?");
        } else if column.inputs.is_empty() {
            line.push_str(" .");
        }
        line
    });
    let columns = columns.collect::<Vec<_>>().join("; ");
    if !columns.is_empty() {
        lines.push(columns);
    }
    if !lineage.filters.is_empty() {
        let filters = lineage.filters.iter();
        let names: Vec<String> = filters
            .map(|from| name(from.relation, &from.column))
            .collect();
        lines.push(format!("where: {}", names.join(", ")));
    }
    if !lineage.complete {
        lines.push("open".to_owned());
    }
    lines.extend(lineage.gaps.iter().map(|gap| format!("gap: {gap}")));
    lines
}
