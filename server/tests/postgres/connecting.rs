//! Getting to a server, staying there, and what is said where that fails.

use compiler::adapter::{Cell, WarehouseError};
use serde_json::json;
use server::adapter::Connection;

use crate::server::{
    Schema, config, connect, connector, file, port, refusal, rows, run, try_connector, values,
};

fn check(changes: serde_json::Value, expected: &str) {
    let said = refusal(changes).replace(&port().to_string(), "PORT");
    assert_eq!(said, expected);
    assert!(!said.contains("horse"), "{said}");
}

#[test]
fn a_refused_login_says_where_who_and_what_to_look_at() {
    check(
        json!({"password": "wrong horse"}),
        "cannot connect to PostgreSQL at 127.0.0.1:PORT (database 'postgres', user 'owner'): \
         password authentication failed for user \"owner\"\nHINT:  look at user and password in the profile",
    );
    check(
        json!({"dbname": "nowhere"}),
        "cannot connect to PostgreSQL at 127.0.0.1:PORT (database 'nowhere', user 'owner'): \
         database \"nowhere\" does not exist\nHINT:  create the database, or look at dbname in the profile",
    );
    check(
        json!({"password": null}),
        "cannot connect to PostgreSQL at 127.0.0.1:PORT (database 'postgres', user 'owner'): \
         invalid configuration: password missing\nHINT:  the server asks for a password: add one to the profile",
    );
    check(
        json!({"role": "nobody_here"}),
        "cannot connect to PostgreSQL at 127.0.0.1:PORT (database 'postgres', user 'owner'): \
         role \"nobody_here\" does not exist\nHINT:  look at the profile",
    );
}

#[test]
fn a_server_that_is_not_there_is_named() {
    check(
        json!({"port": 1, "retries": 1}),
        "cannot connect to PostgreSQL at 127.0.0.1:1 (database 'postgres', user 'owner'): \
         Connection refused (os error 111)\n\
         HINT:  is the server running, and are host, port and sslmode right in the profile?",
    );
    let unknown = refusal(json!({"host": "nowhere.invalid"}));
    assert!(
        unknown.starts_with("cannot connect to PostgreSQL at nowhere.invalid:"),
        "{unknown}"
    );
}

#[test]
fn the_keys_of_the_profile_reach_the_server() {
    let schema = Schema::new("\"a b\"");
    let found = values(
        &schema.connection,
        "select current_schema(), current_setting('application_name'), current_database(), current_user::text",
    );
    let texts = ["a b", "refract", "postgres", "owner"].map(|text| Cell::Text(text.into()));
    assert_eq!(found, texts);
    assert_eq!(schema.connection.warehouse.default_database(), "postgres");
    assert_eq!(schema.connection.warehouse.adapter_type(), "postgres");

    let other =
        connect(json!({"role": "Reader", "application_name": "nightly", "keepalives_idle": 30}));
    let found = values(
        &other,
        "select current_user::text, current_setting('application_name')",
    );
    assert_eq!(
        found,
        ["reader", "nightly"].map(|text| Cell::Text(text.into()))
    );
}

#[test]
fn a_socket_folder_is_a_host() {
    let connection = connect(json!({"host": file("")}));
    assert_eq!(
        values(&connection, "select inet_client_addr() is null"),
        [Cell::Bool(true)]
    );
}

#[test]
fn encryption_follows_sslmode() {
    let encrypted = |changes| {
        let connection = connect(changes);
        let row = values(
            &connection,
            "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
        );
        row == [Cell::Bool(true)]
    };
    assert!(!encrypted(json!({"sslmode": "disable"})));
    assert!(!encrypted(json!({"sslmode": "allow"})));
    assert!(encrypted(json!({"sslmode": "prefer"})));
    assert!(encrypted(json!({})));
    assert!(encrypted(json!({"sslmode": "require"})));
    // These two have only one way in.
    assert!(encrypted(json!({"sslmode": "allow", "user": "secure"})));
    assert!(!encrypted(json!({"sslmode": "prefer", "user": "plain"})));

    let authority = file("ca.crt");
    assert!(encrypted(
        json!({"sslmode": "verify-full", "sslrootcert": authority, "host": "localhost"})
    ));
    assert!(encrypted(
        json!({"sslmode": "verify-ca", "sslrootcert": authority})
    ));
    assert!(encrypted(
        json!({"sslmode": "require", "sslrootcert": authority})
    ));
}

