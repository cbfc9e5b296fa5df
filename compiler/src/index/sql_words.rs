//! Words of SQL for the search: which nodes have which, each word once, so that a page can hold those of a large project.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::types::{IndexNode, NodePosition};

/// Words shorter than this, in bytes, are neither kept nor looked for: they are in everything.
const SHORTEST: usize = 3;

/// Longer ones are no words.
const LONGEST: usize = 64;

/// Words that almost every model has, so that they tell nothing of any.
const EVERYWHERE: [&str; 10] = [
    "and", "config", "from", "group", "not", "null", "ref", "select", "where", "with",
];

/// Words of the nodes' raw SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SqlWords {
    /// Distinct words in lower case, ascending, with a space between.
    words: String,
    /// How many nodes have each word.
    counts: Vec<u32>,
    /// The nodes of the first word, of the second, …: of each the lowest position, then the steps to the next.
    steps: Vec<NodePosition>,
}

impl SqlWords {
    /// The words of nodes' SQL, without the names of a node and its columns, which are found as such.
    pub(super) fn of<'a>(nodes: impl Iterator<Item = (&'a IndexNode, &'a str)>) -> Self {
        let mut found: BTreeMap<String, Vec<NodePosition>> = BTreeMap::new();
        for (position, (node, sql)) in nodes.enumerate() {
            let columns = node.columns.iter().map(|column| column.name.to_lowercase());
            let mut known: HashSet<String> = columns.collect();
            known.insert(node.name.to_lowercase());
            for word in words(sql) {
                let word = word.to_lowercase();
                if known.contains(&word) || EVERYWHERE.contains(&word.as_str()) {
                    continue;
                }
                match found.get_mut(&word) {
                    Some(nodes) => nodes.push(position as NodePosition),
                    None => drop(found.insert(word.clone(), vec![position as NodePosition])),
                }
                known.insert(word);
            }
        }
        let mut all = Self::default();
        for (word, nodes) in found {
            if !all.words.is_empty() {
                all.words.push(' ');
            }
            all.words.push_str(&word);
            all.counts.push(nodes.len() as u32);
            let mut before = 0;
            for node in nodes {
                all.steps.push(node - before);
                before = node;
            }
        }
        all
    }
}

/// Identifiers, key words and words of texts and comments.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let parts = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    parts.filter(|word| {
        (SHORTEST..=LONGEST).contains(&word.len()) && !word.starts_with(|c: char| c.is_numeric())
    })
}

/// Where the words and their nodes begin; small beside the words, which stay where they are.
#[derive(Debug, Clone, Default)]
pub(super) struct SqlPlaces {
    /// Where each word begins, and at last where one more would.
    words: Vec<u32>,
    /// The same for the steps.
    steps: Vec<u32>,
}

impl SqlPlaces {
    /// Places of some words; none where they do not fit together.
    pub(super) fn of(sql: &SqlWords) -> Self {
        let mut places = Self {
            words: vec![0],
            steps: vec![0],
        };
        for (word, count) in sql.words.split(' ').zip(&sql.counts) {
            places
                .words
                .push(places.words.last().copied().unwrap_or(0) + word.len() as u32 + 1);
            places
                .steps
                .push(places.steps.last().copied().unwrap_or(0) + count);
        }
        let fits = places.words.len() == sql.counts.len() + 1
            && places.steps.last().copied() == Some(sql.steps.len() as u32)
            && (sql.counts.is_empty()
                || places.words.last().copied() == Some(sql.words.len() as u32 + 1));
        if fits { places } else { Self::default() }
    }

