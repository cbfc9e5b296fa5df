//! The scene of what is shown: laid out at once where that takes no time, else beside the page.

use std::sync::Arc;

use compiler::index::layout::Plan;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::model::lineage::{Draft, Scene, Shown};
use crate::model::route::LineageView;
use crate::queries::layout;
use crate::state::App;

/// Up to this many nodes and edges together are laid out within a frame.
const AT_ONCE: usize = 1_500;

/// The last good scene, and whether another one is on its way.
pub(super) fn laid_out(
    app: App,
    view: Memo<LineageView>,
    shown: Memo<Option<Result<Shown, String>>>,
) -> (Memo<Arc<Scene>>, Signal<bool>) {
    let draft = Memo::new(move |_| {
        let catalog = app.ready()?;
        let shown = shown.with(|shown| shown.as_ref()?.clone().ok())?;
        Some(view.with(|view| Arc::new(Draft::new(&catalog, shown, view))))
    });
    // The draft that was last laid out beside the page.
    let planned = RwSignal::new(None::<(Arc<Draft>, Arc<Plan>)>);
    let plan_of = move |draft: &Arc<Draft>| {
        planned.with(|planned| {
            let (of, plan) = planned.as_ref()?;
            Arc::ptr_eq(of, draft).then(|| Arc::clone(plan))
        })
    };
    Effect::new(move |_| {
        if let Some(asked) = draft.get().filter(|draft| draft.size() > AT_ONCE) {
            spawn_local(async move {
                let plan = layout::plan(&asked.task()).await;
                // Something else may be shown by now, and the page may have been left.
                let now = draft.try_get_untracked().flatten();
                if now.is_some_and(|now| Arc::ptr_eq(&now, &asked)) {
                    planned.try_set(Some((asked, Arc::new(plan))));
                }
            });
        }
    });
    let scene = Memo::new(move |before: Option<&Arc<Scene>>| {
        let kept = || before.cloned().unwrap_or_default();
        let (Some(catalog), Some(draft)) = (app.ready(), draft.get()) else {
            return kept();
        };
        if draft.size() <= AT_ONCE {
            return Arc::new(Scene::new(&catalog, &draft, &draft.task().plan()));
        }
        match plan_of(&draft) {
            Some(plan) => Arc::new(Scene::new(&catalog, &draft, &plan)),
            None => kept(),
        }
    });
    let waits = Signal::derive(move || {
        let draft = draft.get().filter(|draft| draft.size() > AT_ONCE);
        draft.is_some_and(|draft| plan_of(&draft).is_none())
    });
    (scene, waits)
}
