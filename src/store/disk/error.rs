//! What can be wrong with the files of a store.

use super::lock::Holder;
use std::io;
use std::path::{Path, PathBuf};

/// Why the files of a store cannot be used as they are. Nothing was changed on disk when one of these is returned,
/// unless the operation that failed was itself a change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// The operating system refused.
    #[error("cannot {op} `{}`: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `sync`.
        op: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process, or another handle of this one, has the store.
    #[error("the store is in use{}", holder.as_ref().map(|h| format!(" by {h}")).unwrap_or_default())]
    Locked {
        /// Who has it, where it could be read.
        holder: Option<Holder>,
    },
    /// The lock is no longer where it was taken: its folder is gone or another one stands there, or the next process will
    /// take the store for free.
    #[error("`{}` was removed, moved or replaced while the store was in use", path.display())]
    LockGone {
        /// The lock.
        path: PathBuf,
    },
    /// fjall still has its folder open, so its journals cannot be truncated.
    #[error("`{}` is still open", path.display())]
    StillOpen {
        /// The folder of fjall.
        path: PathBuf,
    },
    /// A keyspace kept data in memory for longer than the close wanted to wait.
    #[error("the keyspace `{keyspace}` was not written to disk in {waited_ms} ms")]
    NotFlushed {
        /// The keyspace.
        keyspace: String,
        /// How long it was given, in milliseconds.
        waited_ms: u128,
    },
    /// fjall refused.
    #[error("cannot {op}: {source}")]
    Fjall {
        /// What was tried, as a verb.
        op: &'static str,
        /// What fjall said.
        source: fjall::Error,
    },
    /// There is no FORMAT file.
    #[error("`{}` is missing", path.display())]
    FormatMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The FORMAT file does not hold what was written into it.
    #[error("`{}` is damaged: {reason}", path.display())]
    FormatDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A later version of dbx wrote the store, in a format that this one cannot read.
    #[error(
        "the store has format {found}, this dbx reads up to {supported}: install dbx {written_by} or later"
    )]
    NewerFormat {
        /// The format of the store.
        found: u32,
        /// The latest format that this version reads.
        supported: u32,
        /// The version of dbx that wrote the store.
        written_by: String,
    },
    /// The store uses something that this version does not know.
    #[error(
        "the store needs `{feature}`, which this dbx does not know: install dbx {written_by} or later"
    )]
    UnknownFeature {
        /// What it needs, as it stands in FORMAT.
        feature: String,
        /// The version of dbx that wrote the store.
        written_by: String,
    },
    /// The folder was made by another program.
    #[error("`{}` was not made by dbx: it holds {}", path.display(), list(found))]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What is in there that dbx did not write.
        found: Vec<String>,
    },
    /// There is no ANCHOR file.
    #[error("`{}` is missing", path.display())]
    AnchorMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// Neither slot of ANCHOR can be read.
    #[error("`{}` is damaged: neither of its two slots can be read", path.display())]
    AnchorDamaged {
        /// The file.
        path: PathBuf,
    },
    /// ANCHOR belongs to another store.
    #[error("`{}` belongs to the store `{found}`, not to `{expected}`", path.display())]
    AnchorForeign {
        /// The file.
        path: PathBuf,
        /// The store that FORMAT names.
        expected: uuid::Uuid,
        /// The store that ANCHOR names.
        found: uuid::Uuid,
    },
    /// FORMAT is there, but the folder of fjall is not.
    #[error("the store folder `{}` is missing", path.display())]
    StoreMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file that fjall would recreate empty, deleting what belongs to it, is missing.
    #[error("`{}` is missing from the store", path.display())]
    Missing {
        /// The file, or the pattern that nothing matches.
        path: PathBuf,
    },
    /// Something in the folder of fjall that makes it fail or panic.
    #[error("`{}` does not belong into the store", path.display())]
    Stray {
        /// What does not belong there.
        path: PathBuf,
    },
}

impl DiskError {
    /// Whether stored bytes are not what was written, as opposed to a store that is busy, new or unreachable.
    pub fn is_corruption(&self) -> bool {
        matches!(
            self,
            Self::FormatDamaged { .. }
                | Self::FormatMissing { .. }
                | Self::AnchorMissing { .. }
                | Self::AnchorDamaged { .. }
                | Self::AnchorForeign { .. }
                | Self::StoreMissing { .. }
                | Self::Missing { .. }
                | Self::Stray { .. }
        )
    }

    /// For `map_err`: what was tried on which path.
    pub(in crate::store) fn io(op: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { op, path: path.to_owned(), source }
    }
}

fn list(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    shown.join(", ") + more
}
