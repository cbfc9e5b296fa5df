//! CSV text → records, one at a time, each value with its place. Quotes and ends of lines are read as Python's `csv`
//! does, but for a quote that is never closed, which there takes in all that follows.

use std::io::{BufRead, BufReader, Read};

/// A character of the file. Line and column count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Why reading cannot go on.
#[derive(Debug)]
pub(super) enum Fault {
    /// The system's words.
    Io(std::io::Error),
    /// A value's quote is never closed.
    Unclosed(Place),
    /// The bytes are not UTF-8.
    Encoding(Place),
}

/// The values of one record. Kept from record to record, so that each costs no memory of its own.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    /// Where an empty line stands.
    empty: Option<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Field {
    end: usize,
    place: Place,
    quoted: bool,
}

impl Record {
    /// How many values there are: none in an empty line.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Where the value begins, with its quote.
    pub(super) fn place(&self, index: usize) -> Option<Place> {
        self.fields.get(index).map(|field| field.place)
    }

    /// Where the record begins, an empty line's own place included.
    pub(super) fn begin(&self) -> Option<Place> {
        self.place(0).or(self.empty)
    }

    /// The value's text.
    pub(super) fn text(&self, index: usize) -> Result<&str, Fault> {
        let Some(field) = self.fields.get(index) else {
            return Ok("");
        };
        let start = index.checked_sub(1).map_or(0, |at| self.fields[at].end);
        let bytes = &self.bytes[start..field.end];
        std::str::from_utf8(bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Fault::Encoding(field.after(&before))
        })
    }
}

impl Field {
    /// The place of what follows `text`, with which the value begins.
    fn after(&self, text: &str) -> Place {
        let mut place = self.place;
        place.column += usize::from(self.quoted);
        for character in text.chars() {
            match character {
                '\n' => {
                    place.line += 1;
                    place.column = 1;
                }
                // Written twice between quotes.
                '"' if self.quoted => place.column += 2,
                _ => place.column += 1,
            }
        }
        place
    }
}

/// Reads records. A mark of the byte order at the beginning is passed over.
pub(super) struct Reader<R> {
    input: BufReader<R>,
    delimiter: u8,
    place: Place,
    /// Whether a `\n` that follows belongs to the `\r` before it.
    after_return: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a value.
    Start,
    Plain,
    Quoted,
    /// After a quote inside a quoted value: its end, or the first of two.
    Quote,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Result<Self, Fault> {
        let mut reader = Self {
            input: BufReader::with_capacity(1 << 16, input),
            delimiter,
            place: Place { line: 1, column: 1 },
            after_return: false,
        };
        if reader.buffer()?.starts_with(b"\xEF\xBB\xBF") {
            reader.input.consume(3);
        }
        Ok(reader)
    }

    fn buffer(&mut self) -> Result<&[u8], Fault> {
        self.input.fill_buf().map_err(Fault::Io)
    }

    /// The next record; false at the end of the file.
    pub(super) fn read(&mut self, record: &mut Record) -> Result<bool, Fault> {
        record.bytes.clear();
        record.fields.clear();
        record.empty = None;
        let mut state = State::Start;
        let mut field = Field {
            end: 0,
            place: self.place,
            quoted: false,
        };
        let mut begun = false;
        loop {
            let buffer = self.input.fill_buf().map_err(Fault::Io)?;
            if buffer.is_empty() {
                if state == State::Quoted {
                    return Err(Fault::Unclosed(field.place));
                }
                if begun {
                    field.end = record.bytes.len();
                    record.fields.push(field);
                }
                return Ok(begun);
            }
            let mut used = 0;
            for &byte in buffer {
                used += 1;
                if std::mem::take(&mut self.after_return) && byte == b'\n' {
                    // A record may begin behind it.
                    continue;
                }
                if !begun {
                    field.place = self.place;
                }
                let ends_line = byte == b'\n' || byte == b'\r';
                self.after_return = byte == b'\r';
                let here = self.place;
                if ends_line {
                    self.place.line += 1;
                    self.place.column = 1;
                } else if byte & 0xC0 != 0x80 {
                    self.place.column += 1;
                }
                if state == State::Quoted {
                    match byte {
                        b'"' => state = State::Quote,
                        b'\r' => record.bytes.push(b'\n'),
                        _ => record.bytes.push(byte),
                    }
                } else if ends_line {
                    self.input.consume(used);
                    if begun {
                        field.end = record.bytes.len();
                        record.fields.push(field);
                    } else {
                        record.empty = Some(here);
                    }
                    return Ok(true);
                } else if byte == self.delimiter {
                    field.end = record.bytes.len();
                    record.fields.push(field);
                    field.place = self.place;
                    field.quoted = false;
                    state = State::Start;
                } else if state == State::Start && byte == b'"' {
                    field.place = here;
                    field.quoted = true;
                    state = State::Quoted;
                } else {
                    let doubled = state == State::Quote && byte == b'"';
                    state = if doubled { State::Quoted } else { State::Plain };
                    record.bytes.push(byte);
                }
                begun = true;
            }
            self.input.consume(used);
        }
    }
}
