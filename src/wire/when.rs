//! Moments as they are written behind the `?`: also relative to now.

use super::query::At;
use crate::domain::{Moment, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Which moment of an aggregate's history is asked for: everything that [`At`] is, and times as people write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A fixed one.
    At(At),
    /// A time, which may count back from now.
    Moment(Moment),
}

impl When {
    /// The moment, where `now` is the time now.
    pub fn at(self, now: Timestamp) -> At {
        match self {
            Self::At(at) => at,
            Self::Moment(moment) => At::Time(moment.resolve(now)),
        }
    }
}

impl From<At> for When {
    fn from(at: At) -> Self {
        Self::At(at)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::Moment(moment) => moment.fmt(f),
        }
    }
}

impl FromStr for When {
    type Err = String;

    /// Reads a version `46`, a position `#4211`, or a time `2026-11-20T14:00:00Z`, `2026-11-20` or `-2h`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        text.parse().map(Self::Moment).map_err(|_| {
            let shown: String = text.chars().take(48).collect();
            format!(
                "`{shown}` is no moment: use a version `46`, a position `#4211` (as `%234211`), a time of RFC 3339, a \
                 date, or `-2h` (s, m, h, d, w)"
            )
        })
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_one_moment() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for (text, meant) in [
            ("46", "46"),
            ("#4211", "#4211"),
            ("2026-11-20T10:00:00.5Z", "2026-11-20T10:00:00.500000Z"),
            ("2026-11-20T10:00Z", "2026-11-20T10:00:00.000000Z"),
            ("2026-11-20", "2026-11-20T00:00:00.000000Z"),
            ("-2h", "2026-11-20T10:00:00.000000Z"),
        ] {
            let when: When = text.parse().unwrap();
            assert_eq!(
                when.at(now).to_string(),
                meant.parse::<At>().unwrap().to_string(),
                "{text}"
            );
            assert_eq!(when.to_string().parse(), Ok(when), "{text}");
        }
        for bad in ["", "-2", "yesterday", "#", "99999999999999999999", "2026-13-01"] {
            let message = bad.parse::<When>().unwrap_err();
            assert!(message.contains("is no moment"), "{bad}: {message}");
        }
    }
}
