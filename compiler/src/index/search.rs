//! Search over names, columns, tags, owners and descriptions: exact before prefix before part before typo.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::types::{CatalogIndex, IndexItem, IndexNode, NodePosition, Text};
use super::wire::FORMAT;
use crate::artifacts::manifest::ResourceType;
use crate::contract::Facts;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A node of the index.
    Node(NodePosition),
    /// A macro: position in [`CatalogIndex::macros`].
    Macro(u32),
    /// A docs block: position in [`CatalogIndex::docs`].
    Doc(u32),
}

/// Where a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// In the name.
    Name,
    /// In a column's name.
    Column,
    /// In a tag.
    Tag,
    /// In the owner, group, package, schema, folder or source.
    Place,
    /// In the description.
    Description,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub target: Target,
    /// Greater is better.
    pub score: u32,
    /// Where the weakest of the words was found, which says why the answer is here.
    pub field: Field,
    /// The column, where one was found.
    pub column: Option<Text>,
    /// Bytes of the label ([`IndexNode::label`], or the name) that the words match, ascending.
    pub marks: Vec<(usize, usize)>,
}

/// Descriptions for the search, the part of the catalog that is fetched when somebody searches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchTexts {
    /// Format, as the index has it; another one is refused.
    #[serde(deserialize_with = "super::wire::known_format")]
    pub format: u32,
    /// When the manifest was written; texts of another manifest do not fit the index.
    pub generated_at: String,
    /// Descriptions of the nodes in the index's order, without line breaks, cut after some 300 characters.
    pub descriptions: Vec<String>,
}

/// The descriptions that belong to an index.
pub fn search_texts(facts: &Facts<'_>, index: &CatalogIndex) -> SearchTexts {
    let manifest = facts.manifest;
    let description = |id: &str| {
        let node = manifest.nodes.get(id).map(|node| node.description.as_str());
        let source = || {
            manifest
                .sources
                .get(id)
                .map(|source| source.description.as_str())
        };
        let exposure = || {
            manifest
                .exposures
                .get(id)
                .map(|exposure| exposure.description.as_str())
        };
        let other = || {
            super::known::other(manifest, id)?
                .get("description")?
                .as_str()
        };
        node.or_else(source)
            .or_else(exposure)
            .or_else(other)
            .unwrap_or_default()
    };
    let short = |text: &str| {
        let mut short = String::new();
        for word in text.split_whitespace() {
            if short.len() + word.len() > 300 {
                break;
            }
            short.push_str(if short.is_empty() { "" } else { " " });
            short.push_str(word);
        }
        short
    };
    SearchTexts {
        format: FORMAT,
        generated_at: index.project.generated_at.clone(),
        descriptions: index
            .nodes
            .iter()
            .map(|node| short(description(&node.unique_id)))
            .collect(),
    }
}

/// What is searched, prepared once for an index.
#[derive(Debug, Clone, Default)]
pub struct Searcher {
    entries: Vec<Entry>,
    /// Distinct columns in lower case.
    columns: Vec<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    target: Target,
    /// Label in lower case; of the same length as the label, or empty marks would lie.
    label: String,
    /// Which letters and digits the label has; see [`letters`].
    letters: u64,
    tags: Vec<String>,
    places: Vec<String>,
    /// Positions in `Searcher::columns` with the name as written.
    columns: Vec<(u32, Text)>,
    description: String,
    weight: u32,
}

