//! Large graphs, laid out beside the page so that it never halts.

use std::cell::RefCell;
use std::rc::Rc;

use compiler::index::layout::{Plan, Task};
use js_sys::Uint8Array;

use super::worker::Program;

const PROGRAM: &str = "layout";

thread_local! {
    /// The program, once something was laid out.
    static STARTED: RefCell<Option<Rc<Program>>> = RefCell::default();
}

/// Lays out a task: beside the page where the browser can, else in it.
pub async fn plan(task: &Task) -> Plan {
    if let Some(plan) = beside(task).await {
        return plan;
    }
    STARTED.set(None);
    task.plan()
}

async fn beside(task: &Task) -> Option<Plan> {
    let program = match STARTED.with_borrow(Clone::clone) {
        Some(program) => program,
        None => Rc::new(Program::start(PROGRAM).await.ok()?),
    };
    STARTED.set(Some(Rc::clone(&program)));
    let question = Uint8Array::from(task.to_bytes().ok()?.as_slice());
    let answer = program.ask(&question.into()).await.ok()?;
    Plan::from_bytes(&Uint8Array::new(&answer).to_vec()).ok()
}
