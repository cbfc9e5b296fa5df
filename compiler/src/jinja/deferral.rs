//! `--defer`: reading from another environment what is not built in this one.

use indexmap::IndexMap;

use super::Quoting;
use super::adapter::Relation;
use crate::artifacts::manifest::{Manifest, Node, ResourceType};

/// Where another environment keeps the nodes of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deferral {
    places: IndexMap<String, Place>,
    /// `--favor-state`: what is not selected is read there even if it is built here.
    favored: bool,
}

/// Database, schema and name of a relation there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) database: Option<String>,
    pub(crate) schema: String,
    pub(crate) alias: String,
}

impl Deferral {
    /// The environment that wrote this manifest: its models, seeds, snapshots and functions, without ephemeral models.
    pub fn to(manifest: &Manifest, favored: bool) -> Self {
        let is_relation = |node: &&Node| {
            matches!(
                node.resource_type,
                ResourceType::Model
                    | ResourceType::Seed
                    | ResourceType::Snapshot
                    | ResourceType::Function
            ) && !node.is_ephemeral()
        };
        let place = |node: &Node| Place {
            database: node.database.clone(),
            schema: node.schema.clone(),
            alias: node.alias.clone(),
        };
        let nodes = manifest.nodes_and_functions().filter(is_relation);
        Self {
            places: nodes
                .map(|node| (node.unique_id.clone(), place(node)))
                .collect(),
            favored,
        }
    }

    /// The relation of a node there, whether or not it is built here.
    pub fn relation(&self, unique_id: &str, quoting: Quoting) -> Option<Relation> {
        let place = self.places.get(unique_id)?;
        Some(Relation::new(
            place.database.as_deref(),
            Some(&place.schema),
            Some(&place.alias),
            quoting,
        ))
    }

    /// The `(database, schema)` of a node there.
    pub fn schema(&self, unique_id: &str) -> Option<(Option<String>, String)> {
        let place = self.places.get(unique_id)?;
        Some((place.database.clone(), place.schema.clone()))
    }

    /// Database, schema and name of a node there.
    pub fn name(&self, unique_id: &str) -> Option<(Option<&str>, &str, &str)> {
        let place = self.places.get(unique_id)?;
        Some((place.database.as_deref(), &place.schema, &place.alias))
    }

    /// Where the node is to be read, if not where it belongs here. `is_selected` and `is_built` are asked only where
    /// they decide.
    pub(crate) fn place<E>(
        &self,
        unique_id: &str,
        is_selected: impl FnOnce() -> bool,
        is_built: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Option<&Place>, E> {
        let Some(place) = self.places.get(unique_id) else {
            return Ok(None);
        };
        let deferred = (self.favored && !is_selected()) || !is_built()?;
        Ok(deferred.then_some(place))
    }
}
