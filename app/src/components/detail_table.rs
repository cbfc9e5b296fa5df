//! What only some kinds have: arguments, parts of the semantic layer, rows of a unit test.

use compiler::index::DetailTable;
use leptos::prelude::*;

use super::code_block::CodeBlock;

/// The tables, each under its title.
pub fn detail_tables(tables: &[DetailTable]) -> AnyView {
    let tables: Vec<_> = tables.iter().map(one).collect();
    view! { <div class="detail-tables">{tables}</div> }.into_any()
}

fn one(table: &DetailTable) -> AnyView {
    if let Some(code) = table.code.clone() {
        return view! { <CodeBlock title=table.title.clone() code=code/> }.into_any();
    }
    let is_pairs = table.head.is_empty();
    let titles = table.head.clone();
    let head: Vec<_> = titles
        .iter()
        .map(|title| view! { <th scope="col">{title.clone()}</th> })
        .collect();
    let row = |cells: &Vec<Option<String>>| {
        let cells: Vec<_> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| match cell {
                Some(text) if is_pairs && at == 0 => {
                    view! { <th scope="row">{text.clone()}</th> }.into_any()
                }
                Some(text) => view! { <td class="break">{text.clone()}</td> }.into_any(),
                None => view! { <td class="faint">"–"</td> }.into_any(),
            })
            .collect();
        view! { <tr>{cells}</tr> }
    };
    let rows: Vec<_> = table.rows.iter().map(row).collect();
    view! {
        <section>
            <h3>{table.title.clone()}</h3>
            {table.empty.clone().map(|words| view! { <p class="soft">{words}</p> })}
            {(!rows.is_empty()).then(|| view! {
                <div class="table-wrap" tabindex="0" role="region" aria-label=table.title.clone()>
                    <table class="table" class:pairs=is_pairs>
                        {(!is_pairs).then(|| view! { <thead><tr>{head}</tr></thead> })}
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            })}
        </section>
    }
    .into_any()
}
