//! The web app, embedded into the binary as files.

use rust_embed::Embed;

/// What `make web` built.
#[derive(Embed)]
#[folder = "../dist"]
#[allow_missing = true]
pub(crate) struct Dist;
