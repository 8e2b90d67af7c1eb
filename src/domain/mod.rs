//! The nouns: ids, events, values, states. Pure: no I/O, no clock, no randomness.

pub mod canonical;
pub mod event;
mod hash;
pub mod ids;
pub mod json;
mod time;

pub use event::{Actor, Body, Event, Header, Kind};
pub use hash::{Hash, HashError};
pub use ids::{
    AggregateId, AggregateKey, AggregateType, CommitNumber, EventId, EventType, IdError, Position,
    Version,
};
pub use json::Json;
pub use time::{TimeError, Timestamp};
