//! What can go wrong in the store.

use super::disk::DiskError;
use super::format::FormatError;
use crate::domain::{AggregateKey, Position, Version};
use crate::schema::values::Violation;
use crate::seal::SealError;
use crate::workspace::DataKeyError;
use std::io::ErrorKind;
use std::sync::Arc;

/// Why the store cannot do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Something about the files around the database.
    #[error(transparent)]
    Disk(#[from] Arc<DiskError>),
    /// fjall refuses or fails.
    #[error("the storage engine reports: {0}")]
    Engine(String),
    /// Bytes that fail a checksum of fjall's.
    #[error("stored bytes are damaged: {0}")]
    Damaged(String),
    /// A record that is not of this format.
    #[error("{place}: {source}")]
    Record {
        /// Which record.
        place: String,
        /// What is wrong with it.
        source: FormatError,
    },
    /// Records that contradict each other.
    #[error("{0}")]
    Inconsistent(String),
    /// The store is open for reading only.
    #[error("the store is open for reading only: {reason}")]
    ReadOnly {
        /// Why.
        reason: String,
    },
    /// An earlier write failed; this handle takes no further ones.
    #[error(
        "an earlier write failed, so this store takes no more writes until it is opened again: {0}"
    )]
    Poisoned(Arc<StoreError>),
    /// A write failed half-way: it may or may not be there after the store is opened again.
    #[error("the write failed and its outcome is unknown: {0}")]
    OutcomeUnknown(Arc<StoreError>),
    /// The writer panicked in the middle of a message, whose reply went with it.
    #[error("the writer ended before it answered")]
    Unanswered,
    /// There is no store in the folder yet, or only a half-made one.
    #[error("there is no store in `{}`", .0.display())]
    NotBuilt(std::path::PathBuf),
    /// The writer is gone.
    #[error("the store is closed")]
    Closed,
    /// Whoever asked does not want the answer any more.
    #[error("it was told to stop")]
    Stopped,
    /// A thread ended with a panic: a fault of dbx.
    #[error("a thread of dbx panicked, so there is no answer")]
    Panicked,
    /// What is asked for is sealed, and there is no key that opens it.
    #[error("{0}")]
    NoKey(Arc<DataKeyError>),
    /// The contents of an aggregate were destroyed, and nothing is sealed for it any more.
    #[error("`{0}` is erased")]
    Erased(AggregateKey),
    /// What needs an encrypted workspace was asked of another.
    #[error("the workspace is not encrypted")]
    NotEncrypted,
    /// Encryption was asked for where there is something in the clear already.
    #[error("the workspace is not encrypted, and there is something in it already")]
    PlainContents,
    /// Readers of this process hold on to files that are to be rewritten.
    #[error("the store is being read, so its files cannot be rewritten now")]
    BeingRead,
    /// The operating system refused randomness.
    #[error("the operating system gives no random bytes: {0}")]
    Random(String),
}

impl StoreError {
    /// What is known of a message whose reply was dropped: the writer panicked in the middle of it.
    pub(crate) fn unanswered() -> Self {
        Self::OutcomeUnknown(Arc::new(Self::Unanswered))
    }

    /// Puts a name to a record that could not be read.
    pub(crate) fn record(place: impl std::fmt::Display) -> impl FnOnce(FormatError) -> Self {
        // The place is put into words only when there is something to say about it: this is asked for every event.
        move |source| Self::Record { place: place.to_string(), source }
    }

    /// Whether the store is no longer where it was opened: by itself, or as what made a write fail.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Disk(error) => matches!(**error, DiskError::LockGone { .. }),
            Self::Poisoned(cause) | Self::OutcomeUnknown(cause) => cause.is_gone(),
            _ => false,
        }
    }

    /// Whether the stored bytes are at fault, and not the moment or the caller.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::Record { .. } | Self::Inconsistent(_))
    }
}

impl From<DataKeyError> for StoreError {
    fn from(error: DataKeyError) -> Self {
        Self::NoKey(Arc::new(error))
    }
}

impl StoreError {
    /// Puts a name to what could not be sealed or opened.
    pub(crate) fn sealed(place: impl std::fmt::Display) -> impl FnOnce(SealError) -> Self {
        move |error| match error {
            SealError::Random(reason) => Self::Random(reason),
            error => Self::Inconsistent(format!("{place}: {error}")),
        }
    }
}

impl From<DiskError> for StoreError {
    fn from(error: DiskError) -> Self {
        Self::Disk(Arc::new(error))
    }
}

impl From<fjall::Error> for StoreError {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Storage(inner) => {
                let text = format!("{inner:?}");
                // A file that is shorter than its own account, or gone, is damage that happens to be found by reading.
                let lost = ["UnexpectedEof", "NotFound", "InvalidData", "InvalidInput"];
                let damaged = !text.contains("Io(") || lost.iter().any(|kind| text.contains(kind));
                if damaged { Self::Damaged(plain(text)) } else { Self::Engine(text) }
            }
            fjall::Error::JournalRecovery(inner) => Self::Damaged(format!("journal: {inner:?}")),
            fjall::Error::Decompress(_)
            | fjall::Error::InvalidTrailer
            | fjall::Error::InvalidVersion(_)
            | fjall::Error::InvalidTag(_)
            | fjall::Error::Unrecoverable => Self::Damaged(format!("{error:?}")),
            fjall::Error::Io(inner) => match inner.kind() {
                ErrorKind::UnexpectedEof
                | ErrorKind::NotFound
                | ErrorKind::InvalidData
                | ErrorKind::InvalidInput => Self::Damaged(inner.to_string()),
                _ => Self::Engine(inner.to_string()),
            },
            // A reader of a store that was closed in this process still has the database.
            fjall::Error::Locked => DiskError::Locked { holder: None }.into(),
            other => Self::Engine(format!("{other:?}")),
        }
    }
}

