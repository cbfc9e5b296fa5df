//! Runs: what is said as they go, and what they come to.

use std::fs;

use crate::support::{Place, Project, check, on_each};

#[test]
fn build() {
    on_each(|place| {
        let project = Project::shop_at(place);
        check("build", &project.refract(&["build"]));
        check(
            "run-again",
            &project.refract(&["run", "--select", "+totals"]),
        );
    });
}

#[test]
fn failing_test_stops_what_is_downstream() {
    on_each(|place| {
        let project =
            Project::shop_at(place).file("seeds/raw_orders.csv", "order_id,amount\n1,10\n1,20\n");
        check("failing-test", &project.refract(&["build"]));
    });
}

#[test]
fn failing_model_skips_what_is_downstream() {
    on_each(|place| {
        let project = Project::shop_at(place)
            .file(
                "models/staging/stg_orders.sql",
                "select order_id, amout from {{ ref('raw_orders') }}\n",
            )
            .file("models/report.sql", "select * from {{ ref('totals') }}\n");
        check(&project.own("failing-model"), &project.refract(&["build"]));
    });
}

#[test]
fn warning_test_does_not_fail_the_run() {
    on_each(|place| {
        let project = Project::shop_at(place).file(
        "tests/few_orders.sql",
        "{{ config(severity='warn') }}\nselect * from {{ ref('stg_orders') }} where amount < 25\n",
    );
        project
            .refract(&["build", "--exclude", "few_orders"])
            .succeeds();
        check(
            "warning-test",
            &project.refract(&["test", "--select", "few_orders", "--vars", "{}"]),
        );
    });
}

#[test]
fn empty_project() {
    check("empty-project", &Project::new().refract(&["build"]));
    check("empty-project-ls", &Project::new().refract(&["ls"]));
}

#[test]
fn compile_prints_one_node() {
    on_each(|place| {
        let project = Project::shop_at(place);
        check(
            "compile-one",
            &project.refract(&["compile", "--select", "totals"]),
        );
        check(
            "compile-inline",
            &project.refract(&[
                "compile",
                "-q",
                "--inline",
                "select * from {{ ref('totals') }}",
            ]),
        );
        check("compile-all", &project.refract(&["compile"]));
        assert!(
            project
                .path("target/compiled/shop/models/totals.sql")
                .is_file()
        );
    });
}

#[test]
fn compile_without_asking_and_without_ephemeral_models() {
    let project = Project::new()
        .file(
            "models/base.sql",
            "{{ config(materialized='ephemeral') }}select 1 as id\n",
        )
        .file("models/reader.sql", "select * from {{ ref('base') }}\n")
        .file(
            "models/asker.sql",
            "{% set rows = run_query('select 1') %}select 1 as id\n",
        );
    let reader = ["compile", "-q", "-s", "reader", "--no-introspect"];
    let bare = [&reader[..], &["--no-inject-ephemeral-ctes"]].concat();
    check("compile-bare", &project.refract(&bare));
    assert!(
        project
            .refract(&reader)
            .succeeds()
            .stdout()
            .contains("with __dbt__cte__base as")
    );
    check(
        "compile-no-introspect",
        &project.refract(&["compile", "-s", "asker", "--no-introspect"]),
    );
    project.refract(&["compile", "-s", "asker"]).succeeds();
}

/// Every node is compiled and every mistake told; the code is dbt's, which stops at the first.
#[test]
fn what_does_not_compile_makes_the_exit_code_2() {
    let mistake =
        "{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %}select 1\n";
    let project = Project::shop().file("models/bad.sql", mistake);
    project.refract(&["compile"]).exits(2);
    project.refract(&["docs", "generate"]).exits(2);
    project.refract(&["show", "-s", "bad"]).exits(2);
    project.refract(&["run", "-s", "bad"]).exits(1);
}

#[test]
fn show() {
    on_each(|place| {
        let project = Project::shop_at(place);
        project.refract(&["build"]).succeeds();
        check(
            "show-model",
            &project.refract(&["show", "--select", "stg_orders", "--limit", "2"]),
        );
        check(
            "show-json",
            &project.refract(&["show", "-q", "--select", "totals", "--output", "json"]),
        );
        check(
            "show-inline",
            &project.refract(&[
                "show",
                "--inline",
                "select amount, 'x' as letter from {{ ref('stg_orders') }} order by 1",
            ]),
        );
        check("show-nothing", &project.refract(&["show"]));
    });
}

