//! Runs of whole projects on both warehouses: order, skipping, hooks, cancelling, what stays and what is cleared.

use std::fs;

use crate::support::{Fixture, Place, on_each};
use compiler::artifacts::results::{RunResults, Status};
use server::execute::journal::Recorded;
use server::execute::retry::Previous;
use server::execute::{CancelToken, Command, Event, RunOptions};

const SLOW: &str = "{{ config(materialized='table') }} \
    select count(*) as n from generate_series(1, {{ var('rows', 10) }}) a(x), generate_series(1, {{ var('rows', 10) }}) b(y) where x % 7 = y % 11";

fn chain(place: Place) -> Fixture {
    Fixture::at(
        place,
        &[
            ("models/first.sql", "select 1 as id"),
            (
                "models/second.sql",
                "{{ config(materialized='table') }} select id from {{ ref('first') }}",
            ),
            (
                "models/third.sql",
                "{{ config(materialized='table') }} select id from {{ ref('second') }}",
            ),
            ("seeds/codes.csv", "code,name\n1,one\n2,two\n"),
            (
                "models/schema.yml",
                "models:\n  - name: first\n    columns:\n      - name: id\n        data_tests: [not_null, unique]\n",
            ),
        ],
    )
}

#[test]
fn build_runs_in_order_with_tests_in_between() {
    on_each(|place| {
        let fixture = chain(place);
        let ran = fixture.run(Command::Build, RunOptions::default());
        assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
        assert_eq!(ran.outcome.totals.pass, 6);
        ran.assert_before("success first", "start not_null_first_id");
        ran.assert_before("pass not_null_first_id", "start second");
        ran.assert_before("pass unique_first_id", "start second");
        ran.assert_before("success second", "start third");
        assert_eq!(fixture.relations(), ["codes", "first", "second", "third"]);
        assert_eq!(fixture.value("select sum(code) from codes"), "3");
        assert_eq!(ran.message("seed.shop.codes"), "INSERT 2");

        let written: RunResults =
            serde_json::from_str(&fixture.read("target/run_results.json")).unwrap();
        assert_eq!(written, ran.outcome.results);
        assert_eq!(
            Recorded::read(&fixture.path().join("target"))
                .unwrap()
                .results,
            written.results
        );
        assert_eq!(
            fixture
                .read("target/compiled/shop/models/second.sql")
                .trim(),
            format!(
                "select id from \"{}\".\"{}\".\"first\"",
                fixture.database(),
                fixture.schema()
            )
        );
        assert!(
            fixture
                .read("target/run/shop/models/second.sql")
                .contains("create"),
            "executed SQL is kept"
        );
        let manifest: serde_json::Value =
            serde_json::from_str(&fixture.read("target/manifest.json")).unwrap();
        assert_eq!(
            manifest["nodes"]["model.shop.second"]["compiled_path"],
            "target/compiled/shop/models/second.sql"
        );
    });
}

#[test]
fn what_comes_after_a_failed_model_is_skipped_and_the_rest_runs() {
    on_each(|place| {
        let fixture = chain(place);
        fixture.write(
            "models/second.sql",
            "{{ config(materialized='table') }} select nope from {{ ref('first') }}",
        );
        fixture.write("models/aside.sql", "select 2 as id");
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert!(!ran.outcome.success());
        assert_eq!(
            ran.statuses(),
            [
                "model.shop.aside success",
                "model.shop.first success",
                "model.shop.second error",
                "model.shop.third skipped"
            ]
        );
        let message = ran.message("model.shop.second");
        assert!(
        message.starts_with(match place {
            Place::DuckDb => "Runtime Error in model second (models/second.sql)\n  Binder Error: Referenced column \"nope\"",
            Place::Postgres => "Runtime Error in model second (models/second.sql)\n  column \"nope\" does not exist\n  LINE ",
        }),
        "{message}"
    );
    });
}

