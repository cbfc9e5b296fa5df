//! The DuckDB warehouse: types, transactions, bulk load, cancelling, locks.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use compiler::adapter::{Cell, Column, Table, WarehouseError};
use serde_json::{Map, Value, json};
use server::adapter::{ConnectError, Connection, Connector, Patience, Target, open};
use server::execute::CancelToken;

fn target(root: &Path, config: Value) -> Target {
    let config: Map<String, Value> = serde_json::from_value(config).unwrap();
    Target {
        name: "dev".into(),
        kind: "duckdb".into(),
        config,
        secrets: Vec::new(),
        root: root.to_path_buf(),
    }
}

fn try_open(root: &Path, config: Value) -> Result<Arc<dyn Connector>, ConnectError> {
    let cancel = CancelToken::new();
    let patience = Patience {
        timeout: Duration::ZERO,
        notice: &|_| {},
        cancel: &cancel,
    };
    open(&target(root, config), &patience)
}

fn memory() -> Connection {
    try_open(Path::new("."), json!({}))
        .unwrap()
        .connect()
        .unwrap()
}

fn rows(connection: &Connection, sql: &str) -> Table {
    connection.warehouse.execute(sql, true, None).unwrap().1
}

fn values(connection: &Connection, sql: &str) -> Vec<Cell> {
    rows(connection, sql).rows.remove(0)
}

