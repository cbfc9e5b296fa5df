//! Files in which dbt lets secret variables stand besides `profiles.yml`: `packages.yml` and `package-lock.yml`.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::profile::{HIDDEN_PREFIX, SECRET_PREFIX, SecretWorld, bare_scope, reveal};
use super::render::YamlRenderer;
use crate::diag::Diagnostics;
use crate::jinja::Library;
use crate::world::World;
use crate::yaml::{self, Mapping, Node, Value};

/// A file as it is written, and as it is meant.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// With its Jinja.
    pub written: Node,
    /// Rendered, the values of secret variables among the rest. Whoever shows any of it takes them out first.
    pub meant: Node,
}

/// Loads a YAML file and renders its strings with `env_var`, secret variables included, and the command line's `var`.
/// While it is rendered a secret is a mark, so that no filter can take it apart, as dbt 1.12 has it.
pub fn load(
    text: &str,
    file: &str,
    world: &Arc<dyn World>,
    cli_vars: &Map<String, Json>,
) -> Result<Rendered, Diagnostics> {
    let written = yaml::load(text, file)?.root;
    // Both words have the same length, so places stay true.
    let hidden = yaml::load(&text.replace(SECRET_PREFIX, HIDDEN_PREFIX), file)?.root;
    let scope = bare_scope(Arc::new(SecretWorld(world.clone())), cli_vars);
    let library = Library::empty();
    let renderer = YamlRenderer {
        library: &library,
        scope: &scope,
        package: "",
        file,
        strict: false,
    };
    let mut diagnostics = Diagnostics::default();
    let mut meant = renderer.render(&hidden, &|_| false, &mut diagnostics);
    if diagnostics.has_errors() {
        for error in &mut diagnostics.0 {
            error.message = error.message.replace(HIDDEN_PREFIX, SECRET_PREFIX);
            error.hint = error
                .hint
                .take()
                .map(|hint| hint.replace(HIDDEN_PREFIX, SECRET_PREFIX));
        }
        return Err(diagnostics);
    }
    reveal_all(&mut meant, world.as_ref());
    Ok(Rendered { written, meant })
}

fn reveal_all(node: &mut Node, world: &dyn World) {
    match &mut node.value {
        Value::String(text) => {
            *text = reveal(&text.replace(HIDDEN_PREFIX, SECRET_PREFIX), world).0;
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| reveal_all(item, world)),
        Value::Mapping(mapping) => reveal_mapping(mapping, world),
        _ => {}
    }
}

fn reveal_mapping(mapping: &mut Mapping, world: &dyn World) {
    for (_, node) in mapping.iter_mut() {
        reveal_all(node, world);
    }
}
