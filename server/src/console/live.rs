//! The view on a terminal: what runs now and for how long, a bar with counts, finished lines above.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::Palette;
use crate::execute::Totals;

/// Running nodes shown at once; more are counted.
const MAX_SHOWN: usize = 8;

/// How often the elapsed times are redrawn.
const TICK: Duration = Duration::from_millis(120);

/// The lines at the bottom of the terminal.
pub struct Live {
    bars: MultiProgress,
    total: ProgressBar,
    running: HashMap<String, ProgressBar>,
    waiting: Vec<(String, String)>,
    totals: Totals,
    palette: Palette,
}

impl Live {
    /// A view for a run of `total` nodes.
    pub fn new(total: usize, to_stderr: bool, palette: Palette) -> Self {
        let target = if to_stderr {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::stdout()
        };
        let bars = MultiProgress::with_draw_target(target);
        let bar = bars.add(ProgressBar::new(total as u64));
        bar.set_style(style("{bar:32.green/dim} {pos}/{len}  {elapsed}  {msg}"));
        bar.enable_steady_tick(TICK);
        Self {
            bars,
            total: bar,
            running: HashMap::new(),
            waiting: Vec::new(),
            totals: Totals::default(),
            palette,
        }
    }

    /// A node begins.
    pub fn start(&mut self, unique_id: &str, description: &str) {
        if self.running.len() < MAX_SHOWN {
            self.show(unique_id, description);
        } else {
            self.waiting
                .push((unique_id.to_owned(), description.to_owned()));
        }
        self.describe();
    }

    fn show(&mut self, unique_id: &str, description: &str) {
        let bar = self
            .bars
            .insert_before(&self.total, ProgressBar::new_spinner());
        bar.set_style(style("  {spinner} {msg}  {elapsed}"));
        bar.set_message(description.to_owned());
        bar.enable_steady_tick(TICK);
        self.running.insert(unique_id.to_owned(), bar);
    }

    /// A node ended.
    pub fn finish(&mut self, unique_id: &str, status: compiler::artifacts::results::Status) {
        if let Some(bar) = self.running.remove(unique_id) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        self.waiting.retain(|(id, _)| id != unique_id);
        if self.running.len() < MAX_SHOWN && !self.waiting.is_empty() {
            let (id, description) = self.waiting.remove(0);
            self.show(&id, &description);
        }
        self.totals.add(status);
        self.total.inc(1);
        self.describe();
    }

    fn describe(&self) {
        let palette = self.palette;
        let mut parts = Vec::new();
        if self.totals.warn > 0 {
            parts.push(palette.yellow(&format!("{} warned", self.totals.warn)));
        }
        if self.totals.error > 0 {
            parts.push(palette.red(&format!("{} failed", self.totals.error)));
        }
        if self.totals.skip > 0 {
            parts.push(palette.yellow(&format!("{} skipped", self.totals.skip)));
        }
        if !self.waiting.is_empty() {
            parts.push(palette.dim(&format!("{} more running", self.waiting.len())));
        }
        self.total.set_message(parts.join(", "));
    }

    /// Writes above the view.
    pub fn suspend(&self, write: impl FnOnce()) {
        self.bars.suspend(write);
    }

    /// Takes the view off the terminal.
    pub fn clear(self) {
        for bar in self.running.into_values() {
            bar.finish_and_clear();
        }
        self.total.finish_and_clear();
    }
}

/// The templates above are constant and valid; a broken one would fall back to the plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