#[test]
fn a_certificate_that_proves_nothing_is_refused() {
    let wrong_host = refusal(json!({"sslmode": "verify-full", "sslrootcert": file("ca.crt")}));
    assert!(wrong_host.contains("certificate"), "{wrong_host}");
    // The server's own certificate vouches for no other.
    let authority = file("data/server.crt");
    let unknown =
        refusal(json!({"sslmode": "verify-full", "sslrootcert": authority, "host": "localhost"}));
    assert!(unknown.contains("certificate"), "{unknown}");
    let none = try_connector(config(json!({"sslmode": "verify-ca"}))).err();
    assert_eq!(
        none.unwrap().to_string(),
        "profile output 'test': sslmode verify-ca and verify-full need 'sslrootcert', the file with the authority's \
         certificate"
    );
}

fn pid(connection: &Connection) -> i64 {
    match values(connection, "select pg_backend_pid()")[0] {
        Cell::Int(pid) => pid,
        ref other => panic!("{other:?}"),
    }
}

/// Ends a session from another one, and waits until it is over.
fn terminate(pid: i64) {
    let sql = format!("select pg_terminate_backend({pid}, 60000)");
    assert_eq!(values(&connect(json!({})), &sql), [Cell::Bool(true)]);
}

#[test]
fn before_a_node_a_lost_connection_is_made_anew_and_nobody_notices() {
    let connection = connect(json!({}));
    let first = pid(&connection);
    terminate(first);
    connection.warehouse.ready().unwrap();
    assert_ne!(first, pid(&connection));

    // A transaction that went with it belongs to nobody any more.
    connection.warehouse.begin().unwrap();
    terminate(pid(&connection));
    connection.warehouse.ready().unwrap();
    assert_eq!(values(&connection, "select 1"), [Cell::Int(1)]);
}

#[test]
fn a_connection_that_is_lost_while_it_commits_leaves_the_outcome_open() {
    let connection = connect(json!({}));
    connection.warehouse.begin().unwrap();
    run(&connection, "create temporary table t (a int)");
    terminate(pid(&connection));
    let error = connection.warehouse.commit().unwrap_err().to_string();
    assert!(error.contains("lost PostgreSQL at 127.0.0.1:"), "{error}");
    assert!(
        error.ends_with("; it was committing, and whether its work is kept is not known"),
        "{error}"
    );
}

#[test]
fn a_lost_connection_is_told_once_and_made_anew() {
    let connection = connect(json!({}));
    let first = pid(&connection);
    terminate(first);
    let error = connection
        .warehouse
        .execute("select 1", true, None)
        .unwrap_err();
    assert!(
        matches!(&error, WarehouseError::Connection(text) if text.starts_with("lost PostgreSQL at 127.0.0.1:")),
        "{error}"
    );
    let second = pid(&connection);
    assert_ne!(first, second);

    // What was begun on the lost connection must not go on, half done, on the next.
    connection.warehouse.begin().unwrap();
    terminate(second);
    connection
        .warehouse
        .execute("select 1", true, None)
        .unwrap_err();
    let error = connection
        .warehouse
        .execute("select 1", true, None)
        .unwrap_err();
    assert!(matches!(error, WarehouseError::Connection(_)), "{error}");
    connection.warehouse.commit().unwrap_err();
    connection.warehouse.rollback().unwrap();
    assert_eq!(values(&connection, "select 1"), [Cell::Int(1)]);
}

#[test]
fn with_autocommit_nothing_is_begun() {
    let schema = Schema::new("autocommit");
    let connection = connector(config(json!({"autocommit": true})))
        .connect()
        .unwrap();
    connection.warehouse.begin().unwrap();
    run(&connection, "create table autocommit.t (a int)");
    connection.warehouse.rollback().unwrap();
    assert_eq!(rows(&schema.connection, "select * from t").columns.len(), 1);
}
