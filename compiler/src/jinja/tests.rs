//! The engine as a whole.

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Map, json};

use super::*;
use crate::artifacts::manifest::Node;
use crate::world::{World, WorldError};

/// A world without files, at a fixed moment.
pub(crate) struct NoFiles;

impl World for NoFiles {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        Err(WorldError::NotFound(path.to_owned()))
    }

    fn list(&self, _: &str) -> Result<Vec<String>, WorldError> {
        Ok(Vec::new())
    }

    fn folders(&self, _: &str) -> Result<Vec<String>, WorldError> {
        Ok(Vec::new())
    }

    fn env_var(&self, name: &str) -> Option<String> {
        matches!(name, "HOME_TOWN" | "DBT_ENV_SECRET_TOKEN").then(|| "Bern".to_owned())
    }

    fn started_at(&self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2024, 2, 29, 13, 5, 7)
            .single()
            .unwrap()
    }

    fn invocation_id(&self) -> &str {
        "11111111-2222-3333-4444-555555555555"
    }
}

pub(crate) fn scope() -> Arc<ProjectScope> {
    let Ok(serde_json::Value::Object(target)) =
        serde_json::to_value(json!({ "name": "dev", "schema": "main", "type": "duckdb" }))
    else {
        unreachable!()
    };
    let mut vars = Vars::default();
    vars.cli.insert("days".into(), json!(30));
    Arc::new(ProjectScope {
        args: Map::new(),
        project_name: "shop".into(),
        profile_name: "shop".into(),
        target,
        vars,
        flags: Map::new(),
        world: Arc::new(NoFiles),
        packages: indexmap::IndexMap::new(),
        adapter_type: "duckdb".into(),
        quoting: Quoting::default(),
        command: "run".into(),
    })
}

pub(crate) fn library(macros: &str) -> Library {
    let blocks = scan::scan(macros, "macros/all.sql").unwrap();
    let sources = blocks
        .iter()
        .filter(|block| block.kind != scan::BlockKind::Data);
    let sources = sources
        .map(|block| MacroSource::from_block(block, "shop", "macros/all.sql"))
        .collect();
    let options = LibraryOptions {
        root_package: "shop".into(),
        internal_packages: vec!["dbt".into()],
        adapter_types: vec!["duckdb".into()],
        ..LibraryOptions::default()
    };
    Library::new(sources, options).unwrap()
}

fn template(text: &str) -> Template<'_> {
    Template {
        name: "model.shop.m",
        text,
        file: "models/m.sql",
        line: 1,
        column: 1,
    }
}

fn check(macros: &str, text: &str, expected: &str) {
    let captured = Captured::new(None);
    let found = render(
        &library(macros),
        &scope(),
        &Phase::Parse(captured),
        "shop",
        template(text),
    );
    assert_eq!(
        found.map_err(|error| format!("{error:?}")),
        Ok(expected.to_owned()),
        "{text}"
    );
}

fn wrong(macros: &str, text: &str) -> String {
    let captured = Captured::new(None);
    let error = render(
        &library(macros),
        &scope(),
        &Phase::Parse(captured),
        "shop",
        template(text),
    )
    .unwrap_err();
    let mut lines = vec![format!("{error}")];
    lines.extend(
        error
            .labels
            .iter()
            .map(|(span, text)| format!("  {text} ({span})")),
    );
    lines.extend(error.hint.iter().map(|hint| format!("  hint: {hint}")));
    lines.join("\n")
}

#[test]
fn a_macro_returns_an_object_through_any_depth() {
    let macros = "{% macro a(x) %}{{ return([x, 'y', none]) }}{% endmacro %}{% macro b(x) %}{% do return(a(x)) %}{% endmacro %}";
    check(
        macros,
        "{{ b(1)[1] }} {{ b(1) }} {{ b(2) | length }}",
        "y [1, 'y', None] 3",
    );
}

