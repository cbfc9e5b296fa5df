//! Words of SQL with Jinja in it, for colouring. It reads any text and never fails: what it does not know is plain.

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A word of SQL.
    Keyword,
    /// A name directly before a bracket.
    Function,
    /// Text in single quotes; within Jinja in either quotes.
    Text,
    /// A name in double quotes or backticks.
    Name,
    /// A number.
    Number,
    /// A comment of SQL or Jinja.
    Comment,
    /// `{{`, `{%` and their ends.
    JinjaMark,
    /// A word of Jinja, such as `if` or `endfor`.
    JinjaKeyword,
    /// Another name within Jinja.
    JinjaName,
}

impl Kind {
    /// The word that stylesheets use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Function => "function",
            Self::Text => "text",
            Self::Name => "name",
            Self::Number => "number",
            Self::Comment => "comment",
            Self::JinjaMark => "jinja-mark",
            Self::JinjaKeyword => "jinja-keyword",
            Self::JinjaName => "jinja-name",
        }
    }
}

/// A coloured stretch: bytes `start..end` of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// Coloured stretches of a text, ascending and free of overlaps; what lies between is plain.
pub fn highlight(sql: &str) -> Vec<Stretch> {
    let mut scanner = Scanner {
        text: sql,
        at: 0,
        jinja: None,
        interrupted: None,
        found: Vec::new(),
    };
    while scanner.at < sql.len() {
        scanner.step();
    }
    scanner.found
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Within Jinja: the mark that ends it.
    jinja: Option<&'static str>,
    /// The quote of a text that Jinja interrupts.
    interrupted: Option<char>,
    found: Vec<Stretch>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push(&mut self, length: usize, kind: Kind) {
        let end = self.at + length;
        self.found.push(Stretch {
            start: self.at,
            end,
            kind,
        });
        self.at = end;
    }

    fn step(&mut self) {
        let rest = self.rest();
        if let Some(mark) = self.jinja {
            let length = if rest.starts_with(mark) {
                mark.len()
            } else if rest.starts_with('-') && rest[1..].starts_with(mark) {
                mark.len() + 1
            } else {
                0
            };
            if length > 0 {
                self.jinja = None;
                return self.push(length, Kind::JinjaMark);
            }
        } else if rest.starts_with("{#") {
            let length = rest.find("#}").map_or(rest.len(), |end| end + 2);
            return self.push(length, Kind::Comment);
        } else if rest.starts_with("{{") || rest.starts_with("{%") {
            self.jinja = Some(if rest.starts_with("{{") { "}}" } else { "%}" });
            let length = 2 + usize::from(rest[2..].starts_with('-'));
            return self.push(length, Kind::JinjaMark);
        } else if self.interrupted.is_none() && rest.starts_with("--") {
            let length = rest.find('\n').unwrap_or(rest.len());
            return self.push(length, Kind::Comment);
        } else if self.interrupted.is_none() && rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            return self.push(length, Kind::Comment);
        }
        let Some(first) = rest.chars().next() else {
            return;
        };
        if self.jinja.is_none()
            && let Some(quote) = self.interrupted.take()
        {
            return self.quoted(quote, 0);
        }
        match first {
            '\'' | '"' | '`' => self.quoted(first, 1),
            '0'..='9' => self.number(),
            _ if first == '_' || first.is_alphabetic() => self.word(),
            _ => self.at += first.len_utf8(),
        }
    }

    /// Up to the closing quote, or in SQL up to Jinja that interrupts it; so many letters of it are the quote that opens.
    fn quoted(&mut self, quote: char, opening: usize) {
        let in_jinja = self.jinja.is_some();
        let rest = self.rest();
        let mut length = rest.len();
        let mut inner = rest.char_indices().skip(opening).peekable();
        while let Some((at, character)) = inner.next() {
            if character == '\\' && in_jinja {
                inner.next();
            } else if character == quote {
                // Doubled, it stands for itself in SQL.
                if !in_jinja && inner.peek().is_some_and(|(_, next)| *next == quote) {
                    inner.next();
                    continue;
                }
                length = at + 1;
                break;
            } else if !in_jinja && (rest[at..].starts_with("{{") || rest[at..].starts_with("{%")) {
                length = at;
                self.interrupted = Some(quote);
                break;
            }
        }
        let kind = if quote == '\'' || in_jinja {
            Kind::Text
        } else {
            Kind::Name
        };
        self.push(length, kind);
    }

    fn number(&mut self) {
        let rest = self.rest();
        let end = |character: char| {
            !(character.is_ascii_alphanumeric() || character == '.' || character == '_')
        };
        let length = rest.find(end).unwrap_or(rest.len());
        self.push(length, Kind::Number);
    }

    fn word(&mut self) {
        let rest = self.rest();
        let end = |character: char| {
            !(character.is_alphanumeric() || character == '_' || character == '$')
        };
        let length = rest.find(end).unwrap_or(rest.len());
        let word = rest[..length].to_lowercase();
        let called = rest[length..]
            .trim_start_matches([' ', '\t'])
            .starts_with('(');
        let kind = if self.jinja.is_some() {
            if JINJA_WORDS.binary_search(&word.as_str()).is_ok() {
                Some(Kind::JinjaKeyword)
            } else if called {
                Some(Kind::Function)
            } else {
                Some(Kind::JinjaName)
            }
        } else if SQL_WORDS.binary_search(&word.as_str()).is_ok() {
            Some(Kind::Keyword)
        } else {
            called.then_some(Kind::Function)
        };
        match kind {
            Some(kind) => self.push(length, kind),
            None => self.at += length,
        }
    }
}

