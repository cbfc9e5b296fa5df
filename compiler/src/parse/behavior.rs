//! dbt's behavior flags: changes of dbt that a project takes part in or not. Defaults are those of dbt 1.12
//! (`ProjectFlags` in dbt/contracts/project.py).

use std::collections::BTreeMap;

use super::project::wrong_type;
use crate::diag::{Diagnostic, Diagnostics};
use crate::near::did_you_mean;
use crate::yaml::Mapping;

/// Names of nodes may hold no spaces.
pub const NAMES_WITHOUT_SPACES: &str = "require_resource_names_without_spaces";
/// Nor names of sources and semantic models.
pub const SOURCE_NAMES_WITHOUT_SPACES: &str =
    "require_source_and_semantic_model_names_without_spaces";
/// A seed, a snapshot and a model of one package may not have the same name.
pub const UNIQUE_NAMES: &str = "require_unique_project_resource_names";
/// `ref()` in a package looks into the package before it looks into the project.
pub const OWN_PACKAGE_FIRST: &str = "require_ref_searches_node_package_before_root";
/// A schema that `generate_schema_name` leaves open is an error.
pub const VALID_SCHEMA: &str = "require_valid_schema_from_generate_schema_name";
/// Packages replace dbt's own materializations only where the project says so.
pub const EXPLICIT_MATERIALIZATIONS: &str =
    "require_explicit_package_overrides_for_builtin_materializations";
/// `.sql.jinja` and the like are read as `.sql`.
pub const JINJA_EXTENSIONS: &str = "allow_jinja_file_extensions";
/// Analyses have no folder `analysis` in their fqn, and are configured by `analyses:`.
pub const ANALYSIS_FQNS: &str = "require_corrected_analysis_fqns";
/// Documented arguments of macros are held against the macro.
pub const MACRO_ARGUMENTS: &str = "validate_macro_args";
/// Nothing runs after a failing hook of `on-run-start`.
pub const SKIP_AFTER_HOOK: &str = "skip_nodes_if_on_run_start_fails";
/// `source freshness` runs the project's hooks.
pub const FRESHNESS_HOOKS: &str = "source_freshness_run_project_hooks";
/// What stands under `arguments` of a generic test are its arguments, and not one that is called so.
pub const GENERIC_TEST_ARGUMENTS: &str = "require_generic_test_arguments_property";
/// `window` and `grain_to_date` of a metric stand under `cumulative_type_params`.
pub const NESTED_CUMULATIVE: &str = "require_nested_cumulative_type_params";
/// No warning of a time spine that is one by its name alone.
pub const YAML_TIME_SPINES: &str = "require_yaml_configuration_for_mf_time_spines";
/// A microbatch strategy of one's own is called for each batch too.
pub const BATCHED_STRATEGIES: &str = "require_batched_execution_for_custom_microbatch_strategy";

struct Flag {
    name: &'static str,
    default: bool,
    /// What is done whatever the flag says, where the other way is not built.
    always: Option<&'static str>,
}

const fn flag(name: &'static str, default: bool) -> Flag {
    Flag {
        name,
        default,
        always: None,
    }
}

const fn always(name: &'static str, default: bool, always: &'static str) -> Flag {
    Flag {
        name,
        default,
        always: Some(always),
    }
}

