//! The outbox: the log as consumers pull it, and how far they are.

use super::event::{EventRecord, Issuer};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// Which events a consumer pulls. Where neither `after` nor `after_event_id` is given, from the first one on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutboxQuery {
    /// Behind the event with this id (exclusive): the `next_after_event_id` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_event_id: Option<u64>,
    /// Behind this position (exclusive): the `next` of the page before. Not together with `after_event_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// How many events at most; `page_limit` of the configuration if absent, and never more than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<usize>,
    /// Of one type only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub aggregate_type: Option<String>,
    /// Those that match, in the filter language.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// What is given beside the events of active aggregates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub include: Option<Include>,
    /// How long to wait for an event where there is none yet, as `30s`; not at all if absent, at most a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub wait: Option<Wait>,
}

/// What is given beside the events of active aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// The events of aggregates that are archived.
    Archived,
}

/// A time to wait: `30s`, `500ms`, `1m`; a bare number is seconds. Never more than [`Wait::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// The longest that an answer is waited for: what lies between client and server gives up on longer ones.
    pub const MAX: Duration = Duration::from_secs(60);

    /// A time to wait, cut to [`Wait::MAX`].
    pub fn new(time: Duration) -> Self {
        Self(time.min(Self::MAX))
    }

    /// The time.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0.as_millis())
    }
}

impl FromStr for Wait {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
        let (digits, unit) = units
            .into_iter()
            .find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, millis)))
            .unwrap_or((text, 1_000));
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("a time to wait is written as `30s`, `500ms` or `1m`".to_owned());
        }
        // Nothing but digits: what does not fit is longer than anything is waited for.
        let millis = digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(unit);
        Ok(Self::new(Duration::from_millis(millis)))
    }
}

impl Serialize for Wait {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A number of 64 bits in a body of JSON: written as a decimal string, read from one or from a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Decimal64(pub u64);

impl Serialize for Decimal64 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Decimal64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, as a number or as a string of digits")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Decimal64, E> {
        Ok(Decimal64(number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal64, E> {
        // `u64::from_str` takes a leading `+`, which no position has.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number
            .map(Decimal64)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

/// Some events as a consumer pulls them, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OutboxPage {
    /// The events, in the order of the log.
    pub events: Vec<EventRecord>,
    /// The position to give as `after` for the next page: past everything that was looked at, whether or not it was
    /// left out. As a decimal string.
    pub next: String,
    /// The same place as the id of the event there, to give as `after_event_id`; `0` before the first event. As a
    /// decimal string.
    pub next_after_event_id: String,
    /// How many events were looked at and left out.
    pub filtered: u64,
    /// Whether there may be more behind `next` already.
    pub more: bool,
}

/// How far a consumer is, kept by dbx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CursorRecord {
    /// Its name.
    pub name: String,
    /// The last position that the consumer is done with, as a decimal string; `0` for none.
    pub position: String,
    /// The id of the event there, as a decimal string; `0` for none.
    pub event_id: String,
    /// How many events of the log lie behind it.
    pub lag: u64,
    /// When it was moved.
    pub moved_at: String,
    /// Who moved it.
    pub moved_by: Issuer,
}

/// Every cursor that dbx keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CursorList {
    /// The cursors, by name.
    pub cursors: Vec<CursorRecord>,
    /// The last position of the log, as a decimal string.
    pub position: String,
}

/// Where a cursor is to stand: at a position, or at the event with an id. It is made where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CursorUpdate {
    /// The last position that the consumer is done with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,20}$")]
    pub position: Option<Decimal64>,
    /// The id of the last event that the consumer is done with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,20}$")]
    pub event_id: Option<Decimal64>,
    /// The position where it has to stand now, `0` also for a cursor that is not there yet; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,20}$")]
    pub expected: Option<Decimal64>,
    /// Whether it may go back.
    pub rewind: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_wait_has_a_unit_and_an_end() {
        let read = |text: &str| text.parse::<Wait>().map(Wait::get).ok();
        assert_eq!(read("30s"), Some(Duration::from_secs(30)));
        assert_eq!(read("30"), Some(Duration::from_secs(30)));
        assert_eq!(read("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(read("0"), Some(Duration::ZERO));
        for long in ["1m", "2m", "99999999999999999999999s"] {
            assert_eq!(read(long), Some(Wait::MAX), "{long}");
        }
        for bad in ["", "s", "-1s", "1.5s", "1h", "+1s", " 1s"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let wait = Wait::new(Duration::from_millis(1_500));
        assert_eq!(read(&wait.to_string()), Some(wait.get()));
    }

    #[test]
    fn a_large_number_is_read_in_both_forms_and_written_as_a_string() {
        let read = |text: &str| serde_json::from_str::<Decimal64>(text).ok();
        for text in ["18446744073709551615", "\"18446744073709551615\""] {
            assert_eq!(read(text), Some(Decimal64(u64::MAX)));
        }
        for bad in ["-1", "1.5", "\"\"", "\"+1\"", "\"18446744073709551616\"", "null", "\"1 \""] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(serde_json::to_string(&Decimal64(7)).unwrap(), "\"7\"");
    }
}
