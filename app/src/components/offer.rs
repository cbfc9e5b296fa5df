//! A list below a field of what can stand there; the keyboard stays in the field.

use leptos::ev;
use leptos::prelude::*;

use crate::model::completion::Completion;

/// What is offered, and which of it the keyboard is on; cheap to copy.
#[derive(Clone, Copy)]
pub struct Offer {
    id: &'static str,
    completion: RwSignal<Completion>,
    chosen: RwSignal<Option<usize>>,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Nothing here.
    Other,
    /// Moved in the list, or closed it.
    Handled,
    /// This one is taken.
    Take(usize),
}

impl Offer {
    /// Nothing is offered yet. `id` is unique on the page.
    pub fn new(id: &'static str) -> Self {
        Self {
            id,
            completion: RwSignal::default(),
            chosen: RwSignal::default(),
        }
    }

    /// Offers this; the keyboard starts on `chosen`.
    pub fn show(self, completion: Completion, chosen: Option<usize>) {
        self.completion.set(completion);
        self.chosen.set(chosen);
    }

    /// Offers nothing.
    pub fn close(self) {
        self.show(Completion::default(), None);
    }

    /// What is offered now.
    pub fn completion(self) -> Completion {
        self.completion.get_untracked()
    }

    /// Whether there is something.
    pub fn is_open(self) -> bool {
        self.completion
            .with(|offered| !offered.suggestions.is_empty())
    }

    /// Id of the list.
    pub fn list_id(self) -> String {
        format!("{}-offer", self.id)
    }

    /// Id of what the keyboard is on.
    pub fn active(self) -> Option<String> {
        self.chosen.get().map(|at| format!("{}-{at}", self.id))
    }

    /// Moves, takes or closes; other keys are the field's.
    pub fn key(self, event: &ev::KeyboardEvent) -> Pressed {
        let count = self
            .completion
            .with_untracked(|offered| offered.suggestions.len());
        let chosen = self.chosen.get_untracked();
        let pressed = match (event.key().as_str(), chosen) {
            _ if count == 0 => Pressed::Other,
            ("ArrowDown", at) => {
                self.chosen.set(Some(at.map_or(0, |at| (at + 1) % count)));
                Pressed::Handled
            }
            ("ArrowUp", at) => {
                self.chosen
                    .set(Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
                Pressed::Handled
            }
            ("Enter" | "Tab", Some(at)) => Pressed::Take(at),
            ("Escape", _) => {
                event.stop_propagation();
                self.close();
                Pressed::Handled
            }
            _ => Pressed::Other,
        };
        if pressed != Pressed::Other {
            event.prevent_default();
        }
        pressed
    }

    /// The list.
    pub fn list(self, take: Callback<usize>) -> impl IntoView + use<> {
        move || {
            let suggestions = self.completion.with(|offered| offered.suggestions.clone());
            if suggestions.is_empty() {
                return None;
            }
            let rows: Vec<_> = suggestions
                .into_iter()
                .enumerate()
                .map(|(at, suggestion)| {
                    view! {
                        <li class="selector-hit" id=format!("{}-{at}", self.id) role="option"
                            aria-selected=move || (self.chosen.get() == Some(at)).to_string() on:click=move |_| take.run(at)>
                            <code>{suggestion.text}</code> <span class="search-hit-where">{suggestion.about}</span>
                        </li>
                    }
                })
                .collect();
            Some(view! {
                <ul class="search-drop" id=self.list_id() role="listbox" aria-label="What can stand here"
                    on:mousedown=|event| event.prevent_default()>{rows}</ul>
            })
        }
    }
}