#[test]
fn run_operation() {
    on_each(|place| {
        let project = Project::shop_at(place).file(
        "macros/hello.sql",
        "{% macro hello(name='you') %}{{ log('hello ' ~ name, info=true) }}{{ print('printed') }}{% endmacro %}\n",
    );
        check(
            "run-operation",
            &project.refract(&["run-operation", "hello", "--args", "{name: world}"]),
        );
        check(
            "run-operation-quiet",
            &project.refract(&["-q", "run-operation", "hello"]),
        );
    });
}

#[test]
fn freshness() {
    on_each(|place| {
        let project = Project::shop_at(place)
        .file(
            "models/sources.yml",
            "sources:\n  - name: raw\n    schema: main\n    tables:\n      - name: events\n        loaded_at_field: loaded_at\n        freshness:\n          warn_after: {count: 1, period: day}\n          error_after: {count: 2, period: day}\n",
        )
        .file(
            "macros/load.sql",
            "{% macro load(days) %}{% do run_query('drop table if exists main.events; create table main.events as select now()::timestamp - interval \\'' ~ days ~ ' day\\' as loaded_at') %}{% endmacro %}\n",
        );
        project
            .refract(&["run-operation", "load", "--args", "{days: 0}"])
            .succeeds();
        check("freshness-pass", &project.refract(&["source", "freshness"]));
        project
            .refract(&["run-operation", "load", "--args", "{days: 5}"])
            .succeeds();
        check(
            "freshness-stale",
            &project.refract(&["source", "freshness"]),
        );
        let own = project.path("target/sources.json");
        std::fs::remove_file(&own).expect("the freshness of the run before");
        project
            .refract(&["source", "freshness", "-o", "ages/now.json"])
            .exits(1);
        assert!(project.path("ages/now.json").is_file() && !own.exists());
    });
}

#[test]
fn retry_repeats_what_failed_with_the_variables_of_then() {
    on_each(|place| {
        let project = Project::shop_at(place).file(
            "models/part.sql",
            "select {{ var('column') }} as x from {{ ref('stg_orders') }}\n",
        );
        let first = project.refract(&["build", "--vars", "{column: amunt}"]);
        assert_eq!(first.code(), 1, "{}", first.whole());
        check(&project.own("retry"), &project.refract(&["retry"]));
        let mended = project.refract(&["retry", "--vars", "{column: amount}"]);
        assert_eq!(mended.code(), 0, "{}", mended.whole());
        check("retry-nothing-left", &project.refract(&["retry"]));
    });
}

#[test]
fn retry_without_a_run() {
    check("retry-no-run", &Project::shop().refract(&["retry"]));
}

#[test]
fn log_file_holds_what_quiet_hides() {
    on_each(|place| {
        let project = Project::shop_at(place);
        let run = project.refract(&["build", "--quiet"]).succeeds();
        assert_eq!(run.stdout(), "");
        let log = fs::read_to_string(project.path("logs/refract.log")).expect("a log");
        assert!(
            log.contains("OK created sql table model main.totals"),
            "{log}"
        );
        assert!(log.contains("On model.shop.totals: "), "{log}");
        assert!(log.contains("create table "), "{log}");
        assert!(log.contains("SQL status: "), "{log}");
    });
}

#[test]
fn secrets_are_nowhere() {
    on_each(|place| {
        let secret = "s3cr3t-canary-value";
        let project = Project::shop_at(place).file(
        "models/leak.sql",
        "{{ log(env_var('DBT_CANARY'), info=true) }}{{ print(env_var('DBT_CANARY')) }}select '{{ env_var('DBT_CANARY') }}' as x from nowhere\n",
    );
        let variables = [("DBT_ENV_SECRET_KEY", secret), ("DBT_CANARY", secret)];
        for line in [
            &["build", "--log-format", "json"][..],
            &["build"],
            &["--debug", "compile", "-s", "leak"],
        ] {
            let run = project.refract_with(line, &variables);
            assert!(!run.whole().contains(secret), "{}", run.whole());
        }
        let log = fs::read_to_string(project.path("logs/refract.log")).expect("a log");
        assert!(!log.contains(secret), "{log}");
    });
}

