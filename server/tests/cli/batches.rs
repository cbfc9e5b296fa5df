//! Microbatch models and samples: the lines, the rows, the files and the results of each batch.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Place, Project, check, on_each};

const DAILY: &str = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened',
                      unique_key=key(), batch_size='day', begin='2024-01-01', pre_hook=note('pre'), post_hook=note('post')) }}
select id, happened, {{ var('wrong', 'id') }} as copy from {{ ref('events') }}\n";

/// As with dbt, `PostgreSQL` wants a key and `DuckDB` takes none.
const KEY: &str =
    "{% macro key() %}{{ return('id' if target.type == 'postgres' else none) }}{% endmacro %}\n";

const NOTE: &str = "{% macro note(word) %}{% raw %}insert into notes select '{% endraw %}{{ word }}{% raw %}', '{{ model.batch.id }}'{% endraw %}{% endmacro %}\n";

/// Events on three days, and a model of them that is built day by day.
fn project(place: Place) -> Project {
    Project::at(place)
        .file(
            "models/events.sql",
            "{{ config(materialized='table', event_time='happened') }}
select id, timestamp '2024-01-01 06:00:00' + id * interval '1 day' as happened from generate_series(0, {{ var('count', 3) }} - 1) as t(id)\n",
        )
        .file("models/daily.sql", DAILY)
        .file("macros/note.sql", NOTE)
        .file("macros/key.sql", KEY)
        .file(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\non-run-start: create table if not exists notes(word varchar, batch varchar)\n",
        )
}

/// The result of `daily`.
fn result(project: &Project) -> Value {
    let text = fs::read_to_string(project.path("target/run_results.json")).expect("results");
    let results: Value = serde_json::from_str(&text).expect("JSON");
    let results = results["results"].as_array().expect("a list").iter();
    let mut daily = results.filter(|result| result["unique_id"] == "model.shop.daily");
    daily.next().expect("a result").clone()
}

const JANUARY: [&str; 4] = [
    "--event-time-start",
    "2024-01-01",
    "--event-time-end",
    "2024-01-04",
];

#[test]
fn a_model_is_built_batch_by_batch() {
    on_each(|place| {
        let project = project(place);
        let built = project.refract(&[&["build"][..], &JANUARY].concat());
        check("batches", &built);
        assert_eq!(
            project.rows("select id, happened from daily order by id"),
            [
                "0|2024-01-01 06:00:00",
                "1|2024-01-02 06:00:00",
                "2|2024-01-03 06:00:00"
            ]
        );
        assert_eq!(
            project.rows("select word, batch from notes"),
            ["pre|20240101", "post|20240103"]
        );
        let compiled = "target/compiled/shop/models/daily/daily_2024-01-02.sql";
        let compiled = fs::read_to_string(project.path(compiled)).expect("the batch's SQL");
        assert!(
        compiled.replace(project.database(), "shop").contains("(select * from \"shop\".\"main\".\"events\" where happened >= '2024-01-02 00:00:00+00:00' and happened < '2024-01-03 00:00:00+00:00')"),
        "{compiled}"
    );
        assert!(
            project
                .path("target/run/shop/models/daily/daily_2024-01-02.sql")
                .is_file()
        );
        assert_eq!(
            result(&project)["batch_results"],
            json!({"failed": [], "successful": [
                ["2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00"],
                ["2024-01-02T00:00:00+00:00", "2024-01-03T00:00:00+00:00"],
                ["2024-01-03T00:00:00+00:00", "2024-01-04T00:00:00+00:00"],
            ]})
        );
    });
}

#[test]
fn a_batch_replaces_its_own_days_only() {
    on_each(|place| {
        let project = project(place);
        project
            .refract(&[&["build"][..], &JANUARY].concat())
            .succeeds();
        let second = [
            "build",
            "--vars",
            "{wrong: id + 10}",
            "--event-time-start",
            "2024-01-02",
        ];
        project
            .refract(&[&second[..], &["--event-time-end", "2024-01-03"]].concat())
            .succeeds();
        assert_eq!(
            project.rows("select copy from daily order by id"),
            ["0", "11", "2"]
        );
    });
}

#[test]
fn a_batch_that_fails_leaves_the_others_and_is_retried_alone() {
    on_each(|place| {
        let project = project(place);
        let wrong = "{wrong: \"case when id = 1 then cast('no' || id as integer) else id end\"}";
        let run = project.refract(&[&["build", "--vars", wrong][..], &JANUARY].concat());
        check(&project.own("batches-partial"), &run);
        assert_eq!(project.rows("select id from daily order by id"), ["0", "2"]);
        assert_eq!(result(&project)["status"], "partial success");
        let retried = project.refract(&["retry", "--vars", "{wrong: id}"]);
        check("batches-retry", &retried);
        assert_eq!(
            project.rows("select id from daily order by id"),
            ["0", "1", "2"]
        );
        let batches = &result(&project)["batch_results"];
        assert_eq!(batches["failed"], json!([]));
        assert_eq!(batches["successful"].as_array().map(Vec::len), Some(3));
    });
}

#[test]
fn a_first_batch_that_fails_ends_the_model() {
    on_each(|place| {
        let project = project(place);
        let run =
            project.refract(&[&["build", "--vars", "{wrong: nowhere}"][..], &JANUARY].concat());
        check(&project.own("batches-first-fails"), &run);
        assert_eq!(result(&project)["status"], "error");
    });
}

#[test]
fn a_sample_reads_part_of_what_has_an_event_time() {
    on_each(|place| {
        let project =
            project(place).file("models/late.sql", "select id from {{ ref('events') }}\n");
        let sample = "{'start': '2024-01-02', 'end': '2024-01-03'}";
        project.refract(&["build", "--sample", sample]).succeeds();
        assert_eq!(project.rows("select id from late"), ["1"]);
        assert_eq!(project.rows("select id from daily"), ["1"]);
    });
}

#[test]
fn what_cannot_be_a_batch_is_told() {
    let project = project(Place::DuckDb).file(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='week') }} select 1 as id\n",
    );
    check("batches-config", &project.refract(&["parse"]));
    check(
        "batches-half-window",
        &project.refract(&["run", "--event-time-start", "2024-01-01"]),
    );
    check(
        "batches-sample",
        &project.refract(&["run", "--sample", "3 moons"]),
    );
}
