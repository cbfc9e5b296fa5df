//! The dialog that starts a run.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::selector_input::SelectorInput;
use crate::model::format::plural;
use crate::model::route;
use crate::model::runs::RunRequest;
use crate::model::selection::{self, Selection};
use crate::queries::http::ApiError;
use crate::router::{Router, Visit};
use crate::state::App;
use crate::tasks;

const COMMANDS: [(&str, &str, &str); 4] = [
    (
        "build",
        "Build",
        "Seeds, snapshots, models and tests in the graph's order; a failed test stops what is downstream.",
    ),
    ("run", "Run", "Models only, without tests."),
    ("test", "Test", "Data tests only."),
    (
        "freshness",
        "Freshness",
        "How old the newest row of each source is.",
    ),
];

/// The dialog; open while [`App::draft`] holds something.
#[component]
pub fn RunDialog() -> impl IntoView {
    let app = App::get();
    let router = Router::get();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let close = move || {
        app.draft.set(None);
        error.set(None);
    };
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && app.draft.with_untracked(Option::is_some) {
            close();
        }
    });
    on_cleanup(move || escape.remove());
    let change = move |edit: &dyn Fn(&mut RunRequest)| {
        app.draft.update(|draft| {
            if let Some(draft) = draft {
                edit(draft);
            }
        });
    };
    let chosen = Memo::new(move |_| {
        let draft = app.draft.get()?;
        let catalog = app.ready()?;
        Some(selection::of_command(
            &catalog.index,
            &draft.command,
            &draft.select,
            &draft.exclude,
        ))
    });
    let is_open = Memo::new(move |_| app.draft.with(Option::is_some));
    let submit = move || {
        let Some(request) = app.draft.get_untracked() else {
            return;
        };
        busy.set(true);
        tasks::start_run(app, request, move |answer| {
            busy.set(false);
            match answer {
                Ok(id) => {
                    close();
                    router.go(&route::run(&id), Visit::Push);
                }
                Err(failure) => error.set(Some(failure)),
            }
        });
    };
    view! {
        <Show when=move || is_open.get()>
            <div class="veil" on:click=move |_| close()></div>
            <Form change=change chosen=chosen error=error busy=busy submit=submit close=close/>
        </Show>
    }
}

#[component]
fn Form(
    change: impl Fn(&dyn Fn(&mut RunRequest)) + Copy + Send + Sync + 'static,
    chosen: Memo<Option<Result<Selection, String>>>,
    error: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    submit: impl Fn() + Send + 'static,
    close: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    let app = App::get();
    let first = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = first.get() {
            let _ = input.focus();
        }
    });
    let draft = move || app.draft.get().unwrap_or_default();
    let choices: Vec<_> = COMMANDS
        .into_iter()
        .map(|(word, name, _)| {
            view! {
                <button class="choice" type="button" aria-pressed=move || (draft().command == word).to_string()
                    on:click=move |_| change(&|draft| word.clone_into(&mut draft.command))>{name}</button>
            }
        })
        .collect();
    let about = move || {
        let command = draft().command;
        COMMANDS
            .into_iter()
            .find(|(word, ..)| *word == command)
            .map(|(_, _, about)| about)
    };
    // Where nothing is said, the project may say something by itself.
    let everything = move || {
        let by_default = app
            .ready()
            .and_then(|catalog| selection::default_selector(&catalog.index))
            .filter(|_| draft().exclude.trim().is_empty());
        by_default.map_or_else(
            || "everything".to_owned(),
            |name| format!("selector:{name} (the project's default)"),
        )
    };
    let wrong = move || chosen.get().and_then(Result::err);
    let count = move || match chosen.get() {
        Some(Ok(selection)) if selection.is_empty() => "Nothing is selected.".to_owned(),
        Some(Ok(selection)) => format!("{} in this run", plural(selection.len(), "node", "nodes")),
        _ => String::new(),
    };
    view! {
        <form class="dialog" role="dialog" aria-modal="true" aria-labelledby="run-title"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }>
            <div class="dialog-head">
                <h2 id="run-title">"Start a run"</h2>
                <button class="button quiet icon" type="button" aria-label="Close" on:click=move |_| close()>
                    {icon(Icon::Close)}
                </button>
            </div>
            <div class="choices" role="group" aria-label="Command">{choices}</div>
            <p class="small soft">{about}</p>
            <label class="field">
                <span class="field-name">"Select"</span>
                <SelectorInput id="run-select" node_ref=first placeholder=Signal::derive(everything)
                    value=Signal::derive(move || draft().select) wrong=Signal::derive(move || wrong().is_some())
                    on_input=Callback::new(move |value: String| change(&|draft| draft.select.clone_from(&value)))/>
                <span class="field-hint">"dbt's syntax: "<code>"+fct_user_features"</code>", "<code>"tag:ml"</code>", "
                    <code>"source:raw+"</code>", "<code>"path:models/marts"</code></span>
            </label>
            <label class="field">
                <span class="field-name">"Exclude"</span>
                <SelectorInput id="run-exclude" placeholder="nothing" value=Signal::derive(move || draft().exclude)
                    wrong=Signal::derive(|| false)
                    on_input=Callback::new(move |value: String| change(&|draft| draft.exclude.clone_from(&value)))/>
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=move || draft().full_refresh
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        change(&|draft| draft.full_refresh = on);
                    }/>
                "Full refresh: rebuild incremental models from nothing"
            </label>
            <p class="dialog-command code break">{move || draft().command_line()}</p>
            {move || wrong().map(|text| view! { <p class="field-error" role="alert">{text}</p> })}
            {move || error.get().map(|failure| {
                view! { <p class="field-error" role="alert">{failure.message} {failure.hint.map(|hint| format!(" – {hint}"))}</p> }
            })}
            <div class="dialog-foot">
                <span class="small faint">{count}</span>
                <button class="button" type="button" on:click=move |_| close()>"Cancel"</button>
                <button class="button primary" type="submit"
                    disabled=move || busy.get() || wrong().is_some() || chosen.get().is_some_and(|chosen| chosen.is_ok_and(|chosen| chosen.is_empty()))>
                    {icon(Icon::Play)} "Start"
                </button>
            </div>
        </form>
    }
}
