//! The theme's colours as the canvas needs them: resolved.

use crate::model::status::Tone;

/// Kinds with a colour of their own; the last stands for all others.
const KINDS: [&str; 9] = [
    "source", "seed", "model", "snapshot", "function", "exposure", "test", "macro", "other",
];
const TONES: [Tone; 5] = [Tone::Idle, Tone::Ok, Tone::Busy, Tone::Warn, Tone::Bad];

/// Resolved colours and fonts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Palette {
    pub(super) ground: String,
    pub(super) edge: String,
    pub(super) edge_lit: String,
    pub(super) node: String,
    pub(super) node_line: String,
    pub(super) ink: String,
    pub(super) faint: String,
    pub(super) accent: String,
    pub(super) font: String,
    pub(super) dim: f64,
    /// Those of the kinds, then those of the tones.
    colors: Vec<String>,
}

impl Palette {
    /// Reads the tokens of the theme that is on. A colour can be a function of the theme, so each is set on an
    /// element and read back.
    pub(super) fn read() -> Option<Self> {
        let window = web_sys::window()?;
        let document = window.document()?;
        let root = document.document_element()?;
        let probe = document.create_element("span").ok()?;
        root.append_child(&probe).ok()?;
        let color = |token: &str| {
            let style = format!("color:var({token})");
            let set = probe.set_attribute("style", &style);
            let computed = window.get_computed_style(&probe).ok().flatten();
            set.ok()
                .and(computed)
                .and_then(|computed| computed.get_property_value("color").ok())
                .unwrap_or_default()
        };
        let text = |token: &str| {
            let computed = window.get_computed_style(&root).ok().flatten();
            computed
                .and_then(|computed| computed.get_property_value(token).ok())
                .unwrap_or_default()
        };
        let palette = Self {
            ground: color("--graph-ground"),
            edge: color("--graph-edge"),
            edge_lit: color("--graph-edge-lit"),
            node: color("--graph-node"),
            node_line: color("--graph-node-line"),
            ink: color("--graph-ink"),
            faint: color("--ink-faint"),
            accent: color("--accent"),
            font: text("--font-text"),
            dim: text("--graph-dim").trim().parse().unwrap_or(0.2),
            colors: KINDS
                .iter()
                .map(|kind| color(&format!("--kind-{kind}")))
                .chain(TONES.iter().map(|tone| color(tone.token())))
                .collect(),
        };
        probe.remove();
        Some(palette)
    }

    /// Number of a kind's colour.
    pub(super) fn kind(kind: &str) -> usize {
        KINDS
            .iter()
            .position(|known| *known == kind)
            .unwrap_or(KINDS.len() - 1)
    }

    /// Number of a tone's colour, after those of the kinds.
    pub(super) fn tone(tone: Tone) -> usize {
        KINDS.len() + TONES.iter().position(|known| *known == tone).unwrap_or(0)
    }

    /// How many colours there are.
    pub(super) const COLORS: usize = KINDS.len() + TONES.len();

    /// A colour by its number.
    pub(super) fn color(&self, number: usize) -> &str {
        self.colors.get(number).map_or("", String::as_str)
    }
}
