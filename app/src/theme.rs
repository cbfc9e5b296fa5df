//! Light, dark, or what the system says.

use wasm_bindgen::JsValue;

/// Where the choice is kept; public/theme.js reads the same.
const KEY: &str = "refract.theme";

/// A theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The next one around.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The choice of an earlier visit.
    pub fn stored() -> Self {
        let word = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        match word.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Sets it on the page and keeps it.
    pub fn apply(self) {
        let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element())
        else {
            return;
        };
        let kept = match self {
            Self::System => {
                let _: Result<(), JsValue> = root.remove_attribute("data-theme");
                storage().map(|storage| storage.remove_item(KEY))
            }
            Self::Light | Self::Dark => {
                let _: Result<(), JsValue> = root.set_attribute("data-theme", self.as_str());
                storage().map(|storage| storage.set_item(KEY, self.as_str()))
            }
        };
        // A browser that keeps nothing still shows the choice until it closes.
        drop(kept);
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
