//! What stands in the whole batches of a journal, for a repair: behind damage the storage engine reads nothing any more.

use super::super::DiskError;
use super::batch;
use super::window::{Window, position_of, size};
use std::path::Path;

/// One entry of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The sequence number of its batch: of two entries with one key, the higher one is the newer.
    pub seqno: u64,
    /// The number of the keyspace.
    pub keyspace: u64,
    /// The key.
    pub key: Vec<u8>,
    /// The value; `None` where the entry removes one.
    pub value: Option<Vec<u8>>,
}

const START_BYTES: u64 = 13;
const ITEM: u8 = 2;
const CLEAR: u8 = 4;
const END: u8 = 3;
const END_BYTES: u64 = 13;
const CLEAR_BYTES: u64 = 9;
const HEAD_BYTES: u64 = 21;
/// The value type of an entry that sets.
const VALUE: u8 = 0;

/// Hands every entry of every whole batch that begins at `from` or behind it to `visit`, in their order.
///
/// Compressed values are passed over: dbx has the journals written without compression.
///
/// # Errors
/// [`DiskError::Io`].
pub fn items_behind(path: &Path, from: u64, visit: &mut dyn FnMut(Item)) -> Result<(), DiskError> {
    let mut window = Window::open(path)?;
    let mut at = from;
    while let Some(data) = window.next_data(at)? {
        let chunk = window.chunk(data)?;
        let Some(skip) = position_of(chunk, |byte| byte == 1 || byte == 0) else {
            at = data + size(chunk);
            continue;
        };
        at = data + skip;
        match batch::probe(&mut window, at)? {
            Some(batch) => {
                entries(&mut window, at + START_BYTES, batch.seqno, visit)?;
                at = batch.end;
            }
            None => at += 1,
        }
    }
    Ok(())
}

/// The entries of a batch that is known to be whole.
fn entries(
    window: &mut Window,
    from: u64,
    seqno: u64,
    visit: &mut dyn FnMut(Item),
) -> Result<(), DiskError> {
    let mut at = from;
    loop {
        match window.bytes::<1>(at)? {
            Some([CLEAR]) => at += CLEAR_BYTES,
            Some([ITEM]) => {
                let Some(head) = window.bytes::<21>(at)? else { return Ok(()) };
                let [_, kind, compression, id @ .., k0, k1, _, _, _, _, s0, s1, s2, s3] = head;
                let key_bytes = u64::from(u16::from_le_bytes([k0, k1]));
                let stored = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
                let key = copy(window, at + HEAD_BYTES, key_bytes)?;
                let value = copy(window, at + HEAD_BYTES + key_bytes, stored)?;
                at += HEAD_BYTES + key_bytes + stored;
                if compression == 0 {
                    let value = (kind == VALUE).then_some(value);
                    visit(Item { seqno, keyspace: u64::from_le_bytes(id), key, value });
                }
            }
            _ => return Ok(()),
        }
    }
}

/// What damaged bytes between whole batches say that they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Where they begin, in bytes.
    pub at: u64,
    /// The entries that can be made out. Nothing vouches for them.
    pub entries: Vec<Claim>,
    /// How many batches ended there, by their end markers; one where there is none.
    pub batches: u64,
    /// Whether all of it could be made out, so that there was nothing else.
    pub all: bool,
}

/// An entry of a damaged batch, as far as it is about a record. Its value is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The sequence number of its batch.
    pub seqno: u64,
    /// The number of the keyspace.
    pub keyspace: u64,
    /// The key.
    pub key: Vec<u8>,
}

/// Reads what can be made out of damaged batches, from the first, at `from`, to the end of the file: which records they were
/// about.
///
/// # Errors
/// [`DiskError::Io`].
pub fn claims(path: &Path, from: u64) -> Result<Vec<Claims>, DiskError> {
    let mut window = Window::open(path)?;
    let (mut found, mut at) = (Vec::new(), from);
    while window.next_data(at)?.is_some() {
        match batch::read(&mut window, at)? {
            Ok(batch) if at > from => at = batch.end,
            _ => {
                let end = next_batch(&mut window, at)?;
                found.push(between(&mut window, at, end)?);
                at = end;
            }
        }
    }
    Ok(found)
}

/// What can be made out between two places.
fn between(window: &mut Window, from: u64, end: u64) -> Result<Claims, DiskError> {
    let mut found = Claims { at: from, all: true, ..Claims::default() };
    let mut at = from;
    while at < end {
        let Some(next) = claimed(window, at, end, &mut found.entries)? else {
            found.all = false;
            break;
        };
        found.batches += 1;
        at = next;
    }
    // What cannot be walked through is counted by how batches end.
    while at < end {
        let Some(bytes) = window.bytes::<4>(at)? else { break };
        found.batches += u64::from(bytes == batch::MAGIC);
        at += 1;
    }
    found.batches = found.batches.max(1);
    Ok(found)
}

/// Where the first whole batch behind `from` begins, or the data of the file end.
fn next_batch(window: &mut Window, from: u64) -> Result<u64, DiskError> {
    let (mut at, mut end) = (from + 1, from);
    while let Some(data) = window.next_data(at)? {
        let chunk = window.chunk(data)?;
        let Some(skip) = position_of(chunk, |byte| byte == 1 || byte == 0) else {
            at = data + size(chunk);
            end = at;
            continue;
        };
        at = data + skip;
        end = end.max(at);
        if batch::probe(window, at)?.is_some() {
            return Ok(at);
        }
        at += 1;
    }
    Ok(end.max(from + 1).min(window.len()))
}

/// Walks through a batch by what it says of itself; gives where it ends, or nothing where it makes no sense.
fn claimed(
    window: &mut Window,
    from: u64,
    end: u64,
    entries: &mut Vec<Claim>,
) -> Result<Option<u64>, DiskError> {
    let Some([1, _, _, _, _, seqno @ ..]) = window.bytes::<13>(from)? else { return Ok(None) };
    let seqno = u64::from_le_bytes(seqno);
    let mut at = from + START_BYTES;
    loop {
        match window.bytes::<1>(at)? {
            Some([CLEAR]) => at += CLEAR_BYTES,
            Some([ITEM]) => {
                let Some(head) = window.bytes::<21>(at)? else { return Ok(None) };
                let [_, _, _, id @ .., k0, k1, _, _, _, _, s0, s1, s2, s3] = head;
                let key_bytes = u64::from(u16::from_le_bytes([k0, k1]));
                let stored = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
                let next = at + HEAD_BYTES + key_bytes + stored;
                if next >= end {
                    return Ok(None);
                }
                let key = copy(window, at + HEAD_BYTES, key_bytes)?;
                entries.push(Claim { seqno, keyspace: u64::from_le_bytes(id), key });
                at = next;
            }
            Some([END]) => return Ok(Some(at + END_BYTES).filter(|next| *next <= end)),
            _ => return Ok(None),
        }
    }
}

fn copy(window: &mut Window, from: u64, length: u64) -> Result<Vec<u8>, DiskError> {
    let mut bytes = Vec::new();
    let mut at = from;
    let end = from.saturating_add(length);
    while at < end {
        let chunk = window.chunk(at)?;
        let left = usize::try_from(end - at).unwrap_or(usize::MAX);
        let Some(part) = chunk.get(..left.min(chunk.len())).filter(|part| !part.is_empty()) else {
            break;
        };
        bytes.extend_from_slice(part);
        at += size(part);
    }
    Ok(bytes)
}
