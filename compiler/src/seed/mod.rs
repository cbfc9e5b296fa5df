//! CSV files → tables, with the types that dbt (through agate) guesses: integer, number, date, datetime, boolean, text.
//! A file is read once for the types of its columns and once more when its rows are loaded, and is never held whole.

mod reader;
mod types;

use std::io::Read;
use std::sync::{Arc, OnceLock};

use indexmap::IndexSet;

use self::reader::{Fault, Place, Reader, Record};
use self::types::{Kind, Kinds};
use crate::adapter::{Cell, Column, Table};
use crate::artifacts::manifest::Node;
use crate::diag::{Diagnostic, Span};
use crate::world::WorldError;

/// Opens the file, from its beginning each time.
pub type Opener = Box<dyn Fn() -> Result<Box<dyn Read>, WorldError> + Send + Sync>;

/// A seed's file whose columns and types are known. Columns with a type of their own in `column_types` are text, for
/// the warehouse to cast.
pub struct Seed {
    file: String,
    opener: Opener,
    delimiter: u8,
    columns: Vec<Column>,
    kinds: Vec<Kind>,
    /// Columns of texts that are texts in the warehouse too.
    texts: Vec<bool>,
    count: usize,
    /// The rows, once something has asked for them as a table.
    table: OnceLock<Result<Arc<Table>, Diagnostic>>,
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Seed");
        shown.field("file", &self.file).finish_non_exhaustive()
    }
}

impl Seed {
    /// Reads the file once: what its columns are called, which type holds all values of each, how many rows there are.
    pub fn open(node: &Node, opener: Opener) -> Result<Self, Diagnostic> {
        let file = node.original_file_path.clone();
        let delimiter = node.config.text("delimiter").unwrap_or(",");
        let [delimiter] = *delimiter.as_bytes() else {
            let message = format!("delimiter '{delimiter}' is not one ASCII character");
            return Err(wrong(&file, None, message));
        };
        let mut rows = FileRows::open(&file, &opener, delimiter)?;
        let typed = node
            .config
            .get("column_types")
            .and_then(serde_json::Value::as_object);
        let forced = |name: &String| typed.is_some_and(|types| types.contains_key(name));
        let mut kinds: Vec<Kinds> = rows
            .names
            .iter()
            .map(|name| {
                if forced(name) {
                    Kinds::TEXT
                } else {
                    Kinds::default()
                }
            })
            .collect();
        let mut count = 0;
        while rows.advance()? {
            count += 1;
            for (index, kinds) in kinds.iter_mut().enumerate() {
                kinds.narrow(rows.text(index)?);
            }
        }
        let kinds: Vec<Kind> = kinds.iter().map(Kinds::first).collect();
        let stays_text = |(name, kind): (&String, &Kind)| {
            let given = typed.and_then(|types| types.get(name)?.as_str());
            *kind == Kind::Text && given.is_none_or(is_text_type)
        };
        let texts = rows.names.iter().zip(&kinds).map(stays_text).collect();
        let columns = rows.names.into_iter().zip(&kinds);
        let columns = columns.map(|(name, kind)| Column {
            name,
            data_type: kind.word().to_owned(),
        });
        Ok(Self {
            columns: columns.collect(),
            file,
            opener,
            delimiter,
            kinds,
            texts,
            count,
            table: OnceLock::new(),
        })
    }

    /// The same columns without rows, as `--empty` asks.
    #[must_use]
    pub fn without_rows(mut self) -> Self {
        self.count = 0;
        self
    }