#[test]
fn in_a_build_a_failed_test_stops_what_comes_after_it() {
    on_each(|place| {
        let fixture = chain(place);
        fixture.write("models/first.sql", "select 1 as id union all select 1");
        let ran = fixture.run(Command::Build, RunOptions::default());
        assert_eq!(ran.status("model.shop.second"), Status::Skipped);
        assert_eq!(ran.status("model.shop.third"), Status::Skipped);
        let failed = ran
            .outcome
            .results
            .results
            .iter()
            .find(|result| result.status == Status::Fail)
            .unwrap();
        assert_eq!(
            failed.message.as_deref(),
            Some("Got 1 result, configured to fail if != 0")
        );
        assert_eq!(failed.failures, Some(1));

        let previous = Previous::read(&fixture.path().join("target")).unwrap();
        assert_eq!(previous.command, Command::Build);
        assert!(!previous.killed);
        assert_eq!(
            previous.unfinished,
            [
                failed.unique_id.as_str(),
                "model.shop.second",
                "model.shop.third"
            ]
            .map(str::to_owned)
            .into()
        );
    });
}

#[test]
fn fail_fast_skips_all_that_has_not_begun() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                ("models/a_broken.sql", "select * from nowhere"),
                ("models/b.sql", "select 1 as id"),
                ("models/c.sql", "select 1 as id"),
            ],
        );
        let ran = fixture.run(
            Command::Run,
            RunOptions {
                fail_fast: true,
                threads: Some(1),
                ..RunOptions::default()
            },
        );
        assert_eq!(
            ran.statuses(),
            [
                "model.shop.a_broken error",
                "model.shop.b skipped",
                "model.shop.c skipped"
            ]
        );
        assert_eq!(ran.message("model.shop.c"), "Skipping due to fail_fast");
    });
}

#[test]
fn a_broken_ephemeral_model_is_named_where_it_is_read() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                (
                    "models/part.sql",
                    "{{ config(materialized='ephemeral') }} select {% if execute %}{{ nothing_of_that_name() }}{% endif %} 1 as id",
                ),
                ("models/whole.sql", "select * from {{ ref('part') }}"),
            ],
        );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert_eq!(ran.statuses(), ["model.shop.whole skipped"]);
        let message = ran.message("model.shop.whole");
        let told = "Compilation Error in model.shop.whole, caused by compilation error in referenced ephemeral model model.shop.part\n";
        assert!(message.starts_with(told), "{message}");
        assert!(message.contains("nothing_of_that_name"), "{message}");
    });
}

/// Nobody else would say what is wrong with it.
#[test]
fn a_broken_ephemeral_model_that_nobody_reads_has_a_result() {
    on_each(|place| {
        let part = "{{ config(materialized='ephemeral') }} select {% if execute %}{{ nothing_of_that_name() }}{% endif %} 1 as id";
        let fixture = Fixture::at(place, &[("models/part.sql", part)]);
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert_eq!(ran.statuses(), ["model.shop.part error"]);
    });
}

#[test]
fn hooks_run_before_and_after_and_see_the_results() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                (
                    "dbt_project.yml",
                    "name: shop\nversion: '1.0'\nprofile: shop\n\
             on-run-start: \"create table if not exists audit (what varchar)\"\n\
             on-run-end: [\"insert into audit values ('{{ results | length }} in {{ schemas | join }}')\"]\n",
                ),
                ("models/one.sql", "select 1 as id"),
                ("models/two.sql", "select 2 as id"),
            ],
        );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
        ran.assert_before("success shop.on-run-start.0", "start one");
        ran.assert_before("success two", "start shop.on-run-end.0");
        assert_eq!(
            fixture.value("select what from audit"),
            format!("2 in {}", fixture.schema())
        );
        assert_eq!(ran.outcome.totals.pass, 4);
    });
}

