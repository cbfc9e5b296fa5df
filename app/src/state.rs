//! What every part of the page shares: the catalog, the session, the run that is on, the theme, the time.

use std::sync::Arc;

use compiler::graph::StateChanges;
use compiler::index::search::{SearchTexts, Searcher};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::model::catalog::Catalog;
use crate::model::columns::Columns;
use crate::model::facets::{Chosen, Narrowed};
use crate::model::runs::{Board, RunEvent, RunRequest};
use crate::model::search::{Found, found};
use crate::queries::catalog::Session;
use crate::queries::{Load, Query, catalog, events, query, runs};
use crate::theme::Theme;

/// Shared state; cheap to copy.
#[derive(Clone, Copy)]
pub struct App {
    /// The index.
    pub catalog: Query<Arc<Catalog>>,
    /// The session.
    pub session: RwSignal<Load<Session>>,
    /// The run that is on.
    pub board: RwSignal<Board>,
    /// Milliseconds since 1970, kept up to half a minute.
    pub now: RwSignal<i64>,
    /// The chosen theme.
    pub theme: RwSignal<Theme>,
    /// Whether the side is open on a narrow screen.
    pub drawer: RwSignal<bool>,
    /// The run that is being put together; `None` while the dialog is closed.
    pub draft: RwSignal<Option<RunRequest>>,
    /// What the search looks in; made when it is first used.
    pub searcher: Memo<Option<Arc<Searcher>>>,
    /// Descriptions for the search.
    pub texts: RwSignal<Option<Arc<SearchTexts>>>,
    /// Where columns come from and go; `None` until a page wants it.
    pub columns: RwSignal<Option<Load<Arc<Columns>>>>,
    /// What changed since the earlier artifacts, as `state:` asks; `None` until a selector asks.
    pub changed: RwSignal<Option<Load<Arc<StateChanges>>>>,
    /// A word about what was just done.
    pub toast: RwSignal<Option<String>>,
}

impl App {
    /// The shared state, from anywhere below the root.
    pub fn get() -> Self {
        expect_context()
    }

    /// The catalog once it is there.
    pub fn ready(self) -> Option<Arc<Catalog>> {
        self.catalog.get().ready()
    }

    /// The catalog once it is there, for who need not know when it changes.
    pub fn ready_untracked(self) -> Option<Arc<Catalog>> {
        self.catalog.state().get_untracked().ready()
    }

    /// Whether runs can be started.
    pub fn can_run(self) -> bool {
        self.session
            .with(|session| session.as_ready().is_some_and(|session| session.can_run))
    }

    /// Whether there are earlier artifacts to compare with.
    pub fn compares(self) -> bool {
        self.session
            .with(|session| session.as_ready().is_some_and(|session| session.compares))
    }

    /// Whether texts of models can be tried.
    pub fn tries(self) -> bool {
        self.session
            .with(|session| session.as_ready().is_some_and(|session| session.tries))
    }

    /// Why runs cannot be started; `None` where they can or nothing is known yet.
    pub fn why_not(self) -> Option<String> {
        self.session.with(|session| match session {
            Load::Ready(session) if !session.can_run => Some(session.reason.clone().unwrap_or_else(|| {
                "This catalog shows artifacts only. Start it with refract serve in the project to run from here."
                    .to_owned()
            })),
            Load::Failed(error) => Some(error.message.clone()),
            _ => None,
        })
    }

    /// The best answers of the search.
    pub fn search(self, words: &str, limit: usize) -> Vec<Found> {
        let (Some(catalog), Some(searcher)) = (self.ready(), self.searcher.get()) else {
            return Vec::new();
        };
        searcher
            .search(words, limit)
            .iter()
            .map(|hit| found(&catalog, hit))
            .collect()
    }

    /// What the search page shows: the best answers among what is chosen, and what else could be.
    pub fn answers(self, words: &str, chosen: &Chosen, limit: usize) -> Narrowed {
        let (Some(catalog), Some(searcher)) = (self.ready(), self.searcher.get()) else {
            return Narrowed::default();
        };
        let answers = searcher.answers(words, limit, |target| chosen.fits(&catalog, target));
        let (count, facets) = chosen.facets(&catalog, &answers.all);
        let hits = answers.hits.iter();
        Narrowed {
            hits: hits.map(|hit| found(&catalog, hit)).collect(),
            count,
            facets,
        }
    }

    /// Fetches descriptions for the search, once for each index.
    pub fn want_texts(self) {
        let fits = self.texts.with_untracked(|texts| {
            let at = self.catalog.state().with_untracked(|load| {
                load.as_ready()
                    .map(|catalog| catalog.index.project.generated_at.clone())
            });
            texts
                .as_ref()
                .is_some_and(|texts| Some(&texts.generated_at) == at.as_ref())
        });
        if !fits {
            spawn_local(async move {
                if let Some(texts) = catalog::search_texts().await {
                    self.texts.set(Some(Arc::new(texts)));
                }
            });
        }
    }

