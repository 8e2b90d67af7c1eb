//! What can go wrong with a backup.

use crate::domain::Position;
use crate::store::error::StoreError;
use crate::store::format::FormatError;
use std::io;

/// Why a backup could not be written, read or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Something in one of several files.
    #[error("`{name}`: {source}")]
    In {
        /// The file, as the user wrote it.
        name: String,
        /// What.
        source: Box<BackupError>,
    },
    /// The bytes are none of a backup.
    #[error("this is not a backup of dbx")]
    NotABackup,
    /// A later version wrote it.
    #[error("the backup has format {found}, this dbx reads format 1")]
    NewerFormat {
        /// The format that it names.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("the backup is damaged at byte {at}: {reason}")]
    Damaged {
        /// Where, in bytes from the start: the frame that is wrong.
        at: u64,
        /// What is wrong.
        reason: String,
    },
    /// The end is missing.
    #[error("the backup is cut short at byte {at}")]
    CutShort {
        /// How many bytes there are.
        at: u64,
    },
    /// The backups do not go on from each other.
    #[error("{0}")]
    Chain(String),
    /// The backup that is to be gone on from is of another store.
    #[error("{0}")]
    OtherStore(String),
    /// What an earlier backup holds is not the beginning of what follows it.
    #[error("{0}")]
    Rewritten(String),
    /// There is something in the store that a restore would replace.
    #[error("the store has {}", occupied(*events))]
    NotEmpty {
        /// How many events it has, where that could be read.
        events: Option<Position>,
    },
    /// The source could not be read.
    #[error("the backup could not be read: {0}")]
    Read(io::Error),
    /// The sink could not be written.
    #[error("the backup could not be written: {0}")]
    Write(io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever asked for it said stop.
    #[error("stopped at your request")]
    Stopped,
}

fn occupied(events: Option<Position>) -> String {
    match events {
        Some(Position(0)) => "an applied schema".to_owned(),
        Some(Position(1)) => "1 event already".to_owned(),
        Some(events) => format!("{events} events already"),
        None => "events already, or is damaged".to_owned(),
    }
}

impl BackupError {
    /// Names the file that it is about.
    pub(crate) fn of(name: &str) -> impl FnOnce(Self) -> Self {
        move |source| match source {
            // What is about the store, or about several files, is not about this one.
            Self::Store(_) | Self::Stopped | Self::Chain(_) | Self::Rewritten(_) => source,
            source => Self::In { name: name.to_owned(), source: Box::new(source) },
        }
    }

    /// Whether the bytes of a backup are at fault.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::In { source, .. } => source.is_damage(),
            Self::Damaged { .. } | Self::CutShort { .. } | Self::Rewritten(_) => true,
            Self::Store(error) => error.is_damage(),
            _ => false,
        }
    }

    /// Bytes of a frame that are none of this format.
    pub(super) fn format(at: u64) -> impl FnOnce(FormatError) -> Self {
        move |error| match error {
            FormatError::NewerFormat { found, .. } => Self::NewerFormat { found },
            error => Self::Damaged { at, reason: error.to_string() },
        }
    }
}
