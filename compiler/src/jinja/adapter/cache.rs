//! Which relations exist, by schema: listed once, kept true as relations come and go.

use std::sync::Mutex;

use indexmap::IndexMap;

use super::Relation;

/// Shared by all threads of a run. A schema that was never listed is unknown, not empty.
#[derive(Debug, Default)]
pub struct RelationCache {
    schemas: Mutex<IndexMap<(String, String), Vec<Relation>>>,
}

impl RelationCache {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of a schema.
    pub fn schema(&self, database: &str, schema: &str) -> Option<Vec<Relation>> {
        let schemas = self
            .schemas
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        schemas
            .get(&(database.to_lowercase(), schema.to_lowercase()))
            .cloned()
    }
}
