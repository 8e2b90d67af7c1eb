//! The stream of a backup, format 1; a golden fixture pins it.
//!
//! ```text
//! "DBXBKUP" and the format u8 = 1
//! frames, little-endian:
//!     kind u8
//!     length u32 of the payload
//!     payload
//!     crc32c u32 of kind, length and payload
//! ```
//!
//! | kind | payload | how many |
//! | --- | --- | --- |
//! | 1 header | CBOR, below | the first frame |
//! | 2 records of `mt` | records | any number |
//! | 3 records of `ky` | records | any number |
//! | 4 log | chunks of `ev`, as they are stored, one behind the other, in the order of the log | any number |
//! | 5 trailer | CBOR, below | the last frame: nothing follows it |
//!
//! ```text
//! record: key length u16, value length u32, key, value
//!
//! header                                         trailer
//! 0  format = 1                                  0  format = 1
//! 1  uuid of the store, 16 bytes                 1  last position
//! 2  when the store was made, microseconds       2  root of the log's tree at that size
//! 3  when the backup was made, microseconds      3  last commit
//! 4  version of dbx that wrote it, text          4  events in this file
//! 5  features of the store, array of text        5  records of mt in this file
//! 6  largest chunk, events                       6  records of ky in this file
//! 7  base: last position                         7  SHA-256 of all bytes before this frame
//! 8  base: root of the log's tree then
//! 9  base: last commit
//! 10 base: peaks of the log's tree then, 32 bytes each
//! 11 proof of consistency (RFC 6962 section 2.1.2) from the base to the trailer, 32 bytes each
//! 12 why the store could only be read, text (absent: it was sound)
//! ```
//!
//! Without 7 to 11 the backup is whole. With them it holds what came after its base: the events behind the base's last
//! position; of `mt` the commits and idempotency keys behind it, and everything else as it was then, in place of what was
//! there; `ky` as it was then.

#[cfg(test)]
mod tests;

use super::FormatError;
use super::cbor::{MapReader, write_map};
use crate::domain::{CommitNumber, Hash, Position, Timestamp};
use uuid::Uuid;

/// How every backup begins; its format follows.
pub(crate) const MAGIC: [u8; 7] = *b"DBXBKUP";

/// The format of backups that this version writes and reads.
pub(crate) const BACKUP_FORMAT: u8 = 1;

/// What a frame has before its payload: kind and length.
pub(crate) const FRAME_HEAD_BYTES: usize = 5;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Header,
    Mt,
    Ky,
    Log,
    Trailer,
}

impl FrameKind {
    fn number(self) -> u8 {
        match self {
            Self::Header => 1,
            Self::Mt => 2,
            Self::Ky => 3,
            Self::Log => 4,
            Self::Trailer => 5,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Header, Self::Mt, Self::Ky, Self::Log, Self::Trailer]
            .into_iter()
            .find(|kind| kind.number() == number)
    }
}

/// A whole frame.
pub(crate) fn encode_frame(kind: FrameKind, payload: &[u8]) -> Result<Vec<u8>, FormatError> {
    let length = u32::try_from(payload.len());
    let length = length.map_err(|_| FormatError::malformed("frame", "too long"))?;
    let mut out = Vec::with_capacity(FRAME_HEAD_BYTES + payload.len() + 4);
    out.push(kind.number());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(payload);
    let crc = crc32c::crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    Ok(out)
}

/// Kind and length out of the head of a frame; `None` for a kind that this format does not have.
pub(crate) fn decode_frame_head(head: [u8; FRAME_HEAD_BYTES]) -> Option<(FrameKind, u32)> {
    let [kind, length @ ..] = head;
    Some((FrameKind::from_number(kind)?, u32::from_le_bytes(length)))
}

