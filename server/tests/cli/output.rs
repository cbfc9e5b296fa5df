//! Machine-readable output.

use serde_json::Value;

use crate::support::Project;

fn events(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["info"]["name"].as_str())
        .filter(|name| *name != "Formatting")
        .collect()
}

#[test]
fn json_log_has_dbts_events() {
    let run = Project::shop().refract(&["--log-format", "json", "run", "--exclude", "totals"]);
    // The view reads a seed that was not loaded: the run fails, and the log says so in JSON too.
    assert_eq!(run.code(), 1, "{}", run.whole());
    let events = events(&run.stdout());
    assert_eq!(
        names(&events),
        [
            "MainReportVersion",
            "FoundStats",
            "ConcurrencyLine",
            "LogStartLine",
            "LogModelResult",
            "FinishedRunningStats",
            "EndOfRunSummary",
            "RunResultFailure",
            "RunResultError",
            "StatsLine"
        ]
    );
    let started = &events
        .iter()
        .find(|event| event["info"]["name"] == "LogStartLine")
        .expect("started")["data"];
    assert_eq!(started["node_info"]["unique_id"], "model.shop.stg_orders");
    assert_eq!(started["node_info"]["node_status"], "started");
    assert_eq!(
        (&started["index"], &started["total"]),
        (&Value::from(1), &Value::from(1))
    );
    let stats = &events.last().expect("an event")["data"]["stats"];
    assert_eq!(stats["error"], 1);
}

#[test]
fn json_log_has_mistakes_with_places() {
    let project = Project::shop().file("models/report.sql", "select *\nfrom {{ ref('totls') }}\n");
    let run = project.refract(&["--log-format", "json", "parse"]);
    assert_eq!((run.code(), run.stderr().as_str()), (2, ""));
    let events = events(&run.stdout());
    let error = events
        .iter()
        .find(|event| event["info"]["level"] == "error")
        .expect("an error");
    assert_eq!(error["data"]["span"]["file"], "models/report.sql");
    assert_eq!(error["data"]["span"]["line"], 2);
}

#[test]
fn products_are_events_too() {
    let run = Project::shop()
        .refract(&["--log-format", "json", "ls", "--resource-type", "model"])
        .succeeds();
    let events = events(&run.stdout());
    let listed: Vec<&str> = events
        .iter()
        .filter(|event| event["info"]["name"] == "ListCmdOut")
        .filter_map(|event| event["data"]["msg"].as_str())
        .collect();
    assert_eq!(listed, ["shop.staging.stg_orders", "shop.totals"]);
}

#[test]
fn artifacts_say_what_the_environment_says_of_the_invocation() {
    let project = Project::shop();
    project
        .refract_with(&["parse"], &[("DBT_ENV_CUSTOM_ENV_TEAM", "growth")])
        .succeeds();
    let text = std::fs::read_to_string(project.path("target/manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        manifest["metadata"]["env"],
        serde_json::json!({"TEAM": "growth"})
    );
}
