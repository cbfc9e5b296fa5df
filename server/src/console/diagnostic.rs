//! How a user's mistake looks: code, message, place, the line with a caret, other places, the way out.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use compiler::diag::{Diagnostic, Severity, Span};
use serde_json::{Map, Value, json};

use super::style::Palette;

/// Gives the text of a project file by its path below the project root.
pub type SourceText<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The diagnostic as text of several lines, without a final line break. `stops` shows a warning as an error.
pub fn render(
    diagnostic: &Diagnostic,
    stops: bool,
    palette: Palette,
    source: SourceText<'_>,
) -> String {
    let heading = match (diagnostic.severity, stops) {
        (Severity::Error, _) | (Severity::Warning, true) => {
            palette.red(&format!("error[{}]", diagnostic.code))
        }
        (Severity::Warning, false) => palette.yellow(&format!("warning[{}]", diagnostic.code)),
    };
    let mut text = format!("{heading}: {}", palette.bold(&diagnostic.message));
    let gutter = gutter_width(diagnostic);
    if let Some(span) = &diagnostic.span {
        place(&mut text, span, "-->", gutter, palette);
        quote(&mut text, span, gutter, palette, source);
    }
    for (span, role) in &diagnostic.labels {
        place(&mut text, span, "::>", gutter, palette);
        let _ = write!(text, " {role}");
        quote(&mut text, span, gutter, palette, source);
    }
    if let Some(hint) = &diagnostic.hint {
        let indent = " ".repeat(gutter);
        let mut lines = hint.lines();
        let _ = write!(
            text,
            "\n{indent} {} help: {}",
            palette.blue("="),
            lines.next().unwrap_or_default()
        );
        for line in lines {
            let _ = write!(text, "\n{indent}         {line}");
        }
    }
    text
}

/// Columns that the longest line number takes.
fn gutter_width(diagnostic: &Diagnostic) -> usize {
    diagnostic
        .span
        .iter()
        .chain(diagnostic.labels.iter().map(|(span, _)| span))
        .map(|span| span.line.to_string().len())
        .max()
        .unwrap_or(1)
}

fn place(text: &mut String, span: &Span, arrow: &str, gutter: usize, palette: Palette) {
    let indent = " ".repeat(gutter);
    let _ = write!(text, "\n{indent}{} {span}", palette.blue(arrow));
}

/// The file whose lines are never quoted: passwords may stand in it, and one that cannot be read does not tell which.
const PROFILES: &str = "profiles.yml";

/// Of a longer line only so many characters are quoted, those around the place.
const LONGEST: usize = 200;

/// The source line, and a caret under the word at the column.
fn quote(text: &mut String, span: &Span, gutter: usize, palette: Palette, source: SourceText<'_>) {
    if span.line == 0 || Path::new(&span.file).file_name() == Some(OsStr::new(PROFILES)) {
        return;
    }
    let Some(file) = source(&span.file) else {
        return;
    };
    let Some(line) = file.lines().nth(span.line - 1) else {
        return;
    };
    let bar = palette.blue("|");
    let indent = " ".repeat(gutter);
    let number = palette.blue(&format!("{:>gutter$}", span.line));
    let (shown, column) = around(&line.replace('\t', " "), span.column);
    let _ = write!(text, "\n{indent} {bar}\n{number} {bar} {shown}");
    if column > 0 {
        let before: usize = shown.chars().take(column - 1).map(char_width).sum();
        let carets = "^".repeat(word_length(&shown, column));
        let _ = write!(
            text,
            "\n{indent} {bar} {}{}",
            " ".repeat(before),
            palette.red(&carets)
        );
    }
}

/// The part of a long line around a column, and where the column is in it.
fn around(line: &str, column: usize) -> (String, usize) {
    let length = line.chars().count();
    if length <= LONGEST {
        return (line.to_owned(), column);
    }
    let first = column.saturating_sub(LONGEST / 2).min(length - LONGEST);
    let mut part: String = line.chars().skip(first).take(LONGEST).collect();
    if first + LONGEST < length {
        part.push('…');
    }
    if first == 0 {
        return (part, column);
    }
    (format!("…{part}"), column - first + 1)
}

