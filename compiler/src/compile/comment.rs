//! The comment that a node's statements carry, so that a warehouse's query log tells what ran them.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::diag::{Diagnostic, Span};
use crate::jinja::{self, Library, Phase, ProjectScope, Runtime, Template};

/// What dbt says where the project sets no `query-comment`: who asks, with which profile, for which node.
const DEFAULT: &str = "{{ return(tojson({'app': 'dbt', 'dbt_version': dbt_version, 'profile_name': target.profile_name, 'target_name': target.target_name, 'node_id': node.unique_id})) }}";

/// Gives the Jinja text the two names that dbt's `query_comment_macro` has as arguments.
const ARGUMENTS: &str = "{%- set connection_name = model.unique_id -%}{%- set node = model -%}";

const PROJECT_FILE: &str = "dbt_project.yml";

/// `query-comment` of `dbt_project.yml`: a Jinja text, or its parts `comment` and `append`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryComment {
    text: String,
    append: bool,
}

/// A rendered comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    text: String,
    append: bool,
}

impl QueryComment {
    /// The code of the error that says that a comment holds `*/`.
    pub const ENDS_EARLY: &'static str = "query-comment";

    /// Reads the setting; `None` is an unset one, for which dbt has a comment of its own, while `null` and `''` ask
    /// for none. Where `append` is not said, the comment goes in front as with dbt; DuckDB's goes behind, since its
    /// errors count lines from the statement's start.
    #[must_use]
    pub fn of(setting: Option<&Json>, adapter_type: &str) -> Option<Self> {
        let default = Self {
            text: DEFAULT.to_owned(),
            append: adapter_type == "duckdb",
        };
        let comment = match setting {
            None => default,
            Some(Json::String(text)) => Self {
                text: text.clone(),
                ..default
            },
            Some(Json::Object(parts)) => Self {
                text: match parts.get("comment") {
                    None => default.text,
                    Some(text) => text.as_str().unwrap_or_default().to_owned(),
                },
                append: parts
                    .get("append")
                    .and_then(Json::as_bool)
                    .unwrap_or(default.append),
            },
            Some(_) => return None,
        };
        Some(comment).filter(|comment| !comment.text.is_empty())
    }

    /// The comment for the runtime's node. One that would end early (`*/`) is refused, as dbt does.
    pub fn render(
        &self,
        library: &Library,
        scope: &Arc<ProjectScope>,
        runtime: &Arc<Runtime>,
    ) -> Result<Comment, Diagnostic> {
        let text = jinja::render(
            library,
            scope,
            &Phase::Execute(Arc::clone(runtime)),
            &scope.project_name,
            Template {
                name: "query-comment",
                text: &format!("{ARGUMENTS}{}", self.text),
                file: PROJECT_FILE,
                line: 1,
                column: 1,
            },
        )
        .map_err(|error| Diagnostic {
            span: Some(Span::file(PROJECT_FILE)),
            message: format!("query-comment: {}", error.message),
            ..error
        })?;
        if text.contains("*/") {
            let message = format!("query-comment renders to '{text}', and '*/' ends a comment");
            return Err(Diagnostic::error(Self::ENDS_EARLY, message).at(Span::file(PROJECT_FILE)));
        }
        Ok(Comment {
            text: text.trim().to_owned(),
            append: self.append,
        })
    }
}

impl Comment {
    /// A statement with the comment in front of it or behind it; a `;` at its end stays there.
    #[must_use]
    pub fn add(&self, sql: &str) -> String {
        let text = &self.text;
        if text.is_empty() {
            return sql.to_owned();
        }
        if !self.append {
            return format!("/* {text} */\n{sql}");
        }
        let sql = sql.trim_end();
        match sql.strip_suffix(';') {
            Some(sql) => format!("{sql}\n/* {text} */;"),
            None => format!("{sql}\n/* {text} */"),
        }
    }
}
