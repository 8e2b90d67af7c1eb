//! Colours by meaning: nothing else names a colour, and every meaning also has a word or a sign.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Good news.
    Ok,
    /// Worth a second look.
    Warn,
    /// Bad news.
    Danger,
    /// There was none before.
    Added,
    /// There is none any more.
    Removed,
    /// It was something else before.
    Changed,
    /// Secondary.
    Dim,
    /// What one copies into the next command: ids, hashes, commits.
    Accent,
    /// What the line is about.
    Strong,
}

impl Meaning {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Ok | Self::Added => colour(AnsiColor::Green),
            Self::Warn | Self::Changed => colour(AnsiColor::Yellow),
            Self::Danger => colour(AnsiColor::Red).bold(),
            Self::Removed => colour(AnsiColor::Red),
            Self::Dim => Style::new().dimmed(),
            Self::Accent => colour(AnsiColor::Cyan),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// Paints, or does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Painter {
    pub(super) on: bool,
}

impl Painter {
    /// Never paints.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { on: false };

    /// `text` in the style of `meaning`.
    pub(crate) fn paint(self, meaning: Meaning, text: impl Display) -> String {
        if !self.on {
            return text.to_string();
        }
        let style = meaning.style();
        format!("{style}{text}{style:#}")
    }

    /// Secondary text.
    pub(crate) fn dim(self, text: impl Display) -> String {
        self.paint(Meaning::Dim, text)
    }

    /// What one copies into the next command.
    pub(crate) fn accent(self, text: impl Display) -> String {
        self.paint(Meaning::Accent, text)
    }

    /// What the line is about.
    pub(crate) fn strong(self, text: impl Display) -> String {
        self.paint(Meaning::Strong, text)
    }
}

/// `text` with control characters shown as escapes: what a payload holds must never steer the terminal.
pub(crate) fn visible(text: &str) -> String {
    if !text.chars().any(hostile) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if hostile(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// JSON for a terminal: the same document, with what would steer it written as escapes of JSON.
pub(super) fn visible_json(text: &str) -> String {
    // JSON itself has none of these but between its parts, where they are line breaks.
    let steers = |c: char| c != '\n' && hostile(c);
    if !text.chars().any(steers) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if steers(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// Control characters, and the marks that turn the direction of text around.
pub(super) fn hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paints_only_when_asked_to() {
        assert_eq!(Painter { on: true }.paint(Meaning::Removed, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(Painter::PLAIN.paint(Meaning::Removed, "x"), "x");
    }

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(visible("a\u{1b}[31mb\u{7}\u{9b}"), "a\\u{1b}[31mb\\u{7}\\u{9b}");
        assert_eq!(visible("Grüße, 世界"), "Grüße, 世界");
    }

    #[test]
    fn json_for_a_terminal_is_the_same_document() {
        let document = "{\n  \"a\": \"\u{9b}31m ü \u{202e}\u{7f}\"\n}";
        let shown = visible_json(document);
        assert_eq!(shown, "{\n  \"a\": \"\\u009b31m ü \\u202e\\u007f\"\n}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&shown), value(document));
        assert_eq!(visible_json("{\n}"), "{\n}");
    }
}