#[test]
fn call_blocks_run_where_they_stand() {
    let macros = "{% macro twice(n=2) %}[{% for i in range(n) %}{{ caller(i) }}{% endfor %}]{% endmacro %}\
                  {% macro outer(x) %}{% call(i) twice() %}{{ x }}{{ i }}{% endcall %}{% endmacro %}";
    check(
        macros,
        "{% set y = 7 %}{% call(i) twice(n=3) %}{{ y }}:{{ i }};{% endcall %}",
        "[7:0;7:1;7:2;]",
    );
    check(macros, "{{ outer('a') }}", "[a0a1]");
    check(
        macros,
        "{% for q in ['a','b'] %}{%- call(i) twice() -%} {{ loop.index }}{{ q }} {%- endcall -%}{% endfor %}",
        "[1a1a][2b2b]",
    );
}

#[test]
fn lists_and_dicts_change() {
    check(
        "",
        "{% set xs = [1] %}{% do xs.append('b') %}{% set d = {'k': xs} %}{% do d.update({'z': 1}, y=2) %}{{ xs }} {{ d }}",
        "[1, 'b'] {'k': [1, 'b'], 'z': 1, 'y': 2}",
    );
    check(
        "",
        "{% set a = [1] %}{% set b = a + [2] %}{% do a.append(9) %}{% do b.append(3) %}{{ b }}{{ b[1:] }}{{ b[::-1] }}",
        "[1, 2, 3][2, 3][3, 2, 1]",
    );
}

#[test]
fn arguments_are_bound_as_jinja2_does() {
    let macros = "{% macro m(a, b=a ~ '!', c=[]) %}{% do c.append(a) %}{{ a }}|{{ b }}|{{ c }}|{{ varargs }}|{{ kwargs }}{% endmacro %}";
    check(macros, "{{ m(1) }}", "1|1!|[1]|()|{}");
    check(macros, "{{ m(1, c=[0], z=5) }}", "1|1!|[0, 1]|()|{'z': 5}");
    check(macros, "{{ m(1, 2, [3], 4, 5) }}", "1|2|[3, 1]|(4, 5)|{}");
    check(
        "{% macro typed(a: list, b: optional[int] = 3) %}{{ a }}{{ b }}{% endmacro %}",
        "{{ typed(*[1], **{'b': 2}) }}",
        "12",
    );
}

#[test]
fn errors_name_the_place_and_the_calls() {
    let macros = "{% macro a() %}\n  {{ 1 + missing }}\n{% endmacro %}\n{% macro b() %}{{ a() }}{% endmacro %}";
    insta::assert_snapshot!(wrong(macros, "select 1,\n  {{ b() }}"));
    insta::assert_snapshot!(wrong(macros, "{{ aa() }}"));
    insta::assert_snapshot!(wrong(macros, "{{ dbt_utils.star(ref('x')) }}"));
    insta::assert_snapshot!(wrong(macros, "a\n{% if x %}"));
    insta::assert_snapshot!(wrong(macros, "a\n{{ x | nothing }}"));
    insta::assert_snapshot!(wrong(
        macros,
        "{{ exceptions.raise_compiler_error('no, thanks') }}"
    ));
    insta::assert_snapshot!(wrong(macros, "{{ var('nope') }}"));
    insta::assert_snapshot!(wrong(macros, "{% set x = [1, 2 %}"));
    insta::assert_snapshot!(wrong(macros, "{{ b(1) }}"));
}

#[test]
fn parsing_records_what_a_model_asks_for() {
    let captured = Captured::new(Some(Arc::new(Node {
        name: "m".into(),
        schema: "s".into(),
        ..Node::default()
    })));
    let text = "{{ config(materialized='table', tags='a') }}{{ config(tags=['b']) }}{{ ref('x') }} {{ ref('p', 'y', v=2) }} {{ source('s', 't') }}{{ nope.such() }}{{ this }}";
    let text = render(
        &library(""),
        &scope(),
        &Phase::Parse(Arc::clone(&captured)),
        "shop",
        template(text),
    )
    .unwrap();
    assert_eq!(text, "\"s\".\"m\" \"s\".\"m\" \"s\".\"m\"\"s\".\"m\"");
    let state = captured.take();
    assert_eq!(
        serde_json::Value::Object(state.config),
        json!({ "materialized": "table", "tags": ["a", "b"] })
    );
    assert_eq!(state.refs.len(), 2);
    assert_eq!(state.refs[1].version, Some(json!(2)));
    assert_eq!(state.sources, vec![vec!["s".to_owned(), "t".to_owned()]]);
}

