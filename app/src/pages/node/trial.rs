//! *Try it*: a model's text to change, and what becomes of it, with nothing saved and nothing run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use compiler::index::NodeDetail;
use compiler::workbench::{Given, Outcome, Problem, Trial, TriedColumn};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::components::badge::{code_name, node_link, promise_badge, tone_badge};
use crate::components::code_block::CodeBlock;
use crate::components::editor::{Editor, go_to};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{failed, skeleton};
use crate::model::catalog::Catalog;
use crate::model::columns::Columns;
use crate::model::route;
use crate::model::status::Tone;
use crate::model::trial::{
    Change, Difference, answers, downstream_of_gone, first_given, given, suggest,
};
use crate::queries::compiler::Compiler;
use crate::queries::http::ApiError;
use crate::queries::{Load, catalog};
use crate::state::{App, clock};
use crate::tasks;

/// How long typing must rest before the text is compiled.
const REST: Duration = Duration::from_millis(150);

/// How often one text may ask for more nodes: ephemeral models bring others.
const MAX_ROUNDS: usize = 12;

/// How many resources are named downstream of a column; the page of its impact has all.
const SHOWN: usize = 5;

thread_local! {
    /// Texts by model, so that a look at another page loses none.
    static DRAFTS: RefCell<HashMap<String, String>> = RefCell::default();
}

/// The tab.
#[component]
pub fn TryIt(detail: Arc<NodeDetail>) -> impl IntoView {
    let app = App::get();
    let id = detail.unique_id.clone();
    let original = Arc::new(detail.raw_code.clone());
    let draft = DRAFTS.with_borrow(|drafts| drafts.get(&id).cloned());
    let text = RwSignal::new(draft.unwrap_or_else(|| original.to_string()));
    let exists = RwSignal::new(false);
    let field = NodeRef::<html::Textarea>::new();
    let stand = Stand {
        app,
        detail: StoredValue::new(Arc::clone(&detail)),
        text,
        exists,
        before: RwSignal::new(None),
        now: RwSignal::new(Load::Waiting),
        busy: RwSignal::new(false),
        session: StoredValue::new_local(Rc::default()),
    };
    Effect::new(move |_| {
        if app.ready().is_some() {
            stand.run();
        }
    });
    let latest = StoredValue::new(0_u32);
    let typed = move || {
        let number = latest.get_value() + 1;
        latest.set_value(number);
        set_timeout(
            move || {
                if latest.try_get_value() == Some(number) {
                    stand.run();
                }
            },
            REST,
        );
    };
    let is_changed = {
        let original = Arc::clone(&original);
        Memo::new(move |_| text.with(|text| *text != *original))
    };
    let keep = {
        let id = id.clone();
        move |text: &str, is_changed: bool| {
            DRAFTS.with_borrow_mut(|drafts| {
                if is_changed {
                    drafts.insert(id.clone(), text.to_owned());
                } else {
                    drafts.remove(&id);
                }
            });
        }
    };
    Effect::new(move |_| text.with(|text| keep(text, is_changed.get())));
    let start_over = move |_| {
        text.set(original.to_string());
        stand.run();
    };
    let wrong = Signal::derive(move || {
        stand.now.with(|now| {
            let problems = now.as_ready().map(|now| &now.problems[..]);
            problems
                .unwrap_or_default()
                .iter()
                .filter(|problem| problem.is_error && problem.file.is_none())
                .map(|problem| problem.line)
                .collect()
        })
    });
    let incremental = detail.materialized.as_deref() == Some("incremental");
    let name = detail.name.clone();
    view! {
        <p class="small soft trial-note">
            "Change the text: this page compiles it as you type. Nothing is saved, and no warehouse is asked."
        </p>
        <div class="trial">
            <section class="trial-text" aria-label="Text">
                <figure class="code-block">
                    <figcaption class="code-head">
                        <span class="code break soft">{detail.path.clone()}</span>
                        <button class="button quiet right" type="button" disabled=move || !is_changed.get() on:click=start_over>
                            "Start over"
                        </button>
                        <button class="button quiet" type="button"
                            on:click=move |_| tasks::copy(app, text.get_untracked(), "Text")>
                            {icon(Icon::Copy)} "Copy"
                        </button>
                    </figcaption>
                    <Editor name=format!("SQL of {name}") text=text wrong=wrong node_ref=field
                        on_input=Callback::new(move |()| typed())/>
                </figure>
                {incremental.then(|| view! {
                    <label class="check">
                        <input type="checkbox" prop:checked=move || exists.get()
                            on:change=move |event| { exists.set(event_target_checked(&event)); stand.run(); }/>
                        "As if the table were there already" <span class="faint">" (is_incremental)"</span>
                    </label>
                })}
            </section>
            <section class="trial-outcome" aria-label="What becomes of it" aria-busy=move || stand.busy.get().to_string()>
                {move || outcome(stand, field)}
            </section>
        </div>
    }
}

