//! What dbt 1.12.6 refuses in a semantic layer, and what it takes: each case is one change of a sound one, and was
//! parsed by dbt too.
#![cfg(feature = "language")]

mod support;

use std::fmt::Write as _;
use std::sync::Arc;

use compiler::diag::Diagnostics;
use compiler::resolve::{LoadOptions, load};
use support::Memory;

const SOUND: &str = "
semantic_models:
- name: orders
  model: ref('a')
  defaults: {agg_time_dimension: at}
  entities: [{name: order_key, type: primary, expr: id}]
  dimensions:
  - {name: at, type: time, type_params: {time_granularity: day}}
  - {name: kind, type: categorical}
  measures: [{name: total, agg: sum, expr: id}]
- name: people
  model: ref('a')
  entities: [{name: person_key, type: primary, expr: id}]
  dimensions: [{name: town, type: categorical}]
metrics:
- {name: revenue, label: Revenue, type: simple, type_params: {measure: total}}
- {name: twice, label: Twice, type: derived, type_params: {expr: aa * 2, metrics: [{name: revenue, alias: aa}]}}
- {name: weekly, label: Weekly, type: cumulative, type_params: {measure: total, cumulative_type_params: {window: 7 days}}}
saved_queries: [{name: sq, query_params: {metrics: [revenue]}}]
models:
- name: days
  time_spine: {standard_granularity_column: at, custom_granularities: [{name: retail, column_name: retail_day}]}
  columns: [{name: at, granularity: day}, {name: retail_day}]
";

/// What the sound layer is told after the first `from` in it became `to`.
fn told(from: &str, to: &str) -> Vec<String> {
    assert!(SOUND.contains(from), "{from}");
    told_of(&SOUND.replacen(from, to, 1))
}

/// What a layer is told.
fn told_of(yaml: &str) -> Vec<String> {
    let errors = diagnostics_of(yaml);
    errors.0.iter().map(ToString::to_string).collect()
}

fn diagnostics_of(yaml: &str) -> Diagnostics {
    let files = [
        ("models/a.sql", "select 1 as id"),
        ("models/days.sql", "select 1 as at, 1 as retail_day"),
        ("models/hours.sql", "select 1 as at"),
        ("models/a.yml", yaml),
    ];
    load(Arc::new(Memory::project(&files)), LoadOptions::default()).diagnostics
}

#[test]
fn what_dbt_takes_is_taken() {
    for (from, to) in [
        ("", ""),
        ("agg: sum", "agg: percentile, agg_params: {percentile: 0.9}"),
        (
            "type: primary, expr: id}]",
            "type: foreign, expr: id}]\n  primary_entity: zz",
        ),
        ("name: town", "name: kind"),
        // Without metrics nothing is looked at.
        ("metrics:\n", "others:\n"),
    ] {
        let told = told(from, to);
        let refused: Vec<&String> = told
            .iter()
            .filter(|line| line.starts_with("semantic_model.") || line.starts_with("metric."))
            .collect();
        assert!(refused.is_empty(), "{from} → {to}: {refused:#?}");
    }
}

/// What an OSI document does not hold is told of any layer.
const LOSS: &str = "osi-loss";

