//! Cross-database functions, by what they give.

use crate::support::{Place, Shop, on_each};

#[track_caller]
fn check(place: Place, cases: &[(&str, &str)]) {
    let columns: Vec<String> = cases
        .iter()
        .enumerate()
        .map(|(index, (call, _))| format!("({{{{ {call} }}}})::varchar as c{index}"))
        .collect();
    let model = format!("select {}", columns.join(",\n"));
    let shop = Shop::at(place, &[("models/values.sql", &model)]);
    shop.build(1);
    let found = shop.rows("from \"values\"").remove(0);
    let expected: Vec<&str> = cases.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(found.split('|').collect::<Vec<_>>(), expected);
}

const LATE: &str = "\"timestamp '2024-02-28 23:59:58'\"";

#[test]
fn dates() {
    on_each(|place| {
        check(
            place,
            &[
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
            ],
        );
    });
}

#[test]
fn texts() {
    on_each(|place| {
        check(
            place,
            &[
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
                ("dbt.cast_bool_to_text('true')", "true"),
            ],
        );
    });
    // PostgreSQL has no cast that gives null.
    check(
        Place::DuckDb,
        &[("dbt.safe_cast(\"'x'\", dbt.type_int())", "-")],
    );
}

#[test]
fn aggregates() {
    on_each(|place| {
        check(
            place,
            &[
                ("dbt.any_value('7')", "7"),
                ("dbt.bool_or('true')", "true"),
                ("dbt.listagg(\"'x'\", \"', '\")", "x"),
            ],
        );
    });
}

#[test]
fn arrays() {
    let pair = "dbt.array_construct([1, 2])";
    let appended = "dbt.array_append(dbt.array_construct([1]), 2)";
    let joined = "dbt.array_concat(dbt.array_construct([1]), dbt.array_construct([2]))";
    for (place, shown, empty) in [
        (Place::DuckDb, "[1, 2]", "[]"),
        (Place::Postgres, "{1,2}", "{}"),
    ] {
        check(
            place,
            &[
                (pair, shown),
                (appended, shown),
                (joined, shown),
                ("dbt.array_construct()", empty),
            ],
        );
    }
}

#[test]
fn spines_and_series() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "models/days.sql",
                    "{{ dbt.date_spine('day', \"date '2024-02-27'\", \"date '2024-03-01'\") }}",
                ),
                ("models/numbers.sql", "{{ dbt.generate_series(5) }}"),
                (
                    "models/others.sql",
                    "(select 1 as a union all select 2) {{ dbt.except() }} (select 1)",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(
            shop.rows("select date_day::date from days order by 1"),
            ["2024-02-27", "2024-02-28", "2024-02-29"]
        );
        assert_eq!(shop.rows("from numbers"), ["1", "2", "3", "4", "5"]);
        assert_eq!(shop.rows("from others"), ["2"]);
    });
}
