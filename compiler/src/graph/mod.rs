//! The DAG of a manifest and the selectors over it.