    /// Names and types of the columns; the types are agate's words.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The rows, read from the file as they are taken. An error is the last item. With `verbatim` texts are as they
    /// are written, so that only what is empty is NULL: `null` and blanks are texts then.
    pub fn rows(&self, verbatim: bool) -> Result<Rows<'_>, Diagnostic> {
        let file = (self.count > 0)
            .then(|| FileRows::open(&self.file, &self.opener, self.delimiter))
            .transpose()?;
        let same = |names: &[String]| {
            let known = self.columns.iter().map(|column| &column.name);
            known.eq(names)
        };
        if file.as_ref().is_some_and(|file| !same(&file.names)) {
            return Err(self.changed());
        }
        Ok(Rows {
            seed: self,
            file,
            verbatim,
            taken: 0,
        })
    }

    /// All rows at once, for macros that look at them. They are kept.
    pub fn table(&self) -> Result<Arc<Table>, Diagnostic> {
        let read = || {
            Ok(Arc::new(Table {
                columns: self.columns.clone(),
                rows: self.rows(false)?.collect::<Result<_, _>>()?,
            }))
        };
        self.table.get_or_init(read).clone()
    }

    /// Where the value stands that the warehouse did not take: row and column count from 0.
    pub fn place(&self, row: u64, column: Option<usize>) -> Span {
        let mut found = None;
        if let Ok(mut rows) = FileRows::open(&self.file, &self.opener, self.delimiter) {
            let mut left = row;
            while let Ok(true) = rows.advance() {
                if left == 0 {
                    let value = column.and_then(|column| rows.record.place(column));
                    found = value.or_else(|| rows.record.begin());
                    break;
                }
                left -= 1;
            }
        }
        match (found, column) {
            (Some(place), Some(_)) => Span::at(&self.file, place.line, place.column),
            (Some(place), None) => Span::line(&self.file, place.line),
            (None, _) => Span::file(&self.file),
        }
    }

    fn changed(&self) -> Diagnostic {
        let message = "the file has changed while it was read";
        wrong(&self.file, None, message.to_owned())
    }
}

/// The rows of a [`Seed`].
pub struct Rows<'a> {
    seed: &'a Seed,
    file: Option<FileRows>,
    verbatim: bool,
    taken: usize,
}

impl Rows<'_> {
    fn take(&mut self) -> Result<Option<Vec<Cell>>, Diagnostic> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        if !file.advance()? {
            if self.taken != self.seed.count {
                return Err(self.seed.changed());
            }
            return Ok(None);
        }
        self.taken += 1;
        let cell = |(index, kind): (usize, &Kind)| {
            let text = file.text(index)?;
            if self.verbatim && self.seed.texts[index] && !text.is_empty() {
                return Ok(Cell::Text(text.to_owned()));
            }
            // Every value was of its column's kind when the types were guessed.
            kind.parse(text).ok_or_else(|| self.seed.changed())
        };
        let cells = self.seed.kinds.iter().enumerate().map(cell);
        cells.collect::<Result<_, _>>().map(Some)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<Cell>, Diagnostic>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.take().transpose();
        if !matches!(row, Some(Ok(_))) {
            self.file = None;
        }
        row
    }
}

/// The lines of an open file below the one with the names.
struct FileRows {
    file: String,
    reader: Reader<Box<dyn Read>>,
    names: Vec<String>,
    record: Record,
}

impl FileRows {
    fn open(file: &str, opener: &Opener, delimiter: u8) -> Result<Self, Diagnostic> {
        let fault = |fault| malformed(file, fault);
        let input = opener().map_err(|error| wrong(file, None, error.to_string()))?;
        let mut reader = Reader::new(input, delimiter).map_err(fault)?;
        let mut record = Record::default();
        reader.read(&mut record).map_err(fault)?;
        if record.len() == 0 {
            let place = Place { line: 1, column: 1 };
            let message = "the file has no columns: its first line is to name them";
            return Err(wrong(file, Some(place), message.to_owned()));
        }
        let headers = (0..record.len()).map(|index| record.text(index).map(str::to_owned));
        let headers = headers.collect::<Result<Vec<_>, _>>().map_err(fault)?;
        Ok(Self {
            file: file.to_owned(),
            names: column_names(&headers),
            reader,
            record,
        })
    }

    /// Goes on to the next row. An empty line is one only where there is one column, as `DuckDB` reads it too.
    fn advance(&mut self) -> Result<bool, Diagnostic> {
        loop {
            let more = self.reader.read(&mut self.record);
            if !more.map_err(|fault| malformed(&self.file, fault))? {
                return Ok(false);
            }
            if self.record.len() > 0 || self.names.len() == 1 {
                break;
            }
        }
        if let Some(place) = self.record.place(self.names.len()) {
            let message = format!(
                "the row has {} values, but there are {} columns",
                self.record.len(),
                self.names.len()
            );
            return Err(wrong(&self.file, Some(place), message));
        }
        Ok(true)
    }

    /// A value of the row; empty where the row is too short.
    fn text(&self, index: usize) -> Result<&str, Diagnostic> {
        let text = self.record.text(index);
        text.map_err(|fault| malformed(&self.file, fault))
    }
}

