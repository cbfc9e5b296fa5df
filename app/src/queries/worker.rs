//! Programs beside the page, in web workers: see `app/workers`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker, WorkerOptions};

use super::export;
use super::http::ApiError;

/// Where the script that starts a program is, from the page.
const SCRIPT: &str = "worker.js";

/// Makes a worker of a page that has everything inside: it gets the program as its first message.
const START: &str =
    "self.onmessage = (message) => { wasm_bindgen({ module_or_path: message.data }); };";

/// How long an answer may take, in milliseconds: what never ends is stopped then.
const PATIENCE: i32 = 20_000;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// The browser starts no worker.
    Refused,
    /// The program ended.
    Stopped,
    /// The answer takes too long.
    Late,
    /// The page does not have the program.
    Missing(ApiError),
}

/// Who waits for what; the number 0 is the program's start.
type Waiting = Rc<RefCell<HashMap<u32, (Function, Function)>>>;

/// A program that runs beside the page; ends when dropped.
pub(super) struct Program {
    worker: Worker,
    waiting: Waiting,
    last: Cell<u32>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Program {
    /// Starts the program of this name and waits until it listens.
    pub(super) async fn start(name: &str) -> Result<Self, Silence> {
        let started = Started::new(name).await?;
        let program = Self::of(started.worker);
        let ready = program.wait(0);
        if let Some((address, module)) = started.inline {
            program.send(&module)?;
            ready.await?;
            // A browser that keeps the script a little longer than needed does no harm.
            let _ = Url::revoke_object_url(&address);
        } else {
            ready.await?;
        }
        Ok(program)
    }

    fn of(worker: Worker) -> Self {
        let waiting = Waiting::default();
        let on_message = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
                let message: Array = message.data().unchecked_into();
                let number = message.get(0).as_f64().unwrap_or_default() as u32;
                let waits = waiting.borrow_mut().remove(&number);
                if let Some((resolve, _)) = waits {
                    // Wrapped, so that no answer is taken for the one that comes too late.
                    let _ = resolve.call1(&JsValue::NULL, &Array::of1(&message.get(1)));
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
            waiting,
            last: Cell::new(0),
            _on_message: on_message,
            _on_error: on_error,
        }
    }

    /// What the program answers. After an error it is of no more use.
    pub(super) async fn ask(&self, question: &JsValue) -> Result<JsValue, Silence> {
        let number = self.last.get() + 1;
        self.last.set(number);
        let answer = self.wait(number);
        self.send(&Array::of2(&JsValue::from(number), question))?;
        answer.await
    }

    /// Waits for an answer, or until it takes too long.
    fn wait(&self, number: u32) -> impl Future<Output = Result<JsValue, Silence>> + use<> {
        let answer = Promise::new(&mut |resolve, reject| {
            self.waiting.borrow_mut().insert(number, (resolve, reject));
        });
        let late = Promise::new(&mut |resolve, _| {
            if let Some(window) = web_sys::window() {
                let _ = window
                    .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, PATIENCE);
            }
        });
        let first = JsFuture::from(Promise::race(&Array::of2(&answer, &late)));
        async move {
            match first.await {
                Ok(answer) => match answer.dyn_into::<Array>() {
                    Ok(answer) => Ok(answer.get(0)),
                    Err(_) => Err(Silence::Late),
                },
                Err(_) => Err(Silence::Stopped),
            }
        }
    }

    fn send(&self, message: &JsValue) -> Result<(), Silence> {
        self.worker
            .post_message(message)
            .map_err(|_| Silence::Stopped)
    }
}

/// A worker whose script is being read.
struct Started {
    worker: Worker,
    /// Of a page with everything inside: the script's address, and the module that has to be sent.
    inline: Option<(String, JsValue)>,
}

impl Started {
    async fn new(name: &str) -> Result<Self, Silence> {
        let refused = |_| Silence::Refused;
        if !export::is_inline() {
            let place = if export::is_exported() { "" } else { "/" };
            let options = WorkerOptions::new();
            options.set_name(name);
            return Ok(Self {
                worker: Worker::new_with_options(&format!("{place}{SCRIPT}"), &options)
                    .map_err(refused)?,
                inline: None,
            });
        }
        let script = export::text(&format!("program-{name}-start")).await;
        let module = export::bytes(&format!("program-{name}")).await;
        let (script, module) = (
            script.map_err(Silence::Missing)?,
            module.map_err(Silence::Missing)?,
        );
        let parts = Array::of2(&JsValue::from_str(&script), &JsValue::from_str(START));
        let kind = BlobPropertyBag::new();
        kind.set_type("text/javascript");
        let address = Blob::new_with_str_sequence_and_options(&parts, &kind)
            .and_then(|blob| Url::create_object_url_with_blob(&blob))
            .map_err(refused)?;
        Ok(Self {
            worker: Worker::new(&address).map_err(refused)?,
            inline: Some((address, module)),
        })
    }
}
