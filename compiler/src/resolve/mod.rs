//! Resolving configs, names and targets into a manifest.
