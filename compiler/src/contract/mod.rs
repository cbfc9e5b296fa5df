//! Feature contracts: promises about a model that people train on.
