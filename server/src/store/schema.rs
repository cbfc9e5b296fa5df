//! The tables of the history, and how an older file becomes a newer one.

use rusqlite::Connection;

use super::StoreError;

/// One entry a format; a file of format `n` gets the entries from `n` on.
const MIGRATIONS: &[&str] = &[
    "
    create table run (
        sequence integer primary key autoincrement,
        id text not null unique,
        origin text not null,
        command text not null,
        selected text not null,
        excluded text not null,
        full_refresh integer not null,
        state text not null,
        message text,
        created_at text not null,
        started_at text,
        finished_at text,
        total integer not null default 0
    );
    create table node (
        run_id text not null references run (id) on delete cascade,
        unique_id text not null,
        position integer not null,
        status text not null,
        message text,
        started_at text,
        finished_at text,
        execution_time real,
        failures integer,
        primary key (run_id, unique_id)
    ) without rowid;
    create index node_by_id on node (unique_id, finished_at);
    create table log (
        run_id text not null references run (id) on delete cascade,
        sequence integer not null,
        at text not null,
        level text not null,
        unique_id text,
        line text not null,
        primary key (run_id, sequence)
    ) without rowid;
",
    "
    create index node_by_position on node (run_id, position);
",
];

/// Brings the file to this version's format.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A crash of the machine may lose the last lines, never the file.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let known = MIGRATIONS.len() as i64;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
