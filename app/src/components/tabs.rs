//! Tabs that are links, so that each has an address.

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlElement;

/// One tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Its word in the address.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
    /// How many things are in it.
    pub count: Option<usize>,
    /// Its address.
    pub href: String,
}

/// A line of tabs; `current` is the key of the open one.
pub fn tabs(name: &'static str, current: &str, tabs: Vec<Tab>) -> AnyView {
    let links: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            let open = tab.key == current;
            view! {
                <a class="tab" role="tab" href=tab.href aria-selected=if open { "true" } else { "false" }>
                    {tab.title}
                    {tab.count.map(|count| view! { <span class="tab-count">{count}</span> })}
                </a>
            }
        })
        .collect();
    let line = NodeRef::<html::Div>::new();
    // On a narrow page the open tab may stand past the edge.
    Effect::new(move |_| {
        if let Some(line) = line.get() {
            request_animation_frame(move || show_open(&line));
        }
    });
    view! { <div class="tabs" role="tablist" aria-label=name node_ref=line>{links}</div> }
        .into_any()
}

fn show_open(line: &HtmlElement) {
    let Ok(Some(open)) = line.query_selector("[aria-selected=true]") else {
        return;
    };
    let hidden = open.get_bounding_client_rect().right() - line.get_bounding_client_rect().right();
    if hidden > 0.0 {
        line.set_scroll_left(line.scroll_left() + hidden.ceil() as i32);
    }
}
