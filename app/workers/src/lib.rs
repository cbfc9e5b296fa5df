//! What every worker of the page does: it answers messages, one after the other.
//!
//! A message is a number and what is asked; its answer is the same number and what is told. The number 0 says that the
//! worker listens. Page and workers are built together, so a message that is not understood is a mistake of ours and
//! ends the worker.

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Answers all that the page asks from now on.
pub fn serve(mut answer: impl FnMut(JsValue) -> Result<JsValue, String> + 'static) {
    console_error_panic_hook::set_once();
    let worker: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let page = worker.clone();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let message: Array = message.data().unchecked_into();
        match answer(message.get(1)) {
            Ok(answer) => tell(&page, &message.get(0), &answer),
            Err(reason) => wasm_bindgen::throw_str(&reason),
        }
    });
    worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    tell(&worker, &JsValue::from(0), &JsValue::UNDEFINED);
}

fn tell(page: &DedicatedWorkerGlobalScope, number: &JsValue, answer: &JsValue) {
    if let Err(error) = page.post_message(&Array::of2(number, answer)) {
        wasm_bindgen::throw_val(error);
    }
}
