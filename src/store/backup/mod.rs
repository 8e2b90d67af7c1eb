//! Backups: the primary keyspaces at one moment as a stream, and a store made from such streams again.
//!
//! A backup is read from one snapshot, so that writers go on meanwhile, with memory for one frame. It holds what nothing
//! else gives: the log (`ev`), the records beside it (`mt`) and the wrapped data keys (`ky`); never a master key nor a key
//! that signs. What a backup says of itself is recomputed from its bytes by whoever reads it: every frame has a checksum,
//! and the trailer holds the hash of all of them and the root of the log's tree, which the events have to give.
//!
//! An increment names the position and the root that an earlier backup ended with. It is made only of a store whose log
//! still has that root at that position, and restored only behind that backup, so a history that was rewritten between
//! two backups cannot be put together from them.
//!
//! The bytes are drawn in [`format`](super::format).

mod carry;
mod error;
mod read;
mod restore;
mod write;

pub use error::BackupError;
pub(crate) use read::{BackupSummary, Checked, check_chain};
pub(crate) use restore::{Input, RestoreProgress};
#[cfg(test)]
pub(crate) use restore::{Restored, read as read_into};