/// Adds a record to a payload.
pub(crate) fn push_record(out: &mut Vec<u8>, key: &[u8], value: &[u8]) -> Result<(), FormatError> {
    let too_long = |_| FormatError::malformed("record", "too long");
    out.extend_from_slice(&u16::try_from(key.len()).map_err(too_long)?.to_le_bytes());
    out.extend_from_slice(&u32::try_from(value.len()).map_err(too_long)?.to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(value);
    Ok(())
}

/// A record in a payload: key and value.
type Record<'p> = (&'p [u8], &'p [u8]);

/// Takes the first record from a payload; `None` at its end.
pub(crate) fn take_record<'p>(payload: &mut &'p [u8]) -> Result<Option<Record<'p>>, FormatError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let cut = || FormatError::malformed("record", "cut off");
    let (key, rest) = payload.split_first_chunk::<2>().ok_or_else(cut)?;
    let (value, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let (key, value) = (usize::from(u16::from_le_bytes(*key)), u32::from_le_bytes(*value));
    let (key, rest) = rest.split_at_checked(key).ok_or_else(cut)?;
    let value = usize::try_from(value).map_err(|_| cut())?;
    let (value, rest) = rest.split_at_checked(value).ok_or_else(cut)?;
    if key.is_empty() {
        return Err(FormatError::malformed("record", "it has no key"));
    }
    *payload = rest;
    Ok(Some((key, value)))
}

/// Takes the first chunk from a payload; `None` at its end.
pub(crate) fn take_chunk<'p>(payload: &mut &'p [u8]) -> Result<Option<&'p [u8]>, FormatError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let cut = || FormatError::malformed("chunk", "cut off");
    // A chunk says how long it is behind its first four bytes.
    let total: [u8; 4] = payload.get(4..8).and_then(|it| it.try_into().ok()).ok_or_else(cut)?;
    let length = usize::try_from(u32::from_le_bytes(total)).map_err(|_| cut())?;
    let (chunk, rest) = payload.split_at_checked(length.saturating_add(8)).ok_or_else(cut)?;
    *payload = rest;
    Ok(Some(chunk))
}

/// What a backup goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) position: Position,
    pub(crate) root: Hash,
    pub(crate) commit: CommitNumber,
    pub(crate) peaks: Vec<Hash>,
    pub(crate) proof: Vec<Hash>,
}

/// The header of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupHeader {
    pub(crate) store: Uuid,
    pub(crate) store_created: Timestamp,
    pub(crate) taken: Timestamp,
    pub(crate) written_by: String,
    pub(crate) features: Vec<String>,
    pub(crate) chunk_max: u32,
    pub(crate) base: Option<Base>,
    pub(crate) damage: Option<String>,
}

/// The trailer of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupTrailer {
    pub(crate) position: Position,
    pub(crate) root: Hash,
    pub(crate) commit: CommitNumber,
    pub(crate) events: u64,
    pub(crate) mt: u64,
    pub(crate) ky: u64,
    pub(crate) digest: Hash,
}

