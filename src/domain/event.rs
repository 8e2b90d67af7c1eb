//! Events: the immutable facts of the log.

use super::hash::Hash;
use super::ids::{AggregateKey, CommitNumber, EventId, EventType, Position, Version};
use super::json::Json;
use super::time::Timestamp;

/// What an event does to the state of its aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The payload's top-level keys replace those of the state.
    Merge,
    /// The content is an RFC 6902 patch of the state.
    Patch,
    /// The aggregate is archived: it refuses writes until it is restored.
    Archive,
    /// The aggregate is active again.
    Restore,
    /// References to an archived aggregate become null.
    Nullify,
    /// The aggregate's contents were destroyed.
    Erase,
}

impl Kind {
    /// The word for the kind, as JSON shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Patch => "patch",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Nullify => "nullify",
            Self::Erase => "erase",
        }
    }

    /// The reserved type of the events of this kind, which dbx alone writes; `None` for the kinds of writers.
    pub fn system_type(self) -> Option<&'static str> {
        match self {
            Self::Merge | Self::Patch => None,
            Self::Archive => Some("dbx_archived"),
            Self::Restore => Some("dbx_restored"),
            Self::Nullify => Some("dbx_nullified"),
            Self::Erase => Some("dbx_erased"),
        }
    }

    /// Whether dbx itself writes the events of this kind, free of the schema's event list and rules.
    pub fn is_system(self) -> bool {
        self.system_type().is_some()
    }

    /// Every kind, in the order of its number on disk.
    pub const ALL: [Self; 6] =
        [Self::Merge, Self::Patch, Self::Archive, Self::Restore, Self::Nullify, Self::Erase];
}

/// Who wrote an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The group of the token; `local` without one.
    pub group: String,
    /// The user of the token; the operating system's name for the user without one.
    pub user: String,
    /// The operating system's number of the user, where there was no token.
    pub uid: Option<u32>,
}

/// What the tree binds: everything about an event but its content, of which it has the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The aggregate.
    pub aggregate: AggregateKey,
    /// The place in the aggregate, from 1.
    pub version: Version,
    /// What happened.
    pub event_type: EventType,
    /// The Snowflake id.
    pub event_id: EventId,
    /// When it was committed; never before the event before it.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub actor: Actor,
    /// The commit that holds it.
    pub commit: CommitNumber,
    /// Its place in the commit, from 0.
    pub commit_index: u32,
    /// How many events the commit has.
    pub commit_size: u32,
    /// SHA-256 of the commit's message, where it has one.
    pub message_hash: Option<Hash>,
    /// The schema version that admitted it; 0 where none did.
    pub schema_version: u64,
    /// What it does to the state.
    pub kind: Kind,
    /// SHA-256 of the stored body.
    pub body_hash: Hash,
}

/// When and by whom an aggregate's contents were destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The place of the erasing event in the log.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// What a writer said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The payload (always an object) or the patch (always an array), normalised; null where the kind has none.
    pub content: Json,
    /// Extension metadata: an object whose keys start with `@`; null where there is none.
    pub metadata: Json,
    /// A note of at most 128 characters.
    pub note: Option<String>,
    /// Where the contents were destroyed: by what. The content is then empty, of the type that the kind has, so that it
    /// folds to nothing.
    pub erased: Option<Box<Erasure>>,
}

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log, from 1.
    pub position: Position,
    /// Header.
    pub header: Header,
    /// Body.
    pub body: Body,
    /// The hash of the stored header: the leaf of both trees.
    pub leaf: Hash,
    /// The root of the aggregate's tree after this event.
    pub merkle_root: Hash,
}
