//! Headers as verification reads them: of every event, and so as fast as can be.

use super::cbor::{Cursor, MapReader};
use super::{FORMAT, FormatError};
use crate::domain::{CommitNumber, EventId, Hash, Timestamp, Version};

/// What verification needs of a header.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Identity<'b> {
    pub(crate) aggregate_type: &'b str,
    pub(crate) id: &'b str,
    pub(crate) version: Version,
    pub(crate) event_id: EventId,
    pub(crate) created_at: Timestamp,
    pub(crate) commit: CommitNumber,
    pub(crate) commit_index: u32,
    pub(crate) commit_size: u32,
    pub(crate) message_hash: Option<Hash>,
    pub(crate) body_hash: Hash,
}

/// As [`decode_header`](super::decode_header), keeping only what verification needs: nothing is allocated, and names are not looked into.
pub(crate) fn decode_identity(bytes: &[u8]) -> Result<Identity<'_>, FormatError> {
    quick_identity(bytes).map_or_else(|| any_identity(bytes), Ok)
}

/// As [`any_identity`] of a header as [`encode_header`](super::encode_header) draws it, in a third of the time; `None` of any other, be it good
/// or bad.
fn quick_identity(bytes: &[u8]) -> Option<Identity<'_>> {
    let mut at = Cursor(bytes);
    let entries = at.argument(5)?;
    at.key(0)?;
    let format = at.number()?;
    at.key(1)?;
    let aggregate_type = at.text()?;
    at.key(2)?;
    let id = at.text()?;
    at.key(3)?;
    let version = Version(at.number()?);
    at.key(4)?;
    at.text()?;
    at.key(5)?;
    let event_id = EventId(at.number()?);
    at.key(6)?;
    let created_at = Timestamp::from_micros(i64::try_from(at.number()?).ok()?);
    at.key(7)?;
    let parts = at.argument(4)?;
    at.text()?;
    at.text()?;
    if parts == 3 {
        at.number()?;
    }
    at.key(8)?;
    let commit = CommitNumber(at.number()?);
    at.key(9)?;
    let commit_index = u32::try_from(at.number()?).ok()?;
    at.key(10)?;
    let commit_size = u32::try_from(at.number()?).ok()?;
    let message_hash = match at.key(11) {
        Some(()) => Some(Hash(at.bytes()?.try_into().ok()?)),
        None => None,
    };
    at.key(12)?;
    at.number()?;
    at.key(13)?;
    at.number()?;
    at.key(14)?;
    let body_hash = Hash(at.bytes()?.try_into().ok()?);
    let whole = at.0.is_empty()
        && entries == 14 + u64::from(message_hash.is_some())
        && format == FORMAT
        && (2..=3).contains(&parts);
    whole.then_some(Identity {
        aggregate_type,
        id,
        version,
        event_id,
        created_at,
        commit,
        commit_index,
        commit_size,
        message_hash,
        body_hash,
    })
}

fn any_identity(bytes: &[u8]) -> Result<Identity<'_>, FormatError> {
    let mut map = MapReader::new("header", bytes)?;
    let (mut aggregate_type, mut id, mut version, mut body_hash) = (None, None, None, None);
    let (mut event_id, mut created_at, mut commit) = (None, None, None);
    let (mut commit_index, mut commit_size, mut message_hash) = (None, None, None);
    let mut entries = 0;
    while let Some(key) = map.key()? {
        entries += u32::from(key != 11);
        match key {
            1 => aggregate_type = Some(map.text()?),
            2 => id = Some(map.text()?),
            3 => version = Some(map.u64()?),
            5 => event_id = Some(map.u64()?),
            6 => created_at = Some(map.i64()?),
            8 => commit = Some(map.u64()?),
            9 => commit_index = Some(map.u32()?),
            10 => commit_size = Some(map.u32()?),
            11 => message_hash = Some(map.hash()?),
            14 => body_hash = Some(map.hash()?),
            4..=13 => map.skip()?,
            other => return map.unknown(other),
        }
    }
    let found = Identity {
        aggregate_type: map.need(aggregate_type, 1)?,
        id: map.need(id, 2)?,
        version: Version(map.need(version, 3)?),
        event_id: EventId(map.need(event_id, 5)?),
        created_at: Timestamp::from_micros(map.need(created_at, 6)?),
        commit: CommitNumber(map.need(commit, 8)?),
        commit_index: map.need(commit_index, 9)?,
        commit_size: map.need(commit_size, 10)?,
        message_hash,
        body_hash: map.need(body_hash, 14)?,
    };
    // Keys ascend, so with the last of them there are thirteen only if none is missing.
    if entries == 13 { Ok(found) } else { Err(map.bad("an entry is missing")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::format::encode_header;
    use crate::store::format::tests::inputs;

    /// Of every header that differs from a written one in one byte, the quick way takes none that the other reads in
    /// another way.
    #[test]
    fn the_quick_way_takes_what_is_written_and_nothing_that_the_other_refuses() {
        for input in inputs() {
            let mut bytes = encode_header(&input.header);
            assert!(quick_identity(&bytes).is_some());
            let mut taken = 0;
            for at in 0..bytes.len() {
                let before = bytes[at];
                for byte in 0..=u8::MAX {
                    bytes[at] = byte;
                    let quick = quick_identity(&bytes);
                    taken += u32::from(quick.is_some());
                    assert!(quick.is_none() || quick == any_identity(&bytes).ok(), "{at} {byte}");
                }
                bytes[at] = before;
                assert!(quick_identity(&bytes[..at]).is_none());
            }
            assert!(taken > 1_000, "{taken}");
        }
    }
}
