//! A moment as people say it, with the exact time for those who ask.

use leptos::prelude::*;

use crate::model::format::{ago, date_time};

/// `prefix 5 min ago`; follows the clock.
pub fn when(now: RwSignal<i64>, prefix: &'static str, at: &str) -> AnyView {
    let exact = date_time(at);
    let moment = at.to_owned();
    let text = at.to_owned();
    view! {
        <time class="when" datetime=moment title=exact>{move || format!("{prefix}{}", ago(now.get(), &text))}</time>
    }
    .into_any()
}
