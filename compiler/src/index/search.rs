//! Search over names, columns, tags, owners, descriptions and SQL: exact before prefix before part before typo, and what
//! only the SQL has at last.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::sql_words::{NodeSet, SqlPlaces, SqlWords};
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
    /// A group: position in [`CatalogIndex::groups`].
    Group(u32),
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
    /// In the SQL as it is written.
    Sql,
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

/// Descriptions and words of SQL for the search, the part of the catalog that is fetched when somebody searches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchTexts {
    /// Format, as the index has it; another one is refused.
    #[serde(deserialize_with = "super::wire::known_format")]
    pub format: u32,
    /// When the manifest was written; texts of another manifest do not fit the index.
    pub generated_at: String,
    /// Descriptions of the nodes in the index's order, without line breaks, cut after some 300 characters.
    pub descriptions: Vec<String>,
    /// Words of SQL with the nodes that have them.
    #[serde(default)]
    pub sql: SqlWords,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The best of those that were to be kept, best first.
    pub hits: Vec<Hit>,
    /// Everything that was found, in no order.
    pub all: Vec<Target>,
}

/// The descriptions and words that belong to an index.
pub fn search_texts(facts: &Facts<'_>, index: &CatalogIndex) -> SearchTexts {
    let manifest = facts.manifest;
    let description = |id: &str| {
        let node = manifest.node(id).map(|node| node.description.as_str());
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
        sql: SqlWords::of(index.nodes.iter().map(|node| {
            let own = manifest.node(&node.unique_id);
            (node, own.map_or("", |own| own.raw_code.as_str()))
        })),
    }
}

/// What is searched, prepared once for an index. Columns, tags and places recur from node to node, so each distinct one
/// is kept, and looked at, once.
#[derive(Debug, Clone, Default)]
pub struct Searcher {
    entries: Vec<Entry>,
    columns: Terms,
    tags: Terms,
    places: Terms,
    /// The texts, whose words of SQL are not copied.
    texts: Option<Arc<SearchTexts>>,
    sql: SqlPlaces,
}

/// Distinct texts in lower case.
#[derive(Debug, Clone, Default)]
struct Terms {
    texts: Vec<String>,
    /// Which letters and digits each has; see [`letters`].
    letters: Vec<u64>,
    /// Positions by text while terms are added; empty afterwards.
    known: HashMap<String, u32>,
}

impl Terms {
    /// The position of a text, which is added where it is new.
    fn add(&mut self, text: &str) -> u32 {
        let lower = text.to_lowercase();
        if let Some(at) = self.known.get(&lower) {
            return *at;
        }
        let at = self.texts.len() as u32;
        self.letters.push(letters(&lower));
        self.texts.push(lower.clone());
        self.known.insert(lower, at);
        at
    }

    /// A score for each text, which is told how many letters of the word are missing in it.
    fn scores(&self, word: u64, score: impl Fn(&str, u32) -> u32) -> Scores {
        let texts = self.letters.iter().zip(&self.texts);
        let all = texts.map(|(letters, text)| score(text, (word & !letters).count_ones()));
        let all: Vec<u32> = all.collect();
        Scores {
            any: all.iter().any(|score| *score > 0),
            all,
        }
    }
}

/// What a word is worth in each of some [`Terms`].
struct Scores {
    all: Vec<u32>,
    /// Whether it is worth anything anywhere.
    any: bool,
}

impl Scores {
    fn of(&self, term: u32) -> u32 {
        self.all[term as usize]
    }
}

#[derive(Debug, Clone)]
struct Entry {
    target: Target,
    /// Label in lower case; of the same length as the label, or empty marks would lie.
    label: String,
    /// Which letters and digits the label has; see [`letters`].
    letters: u64,
    /// Positions in `Searcher::tags`.
    tags: Vec<u32>,
    /// Positions in `Searcher::places`.
    places: Vec<u32>,
    /// Positions in `Searcher::columns` with the name as written.
    columns: Vec<(u32, Text)>,
    description: String,
    weight: u32,
}

