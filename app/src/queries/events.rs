//! The server's event stream.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

use crate::model::route::encode;
use crate::model::runs::RunEvent;

/// An open stream; closes when dropped. The browser reconnects by itself and says where it was.
pub struct Events {
    source: EventSource,
    _listeners: Vec<Closure<dyn FnMut(MessageEvent)>>,
}

impl Drop for Events {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Listens to one run, or to all; `None` where the browser refuses.
///
/// `on_reset` is called when events were lost, so that everything must be read anew.
pub fn listen(
    run: Option<&str>,
    on_event: impl Fn(RunEvent) + Clone + 'static,
    on_reset: impl Fn() + 'static,
) -> Option<Events> {
    let path = match run {
        Some(run) => format!("/api/v1/events?run={}", encode(run)),
        None => "/api/v1/events".to_owned(),
    };
    let source = EventSource::new(&path).ok()?;
    let mut listeners = Vec::new();
    for kind in ["run", "node", "log"] {
        let on_event = on_event.clone();
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(event) = message
                .data()
                .as_string()
                .and_then(|data| RunEvent::read(kind, &data))
            {
                on_event(event);
            }
        });
        source
            .add_event_listener_with_callback(kind, listener.as_ref().unchecked_ref())
            .ok()?;
        listeners.push(listener);
    }
    let reset = Closure::<dyn FnMut(MessageEvent)>::new(move |_| on_reset());
    source
        .add_event_listener_with_callback("reset", reset.as_ref().unchecked_ref())
        .ok()?;
    listeners.push(reset);
    Some(Events {
        source,
        _listeners: listeners,
    })
}