    /// Where columns come from and go, fetched when it is first asked for; `None` until it is there.
    pub fn columns(self) -> Option<Arc<Columns>> {
        if self.columns.with_untracked(Option::is_none) {
            // Nobody needs to be told that there is nothing yet, least of all who asks.
            self.columns
                .update_untracked(|columns| *columns = Some(Load::Waiting));
            self.fetch_columns();
        }
        self.columns.get().and_then(Load::ready)
    }

    /// What changed since the earlier artifacts, fetched when it is first asked for; `None` until it is there,
    /// `Some(None)` where it cannot be had.
    pub fn state_changes(self) -> Option<Option<Arc<StateChanges>>> {
        let catalog = self.ready()?;
        if self.changed.with_untracked(Option::is_none) {
            self.changed
                .update_untracked(|changed| *changed = Some(Load::Waiting));
            spawn_local(async move {
                let answer = match catalog::changes().await {
                    Ok(changes) => Load::Ready(Arc::new(changes.state(&catalog.index))),
                    Err(error) => Load::Failed(error),
                };
                self.changed.set(Some(answer));
            });
        }
        match self.changed.get() {
            None | Some(Load::Waiting) => None,
            Some(answer) => Some(answer.ready()),
        }
    }

    fn fetch_columns(self) {
        spawn_local(async move {
            let answer = match catalog::columns().await {
                Ok(columns) => Load::Ready(columns),
                Err(error) => Load::Failed(error),
            };
            self.columns.set(Some(answer));
        });
    }

    /// Shows a word for a few seconds.
    pub fn say(self, text: impl Into<String>) {
        let text = text.into();
        self.toast.set(Some(text.clone()));
        set_timeout(
            move || {
                if self.toast.try_get_untracked().flatten().as_deref() == Some(text.as_str()) {
                    self.toast.set(None);
                }
            },
            std::time::Duration::from_secs(4),
        );
    }
}

/// Milliseconds since 1970.
pub fn clock() -> i64 {
    js_sys::Date::now() as i64
}

/// Makes the state, starts reading, and provides it to all below.
pub fn provide() -> App {
    let index = query(|| (), |()| catalog::index());
    let texts = RwSignal::new(None::<Arc<SearchTexts>>);
    let searcher = Memo::new_with_compare(
        move |_| {
            let catalog = index.get().ready()?;
            let mut searcher = Searcher::new(&catalog.index);
            if let Some(texts) = texts.get() {
                searcher.add_texts(&catalog.index, &texts);
            }
            Some(Arc::new(searcher))
        },
        |_, _| true,
    );
    let app = App {
        catalog: index,
        searcher,
        texts,
        columns: RwSignal::new(None),
        changed: RwSignal::new(None),
        session: RwSignal::new(Load::Waiting),
        board: RwSignal::new(Board::default()),
        now: RwSignal::new(clock()),
        theme: RwSignal::new(Theme::stored()),
        drawer: RwSignal::new(false),
        draft: RwSignal::new(None),
        toast: RwSignal::new(None),
    };
    set_interval(
        move || app.now.set(clock()),
        std::time::Duration::from_secs(20),
    );
    Effect::new(move |_| app.theme.get().apply());
    // Another index has other SQL; who looks at columns keeps what there is until the new is there.
    Effect::new(move |before: Option<bool>| {
        let is_ready = index.state().with(|load| load.as_ready().is_some());
        if before == Some(true) && app.columns.with_untracked(Option::is_some) {
            app.fetch_columns();
        }
        if before == Some(true) && app.changed.with_untracked(Option::is_some) {
            app.changed.set(None);
        }
        is_ready
    });
    spawn_local(async move {
        let session = match catalog::session().await {
            Ok(session) => Load::Ready(session),
            Err(error) => Load::Failed(error),
        };
        let follows = session.as_ready().is_some_and(|session| session.can_run);
        app.session.set(session);
        if follows {
            follow(app).await;
        }
    });
    provide_context(app);
    app
}

/// Follows all runs for as long as the page lives; when one ends, the index is read again.
async fn follow(app: App) {
    if let Ok(list) = runs::list(1).await
        && let Some(run) = list.into_iter().next()
        && let Ok(live) = runs::one(run.id).await
    {
        app.board.update(|board| board.begin(&live));
    }
    let on_event = move |event: RunEvent| {
        let mut ended = false;
        if matches!(event, RunEvent::Log(..)) {
            return;
        }
        app.board.update(|board| ended = board.apply(&event));
        if ended {
            app.now.set(clock());
            app.catalog.refetch();
        }
    };
    let stream = events::listen(None, on_event, move || app.catalog.refetch());
    // The stream belongs to the page, not to a component: it ends when the page does.
    std::mem::forget(stream);
}
