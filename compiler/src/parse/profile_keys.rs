//! What is odd about the keys of a profile's target: those that have no effect, and those that take safety away.

use crate::diag::{Diagnostic, Diagnostics};
use crate::near::did_you_mean;
use crate::yaml::{Entry, Mapping, Node};

/// Keys of every target.
const COMMON: [&str; 4] = ["type", "threads", "schema", "database"];

/// Keys of dbt-duckdb that are read.
const DUCKDB: [&str; 13] = [
    "path",
    "extensions",
    "secrets",
    "use_credential_provider",
    "attach",
    "settings",
    "config_options",
    "external_root",
    "disable_transactions",
    // A command closes its connections when it ends, and opens none twice before.
    "keep_open",
    // These are refused, with the reason, when the warehouse is opened.
    "filesystems",
    "plugins",
    "remote",
];

/// Keys of dbt-duckdb that have no effect, with what there is instead.
const WITHOUT_EFFECT: [(&str, &str); 5] = [
    (
        "retries",
        "a database file that another process holds is waited for; --lock-timeout says how long",
    ),
    (
        "module_paths",
        "it is for Python code, which is not supported",
    ),
    (
        "flights",
        "it is for Python models, which are not supported",
    ),
    (
        "motherduck_token",
        "MotherDuck's extension reads the environment variable motherduck_token",
    ),
    (
        "is_ducklake",
        "relations of a DuckLake are built as those of any attached database",
    ),
];

/// Keys of an entry of dbt-duckdb's `attach`.
const ATTACH: [&str; 6] = ["path", "type", "alias", "secret", "read_only", "options"];

/// Keys of dbt-postgres.
const POSTGRES: [&str; 17] = [
    "host",
    "port",
    "user",
    "password",
    "pass",
    "dbname",
    "connect_timeout",
    "role",
    "search_path",
    "keepalives_idle",
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "application_name",
    "autocommit",
    "retries",
];

/// The code of the warning that a profile switches transactions off.
pub const WITHOUT_TRANSACTIONS: &str = "profile-transactions";

/// The project's flag that, where it is false, keeps transactions under dbt-postgres's `autocommit`.
pub const AUTOCOMMIT_FLAG: &str = "postgres_skip_autocommit_transaction_statements";

/// Warns of keys that have no effect and of transactions that are switched off. Targets of other kinds are not known.
pub(super) fn check(settings: &Mapping, adapter_type: &str, file: &str) -> Diagnostics {
    let mut warnings = Diagnostics::default();
    let (own, without_effect): (&[&str], &[(&str, &str)]) = match adapter_type {
        "duckdb" => (&DUCKDB, &WITHOUT_EFFECT),
        "postgres" => (&POSTGRES, &[]),
        _ => return warnings,
    };
    let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    unknown(
        settings,
        &known,
        without_effect,
        adapter_type,
        file,
        &mut warnings,
    );
    if adapter_type == "duckdb" {
        let entries = settings.set("attach").and_then(Node::as_sequence);
        for entry in entries.into_iter().flatten().filter_map(Node::as_mapping) {
            let (known, without_effect) = (&ATTACH, &WITHOUT_EFFECT[4..]);
            unknown(entry, known, without_effect, "duckdb", file, &mut warnings);
        }
    }
    for (key, of, way_out) in [
        (
            "disable_transactions",
            "duckdb",
            "take it out of the profile",
        ),
        (
            "autocommit",
            "postgres",
            "take it out of the profile, or set the flag postgres_skip_autocommit_transaction_statements to false in \
             dbt_project.yml",
        ),
    ] {
        let entry = settings.entries().find(|(name, _)| *name == key);
        if let Some((_, entry)) =
            entry.filter(|(_, entry)| of == adapter_type && entry.value.as_bool() == Some(true))
        {
            let message = format!(
                "'{key}' switches transactions off: where a run dies or a statement fails, a relation may be missing or \
                 half-built"
            );
            warnings.push(
                Diagnostic::warning(WITHOUT_TRANSACTIONS, message)
                    .at(entry.key_at.in_file(file))
                    .hint(way_out),
            );
        }
    }
    warnings
}

fn unknown(
    settings: &Mapping,
    known: &[&str],
    without_effect: &[(&str, &str)],
    adapter_type: &str,
    file: &str,
    warnings: &mut Diagnostics,
) {
    for (key, entry) in settings.entries() {
        let instead = without_effect.iter().find(|(name, _)| *name == key);
        let is_off = |entry: &Entry| entry.value.is_null() || entry.value.as_bool() == Some(false);
        let warning = match instead {
            _ if known.contains(&key) || (instead.is_some() && is_off(entry)) => continue,
            Some((_, instead)) => {
                let message = format!("'{key}' has no effect");
                Diagnostic::warning("profile-key-without-effect", message).hint(*instead)
            }
            None => {
                let message = format!("'{key}' is not a setting of a {adapter_type} profile");
                let hint = did_you_mean(key, known.iter().copied());
                Diagnostic::warning("profile-unknown-key", message)
                    .hint(hint.unwrap_or_else(|| "remove it".to_owned()))
            }
        };
        warnings.push(warning.at(entry.key_at.in_file(file)));
    }
}
