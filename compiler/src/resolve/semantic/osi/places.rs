//! Where each value of a JSON text begins, for messages.

use std::collections::HashMap;

/// Line and column of the values of a JSON text, by their path, such as `semantic_model/0/datasets/1/source`.
#[derive(Default)]
pub(super) struct Places(HashMap<String, (usize, usize)>);

impl Places {
    /// The places in `text`, which is known to be JSON.
    pub(super) fn of(text: &str) -> Self {
        let mut scanner = Scanner {
            text: text.as_bytes(),
            at: 0,
            line: 1,
            line_start: 0,
            found: HashMap::new(),
        };
        scanner.value(&mut String::new());
        Self(scanner.found)
    }

    /// The place of the value at `path`, or of the nearest one around it.
    pub(super) fn at(&self, path: &str) -> (usize, usize) {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rsplit_once('/') {
                Some((around, _)) => path = around,
                None if path.is_empty() => return (1, 1),
                None => path = "",
            }
        }
    }
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    line_start: usize,
    found: HashMap<String, (usize, usize)>,
}

impl Scanner<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    fn space(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
            if self.text[self.at - 1] == b'\n' {
                self.line += 1;
                self.line_start = self.at;
            }
        }
    }

    fn value(&mut self, path: &mut String) {
        self.space();
        // A key that is given twice means its last value.
        let place = (self.line, self.column());
        self.found.insert(path.clone(), place);
        match self.peek() {
            b'{' => self.items(path, b'}'),
            b'[' => self.items(path, b']'),
            b'"' => {
                self.string();
            }
            _ => {
                while !matches!(self.peek(), 0 | b',' | b'}' | b']')
                    && !self.peek().is_ascii_whitespace()
                {
                    self.at += 1;
                }
            }
        }
    }

    /// What stands between brackets: values by their numbers, or by their keys.
    fn items(&mut self, path: &mut String, end: u8) {
        self.at += 1;
        let length = path.len();
        for number in 0.. {
            self.space();
            if matches!(self.peek(), 0) {
                return;
            }
            if self.peek() == end {
                self.at += 1;
                return;
            }
            if !path.is_empty() {
                path.push('/');
            }
            if end == b'}' {
                path.push_str(&self.string());
                self.space();
                self.at += 1;
            } else {
                path.push_str(&number.to_string());
            }
            self.value(path);
            path.truncate(length);
            self.space();
            if self.peek() == b',' {
                self.at += 1;
            }
        }
    }

    /// The text between quotes, as it is written.
    fn string(&mut self) -> String {
        let begin = self.at + 1;
        self.at = begin;
        while !matches!(self.peek(), 0 | b'"') {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        let end = self.at.min(self.text.len());
        self.at += 1;
        String::from_utf8_lossy(self.text.get(begin..end).unwrap_or_default()).into_owned()
    }

    /// Characters, not bytes, from the beginning of the line; the first is 1.
    fn column(&self) -> usize {
        let line = &self.text[self.line_start..self.at.min(self.text.len())];
        String::from_utf8_lossy(line).chars().count() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn values_are_found_by_path() {
        let places = Places::of("{\n \"ü\\\"\": 1, \"a\": [ {},\n  {\"b\": \"x\"} ]\n}");
        for (path, place) in [
            ("", (1, 1)),
            ("a", (2, 17)),
            ("a/1", (3, 3)),
            ("a/1/b", (3, 9)),
            // What is missing is missing there.
            ("a/1/c", (3, 3)),
            ("zz", (1, 1)),
        ] {
            assert_eq!(places.at(path), place, "{path}");
        }
    }
}