#[test]
fn native_rule() {
    let native = |text: &str| {
        let captured = Captured::new(None);
        render_native(
            &library(""),
            &scope(),
            &Phase::Parse(captured),
            "shop",
            template(text),
        )
        .unwrap()
    };
    assert_eq!(native("{{ var('days') }}"), json!(30));
    assert_eq!(native("{{ var('days') }} days"), json!("30 days"));
    assert_eq!(native("{{ 1 }}"), json!("1"));
    assert_eq!(native("{{ '1' | as_number }}"), json!(1));
    assert_eq!(
        native("{{ (target.name == 'dev') | as_bool }}"),
        json!(true)
    );
    assert_eq!(native("{{ target.name == 'dev' }}"), json!(true));
    // Inside a larger expression a marked value is a text, which is true however it reads.
    for (text, expected) in [
        (
            "{{ ((target.name == 'x') | as_bool) and var('days') }}",
            json!(30),
        ),
        ("{{ not ((target.name == 'x') | as_bool) }}", json!(false)),
        (
            "{{ ((target.name == 'dev') | as_bool) and ((target.name == 'x') | as_bool) }}",
            json!(false),
        ),
        ("{{ (var('days') | as_number) ~ '0' }}", json!("300")),
        ("{{ var('days') | as_text }}", json!("30")),
        (
            "{{ ((target.name == 'x') | as_bool) == 'False' }}",
            json!(true),
        ),
    ] {
        assert_eq!(native(text), expected, "{text}");
    }
    assert_eq!(native("plain"), json!("plain"));
    assert_eq!(
        native("{{ env_var('DBT_ENV_SECRET_TOKEN') }}"),
        json!("Bern")
    );
}

#[test]
fn python_modules() {
    check(
        "",
        "{{ run_started_at.strftime('%Y-%m-%d') }}",
        "2024-02-29",
    );
    check(
        "",
        "{{ run_started_at.astimezone(modules.pytz.timezone('America/New_York')) }}",
        "2024-02-29 08:05:07-05:00",
    );
    check(
        "",
        "{{ (run_started_at - modules.datetime.timedelta(days=1)).date() }}",
        "2024-02-28",
    );
    check(
        "",
        "{{ modules.re.sub('[^a-z]+', '_', 'a b-c') }} {{ modules.re.match('a(b)', 'abc').group(1) }}",
        "a_b_c b",
    );
    check(
        "",
        "{{ modules.itertools.product([1,2], 'ab') | list }}",
        "[(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]",
    );
}

#[test]
fn macros_are_equal_to_themselves_alone() {
    check(
        "{% macro a() %}{% endmacro %}{% macro b() %}{% endmacro %}",
        "{{ a == a }} {{ a == b }} {{ a in [b] }} {{ a in [b, a] }} {{ a is mapping }} {{ a is callable }}",
        "True False False True False True",
    );
}

#[test]
fn built_in_macros_compile() {
    for adapter in ["duckdb", "postgres"] {
        let internal = crate::macros::internal_packages(adapter);
        let files = crate::macros::builtin()
            .iter()
            .filter(|(package, _, _)| internal.iter().any(|own| own == package));
        let mut sources = Vec::new();
        for (package, path, text) in files {
            let blocks = scan::scan(text, path).unwrap();
            let blocks = blocks
                .iter()
                .filter(|block| block.kind != scan::BlockKind::Data);
            sources.extend(blocks.map(|block| MacroSource::from_block(block, package, path)));
        }
        // They are checked where they are not internal.
        let library = Library::new(sources, LibraryOptions::default());
        let wrong = library.unwrap().check();
        assert!(!wrong.has_errors(), "{wrong}");
    }
}

#[test]
fn endless_recursion_is_an_error() {
    let macros = "{% macro a(n) %}{% call b(n) %}{{ a(n + 1) }}{% endcall %}{% endmacro %}{% macro b(n) %}{{ caller() }}{% endmacro %}";
    let message = wrong(macros, "{{ a(1) }}");
    assert!(
        message.contains("is called more than 120 calls deep"),
        "{message}"
    );
    assert!(message.lines().count() < 20, "{message}");
}
