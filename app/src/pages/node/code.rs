//! SQL as written and as compiled.

use compiler::index::NodeDetail;
use leptos::prelude::*;

use crate::components::code_block::CodeBlock;

pub(super) fn code(detail: &NodeDetail) -> AnyView {
    let raw = detail.raw_code.clone();
    let compiled = detail.compiled_code.clone().filter(|code| !code.is_empty());
    let Some(compiled) = compiled else {
        let note = matches!(
            detail.kind.as_str(),
            "model" | "snapshot" | "test" | "analysis"
        );
        return view! {
            <CodeBlock title=detail.path.clone() code=raw/>
            {note.then(|| view! { <p class="small faint code-note">"It has not been compiled yet: refract compile or any run does that."</p> })}
        }
        .into_any();
    };
    let written = RwSignal::new(true);
    let path = detail.path.clone();
    view! {
        <div class="choices code-choice" role="group" aria-label="Which SQL">
            <button class="choice" type="button" aria-pressed=move || written.get().to_string() on:click=move |_| written.set(true)>"As written"</button>
            <button class="choice" type="button" aria-pressed=move || (!written.get()).to_string() on:click=move |_| written.set(false)>"Compiled"</button>
        </div>
        {move || if written.get() {
            view! { <CodeBlock title=path.clone() code=raw.clone()/> }
        } else {
            view! { <CodeBlock title=format!("compiled/{path}") code=compiled.clone()/> }
        }}
    }
    .into_any()
}