#[test]
fn jinja_knows_the_thread_that_is_at_work() {
    on_each(|place| {
        let project = Project::shop_at(place)
        .file(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\non-run-start: \"{{ log('start: ' ~ thread_id, info=true) }}\"\n",
        )
        .file(
            "models/threads.sql",
            "{{ log('model: ' ~ thread_id, info=true) }}select 1 as one\n",
        );
        let run = project.refract(&["run", "-s", "threads"]).succeeds();
        let said = run.stdout();
        assert!(said.contains("start: MainThread"), "{said}");
        assert!(said.contains("model: Thread-1 (worker)"), "{said}");
    });
}

#[test]
fn seeds_show_their_first_rows() {
    on_each(|place| {
        let rows: Vec<String> = (1..=12).map(|id| format!("{id},{id}0")).collect();
        let project = Project::shop_at(place)
            .file(
                "seeds/raw_orders.csv",
                &format!("order_id,amount\n{}\n", rows.join("\n")),
            )
            .file("seeds/broken.csv", "a,b\n1,2,3\n");
        check("seed-show", &project.refract(&["seed", "--show"]));
        let quiet = project.refract(&["seed", "-s", "raw_orders", "--show", "--quiet"]);
        assert_eq!(quiet.lines().len(), 12, "{}", quiet.stdout());
    });
}

#[test]
fn assets_are_copied_beside_the_catalog() {
    on_each(|place| {
        let project = Project::shop_at(place)
        .file(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\nasset-paths: [assets, missing, ../outside, target]\n",
        )
        .file("assets/deep/picture.svg", "<svg/>")
        .file("target/assets/old.svg", "<svg/>");
        let run = project.refract(&["docs", "generate"]).succeeds();
        assert!(project.path("target/assets/deep/picture.svg").is_file());
        assert!(!project.path("target/assets/old.svg").exists());
        assert!(run.stdout().contains("'../outside'"), "{}", run.stdout());
        assert!(run.stdout().contains("'target'"), "{}", run.stdout());
    });
}

#[test]
fn with_nothing_to_do_the_results_are_empty() {
    on_each(|place| {
        let project = Project::shop_at(place);
        project.refract(&["build"]).succeeds();
        let run = project.refract(&["run", "-s", "nowhere"]).succeeds();
        assert!(run.stdout().contains("Nothing to do"), "{}", run.stdout());
        let results = fs::read_to_string(project.path("target/run_results.json")).expect("results");
        assert!(results.contains(r#""results":[]"#), "{results}");

        project.refract(&["source", "freshness"]).succeeds();
        let sources = fs::read_to_string(project.path("target/sources.json")).expect("sources");
        assert!(sources.contains(r#""results":[]"#), "{sources}");
    });
}

#[test]
fn a_source_whose_age_cannot_be_known_says_why() {
    on_each(|place| {
        let project = Project::shop_at(place).file(
        "models/sources.yml",
        "sources: [{name: raw, schema: main, tables: [{name: gone, config: {loaded_at_field: loaded, \
         freshness: {warn_after: {count: 1, period: day}}}}]}]",
    );
        let run = project.refract(&["source", "freshness"]);
        assert_eq!(run.code(), 1, "{}", run.whole());
        for words in [
            "Error in source raw.gone (models/sources.yml)",
            match place {
                Place::DuckDb => "Table with name gone does not exist",
                Place::Postgres => "relation \"main.gone\" does not exist",
            },
        ] {
            assert!(run.stdout().contains(words), "{words}: {}", run.whole());
        }
    });
}

#[test]
fn types_of_columns_that_a_seed_lacks_are_warned_of() {
    on_each(|place| {
        let project = Project::shop_at(place).file(
        "seeds/types.yml",
        "seeds: [{name: raw_orders, config: {column_types: {where: int, amount: int, nowhere: int}}}]\n",
    );
        let told = project.refract(&["seed"]).succeeds().stdout();
        let expected = "Column types specified for non-existent columns in seed 'raw_orders' (file: seeds/raw_orders.csv): \
                    nowhere, where. These column type overrides will be ignored.";
        assert!(told.contains(expected), "{told}");
    });
}
