//! The names and numbers by which facts are known.

use super::event::Kind;
use std::fmt;
use std::str::FromStr;

/// The most characters that an aggregate id may have.
pub const AGGREGATE_ID_CHARS_MAX: usize = 128;

/// The most characters that a type name may have: types are part of every key, and keys are bounded.
pub const TYPE_CHARS_MAX: usize = 128;

/// The prefix of event types that only dbx itself writes, such as `dbx_archived`.
pub const RESERVED_PREFIX: &str = "dbx_";

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not an aggregate type.
    #[error(
        "`{0}` is not an aggregate type: use a lower-case letter, then lower-case letters, digits and `_`, at most 128 characters"
    )]
    AggregateType(String),
    /// Not an aggregate id.
    #[error(
        "`{0}` is not an aggregate id: use a letter or digit, then letters, digits, `_` and `-`, at most 128 characters"
    )]
    AggregateId(String),
    /// Not an event type.
    #[error(
        "`{0}` is not an event type: use a lower-case letter, then lower-case letters, digits and `_`, at most 128 characters"
    )]
    EventType(String),
    /// An event type that only dbx may write.
    #[error(
        "the event type `{0}` is reserved: names that start with `dbx_` are written by dbx itself"
    )]
    Reserved(String),
    /// Not a number of the kind that was asked for.
    #[error("`{text}` is not {what}")]
    Number {
        /// What was read.
        text: String,
        /// What it should be.
        what: &'static str,
    },
}

/// Cuts a text for a message, so that a hostile megabyte does not become an error of a megabyte.
fn shown(text: &str) -> String {
    const CHARS: usize = 48;
    let mut out: String = text.chars().take(CHARS).collect();
    if text.chars().nth(CHARS).is_some() {
        out.push('…');
    }
    out
}

fn is_snake(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= TYPE_CHARS_MAX
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
    };
}

text_id! {
    /// The type of an aggregate: `^[a-z][a-z0-9_]*$`.
    AggregateType
}

text_id! {
    /// The id of an aggregate within its type: `^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`.
    AggregateId
}

text_id! {
    /// The type of an event: `^[a-z][a-z0-9_]*$`.
    EventType
}

impl AggregateType {
    /// Checks and takes a type name.
    ///
    /// # Errors
    /// [`IdError::AggregateType`] unless `text` matches the rule above.
    pub fn new(text: &str) -> Result<Self, IdError> {
        if is_snake(text) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::AggregateType(shown(text)))
        }
    }
}

impl AggregateId {
    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`IdError::AggregateId`] unless `text` matches the rule above.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let mut bytes = text.bytes();
        let ok = text.len() <= AGGREGATE_ID_CHARS_MAX
            && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if ok { Ok(Self(text.into())) } else { Err(IdError::AggregateId(shown(text))) }
    }
}

impl EventType {
    /// Checks and takes the name of an event as a writer gives it: dots become underscores.
    ///
    /// # Errors
    /// [`IdError::EventType`] for a name of another form, [`IdError::Reserved`] for one that starts with `dbx_`.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let name = Self::stored(&text.replace('.', "_"))?;
        if name.0.starts_with(RESERVED_PREFIX) {
            return Err(IdError::Reserved(shown(text)));
        }
        Ok(name)
    }

    /// The name of the events of a kind that dbx alone writes; `None` for the kinds of writers.
    pub fn system(kind: Kind) -> Option<Self> {
        kind.system_type().map(|name| Self(name.into()))
    }

    /// Takes a name as the log holds it, which may be one of dbx's own.
    ///
    /// # Errors
    /// [`IdError::EventType`] for a name of another form.
    pub fn stored(text: &str) -> Result<Self, IdError> {
        if is_snake(text) { Ok(Self(text.into())) } else { Err(IdError::EventType(shown(text))) }
    }
}

/// An aggregate's full name, `type/id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AggregateKey {
    /// The type.
    pub aggregate_type: AggregateType,
    /// The id within the type.
    pub id: AggregateId,
}

impl AggregateKey {
    /// Checks and takes both parts.
    ///
    /// # Errors
    /// The part that is not an identifier.
    pub fn new(aggregate_type: &str, id: &str) -> Result<Self, IdError> {
        Ok(Self { aggregate_type: AggregateType::new(aggregate_type)?, id: AggregateId::new(id)? })
    }
}

