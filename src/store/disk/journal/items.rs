//! What stands in the whole batches of a journal, for a repair: behind damage the storage engine reads nothing any more.

use super::super::DiskError;
use super::batch;
use super::window::{Window, position_of, size};
use std::path::Path;

/// One entry of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
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
                entries(&mut window, at + START_BYTES, visit)?;
                at = batch.end;
            }
            None => at += 1,
        }
    }
    Ok(())
}

/// The entries of a batch that is known to be whole.
fn entries(window: &mut Window, from: u64, visit: &mut dyn FnMut(Item)) -> Result<(), DiskError> {
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
                    visit(Item { keyspace: u64::from_le_bytes(id), key, value });
                }
            }
            _ => return Ok(()),
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