#[test]
fn each_type_has_its_cell_and_its_name() {
    let cases = [
        ("true", Cell::Bool(true), "BOOLEAN"),
        ("42::tinyint", Cell::Int(42), "TINYINT"),
        ("12345678901::bigint", Cell::Int(12_345_678_901), "BIGINT"),
        (
            "18446744073709551615::ubigint",
            Cell::Decimal("18446744073709551615".into()),
            "UBIGINT",
        ),
        ("7::hugeint", Cell::Int(7), "HUGEINT"),
        (
            "'-170141183460469231731687303715884105728'::hugeint",
            Cell::Decimal("-170141183460469231731687303715884105728".into()),
            "HUGEINT",
        ),
        (
            "340282366920938463463374607431768211455::uhugeint",
            Cell::Decimal("340282366920938463463374607431768211455".into()),
            "UHUGEINT",
        ),
        (
            "-1.50::decimal(10,2)",
            Cell::Decimal("-1.50".into()),
            "DECIMAL(10,2)",
        ),
        (
            "0.05::decimal(38,10)",
            Cell::Decimal("0.0500000000".into()),
            "DECIMAL(38,10)",
        ),
        ("2.5::double", Cell::Float(2.5), "DOUBLE"),
        ("'a'::varchar", Cell::Text("a".into()), "VARCHAR"),
        ("null::varchar", Cell::Null, "VARCHAR"),
        ("date '2024-02-29'", Cell::Date("2024-02-29".into()), "DATE"),
        (
            "timestamp '2024-02-29 01:02:03'",
            Cell::Timestamp("2024-02-29T01:02:03".into()),
            "TIMESTAMP",
        ),
        (
            "timestamp '2024-02-29 01:02:03.5'",
            Cell::Timestamp("2024-02-29T01:02:03.500000".into()),
            "TIMESTAMP",
        ),
        (
            "timestamptz '2024-02-29 01:02:03+02'",
            Cell::Timestamp("2024-02-28T23:02:03+00:00".into()),
            "TIMESTAMP WITH TIME ZONE",
        ),
        (
            "timestamp_s '2024-01-01'",
            Cell::Timestamp("2024-01-01T00:00:00".into()),
            "TIMESTAMP_S",
        ),
        (
            "'infinity'::timestamp",
            Cell::Text("infinity".into()),
            "TIMESTAMP",
        ),
        (
            "time '12:30:00.25'",
            Cell::Text("12:30:00.250".into()),
            "TIME",
        ),
        (
            "interval '14 months 3 days 90 minutes'",
            Cell::Text("1 year 2 months 3 days 01:30:00".into()),
            "INTERVAL",
        ),
        (
            "[1, null, 3]",
            Cell::Text("[1, null, 3]".into()),
            "INTEGER[]",
        ),
        (
            "{'a': 1, 'b c': ['x']}",
            Cell::Text(r#"{"a": 1, "b c": ["x"]}"#.into()),
            r#"STRUCT(a INTEGER, "b c" VARCHAR[])"#,
        ),
        (
            "map {'k': 1.5}",
            Cell::Text(r#"{"k": "1.5"}"#.into()),
            "MAP(VARCHAR, DECIMAL(2,1))",
        ),
        ("'b'::enum('a', 'b')", Cell::Text("b".into()), "ENUM"),
        (
            "'00000000-0000-0000-0000-000000000001'::uuid",
            Cell::Text("00000000-0000-0000-0000-000000000001".into()),
            "UUID",
        ),
        ("'ab\\xFF'::blob", Cell::Text("ab\\xFF".into()), "BLOB"),
        ("'101'::bit", Cell::Text("101".into()), "BIT"),
    ];
    let connection = memory();
    for (sql, cell, kind) in cases {
        let table = rows(&connection, &format!("select {sql} as x"));
        assert_eq!(table.rows, [vec![cell]], "{sql}");
        assert_eq!(
            table.columns,
            [Column {
                name: "x".into(),
                data_type: kind.into()
            }],
            "{sql}"
        );
    }
}

#[test]
fn of_several_statements_the_last_one_answers() {
    let connection = memory();
    let table = rows(
        &connection,
        "create table t (a int); insert into t values (1), (2); select sum(a) as s from t; -- end",
    );
    assert_eq!(table.rows, [[Cell::Int(3)]]);
    let limited = connection
        .warehouse
        .execute("select * from range(5000)", true, Some(2))
        .unwrap()
        .1;
    assert_eq!(limited.rows.len(), 2);
    assert_eq!(
        rows(&connection, "-- nothing\n;").rows,
        Vec::<Vec<Cell>>::new()
    );
}

#[test]
fn an_error_ends_the_transaction_and_the_connection_goes_on() {
    let connection = memory();
    let warehouse = &connection.warehouse;
    warehouse.begin().unwrap();
    warehouse.begin().unwrap();
    warehouse
        .execute("create table t (a int)", false, None)
        .unwrap();
    let error = warehouse
        .execute("select * from missing", true, None)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Catalog Error: Table with name missing does not exist!"),
        "{error}"
    );
    assert_eq!(
        values(
            &connection,
            "select count(*) from duckdb_tables() where table_name = 't'"
        ),
        [Cell::Int(0)]
    );
    warehouse.commit().unwrap();

    warehouse.begin().unwrap();
    warehouse
        .execute("create table t (a int); commit", false, None)
        .unwrap();
    warehouse.commit().unwrap();
    warehouse.rollback().unwrap();
    assert_eq!(
        values(&connection, "select count(*) from t"),
        [Cell::Int(0)]
    );
}

#[test]
fn rows_are_loaded_with_the_columns_types_inside_the_transaction() {
    let connection = memory();
    let warehouse = &connection.warehouse;
    warehouse.begin().unwrap();
    warehouse
        .execute("create table main.\"My Seed\" (a bigint, b double, c date, d timestamp, e boolean, f varchar, g decimal(10,2))", false, None)
        .unwrap();
    let text = |text: &str| Cell::Text(text.into());
    let table = Table {
        columns: Vec::new(),
        rows: vec![
            vec![
                Cell::Int(1),
                Cell::Float(0.5),
                Cell::Date("2024-01-02".into()),
                Cell::Timestamp("2024-01-02T03:04:05".into()),
                Cell::Bool(true),
                text("x"),
                Cell::Decimal("1.25".into()),
            ],
            vec![
                text("2"),
                text("1.5"),
                text("2024-01-03"),
                text("2024-01-03 01:00:00"),
                text("false"),
                text("007"),
                text("3"),
            ],
            vec![Cell::Null; 7],
        ],
    };
    assert_eq!(
        warehouse
            .load_rows(
                "\"memory\".\"main\".\"My Seed\"",
                &["a", "b", "c", "d", "e", "\"f\"", "g"].map(str::to_owned),
                &mut table.rows.iter().cloned().map(Ok),
            )
            .unwrap(),
        3
    );
    assert_eq!(
        rows(
            &connection,
            "select * from \"My Seed\" order by a nulls last"
        )
        .rows[1],
        [
            Cell::Int(2),
            Cell::Float(1.5),
            Cell::Date("2024-01-03".into()),
            Cell::Timestamp("2024-01-03T01:00:00".into()),
            Cell::Bool(false),
            text("007"),
            Cell::Decimal("3.00".into()),
        ]
    );
    warehouse.rollback().unwrap();
    assert!(
        warehouse
            .execute("select * from \"My Seed\"", true, None)
            .is_err()
    );
}

#[test]
fn a_row_that_does_not_fit_is_named() {
    let connection = memory();
    let warehouse = &connection.warehouse;
    let columns = ["\"B\"".to_owned(), "a".to_owned()];
    warehouse.begin().unwrap();
    warehouse
        .execute(
            "create table main.t (a int, b decimal(4, 2), c int)",
            false,
            None,
        )
        .unwrap();
    let fits = vec![Cell::Decimal("1.25".into()), Cell::Null];
    let wrong = vec![Cell::Text("12.5".into()), Cell::Text("many".into())];
    let mut rows = [Ok(fits), Ok(wrong)].into_iter();
    let error = warehouse.load_rows("main.t", &columns, &mut rows);
    assert_eq!(
        error,
        Err(WarehouseError::Misfit {
            reason: "Could not convert string 'many' to INT32".to_owned(),
            row: 1,
            column: Some(1),
        })
    );
}

#[test]
fn a_running_query_stops_when_interrupted() {
    let connection = memory();
    let warehouse = Arc::clone(&connection.warehouse);
    let query = std::thread::spawn(move || {
        warehouse.execute("select count(*) from range(1000000) a, range(1000000) b where a.range % 7 = b.range % 11", true, None)
    });
    // Whether the query has begun cannot be seen from here, so the interrupt is repeated until it took.
    while !query.is_finished() {
        connection.interrupt.interrupt();
        std::thread::yield_now();
    }
    assert_eq!(
        query.join().unwrap().unwrap_err(),
        WarehouseError::Cancelled
    );
}

#[test]
fn connections_of_one_file_share_an_instance() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"path": "dev.duckdb"});
    let first = try_open(folder.path(), config.clone()).unwrap();
    let second = try_open(folder.path(), config.clone()).unwrap();
    let (one, two) = (first.connect().unwrap(), second.connect().unwrap());
    one.warehouse
        .execute("create table t as select 1 as a", false, None)
        .unwrap();
    assert_eq!(values(&two, "select a from t"), [Cell::Int(1)]);
    assert_eq!(one.warehouse.default_database(), "dev");
    drop((first, second, one, two));
    let again = try_open(folder.path(), config).unwrap().connect().unwrap();
    assert_eq!(values(&again, "select a from t"), [Cell::Int(1)]);
}

#[test]
fn a_missing_folder_and_a_wrong_setting_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let message = |config: Value| match try_open(folder.path(), config)
        .and_then(|connector| connector.connect())
    {
        Ok(_) => panic!("opened"),
        Err(error) => error
            .to_string()
            .replace(&*folder.path().to_string_lossy(), "PROJECT"),
    };
    assert_eq!(
        message(json!({"path": "data/dev.duckdb"})),
        "cannot open PROJECT/data/dev.duckdb: folder PROJECT/data does not exist"
    );
    let wrong = message(json!({"settings": {"no_such_setting": 1}}));
    assert!(
        wrong
            .starts_with("Catalog Error: unrecognized configuration parameter \"no_such_setting\""),
        "{wrong}"
    );
    let secret = message(json!({"secrets": [{"type": "nonsense", "secret": "hunter22"}]}));
    assert!(
        !secret.contains("hunter22") && secret.starts_with("secret: "),
        "{secret}"
    );
}