/// What the tab works with.
#[derive(Clone, Copy)]
struct Stand {
    app: App,
    detail: StoredValue<Arc<NodeDetail>>,
    text: RwSignal<String>,
    exists: RwSignal<bool>,
    /// What the model is without a change.
    before: RwSignal<Option<Arc<Outcome>>>,
    /// What it is now.
    now: RwSignal<Load<Arc<Outcome>>>,
    busy: RwSignal<bool>,
    session: StoredValue<Rc<RefCell<Session>>, LocalStorage>,
}

/// The compiler with what it was given so far.
#[derive(Default)]
struct Session {
    compiler: Option<Rc<Compiler>>,
    nodes: Vec<Given>,
    columns: Option<Arc<Columns>>,
}

impl Stand {
    /// Compiles the text, and once more if it was changed meanwhile.
    fn run(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            loop {
                let Some(wanted) = self.wanted() else { return };
                let answer = self.answer(wanted.0.clone(), wanted.1).await;
                let Some(now) = self.wanted() else { return };
                if let Err(error) = answer {
                    self.session
                        .try_with_value(|session| session.borrow_mut().compiler = None);
                    self.now.try_set(Load::Failed(error));
                    break;
                }
                if now == wanted {
                    break;
                }
            }
            self.busy.try_set(false);
        });
    }

    /// Text and circumstance that are asked about; `None` once the tab is gone.
    fn wanted(self) -> Option<(String, bool)> {
        Some((
            self.text.try_get_untracked()?,
            self.exists.try_get_untracked()?,
        ))
    }

    async fn answer(self, text: String, exists: bool) -> Result<(), ApiError> {
        let Some(session) = self.session.try_get_value() else {
            return Ok(());
        };
        let known = session.borrow().compiler.clone();
        let compiler = if let Some(compiler) = known {
            compiler
        } else {
            let compiler = Rc::new(Compiler::start().await?);
            session.borrow_mut().compiler = Some(Rc::clone(&compiler));
            compiler
        };
        let Some(detail) = self.detail.try_get_value() else {
            return Ok(());
        };
        let as_it_is = self.before.try_get_untracked().flatten();
        if as_it_is.is_none() {
            let before = self
                .tried(&compiler, &session, detail.raw_code.clone(), false)
                .await?;
            self.before.try_set(Some(Arc::new(before)));
        }
        let now = self.tried(&compiler, &session, text, exists).await?;
        self.now.try_set(Load::Ready(Arc::new(now)));
        Ok(())
    }

    /// One text, with all nodes that it asks for.
    async fn tried(
        self,
        compiler: &Compiler,
        session: &Rc<RefCell<Session>>,
        text: String,
        exists: bool,
    ) -> Result<Outcome, ApiError> {
        let Some(index) = self.app.ready_untracked() else {
            return Ok(Outcome::default());
        };
        // The tab may be gone by now.
        let id = self
            .detail
            .try_with_value(|detail| detail.unique_id.clone());
        let Some(id) = id else {
            return Ok(Outcome::default());
        };
        if session.borrow().nodes.is_empty() {
            self.give(session, first_given(&index, &id)).await?;
        }
        let mut outcome = Outcome::default();
        for _ in 0..MAX_ROUNDS {
            let trial = Trial {
                unique_id: id.clone(),
                text: text.clone(),
                nodes: session.borrow().nodes.clone(),
                exists,
                at: clock(),
            };
            outcome = compiler.tried(&trial).await?;
            let missing = missing(&index, &outcome, &session.borrow().nodes);
            if missing.is_empty() {
                break;
            }
            self.give(session, missing).await?;
        }
        suggest(&index, &mut outcome);
        Ok(outcome)
    }

    async fn give(self, session: &Rc<RefCell<Session>>, ids: Vec<String>) -> Result<(), ApiError> {
        for id in ids {
            let detail = catalog::node(id.clone()).await?;
            let known = session.borrow().columns.clone();
            let has_columns = detail
                .columns
                .iter()
                .any(|column| column.present == Some(true));
            // Lineage is big, and asked for only where the warehouse has not told the columns.
            let columns = match known {
                Some(columns) => Some(columns),
                None if has_columns || detail.kind != "model" => None,
                None => catalog::columns().await.ok(),
            };
            let lineage = columns.as_ref().and_then(|columns| columns.node(&id));
            let node = given(&detail, lineage);
            let mut session = session.borrow_mut();
            session.nodes.push(node);
            session.columns = columns;
        }
        Ok(())
    }
}

