//! What PostgreSQL answers to a statement (`SELECT 42`, `CREATE VIEW`), which its driver keeps to itself.

use compiler::adapter::Response;

use super::split::token;

/// Words between `create` and what is created.
const MODIFIERS: [&str; 10] = [
    "or",
    "replace",
    "temp",
    "temporary",
    "unlogged",
    "global",
    "local",
    "unique",
    "recursive",
    "concurrently",
];

/// What may stand behind WITH and its queries.
const VERBS: [&str; 5] = ["select", "insert", "update", "delete", "merge"];

/// The answer to a statement that touched `rows` rows.
pub(super) fn response(statement: &str, rows: u64) -> Response {
    let words = words(statement);
    let counted = |code: &str, message: String| Response {
        message,
        code: code.to_owned(),
        rows_affected: i64::try_from(rows).ok(),
    };
    let plain = |code: String| Response {
        message: code.clone(),
        code,
        rows_affected: Some(-1),
    };
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let verb = match word(0) {
        // What follows the queries in parentheses decides.
        "with" => words
            .iter()
            .find(|word| VERBS.contains(&word.as_str()))
            .map_or("select", String::as_str),
        first => first,
    };
    match verb {
        "select" | "values" | "table" => counted("SELECT", format!("SELECT {rows}")),
        "insert" => counted("INSERT", format!("INSERT 0 {rows}")),
        verb @ ("update" | "delete" | "merge" | "copy" | "fetch" | "move") => {
            let verb = verb.to_uppercase();
            counted(&verb, format!("{verb} {rows}"))
        }
        "create" => {
            let kind: Vec<&str> = words[1..]
                .iter()
                .map(String::as_str)
                .filter(|word| !MODIFIERS.contains(word))
                .collect();
            match kind.as_slice() {
                ["table", rest @ ..] if rest.contains(&"as") => {
                    counted("SELECT", format!("SELECT {rows}"))
                }
                ["materialized", "view", ..] => counted("SELECT", format!("SELECT {rows}")),
                [first, ..] => plain(format!("CREATE {}", first.to_uppercase())),
                [] => plain("CREATE".to_owned()),
            }
        }
        verb @ ("drop" | "alter") => {
            let kind = if word(1) == "materialized" {
                "MATERIALIZED VIEW".to_owned()
            } else {
                word(1).to_uppercase()
            };
            plain(format!("{} {kind}", verb.to_uppercase()))
        }
        "truncate" => plain("TRUNCATE TABLE".to_owned()),
        "refresh" => plain("REFRESH MATERIALIZED VIEW".to_owned()),
        verb => plain(verb.to_uppercase()),
    }
}

/// The words of a statement that stand outside of parentheses, in lower case.
fn words(statement: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0_i32;
    let mut at = 0;
    while at < statement.len() {
        let rest = &statement[at..];
        let (length, significant) = token(rest);
        let text = &rest[..length];
        match text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if significant && depth == 0 && text.starts_with(|c: char| c.is_alphabetic()) => {
                found.push(text.to_lowercase());
            }
            _ => {}
        }
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::response;

    #[track_caller]
    fn check(statement: &str, rows: u64, message: &str, code: &str, affected: i64) {
        let found = response(statement, rows);
        assert_eq!(
            (
                found.message.as_str(),
                found.code.as_str(),
                found.rows_affected
            ),
            (message, code, Some(affected))
        );
    }

    #[test]
    fn statements_are_answered_as_postgresql_does() {
        check(
            "/* x */ with a as (select 1) select * from a",
            3,
            "SELECT 3",
            "SELECT",
            3,
        );
        check("insert into t select 1", 2, "INSERT 0 2", "INSERT", 2);
        check(
            "create table \"s\".\"t\" as (select 1)",
            5,
            "SELECT 5",
            "SELECT",
            5,
        );
        check(
            "create temp table t (a int)",
            0,
            "CREATE TABLE",
            "CREATE TABLE",
            -1,
        );
        check(
            "create or replace view v as select 1",
            0,
            "CREATE VIEW",
            "CREATE VIEW",
            -1,
        );
        check(
            "drop table if exists t cascade",
            0,
            "DROP TABLE",
            "DROP TABLE",
            -1,
        );
        check("commit", 0, "COMMIT", "COMMIT", -1);
    }
}
