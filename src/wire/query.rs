//! What readers ask for.

use crate::domain::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// Which moment of an aggregate's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After the event of this version.
    Version(u64),
    /// After the last event at or before this time.
    Time(Timestamp),
    /// After the aggregate's last event at or before this position of the log.
    Position(u64),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "{version}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::Position(position) => write!(f, "#{position}"),
        }
    }
}

impl FromStr for At {
    type Err = String;

    /// Reads a version `46`, a position `#4211` or a time `2026-11-20T14:00:00Z`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| digits.parse().map_err(|_| format!("`{text}` is too large"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.strip_prefix('#') {
            Some(position) if digits(position) => number(position).map(Self::Position),
            None if digits(text) => number(text).map(Self::Version),
            _ => text.parse().map(Self::Time).map_err(|_| {
                format!("`{text}` is no moment: use a version `46`, a position `#4211` or a time of RFC 3339")
            }),
        }
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// One aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetQuery {
    /// The type; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_type: String,
    /// The id; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_id: String,
    /// An earlier moment; the present one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// Whether its events are wanted too.
    #[serde(rename = "events")]
    pub include_events: bool,
}

/// One event to prove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProveQuery {
    /// The type; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_type: String,
    /// The id; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_id: String,
    /// The version, or a moment that means one; the newest version if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// How many events of the log its tree is to have, such as the size of a checkpoint; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_size: Option<u64>,
    /// Whether the proof is to hold the event's body.
    #[serde(rename = "body")]
    pub with_body: bool,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Type and id, ascending: the order of the store, which pages fastest.
    #[default]
    Id,
    /// The time of the last event, newest first.
    Updated,
    /// The time of the first event, newest first.
    Created,
    /// The number of events, most first.
    Version,
}

/// Aggregates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Of one type only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub aggregate_type: Option<String>,
    /// Those that match, in the filter language; `event:`, `actor:` and `corr:` are those of the last event.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// In which order.
    #[param(inline)]
    pub sort: Sort,
    /// How many at most, from 1 on; `page_limit` of the configuration if absent, and never more than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<usize>,
    /// The `next` of the page before, as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many to pass over first, behind `after` where both are given.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip: usize,
    /// Whether archived ones are listed too.
    pub archived: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Events of the log or of one aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Of one type only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub aggregate_type: Option<String>,
    /// Of one aggregate only; needs the type.
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    pub aggregate_id: Option<String>,
    /// Those that match, in the filter language.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Beyond this position (exclusive); before it when reversed. From the end that the order starts at if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// How many at most, from 1 on; `page_limit` of the configuration if absent, and never more than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<usize>,
    /// Newest first.
    pub reverse: bool,
}

/// The events of one aggregate, by their versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// The type; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_type: String,
    /// The id; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_id: String,
    /// The first version; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The last version; the present one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// Beyond this position of the log: the `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// How many to pass over first.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip: usize,
    /// How many at most, from 1 on; `page_limit` of the configuration if absent, and never more than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<usize>,
}

/// Commits, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only those with an event of this type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub aggregate_type: Option<String>,
    /// Only those with an event of this aggregate; needs the type.
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    pub aggregate_id: Option<String>,
    /// Only those with an event that matches, in the filter language.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Before this commit (exclusive), as `c7`: the `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none", with = "commit_number")]
    #[param(value_type = Option<String>)]
    pub before: Option<u64>,
    /// How many at most, from 1 on; `page_limit` of the configuration if absent, and never more than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take: Option<usize>,
}

/// A commit's number as it is written, `c7`; the bare number is read too.
mod commit_number {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(number: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => to.collect_str(&format_args!("c{number}")),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix('c').unwrap_or(&text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = Some(digits).filter(|_| plain).and_then(|digits| digits.parse().ok());
        number.map(Some).ok_or_else(|| D::Error::custom("a commit is written as `c7`"))
    }
}

/// The replay of an aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReplayQuery {
    /// The type; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_type: String,
    /// The id; part of the path over HTTP.
    #[serde(skip)]
    pub aggregate_id: String,
    /// The first version shown; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The last version shown; the present one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}
