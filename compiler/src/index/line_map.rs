//! Which lines as written a compiled line comes from.
//!
//! No artifact of dbt says so, and it must be told for those as well: the two texts are aligned by what stands around the
//! Jinja. A line as written is a pattern, literal text with holes where expressions are; the alignment keeps the order
//! and the most letters. What loops repeat, and what an expression of several lines became, is found around it.

use std::ops::Range;

/// Pairs of lines that are compared at most; texts that would need more get no map.
const PAIRS: usize = 2_000_000;

/// Lines, counted from 0.
pub type Lines = Range<usize>;

/// For each compiled line the lines as written that it comes from; `None` for empty ones and for what the compiler
/// added, such as the text of an ephemeral model. All of the answer is `None` where the texts are too long to compare.
pub fn line_map(written: &str, compiled: &str) -> Option<Vec<Option<Lines>>> {
    let patterns = patterns(written);
    let lines: Vec<&str> = compiled.lines().map(str::trim).collect();
    if patterns.len() * lines.len() > PAIRS {
        return None;
    }
    let anchors = align(&patterns, &lines);
    let mut map = vec![None; lines.len()];
    for (at, written) in &anchors {
        map[*at] = Some(*written..written + 1);
    }
    let ends = anchors.iter().copied().map(Some).chain([None]);
    let mut before: Option<(usize, usize)> = None;
    for end in ends {
        let gap = Gap {
            before: before.map(|(_, written)| written),
            until: end.map_or(patterns.len(), |(_, written)| written),
        };
        for at in before.map_or(0, |(at, _)| at + 1)..end.map_or(lines.len(), |(at, _)| at) {
            map[at] = gap.origin(&patterns, lines[at]);
        }
        before = end;
    }
    Some(map)
}

/// A line as written.
#[derive(Debug, Default, PartialEq)]
struct Pattern {
    /// Literal text around the holes; one more than there are holes.
    pieces: Vec<String>,
    /// Whether an expression begins, ends or goes on in it, so that it may become several lines.
    speaks: bool,
    /// Whether an expression begins in it that the next line goes on with.
    opens: bool,
    /// Numbers of the loops around it.
    loops: Vec<usize>,
}

impl Pattern {
    /// How many letters of a compiled line it accounts for; 0 if it cannot have become that line.
    fn letters(&self, line: &str) -> usize {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            // Without holes there is one piece.
            let whole = self.pieces.first().map_or("", String::as_str);
            return if whole == line { 2 * count(line) } else { 0 };
        };
        let Some(mut rest) = line.strip_prefix(first.as_str()) else {
            return 0;
        };
        for piece in middle {
            match rest.split_once(piece.as_str()) {
                Some((_, after)) => rest = after,
                None => return 0,
            }
        }
        if rest.ends_with(last.as_str()) {
            self.pieces.iter().map(|piece| count(piece)).sum()
        } else {
            0
        }
    }
}

/// Letters and signs, without space.
fn count(text: &str) -> usize {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .count()
}

/// Lines as written between two that are found in the compiled text.
struct Gap {
    before: Option<usize>,
    until: usize,
}

impl Gap {
    /// Where a compiled line comes from that has no place in the order of the others.
    fn origin(&self, patterns: &[Pattern], line: &str) -> Option<Lines> {
        if line.is_empty() {
            return None;
        }
        let inside = self.before.map_or(0, |before| before + 1)..self.until;
        // A loop says its lines again and again.
        let loops = self
            .before
            .map_or(&[][..], |before| &patterns[before].loops);
        let repeated = patterns.iter().enumerate().filter(|(at, pattern)| {
            inside.contains(at) || pattern.loops.iter().any(|number| loops.contains(number))
        });
        let best = repeated
            .map(|(at, pattern)| (pattern.letters(line), at))
            .filter(|(letters, _)| *letters > 0)
            .max_by_key(|(letters, at)| (*letters, std::cmp::Reverse(*at)));
        if let Some((_, at)) = best {
            return Some(at..at + 1);
        }
        let before = self.before.filter(|before| patterns[*before].speaks);
        let mut speaking = inside.filter(|at| patterns[*at].speaks);
        let Some(first) = speaking.next() else {
            return before.map(|before| before..before + 1);
        };
        let begun = before.filter(|before| patterns[*before].opens);
        Some(begun.unwrap_or(first)..speaking.next_back().unwrap_or(first) + 1)
    }
}

/// Pairs of a compiled line and a line as written, both ascending, that account for the most letters.
fn align(patterns: &[Pattern], lines: &[&str]) -> Vec<(usize, usize)> {
    let width = patterns.len() + 1;
    let mut best = vec![0_u32; width * (lines.len() + 1)];
    let letters = |at: usize, written: usize| patterns[written].letters(lines[at]) as u32;
    for at in (0..lines.len()).rev() {
        for written in (0..patterns.len()).rev() {
            let found = letters(at, written);
            let skip = best[(at + 1) * width + written].max(best[at * width + written + 1]);
            let both = best[(at + 1) * width + written + 1] + found;
            best[at * width + written] = if found > 0 { skip.max(both) } else { skip };
        }
    }
    let (mut at, mut written) = (0, 0);
    let mut pairs = Vec::new();
    while at < lines.len() && written < patterns.len() {
        let here = best[at * width + written];
        let found = letters(at, written);
        if found > 0 && here == best[(at + 1) * width + written + 1] + found {
            pairs.push((at, written));
            (at, written) = (at + 1, written + 1);
        } else if here == best[at * width + written + 1] {
            written += 1;
        } else {
            at += 1;
        }
    }
    pairs
}

