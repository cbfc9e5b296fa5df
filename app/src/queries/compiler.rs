//! The compiler beside the page: a web worker that is started when somebody tries something.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use compiler::workbench::{Outcome, Trial};
use js_sys::{Array, Function, Promise};
use serde::Deserialize;
use serde_json::json;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker};

use super::export;
use super::http::{self, ApiError};

/// How long one text may take, in milliseconds: loops that never end are stopped then.
const PATIENCE: i32 = 20_000;

/// Where the worker's script is, from the page.
const SCRIPT: &str = "compiler.js";

/// Makes a worker of a page that has everything inside: it gets the program as its first message.
const START: &str =
    "self.onmessage = (message) => { wasm_bindgen({ module_or_path: message.data }); };";

/// What the worker tells: see `app/workbench`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Ready,
    Tried(u32, Box<Outcome>),
}

/// Who waits for what; the number 0 is the worker's start.
type Waiting = Rc<RefCell<HashMap<u32, (Function, Function)>>>;

/// A compiler with a project; ends when dropped.
pub struct Compiler {
    worker: Worker,
    outcomes: Rc<RefCell<HashMap<u32, Outcome>>>,
    waiting: Waiting,
    last: std::cell::Cell<u32>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Drop for Compiler {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Compiler {
    /// Starts the worker and gives it the project.
    pub async fn start() -> Result<Self, ApiError> {
        let project = http::text("/api/v1/workbench").await?;
        let started = Started::new().await?;
        let compiler = Self::of(started.worker);
        let ready = compiler.wait(0);
        if let Some((address, program)) = started.inline {
            compiler.send(&program)?;
            ready.await?;
            // A browser that keeps the script a little longer than needed does no harm.
            let _ = Url::revoke_object_url(&address);
        } else {
            ready.await?;
        }
        compiler.send(&JsValue::from_str(&format!("{{\"open\":{project}}}")))?;
        Ok(compiler)
    }

    fn of(worker: Worker) -> Self {
        let waiting = Waiting::default();
        let outcomes: Rc<RefCell<HashMap<u32, Outcome>>> = Rc::default();
        let on_message = {
            let (waiting, outcomes) = (Rc::clone(&waiting), Rc::clone(&outcomes));
            Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
                let text = message.data().as_string().unwrap_or_default();
                let number = match serde_json::from_str(&text) {
                    Ok(Told::Ready) => 0,
                    Ok(Told::Tried(number, outcome)) => {
                        outcomes.borrow_mut().insert(number, *outcome);
                        number
                    }
                    Err(_) => return,
                };
                let waits = waiting.borrow_mut().remove(&number);
                if let Some((resolve, _)) = waits {
                    let _ = resolve.call0(&JsValue::NULL);
                }
            })
        };
        let on_error = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn FnMut(ErrorEvent)>::new(move |error: ErrorEvent| {
                error.prevent_default();
                let all: Vec<_> = waiting.borrow_mut().drain().collect();
                for (_, (_, reject)) in all {
                    let _ = reject.call0(&JsValue::NULL);
                }
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Self {
            worker,
            outcomes,
            waiting,
            last: std::cell::Cell::new(0),
            _on_message: on_message,
            _on_error: on_error,
        }
    }

    /// What becomes of a text. After an error this compiler is of no more use.
    pub async fn tried(&self, trial: &Trial) -> Result<Outcome, ApiError> {
        let number = self.last.get() + 1;
        self.last.set(number);
        let answer = self.wait(number);
        self.send(&JsValue::from_str(
            &json!({ "try": (number, trial) }).to_string(),
        ))?;
        answer.await?;
        let outcome = self.outcomes.borrow_mut().remove(&number);
        outcome.ok_or_else(stopped)
    }

    /// Waits for an answer, or until it takes too long.
    fn wait(&self, number: u32) -> impl Future<Output = Result<(), ApiError>> + use<> {
        let answer = Promise::new(&mut |resolve, reject| {
            self.waiting.borrow_mut().insert(number, (resolve, reject));
        });
        let late = Promise::new(&mut |resolve, _| {
            if let Some(window) = web_sys::window() {
                let _ = window.set_timeout_with_callback_and_timeout_and_arguments_1(
                    &resolve,
                    PATIENCE,
                    &"late".into(),
                );
            }
        });
        let first = JsFuture::from(Promise::race(&Array::of2(&answer, &late)));
        async move {
            match first.await {
                Ok(word) if word.is_string() => Err(ApiError {
                    status: 0,
                    message: "compiling takes too long and was stopped".to_owned(),
                    hint: Some("Does a loop of the text never end?".to_owned()),
                }),
                Ok(_) => Ok(()),
                Err(_) => Err(stopped()),
            }
        }
    }

    fn send(&self, message: &JsValue) -> Result<(), ApiError> {
        self.worker.post_message(message).map_err(|_| stopped())
    }
}

fn stopped() -> ApiError {
    ApiError {
        status: 0,
        message: "the compiler stopped".to_owned(),
        hint: Some("Try again; the browser's console says more.".to_owned()),
    }
}

/// A worker whose script is being read.
struct Started {
    worker: Worker,
    /// Of a page with everything inside: the script's address, and the program that has to be sent.
    inline: Option<(String, JsValue)>,
}

impl Started {
    async fn new() -> Result<Self, ApiError> {
        let refused = |_| ApiError {
            status: 0,
            message: "this browser starts no worker for the compiler".to_owned(),
            hint: None,
        };
        if !export::is_inline() {
            let place = if export::is_exported() { "" } else { "/" };
            return Ok(Self {
                worker: Worker::new(&format!("{place}{SCRIPT}")).map_err(refused)?,
                inline: None,
            });
        }
        let script = export::text("compiler-start").await?;
        let program = export::bytes("compiler").await?;
        let parts = Array::of2(&JsValue::from_str(&script), &JsValue::from_str(START));
        let kind = BlobPropertyBag::new();
        kind.set_type("text/javascript");
        let address = Blob::new_with_str_sequence_and_options(&parts, &kind)
            .and_then(|blob| Url::create_object_url_with_blob(&blob))
            .map_err(refused)?;
        Ok(Self {
            worker: Worker::new(&address).map_err(refused)?,
            inline: Some((address, program)),
        })
    }
}
