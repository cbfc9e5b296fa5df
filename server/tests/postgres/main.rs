//! The PostgreSQL warehouse: types, statements, transactions, bulk load, cancelling, lost connections, messages.

mod connecting;
mod server;

use std::time::{Duration, Instant};

use compiler::adapter::{Cell, Column, Table, WarehouseError};
use serde_json::json;

use server::{Schema, connect, rows, run, values};

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

#[test]
fn each_type_has_its_cell_and_its_name() {
    let schema = Schema::new("types");
    run(&schema.connection, "create type mood as enum ('sad', 'ok')");
    run(
        &schema.connection,
        "create domain positive as int check (value > 0)",
    );
    let cases = [
        ("true", Cell::Bool(true), "boolean"),
        ("42::smallint", Cell::Int(42), "smallint"),
        ("42", Cell::Int(42), "integer"),
        ("12345678901", Cell::Int(12_345_678_901), "bigint"),
        ("7::positive", Cell::Int(7), "integer"),
        ("2.5::float8", Cell::Float(2.5), "double precision"),
        ("0.1::real", Cell::Float(0.1), "real"),
        (
            "'-infinity'::float8",
            Cell::Float(f64::NEG_INFINITY),
            "double precision",
        ),
        ("1.50", Cell::Decimal("1.50".into()), "numeric"),
        (
            "(-0.05)::numeric(38,10)",
            Cell::Decimal("-0.0500000000".into()),
            "numeric(38,10)",
        ),
        (
            "123456789012345678901234567890.123456789",
            Cell::Decimal("123456789012345678901234567890.123456789".into()),
            "numeric",
        ),
        ("sum(1::bigint)", Cell::Decimal("1".into()), "numeric"),
        ("'a'", text("a"), "text"),
        ("'a'::varchar(10)", text("a"), "character varying(10)"),
        ("'a'::varchar", text("a"), "character varying"),
        ("'a'::char(3)", text("a  "), "character(3)"),
        ("null::text", Cell::Null, "text"),
        ("''", text(""), "text"),
        ("date '2024-02-29'", Cell::Date("2024-02-29".into()), "date"),
        ("date 'infinity'", text("infinity"), "date"),
        ("date '0044-03-15 BC'", text("0044-03-15 BC"), "date"),
        (
            "timestamp '2024-02-29 01:02:03'",
            Cell::Timestamp("2024-02-29T01:02:03".into()),
            "timestamp without time zone",
        ),
        (
            "timestamp(3) '2024-02-29 01:02:03.5'",
            Cell::Timestamp("2024-02-29T01:02:03.500000".into()),
            "timestamp(3) without time zone",
        ),
        (
            "timestamptz '2024-02-29 01:02:03+02'",
            Cell::Timestamp("2024-02-28T23:02:03+00:00".into()),
            "timestamp with time zone",
        ),
        (
            "time '12:30:00.25'",
            text("12:30:00.25"),
            "time without time zone",
        ),
        (
            "interval '14 months 3 days 90 minutes'",
            text("1 year 2 mons 3 days 01:30:00"),
            "interval",
        ),
        (r#"'{"a":  1}'::json"#, text(r#"{"a":  1}"#), "json"),
        (r#"'{"a":  1}'::jsonb"#, text(r#"{"a": 1}"#), "jsonb"),
        ("array[1, null, 3]", text("{1,NULL,3}"), "integer[]"),
        ("array['a', 'b c']", text("{a,\"b c\"}"), "text[]"),
        (
            "'00000000-0000-0000-0000-000000000001'::uuid",
            text("00000000-0000-0000-0000-000000000001"),
            "uuid",
        ),
        ("'ok'::mood", text("ok"), "mood"),
        ("'\\xff00'::bytea", text("\\xff00"), "bytea"),
        ("row(1, 'x')", text("(1,x)"), "record"),
    ];
    for (sql, cell, kind) in cases {
        let table = rows(&schema.connection, &format!("select {sql} as x"));
        assert_eq!(table.rows, [vec![cell]], "{sql}");
        let column = Column {
            name: "x".into(),
            data_type: kind.into(),
        };
        assert_eq!(table.columns, [column], "{sql}");
    }
    assert_eq!(
        values(&schema.connection, "select 'NaN'::numeric = 'NaN'"),
        [Cell::Bool(true)]
    );
}

#[test]
fn dates_read_the_same_whatever_the_role_prefers() {
    let schema = Schema::new("dates");
    run(
        &schema.connection,
        "create role german login superuser password 'correct horse'; alter role german set datestyle = 'German'",
    );
    let connection = connect(json!({"user": "german"}));
    assert_eq!(
        values(&connection, "select date '2024-02-29'"),
        [Cell::Date("2024-02-29".into())]
    );
}

#[test]
fn of_several_statements_the_last_one_answers() {
    let schema = Schema::new("several");
    let connection = &schema.connection;
    let table = rows(
        connection,
        "create table t (a int); insert into t values (1), (2); select sum(a) as s, ';' as \"a;b\" from t; -- end",
    );
    assert_eq!(table.rows, [[Cell::Int(3), text(";")]]);
    assert_eq!(table.columns[1].name, "a;b");
    // The rows of a statement before the last one are nobody's.
    assert_eq!(
        rows(connection, "select 1; create table u (a int)"),
        Table::default()
    );
    assert_eq!(rows(connection, "-- nothing\n;"), Table::default());
    let limited =
        connection
            .warehouse
            .execute("select * from generate_series(1, 5000)", true, Some(2));
    assert_eq!(limited.unwrap().1.rows.len(), 2);
    let empty = rows(connection, "select a, a::text as b from t where false");
    assert_eq!((empty.columns.len(), empty.rows.len()), (2, 0));
}

#[test]
fn several_statements_outside_of_a_transaction_happen_together_or_not_at_all() {
    let schema = Schema::new("together");
    let warehouse = &schema.connection.warehouse;
    warehouse
        .execute("create table t (a int); select 1 / 0", false, None)
        .unwrap_err();
    assert_eq!(
        values(&schema.connection, "select to_regclass('t') is null"),
        [Cell::Bool(true)]
    );
}

#[test]
fn statements_answer_with_their_command_and_rows() {
    let schema = Schema::new("answers");
    let check = |sql: &str, message: &str, code: &str, rows: i64| {
        let (response, _) = schema
            .connection
            .warehouse
            .execute(sql, false, None)
            .unwrap();
        let found = (
            response.message.as_str(),
            response.code.as_str(),
            response.rows_affected,
        );
        assert_eq!(found, (message, code, Some(rows)), "{sql}");
    };
    check(
        "create table t as select generate_series(1, 42) as a",
        "SELECT 42",
        "SELECT",
        42,
    );
    check(
        "/* x */ insert into t values (1), (2), (3)",
        "INSERT 0 3",
        "INSERT",
        3,
    );
    check(
        "with n as (select 7 as a) insert into t select a from n",
        "INSERT 0 1",
        "INSERT",
        1,
    );
    check(
        "with n as (delete from t where a = 7 returning a) select * from n",
        "SELECT 2",
        "SELECT",
        2,
    );
    check("update t set a = 0 where a = 42", "UPDATE 1", "UPDATE", 1);
    check(
        "merge into t using (values (0)) as s (a) on t.a = s.a when matched then delete",
        "MERGE 1",
        "MERGE",
        1,
    );
    check("delete from t where a < 3", "DELETE 4", "DELETE", 4);
    check(
        "create view v as select * from t",
        "CREATE VIEW",
        "CREATE VIEW",
        -1,
    );
    check(
        "create materialized view m as select * from t",
        "SELECT 39",
        "SELECT",
        39,
    );
    check(
        "refresh materialized view m",
        "REFRESH MATERIALIZED VIEW",
        "REFRESH MATERIALIZED VIEW",
        -1,
    );
    check(
        "create index i on t (a)",
        "CREATE INDEX",
        "CREATE INDEX",
        -1,
    );
    check(
        "alter table t rename to u",
        "ALTER TABLE",
        "ALTER TABLE",
        -1,
    );
    check("comment on table u is 'x'", "COMMENT", "COMMENT", -1);
    check("truncate u", "TRUNCATE TABLE", "TRUNCATE TABLE", -1);
    check(
        "begin; drop table u cascade; commit",
        "COMMIT",
        "COMMIT",
        -1,
    );
}

#[test]
fn an_error_ends_the_transaction_and_the_connection_goes_on() {
    let schema = Schema::new("errors");
    let warehouse = &schema.connection.warehouse;
    warehouse.begin().unwrap();
    warehouse.begin().unwrap();
    warehouse
        .execute("create table t (a int)", false, None)
        .unwrap();
    warehouse
        .execute("select * from missing", true, None)
        .unwrap_err();
    let exists = "select to_regclass('t') is not null";
    assert_eq!(values(&schema.connection, exists), [Cell::Bool(false)]);
    warehouse.commit().unwrap();

    warehouse.begin().unwrap();
    warehouse
        .execute("create table t (a int)", false, None)
        .unwrap();
    warehouse.rollback().unwrap();
    assert_eq!(values(&schema.connection, exists), [Cell::Bool(false)]);

    warehouse.begin().unwrap();
    warehouse
        .execute("create table t (a int)", false, None)
        .unwrap();
    warehouse.commit().unwrap();
    assert_eq!(
        values(
            &connect(json!({})),
            "select to_regclass('errors.t') is not null"
        ),
        [Cell::Bool(true)]
    );

    // A hook's own COMMIT ends the transaction that was begun here.
    warehouse.begin().unwrap();
    warehouse
        .execute("drop table t; commit", false, None)
        .unwrap();
    warehouse.commit().unwrap();
    warehouse.rollback().unwrap();
    assert_eq!(values(&schema.connection, exists), [Cell::Bool(false)]);
}

#[test]
fn errors_say_where_and_what_to_do() {
    let schema = Schema::new("places");
    let error = |sql: &str| {
        schema
            .connection
            .warehouse
            .execute(sql, true, None)
            .unwrap_err()
            .to_string()
    };
    run(&schema.connection, "create table people (name text unique)");
    assert_eq!(
        error("select\n  nme\nfrom people"),
        "column \"nme\" does not exist\n\
         LINE 2:   nme\n\x20         ^\n\
         HINT:  Perhaps you meant to reference the column \"people.name\"."
    );
    assert_eq!(
        error("insert into people values ('a'), ('a')"),
        "duplicate key value violates unique constraint \"people_name_key\"\n\
         DETAIL:  Key (name)=(a) already exists."
    );
    assert_eq!(
        error("select 'correct horse'::int").lines().next(),
        Some("invalid input syntax for type integer: \"*****\"")
    );
    let nul = schema
        .connection
        .warehouse
        .execute("select '\0'", true, None);
    assert!(matches!(nul, Err(WarehouseError::Database(_))), "{nul:?}");
    assert_eq!(values(&schema.connection, "select 1"), [Cell::Int(1)]);
}

#[test]
fn rows_are_loaded_with_the_columns_types_inside_the_transaction() {
    let schema = Schema::new("loads");
    let warehouse = &schema.connection.warehouse;
    warehouse.begin().unwrap();
    run(
        &schema.connection,
        "create table \"My Seed\" (a bigint, b float8, c date, d timestamp, e boolean, f text, g numeric(10,2))",
    );
    let nasty = "a\tb\nc\rd\\N\\.\"e\",'f' \u{e9}\u{1f600} \\x41";
    let table = Table {
        columns: Vec::new(),
        rows: vec![
            vec![
                Cell::Int(1),
                Cell::Float(0.5),
                Cell::Date("2024-01-02".into()),
                Cell::Timestamp("2024-01-02T03:04:05".into()),
                Cell::Bool(true),
                text(nasty),
                Cell::Decimal("1.25".into()),
            ],
            vec![
                text("2"),
                Cell::Float(f64::NAN),
                text("2024-01-03"),
                text("2024-01-03 01:00:00"),
                text("false"),
                text(""),
                text("3"),
            ],
            vec![
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                text("\\N"),
                Cell::Null,
            ],
            vec![
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                text("\\."),
                Cell::Null,
            ],
        ],
    };
    assert_eq!(
        warehouse
            .load_rows(
                "\"postgres\".\"loads\".\"My Seed\"",
                &["a", "b", "c", "d", "e", "\"f\"", "g"].map(str::to_owned),
                &mut table.rows.iter().cloned().map(Ok),
            )
            .unwrap(),
        4
    );
    let found = rows(
        &schema.connection,
        "select * from \"My Seed\" order by a nulls last, f",
    );
    assert_eq!(found.rows[0], table.rows[0]);
    assert_eq!(found.rows[1][5], text(""));
    assert_eq!(found.rows[1][6], Cell::Decimal("3.00".into()));
    assert_eq!(found.rows[1][4], Cell::Bool(false));
    assert_eq!(
        found.rows[2..]
            .iter()
            .map(|row| row[5].clone())
            .collect::<Vec<_>>(),
        [text("\\."), text("\\N")]
    );
    assert_eq!(found.rows[2][0], Cell::Null);
    warehouse.rollback().unwrap();
    assert_eq!(
        values(
            &schema.connection,
            "select to_regclass('\"My Seed\"') is null"
        ),
        [Cell::Bool(true)]
    );
}

#[test]
fn a_row_that_does_not_fit_is_named_and_nothing_is_loaded() {
    let schema = Schema::new("misfits");
    run(&schema.connection, "create table t (a int)");
    let numbers = (0..20_000).map(|n| Ok(vec![Cell::Int(n)]));
    let load = |last: Result<Vec<Cell>, WarehouseError>| {
        let mut rows = numbers.clone().chain([last]);
        let columns = ["\"a\"".to_owned()];
        let warehouse = &schema.connection.warehouse;
        warehouse
            .load_rows("misfits.t", &columns, &mut rows)
            .unwrap_err()
    };
    assert_eq!(
        load(Ok(vec![text("many")])),
        WarehouseError::Misfit {
            reason: "invalid input syntax for type integer: \"many\"".to_owned(),
            row: 20_000,
            column: Some(0),
        }
    );
    // So does what cannot be read any further.
    let unread = WarehouseError::Database("the file is torn".to_owned());
    assert_eq!(load(Err(unread.clone())), unread);
    assert_eq!(
        values(&schema.connection, "select count(*) from t"),
        [Cell::Int(0)]
    );
}

#[test]
fn a_statement_is_stopped_on_the_server_and_the_connection_goes_on() {
    for sslmode in ["disable", "require"] {
        let connection = connect(json!({"sslmode": sslmode}));
        let begun = Instant::now();
        let result = std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                connection
                    .warehouse
                    .execute("select pg_sleep(60)", true, None)
            });
            while !running.is_finished() {
                connection.interrupt.interrupt();
                std::thread::yield_now();
            }
            running.join().unwrap()
        });
        assert_eq!(result.unwrap_err(), WarehouseError::Cancelled);
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        // An interrupt between two statements stops none of them.
        connection.interrupt.interrupt();
        assert_eq!(values(&connection, "select 1"), [Cell::Int(1)]);
    }
}

#[test]
fn a_timeout_of_the_server_is_no_cancellation() {
    let connection = connect(json!({}));
    run(&connection, "set statement_timeout = 10");
    let error = connection
        .warehouse
        .execute("select pg_sleep(60)", false, None)
        .unwrap_err();
    assert_eq!(
        error,
        WarehouseError::Database("canceling statement due to statement timeout".into())
    );
}
