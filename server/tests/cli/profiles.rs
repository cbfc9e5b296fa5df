//! Keys of a profile: what has no effect is told by name, what is secret is told by nobody.

use std::fs;
use std::path::Path;

use crate::support::{Project, check};

fn with_profile(text: &str) -> Project {
    Project::shop().file("profiles.yml", text)
}

#[test]
fn keys_without_effect_are_named() {
    let project = with_profile(
        "shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
      threads: 1
      extensons: [json]
      keep_open: false
      module_paths: []
      retries: {connect_attempts: 3}
      flights: {enabled_by_default: true}
      motherduck_token: canary-1
      is_ducklake: true
      disable_transactions: true
      attach: [{path: other.duckdb, read_olny: true}]
    pg: {type: postgres, host: h, port: 1, user: u, pass: canary-1, dbname: d, schema: s, autocommit: true, sslMode: x}
",
    );
    check("profile-keys-duckdb", &project.refract(&["parse"]));
    check(
        "profile-keys-postgres",
        &project.refract(&["parse", "--target", "pg"]),
    );
    let flag = "flags: {postgres_skip_autocommit_transaction_statements: false}\n";
    let project = project.file(
        "dbt_project.yml",
        &format!("name: shop\nversion: '1.0'\nprofile: shop\n{flag}"),
    );
    let run = project.refract(&["parse", "--target", "pg"]).succeeds();
    assert!(!run.whole().contains("transactions"), "{}", run.whole());
}

/// Whether the word stands in any file below a folder but in `profiles.yml`.
fn is_written(folder: &Path, word: &str) -> bool {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return is_written(&path, word);
        }
        let bytes = fs::read(&path).expect("read");
        !path.ends_with("profiles.yml") && String::from_utf8_lossy(&bytes).contains(word)
    })
}

#[test]
fn secrets_of_every_kind_of_key_stay_hidden() {
    let output = "shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
      secrets:
        - {type: azure, connection_string: 'AccountName=x;AccountKey=canary-1'}
        - {type: http, extra_http_headers: {Authorization: 'Bearer canary-2'}}
        - {type: made_up, some_key: canary-3}
      attach:
        - {path: 'dbname=x password=canary-4', type: postgres, alias: one}
        - {path: 'postgres://ann:canary-5@127.0.0.1:1/x', type: postgres, alias: two}
        - {path: 'md:x?motherduck_token=canary-6', alias: three}
";
    let broken = [
        output.to_owned(),
        output.replace("type: duckdb", "type: ducks"),
        output.replace("path: shop.duckdb", "threads: none"),
        "shop: {outputs: {default: {type: postgres, password: canary-1, host: h}}}".to_owned(),
        "shop: {outputs: {default: [canary-1]}}".to_owned(),
        "shop: {outputs: {default: {type: duckdb, token: canary-1, path: ]}}}".to_owned(),
        "shop: {outputs: {default: {type: duckdb, token: canary-1, path: \"{{ nope() }}\"}}}"
            .to_owned(),
    ];
    for profile in broken {
        let project = with_profile(&profile);
        for command in [
            &["debug"][..],
            &["run", "--debug"],
            &["--log-format", "json", "run"],
        ] {
            let run = project.refract(command);
            assert_ne!(run.code(), 0, "{}", run.whole());
            assert!(!run.whole().contains("canary"), "{}", run.whole());
        }
        assert!(!is_written(&project.path(""), "canary"), "{profile}");
    }
}

#[test]
fn a_database_file_may_have_dots_in_its_name() {
    for file in ["my.shop.duckdb", ".hidden.db", "plain"] {
        let project = with_profile(&format!(
            "shop: {{outputs: {{default: {{type: duckdb, path: {file}}}}}}}"
        ));
        project.refract(&["build"]).succeeds();
    }
}
