//! Selector, search, colours and zoom above the graph; depth of the focus below them.

use leptos::prelude::*;

use super::canvas::clear_focus;
use super::save::SaveMenu;
use super::{Command, Graph};
use crate::components::badge::kind_shape;
use crate::components::icon::{Icon, icon};
use crate::components::selector_input::SelectorInput;
use crate::model::format::plural;
use crate::model::lineage::grouping;
use crate::model::route::{self, ColorBy, GroupBy, LineageView, Reach};
use crate::model::selection;
use crate::state::App;
use crate::tasks;

/// How long somebody must stop typing before the graph follows.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

/// Selector, search, colours and zoom.
#[component]
pub fn Controls(embedded: bool) -> impl IntoView {
    let graph = expect_context::<Graph>();
    let app = App::get();
    let count = move || {
        graph.shown.with(|shown| match shown {
            Some(Ok(shown)) => format!(
                "{}, {}",
                plural(shown.nodes.len(), "node", "nodes"),
                plural(shown.edges.len(), "edge", "edges")
            ),
            _ => String::new(),
        })
    };
    let color = move |color: ColorBy| {
        move |_| {
            let view = graph.view.get_untracked();
            graph.set_view.run((LineageView { color, ..view }, true));
        }
    };
    let pressed =
        move |color: ColorBy| move || (graph.view.with(|view| view.color) == color).to_string();
    let grouped = move || {
        let count = graph.shown.with(|shown| match shown {
            Some(Ok(shown)) => shown.nodes.len(),
            _ => 0,
        });
        graph.view.with(|view| grouping(view, count).word())
    };
    let group = move |event: leptos::ev::Event| {
        let view = graph.view.get_untracked();
        let group = GroupBy::parse(&event_target_value(&event));
        graph.set_view.run((
            LineageView {
                group,
                turned: Vec::new(),
                ..view
            },
            true,
        ));
    };
    let find = move |event: leptos::ev::Event| graph.find.set(event_target_value(&event));
    let next = StoredValue::new(0_usize);
    let on_find_key = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            let found = graph
                .scene
                .get_untracked()
                .named(&graph.find.get_untracked());
            if let Some(at) = found.get(next.get_value() % found.len().max(1)) {
                graph.cursor.set(Some(*at));
                graph.command.set(Some(Command::Reveal(*at)));
                next.update_value(|next| *next += 1);
            }
        }
        "Escape" => graph.find.set(String::new()),
        _ => next.set_value(0),
    };
    view! {
        <div class="graph-bar">
            {(!embedded).then(|| view! { <SelectorBox/> })}
            <input class="input graph-find" type="search" placeholder="Find in the graph" aria-label="Find in the graph"
                prop:value=move || graph.find.get() on:input=find on:keydown=on_find_key/>
            <div class="choices" role="group" aria-label="Colours">
                <button class="choice" type="button" aria-pressed=pressed(ColorBy::Kind) on:click=color(ColorBy::Kind)>"Type"</button>
                <button class="choice" type="button" aria-pressed=pressed(ColorBy::Status) on:click=color(ColorBy::Status)>"Status"</button>
            </div>
            <label class="graph-group">
                <span class="unseen">"Put together"</span>
                <select class="input" on:change=group prop:value=grouped title="What is put together into one box">
                    <option value="none">"No groups"</option>
                    <option value="folder">"By folder"</option>
                    <option value="package">"By package"</option>
                </select>
            </label>
            <div class="button-row graph-zoom">
                <button class="button icon" type="button" aria-label="Zoom out" title="Zoom out (-)"
                    on:click=move |_| graph.command.set(Some(Command::Farther))>{icon(Icon::Minus)}</button>
                <button class="button icon" type="button" aria-label="Zoom in" title="Zoom in (+)"
                    on:click=move |_| graph.command.set(Some(Command::Closer))>{icon(Icon::Plus)}</button>
                <button class="button icon" type="button" aria-label="Show all" title="Show all (0)"
                    on:click=move |_| graph.command.set(Some(Command::Fit))>{icon(Icon::Fit)}</button>
                <button class="button icon" type="button" aria-label="List of the nodes" title="List of the nodes"
                    aria-pressed=move || graph.list.get().to_string()
                    on:click=move |_| graph.list.update(|open| *open = !*open)>{icon(Icon::Menu)}</button>
                <button class="button icon" type="button" aria-label="Copy a link to this view" title="Copy a link to this view"
                    on:click=move |_| tasks::copy_link(app)>{icon(Icon::Link)}</button>
                <SaveMenu/>
            </div>
            <span class="graph-count small faint" role="status">{count}</span>
        </div>
    }
}