impl Searcher {
    /// Prepares an index; hidden nodes are left out.
    pub fn new(index: &CatalogIndex) -> Self {
        let mut searcher = Self::default();
        for (position, node) in index
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| !node.hidden)
        {
            let entry = searcher.entry_of(position as u32, node);
            searcher.entries.push(entry);
        }
        searcher.add_items(&index.macros, Target::Macro);
        searcher.add_items(&index.docs, Target::Doc);
        searcher.add_items(&index.groups, Target::Group);
        for terms in [
            &mut searcher.columns,
            &mut searcher.tags,
            &mut searcher.places,
        ] {
            terms.known = HashMap::new();
        }
        searcher
    }

    fn add_items(&mut self, items: &[IndexItem], target: fn(u32) -> Target) {
        for (position, item) in items.iter().enumerate() {
            let label = item.name.to_lowercase();
            let entry = Entry {
                target: target(position as u32),
                letters: letters(&label),
                label,
                tags: Vec::new(),
                places: vec![self.places.add(&item.package)],
                columns: Vec::new(),
                description: String::new(),
                weight: 0,
            };
            self.entries.push(entry);
        }
    }

    /// Adds descriptions and SQL; texts of another manifest are left out.
    pub fn add_texts(&mut self, index: &CatalogIndex, texts: &Arc<SearchTexts>) {
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
        self.sql = SqlPlaces::of(&texts.sql);
        self.texts = Some(Arc::clone(texts));
    }

    /// The best answers, best first; each word must be found somewhere. An empty query finds nothing.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        self.answers(query, limit, |_| true).hits
    }

    /// As [`Searcher::search`] among what is to be kept, with everything that was found.
    pub fn answers(&self, query: &str, limit: usize, keep: impl Fn(Target) -> bool) -> Answers {
        let query = query.to_lowercase();
        let mut words: Vec<Word<'_>> = query
            .split_whitespace()
            .map(|word| Word::new(word, self))
            .collect();
        if words.is_empty() || limit == 0 {
            return Answers::default();
        }
        // Descriptions, SQL, abbreviations and typos cost most and rank last, so they are tried only where names,
        // columns, tags and places give too few answers.
        let mut weak = false;
        let mut ranks = self.ranks(&words, weak);
        if ranks
            .iter()
            .filter(|rank| keep(rank.target))
            .take(limit)
            .count()
            < limit
        {
            weak = true;
            for word in &mut words {
                word.sql = self.sql_with(word.text);
            }
            ranks = self.ranks(&words, weak);
        }
        let all = ranks.iter().map(|rank| rank.target).collect();
        ranks.retain(|rank| keep(rank.target));
        if ranks.len() > limit {
            ranks.select_nth_unstable_by(limit - 1, Rank::compare);
            ranks.truncate(limit);
        }
        ranks.sort_unstable_by(Rank::compare);
        let entries = ranks.iter().map(|rank| &self.entries[rank.entry]);
        let hits = entries.filter_map(|entry| entry.hit(&words, weak));
        Answers {
            hits: hits.collect(),
            all,
        }
    }

    /// The nodes whose SQL has a word.
    fn sql_with(&self, word: &str) -> NodeSet {
        let texts = self.texts.as_ref();
        texts.map_or_else(NodeSet::default, |texts| self.sql.nodes(&texts.sql, word))
    }

    /// Everything that has all the words, in no order.
    fn ranks(&self, words: &[Word<'_>], weak: bool) -> Vec<Rank> {
        let rank = |(at, entry): (usize, &Entry)| {
            Some(Rank {
                score: entry.score(words, weak)?,
                length: entry.label.len(),
                target: entry.target,
                entry: at,
            })
        };
        self.entries.iter().enumerate().filter_map(rank).collect()
    }

    fn entry_of(&mut self, position: u32, node: &IndexNode) -> Entry {
        let places = [
            node.owner.as_deref(),
            node.group.as_deref(),
            node.schema.as_deref(),
            Some(&*node.package),
            node.path.rsplit_once('/').map(|(folder, _)| folder),
            node.exposure_type.as_deref(),
            Some(node.materialized()),
        ];
        let places = places.into_iter().flatten();
        let places = places.filter(|place| !place.is_empty());
        let columns = node.columns.iter();
        let label = node.label().to_lowercase();
        Entry {
            target: Target::Node(position),
            letters: letters(&label),
            label,
            tags: node.tags.iter().map(|tag| self.tags.add(tag)).collect(),
            places: places.map(|place| self.places.add(place)).collect(),
            columns: columns
                .map(|column| (self.columns.add(&column.name), column.name.clone()))
                .collect(),
            description: String::new(),
            weight: match node.kind {
                ResourceType::Model => 4,
                ResourceType::Source | ResourceType::Exposure => 3,
                ResourceType::Seed | ResourceType::Snapshot | ResourceType::Metric => 2,
                _ => 1,
            },
        }
    }
}

