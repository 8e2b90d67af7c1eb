//! An event as a text: what is put into the editor for it, and what comes back from there.
//!
//! The text is JSON in which `#` and `//` begin a comment and a comma may stand behind the last member. Nothing here
//! reads or writes: a text goes out as an effect and comes back as a message.

mod annotate;
mod read;
mod template;

pub(crate) use annotate::{Pointed, annotated, pointed, stripped};
pub(crate) use read::{Written, read};
pub(crate) use template::{message, message_of, text};

use super::model::Name;
use crate::domain::json::Object;
use crate::schema::Aggregate;
use crate::wire::Operation;

/// What a text is written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An event of an aggregate. Values to begin with are those of a version, or else of the last one.
    New { name: Name, event: String, version: Option<u64> },
    /// The staged operation of this name, as `s3`.
    Staged(String),
}

/// What there is when a text is begun.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) target: Target,
    /// The version of the aggregate behind what is staged on it; 0 where there is none.
    pub(crate) version: u64,
    /// The version whose values the text begins with, and the state then.
    pub(crate) state: (u64, Object),
    /// What a staged operation says, with everything that is hidden elsewhere.
    pub(crate) operation: Option<Operation>,
    /// What the schema in force says of the type.
    pub(crate) rules: Option<Aggregate>,
}
