//! The bar at the top: project, search, the run that is on, theme.

use leptos::prelude::*;

use super::icon::{Icon, icon, mark};
use super::search_box::SearchBox;
use crate::model::route;
use crate::model::runs::RunRequest;
use crate::state::App;
use crate::theme::Theme;

/// The bar.
#[component]
pub fn TopBar() -> impl IntoView {
    let app = App::get();
    let project = move || {
        app.catalog.state().with(|load| {
            load.as_ready()
                .map(|catalog| catalog.index.project.name.clone())
        })
    };
    view! {
        <header class="bar">
            <button class="button quiet icon bar-menu" type="button" aria-label="Open the navigation"
                aria-expanded=move || app.drawer.get().to_string() aria-controls="side"
                on:click=move |_| app.drawer.update(|open| *open = !*open)>
                {icon(Icon::Menu)}
            </button>
            <a class="bar-brand" href="/" title="Overview">
                {mark()}
                <span class="bar-project">{move || project().unwrap_or_else(|| "Refract".to_owned())}</span>
            </a>
            <SearchBox/>
            <span class="bar-space"></span>
            <RunState/>
            <button class="button primary bar-run" type="button" disabled=move || !app.can_run()
                title=move || app.why_not().unwrap_or_else(|| "Start a build, run, test or freshness check".to_owned())
                on:click=move |_| app.draft.set(Some(RunRequest::default()))>
                {icon(Icon::Play)} <span class="bar-run-word">"Run"</span>
            </button>
            <ThemeButton/>
        </header>
    }
}

/// The run that is on with its progress, else how the last one ended.
#[component]
fn RunState() -> impl IntoView {
    let app = App::get();
    move || {
        let (id, state, text) = app.board.with(|board| {
            let run = board.run.as_ref()?;
            let counts = run.counts;
            let done = board
                .nodes
                .values()
                .filter(|state| !matches!(state.as_str(), "queued" | "running"))
                .count();
            let text = if run.is_over() {
                format!("{} {}", run.command, run.state)
            } else {
                format!(
                    "{} {}/{}",
                    run.command,
                    done.max(counts.done()),
                    counts.total.max(board.nodes.len())
                )
            };
            Some((run.id.clone(), run.state.clone(), text))
        })?;
        let tone = crate::model::status::tone_of(&state);
        Some(view! {
            <a class=format!("badge bar-state {}", tone.class()) href=route::run(&id) title="Open this run">
                {matches!(state.as_str(), "queued" | "running").then(spinner)}
                {text}
            </a>
        })
    }
}

/// A circle that turns.
pub fn spinner() -> AnyView {
    view! {
        <svg class="spin" viewBox="0 0 12 12" width="11" height="11" fill="none" stroke="currentColor" stroke-width="1.8"
            stroke-linecap="round" aria-hidden="true">
            <path d="M6 1.2A4.8 4.8 0 1 1 1.2 6"/>
        </svg>
    }
    .into_any()
}

#[component]
fn ThemeButton() -> impl IntoView {
    let app = App::get();
    let picture = move || match app.theme.get() {
        Theme::System => icon(Icon::System),
        Theme::Light => icon(Icon::Sun),
        Theme::Dark => icon(Icon::Moon),
    };
    let name = move || match app.theme.get() {
        Theme::System => "Theme: as the system has it",
        Theme::Light => "Theme: light",
        Theme::Dark => "Theme: dark",
    };
    view! {
        <button class="button quiet icon" type="button" aria-label=name title=name
            on:click=move |_| app.theme.update(|theme| *theme = theme.next())>
            {picture}
        </button>
    }
}
