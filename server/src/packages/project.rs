//! What a project folder says of its packages.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use compiler::diag::{Diagnostic, Diagnostics, Span};
use compiler::parse::secretive::{self, Rendered};
use compiler::world::World;
use compiler::yaml::{self, Node};
use serde_json::{Map, Value};

use super::spec::{self, Entry};

/// The files that count, as text.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// `dbt_project.yml`
    pub project: Option<String>,
    /// `packages.yml`
    pub packages: Option<String>,
    /// `dependencies.yml`
    pub dependencies: Option<String>,
}

impl Files {
    /// Reads them in a folder; what is not there is `None`.
    pub fn read(folder: &Path) -> Result<Self, Diagnostic> {
        let read = |name: &str| match fs::read_to_string(folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => {
                let message = format!("cannot read {}: {error}", folder.join(name).display());
                Err(Diagnostic::error("file", message))
            }
        };
        Ok(Self {
            project: read("dbt_project.yml")?,
            packages: read("packages.yml")?,
            dependencies: read("dependencies.yml")?,
        })
    }

    /// The project's name, which dbt does not render.
    pub fn name(&self) -> Result<Option<String>, Diagnostic> {
        let Some(text) = &self.project else {
            return Ok(None);
        };
        let document = yaml::load(text, "dbt_project.yml")?;
        Ok(document
            .root
            .as_mapping()
            .and_then(|map| map.set("name"))
            .and_then(Node::scalar_text))
    }
}

/// The entries of a project, and the file that they stand in.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `packages.yml`, or `dependencies.yml` where that has `packages:`.
    pub file: &'static str,
    /// What it wants.
    pub entries: Vec<Entry>,
}

/// How files are read.
pub struct Reading<'a> {
    /// The environment.
    pub world: &'a Arc<dyn World>,
    /// `--vars`.
    pub vars: &'a Map<String, Value>,
}

impl Reading<'_> {
    /// What the root project wants. dbt renders `packages.yml`, and leaves `dependencies.yml` as it is.
    pub fn root(&self, files: &Files) -> Result<(Wanted, Diagnostics), Diagnostics> {
        let (file, text) = chosen(files)?;
        let rendered = match (text, file) {
            (None, _) => Rendered::default(),
            (Some(text), "dependencies.yml") => {
                let written = yaml::load(text, file)?.root;
                Rendered {
                    meant: written.clone(),
                    written,
                }
            }
            (Some(text), _) => secretive::load(text, file, self.world, self.vars)?,
        };
        let (entries, warnings) = list(&rendered, file, Some(file))?;
        Ok((Wanted { file, entries }, warnings))
    }

    /// What a package wants, which `who` names.
    pub fn package(&self, files: &Files, who: &str) -> Result<Vec<Entry>, Diagnostics> {
        let (file, text) = chosen(files)?;
        let Some(text) = text else {
            return Ok(Vec::new());
        };
        let rendered = secretive::load(text, file, self.world, self.vars)?;
        Ok(list(&rendered, who, None)?.0)
    }

    /// The entries of a lock file.
    pub fn lock(&self, text: &str, file: &str) -> Result<Vec<Entry>, Diagnostics> {
        let rendered = secretive::load(text, file, self.world, self.vars)?;
        Ok(list(&rendered, file, Some(file))?.0)
    }
}

fn chosen(files: &Files) -> Result<(&'static str, Option<&str>), Diagnostics> {
    let packages = files
        .packages
        .as_deref()
        .map(|text| yaml::load(text, "packages.yml"))
        .transpose()?;
    let dependencies = files
        .dependencies
        .as_deref()
        .map(|text| yaml::load(text, "dependencies.yml"))
        .transpose()?;
    let key = |document: &Option<yaml::Document>, key: &str| {
        let root = document
            .as_ref()
            .and_then(|document| document.root.as_mapping());
        root.and_then(|map| map.key_at(key))
    };
    let at = key(&dependencies, "packages");
    if let (Some(first), Some(second)) = (key(&packages, "packages"), at) {
        return Err(Diagnostic::error(
            "packages-twice",
            "'packages' stands in packages.yml and in dependencies.yml",
        )
        .at(second.in_file("dependencies.yml"))
        .label(first.in_file("packages.yml"), "and here")
        .hint("keep one of the two lists")
        .into());
    }
    if let Some(place) = key(&packages, "projects") {
        return Err(Diagnostic::error(
            "packages-projects",
            "'projects' belongs into dependencies.yml",
        )
        .at(place.in_file("packages.yml"))
        .into());
    }
    Ok(match at {
        Some(_) => ("dependencies.yml", files.dependencies.as_deref()),
        None => ("packages.yml", files.packages.as_deref()),
    })
}

fn list(
    rendered: &Rendered,
    who: &str,
    file: Option<&str>,
) -> Result<(Vec<Entry>, Diagnostics), Diagnostics> {
    let packages = |root: &Node| {
        root.as_mapping()
            .and_then(|map| map.set("packages"))
            .cloned()
    };
    let (Some(meant), Some(written)) = (packages(&rendered.meant), packages(&rendered.written))
    else {
        return Ok((Vec::new(), Diagnostics::default()));
    };
    let (Some(meant_items), Some(written_items)) = (meant.as_sequence(), written.as_sequence())
    else {
        let message = format!("'packages' is a list, found {}", meant.kind());
        let error = Diagnostic::error("package-entry", message);
        return Err(error
            .at(file.map_or_else(|| Span::file(who), |file| meant.at.in_file(file)))
            .into());
    };
    let mut diagnostics = Diagnostics::default();
    let entries = spec::entries(written_items, meant_items, who, file, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok((entries, diagnostics))
}