/// Elementary's package turns results, their nodes and their timings into dicts, and could not.
#[test]
fn results_in_hooks_are_objects_with_to_dict() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                (
                    "dbt_project.yml",
                    "name: shop\nversion: '1.0'\nprofile: shop\nvars: {region: eu}\non-run-end: \"{{ keep(results[0]) }}\"\n",
                ),
                ("models/one.sql", "select 1 as id"),
                (
                    "macros/keep.sql",
                    "{% macro keep(result) %}{% if execute %}\
             create table kept as select '{{ result.to_dict().status }} {{ result.node.to_dict().name }} \
             {{ result.timing[1].to_dict().name }} {{ result.get('thread_id').split('-')[0] }} \
             {{ result.node.config.materialized }} {{ builtins.ref.config.vars.to_dict().region }}' as what\
             {% endif %}{% endmacro %}",
                ),
            ],
        );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
        let kept = fixture.value("select what from kept");
        assert_eq!(kept, "success one execute Thread view eu");
    });
}

/// Elementary's package keeps in `graph` what its hook at the end writes down.
#[test]
fn what_is_put_into_graph_stays_for_the_run() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                (
                    "dbt_project.yml",
                    "name: shop\nversion: '1.0'\nprofile: shop\n\
             on-run-start: \"{{ note('start') }}\"\n\
             on-run-end: \"create table kept as select '{{ graph.notes | join(' ') }}' as what\"\n",
                ),
                ("models/one.sql", "select 1 as id {{ note('model') }}"),
                (
                    "macros/note.sql",
                    "{% macro note(what) %}{% do graph.setdefault('notes', []).append(what) %}{% endmacro %}",
                ),
            ],
        );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
        assert_eq!(fixture.value("select what from kept"), "start model");
    });
}

/// dbt 1.12 runs the root project's hooks first, then those of packages by name.
#[test]
fn hooks_of_the_project_come_before_those_of_packages() {
    on_each(|place| {
        let hooks = |name: &str| {
            format!(
                "name: {name}\nversion: '1.0'\nprofile: shop\non-run-start: \"{{{{ note('{name}') }}}}\"\n\
             on-run-end: \"{{{{ note('{name}') }}}}\"\n"
            )
        };
        let fixture = Fixture::at(
            place,
            &[
                ("dbt_project.yml", &hooks("shop")),
                ("dbt_packages/tools/dbt_project.yml", &hooks("tools")),
                ("dbt_packages/audit/dbt_project.yml", &hooks("audit")),
                ("models/one.sql", "select 1 as id"),
                (
                    "macros/note.sql",
                    "{% macro note(what) %}{% if execute %}{% do graph.setdefault('notes', []).append(what) %}\
             drop table if exists kept; create table kept as select '{{ graph.notes | join(' ') }}' as what{% endif %}{% endmacro %}",
                ),
            ],
        );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
        let kept = fixture.value("select what from kept");
        assert_eq!(kept, "shop audit tools shop audit tools");
    });
}

#[test]
fn a_failed_start_hook_skips_everything() {
    on_each(|place| {
        let fixture = chain(place);
        fixture.write(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\non-run-start: select * from nowhere\n",
        );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert!(!ran.outcome.success());
        assert_eq!(ran.status("model.shop.first"), Status::Skipped);
        assert!(
            ran.message("operation.shop.shop-on-run-start-0")
                .starts_with("shop.on-run-start.0 failed, error:")
        );
    });
}

#[test]
fn a_cancelled_run_stops_its_queries_and_writes_its_results() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                ("models/a_quick.sql", "select 1 as id"),
                (
                    "models/slow.sql",
                    &format!(
                        "-- depends_on: {{{{ ref('a_quick') }}}}\n{}",
                        SLOW.replace("'rows', 10", "'rows', 10000000")
                    ),
                ),
                ("models/z_after.sql", "select * from {{ ref('slow') }}"),
            ],
        );
        let ran = fixture.run_watched(
            Command::Run,
            RunOptions::default(),
            CancelToken::new(),
            |event, cancel| {
                if matches!(event, Event::NodeStarted { node, .. } if node.name == "slow") {
                    cancel.cancel("interrupted");
                }
            },
        );
        assert_eq!(ran.outcome.cancelled.as_deref(), Some("interrupted"));
        assert!(!ran.outcome.success());
        assert_eq!(
            ran.statuses(),
            ["model.shop.a_quick success"],
            "as dbt has it, what was interrupted or not begun has no result"
        );
        assert!(
            ran.lines.contains(&"cancelled slow".to_owned()),
            "{:?}",
            ran.lines
        );
        let previous = Previous::read(&fixture.path().join("target")).unwrap();
        assert_eq!(
            previous.unfinished,
            ["model.shop.slow", "model.shop.z_after"]
                .map(str::to_owned)
                .into()
        );
        assert_eq!(fixture.relations(), ["a_quick"]);
    });
}