/// The lines of a text with Jinja.
fn patterns(text: &str) -> Vec<Pattern> {
    let mut found = Vec::new();
    let mut open: Option<&str> = None;
    let mut loops: Vec<usize> = Vec::new();
    let mut tag = String::new();
    for line in text.lines() {
        let mut pattern = Pattern {
            loops: loops.clone(),
            ..Pattern::default()
        };
        let mut piece = String::new();
        let mut rest = line;
        loop {
            if let Some(end) = open {
                pattern.speaks |= end == "}}";
                let Some((inside, after)) = rest.split_once(end) else {
                    tag.push_str(rest);
                    tag.push(' ');
                    break;
                };
                tag.push_str(inside);
                turn(&tag, end, &mut loops, found.len());
                tag.clear();
                (open, rest) = (None, after);
                continue;
            }
            let marks = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
            let next = marks
                .iter()
                .filter_map(|(mark, end)| rest.find(mark).map(|at| (at, *end)))
                .min();
            let Some((at, end)) = next else {
                piece.push_str(rest);
                break;
            };
            piece.push_str(&rest[..at]);
            // A statement or a comment leaves nothing behind.
            if end == "}}" {
                pattern.pieces.push(std::mem::take(&mut piece));
            }
            (open, rest) = (Some(end), &rest[at + 2..]);
        }
        pattern.opens = open == Some("}}");
        pattern.pieces.push(piece);
        trim(&mut pattern.pieces);
        for number in &loops {
            if !pattern.loops.contains(number) {
                pattern.loops.push(*number);
            }
        }
        found.push(pattern);
    }
    found
}

/// Compiled lines are compared without the space at their ends.
fn trim(pieces: &mut [String]) {
    if let Some(first) = pieces.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(last) = pieces.last_mut() {
        *last = last.trim_end().to_owned();
    }
}

/// Keeps the loops that are open; a loop's number is the line that it begins in.
fn turn(tag: &str, end: &str, loops: &mut Vec<usize>, line: usize) {
    let word = tag.trim_start_matches(['-', '+']).trim_start();
    let word = word.split(|letter: char| !letter.is_alphabetic()).next();
    match (end, word) {
        ("%}", Some("for")) => loops.push(line),
        ("%}", Some("endfor")) => {
            loops.pop();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The map as text: `compiled line <- lines as written`, both from 1.
    fn told(written: &str, compiled: &str) -> Vec<String> {
        let map = line_map(written, compiled).expect("short texts have a map");
        let origin = |lines: Option<Lines>| match lines {
            None => "-".to_owned(),
            Some(lines) if lines.len() == 1 => (lines.start + 1).to_string(),
            Some(lines) => format!("{}..{}", lines.start + 1, lines.end),
        };
        map.into_iter().map(origin).collect()
    }

    #[test]
    fn literal_lines_and_lines_with_holes_are_found_by_what_stands_around() {
        let written = "{{ config(\n    materialized='table'\n) }}\n\nselect id, {{ cents('amount') }} as amount\nfrom {{ ref('orders') }}\nwhere id > 0";
        let compiled = "\n\nselect id, (amount / 100) as amount\nfrom \"db\".\"main\".\"orders\"\nwhere id > 0";
        assert_eq!(told(written, compiled), ["-", "-", "5", "6", "7"]);
    }

    #[test]
    fn a_loop_says_its_lines_more_than_once() {
        let written = "select\n{% for kind in kinds %}\n    sum(case when kind = '{{ kind }}' then 1 end) as {{ kind }}_count,\n{% endfor %}\n    id\nfrom t";
        let compiled = "select\n\n    sum(case when kind = 'a' then 1 end) as a_count,\n\n    sum(case when kind = 'b' then 1 end) as b_count,\n\n    id\nfrom t";
        assert_eq!(
            told(written, compiled),
            ["1", "-", "3", "-", "3", "-", "5", "6"]
        );
    }

    #[test]
    fn an_expression_may_become_many_lines() {
        let written =
            "select {{ dbt_utils.star(\n  from=ref('orders')\n) }}\nfrom {{ ref('orders') }}";
        let compiled = "select \"id\",\n  \"amount\",\n  \"at\"\nfrom \"orders\"";
        assert_eq!(told(written, compiled), ["1", "1..3", "1..3", "4"]);
    }

    #[test]
    fn a_whole_model_of_one_call_comes_from_that_call() {
        assert_eq!(
            told(
                "{{ date_spine('day') }}",
                "with days as (\n  select 1\n)\nselect * from days"
            ),
            ["1", "1", "1", "1"]
        );
    }

    #[test]
    fn what_the_compiler_adds_comes_from_nowhere() {
        let written = "select *\nfrom {{ ref('stub') }}";
        let compiled =
            "with __dbt__cte__stub as (\nselect 1 as id\n) select *\nfrom __dbt__cte__stub";
        assert_eq!(told(written, compiled), ["-", "-", "-", "2"]);
    }

    #[test]
    fn comments_and_statements_leave_nothing() {
        let written = "{# why\n   so #}\n{%- set x = 1 -%}\nselect {{ x }} as x {# one #}";
        assert_eq!(told(written, "select 1 as x"), ["4"]);
    }

    #[test]
    fn texts_too_long_have_no_map() {
        let long = "select 1\n".repeat(2_000);
        assert_eq!(line_map(&long, &long), None);
        assert_eq!(line_map("", ""), Some(Vec::new()));
    }
}
