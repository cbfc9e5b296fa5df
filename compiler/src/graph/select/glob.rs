//! Shell patterns as selectors use them: for names, where `*` crosses everything, and for paths.

/// Whether a text matches a pattern of `*`, `?`, `[abc]` and `[!abc]`, case told apart.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    // Where to go on when a later part fails: the last star, and how much of the text it has eaten.
    let (mut at, mut by) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if by < pattern.len() && pattern[by] == '*' {
            star = Some((by, at));
            by += 1;
            continue;
        }
        if at == text.len() && by == pattern.len() {
            return true;
        }
        let step = (at < text.len() && by < pattern.len())
            .then(|| one(text[at], &pattern[by..]))
            .flatten();
        match (step, star) {
            (Some(length), _) => {
                at += 1;
                by += length;
            }
            (None, Some((place, eaten))) if eaten < text.len() => {
                star = Some((place, eaten + 1));
                (at, by) = (eaten + 1, place + 1);
            }
            _ => return false,
        }
    }
}

/// How many characters of the pattern match one character of the text; `None` if it does not match.
fn one(character: char, pattern: &[char]) -> Option<usize> {
    match pattern[0] {
        '?' => Some(1),
        '[' => set(character, pattern),
        other => (other == character).then_some(1),
    }
}

fn set(character: char, pattern: &[char]) -> Option<usize> {
    let negated = pattern.get(1) == Some(&'!');
    let first = if negated { 2 } else { 1 };
    // A `]` directly after the opening belongs to the set.
    let Some(length) = pattern.iter().skip(first + 1).position(|c| *c == ']') else {
        return (character == '[').then_some(1);
    };
    let end = first + 1 + length;
    let (mut at, mut found) = (first, false);
    while at < end {
        if at + 2 < end && pattern[at + 1] == '-' {
            found |= (pattern[at]..=pattern[at + 2]).contains(&character);
            at += 3;
        } else {
            found |= pattern[at] == character;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

/// Whether a path matches a pattern in which `*` stays within one part and `**` stands for any number of folders.
pub(super) fn path_matches(path: &str, pattern: &str) -> bool {
    let path: Vec<&str> = parts(path).collect();
    let pattern: Vec<&str> = parts(pattern).collect();
    !pattern.is_empty() && parts_match(&path, &pattern)
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
}

fn parts_match(path: &[&str], pattern: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((&"**", rest)) => (0..=path.len()).any(|skipped| parts_match(&path[skipped..], rest)),
        Some((first, rest)) => path
            .split_first()
            .is_some_and(|(part, others)| matches(part, first) && parts_match(others, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_the_shell_does() {
        let cases = [
            ("stg_orders", "stg_*", true),
            ("stg_orders", "*_orders", true),
            ("stg_orders", "*o*d*s", true),
            ("stg_orders", "stg", false),
            ("stg_orders", "stg_order?", true),
            ("stg_orders", "[st]*", true),
            ("stg_orders", "[!s]*", false),
            ("a1", "a[0-9]", true),
            ("a]", "a[]]", true),
            ("a[", "a[", true),
            ("", "*", true),
            ("", "", true),
            ("STG", "stg", false),
        ];
        for (text, pattern, expected) in cases {
            assert_eq!(matches(text, pattern), expected, "{text} against {pattern}");
        }
    }

    #[test]
    fn paths_match_part_by_part() {
        let cases = [
            ("models/staging", "models/staging/", true),
            ("models/staging", "./models/s*", true),
            ("models/staging/crm/a.sql", "models/**/a.sql", true),
            ("models/a.sql", "models/**/a.sql", true),
            ("models/staging/crm/a.sql", "models/*/a.sql", false),
            ("models/staging", "models/stag", false),
            ("models/a.sql", "a.sql", false),
            ("models/a.sql", "", false),
        ];
        for (path, pattern, expected) in cases {
            assert_eq!(
                path_matches(path, pattern),
                expected,
                "{path} against {pattern}"
            );
        }
    }
}