impl Searcher {
    /// Prepares an index; hidden nodes are left out.
    pub fn new(index: &CatalogIndex) -> Self {
        let mut searcher = Self::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for (position, node) in index
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| !node.hidden)
        {
            let columns = node.columns.iter().map(|column| {
                let lower = column.name.to_lowercase();
                let next = known.len() as u32;
                let at = *known.entry(lower.clone()).or_insert_with(|| {
                    searcher.columns.push(lower);
                    next
                });
                (at, column.name.clone())
            });
            let columns = columns.collect();
            searcher
                .entries
                .push(entry_of(position as u32, node, columns));
        }
        let items = |items: &[IndexItem], target: fn(u32) -> Target| -> Vec<Entry> {
            let entry = |(position, item): (usize, &IndexItem)| Entry {
                target: target(position as u32),
                letters: letters(&item.name.to_lowercase()),
                label: item.name.to_lowercase(),
                tags: Vec::new(),
                places: vec![item.package.to_lowercase()],
                columns: Vec::new(),
                description: String::new(),
                weight: 0,
            };
            items.iter().enumerate().map(entry).collect()
        };
        searcher.entries.extend(items(&index.macros, Target::Macro));
        searcher.entries.extend(items(&index.docs, Target::Doc));
        searcher
    }

    /// Adds descriptions; texts of another manifest are left out.
    pub fn add_texts(&mut self, index: &CatalogIndex, texts: &SearchTexts) {
        if texts.generated_at != index.project.generated_at {
            return;
        }
        for entry in &mut self.entries {
            if let Target::Node(position) = entry.target
                && let Some(text) = texts.descriptions.get(position as usize)
            {
                entry.description = text.to_lowercase();
            }
        }
    }

    /// The best answers, best first; each word must be found somewhere. An empty query finds nothing.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let query = query.to_lowercase();
        let words: Vec<Word<'_>> = query
            .split_whitespace()
            .map(|word| Word::new(word, &self.columns))
            .collect();
        if words.is_empty() {
            return Vec::new();
        }
        // Descriptions, abbreviations and typos cost most and rank last, so they are tried only where names,
        // columns, tags and places give too few answers.
        let found = |weak: bool| -> Vec<(usize, Hit)> {
            let hits = self
                .entries
                .iter()
                .filter_map(|entry| Some((entry.label.len(), entry.hit(&words, weak)?)));
            hits.collect()
        };
        let mut hits = found(false);
        if hits.len() < limit {
            hits = found(true);
        }
        hits.sort_by(|(left_length, left), (right_length, right)| {
            let order = right
                .score
                .cmp(&left.score)
                .then(left_length.cmp(right_length));
            order.then(left.target.cmp(&right.target))
        });
        hits.truncate(limit);
        hits.into_iter().map(|(_, hit)| hit).collect()
    }
}

fn entry_of(position: u32, node: &IndexNode, columns: Vec<(u32, Text)>) -> Entry {
    let places = [
        node.owner.as_deref(),
        node.group.as_deref(),
        node.schema.as_deref(),
        Some(&*node.package),
        node.path.rsplit_once('/').map(|(folder, _)| folder),
        node.exposure_type.as_deref(),
        Some(node.materialized()),
    ];
    Entry {
        target: Target::Node(position),
        letters: letters(&node.label().to_lowercase()),
        label: node.label().to_lowercase(),
        tags: node.tags.iter().map(|tag| tag.to_lowercase()).collect(),
        places: places
            .into_iter()
            .flatten()
            .filter(|place| !place.is_empty())
            .map(str::to_lowercase)
            .collect(),
        columns,
        description: String::new(),
        weight: match node.kind {
            ResourceType::Model => 4,
            ResourceType::Source | ResourceType::Exposure => 3,
            ResourceType::Seed | ResourceType::Snapshot | ResourceType::Metric => 2,
            _ => 1,
        },
    }
}

/// Score of a column whose name is one edit away.
const MISSPELT_COLUMN: u32 = 140;

/// A word of the query with its score in each distinct column, so that a column's name is looked at once.
struct Word<'a> {
    text: &'a str,
    letters: u64,
    columns: Vec<u32>,
}

impl<'a> Word<'a> {
    fn new(text: &'a str, columns: &[String]) -> Self {
        let score = |column: &String| match literal(column, text) {
            Some((Fit::Exact, _)) => 460,
            Some((Fit::Prefix, _)) => 420,
            Some((Fit::Part, _)) => 380,
            Some((Fit::Inside, _)) => 320,
            None if typo(column, text) => MISSPELT_COLUMN,
            None => 0,
        };
        Self {
            text,
            letters: letters(text),
            columns: columns.iter().map(score).collect(),
        }
    }
}

/// How a word lies in a name, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It is the name.
    Exact,
    /// The name starts with it.
    Prefix,
    /// A part of the name starts with it.
    Part,
    /// It is somewhere in the name.
    Inside,
}

/// Score, field, column and marks of one word in one entry.
type Found = (u32, Field, Option<Text>, Vec<(usize, usize)>);

