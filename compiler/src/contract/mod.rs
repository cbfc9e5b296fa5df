//! Feature contracts: promises about a model that people train on.
//!
//! A model says in `meta.feature_contract` what its consumers may rely on; [`ContractView`] has each promise
//! with its state after the last build.

mod view;

pub use view::{
    Consumer, ContractColumn, ContractView, Evidence, Promise, PromiseKind, PromiseState,
};
