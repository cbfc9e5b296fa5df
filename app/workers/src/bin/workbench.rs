//! Says what a model's text becomes. Questions and answers are JSON text: [`Asked`] comes in, an outcome goes out.

use compiler::workbench::{Trial, Workbench, attempt};
use serde::Deserialize;
use wasm_bindgen::JsValue;

/// What the page asks.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    /// To hold the project that trials are about.
    Open(Box<Workbench>),
    /// What becomes of a text.
    Try(Box<Trial>),
}

fn main() {
    let mut bench = Workbench::default();
    workers::serve(move |message| {
        let text = message.as_string().unwrap_or_default();
        match serde_json::from_str(&text).map_err(|error| error.to_string())? {
            Asked::Open(opened) => {
                bench = *opened;
                Ok(JsValue::UNDEFINED)
            }
            Asked::Try(trial) => {
                let outcome = serde_json::to_string(&attempt(&bench, &trial));
                let outcome = outcome.map_err(|error| error.to_string())?;
                Ok(JsValue::from_str(&outcome))
            }
        }
    });
}
