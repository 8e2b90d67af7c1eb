//! One grammar for pointing at things: on the command line, in the dashboard and over HTTP.
//!
//! ```text
//! order/42            an aggregate as it is now
//! order/42@46         at a version
//! order/42@-2h        at a time: two hours ago (s, m, h, d, w)
//! order/42@2026-11-20T14:00Z    at a fixed time; without an offset it is UTC, a date is its first instant
//! order/42@3..7       between two of those; either end may be left out
//! #4211               an event by its position; `#4211..#4300` for several
//! c7                  a commit; `c7..c9` for several
//! ```

use super::ids::{AggregateId, AggregateKey, AggregateType, CommitNumber, Position, Version};
use super::moment::Moment;
use super::time::Timestamp;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Where in its history an aggregate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// A version.
    Version(Version),
    /// A time: the last version that was committed by then.
    Time(Moment),
}

/// Two ends, both included; at least one is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Between<T> {
    /// The first one; `None` for the beginning.
    pub from: Option<T>,
    /// The last one; `None` for the end.
    pub to: Option<T>,
}

/// Something that can be pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// An aggregate, now or at a point of its history.
    Aggregate {
        /// Its name.
        key: AggregateKey,
        /// Where in its history; `None` for now.
        at: Option<At>,
    },
    /// A part of an aggregate's history.
    History {
        /// Its name.
        key: AggregateKey,
        /// From where to where.
        between: Between<At>,
    },
    /// An event by its position.
    Event(Position),
    /// Events by their positions.
    Events(Between<Position>),
    /// A commit.
    Commit(CommitNumber),
    /// Commits.
    Commits(Between<CommitNumber>),
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AddressError {
    /// The bytes at fault.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub message: String,
    /// What to write instead.
    pub help: &'static str,
}

const FORMS: &str = "write type/id, type/id@46, type/id@-2h, type/id@3..7, #4211 or c7";
const NUMBERS: &str = "write a whole number";

impl At {
    /// The instant, if this is a time and `now` is the time now.
    pub fn time(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Version(_) => None,
            Self::Time(moment) => Some(moment.resolve(now)),
        }
    }
}

/// `46`, or a time as in [`Moment`].
impl FromStr for At {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        at(Piece { text, start: 0 })
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let whole = Piece { text, start: 0 };
        if text.starts_with('#') {
            return Ok(match numbers(whole, "#", "position", Position)? {
                Numbers::One(position) => Self::Event(position),
                Numbers::Between(between) => Self::Events(between),
            });
        }
        let Some((aggregate_type, rest)) = whole.split_once("/") else {
            if text
                .strip_prefix('c')
                .is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphabetic()))
            {
                return Ok(match numbers(whole, "c", "commit", CommitNumber)? {
                    Numbers::One(commit) => Self::Commit(commit),
                    Numbers::Between(between) => Self::Commits(between),
                });
            }
            let message = match text {
                "" => "an address is missing".to_owned(),
                _ => format!("`{}` is not an address", whole.shown()),
            };
            return Err(whole.error(message, FORMS));
        };
        let (id, place) = match rest.split_once("@") {
            Some((id, place)) => (id, Some(place)),
            None => (rest, None),
        };
        let key = AggregateKey {
            aggregate_type: AggregateType::new(aggregate_type.text)
                .map_err(|error| aggregate_type.error(error.to_string(), FORMS))?,
            id: AggregateId::new(id.text).map_err(|error| id.error(error.to_string(), FORMS))?,
        };
        let Some(place) = place else {
            return Ok(Self::Aggregate { key, at: None });
        };
        match between(place, "", at)? {
            Some(between) => Ok(Self::History { key, between }),
            None => Ok(Self::Aggregate { key, at: Some(at(place)?) }),
        }
    }
}

/// A part of the text that knows where it stands.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    start: usize,
}

impl Piece<'_> {
    fn split_once(self, separator: &str) -> Option<(Self, Self)> {
        let (left, right) = self.text.split_once(separator)?;
        let start = self.start + left.len() + separator.len();
        Some((Self { text: left, ..self }, Self { text: right, start }))
    }

    fn without_prefix(self, prefix: &str) -> Option<Self> {
        let text = self.text.strip_prefix(prefix)?;
        Some(Self { text, start: self.start + prefix.len() })
    }

    fn shown(self) -> String {
        self.text.chars().take(48).collect()
    }

    fn error(self, message: String, help: &'static str) -> AddressError {
        AddressError { span: self.start..self.start + self.text.len(), message, help }
    }
}

