//! The compiler beside the page: a web worker that says what a model's text becomes.
//!
//! It is a module of its own, fetched when somebody tries something, so that a page that only shows a catalog does not
//! carry dbt's language. Messages are JSON text: [`Asked`] comes in, [`Told`] goes out.

use std::cell::RefCell;
use std::rc::Rc;

use compiler::workbench::{Outcome, Trial, Workbench, attempt};
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// What the page asks.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    /// The project that trials are about.
    Open(Box<Workbench>),
    /// A trial, with the number that its outcome is told with.
    Try(u32, Box<Trial>),
}

/// What the page is told.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// The worker listens.
    Ready,
    /// A trial's number and what became of it.
    Tried(u32, Box<Outcome>),
}

fn main() {
    console_error_panic_hook::set_once();
    let worker: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let bench: Rc<RefCell<Workbench>> = Rc::default();
    let page = worker.clone();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let text = message.data().as_string().unwrap_or_default();
        match serde_json::from_str(&text) {
            Ok(Asked::Open(opened)) => *bench.borrow_mut() = *opened,
            Ok(Asked::Try(number, trial)) => {
                let outcome = attempt(&bench.borrow(), &trial);
                tell(&page, &Told::Tried(number, Box::new(outcome)));
            }
            // Page and worker are built together.
            Err(error) => wasm_bindgen::throw_str(&format!("not understood: {error}")),
        }
    });
    worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    tell(&worker, &Told::Ready);
}

fn tell(page: &DedicatedWorkerGlobalScope, told: &Told) {
    let text = serde_json::to_string(told).unwrap_or_default();
    if let Err(error) = page.post_message(&JsValue::from_str(&text)) {
        wasm_bindgen::throw_val(error);
    }
}
