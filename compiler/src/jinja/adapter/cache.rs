//! Which relations exist, by schema: listed once, kept true as relations come and go.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use super::Relation;

type Key = (String, String);

/// Shared by all threads of a run. A schema that was never listed is unknown, not empty.
#[derive(Debug, Default)]
pub struct RelationCache {
    schemas: Mutex<IndexMap<Key, Vec<Relation>>>,
}

fn key(database: Option<&str>, schema: Option<&str>) -> Key {
    (
        database.unwrap_or_default().to_lowercase(),
        schema.unwrap_or_default().to_lowercase(),
    )
}

fn key_of(relation: &Relation) -> Key {
    key(relation.database.as_deref(), relation.schema.as_deref())
}

impl RelationCache {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<Key, Vec<Relation>>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a schema; `None` where it was never listed.
    pub fn schema(&self, database: &str, schema: &str) -> Option<Vec<Relation>> {
        self.lock().get(&key(Some(database), Some(schema))).cloned()
    }

    /// Takes what a listing of the schema found.
    pub fn set_schema(&self, database: &str, schema: &str, relations: Vec<Relation>) {
        self.lock()
            .insert(key(Some(database), Some(schema)), relations);
    }

    /// The relation of that name, where its schema was listed.
    pub fn find(&self, relation: &Relation) -> Option<Relation> {
        self.lock()
            .get(&key_of(relation))?
            .iter()
            .find(|known| known.matches(relation))
            .cloned()
    }

    /// Notes that a relation now exists. A schema that was never listed stays unknown.
    pub fn add(&self, relation: &Relation) {
        if let Some(known) = self.lock().get_mut(&key_of(relation)) {
            known.retain(|known| !known.matches(relation));
            known.push(relation.clone());
        }
    }

    /// Notes that a relation is gone.
    pub fn drop_relation(&self, relation: &Relation) {
        if let Some(known) = self.lock().get_mut(&key_of(relation)) {
            known.retain(|known| !known.matches(relation));
        }
    }

    /// Notes that a schema is gone with all in it.
    pub fn drop_schema(&self, database: &str, schema: &str) {
        if let Some(known) = self.lock().get_mut(&key(Some(database), Some(schema))) {
            known.clear();
        }
    }

    /// Notes that a relation has a new name; its type stays.
    pub fn rename(&self, from: &Relation, to: &Relation) {
        let kind = self.find(from).and_then(|known| known.kind);
        self.drop_relation(from);
        self.add(&Relation {
            kind: kind.or(from.kind).or(to.kind),
            ..to.clone()
        });
    }

    /// Forgets all, so that the next question lists anew.
    pub fn clear(&self) {
        self.lock().clear();
    }
}
