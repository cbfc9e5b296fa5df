//! The compiler beside the page, started when somebody tries something.

use compiler::workbench::{Outcome, Trial};
use serde_json::json;
use wasm_bindgen::JsValue;

use super::http::{self, ApiError};
use super::worker::{Program, Silence};

/// Its name among the workers.
const PROGRAM: &str = "workbench";

/// A compiler with a project; ends when dropped.
pub struct Compiler(Program);

impl Compiler {
    /// Starts the compiler and gives it the project.
    pub async fn start() -> Result<Self, ApiError> {
        let project = http::text("/api/v1/workbench").await?;
        let program = Program::start(PROGRAM).await.map_err(silent)?;
        program
            .ask(&JsValue::from_str(&format!("{{\"open\":{project}}}")))
            .await
            .map_err(silent)?;
        Ok(Self(program))
    }

    /// What becomes of a text. After an error this compiler is of no more use.
    pub async fn tried(&self, trial: &Trial) -> Result<Outcome, ApiError> {
        let question = json!({ "try": trial }).to_string();
        let answer = self.0.ask(&JsValue::from_str(&question)).await;
        let answer = answer.map_err(silent)?;
        http::parse(&answer.as_string().unwrap_or_default())
    }
}

fn silent(silence: Silence) -> ApiError {
    let (message, hint) = match silence {
        Silence::Refused => ("this browser starts no worker for the compiler", None),
        Silence::Stopped => (
            "the compiler stopped",
            Some("Try again; the browser's console says more."),
        ),
        Silence::Late => (
            "compiling takes too long and was stopped",
            Some("Does a loop of the text never end?"),
        ),
        Silence::Missing(error) => return error,
    };
    ApiError {
        status: 0,
        message: message.to_owned(),
        hint: hint.map(str::to_owned),
    }
}