/// How an entry stands among the answers.
struct Rank {
    score: u32,
    length: usize,
    target: Target,
    entry: usize,
}

impl Rank {
    /// Best first; of equals the shorter, then the earlier.
    fn compare(left: &Self, right: &Self) -> Ordering {
        let order = right.score.cmp(&left.score);
        let order = order.then(left.length.cmp(&right.length));
        order.then(left.target.cmp(&right.target))
    }
}

/// Score of a name that has the word's letters at the starts of its parts.
const ABBREVIATED: u32 = 180;

/// Score of a column whose name is one edit away.
const MISSPELT_COLUMN: u32 = 140;

/// Score of a word that only the SQL has.
const IN_SQL: u32 = 100;

/// A word of the query with its score in each distinct column, tag and place.
struct Word<'a> {
    text: &'a str,
    finder: Finder<'a>,
    letters: u64,
    columns: Scores,
    tags: Scores,
    places: Scores,
    /// The nodes whose SQL has it; empty until that is tried.
    sql: NodeSet,
}

impl<'a> Word<'a> {
    fn new(text: &'a str, searcher: &Searcher) -> Self {
        let finder = Finder::new(text);
        // Only what has all the letters of the word can hold it, and only what lacks one at most can be it misspelt: most
        // names are done with at that.
        let found = |term: &str, missing: u32| {
            let found = (missing == 0).then(|| literal(term, text, &finder));
            found.flatten().map(|(fit, _)| fit)
        };
        let column = |column: &str, missing: u32| match found(column, missing) {
            Some(Fit::Exact) => 460,
            Some(Fit::Prefix) => 420,
            Some(Fit::Part) => 380,
            Some(Fit::Inside) => 320,
            None if missing <= 1 && typo(column, text) => MISSPELT_COLUMN,
            None => 0,
        };
        let letters = letters(text);
        let scores = |terms: &Terms, base: u32| {
            terms.scores(letters, |term, missing| {
                found(term, missing).map_or(0, |fit| base - fit as u32 * 20)
            })
        };
        Self {
            text,
            letters,
            columns: searcher.columns.scores(letters, column),
            tags: scores(&searcher.tags, 450),
            places: scores(&searcher.places, 310),
            sql: NodeSet::default(),
            finder,
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

/// What one word is worth in one entry.
struct Found<'e> {
    score: u32,
    field: Field,
    column: Option<&'e Text>,
}

impl Found<'_> {
    fn new(score: u32, field: Field) -> Self {
        Self {
            score,
            field,
            column: None,
        }
    }
}

impl Entry {
    /// What it is worth; `None` where a word is nowhere in it.
    fn score(&self, words: &[Word<'_>], weak: bool) -> Option<u32> {
        let mut total = 0;
        for word in words {
            total += self.best(word, weak)?.score;
        }
        Some(10 * total / words.len() as u32 + self.weight)
    }

    /// The answer that it is.
    fn hit(&self, words: &[Word<'_>], weak: bool) -> Option<Hit> {
        let (mut weakest, mut column, mut marks) = ((u32::MAX, Field::Name), None, Vec::new());
        for word in words {
            let found = self.best(word, weak)?;
            column = column.or(found.column);
            if found.field == Field::Name {
                marks.extend(self.marks(word, found.score));
            }
            if found.score < weakest.0 {
                weakest = (found.score, found.field);
            }
        }
        marks.sort_unstable();
        marks.dedup();
        Some(Hit {
            target: self.target,
            score: self.score(words, weak)?,
            field: weakest.1,
            column: column.cloned(),
            marks,
        })
    }

    /// Bytes of the label that a word matches.
    fn marks(&self, word: &Word<'_>, score: u32) -> Vec<(usize, usize)> {
        match score {
            ABBREVIATED => subsequence(&self.label, word.text).unwrap_or_default(),
            _ => literal(&self.label, word.text, &word.finder)
                .map(|(_, at)| (at, at + word.text.len()))
                .into_iter()
                .collect(),
        }
    }

    fn best(&self, word: &Word<'_>, weak: bool) -> Option<Found<'_>> {
        let text = word.text;
        // A name without all the letters of the word can neither hold nor abbreviate it.
        let missing = (word.letters & !self.letters).count_ones();
        if missing == 0
            && let Some((fit, _)) = literal(&self.label, text, &word.finder)
        {
            let score = match fit {
                Fit::Exact => 1000,
                Fit::Prefix => 900,
                Fit::Part => 800,
                Fit::Inside => 700,
            };
            return Some(Found::new(score, Field::Name));
        }
        let within = |terms: &[u32], scores: &Scores, field| {
            let scores = terms.iter().map(|at| scores.of(*at));
            let best = scores.max().filter(|score| *score > 0)?;
            Some(Found::new(best, field))
        };
        let own = if word.columns.any {
            self.columns.as_slice()
        } else {
            &[]
        };
        let columns = own.iter().map(|(at, name)| (word.columns.of(*at), name));
        // The first of equals, so that the answer does not depend on how the list is walked.
        let column = columns
            .rev()
            .max_by_key(|(score, _)| *score)
            .filter(|(score, _)| *score > 0)
            .map(|(score, name)| Found {
                score,
                field: Field::Column,
                column: Some(name),
            });
        let strong = [
            within(&self.tags, &word.tags, Field::Tag),
            within(&self.places, &word.places, Field::Place),
            column,
        ];
        let strong = strong.into_iter().flatten().max_by_key(|found| found.score);
        let strong = strong.filter(|found| weak || found.score > MISSPELT_COLUMN);
        if !weak
            || strong
                .as_ref()
                .is_some_and(|found| found.score > MISSPELT_COLUMN)
        {
            return strong;
        }
        if word.finder.find(self.description.as_bytes()).is_some() {
            return Some(Found::new(200, Field::Description));
        }
        if missing == 0 && subsequence(&self.label, text).is_some() {
            return Some(Found::new(ABBREVIATED, Field::Name));
        }
        let misspelt = missing <= 1 && typo(&self.label, text);
        let in_sql = matches!(self.target, Target::Node(at) if word.sql.has(at));
        misspelt
            .then_some(Found::new(160, Field::Name))
            .or(strong)
            .or(in_sql.then_some(Found::new(IN_SQL, Field::Sql)))
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

/// How a word lies in a name, and where. The finder is the word's: making one costs more than looking through a name.
fn literal(name: &str, word: &str, finder: &Finder<'_>) -> Option<(Fit, usize)> {
    if name.len() == word.len() {
        return (name == word).then_some((Fit::Exact, 0));
    }
    if name.starts_with(word) {
        return Some((Fit::Prefix, 0));
    }
    let mut first = None;
    for at in finder.find_iter(name.as_bytes()) {
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
    let (name, word) = (name.as_bytes(), word.as_bytes());
    let mut parts = name.split(|byte| is_border(*byte));
    word.len() > 3
        && name.len() + 1 >= word.len()
        && (one_edit(name, word) || parts.any(|part| one_edit(part, word)))
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
