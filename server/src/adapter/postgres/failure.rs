//! What the server says when it refuses, in the layout that psql and dbt show.

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorResponseBody;

/// SQLSTATE of a statement that was asked to stop.
const QUERY_CANCELED: &str = "57014";

/// How many characters of a long line are shown around the place of an error.
const EXCERPT: usize = 60;

/// Why a statement or a connection attempt did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server refused; the connection goes on.
    Refused(Box<ServerError>),
    /// There is no connection any more; the server's last words where it had some.
    Lost(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Lost(match error.kind() {
            io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "timed out".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// An error report of the server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ServerError {
    /// Whether the server ends the connection with it.
    pub(super) fatal: bool,
    /// SQLSTATE.
    pub(super) code: String,
    pub(super) message: String,
    pub(super) detail: Option<String>,
    pub(super) hint: Option<String>,
    /// Character in the statement, from 1.
    position: Option<usize>,
    /// SQL that the server made itself, and the character in it.
    internal: Option<(String, usize)>,
    /// The call stack inside the server.
    context: Option<String>,
}

impl ServerError {
    /// An error of our own in the server's place.
    pub(super) fn of(message: String) -> Self {
        Self {
            message,
            ..Self::default()
        }
    }

    pub(super) fn read(body: &ErrorResponseBody) -> io::Result<Self> {
        let mut error = Self::default();
        let (mut query, mut query_position) = (None, None);
        let mut fields = body.fields();
        while let Some(field) = fields.next()? {
            let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'V' => error.fatal = value == "FATAL" || value == "PANIC",
                b'C' => error.code = value,
                b'M' => error.message = value,
                b'D' => error.detail = Some(value),
                b'H' => error.hint = Some(value),
                b'P' => error.position = value.parse().ok(),
                b'p' => query_position = value.parse().ok(),
                b'q' => query = Some(value),
                b'W' => error.context = Some(value),
                _ => {}
            }
        }
        error.internal = query.zip(query_position);
        Ok(error)
    }

    /// Whether the statement was stopped from outside.
    pub(super) fn is_canceled(&self) -> bool {
        self.code == QUERY_CANCELED
    }

    /// Message, the line of `sql` that it is about, detail, hint and context, each on a line of its own.
    pub(super) fn render(&self, sql: &str) -> String {
        let mut lines = vec![self.message.clone()];
        let place = match &self.internal {
            Some((query, position)) => Some((query.as_str(), *position)),
            None => self.position.map(|position| (sql, position)),
        };
        lines.extend(place.and_then(|(sql, position)| excerpt(sql, position)));
        let further = [
            ("DETAIL", &self.detail),
            ("HINT", &self.hint),
            ("CONTEXT", &self.context),
        ];
        for (word, text) in further {
            lines.extend(text.as_ref().map(|text| format!("{word}:  {text}")));
        }
        lines.join("\n")
    }
}

/// The line around a character of the statement, with a mark below it.
fn excerpt(sql: &str, position: usize) -> Option<String> {
    let before: String = sql.chars().take(position.checked_sub(1)?).collect();
    let number = before.matches('\n').count() + 1;
    let line: Vec<char> = sql.lines().nth(number - 1)?.chars().collect();
    let column = before.chars().rev().take_while(|&c| c != '\n').count();
    let start = if line.len() <= EXCERPT {
        0
    } else {
        column
            .saturating_sub(EXCERPT / 2)
            .min(line.len() - EXCERPT)
    };
    let end = line.len().min(start + EXCERPT);
    let open = if start > 0 { "..." } else { "" };
    let close = if end < line.len() { "..." } else { "" };
    let head = format!("LINE {number}: {open}");
    let shown: String = line[start..end]
        .iter()
        .map(|&c| if c == '\t' { ' ' } else { c })
        .collect();
    let indent = " ".repeat(head.chars().count() + column.saturating_sub(start));
    Some(format!("{head}{shown}{close}\n{indent}^"))
}

#[cfg(test)]
mod tests {
    use super::{ServerError, excerpt};

    #[test]
    fn the_line_of_an_error_is_shown_with_a_mark() {
        let error = ServerError {
            message: "column \"nme\" does not exist".into(),
            hint: Some("Perhaps you meant \"name\".".into()),
            position: Some(10),
            ..ServerError::default()
        };
        assert_eq!(
            error.render("select\n\tnme\nfrom t"),
            "column \"nme\" does not exist\nLINE 2:  nme\n         ^\nHINT:  Perhaps you meant \"name\"."
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let sql = format!("select {}, wrong, {}", "a, ".repeat(40), "b, ".repeat(40));
        let position = sql.find("wrong").unwrap() + 1;
        let shown = excerpt(&sql, position).unwrap();
        let (line, mark) = shown.split_once('\n').unwrap();
        assert!(line.starts_with("LINE 1: ...") && line.ends_with("..."), "{line}");
        assert_eq!(line.find("wrong"), mark.find('^'));
    }

    #[test]
    fn a_place_outside_of_the_statement_is_left_out() {
        assert_eq!(excerpt("select 1", 0), None);
        assert_eq!(excerpt("select 1", 99).as_deref(), Some("LINE 1: select 1\n                ^"));
    }
}
