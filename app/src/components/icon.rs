//! Line drawings on a grid of 20 by 20.

use leptos::prelude::*;

/// A drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named for what it shows")]
pub enum Icon {
    Arrow,
    Book,
    Changes,
    Check,
    Close,
    Contract,
    Copy,
    Coverage,
    Down,
    Download,
    Fit,
    Home,
    Lineage,
    Link,
    Menu,
    Minus,
    Moon,
    Play,
    Plus,
    Runs,
    Search,
    Source,
    Stop,
    Sun,
    System,
    Warning,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Arrow => "M7.5 4.5 13 10l-5.5 5.5",
            Self::Book => {
                "M4 4.5h5.2c.5 0 .8.4.8.9v10c0-.7-.5-1.2-1.2-1.2H4zM16 4.5h-5.2c-.5 0-.8.4-.8.9v10c0-.7.5-1.2 1.2-1.2H16z"
            }
            Self::Changes => "M6 2.8v6.4M2.8 6h6.4M11 14.5h6.2M15.5 4.5l-11 11",
            Self::Check => "m4.5 10.5 3.6 3.6 7.4-8",
            Self::Close => "m5 5 10 10M15 5 5 15",
            Self::Contract => "M5 2.8h7L15.2 6v11.2H5zM8 9h4.5M8 12h2.5m0 2.2 1.2 1.2 2.3-2.6",
            Self::Copy => "M7 7h9v9.5H7zM4 13V3.5h9",
            Self::Coverage => "M10 3a7 7 0 1 0 7 7M10 3v7h7a7 7 0 0 0-7-7Z",
            Self::Down => "m4.5 7.5 5.5 5.5 5.5-5.5",
            Self::Download => "M10 3v9.5m-4-4 4 4 4-4M4 16.5h12",
            Self::Fit => "M3.5 7.5v-4h4M16.5 7.5v-4h-4M3.5 12.5v4h4M16.5 12.5v4h-4",
            Self::Home => "M3.5 9 10 3.5 16.5 9v7.5h-4.3v-4.3H7.8v4.3H3.5z",
            Self::Lineage => {
                "M2.5 8h4v4h-4zM13.5 3h4v4h-4zM13.5 13h4v4h-4zM6.5 10c4 0 3-5 7-5m-7 5c4 0 3 5 7 5"
            }
            Self::Link => {
                "M8.3 11.7a3.2 3.2 0 0 0 4.6 0l2.8-2.9a3.2 3.2 0 0 0-4.5-4.5l-1 1m1.5 3a3.2 3.2 0 0 0-4.6 0l-2.8 2.9a3.2 3.2 0 0 0 4.5 4.5l1-1"
            }
            Self::Menu => "M3 5.5h14M3 10h14M3 14.5h14",
            Self::Minus => "M4.5 10h11",
            Self::Moon => "M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z",
            Self::Play => "M6 4v12l10-6z",
            Self::Plus => "M10 4.5v11M4.5 10h11",
            Self::Runs => "M10 3a7 7 0 1 1-6.3 4M3.5 3.2V7h3.8M10 6.5V10l2.6 2",
            Self::Search => "M8.7 14.2a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Zm4-1.6 4.3 4.3",
            Self::Source => {
                "M10 3c3.6 0 6 1 6 2.4S13.6 7.8 10 7.8 4 6.8 4 5.4 6.4 3 10 3ZM4 5.5v9c0 1.4 2.4 2.5 6 2.5s6-1.1 6-2.5v-9M4 10c0 1.4 2.4 2.5 6 2.5s6-1.1 6-2.5"
            }
            Self::Stop => "M5.5 5.5h9v9h-9z",
            Self::Sun => {
                "M10 13.3a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6ZM10 2v2m0 12v2M2 10h2m12 0h2M4.3 4.3l1.4 1.4m8.6 8.6 1.4 1.4m0-11.4-1.4 1.4m-8.6 8.6-1.4 1.4"
            }
            Self::System => "M3 4h14v9.5H3zM7 17h6m-3-3.5V17",
            Self::Warning => "M10 3.5 17.5 16.5h-15zM10 8v4m0 2.2v.1",
        }
    }
}

/// Draws an icon; the control around it has the name.
pub fn icon(icon: Icon) -> AnyView {
    view! {
        <svg viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.5"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d=icon.path()/>
        </svg>
    }
    .into_any()
}

/// The mark of the product: light bent in a prism.
pub fn mark() -> AnyView {
    view! {
        <svg viewBox="0 0 32 32" width="26" height="26" fill="none" stroke-width="2" aria-hidden="true">
            <path class="mark-line" d="M16 6 27 25.5H5Z" stroke-linejoin="round"/>
            <path class="mark-line" d="M1 20.5 10.5 15.5"/>
            <path class="mark-a" d="M21.2 15 31 12.5"/>
            <path class="mark-b" d="M22.2 16.8 31 17.3"/>
            <path class="mark-c" d="M23.2 18.6 31 22"/>
        </svg>
    }
    .into_any()
}
