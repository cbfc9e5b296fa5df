//! SQL as written, and beside it as compiled; what a macro or function takes stands above.

use compiler::index::NodeDetail;
use leptos::prelude::*;

use crate::components::code_block::CodeBlock;
use crate::components::code_pair::CodePair;
use crate::components::detail_table::detail_tables;

pub(super) fn code(detail: &NodeDetail) -> AnyView {
    view! {
        {(!detail.tables.is_empty()).then(|| detail_tables(&detail.tables))}
        {text(detail)}
    }
    .into_any()
}

fn text(detail: &NodeDetail) -> AnyView {
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
    view! { <CodePair path=detail.path.clone() written=raw compiled=compiled/> }.into_any()
}