/// How many columns the word at `column` takes: a name, a quoted text, or one character.
fn word_length(line: &str, column: usize) -> usize {
    let rest: Vec<char> = line.chars().skip(column - 1).collect();
    let Some(first) = rest.first() else { return 1 };
    let length = match first {
        '\'' | '"' => rest[1..]
            .iter()
            .position(|c| c == first)
            .map_or(1, |end| end + 2),
        c if is_name(*c) => rest.iter().take_while(|c| is_name(**c)).count(),
        _ => 1,
    };
    rest[..length]
        .iter()
        .map(|c| char_width(*c))
        .sum::<usize>()
        .max(1)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Columns that a character takes on a terminal.
fn char_width(c: char) -> usize {
    ::console::measure_text_width(c.encode_utf8(&mut [0; 4]))
}

/// Fields of the JSON log line.
pub fn data(diagnostic: &Diagnostic) -> Map<String, Value> {
    let span = |span: &Span| json!({"file": span.file, "line": span.line, "column": span.column});
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|(place, text)| json!({"span": span(place), "text": text}))
        .collect();
    let mut data = Map::new();
    if diagnostic.severity == Severity::Error {
        data.insert("exc".into(), diagnostic.to_string().into());
    }
    data.insert("mistake".into(), diagnostic.code.into());
    data.insert("message".into(), diagnostic.message.clone().into());
    data.insert(
        "span".into(),
        diagnostic.span.as_ref().map_or(Value::Null, span),
    );
    data.insert("labels".into(), labels.into());
    data.insert("hint".into(), diagnostic.hint.clone().into());
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(diagnostic: &Diagnostic, expected: &str) {
        let source = |file: &str| {
            (file == "models/a.sql")
                .then(|| "select *\nfrom {{ ref('ordrs') }}\n\tümlaut x".to_owned())
        };
        assert_eq!(
            render(diagnostic, false, Palette::new(false), &source),
            expected
        );
    }

    #[test]
    fn the_word_is_underlined() {
        check(
            &Diagnostic::error("ref-not-found", "there is no model 'ordrs'")
                .at(Span::at("models/a.sql", 2, 13))
                .hint("did you mean 'orders'?"),
            "error[ref-not-found]: there is no model 'ordrs'\n --> models/a.sql:2:13\n  |\n\
             2 | from {{ ref('ordrs') }}\n  |             ^^^^^^^\n  = help: did you mean 'orders'?",
        );
    }

    #[test]
    fn tabs_and_umlauts_keep_the_caret_in_place() {
        check(
            &Diagnostic::warning("odd", "odd").at(Span::at("models/a.sql", 3, 9)),
            "warning[odd]: odd\n --> models/a.sql:3:9\n  |\n3 |  ümlaut x\n  |         ^",
        );
    }

    #[test]
    fn places_without_a_readable_file_are_named_only() {
        check(
            &Diagnostic::error("cycle", "a cycle")
                .at(Span::file("models/b.sql"))
                .label(Span::line("models/c.sql", 12), "leads here"),
            "error[cycle]: a cycle\n  --> models/b.sql\n  ::> models/c.sql:12 leads here",
        );
    }

    #[test]
    fn a_long_line_is_quoted_around_the_place() {
        let source = |_: &str| Some(format!("{}NAME{}", "x ".repeat(500), " y".repeat(500)));
        let diagnostic = Diagnostic::error("odd", "odd").at(Span::at("models/a.sql", 1, 1001));
        let text = render(&diagnostic, false, Palette::new(false), &source);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[3].starts_with("1 | …"), "{text}");
        assert!(lines[3].ends_with('…'), "{text}");
        let before = |line: &str, word: &str| line.split(word).next().map(|it| it.chars().count());
        assert_eq!(before(lines[3], "NAME"), before(lines[4], "^^^^"));
    }

    #[test]
    fn lines_with_passwords_are_not_quoted() {
        let source = |_: &str| Some("dev: {password: hunter2}".to_owned());
        let diagnostic =
            Diagnostic::error("odd", "odd").at(Span::at("/home/me/.dbt/profiles.yml", 1, 6));
        assert_eq!(
            render(&diagnostic, false, Palette::new(false), &source),
            "error[odd]: odd\n --> /home/me/.dbt/profiles.yml:1:6"
        );
    }
}
