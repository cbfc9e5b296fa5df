//! Tabs that are links, so that each has an address.

use leptos::prelude::*;

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
    view! { <div class="tabs" role="tablist" aria-label=name>{links}</div> }.into_any()
}
