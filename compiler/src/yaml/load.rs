//! From parser events to a tree: anchors, merge keys, tags and duplicate keys as PyYAML's safe loader has them.

use std::collections::{BTreeSet, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as EventSpan, StrInput, Tag};

use super::{At, Mapping, Node, Value, complaint, scalar};
use crate::diag::Diagnostic;

/// More values than this come only from aliases that multiply each other.
const MOST_VALUES: usize = 2_000_000;

/// So many lines are moved to the right at most: the text is read anew for each.
const MOST_MOVED: usize = 500;

/// A loaded file: its value and where a key was given twice (the last one won).
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The whole file.
    pub root: Node,
    /// Keys that stand more than once in their mapping: name and place of the later one.
    pub duplicates: Vec<(String, At)>,
}

/// Reads one YAML document. `file` names it in errors.
pub fn load(text: &str, file: &str) -> Result<Document, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = match attempt(text, file, &Moved::default()) {
        Ok(document) => return Ok(document),
        Err(Failed {
            shallow: None,
            diagnostic,
        }) => return Err(diagnostic),
        Err(failed) => failed,
    };
    // PyYAML does not look at the indentation inside of brackets and quotes, the scanner does: lines that it finds too
    // far left are moved to the right, one after the other.
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let by = lines.iter().map(indent).max().unwrap_or(0) + 1;
    let mut moved = Moved {
        lines: BTreeSet::new(),
        by,
    };
    let mut shallow = first.shallow;
    while let Some(line) = shallow {
        let Some(line) = (line..=lines.len()).find(|line| !moved.lines.contains(line)) else {
            break;
        };
        if moved.lines.len() == MOST_MOVED {
            break;
        }
        moved.lines.insert(line);
        let mut text = String::new();
        for (index, line) in lines.iter().enumerate() {
            if moved.lines.contains(&(index + 1)) {
                text.extend(std::iter::repeat_n(' ', by));
            }
            text.push_str(line);
        }
        match attempt(&text, file, &moved) {
            Ok(document) => return Ok(document),
            Err(failed) if failed.shallow.is_some() => shallow = failed.shallow,
            // Another mistake: told in its own words where its line stands as it was written.
            Err(failed) => {
                let line = failed.diagnostic.span.as_ref().map(|span| span.line);
                let unmoved = line.is_some_and(|line| !moved.lines.contains(&line));
                return Err(if unmoved { failed } else { first }.diagnostic);
            }
        }
    }
    Err(first.diagnostic)
}

/// Why a text could not be read.
struct Failed {
    diagnostic: Diagnostic,
    /// The line that stands too far left for the scanner, which PyYAML may take.
    shallow: Option<usize>,
}

/// Lines that were moved to the right.
#[derive(Default)]
struct Moved {
    lines: BTreeSet<usize>,
    by: usize,
}

fn attempt(text: &str, file: &str, moved: &Moved) -> Result<Document, Failed> {
    let mut loader = Loader {
        file,
        text,
        moved,
        length: text.chars().count(),
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        duplicates: Vec::new(),
        values: 0,
        shallow: None,
    };
    match loader.document() {
        Ok(root) => Ok(Document {
            root,
            duplicates: loader.duplicates,
        }),
        Err(diagnostic) => Err(Failed {
            diagnostic,
            shallow: loader.shallow,
        }),
    }
}

struct Loader<'a> {
    file: &'a str,
    text: &'a str,
    moved: &'a Moved,
    /// The text's length in characters.
    length: usize,
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    duplicates: Vec<(String, At)>,
    values: usize,
    /// See [`Failed`].
    shallow: Option<usize>,
}