fn at(piece: Piece<'_>) -> Result<At, AddressError> {
    const HELP: &str = "write a version as 46, a time as -2h, 2026-11-20 or 2026-11-20T14:00Z";
    if piece.text.is_empty() {
        return Err(piece.error("a version or a time is missing".to_owned(), HELP));
    }
    if piece.text.bytes().all(|byte| byte.is_ascii_digit()) {
        let version = piece.text.parse();
        return version.map(At::Version).map_err(|error| piece.error(error.to_string(), HELP));
    }
    piece.text.parse().map(At::Time).map_err(|_| {
        piece.error(format!("`{}` is neither a version nor a time", piece.shown()), HELP)
    })
}

/// Reads `A..B`, `A..` or `..B`; `None` where there are no dots. An end that is the bare prefix is left out too.
fn between<'a, T>(
    piece: Piece<'a>,
    prefix: &str,
    read: impl Fn(Piece<'a>) -> Result<T, AddressError>,
) -> Result<Option<Between<T>>, AddressError> {
    let Some((from, to)) = piece.split_once("..") else { return Ok(None) };
    let left_out = |piece: Piece<'_>| piece.text.is_empty() || piece.text == prefix;
    if left_out(from) && left_out(to) {
        return Err(piece.error("a range without ends".to_owned(), "write 3..7, 3.. or ..7"));
    }
    let end = |piece: Piece<'a>| (!left_out(piece)).then(|| read(piece)).transpose();
    Ok(Some(Between { from: end(from)?, to: end(to)? }))
}

enum Numbers<T> {
    One(T),
    Between(Between<T>),
}

/// Reads `#4211`, `#4211..#4300` and `#4211..4300`, whatever the prefix is.
fn numbers<T>(
    piece: Piece<'_>,
    prefix: &str,
    what: &str,
    make: fn(u64) -> T,
) -> Result<Numbers<T>, AddressError> {
    let read = |piece: Piece<'_>| {
        let digits = piece.without_prefix(prefix).unwrap_or(piece);
        let plain = digits.text.bytes().all(|byte| byte.is_ascii_digit());
        match digits.text.parse() {
            Ok(number) if plain => Ok(make(number)),
            _ => Err(digits.error(format!("`{}` is not a {what}", digits.shown()), NUMBERS)),
        }
    };
    Ok(match between(piece, prefix, read)? {
        Some(between) => Numbers::Between(between),
        None => Numbers::One(read(piece)?),
    })
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Time(moment) => moment.fmt(f),
        }
    }
}

