//! Colours, and whether there are any.

/// Paints words, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    colors: bool,
}

impl Palette {
    /// Paints where `colors` is set.
    pub fn new(colors: bool) -> Self {
        Self { colors }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colors && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// For what failed.
    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// For what succeeded.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For what is odd or was left out.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// For places in files.
    pub fn blue(self, text: &str) -> String {
        self.paint("34", text)
    }

    /// For what matters most in a line.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// For what matters least.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }
}

/// Whether the environment has nothing against colours (<https://no-color.org>).
pub fn environment_allows() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The text without colours.
pub fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..start]);
        let sequence = &rest[start + 2..];
        let end = sequence
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(sequence.len(), |end| end + 1);
        rest = &sequence[end..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripping_undoes_painting() {
        let painted = format!(
            "a {} b {}",
            Palette::new(true).red("c"),
            Palette::new(true).bold("d")
        );
        assert_eq!(strip(&painted), "a c b d");
        assert_eq!(Palette::new(false).red("c"), "c");
    }
}
