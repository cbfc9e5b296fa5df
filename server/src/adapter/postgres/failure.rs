//! What the server says when it refuses, in the layout that psql and dbt show.

use std::error::Error as _;

use compiler::adapter::WarehouseError;
use tokio_postgres::Error;
use tokio_postgres::error::{ErrorPosition, Severity};

/// How many characters of a long line are shown around the place of an error.
const EXCERPT: usize = 60;

/// Whether the connection went with the error.
pub(super) fn is_lost(error: &Error) -> bool {
    if let Some(refusal) = error.as_db_error() {
        let severity = refusal.parsed_severity();
        return matches!(severity, Some(Severity::Fatal | Severity::Panic));
    }
    // What the driver refuses to send costs no connection.
    let harmless = std::io::ErrorKind::InvalidInput;
    error.is_closed() || io_error(error).is_some_and(|cause| cause.kind() != harmless)
}

/// Message, the line of `sql` that it is about, detail, hint and context, each on a line of its own.
pub(super) fn render(error: &Error, sql: &str) -> String {
    let Some(error) = error.as_db_error() else {
        return plain(error);
    };
    let mut lines = vec![error.message().to_owned()];
    lines.extend(match error.position() {
        Some(ErrorPosition::Original(position)) => excerpt(sql, *position as usize),
        Some(ErrorPosition::Internal { position, query }) => excerpt(query, *position as usize),
        None => None,
    });
    let further = [
        ("DETAIL", error.detail()),
        ("HINT", error.hint()),
        ("CONTEXT", error.where_()),
    ];
    for (word, text) in further {
        lines.extend(text.map(|text| format!("{word}:  {text}")));
    }
    lines.join("\n")
}

/// The refusal of a bulk load, with the row that it is about where the server names one. In the text that rows are sent
/// as each is a line of its own.
pub(super) fn misfit(text: String, columns: &[String]) -> WarehouseError {
    let found = text
        .rsplit_once("\nCONTEXT:  COPY ")
        .and_then(|(reason, context)| {
            let (_, place) = context.split_once(", line ")?;
            let digits = place.find(|c: char| !c.is_ascii_digit());
            let (line, rest) = place.split_at(digits.unwrap_or(place.len()));
            let named = rest.strip_prefix(", column ");
            let bare = |column: &String| column.trim_matches('"').replace("\"\"", "\"");
            let column = named.and_then(|named| {
                // Of `a` and `a: b` the longer one is meant.
                let fits = |column: &String| named.starts_with(&format!("{}: ", bare(column)));
                let found = columns
                    .iter()
                    .enumerate()
                    .filter(|(_, column)| fits(column));
                found.max_by_key(|(_, column)| column.len())
            });
            Some(WarehouseError::Misfit {
                reason: reason.to_owned(),
                row: line.parse::<u64>().ok()?.checked_sub(1)?,
                column: column.map(|(index, _)| index),
            })
        });
    found.unwrap_or(WarehouseError::Database(text))
}

/// What the driver or the system says.
fn plain(error: &Error) -> String {
    if let Some(cause) = io_error(error) {
        return match cause.kind() {
            std::io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            _ => cause.to_string(),
        };
    }
    if error.is_closed() {
        return "the server closed the connection".to_owned();
    }
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn io_error(error: &Error) -> Option<&std::io::Error> {
    error.source()?.downcast_ref()
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
        column.saturating_sub(EXCERPT / 2).min(line.len() - EXCERPT)
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
    use compiler::adapter::WarehouseError;

    use super::{excerpt, misfit};

    #[test]
    fn the_line_of_an_error_is_shown_with_a_mark() {
        assert_eq!(
            excerpt("select\n\tnme\nfrom t", 9).unwrap(),
            "LINE 2:  nme\n         ^"
        );
    }

    #[test]
    fn a_row_that_does_not_fit_is_found_by_line_and_column() {
        let columns = ["\"a\"".to_owned(), "\"a: \"\"b\"".to_owned()];
        let check = |context: &str, row: u64, column: Option<usize>| {
            let reason = "no number".to_owned();
            let text = format!("{reason}\nCONTEXT:  COPY t, line {context}");
            let expected = WarehouseError::Misfit {
                reason,
                row,
                column,
            };
            assert_eq!(misfit(text, &columns), expected);
        };
        check("1, column a: \"x\"", 0, Some(0));
        check("20, column a: \"b: \"x\"", 19, Some(1));
        check("3", 2, None);
        let other = "no rights".to_owned();
        assert_eq!(
            misfit(other.clone(), &columns),
            WarehouseError::Database(other)
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let sql = format!("select {}, wrong, {}", "a, ".repeat(40), "b, ".repeat(40));
        let shown = excerpt(&sql, sql.find("wrong").unwrap() + 1).unwrap();
        let (line, mark) = shown.split_once('\n').unwrap();
        assert!(
            line.starts_with("LINE 1: ...") && line.ends_with("..."),
            "{line}"
        );
        assert_eq!(line.find("wrong"), mark.find('^'));
    }

    #[test]
    fn a_place_that_is_none_is_left_out() {
        assert_eq!(excerpt("select 1", 0), None);
    }
}