impl<'a> Loader<'a> {
    fn document(&mut self) -> Result<Node, Diagnostic> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(self
                        .error(self.at(span), "a second document starts here")
                        .hint("keep one document in a file: remove the `---`"));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span)?);
                }
                Event::StreamEnd => return Ok(root.unwrap_or_default()),
                _ => {
                    return Err(self.error(
                        self.at(span),
                        "unexpected content after the end of the document",
                    ));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, EventSpan), Diagnostic> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                self.shallow = shallow_line(&error);
                Err(self.scan_error(&error))
            }
            None => Ok((Event::StreamEnd, EventSpan::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: EventSpan) -> Result<Node, Diagnostic> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(self.error(
                self.at(span),
                "too many values: aliases refer to each other too often",
            ));
        }
        let place = self.at(span);
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (
                Node {
                    value: self.scalar(
                        self.without_added_break(&text, style, span),
                        style,
                        tag.as_deref(),
                        place,
                    )?,
                    at: place,
                },
                anchor,
            ),
            Event::SequenceStart(anchor, _) => (
                Node {
                    value: Value::Sequence(self.sequence()?),
                    at: place,
                },
                anchor,
            ),
            Event::MappingStart(anchor, _) => (
                Node {
                    value: Value::Mapping(self.mapping()?),
                    at: place,
                },
                anchor,
            ),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(
                        self.error(place, "alias refers to an anchor that is not complete yet")
                    );
                };
                let node = node.clone();
                self.values += weight(&node);
                return Ok(Node {
                    value: node.value,
                    at: place,
                });
            }
            _ => return Err(self.error(place, "unexpected content")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// A block scalar that ends with the file, without a line break there, has none; the parser adds one.
    fn without_added_break<'t>(
        &self,
        text: &'t str,
        style: ScalarStyle,
        span: EventSpan,
    ) -> &'t str {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if is_block && !self.text.ends_with('\n') && span.end.index() >= self.length {
            return text.strip_suffix('\n').unwrap_or(text);
        }
        text
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: At,
    ) -> Result<Value, Diagnostic> {
        let plain = style == ScalarStyle::Plain;
        match tag {
            None if plain => Ok(scalar::resolve(text)),
            None => Ok(Value::String(text.into())),
            Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
                "str" | "binary" => Ok(Value::String(text.into())),
                "float" => match scalar::resolve(text) {
                    Value::Int(value) => Ok(Value::Float(value as f64)),
                    other => Ok(other),
                },
                _ => Ok(scalar::resolve(text)),
            },
            Some(tag) if tag.handle == "!" && tag.suffix.is_empty() => {
                Ok(Value::String(text.into()))
            }
            Some(tag) => Err(self
                .error(place, format!("unknown tag `{tag}`"))
                .hint("quote the value if the exclamation mark belongs to it")),
        }
    }

    fn sequence(&mut self) -> Result<Vec<Node>, Diagnostic> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(items);
            }
            items.push(self.node(event, span)?);
        }
    }

    fn mapping(&mut self) -> Result<Mapping, Diagnostic> {
        let mut own = Mapping::default();
        let mut merged: Vec<Mapping> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let merges = match &event {
                Event::MappingEnd => break,
                Event::Scalar(text, ScalarStyle::Plain, _, None) => text == "<<",
                _ => false,
            };
            let key = self.node(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            if merges {
                self.collect_merge(value, &mut merged)?;
                continue;
            }
            let Some(name) = key_text(&key) else {
                return Err(self.unhashable_key(&key));
            };
            if own.contains(&name) {
                self.duplicates.push((name.clone(), key.at));
            }
            own.insert(name, key.at, value);
        }
        if merged.is_empty() {
            return Ok(own);
        }
        let mut result = Mapping::default();
        // The first of several merged mappings wins, and the mapping's own keys win over all.
        for mapping in merged.into_iter().rev().chain([own]) {
            for (name, entry) in mapping.entries() {
                result.insert(name.to_owned(), entry.key_at, entry.value.clone());
            }
        }
        Ok(result)
    }

    fn collect_merge(&self, value: Node, merged: &mut Vec<Mapping>) -> Result<(), Diagnostic> {
        let place = value.at;
        match value.value {
            Value::Mapping(mapping) => merged.push(mapping),
            Value::Sequence(items) => {
                for item in items {
                    match item.value {
                        Value::Mapping(mapping) => merged.push(mapping),
                        _ => return Err(self.error(item.at, "`<<` merges mappings only")),
                    }
                }
            }
            _ => return Err(self.error(place, "`<<` merges mappings only")),
        }
        Ok(())
    }

    fn error(&self, place: At, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("yaml-syntax", message).at(place.in_file(self.file))
    }

    fn unhashable_key(&self, key: &Node) -> Diagnostic {
        let lines = self.text.lines().nth(key.at.line.saturating_sub(1));
        match lines.and_then(complaint::cause) {
            Some((column, message, hint)) => {
                let place = At {
                    line: key.at.line,
                    column,
                };
                self.error(place, message).hint(hint)
            }
            None => self
                .error(key.at, format!("{} cannot be a key", key.kind()))
                .hint("put quotes around the key"),
        }
    }

    fn scan_error(&self, error: &ScanError) -> Diagnostic {
        complaint::explain(self.file, self.text, error)
    }

    /// The place where something starts, in the text as it was given.
    fn at(&self, span: EventSpan) -> At {
        let line = span.start.line();
        let moved = if self.moved.lines.contains(&line) {
            self.moved.by
        } else {
            0
        };
        At {
            line,
            column: (span.start.col() + 1).saturating_sub(moved).max(1),
        }
    }
}

/// The line that an error says stands too far left; for a text in quotes, the line after the one it starts in.
fn shallow_line(error: &ScanError) -> Option<usize> {
    let line = error.marker().line();
    match error.info() {
        "invalid indentation" | "invalid indentation in flow construct" => Some(line),
        "invalid indentation in quoted scalar" => Some(line + 1),
        _ => None,
    }
}

fn weight(node: &Node) -> usize {
    match &node.value {
        Value::Sequence(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Mapping(mapping) => 1 + mapping.iter().map(|(_, node)| weight(node)).sum::<usize>(),
        _ => 1,
    }
}

/// A key's text as `json.dumps` would write the Python value.
fn key_text(key: &Node) -> Option<String> {
    match &key.value {
        Value::String(text) | Value::Date(text) => Some(text.clone()),
        Value::Null => Some("null".into()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(_) | Value::Float(_) => key.scalar_text(),
        Value::Sequence(_) | Value::Mapping(_) => None,
    }
}
