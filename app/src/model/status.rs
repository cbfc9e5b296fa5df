//! How states and kinds are shown: a tone, a word and a CSS class each.

use compiler::artifacts::results::Status;
use compiler::contract::PromiseState;
use compiler::index::{CatalogIndex, IndexNode, NodeFreshness};

/// What a state means to the reader; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing known, skipped or not run.
    Idle,
    /// Fine.
    Ok,
    /// Queued or running.
    Busy,
    /// Look at it.
    Warn,
    /// Broken.
    Bad,
}

impl Tone {
    /// The CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Idle => "tone-idle",
            Self::Ok => "tone-ok",
            Self::Busy => "tone-busy",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
        }
    }

    /// The token with its colour.
    pub fn token(self) -> &'static str {
        match self {
            Self::Idle => "--idle",
            Self::Ok => "--ok",
            Self::Busy => "--busy",
            Self::Warn => "--warn",
            Self::Bad => "--bad",
        }
    }
}

/// Tone of a result.
pub fn tone(status: Status) -> Tone {
    match status {
        Status::Success | Status::Pass => Tone::Ok,
        Status::Warn => Tone::Warn,
        Status::Fail | Status::Error | Status::RuntimeError | Status::PartialSuccess => Tone::Bad,
        Status::Skipped | Status::NoOp => Tone::Idle,
    }
}

/// Tone of a word from the server: dbt's statuses and the states of runs and nodes.
pub fn tone_of(word: &str) -> Tone {
    match word {
        "success" | "pass" | "kept" => Tone::Ok,
        "warn" => Tone::Warn,
        "fail" | "error" | "runtime error" | "partial success" | "broken" => Tone::Bad,
        "queued" | "running" => Tone::Busy,
        _ => Tone::Idle,
    }
}

/// Tone of a promise.
pub fn promise_tone(state: PromiseState) -> Tone {
    match state {
        PromiseState::Kept => Tone::Ok,
        PromiseState::Unknown => Tone::Idle,
        PromiseState::Broken => Tone::Bad,
    }
}

/// What a source's last check says: fresh, late or stale.
pub fn freshness_word(freshness: &NodeFreshness) -> (Tone, &'static str) {
    match freshness.status {
        Some(Status::Pass) => (Tone::Ok, "fresh"),
        Some(Status::Warn) => (Tone::Warn, "late"),
        Some(Status::Error | Status::Fail) => (Tone::Bad, "stale"),
        Some(Status::RuntimeError) => (Tone::Bad, "check failed"),
        _ => (Tone::Idle, "not checked"),
    }
}

/// Words for a kind as unique ids spell it.
pub fn kind_title(kind: &str) -> &'static str {
    match kind {
        "source" => "source",
        "seed" => "seed",
        "model" => "model",
        "snapshot" => "snapshot",
        "exposure" => "exposure",
        "test" => "test",
        "macro" => "macro",
        "doc" => "docs block",
        "analysis" => "analysis",
        "metric" => "metric",
        "semantic_model" => "semantic model",
        "saved_query" => "saved query",
        "unit_test" => "unit test",
        "function" => "function",
        "group" => "group",
        "operation" => "hook",
        _ => "resource",
    }
}

/// CSS class with a kind's colour; kinds without one of their own share one.
pub fn kind_class(kind: &str) -> &'static str {
    match kind {
        "source" => "kind-source",
        "seed" => "kind-seed",
        "model" => "kind-model",
        "snapshot" => "kind-snapshot",
        "function" => "kind-function",
        "exposure" => "kind-exposure",
        "test" | "unit_test" => "kind-test",
        "macro" => "kind-macro",
        _ => "kind-other",
    }
}

/// Tone of a node at a glance: its last result, for a source its freshness.
pub fn node_tone(node: &IndexNode) -> Tone {
    if let Some(freshness) = &node.freshness
        && freshness.status.is_some()
    {
        return freshness_word(freshness).0;
    }
    node.last
        .as_ref()
        .map_or(Tone::Idle, |last| tone(last.status))
}

/// The worst of a node's own state and those of its tests.
pub fn overall_tone(index: &CatalogIndex, node: &IndexNode) -> Tone {
    let tests = node
        .tests
        .iter()
        .filter_map(|at| index.tests[*at as usize].last.as_ref());
    tests
        .map(|last| tone(last.status))
        .fold(node_tone(node), Ord::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_a_word_and_a_colour_of_their_own() {
        assert_eq!(kind_title("function"), "function");
        assert_eq!(kind_class("function"), "kind-function");
        let tokens = include_str!("../../../style/tokens.css");
        // One for light and dark, one for high contrast.
        assert_eq!(tokens.matches("--kind-function:").count(), 2);
        let badges = include_str!("../../../style/components/badge.css");
        assert!(badges.contains(".kind-function {"));
    }
}
