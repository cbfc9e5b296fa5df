//! Which lines of a text as written and of the same as compiled belong together, for the page.

use compiler::index::line_map::Lines;

/// Which of the two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The file's.
    Written,
    /// The compiler's.
    Compiled,
}

/// Both texts with the lines that belong together.
pub struct Pair {
    /// For each compiled line.
    map: Vec<Option<Lines>>,
}

impl Pair {
    /// From the map of the compiled text.
    pub fn new(map: Vec<Option<Lines>>) -> Self {
        Self { map }
    }

    /// The lines of a side that belong to a line of either.
    pub fn lit(&self, side: Side, (of, line): (Side, usize)) -> Vec<Lines> {
        let whole = |line: usize| line..line + 1;
        match (of, side) {
            _ if of == side => vec![whole(line)],
            (Side::Compiled, _) => self.map.get(line).cloned().flatten().into_iter().collect(),
            (Side::Written, _) => {
                let from = |lines: &Option<Lines>| {
                    lines.as_ref().is_some_and(|lines| lines.contains(&line))
                };
                let mut found: Vec<Lines> = Vec::new();
                for at in (0..self.map.len()).filter(|at| from(&self.map[*at])) {
                    match found.last_mut() {
                        Some(last) if last.end == at => last.end += 1,
                        _ => found.push(whole(at)),
                    }
                }
                found
            }
        }
    }

    /// What belongs to a line, in words.
    pub fn told(&self, chosen: (Side, usize)) -> String {
        let (side, line) = chosen;
        let other = match side {
            Side::Written => Side::Compiled,
            Side::Compiled => Side::Written,
        };
        let lines: Vec<String> = (self.lit(other, chosen).into_iter())
            .map(|lines| match lines.len() {
                1 => (lines.start + 1).to_string(),
                _ => format!("{}–{}", lines.start + 1, lines.end),
            })
            .collect();
        let (number, lines) = (line + 1, lines.join(", "));
        let word = if lines.contains([',', '–']) {
            "lines"
        } else {
            "line"
        };
        match (side, lines.is_empty()) {
            (Side::Written, true) => {
                format!("Line {number} as written leaves nothing in the compiled SQL.")
            }
            (Side::Written, false) => {
                format!("Line {number} as written becomes compiled {word} {lines}.")
            }
            (Side::Compiled, true) => format!(
                "Compiled line {number} stands nowhere in the file: it is empty, or the compiler added it."
            ),
            (Side::Compiled, false) => {
                format!("Compiled line {number} comes from {word} {lines} as written.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_lights_up_what_belongs_to_it_on_both_sides() {
        let pair = Pair::new(vec![None, Some(2..3), Some(2..3), None, Some(2..4)]);
        assert_eq!(pair.lit(Side::Compiled, (Side::Written, 2)), [1..3, 4..5]);
        assert_eq!(pair.lit(Side::Written, (Side::Written, 2)), vec![2..3]);
        assert_eq!(pair.lit(Side::Written, (Side::Compiled, 4)), vec![2..4]);
        assert!(pair.lit(Side::Written, (Side::Compiled, 0)).is_empty());
        assert_eq!(
            pair.told((Side::Written, 2)),
            "Line 3 as written becomes compiled lines 2–3, 5."
        );
        assert_eq!(
            pair.told((Side::Written, 0)),
            "Line 1 as written leaves nothing in the compiled SQL."
        );
    }
}
