//! Which relations exist, by schema: listed once, kept true as relations come and go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use super::Relation;
use super::turn::{Turn, Turnstile};

type Key = (String, String);

/// The relations of a schema by their identifiers in lower case, in the order of the listing.
type Known = IndexMap<String, Vec<Relation>>;

/// Shared by all threads of a run. A schema that was never listed is unknown, not empty.
#[derive(Debug, Default)]
pub struct RelationCache {
    schemas: Mutex<IndexMap<Key, Known>>,
    /// For tables that foreign keys bind to each other.
    bound: Arc<Turnstile>,
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

fn name_of(relation: &Relation) -> String {
    relation
        .identifier
        .as_deref()
        .unwrap_or_default()
        .to_lowercase()
}

impl RelationCache {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<Key, Known>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other node builds tables that foreign keys bind to each other.
    pub(crate) fn take_turn(&self) -> Turn {
        self.bound.enter()
    }

    /// What is known of a schema; `None` where it was never listed.
    pub fn schema(&self, database: &str, schema: &str) -> Option<Vec<Relation>> {
        let schemas = self.lock();
        let known = schemas.get(&key(Some(database), Some(schema)))?;
        Some(known.values().flatten().cloned().collect())
    }

    /// What has that name in a schema, whatever its case; `None` where the schema was never listed.
    pub fn named(&self, database: &str, schema: &str, identifier: &str) -> Option<Vec<Relation>> {
        let schemas = self.lock();
        let known = schemas.get(&key(Some(database), Some(schema)))?;
        let named = known.get(&identifier.to_lowercase());
        Some(named.cloned().unwrap_or_default())
    }

    /// Takes what a listing of the schema found.
    pub fn set_schema(&self, database: &str, schema: &str, relations: Vec<Relation>) {
        let mut known = Known::new();
        for relation in relations {
            known.entry(name_of(&relation)).or_default().push(relation);
        }
        self.lock().insert(key(Some(database), Some(schema)), known);
    }

    /// The relation of that name, where its schema was listed.
    pub fn find(&self, relation: &Relation) -> Option<Relation> {
        self.lock()
            .get(&key_of(relation))?
            .get(&name_of(relation))?
            .iter()
            .find(|known| known.matches(relation))
            .cloned()
    }

    /// Notes that a relation now exists. A schema that was never listed stays unknown.
    pub fn add(&self, relation: &Relation) {
        if let Some(known) = self.lock().get_mut(&key_of(relation)) {
            let named = known.entry(name_of(relation)).or_default();
            named.retain(|known| !known.matches(relation));
            named.push(relation.clone());
        }
    }

    /// Notes that a relation is gone.
    pub fn drop_relation(&self, relation: &Relation) {
        if let Some(known) = self.lock().get_mut(&key_of(relation))
            && let Some(named) = known.get_mut(&name_of(relation))
        {
            named.retain(|known| !known.matches(relation));
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