/// Whether a column of this type in the warehouse holds texts.
fn is_text_type(name: &str) -> bool {
    let name = name.split('(').next().unwrap_or_default().trim();
    let types = ["bpchar", "char", "string", "text", "varchar"];
    types.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Names of the columns: nameless ones get letters, repeated ones numbers, as agate does.
fn column_names(headers: &[String]) -> Vec<String> {
    let mut names: IndexSet<String> = IndexSet::new();
    for (index, header) in headers.iter().enumerate() {
        let base = if header.is_empty() {
            letters(index)
        } else {
            header.to_owned()
        };
        let mut name = base.clone();
        let mut count = 2;
        while !names.insert(name.clone()) {
            name = format!("{base}_{count}");
            count += 1;
        }
    }
    names.into_iter().collect()
}

/// `a`, `b`, …, `z`, `aa`, `bb`, …
fn letters(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    std::iter::repeat_n(letter, index / 26 + 1).collect()
}

fn malformed(file: &str, fault: Fault) -> Diagnostic {
    match fault {
        Fault::Io(error) => wrong(file, None, format!("the file cannot be read: {error}")),
        Fault::Unclosed(place) => {
            let message = "the value begins with a quote that is never closed";
            wrong(file, Some(place), message.to_owned())
                .hint("close it, or write a quote that is part of the value twice between quotes")
        }
        Fault::Encoding(place) => wrong(file, Some(place), "the file is not UTF-8 text".to_owned())
            .hint("save the file in UTF-8"),
    }
}

fn wrong(file: &str, place: Option<Place>, message: String) -> Diagnostic {
    let span = match place {
        Some(place) => Span::at(file, place.line, place.column),
        None => Span::file(file),
    };
    Diagnostic::error("seed-file", message).at(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(config: serde_json::Value, csv: &[u8]) -> Result<Seed, Diagnostic> {
        let mut node = Node {
            original_file_path: "seeds/a.csv".into(),
            ..Node::default()
        };
        node.config.0 = serde_json::from_value(config).unwrap();
        let csv = csv.to_owned();
        Seed::open(
            &node,
            Box::new(move || Ok(Box::new(std::io::Cursor::new(csv.clone())))),
        )
    }

    /// The types and rows of a file, a line each.
    #[track_caller]
    fn check(config: serde_json::Value, csv: impl AsRef<[u8]>, expected: &str) {
        let table = seed(config, csv.as_ref()).and_then(|seed| seed.table());
        let text = match table {
            Ok(table) => {
                let columns: Vec<String> = table
                    .columns
                    .iter()
                    .map(|column| format!("{} {}", column.name, column.data_type))
                    .collect();
                let rows = table.rows.iter().map(|row| format!("{row:?}"));
                std::iter::once(columns.join(", "))
                    .chain(rows)
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn each_column_gets_the_first_type_that_fits_all_its_values() {
        check(
            serde_json::json!({}),
            "i,n,d,t,b,s,empty\n1,1.50,2024-01-02,2024-01-02 03:04:05,true,x,\n\"1,000\",$2,null,2024-01-02T03:04:05.5,FALSE,007a,\n",
            "i integer, n number, d date, t datetime, b boolean, s text, empty integer\n\
             [Int(1), Decimal(\"1.5\"), Date(\"2024-01-02\"), Timestamp(\"2024-01-02T03:04:05\"), Bool(true), Text(\"x\"), Null]\n\
             [Int(1000), Int(2), Null, Timestamp(\"2024-01-02T03:04:05.500000\"), Bool(false), Text(\"007a\"), Null]",
        );
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        check(
            serde_json::json!({}),
            "a,b\n1e3,99999999999999999999\n-2.0,1_000\n",
            "a integer, b integer\n[Int(1000), Decimal(\"99999999999999999999\")]\n[Int(-2), Int(1000)]",
        );
        check(
            serde_json::json!({}),
            "a,b\n1e-3,1.5e1\n",
            "a number, b integer\n[Decimal(\"1e-3\"), Int(15)]",
        );
    }

    #[test]
    fn a_column_with_a_type_of_its_own_stays_text() {
        check(
            serde_json::json!({"column_types": {"zip": "varchar"}, "delimiter": ";"}),
            "\u{feff}zip;n\n007;-3\n",
            "zip text, n integer\n[Text(\"007\"), Int(-3)]",
        );
    }

    #[test]
    fn the_word_null_is_a_text_where_texts_are_verbatim() {
        let config = serde_json::json!({"column_types": {"c": "VARCHAR(9)", "d": "integer"}});
        let seed = seed(config, b"a,b,c,d\nnull, ,NULL,null\n\"\",x,,1\n").unwrap();
        let lines = |verbatim| -> Vec<String> {
            let rows = seed.rows(verbatim).unwrap();
            rows.map(|row| format!("{:?}", row.unwrap())).collect()
        };
        assert_eq!(
            lines(true),
            [
                "[Null, Text(\" \"), Text(\"NULL\"), Null]",
                "[Null, Text(\"x\"), Null, Text(\"1\")]"
            ]
        );
        assert_eq!(lines(false)[0], "[Null, Null, Null, Null]");
    }

    #[test]
    fn short_rows_are_filled_and_long_ones_refused() {
        check(
            serde_json::json!({}),
            "a,b\n1\n",
            "a integer, b integer\n[Int(1), Null]",
        );
        check(
            serde_json::json!({}),
            "a,b\n1,2\n1,\"2\n\",3\n",
            "the row has 3 values, but there are 2 columns (seeds/a.csv:4:3)",
        );
    }

    /// Found by fuzzing: an empty line of a file with one column is a row, and has a place.
    #[test]
    fn an_empty_line_that_is_a_row_has_a_place() {
        let seed = seed(serde_json::json!({}), b"a\n\nx\n").unwrap();
        assert_eq!(seed.count(), 2);
        assert_eq!(seed.place(0, None).line, 2);
        assert_eq!(seed.place(1, Some(0)).line, 3);
    }

    #[test]
    fn nameless_and_repeated_columns_get_names() {
        check(
            serde_json::json!({}),
            "x,,x\n1,2,3\n",
            "x integer, b integer, x_2 integer\n[Int(1), Int(2), Int(3)]",
        );
    }

    #[test]
    fn quotes_and_ends_of_lines_are_read_as_python_does() {
        check(
            serde_json::json!({}),
            "a,b\r\n\"x\r\ny\",5\" pipe\r\"say \"\"no\"\"\"!, z \n \t,NULL\n",
            "a text, b text\n[Text(\"x\\ny\"), Text(\"5\\\" pipe\")]\n[Text(\"say \\\"no\\\"!\"), Text(\" z \")]\n[Null, Null]",
        );
    }

    #[test]
    fn an_empty_line_is_a_row_of_one_column_only() {
        check(
            serde_json::json!({}),
            "a\n1\n\n2",
            "a integer\n[Int(1)]\n[Null]\n[Int(2)]",
        );
        check(
            serde_json::json!({}),
            "a,b\n1,x\n\n2,y\n\n",
            "a integer, b text\n[Int(1), Text(\"x\")]\n[Int(2), Text(\"y\")]",
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_column() {
        check(
            serde_json::json!({}),
            "a,b\n1,x\n2, y\n3,\"z\n4,u\n",
            "the value begins with a quote that is never closed (seeds/a.csv:4:3)",
        );
        check(
            serde_json::json!({}),
            b"\xEF\xBB\xBFa,b\n1,\"\xC3\xA4\"\"\nx\xFF\"\n",
            "the file is not UTF-8 text (seeds/a.csv:3:2)",
        );
        check(
            serde_json::json!({}),
            b"a,\xFF\n1,2\n",
            "the file is not UTF-8 text (seeds/a.csv:1:3)",
        );
        check(
            serde_json::json!({}),
            "",
            "the file has no columns: its first line is to name them (seeds/a.csv:1:1)",
        );
    }

    #[test]
    fn places_are_those_of_the_file() {
        let seed = seed(
            serde_json::json!({}),
            "a,b\n1,\"x\ny\"\n\n2, ü,\n".replace("ü,", "ü").as_bytes(),
        )
        .unwrap();
        assert_eq!(seed.place(0, Some(1)).to_string(), "seeds/a.csv:2:3");
        assert_eq!(seed.place(1, Some(1)).to_string(), "seeds/a.csv:5:3");
        assert_eq!(seed.place(1, None).to_string(), "seeds/a.csv:5");
        assert_eq!(seed.place(7, Some(0)).to_string(), "seeds/a.csv");
    }
}