fn write_between<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    prefix: &str,
    between: &Between<T>,
) -> fmt::Result {
    match &between.from {
        Some(from) => write!(f, "{prefix}{from}..")?,
        // The prefix says what the numbers count.
        None => write!(f, "{prefix}..")?,
    }
    match &between.to {
        Some(to) => write!(f, "{prefix}{to}"),
        None => Ok(()),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aggregate { key, at: None } => key.fmt(f),
            Self::Aggregate { key, at: Some(at) } => write!(f, "{key}@{at}"),
            Self::History { key, between } => {
                write!(f, "{key}@")?;
                write_between(f, "", between)
            }
            Self::Event(position) => write!(f, "#{position}"),
            Self::Events(between) => write_between(f, "#", between),
            Self::Commit(commit) => write!(f, "c{commit}"),
            Self::Commits(between) => write_between(f, "c", between),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_is_read_and_written() {
        for (text, shown) in [
            ("order/42", "order/42"),
            ("order/42@46", "order/42@46"),
            ("order/42@-2h", "order/42@-2h"),
            ("order/42@2026-11-20", "order/42@2026-11-20"),
            ("order/42@2026-11-20T14:00Z", "order/42@2026-11-20T14:00Z"),
            ("order/42@2026-11-20T14:00+01:00", "order/42@2026-11-20T13:00Z"),
            ("order/42@3..7", "order/42@3..7"),
            ("order/42@3..", "order/42@3.."),
            ("order/42@..7", "order/42@..7"),
            ("order/42@-2h..-30m", "order/42@-2h..-30m"),
            ("order/42@3..2026-11-20", "order/42@3..2026-11-20"),
            ("#4211", "#4211"),
            ("#1..#9", "#1..#9"),
            ("#1..9", "#1..#9"),
            ("#..9", "#..#9"),
            ("#1..", "#1.."),
            ("c7", "c7"),
            ("c7..c9", "c7..c9"),
            ("c..c9", "c..c9"),
            ("c/c7", "c/c7"),
            ("c7/c7@1", "c7/c7@1"),
        ] {
            let address = text.parse::<Address>().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address.to_string(), shown);
        }
        let key = AggregateKey::new("order", "42").unwrap();
        let at = Some(At::Version(Version(46)));
        assert_eq!("order/42@46".parse(), Ok(Address::Aggregate { key, at }));
        let between = Between { from: None, to: Some(Position(9)) };
        assert_eq!("#..9".parse(), Ok(Address::Events(between)));
    }

    #[test]
    fn a_time_needs_now_and_a_version_does_not() {
        let now: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
        let at: At = "-2h".parse().unwrap();
        assert_eq!(at.time(now), "2026-11-20T12:00:00Z".parse().ok());
        assert_eq!("46".parse::<At>().unwrap().time(now), None);
    }

    const BAD: [&str; 21] = [
        "",
        "order",
        "order/",
        "/42",
        "Order/42",
        "order/4 2",
        "order/42@",
        "order/42@x",
        "order/42@3..x",
        "order/42@..",
        "order/42@99999999999999999999",
        "order/42@1..2..3",
        "#",
        "#x",
        "#1..c2",
        "#..",
        "c",
        "cx",
        "c1..x",
        "c1x",
        "#99999999999999999999",
    ];

    #[test]
    fn errors_point_at_what_is_wrong() {
        let shown = BAD.map(|text| {
            let error = text.parse::<Address>().unwrap_err();
            assert!(text.get(error.span.clone()).is_some(), "{text}: {:?}", error.span);
            let marks = "^".repeat(error.span.len().max(1));
            format!("{text}\n{:>start$}{marks} {error}", "", start = error.span.start)
        });
        insta::assert_snapshot!(shown.join("\n"), @r"

        ^ an address is missing
        order
        ^^^^^ `order` is not an address
        order/
              ^ `` is not an aggregate id: use a letter or digit, then letters, digits, `_` and `-`, at most 128 characters
        /42
        ^ `` is not an aggregate type: use a lower-case letter, then lower-case letters, digits and `_`, at most 128 characters
        Order/42
        ^^^^^ `Order` is not an aggregate type: use a lower-case letter, then lower-case letters, digits and `_`, at most 128 characters
        order/4 2
              ^^^ `4 2` is not an aggregate id: use a letter or digit, then letters, digits, `_` and `-`, at most 128 characters
        order/42@
                 ^ a version or a time is missing
        order/42@x
                 ^ `x` is neither a version nor a time
        order/42@3..x
                    ^ `x` is neither a version nor a time
        order/42@..
                 ^^ a range without ends
        order/42@99999999999999999999
                 ^^^^^^^^^^^^^^^^^^^^ `99999999999999999999` is not a version: a whole number from 0
        order/42@1..2..3
                    ^^^^ `2..3` is neither a version nor a time
        #
         ^ `` is not a position
        #x
         ^ `x` is not a position
        #1..c2
            ^^ `c2` is not a position
        #..
        ^^^ a range without ends
        c
        ^ `c` is not an address
        cx
        ^^ `cx` is not an address
        c1..x
            ^ `x` is not a commit
        c1x
         ^^ `1x` is not a commit
        #99999999999999999999
         ^^^^^^^^^^^^^^^^^^^^ `99999999999999999999` is not a position
        ");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_shown_reads_back(
            text in "(a/b@)?(#|c)?([0-9]{1,3}|-[0-9][hdw])?(\\.\\.)?(#|c)?([0-9]{1,3}|-[0-9][hdw])?"
        ) {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }

        #[test]
        fn no_text_panics_and_spans_lie_on_characters(text in "([ac]/?)?[#@c.é0-9/-]{0,8}.{0,3}") {
            if let Err(error) = text.parse::<Address>() {
                prop_assert!(text.get(error.span).is_some());
            }
        }
    }
}
