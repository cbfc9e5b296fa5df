//! `adapter.behavior`: what changed in dbt's adapters, and whether the project wants it.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Object;

use crate::jinja::context::RenderContext;
use crate::jinja::values::Dict;

/// The flags of `dbt-adapters` and of `dbt-postgres`, and what holds where the project says nothing.
const FLAGS: [(&str, bool, Option<&str>); 3] = [
    (
        "require_batched_execution_for_custom_microbatch_strategy",
        false,
        None,
    ),
    ("enable_truthy_nulls_equals_macro", false, None),
    (
        "postgres_skip_autocommit_transaction_statements",
        true,
        Some("postgres"),
    ),
];

/// All of them, by name.
pub(super) fn behavior(context: &RenderContext) -> Value {
    let scope = &context.scope;
    let flags = FLAGS
        .into_iter()
        .filter(|(_, _, adapter)| adapter.is_none_or(|adapter| adapter == scope.adapter_type))
        .map(|(name, default, _)| {
            let set = scope.flags.get(&name.to_uppercase());
            let on = set.and_then(serde_json::Value::as_bool).unwrap_or(default);
            (Value::from(name), Value::from_object(BehaviorFlag(on)))
        });
    Value::from_object(flags.collect::<Dict>())
}

/// One of them: true or false by itself, by `setting` and by `no_warn`.
#[derive(Debug)]
struct BehaviorFlag(bool);

impl Object for BehaviorFlag {
    fn is_true(self: &Arc<Self>) -> bool {
        self.0
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        matches!(key.as_str()?, "setting" | "no_warn").then(|| Value::from(self.0))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0 { "True" } else { "False" })
    }
}
