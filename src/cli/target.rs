//! What the words that point at things mean to the service: one grammar, `domain::address`.

use super::usage;
use crate::domain::Timestamp;
use crate::domain::address::{self, Address, AddressError, Between};
use crate::domain::{AggregateId, AggregateType};
use crate::error::{Error, Kind};
use crate::wire::At;

/// One thing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// An aggregate, now or then.
    Aggregate {
        /// The type.
        aggregate_type: String,
        /// The id.
        aggregate_id: String,
        /// Which moment; the present one if absent.
        at: Option<At>,
    },
    /// An event.
    Position(u64),
    /// A commit.
    Commit(u64),
}

/// Two moments of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) aggregate_type: String,
    pub(super) aggregate_id: String,
    pub(super) from: At,
    pub(super) to: At,
}

/// The present moment: the last event at or before a position that no log reaches.
const NOW: At = At::Position(u64::MAX);

/// The first version: before it there is nothing to compare with.
const START: At = At::Version(1);

impl From<AddressError> for Error {
    fn from(error: AddressError) -> Self {
        Self::new(Kind::Invalid, "dbx::address", error.message).help(error.help)
    }
}

fn moment(at: address::At, now: Timestamp) -> At {
    match at {
        address::At::Version(version) => At::Version(version.get()),
        address::At::Time(time) => At::Time(time.resolve(now)),
    }
}

/// One thing.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Target, Error> {
    match text.parse::<Address>()? {
        Address::Aggregate { key, at } => Ok(Target::Aggregate {
            aggregate_type: key.aggregate_type.to_string(),
            aggregate_id: key.id.to_string(),
            at: at.map(|at| moment(at, now)),
        }),
        Address::Event(position) => Ok(Target::Position(position.get())),
        Address::Commit(commit) => Ok(Target::Commit(commit.get())),
        Address::History { .. } => Err(usage::error(format!("`{text}` is a part of a history"))
            .help("`dbx diff` compares its ends, `dbx aggregate replay` shows it step by step")),
        Address::Events(_) => Err(usage::error(format!("`{text}` is more than one event"))
            .help("`dbx events --after POSITION --take N` shows several")),
        Address::Commits(_) => Err(usage::error(format!("`{text}` is more than one commit"))
            .help("`dbx log --before COMMIT --take N` shows several")),
    }
}

/// An aggregate, now or then.
pub(super) fn aggregate(text: &str, now: Timestamp) -> Result<(String, String, Option<At>), Error> {
    match parse(text, now)? {
        Target::Aggregate { aggregate_type, aggregate_id, at } => {
            Ok((aggregate_type, aggregate_id, at))
        }
        _ => Err(usage::error(format!("`{text}` is not an aggregate")).help("write it as TYPE/ID")),
    }
}

/// Two moments of an aggregate: `TYPE/ID@A..B`; an end that is left out is the present, a start the beginning.
pub(super) fn interval(text: &str, now: Timestamp) -> Result<Interval, Error> {
    let (key, from, to) = match text.parse::<Address>()? {
        Address::History { key, between: Between { from, to } } => (key, from, to),
        Address::Aggregate { key, at: Some(from) } => (key, Some(from), None),
        _ => {
            return Err(usage::error(format!("`{text}` has no two versions to compare"))
                .help("write TYPE/ID@A..B, such as order/o-1@3..7 or order/o-1@-2h.."));
        }
    };
    Ok(Interval {
        aggregate_type: key.aggregate_type.to_string(),
        aggregate_id: key.id.to_string(),
        from: from.map_or(START, |at| moment(at, now)),
        to: to.map_or(NOW, |at| moment(at, now)),
    })
}

/// A time: `2026-11-20T14:00Z`, `2026-11-20` or `-2h`.
pub(super) fn time(text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    match text.parse::<address::At>() {
        Ok(address::At::Time(time)) => Ok(time.resolve(now)),
        _ => Err(usage::error(format!("`{text}` is not a time"))
            .help("write it as 2026-11-20T14:00Z, 2026-11-20 or -2h")),
    }
}

/// A commit: `c42`.
pub(super) fn commit(text: &str) -> Result<u64, Error> {
    match text.parse::<Address>() {
        Ok(Address::Commit(commit)) => Ok(commit.get()),
        _ => Err(usage::error(format!("`{text}` is not a commit")).help("write it as c42")),
    }
}

/// What a list is narrowed to: everything, `TYPE`, `TYPE/ID` or `TYPE ID`.
pub(super) fn narrowed(
    of: Option<&str>,
    id: Option<&str>,
) -> Result<(Option<String>, Option<String>), Error> {
    let Some(of) = of else { return Ok((None, None)) };
    let (aggregate_type, id) = match (of.split_once('/'), id) {
        (Some((aggregate_type, id)), None) => (aggregate_type, Some(id)),
        (_, id) => (of, id),
    };
    AggregateType::new(aggregate_type)?;
    id.map(AggregateId::new).transpose()?;
    Ok((Some(aggregate_type.to_owned()), id.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T18:00:00Z".parse().unwrap()
    }

    #[test]
    fn an_interval_has_its_ends_filled_in() {
        let ends = |text: &str| interval(text, now()).map(|interval| (interval.from, interval.to));
        assert_eq!(ends("order/o-1@3..7"), Ok((At::Version(3), At::Version(7))));
        assert_eq!(ends("order/o-1@3"), Ok((At::Version(3), NOW)));
        assert_eq!(ends("order/o-1@3.."), Ok((At::Version(3), NOW)));
        assert_eq!(ends("order/o-1@..7"), Ok((START, At::Version(7))));
        let hour_ago = At::Time("2026-11-20T17:00:00Z".parse().unwrap());
        assert_eq!(ends("order/o-1@-1h"), Ok((hour_ago, NOW)));
        assert!(ends("order/o-1").is_err());
        assert!(ends("c7").is_err());
    }

    #[test]
    fn one_thing_is_one_thing() {
        assert_eq!(parse("#4211", now()), Ok(Target::Position(4211)));
        assert_eq!(parse("c42", now()), Ok(Target::Commit(42)));
        assert_eq!(
            aggregate("order/o-1@46", now()),
            Ok(("order".into(), "o-1".into(), Some(At::Version(46))))
        );
        for several in ["order/o-1@3..7", "#1..#3", "c1..c3", "order", ""] {
            assert_eq!(parse(several, now()).unwrap_err().kind(), Kind::Invalid, "{several}");
        }
        assert!(aggregate("c42", now()).is_err());
        assert!(time("46", now()).is_err(), "a version is not a time");
        assert!(time("-2h", now()).is_ok());
    }

    #[test]
    fn a_list_is_narrowed_to_a_type_or_an_aggregate() {
        let both = || Ok((Some("order".to_owned()), Some("1".to_owned())));
        assert_eq!(narrowed(None, None), Ok((None, None)));
        assert_eq!(narrowed(Some("order"), None), Ok((Some("order".into()), None)));
        assert_eq!(narrowed(Some("order/1"), None), both());
        assert_eq!(narrowed(Some("order"), Some("1")), both());
        assert!(narrowed(Some("Order"), None).is_err());
        assert!(narrowed(Some("order/"), None).is_err());
        assert!(narrowed(Some("order/1"), Some("2")).is_err());
    }
}
