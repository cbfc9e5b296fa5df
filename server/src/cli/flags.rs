//! dbt's flags with what counts for this invocation, as macros (`flags`, `invocation_args_dict`) and artifacts (`args`)
//! tell of them. Names, values and defaults are those of dbt 1.12.

use serde_json::{Map, Value, json};

use super::accepted::Accepted;
use super::settings::Settings;

/// Flags that have no effect here, with dbt's defaults.
fn without_effect() -> Value {
    json!({
        "cache_selected_only": false,
        "hints_enabled": true,
        "log_file_max_bytes": 10_485_760,
        "macro_debugging": false,
        "partial_parse": true,
        "partial_parse_file_diff": true,
        "populate_cache": true,
        // Nothing is ever sent.
        "send_anonymous_usage_stats": false,
        "show_resource_report": false,
        "snowflake_projects_otel": false,
        "static_parser": true,
        "strict_mode": false,
        "upload_to_artifacts_ingest_api": false,
        "use_colors_file": true,
        "use_fast_test_edges": false,
        "use_v2_parser": false,
    })
}

/// All flags, names in small letters. `project` is its `flags:` section.
pub fn all(
    settings: &Settings,
    accepted: &Accepted,
    project: &Map<String, Value>,
) -> Map<String, Value> {
    let mut flags = match without_effect() {
        Value::Object(flags) => flags,
        _ => Map::new(),
    };
    for (name, value) in &mut flags {
        let said = accepted.0.get(name).or_else(|| project.get(name));
        if let Some(said) = said {
            value.clone_from(said);
        }
    }
    let word = |choice: &dyn std::fmt::Debug| Value::from(format!("{choice:?}").to_lowercase());
    let warn_error = &settings.warn_error;
    let of_settings = [
        ("indirect_selection", word(&settings.indirect_selection)),
        ("introspect", true.into()),
        ("log_format", word(&settings.log_format)),
        ("log_format_file", word(&settings.log_format_file)),
        ("log_level", word(&settings.log_level)),
        ("log_level_file", word(&settings.log_level_file)),
        (
            "maximum_seed_size_mib",
            settings.maximum_seed_size_mib.into(),
        ),
        ("print", settings.print.into()),
        ("printer_width", settings.printer_width.into()),
        ("quiet", settings.quiet.into()),
        (
            "show_all_deprecations",
            settings.show_all_deprecations.into(),
        ),
        ("use_colors", settings.use_colors.unwrap_or(true).into()),
        ("version_check", settings.version_check.into()),
        (
            "warn_error_options",
            json!({"error": warn_error.error, "warn": warn_error.keep, "silence": warn_error.silence}),
        ),
        ("write_json", settings.write_json.into()),
    ];
    flags.extend(of_settings.map(|(name, value)| (name.to_owned(), value)));
    flags
}