#[test]
fn each_case_is_judged_as_by_dbt() {
    let lines: Vec<&str> = include_str!("semantic/cases.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    let mut told = String::new();
    for case in lines.chunks(3) {
        let [verdict, from, to] = case.try_into().expect("three lines a case");
        let to = to.replace("\\n", "\n").replace("(nothing)", "");
        let from = from.replace("\\n", "\n");
        assert!(SOUND.contains(&from), "{from}");
        let found = diagnostics_of(&SOUND.replacen(&from, &to, 1));
        let of_it: Vec<_> = found.0.iter().filter(|it| it.code != LOSS).collect();
        let own = match (found.has_errors(), of_it.is_empty()) {
            (true, _) => "refused",
            (false, false) => "warned",
            (false, true) => "taken",
        };
        assert_eq!(own, verdict, "{from} → {to}: {of_it:#?}");
        writeln!(told, "{to}").unwrap();
        for it in of_it {
            writeln!(told, "    {it}").unwrap();
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn metrics_hold_against_each_other() {
    let conversion = |base: &str, converted: &str, entity: &str| {
        format!(
            "metrics:\n- {{name: conv, label: Conv, type: conversion, type_params: {{conversion_type_params: {{entity: {entity}, \
             base_measure: {base}, conversion_measure: {converted}, window: 7 days}}}}}}\n"
        )
    };
    let counting = "measures: [{name: total, agg: sum, expr: id}, {name: visits, agg: count, expr: id}, {name: ones, agg: sum, expr: 1}]";
    let layer = |metric: &str| {
        let both = SOUND
            .replacen("measures: [{name: total, agg: sum, expr: id}]", counting, 1)
            .replacen("metrics:\n", metric, 1);
        told_of(&both)
    };
    let told: Vec<String> = [
        conversion("visits", "ones", "order_key"),
        conversion("total", "visits", "order_key"),
        conversion("visits", "visits", "person_key"),
        conversion("visits", "visits", "order_key").replace("7 days", "7 fortnights"),
        conversion("visits", "visits", "order_key").replace("7 days", "7 retails"),
        conversion("visits", "visits", "order_key").replace("7 days", "seven days"),
        conversion("visits", "visits", "order_key")
            .replace("window: 7 days", "constant_properties: [{base_property: kind, conversion_property: hue}]"),
        "metrics:\n- {name: share, label: Share, type: ratio, type_params: {numerator: {name: revenue}, denominator: {name: part}}}\n\
         - {name: part, label: Part, type: simple, type_params: {measure: {name: total, filter: \"{{ Dimension('order_key__kind') }} = 'a'\"}}}\n"
            .to_owned(),
        "metrics:\n- {name: part, label: Part, type: simple, type_params: {measure: {name: total, alias: visits}}}\n".to_owned(),
    ]
    .iter()
    .map(|metric| layer(metric).join(" | "))
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn time_spines_are_there_and_whole() {
    for (from, to, expected) in [
        ("at, granularity: day}", "at, granularity: hour}", None),
        (
            "name: days",
            "name: others",
            Some("requires a time spine model"),
        ),
        (
            "at, granularity: day}",
            "at, granularity: week}",
            Some("requires a time spine model"),
        ),
        (
            "at, granularity: day}",
            "at, quote: true}",
            Some("column 'at' has no granularity"),
        ),
        (
            "at, granularity: day}",
            "at, granularity: fortnight}",
            Some("found 'fortnight'"),
        ),
        (
            "column: at,",
            "column: day,",
            Some("'day' is none of the model's columns: at, retail_day"),
        ),
        (
            "column_name: retail_day",
            "column_name: fiscal",
            Some("column 'fiscal' of a custom granularity"),
        ),
    ] {
        let told = told(from, to);
        let found: Vec<&String> = told.iter().filter(|line| line.contains("time")).collect();
        match expected {
            Some(expected) => assert!(
                told.iter().any(|line| line.contains(expected)),
                "{from} → {to}: {told:#?}"
            ),
            None => assert!(found.is_empty(), "{from} → {to}: {told:#?}"),
        }
    }
}

#[test]
fn what_dbt_refuses_is_refused() {
    for (from, to, expected) in [
        ("name: kind", "name: ki__nd", "invalid name 'ki__nd'"),
        ("name: kind", "name: Kind", "invalid name 'Kind'"),
        ("name: kind", "name: k", "invalid name 'k'"),
        ("name: kind", "name: month", "a time granularity"),
        ("name: kind", "name: metric_time", "keeps it for itself"),
        ("name: weekly", "name: weekly_", "invalid name 'weekly_'"),
        (
            "cumulative_type_params: {window: 7 days}",
            "window: 7 days",
            "`window` stands under `cumulative_type_params`",
        ),
        ("name: sq", "name: day", "a time granularity"),
        ("name: kind", "name: total", "among the measures"),
        ("name: kind", "name: at", "among the dimensions"),
        (
            "agg_time_dimension: at",
            "agg_time_dimension: kind",
            "of its defaults is none",
        ),
        (
            "agg: sum",
            "agg: sum, agg_time_dimension: nope",
            "'nope' of measure 'total' is none",
        ),
        (
            "  defaults: {agg_time_dimension: at}\n",
            "",
            "has no agg_time_dimension",
        ),
        ("agg: sum", "agg: percentile", "wants agg_params.percentile"),
        (
            "agg: sum",
            "agg: percentile, agg_params: {percentile: 2}",
            "wants agg_params.percentile",
        ),
        ("agg: sum, expr: id", "agg: count", "has no expr"),
        (
            "type: primary, expr: id}]",
            "type: primary, expr: id}, {name: other_key, type: primary}]",
            "more than one primary",
        ),
        (
            "type: primary, expr: id}]",
            "type: primary, expr: id}]\n  primary_entity: zz",
            "primary_entity names 'zz'",
        ),
        (
            "type: primary, expr: id}]",
            "type: foreign, expr: id}]",
            "no primary entity",
        ),
        (
            "type: primary, expr: id}]",
            "type: primary, expr: id}, {name: nat, type: natural}]",
            "a natural entity wants",
        ),
        (
            "person_key, type: primary, expr: id}]\n  dimensions: [{name: town",
            "order_key, type: primary, expr: id}]\n  dimensions: [{name: kind",
            "stands in 'orders' too",
        ),
        (
            "{name: town, type: categorical}",
            "{name: kind, type: time, type_params: {time_granularity: day}}",
            "dimension 'kind' is time here",
        ),
        (
            "name: town",
            "name: order_key",
            "is a dimension here, and a entity in 'orders'",
        ),
        (
            "time_granularity: day}",
            "time_granularity: day, validity_params: {is_start: true}}",
            "validity_params want two",
        ),
        (
            "measure: total}",
            "measure: nope}",
            "there is no measure 'nope'",
        ),
        (
            "metrics: [{name: revenue, alias: aa}]",
            "metrics: []",
            "wants metrics to be made of",
        ),
        ("alias: aa", "alias: revenue", "is the name of an input"),
        ("alias: aa", "alias: a", "invalid name 'a'"),
        (
            "alias: aa",
            "alias: aa, offset_window: 1 day, offset_to_grain: month",
            "exclude each other",
        ),
        (
            "window: 7 days",
            "window: 7 days, grain_to_date: month",
            "exclude each other",
        ),
        ("label: Twice", "label: Revenue", "the label 'Revenue'"),
    ] {
        let told = told(from, to);
        assert!(
            told.iter().any(|line| line.contains(expected)),
            "{from} → {to}: {told:#?}"
        );
    }
}

/// An OSI document of one dataset and one metric.
const DOCUMENT: &str = r#"{
 "version": "0.1.1",
 "semantic_model": [{"name": "shop",
  "datasets": [
   {"name": "facts", "source": "shop.main.facts", "primary_key": ["id"],
    "fields": [{"name": "id", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "id"}]}}]}
  ],
  "metrics": [
   {"name": "total", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "SUM(facts.id)"}]}}
  ]}]
}"#;

