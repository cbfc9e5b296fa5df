//! Functions on the command line: listed, selected, built, deferred. What is expected was seen under dbt 1.12 too, but
//! for the count of functions in `Found …`, which dbt leaves out.

use std::fs;

use serde_json::Value;

use crate::support::{Place, Project, on_each};

fn project(place: Place) -> Project {
    Project::at(place)
        .file("models/numbers.sql", "select 1 as n\n")
        .file("functions/plus_one.sql", "select n + 1\n")
        .file(
            "functions/above.sql",
            "select count(*) from {{ ref('numbers') }} where n > least_of\n",
        )
        .file(
            "functions/all.yml",
            "functions:\n  - name: plus_one\n    arguments: [{name: n, data_type: int}]\n    \
             returns: {data_type: bigint}\n  - name: above\n    \
             arguments: [{name: least_of, data_type: int}]\n    returns: {data_type: bigint}\n",
        )
        .file(
            "models/more.sql",
            "select {{ function('plus_one') }}(n) as n from {{ ref('numbers') }}\n",
        )
}

#[test]
fn functions_are_listed_and_selected() {
    let project = project(Place::DuckDb);
    let list = |more: &[&str]| {
        let line = [&["ls", "-q"], more].concat();
        project.refract(&line).succeeds().stdout()
    };
    assert_eq!(
        list(&["--resource-type", "function"]),
        "shop.above\nshop.plus_one\n"
    );
    assert_eq!(
        list(&["--select", "resource_type:function"]),
        "shop.above\nshop.plus_one\n"
    );
    assert_eq!(
        list(&["--select", "plus_one+"]),
        "shop.plus_one\nshop.more\n"
    );
    assert_eq!(list(&["--select", "+above"]), "shop.above\nshop.numbers\n");
}

#[test]
fn build_makes_functions_in_their_place() {
    on_each(|place| {
        let project = project(place);
        let run = project.refract(&["build"]).succeeds();
        let out = run.stdout();
        assert!(out.contains("Found 2 models, "), "{out}");
        assert!(out.contains("2 functions"), "{out}");
        assert!(out.contains("START function main.plus_one"), "{out}");
        assert!(out.contains("OK created function main.plus_one"), "{out}");
        assert!(out.contains("[SUCCESS in"), "{out}");
        assert!(
            out.contains("Finished running 2 functions, 2 view models"),
            "{out}"
        );
        let read = |name: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(project.path(name)).unwrap()).unwrap()
        };
        let results = read("target/run_results.json");
        let results = results["results"].as_array().unwrap();
        let plus_one = results
            .iter()
            .find(|result| result["unique_id"] == "function.shop.plus_one")
            .unwrap();
        assert_eq!(plus_one["status"], "success");
        let name = format!("\"{}\".\"main\".\"plus_one\"", project.database());
        assert_eq!(plus_one["relation_name"], name.as_str());
        let manifest = read("target/manifest.json");
        let function = &manifest["functions"]["function.shop.plus_one"];
        assert_eq!(function["compiled_code"], "select n + 1");
        assert_eq!(manifest["nodes"]["function.shop.plus_one"], Value::Null);
        // What was written is read again.
        let shown = project.refract(&["show", "--quiet", "--select", "more", "--output", "json"]);
        assert!(shown.succeeds().stdout().contains('2'));
    });
}

#[test]
fn a_function_that_is_not_built_is_called_where_the_state_has_it() {
    on_each(|place| {
        let project = project(place).with_two_targets();
        let deploy = ["build", "--target", "prod", "--target-path", "state"];
        project.refract(&deploy).succeeds();
        let called = |more: &[&str]| {
            let line = [&["compile", "--select", "more"], more].concat();
            project.refract(&line).succeeds();
            fs::read_to_string(project.path("target/compiled/shop/models/more.sql")).unwrap()
        };
        assert!(called(&[]).contains("\"dev\".\"plus_one\""));
        let defer = ["--defer", "--state", "state"];
        assert!(called(&defer).contains("\"prod\".\"plus_one\""));
        let both = ["--defer", "--state", "state", "--select", "plus_one"];
        assert!(called(&both).contains("\"dev\".\"plus_one\""));
    });
}

#[test]
fn calls_of_what_is_no_function_say_so() {
    let project = project(Place::DuckDb).file(
        "models/more.sql",
        "select {{ function('plus_on') }}(1) as n\n",
    );
    let run = project.refract(&["parse"]);
    let told = format!("{}{}", run.stdout(), run.stderr());
    assert_eq!(run.code(), 2, "{told}");
    assert!(told.contains("calls function 'plus_on'"), "{told}");
    assert!(told.contains("plus_one"), "{told}");
}

#[test]
fn arguments_with_defaults_come_last() {
    let project = project(Place::DuckDb).file(
        "functions/all.yml",
        "functions:\n  - name: plus_one\n    returns: {data_type: int}\n    arguments:\n      \
         - {name: a, data_type: int, default_value: 1}\n      - {name: n, data_type: int}\n",
    );
    let run = project.refract(&["parse"]);
    let told = format!("{}{}", run.stdout(), run.stderr());
    assert_eq!(run.code(), 2, "{told}");
    assert!(
        told.contains("argument 'n' of function 'plus_one' has no default"),
        "{told}"
    );
}
