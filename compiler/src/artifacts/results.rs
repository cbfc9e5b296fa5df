//! `run_results.json` (v6) and `sources.json` (v3).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a node ended, in dbt's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Built.
    Success,
    /// The test passed, or the source is fresh.
    Pass,
    /// The test found more than its warn limit, or the source is late.
    Warn,
    /// The test found more than its error limit.
    Fail,
    /// The warehouse or the compiler refused.
    Error,
    /// Something upstream failed.
    Skipped,
    /// Some batches failed.
    #[serde(rename = "partial success")]
    PartialSuccess,
    /// Nothing to do.
    #[serde(rename = "no-op")]
    NoOp,
    /// The freshness check could not run.
    #[serde(rename = "runtime error")]
    RuntimeError,
}

impl Status {
    /// The word in artifacts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::PartialSuccess => "partial success",
            Self::NoOp => "no-op",
            Self::RuntimeError => "runtime error",
        }
    }

    /// Whether the command that ran it exits with 1, and what depends on it is skipped.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Fail | Self::Error | Self::PartialSuccess | Self::RuntimeError
        )
    }
}

/// One phase of a node: `compile` or `execute`. Times are ISO 8601 in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// The phase.
    pub name: String,
    /// When it began.
    pub started_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
}

/// One node's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct RunResult {
    pub status: Status,
    #[serde(default)]
    pub timing: Vec<Timing>,
    #[serde(default)]
    pub thread_id: String,
    #[serde(default)]
    pub execution_time: f64,
    #[serde(default)]
    pub adapter_response: Map<String, Value>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub failures: Option<i64>,
    pub unique_id: String,
    #[serde(default)]
    pub compiled: Option<bool>,
    #[serde(default)]
    pub compiled_code: Option<String>,
    #[serde(default)]
    pub relation_name: Option<String>,
    #[serde(default)]
    pub batch_results: Option<BatchResults>,
    #[serde(default)]
    pub overload_results: Option<Value>,
}

/// How the batches of a microbatch model ended, each as `[start, end]` in ISO 8601.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct BatchResults {
    pub successful: Vec<[String; 2]>,
    pub failed: Vec<[String; 2]>,
}

/// About the invocation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct ResultsMetadata {
    pub dbt_schema_version: String,
    pub dbt_version: String,
    pub generated_at: String,
    pub invocation_id: Option<String>,
    pub invocation_started_at: Option<String>,
    pub env: Map<String, Value>,
}

/// `run_results.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct RunResults {
    pub metadata: ResultsMetadata,
    pub results: Vec<RunResult>,
    #[serde(default)]
    pub elapsed_time: f64,
    #[serde(default)]
    pub args: Map<String, Value>,
}

/// `sources.json`; results are either a check or a runtime error, told apart by their fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct SourcesResults {
    pub metadata: ResultsMetadata,
    pub results: Vec<SourceResult>,
    #[serde(default)]
    pub elapsed_time: f64,
}

/// Freshness of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct SourceResult {
    pub unique_id: String,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_loaded_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshotted_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_loaded_at_time_ago_in_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<super::manifest::Freshness>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter_response: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timing: Vec<Timing>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thread_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_time: Option<f64>,
}
