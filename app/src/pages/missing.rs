//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::icon::{Icon, icon};

/// The page.
#[component]
pub fn MissingPage() -> impl IntoView {
    super::title(|| "Not found".to_owned());
    view! {
        <div class="page">
            <div class="state">
                {icon(Icon::Warning)}
                <h1>"There is no such page"</h1>
                <p>"The address may be of an older version of the project."</p>
                <a class="button" href="/">"Go to the overview"</a>
            </div>
        </div>
    }
}
