//! Keys as they are written in the table and in `[tui.keys]`, as they come from the terminal, and as they are shown.

use crate::tui::glyphs::Glyphs;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub(crate) struct Key {
    code: KeyCode,
    ctrl: bool,
    /// With named keys only: a letter has its capital.
    shift: bool,
}

/// Keys that are named when they are written, and how they are shown where that is no sign of a set.
const NAMED: [(&str, KeyCode, &str); 18] = [
    ("enter", KeyCode::Enter, ""),
    ("esc", KeyCode::Esc, "Esc"),
    ("tab", KeyCode::Tab, "Tab"),
    ("space", KeyCode::Char(' '), "Space"),
    ("backspace", KeyCode::Backspace, "Bksp"),
    ("delete", KeyCode::Delete, "Del"),
    ("insert", KeyCode::Insert, "Ins"),
    ("up", KeyCode::Up, ""),
    ("down", KeyCode::Down, ""),
    ("left", KeyCode::Left, ""),
    ("right", KeyCode::Right, ""),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
    ("pgup", KeyCode::PageUp, "PgUp"),
    ("pgdn", KeyCode::PageDown, "PgDn"),
    ("f1", KeyCode::F(1), "F1"),
    ("f5", KeyCode::F(5), "F5"),
    ("f10", KeyCode::F(10), "F10"),
];

impl Key {
    /// The key that a terminal reports; `None` where one is let go.
    pub(crate) fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let shift = event.modifiers.contains(KeyModifiers::SHIFT);
        let (code, shift) = match event.code {
            KeyCode::BackTab => (KeyCode::Tab, true),
            KeyCode::Char(c) => (KeyCode::Char(c), false),
            code => (code, shift),
        };
        Some(Self { code, ctrl, shift })
    }

    /// Reads `q`, `G`, `ctrl-p`, `shift-tab`, `pgup`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut ctrl, mut shift) = (text, false, false);
        loop {
            let lower = rest.to_ascii_lowercase();
            if lower.starts_with("ctrl-") && rest.len() > 5 {
                (ctrl, rest) = (true, rest.get(5..)?);
            } else if lower.starts_with("shift-") && rest.len() > 6 {
                (shift, rest) = (true, rest.get(6..)?);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if shift && !c.is_control() && c != ' ' => {
                KeyCode::Char(c.to_uppercase().next()?)
            }
            (Some(c), None) if !c.is_control() && c != ' ' => KeyCode::Char(c),
            _ => {
                let wanted = rest.to_ascii_lowercase();
                NAMED.into_iter().find(|(name, ..)| *name == wanted)?.1
            }
        };
        let letter = matches!(code, KeyCode::Char(_));
        Some(Self { code, ctrl, shift: shift && !letter })
    }

    /// The letter that it types, unless it is pressed with Control.
    pub(crate) fn letter(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl => Some(c),
            _ => None,
        }
    }

    pub(crate) fn code(self) -> KeyCode {
        self.code
    }

    pub(crate) fn ctrl(self) -> bool {
        self.ctrl
    }

    /// Whether it is an arrow alone.
    pub(crate) fn is_arrow(self) -> bool {
        let arrow =
            matches!(self.code, KeyCode::Up | KeyCode::Down | KeyCode::Left | KeyCode::Right);
        arrow && !self.ctrl && !self.shift
    }

    /// As it is written in the configuration.
    pub(crate) fn name(self) -> String {
        let named = NAMED.into_iter().find(|(_, code, _)| *code == self.code);
        let base = match (named, self.code) {
            (Some((name, ..)), _) => name.to_owned(),
            (None, KeyCode::Char(c)) => c.to_string(),
            (None, other) => other.to_string().to_lowercase(),
        };
        let (ctrl, shift) =
            (if self.ctrl { "ctrl-" } else { "" }, if self.shift { "shift-" } else { "" });
        format!("{ctrl}{shift}{base}")
    }

    /// As people see it: `^p`, `⏎`, `⇧Tab`.
    pub(crate) fn shown(self, glyphs: &Glyphs) -> String {
        let signs = glyphs.keys;
        let base = match self.code {
            KeyCode::Enter => signs.enter.to_owned(),
            KeyCode::Up => signs.up.to_owned(),
            KeyCode::Down => signs.down.to_owned(),
            KeyCode::Left => signs.left.to_owned(),
            KeyCode::Right => signs.right.to_owned(),
            code => match (NAMED.into_iter().find(|(_, named, _)| *named == code), code) {
                (Some((_, _, shown)), _) => shown.to_owned(),
                (None, KeyCode::Char(c)) => c.to_string(),
                (None, other) => other.to_string(),
            },
        };
        let (ctrl, shift) =
            (if self.ctrl { "^" } else { "" }, if self.shift { signs.shift } else { "" });
        format!("{ctrl}{shift}{base}")
    }
}

/// One key, or a key and the one behind it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chord(pub(crate) Vec<Key>);

impl Chord {
    /// Reads `q`, `ctrl-p`, `g g`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let keys: Vec<Key> = text.split_whitespace().map(Key::parse).collect::<Option<_>>()?;
        (1..=2).contains(&keys.len()).then_some(Self(keys))
    }

    /// As people see it.
    pub(crate) fn shown(&self, glyphs: &Glyphs) -> String {
        self.0.iter().map(|key| key.shown(glyphs)).collect::<Vec<_>>().join(" ")
    }

    /// As it is written in the configuration.
    pub(crate) fn name(&self) -> String {
        self.0.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
    }

    /// Whether no terminal can tell it from another key: Tab, Enter, line feed, Backspace, Esc.
    pub(crate) fn is_ambiguous(&self) -> bool {
        let hidden = |key: &Key| {
            key.ctrl && matches!(key.code, KeyCode::Char('i' | 'm' | 'j' | 'h' | '[' | 'I' | 'M'))
        };
        self.0.iter().any(hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::UNICODE;

    #[test]
    fn keys_are_written_as_they_are_read() {
        for text in ["q", "G", "ctrl-p", "shift-tab", "pgup", "space", "enter", "[", "^", "g g"] {
            assert_eq!(Chord::parse(text).unwrap().name(), text);
        }
        for text in ["", "a b c", "hyper-x", "ctrl-", "foo"] {
            assert_eq!(Chord::parse(text), None, "{text}");
        }
        assert_eq!(Key::parse("shift-g"), Key::parse("G"));
        assert!(Chord::parse("ctrl-i").unwrap().is_ambiguous());
    }

    #[test]
    fn keys_are_shown_short() {
        let shown = |text: &str| Chord::parse(text).unwrap().shown(&UNICODE);
        assert_eq!(
            ["ctrl-p", "enter", "shift-tab", "g g", "pgdn"].map(shown),
            ["^p", "⏎", "⇧Tab", "g g", "PgDn"]
        );
    }

    #[test]
    fn a_terminal_says_back_tab_and_capitals() {
        let event = |code, modifiers| Key::of(KeyEvent::new(code, modifiers)).unwrap().name();
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab");
        assert_eq!(event(KeyCode::Char('G'), KeyModifiers::SHIFT), "G");
        assert_eq!(event(KeyCode::Char('p'), KeyModifiers::CONTROL), "ctrl-p");
        assert_eq!(event(KeyCode::Left, KeyModifiers::SHIFT), "shift-left");
    }
}
