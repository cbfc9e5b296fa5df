//! Changes to a text that keep its lines, and the way back from the changed text to the original.

/// How edits at one place are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Close,
    Open,
    Replace,
}

#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    role: Role,
    sequence: usize,
    remove: usize,
    insert: String,
}

/// Insertions and replacements, collected in any order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edits(Vec<Edit>);

impl Edits {
    /// Inserts before what starts at `at`; what is added later stands further out.
    pub(crate) fn open(&mut self, at: usize, text: impl Into<String>) {
        self.push(at, Role::Open, 0, text.into());
    }

    /// Inserts after what ends at `at`; what is added later stands further out.
    pub(crate) fn close(&mut self, at: usize, text: impl Into<String>) {
        self.push(at, Role::Close, 0, text.into());
    }

    /// Replaces `start..end`.
    pub(crate) fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.push(start, Role::Replace, end - start, text.into());
    }

    fn push(&mut self, at: usize, role: Role, remove: usize, insert: String) {
        self.0.push(Edit {
            at,
            role,
            sequence: self.0.len(),
            remove,
            insert,
        });
    }

    /// Applies the edits to `source[start..end]`.
    pub(crate) fn apply(mut self, source: &str, start: usize, end: usize) -> (String, SourceMap) {
        self.0.sort_by(|a, b| {
            (a.at, a.role)
                .cmp(&(b.at, b.role))
                .then_with(|| match a.role {
                    Role::Open => b.sequence.cmp(&a.sequence),
                    _ => a.sequence.cmp(&b.sequence),
                })
        });
        let mut text = String::with_capacity(end - start + 16 * self.0.len());
        let mut map = Vec::with_capacity(self.0.len());
        let mut at = start;
        for edit in self.0 {
            if edit.at < at || edit.at > end {
                continue;
            }
            text.push_str(&source[at..edit.at]);
            text.push_str(&edit.insert);
            at = edit.at + edit.remove;
            map.push((text.len(), at));
        }
        text.push_str(&source[at..end]);
        (
            text,
            SourceMap {
                start,
                anchors: map,
            },
        )
    }
}

/// The way from offsets of the changed text back to the original.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceMap {
    start: usize,
    /// `(changed, original)`: from here on the two run side by side.
    anchors: Vec<(usize, usize)>,
}

impl SourceMap {
    /// The original offset of a changed one.
    pub(crate) fn original(&self, offset: usize) -> usize {
        let index = self
            .anchors
            .partition_point(|(changed, _)| *changed <= offset);
        match index.checked_sub(1).map(|index| self.anchors[index]) {
            Some((changed, original)) => {
                let next = self
                    .anchors
                    .get(index)
                    .map_or(usize::MAX, |(_, original)| *original);
                (original + offset - changed).min(next)
            }
            None => self.start + offset,
        }
    }
}