/// Unique ids of what a text asks for and the catalog has.
fn missing(index: &Catalog, outcome: &Outcome, nodes: &[Given]) -> Vec<String> {
    let asked = outcome.needs.iter().flat_map(|need| answers(index, need));
    let mut ids: Vec<String> = Vec::new();
    for id in asked {
        let is_given = nodes.iter().any(|node| node.unique_id == id);
        if !is_given && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn outcome(stand: Stand, field: NodeRef<html::Textarea>) -> AnyView {
    let now = match stand.now.get() {
        Load::Waiting => return view! { <p class="small soft" role="status">"Starting the compiler…"</p> {skeleton()} }.into_any(),
        Load::Failed(error) => return failed(&error, move || { stand.now.set(Load::Waiting); stand.run(); }),
        Load::Ready(now) => now,
    };
    let before = stand.before.get().unwrap_or_default();
    let difference = Difference::new(&before, &now);
    let errors = now
        .problems
        .iter()
        .filter(|problem| problem.is_error)
        .count();
    let verdict = match (errors, difference.summary()) {
        (0, Some(summary)) => summary,
        (0, None) if now.sql != before.sql => "The same columns from other SQL".to_owned(),
        (0, None) => "Nothing is different".to_owned(),
        (1, _) => "1 error".to_owned(),
        (errors, _) => format!("{errors} errors"),
    };
    let badge = if errors > 0 {
        tone_badge(Tone::Bad, "does not compile")
    } else {
        tone_badge(Tone::Ok, "compiles")
    };
    let problems: Vec<_> = now
        .problems
        .iter()
        .map(|problem| problem_line(problem, field))
        .collect();
    let unset = (!now.unset.is_empty()).then(|| {
        let names = now.unset.join(", ");
        view! { <p class="small faint">"Environment variables stay outside of this page; their names stand for their values: " <code>{names}</code></p> }
    });
    let rest = now.sql.clone().map(|sql| {
        let catalog = stand.app.ready_untracked().unwrap_or_default();
        let gaps: Vec<_> = now
            .gaps
            .iter()
            .map(|gap| view! { <li>{gap.clone()}</li> })
            .collect();
        let title = now
            .relation_name
            .clone()
            .unwrap_or_else(|| "ephemeral".to_owned());
        view! {
            {columns(&difference, &catalog)}
            {downstream(stand, &difference, &catalog)}
            {(!gaps.is_empty()).then(|| view! {
                <h3>"Not followed"</h3>
                <ul class="small soft trial-gaps">{gaps}</ul>
            })}
            {reads(&difference, &catalog)}
            <h3>"Compiled"</h3>
            <CodeBlock title=title code=sql/>
        }
    });
    view! {
        <p class="trial-verdict" role="status">{badge} " " {verdict}</p>
        {(!problems.is_empty()).then(|| view! { <ul class="trial-problems">{problems}</ul> })}
        {unset}
        {rest}
    }
    .into_any()
}

fn problem_line(problem: &Problem, field: NodeRef<html::Textarea>) -> AnyView {
    let (line, column) = (problem.line, problem.column);
    let place = match (&problem.file, line) {
        (Some(file), 0) => {
            view! { <span class="code small break">{file.clone()}</span> }.into_any()
        }
        (Some(file), line) => {
            view! { <span class="code small break">{format!("{file}:{line}")}</span> }.into_any()
        }
        (None, 0) => ().into_any(),
        (None, line) => {
            let go = move |_| {
                if let Some(field) = field.get_untracked() {
                    go_to(&field, line, column.max(1));
                }
            };
            view! { <button class="button small" type="button" on:click=go>{format!("Line {line}")}</button> }.into_any()
        }
    };
    let tone = if problem.is_error {
        tone_badge(Tone::Bad, "error")
    } else {
        tone_badge(Tone::Warn, "warning")
    };
    view! {
        <li>
            <div class="trial-problem">{tone} {place}</div>
            <p class="break">{problem.message.clone()}</p>
            {problem.hint.clone().map(|hint| view! { <p class="small soft break">{hint}</p> })}
        </li>
    }
    .into_any()
}

fn change_badge(change: Change) -> Option<AnyView> {
    let tone = match change {
        Change::Same => return None,
        Change::Added => Tone::Ok,
        Change::Changed => Tone::Warn,
        Change::Removed => Tone::Bad,
    };
    Some(tone_badge(tone, change.as_str()))
}

fn columns(difference: &Difference, catalog: &Catalog) -> AnyView {
    let rows: Vec<_> = difference
        .columns
        .iter()
        .map(|(change, column)| {
            let name = column.name.clone();
            let gone = *change == Change::Removed;
            view! {
                <tr class:gone=gone>
                    <td class="table-name">{code_name(&name)} " " {change_badge(*change)}</td>
                    <td data-name="Made of">{made_of(column, catalog)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <h3>"Columns"</h3>
        <div class="table-wrap">
            <table class="table stack">
                <thead><tr><th>"Column"</th><th>"Made of"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// What would miss the columns that are gone; nothing where none is.
fn downstream(stand: Stand, difference: &Difference, catalog: &Catalog) -> Option<AnyView> {
    let is_gone = |(change, _): &(Change, TriedColumn)| *change == Change::Removed;
    if !difference.columns.iter().any(is_gone) {
        return None;
    }
    let columns = stand.app.columns()?;
    let id = stand.detail.with_value(|detail| detail.unique_id.clone());
    let rows: Vec<_> = downstream_of_gone(catalog, &columns, &id, difference)
        .into_iter()
        .map(|(column, impact)| {
            let href = route::impact(&id, &column);
            let first: Vec<_> = impact
                .items
                .iter()
                .take(SHOWN)
                .map(|item| {
                    let node = catalog.at(item.node);
                    view! { <li>{node_link(&node.unique_id, &node.label(), node.kind.as_str())} {node.contract.map(promise_badge)}</li> }
                })
                .collect();
            view! {
                <li>
                    {code_name(&column)} " " <span class="small soft">{impact.summary(&catalog.index)}</span>
                    " " <a class="small" href=href>"Impact of " {column}</a>
                    <ul class="plain trial-reads small">{first}</ul>
                </li>
            }
        })
        .collect();
    Some(
        view! {
            <h3>"Downstream of what is gone"</h3>
            {if rows.is_empty() {
                view! { <p class="small faint">"Nothing that is known of."</p> }.into_any()
            } else {
                view! { <ul class="plain trial-gone">{rows}</ul> }.into_any()
            }}
        }
        .into_any(),
    )
}

fn made_of(column: &TriedColumn, catalog: &Catalog) -> AnyView {
    if column.inputs.is_empty() {
        let words = match column.unknown.first() {
            Some(why) => format!("not known: {why}"),
            None => "no column".to_owned(),
        };
        return view! { <span class="small faint">{words}</span> }.into_any();
    }
    let inputs: Vec<_> = column
        .inputs
        .iter()
        .map(|input| {
            let (node, _) = catalog.label(&input.unique_id);
            let href = route::column(&input.unique_id, &input.column);
            let name = format!("{node}.{}", input.column);
            view! {
                <li><a class="code small break" href=href>{name}</a> " " <span class="small faint">{input.usage.as_str()}</span></li>
            }
        })
        .collect();
    view! { <ul class="plain">{inputs}</ul> }.into_any()
}

fn reads(difference: &Difference, catalog: &Catalog) -> AnyView {
    if difference.reads.is_empty() {
        return view! { <h3>"Reads"</h3> <p class="small faint">"Nothing of the project."</p> }
            .into_any();
    }
    let links: Vec<_> = difference
        .reads
        .iter()
        .map(|(change, id)| {
            let (name, kind) = catalog.label(id);
            view! { <li>{node_link(id, &name, &kind)} " " {change_badge(*change)}</li> }
        })
        .collect();
    view! { <h3>"Reads"</h3> <ul class="plain trial-reads">{links}</ul> }.into_any()
}
