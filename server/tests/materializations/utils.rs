//! Cross-database functions on DuckDB, by what they give.

use crate::support::Shop;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let columns: Vec<String> = cases
        .iter()
        .enumerate()
        .map(|(index, (call, _))| format!("({{{{ {call} }}}})::varchar as c{index}"))
        .collect();
    let shop = Shop::new(&[(
        "models/values.sql",
        &format!("select {}", columns.join(",\n")),
    )]);
    shop.build(1);
    let found = shop.rows("from \"values\"").remove(0);
    let expected: Vec<&str> = cases.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(found.split('|').collect::<Vec<_>>(), expected);
}

const LATE: &str = "\"timestamp '2024-02-28 23:59:58'\"";

#[test]
fn dates() {
    check(&[
        (
            &format!("dbt.dateadd('day', 2, {LATE})"),
            "2024-03-01 23:59:58",
        ),
        (
            &format!("dbt.dateadd('quarter', -1, {LATE})"),
            "2023-11-28 23:59:58",
        ),
        (
            &format!("dbt.date_trunc('month', {LATE})"),
            "2024-02-01 00:00:00",
        ),
        (&format!("dbt.last_day({LATE}, 'month')"), "2024-02-29"),
        (&format!("dbt.last_day({LATE}, 'quarter')"), "2024-03-31"),
        (
            &format!("dbt.datediff({LATE}, \"timestamp '2024-03-01'\", 'day')"),
            "2",
        ),
        (
            &format!("dbt.datediff({LATE}, \"timestamp '2024-03-01'\", 'hour')"),
            "25",
        ),
        (
            "dbt.datediff(\"date '2024-01-06'\", \"date '2024-01-07'\", 'week')",
            "1",
        ),
        (
            "dbt.datediff(\"date '2024-01-07'\", \"date '2024-01-08'\", 'week')",
            "0",
        ),
        ("dbt.date(2024, 2, 9)", "2024-02-09"),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("dbt.split_part(\"'a-b-c'\", \"'-'\", 2)", "b"),
        ("dbt.split_part(\"'a-b-c'\", \"'-'\", -1)", "c"),
        ("dbt.concat([\"'a'\", \"'b'\"])", "ab"),
        ("dbt.hash(\"'abc'\")", "900150983cd24fb0d6963f7d28e17f72"),
        ("dbt.replace(\"'abc'\", \"'b'\", \"'x'\")", "axc"),
        ("dbt.right(\"'abc'\", 2)", "bc"),
        ("dbt.length(\"'abc'\")", "3"),
        ("dbt.position(\"'c'\", \"'abc'\")", "3"),
        (
            "dbt.string_literal(dbt.escape_single_quotes(\"it's\"))",
            "it's",
        ),
        ("dbt.safe_cast(\"'x'\", dbt.type_int())", "-"),
        ("dbt.cast_bool_to_text('true')", "true"),
    ]);
}

#[test]
fn lists_and_aggregates() {
    check(&[
        ("dbt.array_construct([1, 2])", "[1, 2]"),
        ("dbt.array_construct()", "[]"),
        ("dbt.array_append(dbt.array_construct([1]), 2)", "[1, 2]"),
        (
            "dbt.array_concat(dbt.array_construct([1]), dbt.array_construct([2]))",
            "[1, 2]",
        ),
        ("dbt.any_value('7')", "7"),
        ("dbt.bool_or('true')", "true"),
        ("dbt.listagg(\"'x'\", \"', '\")", "x"),
    ]);
}

#[test]
fn spines_and_series() {
    let shop = Shop::new(&[
        (
            "models/days.sql",
            "{{ dbt.date_spine('day', \"date '2024-02-27'\", \"date '2024-03-01'\") }}",
        ),
        ("models/numbers.sql", "{{ dbt.generate_series(5) }}"),
        (
            "models/others.sql",
            "(select 1 as a union all select 2) {{ dbt.except() }} (select 1)",
        ),
    ]);
    shop.build(1);
    assert_eq!(
        shop.rows("select date_day::date from days order by 1"),
        ["2024-02-27", "2024-02-28", "2024-02-29"]
    );
    assert_eq!(shop.rows("from numbers"), ["1", "2", "3", "4", "5"]);
    assert_eq!(shop.rows("from others"), ["2"]);
}