/// The storage engine's words for damage, in plain ones where they are known.
fn plain(text: String) -> String {
    let known = [
        ("ChecksumMismatch", "a checksum does not fit its bytes"),
        ("UnexpectedEof", "a file is shorter than it was"),
        ("NotFound", "a file is missing"),
        ("Unrecoverable", "the files do not fit each other"),
        ("InvalidHeader", "a block does not begin as it must"),
        ("InvalidTrailer", "a file does not end as it must"),
    ];
    let found = known.into_iter().find(|(words, _)| text.contains(words));
    found.map_or(text, |(_, plain)| plain.to_owned())
}

/// A refused proposal. Nothing of it was written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{refusal}")]
pub struct Rejection {
    /// Which operation is at fault, from 0, where it is one of them.
    pub operation: Option<usize>,
    /// Why.
    pub refusal: Refusal,
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error).into()
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self { operation: None, refusal }
    }
}

/// Why a proposal was refused.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no operation in it.
    #[error("a commit needs at least one operation")]
    Empty,
    /// The aggregate is not at the expected version.
    #[error("`{aggregate}` is at version {actual}, not at {expected}")]
    Version {
        /// Which aggregate.
        aggregate: AggregateKey,
        /// What the writer expected.
        expected: Version,
        /// What is there; 0 where there is no such aggregate.
        actual: Version,
    },
    /// The aggregate exists and must not.
    #[error("`{aggregate}` exists already, at version {actual}")]
    Exists {
        /// Which aggregate.
        aggregate: AggregateKey,
        /// Its version.
        actual: Version,
    },
    /// The aggregate does not exist and must.
    #[error("there is no `{0}`")]
    Unknown(AggregateKey),
    /// The aggregate is archived.
    #[error("`{0}` is archived")]
    Archived(AggregateKey),
    /// The contents of the aggregate were destroyed.
    #[error("`{0}` is erased")]
    Erased(AggregateKey),
    /// The aggregate is active, so there is nothing to restore.
    #[error("`{0}` is not archived")]
    NotArchived(AggregateKey),
    /// References with the cascade `restrict` keep an aggregate from being archived.
    #[error("`{target}` cannot be archived: {}", refusing(referrers.len(), unseen))]
    Restricted {
        /// What was to be archived.
        target: AggregateKey,
        /// Who points at it, and the field as a JSON pointer (RFC 6901).
        referrers: Vec<(AggregateKey, String)>,
        /// What else there is that the caller may not see.
        unseen: Unseen,
    },
    /// A cascade that is too large for one commit.
    #[error("archiving `{target}` makes a commit of {needs}")]
    Cascade {
        /// What was to be archived.
        target: AggregateKey,
        /// How large the commit would be, and how large it may be.
        needs: String,
    },
    /// The schema refuses an operation.
    #[error("the schema refuses `{event_type}` on `{aggregate}`")]
    Schema {
        /// Which aggregate.
        aggregate: AggregateKey,
        /// What should have happened.
        event_type: String,
        /// Everything that is wrong.
        violations: Vec<Violation>,
    },
    /// A patch that does not apply to the state.
    #[error("the patch of `{aggregate}` does not apply: {reason}")]
    Patch {
        /// Which aggregate.
        aggregate: AggregateKey,
        /// Why.
        reason: String,
        /// Whether a `test` of the patch failed, and not its form.
        test_failed: bool,
    },
    /// The idempotency key was used for other operations.
    #[error("the idempotency key was used for other operations, at position {first}")]
    KeyReused {
        /// The first position of what it was used for.
        first: Position,
    },
    /// The schema in force is not the one that the proposal was checked with: check again.
    #[error("the schema changed to version {in_force} meanwhile")]
    StaleSchema {
        /// The version in force.
        in_force: u64,
    },
    /// The token does not hold any more, or not for that much.
    #[error(transparent)]
    Token(#[from] super::token::TokenRefusal),
    /// The stage is not what the proposal or the change was made from: look again.
    #[error("the stage changed meanwhile")]
    StageMoved,
    /// A result that would be too large to keep.
    #[error("{what} would have {bytes} bytes, and at most {max} are kept")]
    TooLarge {
        /// What.
        what: String,
        /// How large.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// References that somebody may not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// So many.
    Count(usize),
    /// Some. How many is not for that one to know either.
    Untold,
}

fn refusing(seen: usize, unseen: &Unseen) -> String {
    match unseen {
        Unseen::Untold => "references to it restrict that".to_owned(),
        Unseen::Count(more) if seen + more == 1 => "a reference to it restricts that".to_owned(),
        Unseen::Count(more) => format!("{} references to it restrict that", seen + more),
    }
}