    /// The nodes whose SQL has a word that begins with `word`, in lower case.
    pub(super) fn nodes(&self, sql: &SqlWords, word: &str) -> NodeSet {
        let mut found = NodeSet::default();
        if word.len() < SHORTEST || self.words.len() < 2 {
            return found;
        }
        let starts = &self.words[..self.words.len() - 1];
        let text = |at: usize| &sql.words[self.words[at] as usize..self.words[at + 1] as usize - 1];
        let first = starts.partition_point(|start| {
            let rest = &sql.words[*start as usize..];
            rest.split(' ').next().unwrap_or_default() < word
        });
        for at in first..starts.len() {
            if !text(at).starts_with(word) {
                break;
            }
            let steps = self.steps[at] as usize..self.steps[at + 1] as usize;
            let mut node: NodePosition = 0;
            for step in &sql.steps[steps] {
                node = node.saturating_add(*step);
                found.insert(node);
            }
        }
        found
    }
}

/// Some nodes, a bit for each.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeSet(Vec<u64>);

impl NodeSet {
    /// More nodes than any catalog has: what is beyond was not written by us.
    const MOST: NodePosition = 1 << 24;

    fn insert(&mut self, node: NodePosition) {
        if node >= Self::MOST {
            return;
        }
        let at = node as usize / 64;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (node % 64);
    }

    /// Whether a node is among them.
    pub(super) fn has(&self, node: NodePosition) -> bool {
        let bits = self.0.get(node as usize / 64);
        bits.is_some_and(|bits| bits & (1 << (node % 64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &SqlWords, word: &str) -> Vec<NodePosition> {
        let nodes = SqlPlaces::of(sql).nodes(sql, word);
        (0..200).filter(|node| nodes.has(*node)).collect()
    }

    fn sql_words(texts: &[(NodePosition, &str)]) -> SqlWords {
        let mut all: BTreeMap<String, Vec<NodePosition>> = BTreeMap::new();
        for (node, text) in texts {
            for word in words(text) {
                all.entry(word.to_lowercase()).or_default().push(*node);
            }
        }
        let mut made = SqlWords::default();
        for (word, nodes) in all {
            made.words += if made.words.is_empty() { "" } else { " " };
            made.words += &word;
            made.counts.push(nodes.len() as u32);
            let steps =
                std::iter::once(nodes[0]).chain(nodes.windows(2).map(|pair| pair[1] - pair[0]));
            made.steps.extend(steps);
        }
        made
    }

    #[test]
    fn words_are_found_by_how_they_begin() {
        let sql = sql_words(&[
            (3, "select qualify_me from {{ ref('a_table') }}"),
            (
                64,
                "row_number() over (order by QUALIFY_ME) -- g\u{fc}nstig",
            ),
            (130, "1abc + 2.5e3, 'a_tab'"),
        ]);
        assert_eq!(found(&sql, "qualify_me"), [3, 64]);
        assert_eq!(found(&sql, "qual"), [3, 64]);
        assert_eq!(found(&sql, "a_tab"), [3, 130]);
        assert_eq!(found(&sql, "g\u{fc}n"), [64]);
        for none in [
            "qualify_me_not",
            "me",
            "ab",
            "abc",
            "zzz",
            "_",
            "row number",
        ] {
            assert!(found(&sql, none).is_empty(), "{none}");
        }
    }

    #[test]
    fn what_does_not_fit_together_finds_nothing() {
        let sql = sql_words(&[(1, "first second"), (2, "second third")]);
        let broken = [
            SqlWords {
                counts: vec![1, 2],
                ..sql.clone()
            },
            SqlWords {
                steps: vec![1],
                ..sql.clone()
            },
            SqlWords {
                words: "first".to_owned(),
                ..sql.clone()
            },
            SqlWords::default(),
        ];
        assert_eq!(found(&sql, "second"), [1, 2]);
        for sql in broken {
            assert!(found(&sql, "second").is_empty(), "{sql:?}");
        }
        let beyond = SqlWords {
            steps: vec![1, u32::MAX, u32::MAX, 2],
            ..sql
        };
        assert!(found(&beyond, "third").is_empty() || found(&beyond, "third") == [2]);
    }
}