impl Entry {
    fn hit(&self, words: &[Word<'_>], weak: bool) -> Option<Hit> {
        let (mut total, mut weakest, mut column, mut marks) =
            (0, (u32::MAX, Field::Name), None, Vec::new());
        for word in words {
            let (score, field, found, mark) = self.best(word, weak)?;
            total += score;
            column = column.or(found);
            marks.extend(mark);
            if score < weakest.0 {
                weakest = (score, field);
            }
        }
        marks.sort_unstable();
        marks.dedup();
        let score = 10 * total / words.len() as u32 + self.weight;
        Some(Hit {
            target: self.target,
            score,
            field: weakest.1,
            column,
            marks,
        })
    }

    fn best(&self, word: &Word<'_>, weak: bool) -> Option<Found> {
        let text = word.text;
        // A name without all the letters of the word can neither hold nor abbreviate it.
        let missing = (word.letters & !self.letters).count_ones();
        if missing == 0
            && let Some((fit, at)) = literal(&self.label, text)
        {
            let score = match fit {
                Fit::Exact => 1000,
                Fit::Prefix => 900,
                Fit::Part => 800,
                Fit::Inside => 700,
            };
            return Some((score, Field::Name, None, vec![(at, at + text.len())]));
        }
        let columns = self
            .columns
            .iter()
            .map(|(at, name)| (word.columns[*at as usize], name));
        // The first of equals, so that the answer does not depend on how the list is walked.
        let column = columns
            .rev()
            .max_by_key(|(score, _)| *score)
            .filter(|(score, _)| *score > 0);
        let within = |list: &[String], base: u32| {
            list.iter()
                .filter_map(|item| literal(item, text))
                .map(|(fit, _)| base - fit as u32 * 20)
                .max()
        };
        let strong = [
            within(&self.tags, 450).map(|score| (score, Field::Tag, None)),
            within(&self.places, 310).map(|score| (score, Field::Place, None)),
            column.map(|(score, name)| (score, Field::Column, Some(name.clone()))),
        ];
        let strong = strong
            .into_iter()
            .flatten()
            .max_by_key(|(score, ..)| *score);
        let strong = strong.filter(|(score, ..)| weak || *score > MISSPELT_COLUMN);
        let strong = strong.map(|(score, field, column)| (score, field, column, Vec::new()));
        if !weak
            || strong
                .as_ref()
                .is_some_and(|(score, ..)| *score > MISSPELT_COLUMN)
        {
            return strong;
        }
        if self.description.contains(text) {
            return Some((200, Field::Description, None, Vec::new()));
        }
        if missing == 0
            && let Some(marks) = subsequence(&self.label, text)
        {
            return Some((180, Field::Name, None, marks));
        }
        let misspelt = missing <= 1 && typo(&self.label, text);
        misspelt
            .then_some((160, Field::Name, None, Vec::new()))
            .or(strong)
    }
}

/// One bit for each letter and digit that a text has, and one for everything else.
fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |bits, byte| {
        bits | match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'0'..=b'9' => 1 << (26 + byte - b'0'),
            _ => 1 << 36,
        }
    })
}

fn literal(name: &str, word: &str) -> Option<(Fit, usize)> {
    if name.len() == word.len() {
        return (name == word).then_some((Fit::Exact, 0));
    }
    if name.starts_with(word) {
        return Some((Fit::Prefix, 0));
    }
    let mut first = None;
    for (at, _) in name.match_indices(word) {
        if is_border(name.as_bytes()[at - 1]) {
            return Some((Fit::Part, at));
        }
        first = first.or(Some((Fit::Inside, at)));
    }
    first
}

fn is_border(byte: u8) -> bool {
    matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ' | b':')
}

/// The letters of the word in order, each at the start of a part or directly after the one before:
/// `fuf` finds `fct_user_features`, `custmr` does not find everything.
fn subsequence(name: &str, word: &str) -> Option<Vec<(usize, usize)>> {
    if word.len() < 2 || !name.is_ascii() || !word.is_ascii() {
        return None;
    }
    let (name, word) = (name.as_bytes(), word.as_bytes());
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut next) = (0, 0);
    while next < word.len() {
        let follows = marks.last().is_some_and(|(_, end)| *end == at);
        let found = name.get(at)?;
        if *found == word[next] && (at == 0 || follows || is_border(name[at - 1])) {
            match marks.last_mut().filter(|(_, end)| *end == at) {
                Some(mark) => mark.1 = at + 1,
                None => marks.push((at, at + 1)),
            }
            next += 1;
        }
        at += 1;
    }
    Some(marks)
}

/// Whether the name, or a part of it, is one edit away from the word. Words of three letters and fewer are not
/// tried: one edit makes them anything.
fn typo(name: &str, word: &str) -> bool {
    word.len() > 3
        && (one_edit(name.as_bytes(), word.as_bytes())
            || name
                .split(['_', '.', '-', '/', ' '])
                .any(|part| one_edit(part.as_bytes(), word.as_bytes())))
}

/// One letter more, less or other, or two neighbours swapped. In bytes: a letter beyond ASCII counts as several.
fn one_edit(left: &[u8], right: &[u8]) -> bool {
    if left.len().abs_diff(right.len()) > 1 {
        return false;
    }
    let start = left
        .iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count();
    let (left, right) = (&left[start..], &right[start..]);
    match left.len().cmp(&right.len()) {
        std::cmp::Ordering::Greater => left[1..] == *right,
        std::cmp::Ordering::Less => *left == right[1..],
        std::cmp::Ordering::Equal => {
            left.is_empty()
                || left[1..] == right[1..]
                || (left.len() > 1
                    && left[0] == right[1]
                    && left[1] == right[0]
                    && left[2..] == right[2..])
        }
    }
}