const FLAGS: [Flag; 25] = [
    flag(NAMES_WITHOUT_SPACES, true),
    flag(SOURCE_NAMES_WITHOUT_SPACES, false),
    flag(UNIQUE_NAMES, false),
    flag(OWN_PACKAGE_FIRST, false),
    flag(VALID_SCHEMA, false),
    flag(EXPLICIT_MATERIALIZATIONS, true),
    flag(JINJA_EXTENSIONS, false),
    flag(ANALYSIS_FQNS, false),
    flag(MACRO_ARGUMENTS, true),
    flag(SKIP_AFTER_HOOK, true),
    flag(FRESHNESS_HOOKS, true),
    flag(GENERIC_TEST_ARGUMENTS, true),
    flag(NESTED_CUMULATIVE, true),
    flag(YAML_TIME_SPINES, true),
    flag("latest_version_pointer_enabled_by_default", false),
    // What these change does not exist here: names of events in old options, when parser warnings are told, a
    // comparison that dbt 1.12 no longer makes.
    flag("require_event_names_in_deprecations", false),
    flag("enable_grouped_warn_error_parser_logs", false),
    flag("state_modified_compare_vars", false),
    always(
        BATCHED_STRATEGIES,
        true,
        "microbatch models are built batch by batch",
    ),
    always(
        "state_modified_compare_more_unrendered_values",
        true,
        "configs are compared as they are written",
    ),
    always(
        "require_all_warnings_handled_by_warn_error",
        true,
        "`--warn-error` counts for every warning",
    ),
    always(
        "require_sql_header_in_test_configs",
        false,
        "tests have no `sql_header`",
    ),
    always(
        "support_custom_ref_kwargs",
        false,
        "arguments of tests call the built-in `ref` and `source`",
    ),
    always("use_catalogs_v2", false, "catalogs.yml is not read"),
    always(
        "use_v2_parser",
        false,
        "the project is read by Refract's own parser",
    ),
];

/// Entries of `flags:` that are options of the command line.
const OPTIONS: [&str; 36] = [
    "cache_selected_only",
    "debug",
    "defer",
    "empty",
    "fail_fast",
    "favor_state",
    "full_refresh",
    "hints_enabled",
    "indirect_selection",
    "introspect",
    "log_format",
    "log_format_file",
    "log_level",
    "log_level_file",
    "log_path",
    "macro_debugging",
    "maximum_seed_size_mib",
    "partial_parse",
    "populate_cache",
    "print",
    "printer_width",
    "quiet",
    "send_anonymous_usage_stats",
    "snowflake_projects_otel",
    "state",
    "static_parser",
    "store_failures",
    "target_path",
    "use_colors",
    "use_colors_file",
    "use_experimental_parser",
    "v2_parser",
    "version_check",
    "warn_error",
    "warn_error_options",
    "write_json",
];

/// What the project says of each flag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behavior(BTreeMap<&'static str, bool>);

impl Behavior {
    /// Reads `flags:`. Names that dbt does not know, and values that are not built, are warned of.
    pub(crate) fn read(flags: Option<&Mapping>, file: &str, diagnostics: &mut Diagnostics) -> Self {
        let mut said = BTreeMap::new();
        for (name, entry) in flags.into_iter().flat_map(Mapping::entries) {
            let name_place = entry.key_at.in_file(file);
            let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else {
                if !OPTIONS.contains(&name) {
                    let known = FLAGS.iter().map(|flag| flag.name).chain(OPTIONS);
                    let hint = did_you_mean(name, known)
                        .unwrap_or_else(|| "macros still find it in `flags`".to_owned());
                    diagnostics.push(
                        Diagnostic::warning(
                            "project-unknown-flag",
                            format!("'{name}' is not a flag of dbt {}", crate::DBT_VERSION),
                        )
                        .at(name_place)
                        .hint(hint),
                    );
                }
                continue;
            };
            let Some(on) = entry.value.as_bool() else {
                diagnostics.push(wrong_type(name, "true or false", &entry.value, file));
                continue;
            };
            said.insert(flag.name, on);
            if let Some(always) = flag.always.filter(|_| on != flag.default) {
                diagnostics.push(
                    Diagnostic::warning(
                        "project-flag-not-built",
                        format!("'{name}: {on}' has no effect: {always}"),
                    )
                    .at(name_place)
                    .hint("remove the flag, or keep it for dbt"),
                );
            }
        }
        Self(said)
    }

    /// Whether a flag is set, by the project or by default.
    pub fn is_on(&self, name: &str) -> bool {
        let default = || FLAGS.iter().any(|flag| flag.name == name && flag.default);
        self.0.get(name).copied().unwrap_or_else(default)
    }

    /// All flags with what counts.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        FLAGS.iter().map(|flag| (flag.name, self.is_on(flag.name)))
    }
}
