//! The names of the cursors that dbx keeps for consumers.

use std::fmt;
use std::str::FromStr;

/// The most characters of a name.
pub const CURSOR_CHARS_MAX: usize = 64;

/// How much of a name that is none a message repeats.
const SHOWN_CHARS: usize = 48;

/// The name of a cursor: a letter or digit, then letters, digits, `.`, `_` and `-`; at most [`CURSOR_CHARS_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CursorName(Box<str>);

/// A text that is no name of a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a cursor: use a letter or digit, then letters, digits, `.`, `_` and `-`, at most 64 characters"
)]
pub struct CursorNameError(String);

impl CursorName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`CursorNameError`] unless `text` is as described above.
    pub fn new(text: &str) -> Result<Self, CursorNameError> {
        let mut bytes = text.bytes();
        let ok = text.len() <= CURSOR_CHARS_MAX
            && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if ok {
            return Ok(Self(text.into()));
        }
        let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        Err(CursorNameError(shown))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CursorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CursorName {
    type Err = CursorNameError;

    fn from_str(text: &str) -> Result<Self, CursorNameError> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rule() {
        for good in ["a", "1", "billing", "Mail.v2", "eu-west_1", &"a".repeat(64)] {
            assert_eq!(CursorName::new(good).map(|name| name.to_string()).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "-a", "_a", "a/b", "a b", "ä", "a\0", "a%2f", &"a".repeat(65)] {
            assert!(CursorName::new(bad).is_err(), "{bad}");
        }
        let long = CursorName::new(&"ä".repeat(1_000_000)).unwrap_err().to_string();
        assert!(long.len() < 300, "{long}");
    }
}
