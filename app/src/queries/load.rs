//! Values that come from the server: waiting, there, or failed.

use std::future::Future;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::http::ApiError;

/// A value that comes from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load<T> {
    /// Asked for.
    Waiting,
    /// There.
    Ready(T),
    /// It did not come.
    Failed(ApiError),
}

impl<T> Load<T> {
    /// The value, if it is there.
    pub fn ready(self) -> Option<T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }

    /// The value by reference, if it is there.
    pub fn as_ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

/// A value that is fetched again whenever its key changes or someone asks for it.
pub struct Query<T: Send + Sync + 'static> {
    state: RwSignal<Load<T>>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for Query<T> {}

impl<T: Clone + Send + Sync + 'static> Query<T> {
    /// The value as it is now; what reads it runs again when it changes.
    pub fn get(self) -> Load<T> {
        self.state.get()
    }

    /// The signal behind it.
    pub fn state(self) -> RwSignal<Load<T>> {
        self.state
    }

    /// Fetches once more; the old value stays until the new one is there.
    pub fn refetch(self) {
        self.again.update(|count| *count += 1);
    }
}

/// Fetches a value for each value of `key`. An answer that comes after the key has changed is thrown away.
pub fn query<K, T, F>(
    key: impl Fn() -> K + Send + Sync + 'static,
    fetch: impl Fn(K) -> F + Send + Sync + 'static,
) -> Query<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, ApiError>> + 'static,
{
    let state = RwSignal::new(Load::Waiting);
    let again = RwSignal::new(0);
    let latest = StoredValue::new(0_u32);
    Effect::new(move |before: Option<K>| {
        let key = key();
        again.track();
        if before.is_some_and(|before| before != key) {
            state.set(Load::Waiting);
        }
        let mine = latest.get_value() + 1;
        latest.set_value(mine);
        let answer = fetch(key.clone());
        spawn_local(async move {
            let answer = answer.await;
            if latest.try_get_value() == Some(mine) {
                state.set(match answer {
                    Ok(value) => Load::Ready(value),
                    Err(error) => Load::Failed(error),
                });
            }
        });
        key
    });
    Query { state, again }
}
