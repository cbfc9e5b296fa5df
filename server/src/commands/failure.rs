//! Why a command could not run.

use compiler::diag::{Diagnostic, Diagnostics};

use super::Exit;
use crate::adapter::ConnectError;
use crate::execute::RunError;
use crate::project::ProjectError;

/// What ends a command before its work is done.
#[derive(Debug)]
pub enum Failure {
    /// The user has been told already.
    Told,
    /// To be told, with the exit code.
    Say(Diagnostics, Exit),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Say(diagnostic.into(), Exit::Stopped)
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Say(diagnostics, Exit::Stopped)
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        let message = error.to_string();
        let diagnostic = match &error {
            ProjectError::NoProject(_) => Diagnostic::error("no-project", message)
                .hint("go to the project's folder, name it with --project-dir, or make one with: refract init NAME"),
            ProjectError::NoFolder(_) => Diagnostic::error("no-project", message).hint("check --project-dir"),
            ProjectError::Broken { diagnostics, .. } => return diagnostics.clone().into(),
            ProjectError::Unreadable { .. } => Diagnostic::error("unreadable", message),
        };
        diagnostic.into()
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Project(diagnostics) => diagnostics.into(),
            RunError::Connect(error) => {
                let hint = match &error {
                    ConnectError::NoFolder { .. } => {
                        "make the folder, or mend the path in profiles.yml"
                    }
                    ConnectError::Locked { .. } => {
                        "let the other process end, or wait longer with --lock-timeout SECONDS"
                    }
                    ConnectError::UnknownType(_) => "choose a target of another type with --target",
                    _ => "refract debug tests the connection",
                };
                Diagnostic::error("connect", error.to_string())
                    .hint(hint)
                    .into()
            }
            RunError::Warehouse(message) => Diagnostic::error("warehouse", message)
                .hint("refract debug tests the connection")
                .into(),
            other @ RunError::File { .. } => Diagnostic::error("file", other.to_string())
                .hint("make room for it and let it be written, or choose another folder with --target-path")
                .into(),
            RunError::Request(message) => Diagnostic::error("request", message).into(),
        }
    }
}

/// A file that cannot be read or written.
pub fn file(path: &std::path::Path, doing: &str, error: &std::io::Error) -> Failure {
    Diagnostic::error(
        "file",
        format!("cannot {doing} {}: {error}", path.display()),
    )
    .into()
}

/// An option of dbt's that is not built; it is refused, so that nobody takes its effect for given.
pub fn not_built(option: &str, hint: &str) -> Failure {
    Diagnostic::error("not-supported", format!("{option} is not supported"))
        .hint(hint)
        .into()
}
