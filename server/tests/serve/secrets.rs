//! Secrets are looked for wherever a user, a log collector or a thief may look: output, logs, artifacts, history, pages.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::postgres;
use crate::support::{CANARY, Served, refract, write};

/// The password of the profile; the role of the PostgreSQL server has it.
const PASSWORD: &str = "canary in a cage";

/// Nodes that fail in ways that could bring a secret to light, and some that do well.
const FILES: [(&str, &str); 7] = [
    (
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\non-run-start: \"{{ log(target, info=true) }}{{ log(target.get('password'), info=true) }}\"\n",
    ),
    ("seeds/raw.csv", "id\n1\n2\n"),
    ("models/good.sql", "select id from {{ ref('raw') }}"),
    (
        "models/asks.sql",
        "select '{{ env_var('DBT_ENV_SECRET_KEY') }}' as key",
    ),
    (
        "models/raises.sql",
        "{% if execute %}{{ exceptions.raise_compiler_error('it is ' ~ env_var('COPY')) }}{% endif %}select 1 as one",
    ),
    (
        "models/says.sql",
        "{{ log('it is ' ~ env_var('COPY'), info=true) }}{{ print(env_var('COPY')) }}select 1 as one",
    ),
    (
        "models/models.yml",
        "models: [{name: good, columns: [{name: id, data_tests: [unique, {accepted_values: {arguments: {values: [7]}}}]}]}]",
    ),
];

fn project(output: &Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        write(&folder, path, text);
    }
    let profiles = json!({"shop": {"target": "dev", "outputs": {"dev": output}}});
    write(&folder, "profiles.yml", &profiles.to_string());
    folder
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [CANARY, PASSWORD] {
        if let Some(at) = text.find(secret) {
            let from = text.floor_char_boundary(at.saturating_sub(200));
            panic!("{what} has a secret after …{}", &text[from..at]);
        }
    }
}

/// All files but the profile, in which the password was written down on purpose.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if !path.ends_with("profiles.yml") {
            found.push(path);
        }
    }
}

fn secrets_are_nowhere(output: &Value) {
    let folder = project(output);
    let refused = refract(&folder, &["build"]).output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("DBT_ENV_SECRET_KEY"), "{said}");
    assert_clean("a refused build", said.as_bytes());
    fs::remove_file(folder.path().join("models/asks.sql")).unwrap();

    for line in [
        &["--debug", "build"][..],
        &["--log-format", "json", "--log-level", "debug", "run"],
        &["docs", "generate"],
        &["show", "--inline", "select nothing from nowhere"],
        &[
            "show",
            "--inline",
            "select cast('{{ env_var('COPY') }}' as integer)",
        ],
        &["run-operation", "nothing"],
        &["debug"],
        &["retry"],
    ] {
        let ran = refract(&folder, line).output().unwrap();
        assert_clean(&format!("the output of {line:?}"), &ran.stdout);
        assert_clean(&format!("the errors of {line:?}"), &ran.stderr);
    }

    let served = Served::over(folder, &[]);
    let run = served.run(&json!({"command": "build"}));
    let mut pages = vec![
        "/api/v1/index".to_owned(),
        "/api/v1/search-texts".to_owned(),
        "/api/v1/column-lineage".to_owned(),
        "/api/v1/session".to_owned(),
        "/api/v1/runs".to_owned(),
        format!("/api/v1/runs/{}", run["id"].as_str().unwrap()),
    ];
    for name in ["good", "raises", "says"] {
        pages.push(format!("/api/v1/nodes/model.shop.{name}"));
        pages.push(format!("/api/v1/nodes/model.shop.{name}/runs"));
    }
    for page in pages {
        let answer = served.get(&page);
        assert_eq!(answer.status, 200, "{page}: {}", answer.body);
        assert_clean(&page, answer.body.as_bytes());
    }

    let mut all = Vec::new();
    files(served.folder.path(), &mut all);
    assert!(all.len() > 10, "{all:?}");
    for path in all {
        assert_clean(&path.display().to_string(), &fs::read(&path).unwrap());
    }
}

#[test]
fn secrets_are_nowhere_with_duckdb() {
    secrets_are_nowhere(&json!({
        "type": "duckdb", "path": "shop.duckdb", "threads": 1,
        "secrets": [{"type": "http", "name": "gate", "bearer_token": "{{ env_var('DBT_ENV_SECRET_KEY') }}"}],
    }));
}

#[test]
fn secrets_are_nowhere_with_postgres() {
    let owner = postgres::connect(json!({}));
    postgres::run(
        &owner,
        &format!("create role canary login superuser password '{PASSWORD}'"),
    );
    let mut output =
        postgres::config(json!({"type": "postgres", "user": "canary", "schema": "canary"}));
    output["password"] = json!(PASSWORD);
    output["application_name"] = json!("{{ env_var('DBT_ENV_SECRET_KEY') }}");
    secrets_are_nowhere(&output);

    output["password"] = json!("wrong {{ env_var('DBT_ENV_SECRET_KEY') }}");
    let refused = refract(&project(&output), &["debug"]).output().unwrap();
    assert!(!refused.status.success());
    assert_clean("a refused login", &refused.stdout);
    assert_clean("a refused login", &refused.stderr);
}