/// The selector in dbt's syntax; what is wrong with it is said while one types.
#[component]
fn SelectorBox() -> impl IntoView {
    let app = App::get();
    let graph = expect_context::<Graph>();
    let typed = RwSignal::new(None::<String>);
    let latest = StoredValue::new(0_u32);
    let text = move || {
        typed
            .get()
            .unwrap_or_else(|| graph.view.with(|view| view.select.clone()))
    };
    let wrong = Memo::new(move |_| {
        let catalog = app.ready()?;
        let exclude = graph.view.with(|view| view.exclude.clone());
        let state = if selection::asks_state(&text()) && app.compares() {
            app.state_changes()?
        } else {
            None
        };
        selection::of_view(&catalog.index, &text(), &exclude, state.as_deref()).err()
    });
    let apply = move || {
        let Some(select) = typed.get_untracked() else {
            return;
        };
        let view = graph.view.get_untracked();
        if wrong.get_untracked().is_none() && view.select != select.trim() {
            graph.set_view.run((
                LineageView {
                    select: select.trim().to_owned(),
                    ..view
                },
                true,
            ));
        }
    };
    let on_input = Callback::new(move |text: String| {
        typed.set(Some(text));
        let mine = latest.get_value() + 1;
        latest.set_value(mine);
        set_timeout(
            move || {
                if latest.try_get_value() == Some(mine) {
                    apply();
                }
            },
            PAUSE,
        );
    });
    let on_done = Callback::new(move |()| {
        apply();
        if wrong.get_untracked().is_none() {
            typed.set(None);
        }
    });
    view! {
        <div class="graph-select">
            <SelectorInput id="select" name="Selector in dbt's syntax" described_by="selector-error"
                placeholder="Select, as in dbt: +fct_orders  tag:ml  source:raw+"
                value=Signal::derive(text) wrong=Signal::derive(move || wrong.get().is_some()) on_input=on_input on_done=on_done/>
            <p class="field-error" id="selector-error" role="alert">{move || wrong.get()}</p>
        </div>
    }
}

/// The node in focus, and how far around it the graph reaches.
#[component]
pub fn FocusBar() -> impl IntoView {
    let app = App::get();
    let graph = expect_context::<Graph>();
    let choices = move |name: &'static str, upstream: bool| {
        let reaches = [
            (Reach::Steps(0), "0"),
            (Reach::Steps(1), "1"),
            (Reach::Steps(2), "2"),
            (Reach::Steps(3), "3"),
            (Reach::All, "All"),
        ];
        let buttons: Vec<_> = reaches
            .into_iter()
            .map(|(reach, word)| {
                let current = move || graph.view.with(|view| if upstream { view.up() } else { view.down() });
                let choose = move |_| {
                    let mut view = graph.view.get_untracked();
                    *(if upstream { &mut view.up } else { &mut view.down }) = Some(reach);
                    graph.set_view.run((view, true));
                };
                view! {
                    <button class="choice" type="button" aria-pressed=move || (current() == reach).to_string()
                        aria-label=format!("{name}: {word}") on:click=choose>{word}</button>
                }
            })
            .collect();
        view! {
            <span class="graph-reach">
                <span class="small faint">{name}</span>
                <span class="choices" role="group" aria-label=name>{buttons}</span>
            </span>
        }
    };
    let focus = Memo::new(move |_| {
        let id = graph.view.with(|view| view.focus.clone())?;
        let catalog = app.ready()?;
        let node = catalog.node(&id)?;
        Some((id, node.label(), node.kind.as_str()))
    });
    let column = move || {
        let column = graph.view.with(|view| view.column.clone())?;
        let whole = move |_| {
            let view = graph.view.get_untracked();
            graph.set_view.run((
                LineageView {
                    column: None,
                    ..view
                },
                false,
            ));
        };
        let columns = app.columns();
        let found = columns.is_none_or(|columns| {
            let focus = graph.view.with(|view| view.focus.clone());
            focus.is_none_or(|focus| columns.find(&focus, &column).is_some())
        });
        Some(view! {
            <span class="graph-reach">
                <span class="small faint">{if found { "The way of column" } else { "No lineage is known of column" }}</span>
                <code>{column}</code>
                <button class="button quiet" type="button" on:click=whole>{icon(Icon::Close)} "Show whole resources"</button>
            </span>
        })
    };
    let reach = move || {
        let whole = graph.view.with(|view| view.column.is_none());
        whole.then(|| (choices("Upstream", true), choices("Downstream", false)))
    };
    move || {
        focus.get().map(|(id, label, kind)| {
            view! {
                <div class="graph-focus">
                    <a class="graph-focus-name" href=route::node(&id) title="Open its page">{kind_shape(kind)} {label}</a>
                    {column}
                    {reach}
                    <button class="button quiet" type="button" on:click=move |_| clear_focus(graph)>
                        {icon(Icon::Close)} "Show the whole graph"
                    </button>
                </div>
            }
        })
    }
}
