//! `flags:` of the project, and what macros and artifacts see of all flags.

use std::fs;

use serde_json::{Value, json};

use super::support::{Place, Project, on_each};

fn project(place: Place, flags: &str, rest: &str) -> Project {
    let text = format!("name: shop\nversion: '1.0'\nprofile: shop\nflags: {{{flags}}}\n{rest}");
    Project::shop_at(place).file("dbt_project.yml", &text)
}

fn results(project: &Project) -> Value {
    let text = fs::read_to_string(project.path("target/run_results.json")).expect("results");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn macros_and_artifacts_see_every_flag() {
    let project = project(
        Place::DuckDb,
        "require_unique_project_resource_names: true, printer_width: 90",
        "on-run-start: \"{{ print(flags.PRINTER_WIDTH ~ ' ' ~ flags.INDIRECT_SELECTION ~ ' ' ~ flags.VALIDATE_MACRO_ARGS \
         ~ ' ' ~ flags.PARTIAL_PARSE ~ ' ' ~ invocation_args_dict.select ~ ' ' ~ invocation_args_dict.which) }}\"\n",
    );
    let run = project.refract(&[
        "build",
        "-s",
        "raw_orders",
        "--indirect-selection",
        "cautious",
        "--no-partial-parse",
    ]);
    let said = "90 cautious True False ['raw_orders'] build";
    let run = run.succeeds();
    assert!(run.stdout().contains(said), "{}", run.stdout());
    let args = &results(&project)["args"];
    let expected = json!({
        "which": "build", "select": ["raw_orders"], "printer_width": 90, "partial_parse": false, "static_parser": true,
        "indirect_selection": "cautious", "log_format": "default", "log_format_file": "debug", "log_level": "info",
        "require_unique_project_resource_names": true, "validate_macro_args": true, "send_anonymous_usage_stats": false,
        "warn_error_options": {"error": [], "warn": [], "silence": []},
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&args[name], value, "{name}");
    }
    assert!(args.get("target").is_none(), "what nobody said is left out");
}

#[test]
fn nodes_run_after_a_failing_hook_where_the_project_says_so() {
    on_each(|place| {
        let hook = "on-run-start: select * from nowhere\n";
        let status = |flags: &str| {
            let project = project(place, flags, hook);
            let run = project.refract(&["run", "-s", "stg_orders", "--empty"]);
            assert_eq!(run.code(), 1, "{}", run.whole());
            let results = results(&project);
            let all = results["results"].as_array().expect("results");
            let node = |result: &&Value| result["unique_id"] == "model.shop.stg_orders";
            all.iter().find(node).expect("the model")["status"].clone()
        };
        assert_eq!(status(""), "skipped");
        assert_eq!(status("skip_nodes_if_on_run_start_fails: false"), "error");
    });
}

#[test]
fn freshness_leaves_the_hooks_out_where_the_project_says_so() {
    on_each(|place| {
        let said = |flags: &str| {
            let project = project(
                place,
                flags,
                "on-run-end: \"{{ print('the hook ran') }}\"\n",
            )
            .file(
                "models/sources.yml",
                "sources:\n  - name: raw\n    schema: main\n    loaded_at_query: select now()\n    \
             freshness: {warn_after: {count: 1, period: day}}\n    tables: [{name: t}]\n",
            );
            let run = project.refract(&["source", "freshness"]).succeeds();
            run.stdout().contains("the hook ran")
        };
        assert!(said(""));
        assert!(!said("source_freshness_run_project_hooks: false"));
    });
}

#[test]
fn a_packages_materializations_count_where_dbt_has_none_of_the_name() {
    let with = |kind: &str| {
        format!(
            "{{% materialization {kind}, default %}}{{%- call statement('main') -%}}\
             create or replace table {{{{ this }}}} as select '{kind} of the package' as made\
             {{%- endcall -%}}{{%- do adapter.commit() -%}}{{{{ return({{'relations': [this.incorporate(type='table')]}}) }}}}{{% endmaterialization %}}"
        )
    };
    let made = |flags: &str, model: &str| {
        let project = project(Place::DuckDb, flags, "")
            .file("dbt_packages/kit/dbt_project.yml", "name: kit\n")
            .file("dbt_packages/kit/macros/fancy.sql", &with("fancy"))
            .file("dbt_packages/kit/macros/view.sql", &with("view"))
            .file(
                "models/fancy.sql",
                "{{ config(materialized='fancy') }} select 1 as made\n",
            )
            .file("models/plain.sql", "select 1 as made\n");
        project.refract(&["run", "-s", model]).succeeds();
        let query = format!("select made from {{{{ ref('{model}') }}}}");
        let shown = project
            .refract(&["show", "-q", "--inline", &query])
            .succeeds();
        shown.stdout().contains("of the package")
    };
    assert!(made("", "fancy"));
    assert!(!made("", "plain"));
    let legacy = "require_explicit_package_overrides_for_builtin_materializations: false";
    assert!(made(legacy, "plain"));
}

#[test]
fn what_an_osi_document_cannot_hold_is_told_where_one_is_written() {
    let semantic = "
semantic_models:
- name: orders
  model: ref('days')
  defaults: {agg_time_dimension: at}
  entities: [{name: order_key, type: primary, expr: id}]
  dimensions: [{name: at, type: time, type_params: {time_granularity: day}}]
  measures: [{name: total, agg: sum, expr: id}]
metrics: [{name: weekly, label: Weekly, type: cumulative, type_params: {measure: total}}]
models:
- {name: days, time_spine: {standard_granularity_column: at}, columns: [{name: at, granularity: day}]}
";
    let project = project(Place::DuckDb, "", "")
        .file("models/days.sql", "select 1 as id, current_date as at")
        .file("models/semantic.yml", semantic);
    let document = project.path("target/osi_document.json");
    let told = "metric 'weekly' is there without its window and grain";
    let run = project.refract(&["--no-write-json", "--warn-error", "parse"]);
    assert!(!run.succeeds().whole().contains(told));
    assert!(!document.exists());
    let run = project.refract(&["parse"]).succeeds();
    assert!(run.whole().contains(told), "{}", run.whole());
    let text = fs::read_to_string(document).expect("the document");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let metric = &document["semantic_model"][0]["metrics"][0];
    let expression = &metric["expression"]["dialects"][0]["expression"];
    assert_eq!(expression, "SUM(orders.id)");
}
