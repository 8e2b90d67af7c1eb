//! How long a token holds.

use crate::error::{Error, Kind};
use std::fmt;
use std::str::FromStr;

/// A time to live in whole seconds, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl(Option<u64>);

/// The longest time to live, a hundred years: whoever means longer means for ever.
const SECONDS_MAX: u64 = 100 * 366 * 24 * 60 * 60;

/// Units by their letter, the longest first.
const UNITS: [(char, u64); 5] =
    [('w', 7 * 24 * 60 * 60), ('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60), ('s', 1)];

/// Why a text is not a time to live.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TtlError {
    /// Not a number with an optional unit.
    #[error("`{0}` is not a time to live")]
    Malformed(String),
    /// Longer than a hundred years.
    #[error("`{0}` is longer than a hundred years")]
    TooLong(String),
}

impl From<TtlError> for Error {
    fn from(error: TtlError) -> Self {
        Self::new(Kind::Invalid, "dbx::token::ttl", error.to_string()).help(
            "write seconds, or a number with a unit: `10m`, `24h`, `10d`, `2w`; `0` never expires",
        )
    }
}

impl Ttl {
    /// A day: what `dbx init` gives the bootstrap token.
    pub const DAY: Self = Self(Some(24 * 60 * 60));

    /// For ever.
    pub const NEVER: Self = Self(None);

    /// The seconds; `None` for ever.
    pub fn seconds(self) -> Option<u64> {
        self.0
    }
}

impl FromStr for Ttl {
    type Err = TtlError;

    fn from_str(text: &str) -> Result<Self, TtlError> {
        let shown = || text.chars().take(48).collect::<String>();
        let (digits, unit) = UNITS
            .iter()
            .find_map(|(letter, seconds)| Some((text.strip_suffix(*letter)?, *seconds)))
            .unwrap_or((text, 1));
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TtlError::Malformed(shown()));
        }
        // Nothing but digits: what does not parse is too large.
        let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        match seconds {
            Some(0) => Ok(Self::NEVER),
            Some(seconds) if seconds <= SECONDS_MAX => Ok(Self(Some(seconds))),
            _ => Err(TtlError::TooLong(shown())),
        }
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(seconds) = self.0 else { return f.write_str("never") };
        let (letter, unit) =
            UNITS.into_iter().find(|(_, unit)| seconds.is_multiple_of(*unit)).unwrap_or(('s', 1));
        write!(f, "{}{letter}", seconds / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let read = |text: &str| text.parse::<Ttl>().map(Ttl::seconds);
        assert_eq!(read("90"), Ok(Some(90)));
        assert_eq!(read("10m"), Ok(Some(600)));
        assert_eq!(read("24h"), Ok(Some(86_400)));
        assert_eq!(read("10d"), Ok(Some(864_000)));
        assert_eq!(read("2w"), Ok(Some(1_209_600)));
        assert_eq!(read("0"), Ok(None));
        assert_eq!(read("0h"), Ok(None));
    }

    #[test]
    fn refuses_what_it_cannot_mean() {
        for text in ["", "h", "-1", "+1", "1.5h", "10 m", "10x", "10M", "1h30m", "١٠"] {
            assert_eq!(text.parse::<Ttl>(), Err(TtlError::Malformed(text.into())), "{text}");
        }
        for text in ["99999999999999999999", "18446744073709551615w", "5300w"] {
            assert_eq!(text.parse::<Ttl>(), Err(TtlError::TooLong(text.into())), "{text}");
        }
    }

    #[test]
    fn shows_the_longest_unit_that_fits() {
        for text in ["90s", "10m", "25h", "10d", "2w", "never"] {
            let ttl = if text == "never" { Ttl::NEVER } else { text.parse().unwrap() };
            assert_eq!(ttl.to_string(), text);
        }
        assert_eq!(Ttl::DAY.to_string(), "1d");
    }
}
