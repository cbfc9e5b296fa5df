//! `refract deps`: fetches the packages that the project names, and puts them into its packages folder.

use std::sync::Arc;

use compiler::world::World;

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
        install: root
            .join(text("packages-install-path").unwrap_or_else(|| "dbt_packages".to_owned())),
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
