//! Which view the address asks for, and the way to another one.
//!
//! Served, addresses are paths (`/node/x?tab=y`). A page that was exported into a file has one path, so the address of a
//! view stands after `#`. Libraries for routing know the first form only.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, MouseEvent};

use crate::model::route::{Page, Query, page, with_part};
use crate::queries::export;

/// Where the page is; cheap to copy.
#[derive(Clone, Copy)]
pub struct Router {
    /// Path and query.
    address: RwSignal<String>,
    in_hash: bool,
    /// The path alone.
    pub path: Memo<String>,
    /// What stands after `?`.
    pub query: Memo<Query>,
    /// Which page it is.
    pub page: Memo<Page>,
    /// The id that the path ends in, if its page has one.
    pub id: Memo<String>,
}

/// What a new address does to the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Going back leads to the address before.
    Push,
    /// Going back does not lead to the address before.
    Replace,
}

impl Visit {
    /// By whether the address before is to be replaced.
    pub fn replacing(replace: bool) -> Self {
        if replace { Self::Replace } else { Self::Push }
    }
}

impl Router {
    /// Reads the address, follows it and the links on the page, and provides itself to all below.
    pub fn provide() -> Self {
        let in_hash = export::is_exported();
        let address = RwSignal::new(read(in_hash).unwrap_or_else(|| "/".to_owned()));
        let path = Memo::new(move |_| {
            address.with(|address| address.split('?').next().unwrap_or("/").to_owned())
        });
        let query = Memo::new(move |_| {
            address.with(|address| {
                Query::parse(address.split_once('?').map_or("", |(_, query)| query))
            })
        });
        let router = Self {
            address,
            in_hash,
            path,
            query,
            page: Memo::new(move |_| path.with(|path| page(path).0)),
            id: Memo::new(move |_| path.with(|path| page(path).1)),
        };
        let back = window_event_listener(ev::popstate, move |_| {
            if let Some(now) = read(in_hash)
                && address.with_untracked(|address| *address != now)
            {
                address.set(now);
            }
        });
        let click = window_event_listener(ev::click, move |event| router.click(&event));
        let over = window_event_listener(ev::pointerover, move |event| {
            if in_hash && let Some(link) = link_of(event.target()) {
                show_hash(&link);
            }
        });
        let focus = window_event_listener(ev::focusin, move |event| {
            if in_hash && let Some(link) = link_of(event.target()) {
                show_hash(&link);
            }
        });
        on_cleanup(move || {
            back.remove();
            click.remove();
            over.remove();
            focus.remove();
        });
        provide_context(router);
        router
    }

    /// The router, from anywhere below the root.
    pub fn get() -> Self {
        expect_context()
    }

    /// Goes to an address of this page: a path with its query.
    pub fn go(self, address: &str, step: Visit) {
        if self.address.with_untracked(|now| now == address) {
            return;
        }
        let shown = if self.in_hash {
            format!("#{address}")
        } else {
            address.to_owned()
        };
        // A browser that refuses to write the address down still shows the view.
        if let Ok(history) = window().history() {
            let _ = match step {
                Visit::Push => history.push_state_with_url(&JsValue::NULL, "", Some(&shown)),
                Visit::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(&shown)),
            };
        }
        self.address.set(address.to_owned());
    }

    /// Writes a part of the query, or takes it out where it is empty; going back does not lead to the address before.
    pub fn set_query(self, key: &str, value: &str) {
        let address = self
            .address
            .with_untracked(|address| with_part(address, key, value));
        self.go(&address, Visit::Replace);
    }

    /// Follows a plain click on a link that leads to a view.
    fn click(self, event: &MouseEvent) {
        let special = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || special {
            return;
        }
        if let Some((_, address)) = link_of(event.target()) {
            event.prevent_default();
            self.go(&address, Visit::Push);
        }
    }
}

/// The address in the browser's bar: path and query. `None` where an exported page's bar has a place on the page behind
/// `#`, which is no address of a view.
fn read(in_hash: bool) -> Option<String> {
    let location = window().location();
    if in_hash {
        let hash = location.hash().unwrap_or_default();
        return match hash.strip_prefix('#').unwrap_or_default() {
            "" => Some("/".to_owned()),
            address => address.starts_with('/').then(|| address.to_owned()),
        };
    }
    Some(location.pathname().unwrap_or_default() + &location.search().unwrap_or_default())
}

/// The link around what an event happened to, with the view that it leads to.
fn link_of(target: Option<web_sys::EventTarget>) -> Option<(Element, String)> {
    let link = target?
        .dyn_into::<Element>()
        .ok()?
        .closest("a[href]")
        .ok()??;
    let elsewhere = ["target", "download"]
        .iter()
        .any(|name| link.has_attribute(name));
    let rel = link.get_attribute("rel").unwrap_or_default();
    if elsewhere || rel.split_whitespace().any(|word| word == "external") {
        return None;
    }
    let href = link.get_attribute("href")?;
    let address = href.strip_prefix('#').unwrap_or(&href);
    address
        .starts_with('/')
        .then(|| address.to_owned())
        .map(|address| (link, address))
}

/// Lets a link that is about to be used show where it leads in an exported page, also in another tab.
fn show_hash((link, address): &(Element, String)) {
    let _ = link.set_attribute("href", &format!("#{address}"));
}
