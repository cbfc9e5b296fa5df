//! Lays out graphs that are too large to let the page wait for. Questions and answers are bytes: see
//! [`compiler::index::layout::answer`].

use compiler::index::layout::answer;
use js_sys::Uint8Array;

fn main() {
    workers::serve(|message| {
        let task = Uint8Array::new(&message).to_vec();
        let plan = answer(&task).map_err(|error| error.to_string())?;
        Ok(Uint8Array::from(plan.as_slice()).into())
    });
}
