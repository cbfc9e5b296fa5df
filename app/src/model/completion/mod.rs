//! What can stand where somebody types.
//!
//! | where | offers |
//! |---|---|
//! | [`selector`] | methods of dbt's selectors, their values, and names |
//! | [`reference`] | names of models and sources in the text of a model |

pub mod reference;
pub mod selector;

use std::collections::BTreeMap;
use std::ops::Range;

/// How many suggestions are made.
const MOST: usize = 8;

/// Something to put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What takes the place of [`Completion::range`].
    pub text: String,
    /// What it is, in a few words.
    pub about: String,
}

/// What can stand at a place of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// Bytes of the text that a suggestion takes the place of.
    pub range: Range<usize>,
    /// Best first.
    pub suggestions: Vec<Suggestion>,
    /// What is put behind it.
    pub tail: &'static str,
}

impl Completion {
    /// The text with a suggestion in it, and the byte that the caret goes to; `None` where the text is another by now.
    pub fn put(&self, text: &str, at: usize) -> Option<(String, usize)> {
        let new = &self.suggestions.get(at)?.text;
        text.get(self.range.clone())?;
        let put = format!("{new}{}", self.tail);
        let mut whole = text.to_owned();
        whole.replace_range(self.range.clone(), &put);
        Some((whole, self.range.start + put.len()))
    }

    /// What each suggestion makes of a text.
    #[cfg(test)]
    fn all_put(&self, text: &str) -> String {
        let put = |at| self.put(text, at).unwrap().0;
        let all: Vec<String> = (0..self.suggestions.len()).map(put).collect();
        all.join(" | ")
    }
}

/// Those that begin with what is typed, then those that have it somewhere; none that is already there.
fn best(candidates: BTreeMap<String, String>, typed: &str) -> Vec<Suggestion> {
    let lower = typed.to_lowercase();
    let mut found: Vec<(usize, usize, Suggestion)> = candidates
        .into_iter()
        .filter(|(text, _)| text != typed)
        .filter_map(|(text, about)| {
            let at = text.to_lowercase().find(&lower)?;
            let length = if typed.is_empty() { 0 } else { text.len() };
            Some((at.min(1), length, Suggestion { text, about }))
        })
        .collect();
    found.sort_by_key(|(at, length, _)| (*at, *length));
    found.truncate(MOST);
    found
        .into_iter()
        .map(|(.., suggestion)| suggestion)
        .collect()
}

/// The byte of a caret that browsers count in UTF-16 units.
pub fn byte_of(text: &str, units: usize) -> usize {
    let mut seen = 0;
    let ends = text.char_indices().find(|(_, c)| {
        seen += c.len_utf16();
        seen > units
    });
    ends.map_or(text.len(), |(at, _)| at)
}
