//! One batch of a journal, walked from its start to its end marker.

use super::super::DiskError;
use super::window::{Window, size};
use xxhash_rust::xxh3::Xxh3;

/// What ends every batch.
pub(super) const MAGIC: [u8; 4] = *b"FJL\x03";

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;

const START_BYTES: u64 = 13;
const ITEM_BYTES: u64 = 21;
const END_BYTES: u64 = 13;
const CLEAR_BYTES: u64 = 9;

/// fjall asserts that a sequence number stays below this: the highest bit is its own.
const SEQNO_END: u64 = 1 << 63;

/// A batch that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    /// The first byte behind its end marker.
    pub(super) end: u64,
    /// Its sequence number.
    pub(super) seqno: u64,
}

/// Why the bytes at some place are not a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No batch begins there.
    #[error("no batch begins here")]
    NoStart,
    /// An entry of no known kind, or a batch that begins inside another.
    #[error("an entry of no known kind")]
    Tag,
    /// The two lengths of an uncompressed value differ.
    #[error("the lengths of a value contradict each other")]
    Length,
    /// The file ends inside the batch.
    #[error("the file ends inside the batch")]
    Short,
    /// More or fewer entries than the batch announces.
    #[error("the number of entries is not the announced one")]
    Count,
    /// The bytes of the entries are not those that were written.
    #[error("the checksum is wrong")]
    Checksum,
    /// The end marker does not end as it must, and stands at this place.
    #[error("the end marker is damaged")]
    Trailer {
        /// Where the end marker begins.
        at: u64,
    },
    /// The sequence number is not above those before, or far above.
    #[error("the sequence number {found} does not follow {after}")]
    Sequence {
        /// The number.
        found: u64,
        /// The number of the batch before, or one less than the lowest that can be.
        after: u64,
    },
}

/// Reads the batch at `at`.
pub(super) fn read(window: &mut Window, at: u64) -> Result<Result<Batch, Fault>, DiskError> {
    walk(window, at, Some(Xxh3::new()))
}

/// Reads the batch at `at`, where most probably there is none: the bytes are hashed only once everything else is right.
pub(super) fn probe(window: &mut Window, at: u64) -> Result<Option<Batch>, DiskError> {
    let Some(head) = window.bytes::<14>(at)? else { return Ok(None) };
    if head.first() != Some(&START) || !matches!(head.last(), Some(&(ITEM | CLEAR))) {
        return Ok(None);
    }
    if walk(window, at, None)?.is_err() {
        return Ok(None);
    }
    Ok(read(window, at)?.ok())
}

fn walk(
    window: &mut Window,
    at: u64,
    mut hasher: Option<Xxh3>,
) -> Result<Result<Batch, Fault>, DiskError> {
    let Some([tag, head @ ..]) = window.bytes::<13>(at)? else {
        let started = window.bytes::<1>(at)? == Some([START]);
        return Ok(Err(if started { Fault::Short } else { Fault::NoStart }));
    };
    if tag != START {
        return Ok(Err(Fault::NoStart));
    }
    let [c0, c1, c2, c3, seqno @ ..] = head;
    let (count, seqno) = (u32::from_le_bytes([c0, c1, c2, c3]), u64::from_le_bytes(seqno));
    let mut at = at + START_BYTES;
    let mut entries = 0_u32;
    loop {
        let bytes = match window.bytes::<1>(at)? {
            Some([ITEM]) => item_bytes(window, at)?,
            Some([CLEAR]) => Ok(CLEAR_BYTES),
            Some([END]) => {
                let whole = entries == count && count > 0;
                return end(window, at, Batch { end: at + END_BYTES, seqno }, whole, hasher);
            }
            Some(_) => Err(Fault::Tag),
            None => Err(Fault::Short),
        };
        let next = match bytes {
            Ok(bytes) if at + bytes > window.len() => return Ok(Err(Fault::Short)),
            Ok(bytes) => at + bytes,
            Err(fault) => return Ok(Err(fault)),
        };
        if let Some(hasher) = &mut hasher {
            hash(window, at, next, hasher)?;
        }
        at = next;
        entries = entries.saturating_add(1);
    }
}

/// The length of the item at `at`, by its own account.
fn item_bytes(window: &mut Window, at: u64) -> Result<Result<u64, Fault>, DiskError> {
    let Some(head) = window.bytes::<21>(at)? else { return Ok(Err(Fault::Short)) };
    let [_, kind, compression, _, _, _, _, _, _, _, _, k0, k1, v0, v1, v2, v3, stored @ ..] = head;
    let value = u32::from_le_bytes([v0, v1, v2, v3]);
    let stored = u32::from_le_bytes(stored);
    if kind > 2 || compression > 1 {
        return Ok(Err(Fault::Tag));
    }
    if compression == 0 && value != stored {
        return Ok(Err(Fault::Length));
    }
    let key = u16::from_le_bytes([k0, k1]);
    Ok(Ok(ITEM_BYTES + u64::from(key) + u64::from(stored)))
}

fn end(
    window: &mut Window,
    at: u64,
    batch: Batch,
    whole: bool,
    hasher: Option<Xxh3>,
) -> Result<Result<Batch, Fault>, DiskError> {
    let Some([_, c0, c1, c2, c3, c4, c5, c6, c7, magic @ ..]) = window.bytes::<13>(at)? else {
        return Ok(Err(Fault::Short));
    };
    let checksum = u64::from_le_bytes([c0, c1, c2, c3, c4, c5, c6, c7]);
    Ok(if magic != MAGIC {
        Err(Fault::Trailer { at })
    } else if !whole {
        Err(Fault::Count)
    } else if hasher.is_some_and(|hasher| hasher.digest() != checksum) {
        Err(Fault::Checksum)
    } else if batch.seqno >= SEQNO_END {
        Err(Fault::Sequence { found: batch.seqno, after: SEQNO_END - 1 })
    } else {
        Ok(batch)
    })
}

fn hash(window: &mut Window, from: u64, to: u64, hasher: &mut Xxh3) -> Result<(), DiskError> {
    let mut at = from;
    while at < to {
        let chunk = window.chunk(at)?;
        let left = usize::try_from(to - at).unwrap_or(usize::MAX);
        let Some(part) = chunk.get(..left.min(chunk.len())).filter(|part| !part.is_empty()) else {
            break; // shorter than it said: the checksum will not match
        };
        hasher.update(part);
        at += size(part);
    }
    Ok(())
}
