//! Instants, as dbx stores and shows them.

use std::fmt;
use std::str::FromStr;

/// An instant in microseconds of the Unix epoch, shown in RFC 3339 with six digits and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write it as 2026-11-20T14:00:00Z")]
pub struct TimeError(pub String);

impl Timestamp {
    /// The instant `micros` microseconds after the start of 1970, UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the start of 1970, UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the start of 1970, UTC; 0 for anything earlier.
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1000)).unwrap_or(0)
    }

    /// The instant as jiff knows it; clamped to the years that jiff knows.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self(time.as_microsecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time: jiff::Timestamp =
            text.parse().map_err(|_| TimeError(text.chars().take(48).collect()))?;
        Ok(time.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_six_digits_and_reads_them_back() {
        let time: Timestamp = "2026-11-20T18:22:43.5+01:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-20T17:22:43.500000Z");
        assert_eq!(time.to_string().parse(), Ok(time));
        assert_eq!(time.as_millis(), 1_795_195_363_500);
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
