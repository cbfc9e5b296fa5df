//! SQL text → statements, as PostgreSQL's own lexer would end them.

/// The statements of a text, each without its semicolon; comments alone are none.
pub(super) fn statements(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut blank = true;
    while at < sql.len() {
        let rest = &sql[at..];
        let (length, significant) = token(rest);
        if rest.starts_with(';') {
            if !blank {
                found.push(sql[start..at].trim());
            }
            start = at + 1;
            blank = true;
        } else if significant {
            blank = false;
        }
        at += length;
    }
    if !blank {
        found.push(sql[start..].trim());
    }
    found
}

/// Length of the first token of a text that is not empty, and whether it is more than space or a comment.
pub(super) fn token(text: &str) -> (usize, bool) {
    let first = text.chars().next().unwrap_or(' ');
    match first {
        '\'' => (quoted(text, '\'', false), true),
        '"' => (quoted(text, '"', false), true),
        'e' | 'E' if text[1..].starts_with('\'') => (1 + quoted(&text[1..], '\'', true), true),
        '-' if text.starts_with("--") => (text.find('\n').unwrap_or(text.len()), false),
        '/' if text.starts_with("/*") => (block_comment(text), false),
        '$' => (dollar(text), true),
        c if c.is_alphanumeric() || c == '_' => {
            let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            (text.find(|c| !part(c)).unwrap_or(text.len()), true)
        }
        c => (c.len_utf8(), !c.is_whitespace()),
    }
}

fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && escapes {
            characters.next();
        } else if c == quote {
            if characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// `$tag$ … $tag$`, or a lone dollar sign.
fn dollar(text: &str) -> usize {
    let Some(end) = text[1..].find('$').map(|end| end + 2) else {
        return 1;
    };
    let tag = &text[..end];
    let name = &tag[1..end - 1];
    if name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return 1;
    }
    text[end..]
        .find(tag)
        .map_or(text.len(), |close| end + close + end)
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        let sql = "select ';' as \"a;b\", E'it\\'s;'; -- one; two\n/* ; /* ; */ */ do $x$ begin; end $x$;;\ninsert into t values ($$;$$)";
        assert_eq!(
            statements(sql),
            [
                "select ';' as \"a;b\", E'it\\'s;'",
                "-- one; two\n/* ; /* ; */ */ do $x$ begin; end $x$",
                "insert into t values ($$;$$)",
            ]
        );
        assert_eq!(statements(" -- nothing\n;"), Vec::<&str>::new());
    }
}