/// What a project with [`DOCUMENT`], changed, is told, each with its place.
fn told_of_document(from: &str, to: &str) -> Vec<String> {
    let sound = DOCUMENT;
    assert!(sound.contains(from), "{from}");
    let document = sound.replacen(from, to, 1);
    let files = [
        ("models/facts.sql", "select 1 as id"),
        ("models/metricflow_time_spine.sql", "select 1 as date_day"),
        ("osi/shop.json", document.as_str()),
    ];
    let loaded = load(Arc::new(Memory::project(&files)), LoadOptions::default());
    let each = loaded.diagnostics.0.iter().map(|it| match &it.span {
        Some(span) => format!("{span}: {}", it.message),
        None => it.message.clone(),
    });
    each.collect()
}

#[test]
fn osi_documents_are_read() {
    assert_eq!(told_of_document("", ""), Vec::<String>::new());
    for (from, to, expected) in [
        (
            "\"version\": \"0.1.1\"",
            "\"version\": 2",
            "osi/shop.json:2:13: osi/shop.json: version '2' of OSI",
        ),
        (
            "\"0.1.1\"",
            "",
            "osi/shop.json:2:13: osi/shop.json: it is not JSON",
        ),
        (
            "\"primary_key\": [\"id\"]",
            "\"primary_key\": \"id\"",
            "osi/shop.json:5:66: osi/shop.json: `primary_key` is not a list",
        ),
        (
            ".facts\"",
            ".fact\"",
            "osi/shop.json:5:32: dataset 'facts' is of",
        ),
        ("ANSI_SQL", "SQL", "`dialect` is 'SQL', which is none of"),
        (
            "SUM(facts.id)",
            "SUM(fact.id)",
            "osi/shop.json:9:36: metric 'total' aggregates columns of 'fact'",
        ),
        (
            "\"name\": \"total\"",
            "\"name\": \"To\"",
            "invalid name 'To'",
        ),
        (
            "\"metrics\": [",
            "\"metrics\": [{\"name\": \"total\", \"expression\": {\"dialects\": []}},",
            "there is a second metric called 'total'",
        ),
    ] {
        let told = told_of_document(from, to);
        assert!(
            told.iter().any(|line| line.contains(expected)),
            "{from} → {to}: {told:#?}"
        );
    }
}

#[test]
fn what_an_osi_document_cannot_say_is_told() {
    let weekly = told("label: Weekly", "label: Weekly");
    let expected = "osi_document.json: metric 'weekly' is there without its window and grain";
    assert!(
        weekly.iter().any(|line| line.contains(expected)),
        "{weekly:#?}"
    );
}
