//! SQL as written beside the same as compiled; a line of the one lights up the lines of the other that belong to it.

use compiler::index::line_map::line_map;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;

use super::code_block::{code_head, colour_all, numbers};
use crate::model::code_pair::{Pair, Side};

/// The two texts, side by side where there is room.
#[component]
pub fn CodePair(
    /// The file's path.
    path: String,
    /// As written.
    written: String,
    /// As compiled.
    compiled: String,
) -> impl IntoView {
    let map = line_map(&written, &compiled);
    let long = map.is_none();
    let pair = StoredValue::new(Pair::new(map.unwrap_or_default()));
    let chosen = RwSignal::new(None::<(Side, usize)>);
    let told = move || {
        match chosen.get() {
        _ if long => "The texts are too long to say which lines belong together.".to_owned(),
        Some(chosen) => pair.with_value(|pair| pair.told(chosen)),
        None => "Point at a line, or walk with the arrow keys, to see where it comes from and what becomes of it.".to_owned(),
    }
    };
    view! {
        <p class="small faint code-told" aria-live="polite">{told}</p>
        <div class="code-pair">
            <Half side=Side::Written title=path.clone() code=written pair chosen/>
            <Half side=Side::Compiled title=format!("compiled/{path}") code=compiled pair chosen/>
        </div>
    }
}

#[component]
fn Half(
    side: Side,
    title: String,
    code: String,
    pair: StoredValue<Pair>,
    chosen: RwSignal<Option<(Side, usize)>>,
) -> impl IntoView {
    let code = code.trim_end().to_owned();
    let count = code.lines().count().max(1);
    let body = NodeRef::<html::Pre>::new();
    let text = NodeRef::<html::Code>::new();
    let lit = move || {
        let chosen = chosen.get();
        chosen.map_or(Vec::new(), |chosen| {
            pair.with_value(|pair| pair.lit(side, chosen))
        })
    };
    let marks = move || {
        let marks: Vec<_> = lit().into_iter().map(|lines| {
            view! { <span class="code-mark" style:top=format!("calc(var(--space-3) + {} * 1lh)", lines.start) style:height=format!("{}lh", lines.len())></span> }
        }).collect();
        marks
    };
    let point = move |event: &ev::PointerEvent| {
        let line = line_at(
            text.get_untracked()?.unchecked_ref(),
            f64::from(event.client_y()),
            count,
        )?;
        chosen.set(Some((side, line)));
        Some(())
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let at = chosen
            .get_untracked()
            .filter(|(of, _)| *of == side)
            .map(|(_, line)| line);
        let next = match event.key().as_str() {
            "ArrowDown" => at.map_or(0, |line| line + 1).min(count - 1),
            "ArrowUp" => at.map_or(0, |line| line.saturating_sub(1)),
            "Escape" => return chosen.set(None),
            _ => return,
        };
        event.prevent_default();
        chosen.set(Some((side, next)));
        if let Some(body) = body.get_untracked() {
            into_sight(&body, next, count);
        }
    };
    // Lines that light up because of the other side come into sight; what is pointed at does not move.
    Effect::new(move |_| {
        let from_other = chosen.get().is_some_and(|(of, _)| of != side);
        let first = lit().first().map(|lines| lines.start);
        let first = first.filter(|_| from_other);
        if let (Some(line), Some(body)) = (first, body.get()) {
            into_sight(&body, line, count);
        }
    });
    view! {
        <figure class="code-block">
            {code_head(title, &code)}
            <pre class="code-body" node_ref=body>
                {marks}
                <span class="code-lines" aria-hidden="true">{numbers(count)}</span>
                <code class="code-text" tabindex="0" node_ref=text on:keydown=on_key
                    on:pointermove=move |event| { point(&event); }
                    on:pointerdown=move |event| { point(&event); }
                    on:pointerleave=move |_| if !text.get_untracked().is_some_and(|text| is_focused(&text)) { chosen.set(None) }>
                    {colour_all(&code)}
                </code>
            </pre>
        </figure>
    }
}

fn is_focused(element: &HtmlElement) -> bool {
    document()
        .active_element()
        .is_some_and(|active| active.is_same_node(Some(element)))
}

/// The line below a height of the window.
fn line_at(text: &HtmlElement, y: f64, count: usize) -> Option<usize> {
    let area = text.get_bounding_client_rect();
    let style = window().get_computed_style(text).ok()??;
    let pad: f64 = style
        .get_property_value("padding-top")
        .ok()?
        .trim_end_matches("px")
        .parse()
        .ok()?;
    let height = (area.height() - 2.0 * pad) / count as f64;
    let line = ((y - area.top() - pad) / height).floor();
    (line >= 0.0 && line < count as f64).then_some(line as usize)
}

/// Scrolls a block so far that a line is seen.
fn into_sight(body: &HtmlElement, line: usize, count: usize) {
    let height = f64::from(body.scroll_height()) / count as f64;
    let (top, shown) = (
        f64::from(body.scroll_top()),
        f64::from(body.client_height()),
    );
    let at = line as f64 * height;
    if at < top || at + 2.0 * height > top + shown {
        body.set_scroll_top((at - shown / 3.0) as i32);
    }
}