impl fmt::Display for AggregateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.id)
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub u64);

        impl $name {
            /// The number.
            pub fn get(self) -> u64 {
                self.0
            }

            /// The next one.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // `u64::from_str` takes a leading `+`, which no position or version has.
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                match text.parse() {
                    Ok(number) if digits => Ok(Self(number)),
                    _ => Err(IdError::Number { text: shown(text), what: $what }),
                }
            }
        }
    };
}

number_id! {
    /// The place of an event in its aggregate: 1, 2, 3 … without gaps. 0 is before the first event.
    Version, "a version: a whole number from 0"
}

number_id! {
    /// The place of an event in the whole log: 1, 2, 3 … without gaps. 0 is before the first event.
    Position, "a position: a whole number from 0"
}

number_id! {
    /// The number of a commit: 1, 2, 3 …, written `c1`.
    CommitNumber, "the number of a commit"
}

number_id! {
    /// A Snowflake id: 41 bits of milliseconds since 2020-01-01Z, 10 of worker, 12 of sequence;
    /// ascending with position and unique across workers.
    EventId, "an event id: a whole number"
}

impl EventId {
    /// The start of the ids' time: 2020-01-01T00:00:00Z in milliseconds of the Unix epoch.
    pub const EPOCH_MS: u64 = 1_577_836_800_000;
    /// The largest worker number.
    pub const WORKER_MAX: u16 = 1023;
    const SEQUENCE_BITS: u32 = 12;
    const WORKER_BITS: u32 = 10;

    /// The next id of `worker` at `now_ms` (milliseconds of the Unix epoch) after `last`, never at or below it,
    /// whatever the clock does: when the clock stands or goes back, the sequence and then the time of `last` go on.
    #[must_use]
    pub fn after(last: Self, now_ms: u64, worker: u16) -> Self {
        let time = now_ms.saturating_sub(Self::EPOCH_MS);
        let shift = Self::SEQUENCE_BITS + Self::WORKER_BITS;
        let worker = u64::from(worker.min(Self::WORKER_MAX)) << Self::SEQUENCE_BITS;
        let fresh = (time << shift) | worker;
        if fresh > last.0 {
            return Self(fresh);
        }
        let next = last.0 + 1;
        let (last_time, sequence) = (last.0 >> shift, next & ((1 << Self::SEQUENCE_BITS) - 1));
        let same_worker = (last.0 >> Self::SEQUENCE_BITS) & u64::from(Self::WORKER_MAX)
            == worker >> Self::SEQUENCE_BITS;
        if same_worker && sequence != 0 {
            return Self(next);
        }
        Self(((last_time + 1) << shift) | worker)
    }

    /// The time in the id, in milliseconds of the Unix epoch.
    pub fn time_ms(self) -> u64 {
        (self.0 >> (Self::SEQUENCE_BITS + Self::WORKER_BITS)) + Self::EPOCH_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rules() {
        for good in ["a", "order", "order_2", "o2_"] {
            assert!(AggregateType::new(good).is_ok(), "{good}");
        }
        for bad in ["", "Order", "2order", "_o", "o-x", "o.x", "ö", &"a".repeat(129)] {
            assert!(AggregateType::new(bad).is_err(), "{bad}");
        }
        for good in ["1", "A", "order-42", "a_b", &"a".repeat(128)] {
            assert!(AggregateId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "a.b", "a/b", "a b", "ä", "a\0", &"a".repeat(129)] {
            assert!(AggregateId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dots_of_event_types_become_underscores_and_dbx_is_reserved() {
        assert_eq!(EventType::new("order.paid").unwrap().as_str(), "order_paid");
        assert_eq!(EventType::new("dbx_archived"), Err(IdError::Reserved("dbx_archived".into())));
        assert!(EventType::new("dbx.archived").is_err());
        assert!(EventType::stored("dbx_archived").is_ok());
    }

    #[test]
    fn event_ids_ascend_when_the_clock_stands_or_goes_back() {
        let start = EventId::EPOCH_MS + 1_000;
        let mut last = EventId::default();
        for step in 0..10_000_u64 {
            let now = if step % 3 == 0 { start } else { start - step % 50 };
            let next = EventId::after(last, now, 7);
            assert!(next > last);
            assert_eq!((next.0 >> 12) & 1023, 7, "the worker stays in its place");
            last = next;
        }
        assert!(last.time_ms() <= start + 3, "10,000 ids need three milliseconds at most");
        assert!(
            EventId::after(last, start, 1) > last,
            "another worker takes over above the last id"
        );
    }

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!("48".parse::<Version>(), Ok(Version(48)));
        for bad in ["+4", "-1", "", " 4", "4x", "99999999999999999999"] {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }
}
