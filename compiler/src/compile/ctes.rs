//! Puts ephemeral models in front of the SQL that reads them.

use crate::artifacts::manifest::InjectedCte;

/// Adds `ctes` to `sql`: into its leading `WITH [RECURSIVE]` where it has one, else as a `with` of their own.
///
/// White space stands as dbt 1.12 writes it, so that compiled files of both can be compared.
pub fn inject_ctes(sql: &str, ctes: &[InjectedCte]) -> String {
    if ctes.is_empty() {
        return sql.to_owned();
    }
    let list = ctes
        .iter()
        .map(|cte| cte.sql.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    match after_with(sql) {
        Some(end) => format!("{}{list}, {}", &sql[..end], &sql[end..]),
        None => format!("with{list} {}", sql.trim_start()),
    }
}

/// Where the first CTE of a leading `WITH [RECURSIVE]` stands, the white space before it skipped.
fn after_with(sql: &str) -> Option<usize> {
    let start = skip_space_and_comments(sql, 0);
    let with = keyword(sql, start, "with")?;
    let next = skip_space_and_comments(sql, with);
    let end = keyword(sql, next, "recursive").unwrap_or(with);
    Some(end + leading_space(&sql[end..]))
}

/// The end of `word` at `start`, whatever its case, if it stands there as a whole word.
fn keyword(sql: &str, start: usize, word: &str) -> Option<usize> {
    let end = start + word.len();
    let found = sql.get(start..end)?;
    let part_of_name = |next: char| next.is_alphanumeric() || matches!(next, '_' | '$');
    (found.eq_ignore_ascii_case(word) && !sql[end..].starts_with(part_of_name)).then_some(end)
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn skip_space_and_comments(sql: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        at += leading_space(&sql[at..]);
        let rest = &sql[at..];
        let comment = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else {
            return at;
        };
        at += comment;
    }
}

/// Length of the block comment that `text` starts with. Comments nest, as in the SQL standard.
fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let ctes = ["a", "b"].map(|name| InjectedCte {
            id: format!("model.shop.{name}"),
            sql: format!(" __dbt__cte__{name} as (\nselect 1\n)"),
        });
        let list = " __dbt__cte__a as (\nselect 1\n),  __dbt__cte__b as (\nselect 1\n)";
        assert_eq!(inject_ctes(sql, &ctes), expected.replace("CTES", list));
    }

    #[test]
    fn nothing_to_inject_leaves_the_sql_alone() {
        assert_eq!(inject_ctes("\n-- why\nselect 1", &[]), "\n-- why\nselect 1");
    }

    #[test]
    fn plain_sql_gets_a_with() {
        check(
            "select * from __dbt__cte__a",
            "withCTES select * from __dbt__cte__a",
        );
        check(
            "\n  (with x as (select 1) select 2)",
            "withCTES (with x as (select 1) select 2)",
        );
        check("-- with care\nselect 1", "withCTES -- with care\nselect 1");
    }

    #[test]
    fn a_leading_with_takes_them_first() {
        check(
            "with x as (select 1) select 2",
            "with CTES, x as (select 1) select 2",
        );
        check(
            "WITH\n\n  x as (select 1) select 2",
            "WITH\n\n  CTES, x as (select 1) select 2",
        );
        check(
            "-- with\nwith-- why\n x as (select 1) select 2",
            "-- with\nwithCTES, -- why\n x as (select 1) select 2",
        );
        check(
            "/* a /* with */ b */ With x as (select 1) select 2",
            "/* a /* with */ b */ With CTES, x as (select 1) select 2",
        );
    }

    #[test]
    fn recursive_stays_before_them() {
        check(
            "with recursive x as (select 1) select 2",
            "with recursive CTES, x as (select 1) select 2",
        );
        check(
            "with /* r */ RECURSIVE\n x as (select 1) select 2",
            "with /* r */ RECURSIVE\n CTES, x as (select 1) select 2",
        );
    }

    #[test]
    fn names_that_begin_like_keywords_are_names() {
        check(
            "with recursive_ as (select 1) select 2",
            "with CTES, recursive_ as (select 1) select 2",
        );
        check("without", "withCTES without");
    }

    #[test]
    fn unfinished_comments_end_with_the_text() {
        check("-- only a comment", "withCTES -- only a comment");
        check(
            "/* open /* twice */ with",
            "withCTES /* open /* twice */ with",
        );
    }
}