fn join(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

fn hashes(map: &mut MapReader<'_>) -> Result<Vec<Hash>, FormatError> {
    let (hashes, rest) = map.bytes()?.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(map.bad("a hash has 32 bytes"));
    }
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

impl BackupHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let base = if self.base.is_some() { 5 } else { 0 };
        write_map(6 + base + u64::from(self.damage.is_some()), |out| {
            out.u8(1)?.bytes(self.store.as_bytes())?;
            out.u8(2)?.i64(self.store_created.as_micros())?;
            out.u8(3)?.i64(self.taken.as_micros())?;
            out.u8(4)?.str(&self.written_by)?;
            out.u8(5)?.array(self.features.len() as u64)?;
            for feature in &self.features {
                out.str(feature)?;
            }
            out.u8(6)?.u32(self.chunk_max)?;
            if let Some(base) = &self.base {
                out.u8(7)?.u64(base.position.get())?.u8(8)?.bytes(base.root.as_bytes())?;
                out.u8(9)?.u64(base.commit.get())?.u8(10)?.bytes(&join(&base.peaks))?;
                out.u8(11)?.bytes(&join(&base.proof))?;
            }
            if let Some(damage) = &self.damage {
                out.u8(12)?.str(damage)?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("header of the backup", bytes)?;
        let mut parts = HeaderParts::default();
        while let Some(key) = map.key()? {
            parts.entry(key, &mut map)?;
        }
        let base = match parts.position {
            None if !parts.mentions_base() => None,
            position => Some(Base {
                position: Position(map.need(position, 7)?),
                root: map.need(parts.root, 8)?,
                commit: CommitNumber(map.need(parts.commit, 9)?),
                peaks: map.need(parts.peaks, 10)?,
                proof: map.need(parts.proof, 11)?,
            }),
        };
        Ok(Self {
            store: map.need(parts.store, 1)?,
            store_created: Timestamp::from_micros(map.need(parts.created, 2)?),
            taken: Timestamp::from_micros(map.need(parts.taken, 3)?),
            written_by: map.need(parts.written_by, 4)?,
            features: map.need(parts.features, 5)?,
            chunk_max: map.need(parts.chunk_max, 6)?,
            base,
            damage: parts.damage,
        })
    }
}

#[derive(Default)]
struct HeaderParts {
    store: Option<Uuid>,
    created: Option<i64>,
    taken: Option<i64>,
    written_by: Option<String>,
    features: Option<Vec<String>>,
    chunk_max: Option<u32>,
    position: Option<u64>,
    root: Option<Hash>,
    commit: Option<u64>,
    peaks: Option<Vec<Hash>>,
    proof: Option<Vec<Hash>>,
    damage: Option<String>,
}

impl HeaderParts {
    fn mentions_base(&self) -> bool {
        self.root.is_some() || self.commit.is_some() || self.peaks.is_some() || self.proof.is_some()
    }

    fn entry(&mut self, key: u64, map: &mut MapReader<'_>) -> Result<(), FormatError> {
        match key {
            1 => {
                let bytes = map.bytes()?;
                let uuid = Uuid::from_slice(bytes).map_err(|_| map.bad("a uuid has 16 bytes"))?;
                self.store = Some(uuid);
            }
            2 => self.created = Some(map.i64()?),
            3 => self.taken = Some(map.i64()?),
            4 => self.written_by = Some(map.text()?.to_owned()),
            5 => {
                let mut features = Vec::new();
                for _ in 0..map.array()? {
                    features.push(map.text()?.to_owned());
                }
                self.features = Some(features);
            }
            6 => self.chunk_max = Some(map.u32()?),
            7 => self.position = Some(map.u64()?),
            8 => self.root = Some(map.hash()?),
            9 => self.commit = Some(map.u64()?),
            10 => self.peaks = Some(hashes(map)?),
            11 => self.proof = Some(hashes(map)?),
            12 => self.damage = Some(map.text()?.to_owned()),
            other => return map.unknown(other),
        }
        Ok(())
    }
}

impl BackupTrailer {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(7, |out| {
            out.u8(1)?.u64(self.position.get())?.u8(2)?.bytes(self.root.as_bytes())?;
            out.u8(3)?.u64(self.commit.get())?.u8(4)?.u64(self.events)?;
            out.u8(5)?.u64(self.mt)?.u8(6)?.u64(self.ky)?;
            out.u8(7)?.bytes(self.digest.as_bytes())?;
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("trailer of the backup", bytes)?;
        let (mut position, mut root, mut commit, mut events) = (None, None, None, None);
        let (mut mt, mut ky, mut digest) = (None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => position = Some(map.u64()?),
                2 => root = Some(map.hash()?),
                3 => commit = Some(map.u64()?),
                4 => events = Some(map.u64()?),
                5 => mt = Some(map.u64()?),
                6 => ky = Some(map.u64()?),
                7 => digest = Some(map.hash()?),
                other => return map.unknown(other),
            }
        }
        Ok(Self {
            position: Position(map.need(position, 1)?),
            root: map.need(root, 2)?,
            commit: CommitNumber(map.need(commit, 3)?),
            events: map.need(events, 4)?,
            mt: map.need(mt, 5)?,
            ky: map.need(ky, 6)?,
            digest: map.need(digest, 7)?,
        })
    }
}

/// The first bytes of every backup.
pub(crate) fn preamble() -> [u8; 8] {
    let mut out = [BACKUP_FORMAT; 8];
    for (to, from) in out.iter_mut().zip(MAGIC) {
        *to = from;
    }
    out
}

/// Checks the first bytes of a backup.
pub(crate) fn check_preamble(bytes: [u8; 8]) -> Result<(), FormatError> {
    let [magic @ .., format] = bytes;
    if magic != MAGIC {
        return Err(FormatError::malformed("backup", "it does not begin as a backup of dbx does"));
    }
    if format != BACKUP_FORMAT {
        let (record, found) = ("backup", u64::from(format));
        return Err(FormatError::NewerFormat { record, found });
    }
    Ok(())
}