#[test]
fn a_model_that_fails_leaves_the_old_relation() {
    on_each(|place| {
        let fixture = chain(place);
        fixture.run(Command::Build, RunOptions::default());
        fixture.write(
        "models/second.sql",
        "{{ config(materialized='table') }} select cast('late' || id as integer) as id from {{ ref('first') }}",
    );
        let ran = fixture.run(Command::Run, RunOptions::default());
        assert_eq!(ran.status("model.shop.second"), Status::Error);
        assert_eq!(fixture.value("select id from second"), "1");
        assert_eq!(fixture.relations(), ["codes", "first", "second", "third"]);
    });
}

/// `DuckDB` alone has any: `PostgreSQL` rolls back what a dead run left.
#[test]
fn leftovers_of_killed_runs_go_and_everything_else_stays() {
    let fixture = chain(Place::DuckDb);
    fixture.run(Command::Build, RunOptions::default());
    fixture.sql(
        "create table second__dbt_tmp_0a1b2c3d as select 1; create view first__dbt_backup_0a1b2c3d as select 1; \
         create table second__dbt_tmp as select 1; create table mine__dbt_tmp_0a1b2c3d as select 1",
    );
    let ran = fixture.run(Command::Run, RunOptions::default());
    assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
    assert_eq!(
        fixture.relations(),
        [
            "codes",
            "first",
            "mine__dbt_tmp_0a1b2c3d",
            "second",
            "second__dbt_tmp",
            "third"
        ]
    );
}

#[test]
fn what_reads_a_stale_source_is_not_started() {
    on_each(|place| {
        let fixture = Fixture::at(
            place,
            &[
                (
                    "models/sources.yml",
                    "sources:\n  - name: raw\n    schema: \"{{ target.schema }}\"\n    config:\n      loaded_at_field: loaded\n      \
             freshness: {error_after: {count: 1, period: day}}\n    tables: [{name: old}, {name: new}]\n",
                ),
                (
                    "models/on_old.sql",
                    "select * from {{ source('raw', 'old') }}",
                ),
                ("models/below.sql", "select * from {{ ref('on_old') }}"),
                (
                    "models/on_new.sql",
                    "select * from {{ source('raw', 'new') }}",
                ),
            ],
        );
        fixture.sql("create table old as select timestamp '2020-01-02 03:04:05' as loaded; create table new as select now()::timestamp as loaded");
        let ran = fixture.run(
            Command::Run,
            RunOptions {
                require_fresh: true,
                ..RunOptions::default()
            },
        );
        assert_eq!(
            ran.statuses(),
            [
                "model.shop.below skipped",
                "model.shop.on_new success",
                "model.shop.on_old error"
            ]
        );
        assert_eq!(
            ran.message("model.shop.on_old"),
            "source 'raw.old' is past its error limit: last loaded at 2020-01-02T03:04:05+00:00; not started (--require-fresh)"
        );
    });
}

#[test]
fn a_torn_journal_counts_up_to_the_tear() {
    on_each(|place| {
        let fixture = chain(place);
        fixture.run(Command::Build, RunOptions::default());
        let path = fixture.path().join("target/run_journal.jsonl");
        let journal = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = journal.lines().collect();
        fs::write(
            &path,
            format!(
                "{}\n{}\n{}",
                lines[0],
                lines[1],
                &lines[2][..lines[2].len() / 2]
            ),
        )
        .unwrap();
        let recorded = Recorded::read(&fixture.path().join("target")).unwrap();
        assert_eq!((recorded.results.len(), recorded.elapsed), (1, None));
        let previous = Previous::read(&fixture.path().join("target")).unwrap();
        assert!(previous.killed);
        assert_eq!(previous.unfinished.len(), 5);
    });
}
