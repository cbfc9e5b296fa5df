//! Feature contracts: promises about a model that people train on.
//!
//! A model says in `meta.feature_contract` what its consumers may rely on; [`view`] holds each promise against
//! what the last build showed. The user's page is `docs/contracts.md`.

mod declared;
mod facts;
mod judge;
mod odcs;
mod types;
mod view;
mod yaml_text;

pub use facts::Facts;
pub(crate) use facts::{attached_to, test_column, test_word, to_second};
pub use odcs::{odcs, odcs_yaml};
pub use view::{
    Consumer, ContractColumn, ContractView, Evidence, Promise, PromiseKind, PromiseState,
};

/// The contract of a model with the state of each promise; `None` where the model has none.
pub fn view(facts: &Facts<'_>, unique_id: &str) -> Option<ContractView> {
    let node = facts.manifest.nodes.get(unique_id)?;
    Some(judge::judge(facts, node, declared::read(node)?))
}
