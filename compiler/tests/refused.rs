//! What dbt 1.12 refuses in property files, `dbt_project.yml` and settings, each tried with it; and what it takes.
#![cfg(feature = "language")]

mod support;

use std::sync::Arc;

use compiler::diag::Severity;
use compiler::resolve::{LoadOptions, load};

use support::Memory;

/// The errors of a project with one model, each as `code: message (place)`.
fn errors(files: &[(&str, &str)]) -> Vec<String> {
    let mut all = vec![
        ("models/m.sql", "select 1 as id"),
        ("seeds/sd.csv", "id\n1\n"),
    ];
    all.extend(files);
    let loaded = load(Arc::new(Memory::project(&all)), LoadOptions::default());
    let errors = loaded.diagnostics.0.iter();
    errors
        .filter(|one| one.severity == Severity::Error)
        .map(|one| format!("{}: {one}", one.code))
        .collect()
}

fn of_yaml(yaml: &str) -> Vec<String> {
    errors(&[("models/s.yml", yaml)])
}

#[test]
fn values_of_the_wrong_kind() {
    let all = [
        "models:\n  - name: m\n    description: [1]\n",
        "models:\n  - name: m\n    description:\n",
        "models:\n  - name: m\n    config: [1]\n",
        "models:\n  - name: m\n    docs: {show: x}\n",
        "models:\n  - name: m\n    docs: {foo: 1}\n",
        "models:\n  - name: m\n    columns: [{name: 3}]\n",
        "models:\n  - name: m\n    columns: [{name: id, data_type: 3}]\n",
        "models:\n  - name: m\n    columns: [{name: id, tags: a}]\n",
        "models:\n  - name: m\n    deprecation_date: soon\n",
        "models:\n  - name: m\n    latest_version: 2\n",
        "models:\n  - name: 3\n",
        "models:\n",
        "sources:\n  - name: s\n    foo: 1\n    tables: [{name: t}]\n",
        "sources:\n  - name: s\n    tags: a\n    tables: [{name: t}]\n",
        "sources:\n  - name: s\n    quoting: {foo: true}\n    tables: [{name: t}]\n",
        "sources:\n  - name: s\n    freshness: {warn_after: {count: 1, period: days}}\n    tables: [{name: t}]\n",
        "sources:\n  - name: s\n    tables: [{name: t, external: {location: 3}}]\n",
        "sources:\n  - name: s\n    config: {enabled: x}\n    tables: [{name: t}]\n",
        "exposures:\n  - name: e\n    type: chart\n    owner: {name: a}\n",
        "exposures:\n  - name: e\n    type: ml\n    owner: {name: a}\n    url: 3\n",
        "exposures:\n  - name: e\n    type: ml\n",
        "groups:\n  - name: g\n",
        "unit_tests:\n  - name: u\n    model: m\n    expect: {rows: []}\n",
        "unit_tests:\n  - name: u\n    model: m\n    given: []\n    overrides: {foo: 1}\n    expect: {rows: []}\n",
        "macros:\n  - name: f\n    arguments: [{type: string}]\n",
    ];
    let told: Vec<String> = all.iter().map(|yaml| of_yaml(yaml).join(" | ")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn settings_that_do_not_go_together() {
    let all = [
        "models:\n  - name: m\n    config: {group: nope}\n",
        "groups: [{name: g, owner: {name: a}}, {name: g, owner: {name: b}}]\n",
        "models:\n  - name: m\n    docs: {node_color: notacolor}\n",
        "models:\n  - name: m\n    config: {on_configuration_change: x}\n",
        "models:\n  - name: m\n    config: {pre-hook: 3}\n",
        "models:\n  - name: m\n    config: {freshness: {build_after: {count: 1}}}\n",
        "models:\n  - name: m\n    config: {freshness: {build_after: {period: day}}}\n",
        "models:\n  - name: m\n    config: {contract: {enforced: x}}\n",
        "models:\n  - name: m\n    config: {materialized: incremental, contract: {enforced: true}}\n    columns: [{name: id, data_type: int}]\n",
        "models:\n  - name: m\n    columns: [{name: a, constraints: [{type: primary_key}]}, {name: b, constraints: [{type: primary_key}]}]\n",
        "models:\n  - name: m\n    constraints: [{type: primary_key, columns: [a]}]\n    columns: [{name: a, constraints: [{type: primary_key}]}]\n",
        "seeds:\n  - name: sd\n    config: {quote_columns: x}\n",
        "snapshots:\n  - name: s\n    relation: ref('m')\n    config: {unique_key: id}\n",
        "snapshots:\n  - name: s\n    relation: ref('m')\n    config: {unique_key: id, strategy: timestamp}\n",
        "snapshots:\n  - name: s\n    relation: ref('m')\n    config: {unique_key: id, strategy: check}\n",
        "snapshots:\n  - name: s\n    relation: ref('m')\n    config: {unique_key: id, strategy: check, check_cols: 3}\n",
        "snapshots:\n  - name: s\n    relation: ref('m')\n    config: {unique_key: id, strategy: check, check_cols: all, materialized: table}\n",
    ];
    let told: Vec<String> = all.iter().map(|yaml| of_yaml(yaml).join(" | ")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn columns_tests_and_hooks() {
    let columns =
        |text: &str| format!("models:\n  - name: m\n    columns: [{{name: id, {text}}}]\n");
    let config = |text: &str| format!("models:\n  - name: m\n    config: {{{text}}}\n");
    let all = [
        columns("granularity: fortnight"),
        columns("granularity: 3"),
        columns("data_tests: [{unique: {name: 3}}]"),
        columns("data_tests: [{unique: {name: }}]"),
        columns("data_tests: [{unique: {description: 3}}]"),
        columns("data_tests: [{relationships: {arguments: {to: ref('m'), fields: id}}}]"),
        config("pre-hook: {sql: select 1, transaction: x}"),
        config("pre-hook: {sql: select 1, index: x}"),
        config("pre-hook: {transaction: true}"),
        config("post-hook: "),
        config("post-hook: [null]"),
        config("meta: "),
        config("docs: , grants: , enabled: "),
        config("access: , on_configuration_change: "),
        config("access: 3, on_configuration_change: 3, on_error: x"),
        config("docs: {show: x}, contract: {alias_types: x}"),
        config("freshness: {build_after: {count: 1, period: hour, updates_on: x}}"),
        "exposures: [{name: e, type: ml, owner: {name: a}, config: {tags: }}]".to_owned(),
        "unit_tests: [{name: u, model: m, given: [], expect: {rows: []}, config: {meta: }}]"
            .to_owned(),
        "sources: [{name: s, database: '{{ nowhere }}', tables: [{name: t}]}]".to_owned(),
        "sources: [{name: s, tables: [{name: t, identifier: '{{ target.nowhere }}'}]}]".to_owned(),
    ];
    let told: Vec<String> = all.iter().map(|yaml| of_yaml(yaml).join(" | ")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn config_calls() {
    let all = [
        "{{ config() }}",
        "{{ config({'materialized': 'table'}, alias='a') }}",
        "{{ config({'materialized': 'table'}, {'alias': 'a'}) }}",
        "{{ config(meta=none) }}",
        "{{ config(pre_hook={'sql': 'select 1', 'transaction': 'x'}) }}",
    ];
    let told: Vec<String> = all
        .iter()
        .map(|call| errors(&[("models/m.sql", &format!("{call} select 1 as id"))]).join(" | "))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn arguments_of_tests_while_the_flag_is_off() {
    let project =
        "name: shop\nprofile: shop\nflags: {require_generic_test_arguments_property: false}\n";
    let told = |arguments: &str| {
        let test = format!(
            "models: [{{name: m, columns: [{{name: id, data_tests: [{{accepted_values: {arguments}}}]}}]}}]"
        );
        errors(&[("dbt_project.yml", project), ("models/s.yml", &test)]).join(" | ")
    };
    assert_eq!(
        told("{arguments: {values: [1]}}"),
        "test-unknown-argument: the test 'accepted_values' takes no argument 'arguments' (models/s.yml:1:54)"
    );
    assert_eq!(told("{values: [1], arguments: {}}"), "");
}

#[test]
fn the_project_file() {
    let all = [
        "model-paths: models",
        "model-paths: [3]",
        "quoting: {foo: true}",
        "query-comment: {foo: 1}",
        "restrict-access: x",
        "version: [1]",
        "version: 1",
        "version: 'no'",
        "config-version: 1",
        "tests: {}\ndata_tests: {}",
        "source-paths: [models]\nmodel-paths: [models]",
    ];
    let told: Vec<String> = all
        .iter()
        .map(|line| {
            let project = format!("name: shop\nprofile: shop\n{line}\n");
            errors(&[("dbt_project.yml", &project)]).join(" | ")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_project_file_of_a_package_is_held_against_nothing() {
    let told = errors(&[
        ("packages.yml", "packages: [{local: sub}]"),
        (
            "sub/dbt_project.yml",
            "name: sub\nversion: '1'\nprofile: {a: 1}\nrestrict-access: x\nmacro-paths: [{a: 1}]\n",
        ),
    ]);
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn what_dbt_takes_is_taken() {
    let all = [
        "models:\n  - name: m\n    config: {tags: [1, 2.5, true], alias: 3, schema: 4, unique_key: [1]}\n",
        "models:\n  - name: m\n    config: {tags: 3}\n",
        "models:\n  - name: m\n    foo:\n    columns: [{name: 2024-01-01, data_tests: [nope, other_package.nope]}]\n",
        "models:\n  - name: m\n    columns: [{name: id, quote: , granularity: , policy_tags: [a]}]\n",
        "models:\n  - name: m\n    columns: [{name: id, granularity: DAY}]\n",
        "models:\n  - name: m\n    config: {alias: '{{ nowhere }}', meta: {a: '{{ nowhere }}'}}\n",
        "models:\n  - name: m\n    config: {tags: , group: , full_refresh: , unique_key: , packages: , own: }\n",
        "models:\n  - name: m\n    config: {pre-hook: {sql: select 1, own: 1}}\n",
        "version: [3]\nmodels: [{name: m}]",
        "models:\n  - name: m\n    config: {freshness: {build_after: {count: '1', period: day, own: 1}}}\n",
        "models:\n  - name: m\n    columns: [{name: id, data_tests: [{not_null: {arguments: {own: 3}, config: {limit: '3'}}}]}]\n",
        "sources:\n  - name: s\n    freshness:\n    database:\n    tables: [{name: t, identifier: , foo: 1, external: {options: {a: 1}}}]\n",
        "exposures:\n  - name: e\n    type: ml\n    owner: {name: a, slack: 3}\n    url:\n    depends_on: [foo]\n",
        "unit_tests:\n  - name: u\n    model: m\n    given: []\n    expect: {rows: [{id: 1}]}\n    overrides:\n",
    ];
    for yaml in all {
        assert_eq!(of_yaml(yaml), Vec::<String>::new(), "{yaml}");
    }
}

#[test]
fn lists_of_packages() {
    let told = |list: &str| errors(&[("packages.yml", &format!("packages: {list}\n"))]).join(" | ");
    for (list, expected) in [
        (
            "sub",
            "package-entry: 'packages' is a list, found text (packages.yml:1:11)",
        ),
        (
            "[{nope: 1}]",
            "package-entry: the entry does not say where its package is (packages.yml:1:12)",
        ),
        (
            "[{local: [sub]}]",
            "package-entry: 'local' takes the path of a folder, found a list (packages.yml:1:20)",
        ),
    ] {
        assert_eq!(told(list), expected);
    }
}

#[test]
fn a_macro_is_described_once() {
    let told = errors(&[
        ("macros/m.sql", "{% macro f() %}{% endmacro %}"),
        ("macros/m.yml", "macros: [{name: f}, {name: f}]"),
    ]);
    assert_eq!(
        told,
        ["properties-twice: the macro 'f' has properties in two places (macros/m.yml:1:21)"]
    );
}

#[test]
fn inputs_of_batches_have_the_name_of_a_column_as_their_time() {
    let batches = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', \
                   begin='2024-01-01', batch_size='day') }} select * from {{ ref('m') }}";
    let told = |time: &str| {
        let yaml = format!("models: [{{name: m, config: {{event_time: {time}}}}}]");
        errors(&[("models/b.sql", batches), ("models/s.yml", &yaml)])
    };
    assert_eq!(told("id"), Vec::<String>::new());
    assert_eq!(
        told("3"),
        [
            "microbatch-inputs: microbatch model 'b' reads model.shop.m, whose 'event_time' is not text (models/b.sql)"
        ]
    );
}

#[test]
fn names_of_entries_may_have_jinja() {
    let yaml = "sources: [{name: \"{{ 'a' ~ 1 }}\", tables: [{name: \"{{ 'b' }}\"}]}]\nmodels: [{name: \"{{ 'm' }}\", description: mine}]";
    let files = [
        ("models/m.sql", "select * from {{ source('a1', 'b') }}"),
        ("models/s.yml", yaml),
    ];
    let loaded = load(Arc::new(Memory::project(&files)), LoadOptions::default());
    assert!(!loaded.diagnostics.has_errors(), "{}", loaded.diagnostics);
    let manifest = loaded.project.expect("a project").manifest;
    assert_eq!(manifest.sources["source.shop.a1.b"].schema, "a1");
    assert_eq!(manifest.nodes["model.shop.m"].description, "mine");
}

#[test]
fn a_number_is_a_name_too() {
    let yaml = "models: [{name: m, config: {alias: 2.5, schema: 7}}]";
    let files = [("models/m.sql", "select 1 as id"), ("models/s.yml", yaml)];
    let loaded = load(Arc::new(Memory::project(&files)), LoadOptions::default());
    let project = loaded.project.expect("a project");
    let node = &project.manifest.nodes["model.shop.m"];
    assert_eq!(node.alias, "2.5");
    assert_eq!(node.config.text("alias"), Some("2.5"));
    assert!(node.schema.ends_with("_7"), "{}", node.schema);
}

#[test]
fn tests_of_disabled_sources_and_overrides_of_nothing_are_warned_of() {
    let warnings = |files: &[(&str, &str)]| -> Vec<String> {
        let loaded = load(Arc::new(Memory::project(files)), LoadOptions::default());
        let all = loaded.diagnostics.0.iter();
        all.map(|one| format!("{}: {one}", one.code)).collect()
    };
    let source = "sources: [{name: s, tables: [{name: t, config: {enabled: false}}]}]";
    let test = "select * from {{ source('s', 't') }}";
    assert_eq!(
        warnings(&[("models/s.yml", source), ("tests/one.sql", test)]),
        [
            "source-disabled: test.shop.one reads source 's.t', which is disabled (tests/one.sql:1:30)"
        ]
    );
    let own = "sources: [{name: s, overrides: sub, tables: [{name: t}, {name: gone}]}]";
    assert_eq!(
        warnings(&[
            ("models/s.yml", own),
            ("packages.yml", "packages: [{local: sub}]"),
            ("sub/dbt_project.yml", "name: sub\n"),
            (
                "sub/models/s.yml",
                "sources: [{name: s, tables: [{name: t}]}]"
            ),
        ]),
        ["source-overrides: source 's' has no table 'gone' to override (models/s.yml:1:57)"]
    );
}

#[test]
fn docs_blocks_in_a_model_are_nothing_to_it() {
    let model = "{% docs d %} so {{ nowhere.at_all }} {% enddocs %} select 1 as id";
    assert_eq!(errors(&[("models/m.sql", model)]), Vec::<String>::new());
}

#[test]
fn packages_that_are_not_installed() {
    let wanted = "packages:\n- local: sub\n- package: a/b\n  version: 1.0.0\n- git: https://example.com/c.git\n";
    let told = |installed: &[&str]| {
        let files: Vec<(String, String)> = installed
            .iter()
            .map(|name| {
                let file = format!("dbt_packages/{name}/dbt_project.yml");
                (file, format!("name: {name}\n"))
            })
            .collect();
        let mut all = vec![
            ("packages.yml", wanted),
            ("sub/dbt_project.yml", "name: sub\n"),
        ];
        all.extend(
            files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str())),
        );
        errors(&all).join(" | ")
    };
    let message = |found: &str| format!("packages-not-installed: {found} (packages.yml:3:3)");
    assert_eq!(
        told(&[]),
        message("packages are wanted but 'dbt_packages' has none")
    );
    assert_eq!(
        told(&["sub", "b"]),
        message("2 packages are wanted but 'dbt_packages' has 1")
    );
    assert_eq!(told(&["b", "c"]), "");
    assert_eq!(told(&["sub", "b", "c"]), "");
}

#[test]
fn missing_packages_are_told_alone() {
    let files = [
        ("models/m.sql", "select 1 as id"),
        ("models/m.yml", "models: [{name: m, data_tests: [b.nope]}]"),
        ("packages.yml", "packages: [{package: a/b, version: 1.0.0}]"),
    ];
    let loaded = load(Arc::new(Memory::project(&files)), LoadOptions::default());
    let told: Vec<&str> = loaded.diagnostics.0.iter().map(|one| one.code).collect();
    assert_eq!(told, ["packages-not-installed"]);
}

/// A project's errors with these selectors, which no command uses.
fn of_selectors(list: &str) -> Vec<String> {
    let file = format!("selectors: {list}\n");
    errors(&[("selectors.yml", &file)])
}

#[test]
fn selectors_are_held_against_their_rules_whether_or_not_they_are_used() {
    let refused = [
        "3",
        "{a: 1}",
        "",
        "[a]",
        "[{name: a}]",
        "[{definition: m}]",
        "[{name: 3, definition: m}]",
        "[{name: a, definition: 3}]",
        "[{name: a, definition: {method: tag}}]",
        "[{name: a, definition: {value: m}}]",
        "[{name: a, definition: {method: nope, value: x}}]",
        "[{name: a, definition: {union: x}}]",
        "[{name: a, definition: {union: [x], intersection: [y]}}]",
        "[{name: a, definition: m, default: x}]",
        "[{name: a, definition: m, default: true},{name: b, definition: m, default: true}]",
        "[{name: a, description: 3, definition: m}]",
        "[{name: a, definition: {method: tag, value: x, children_depth: y, children: true}}]",
        "[{name: a, definition: {method: tag, value: x, indirect_selection: y}}]",
        "[{name: a, definition: {exclude: [x]}}]",
        "[{name: a, definition: {union: [{exclude: x}, y]}}]",
        "[{name: a, definition: {union: [{exclude: [x]},{exclude: [y]}, z]}}]",
        "[{name: a, definition: {tag: x, path: y}}]",
        "[{name: a, definition: []}]",
        "[{name: a, foo: 1, definition: m}]",
        "[{name: a, definition: {method: tag, value: x, childrens_parents: true, children: true}}]",
    ];
    let told = refused.map(|list| {
        let errors = of_selectors(list);
        assert!(!errors.is_empty(), "{list} is taken");
        errors.join(" | ")
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn odd_selectors_that_dbt_takes_are_taken() {
    let taken = [
        "[{name: a, definition: {method: tag, value: x, foo: 1}}]",
        "[{name: a, definition: {method: selector, value: nope}}]",
        "[{name: a, definition: m},{name: a, definition: m}]",
        "[{name: a, definition: {method: tag, value: x, children: y}}]",
        "[{name: a, definition: {method: tag, value: x, parents_depth: -1, parents: true}}]",
        "[{name: a, definition: {union: [{exclude: [x]}]}}]",
        "[{name: a, definition: {tag: [x]}}]",
        "[{name: a, definition: {method: tag, value: 3}}]",
        "[{name: a, definition: {method: config.materialized, value: view}}]",
    ];
    for list in taken {
        assert_eq!(of_selectors(list), Vec::<String>::new(), "{list}");
    }
}