/// Sorted, for binary search.
const JINJA_WORDS: [&str; 36] = [
    "and",
    "block",
    "call",
    "do",
    "elif",
    "else",
    "endblock",
    "endcall",
    "enddocs",
    "endfilter",
    "endfor",
    "endif",
    "endmacro",
    "endmaterialization",
    "endraw",
    "endset",
    "endsnapshot",
    "endtest",
    "false",
    "filter",
    "for",
    "if",
    "in",
    "is",
    "macro",
    "materialization",
    "none",
    "not",
    "or",
    "raw",
    "return",
    "set",
    "snapshot",
    "test",
    "true",
    "with",
];

/// Sorted, for binary search.
const SQL_WORDS: [&str; 133] = [
    "add",
    "all",
    "alter",
    "and",
    "anti",
    "any",
    "array",
    "as",
    "asc",
    "asof",
    "between",
    "bigint",
    "boolean",
    "by",
    "cascade",
    "case",
    "cast",
    "char",
    "check",
    "column",
    "comment",
    "commit",
    "constraint",
    "copy",
    "create",
    "cross",
    "current",
    "current_date",
    "current_time",
    "current_timestamp",
    "database",
    "date",
    "day",
    "decimal",
    "default",
    "delete",
    "desc",
    "distinct",
    "double",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exists",
    "false",
    "fetch",
    "filter",
    "first",
    "float",
    "following",
    "for",
    "foreign",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "hour",
    "if",
    "ilike",
    "in",
    "index",
    "inner",
    "insert",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "last",
    "lateral",
    "left",
    "like",
    "limit",
    "matched",
    "merge",
    "minute",
    "month",
    "natural",
    "not",
    "null",
    "nulls",
    "numeric",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "pivot",
    "preceding",
    "primary",
    "qualify",
    "range",
    "recursive",
    "references",
    "rename",
    "replace",
    "right",
    "row",
    "rows",
    "schema",
    "second",
    "select",
    "semi",
    "set",
    "table",
    "temporary",
    "text",
    "then",
    "time",
    "timestamp",
    "to",
    "true",
    "union",
    "unique",
    "unnest",
    "update",
    "using",
    "values",
    "varchar",
    "view",
    "when",
    "where",
    "window",
    "with",
    "within",
    "year",
];
