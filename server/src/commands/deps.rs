//! `refract deps`: fetches the packages that the project names, and puts them into its packages folder.

use std::sync::Arc;

use compiler::diag::Span;
use compiler::parse::secretive;
use compiler::world::World;
use compiler::yaml::Node;

use super::Exit;
use super::context::{Context, project_value};
use super::failure::Failure;
use crate::cli::project::{DepsArgs, PackageSource};
use crate::packages::add::{Addition, Kind};
use crate::packages::news::News;
use crate::packages::{self, Request, Setup};
use crate::project::{DiskWorld, ProjectError};

/// Puts packages into place.
pub fn deps(context: &Context, args: &DepsArgs) -> Result<Exit, Failure> {
    let root = &context.settings.project_dir;
    if !root.join("dbt_project.yml").is_file() {
        return Err(ProjectError::NoProject(root.clone()).into());
    }
    let text =
        |key: &str| project_value(root, key).and_then(|value| value.as_str().map(str::to_owned));
    let world: Arc<dyn World> = Arc::new(DiskWorld::new(root.clone()));
    let setup = Setup {
        root: root.clone(),
        install: root.join(match text("packages-install-path") {
            Some(path) => rendered(&path, &world, context)?,
            None => "dbt_packages".to_owned(),
        }),
        name: text("name").unwrap_or_default(),
        vars: context.vars.clone(),
        version_check: context.settings.version_check,
        world,
        cancel: context.cancel.clone(),
    };
    let kind = match args.source {
        None | Some(PackageSource::Hub) => Kind::Hub,
        Some(PackageSource::Git) => Kind::Git,
        Some(PackageSource::Local) => Kind::Local,
    };
    let add = args
        .add_package
        .as_ref()
        .map(|text| Addition::parse(text, kind))
        .transpose()?;
    let request = Request {
        upgrade: args.upgrade,
        lock: args.lock,
        add,
    };
    let news = News::new(context.console.clone());
    let warnings = packages::run(&setup, &request, &news)?;
    let source = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    let stops = context.console.diagnostics(&warnings, &source) || news.is_fatal();
    Ok(if stops { Exit::Stopped } else { Exit::Fine })
}

/// One text of `dbt_project.yml` with its variables filled in.
fn rendered(text: &str, world: &Arc<dyn World>, context: &Context) -> Result<String, Failure> {
    let document = format!("value: {}\n", packages::dump::quoted(text));
    let loaded = secretive::load(&document, "dbt_project.yml", world, &context.vars);
    // The place is one in the line made here, not in the file.
    let loaded = loaded.map_err(|mut errors| {
        for error in &mut errors.0 {
            error.span = Some(Span::file("dbt_project.yml"));
        }
        errors
    })?;
    let value = loaded.meant.as_mapping().and_then(|map| map.get("value"));
    Ok(value
        .and_then(Node::scalar_text)
        .unwrap_or_else(|| text.to_owned()))
}
