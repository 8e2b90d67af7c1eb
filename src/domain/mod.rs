//! The nouns: ids, events, values, states. Pure: no I/O, no clock, no randomness.

pub mod access;
pub mod address;
pub mod canonical;
mod cursor;
mod diff;
pub mod event;
pub mod filter;
mod fold;
mod hash;
pub mod ids;
pub mod json;
mod moment;
mod time;

pub use address::{Address, AddressError};
pub use cursor::{CURSOR_CHARS_MAX, CursorName, CursorNameError};
pub use diff::{Change, diff, diff_objects};
pub use event::{Actor, Body, Erasure, Event, Header, Kind};
pub use filter::{Filter, FilterError, FilterSubject};
pub use fold::{FoldError, fold};
pub use hash::{Hash, HashError};
pub use ids::{
    AggregateId, AggregateKey, AggregateType, CommitNumber, EventId, EventType, IdError, Position,
    Version,
};
pub use json::Json;
pub use moment::{Ago, Moment, MomentError, Precision, Unit};
pub use time::{TimeError, Timestamp};
