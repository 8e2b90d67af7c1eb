//! The records beside the log.

use super::cbor::{MapReader, write_map};
use super::{FormatError, event};
#[cfg(test)]
use crate::domain::json::object_to_string;
use crate::domain::json::{Json, Object};
use crate::domain::{Actor, CommitNumber, EventId, Hash, Position, Timestamp, Version};

/// Where an event of an aggregate lies: the value of `st`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StEntry {
    pub(crate) position: Position,
    pub(crate) slot: u16,
}

impl StEntry {
    pub(crate) fn encode(self) -> [u8; 10] {
        let mut out = [0; 10];
        let (position, slot) = out.split_at_mut(8);
        position.copy_from_slice(&self.position.get().to_be_bytes());
        slot.copy_from_slice(&self.slot.to_be_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let bad = || FormatError::malformed("version index", "ten bytes are expected");
        let bytes: [u8; 10] = bytes.try_into().map_err(|_| bad())?;
        let (position, slot) = bytes.split_at(8);
        Ok(Self {
            position: Position(u64::from_be_bytes(position.try_into().map_err(|_| bad())?)),
            slot: u16::from_be_bytes(slot.try_into().map_err(|_| bad())?),
        })
    }
}

/// Where an aggregate stands: the value of `ag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many events it has.
    pub version: Version,
    /// The position of the last of them.
    pub position: Position,
    /// When the first was committed.
    pub created_at: Timestamp,
    /// When the last was committed.
    pub updated_at: Timestamp,
    /// Whether it refuses writes.
    pub archived: bool,
    /// Whether its contents were destroyed.
    pub erased: bool,
    /// The peaks of its tree, from the largest subtree to the smallest.
    pub peaks: Vec<Hash>,
    /// The fold of its events.
    pub state: Object,
}

/// A head as it is stored: its state may be sealed.
#[derive(Debug)]
pub(crate) struct StoredHead<'b> {
    /// The head, with an empty state.
    pub(crate) frame: Head,
    pub(crate) state: StoredState<'b>,
}

/// A state as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StoredState<'b> {
    /// Minified JSON.
    Plain(&'b [u8]),
    /// That, sealed.
    Sealed(&'b [u8]),
}

fn join(peaks: &[Hash]) -> Vec<u8> {
    peaks.iter().flat_map(|peak| peak.0).collect()
}

fn split(map: &MapReader<'_>, bytes: &[u8]) -> Result<Vec<Hash>, FormatError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() {
        Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
    } else {
        Err(map.bad("a peak has 32 bytes"))
    }
}

/// Reads the JSON object of a state.
pub(crate) fn decode_state(bytes: &[u8]) -> Result<Object, FormatError> {
    match Json::parse_bytes(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(other) => Err(FormatError::malformed(
            "state",
            format!("an object is expected, found {}", other.kind()),
        )),
        Err(error) => Err(FormatError::malformed("state", error.to_string())),
    }
}

/// The parts of a [`Head`], wherever they lie: the writer keeps them in another shape.
pub(crate) struct HeadParts<'a> {
    pub(crate) version: Version,
    pub(crate) position: Position,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) archived: bool,
    pub(crate) erased: bool,
    pub(crate) peaks: &'a [Hash],
    pub(crate) state: StoredState<'a>,
}

impl HeadParts<'_> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let peaks = join(self.peaks);
        write_map(7 + u64::from(self.erased), |out| {
            out.u8(1)?.u64(self.version.get())?;
            out.u8(2)?.u64(self.position.get())?;
            out.u8(3)?.i64(self.created_at.as_micros())?;
            out.u8(4)?.i64(self.updated_at.as_micros())?;
            out.u8(5)?.bool(self.archived)?;
            out.u8(6)?.bytes(&peaks)?;
            match self.state {
                StoredState::Plain(state) => out.u8(7)?.bytes(state)?,
                StoredState::Sealed(state) => out.u8(8)?.bytes(state)?,
            };
            if self.erased {
                out.u8(9)?.bool(true)?;
            }
            Ok(())
        })
    }
}

impl Head {
    /// The bytes of a head that stands by itself; the writer encodes its own without a copy.
    #[cfg(test)]
    pub(crate) fn encode(&self) -> Vec<u8> {
        let state = object_to_string(&self.state);
        HeadParts {
            version: self.version,
            position: self.position,
            created_at: self.created_at,
            updated_at: self.updated_at,
            archived: self.archived,
            erased: self.erased,
            peaks: &self.peaks,
            state: StoredState::Plain(state.as_bytes()),
        }
        .encode()
    }

    /// The head in bytes that hold no sealed state.
    #[cfg(test)]
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let stored = StoredHead::decode(bytes)?;
        match stored.state {
            StoredState::Plain(state) => Ok(Self { state: decode_state(state)?, ..stored.frame }),
            StoredState::Sealed(_) => Err(FormatError::malformed("head", "its state is sealed")),
        }
    }
}

impl<'b> StoredHead<'b> {
    pub(crate) fn decode(bytes: &'b [u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("head", bytes)?;
        let (mut version, mut position, mut created, mut updated) = (None, None, None, None);
        let (mut archived, mut peaks, mut state, mut sealed) = (None, None, None, None);
        let mut erased = false;
        while let Some(key) = map.key()? {
            match key {
                1 => version = Some(map.u64()?),
                2 => position = Some(map.u64()?),
                3 => created = Some(map.i64()?),
                4 => updated = Some(map.i64()?),
                5 => archived = Some(map.bool()?),
                6 => {
                    let bytes = map.bytes()?;
                    peaks = Some(split(&map, bytes)?);
                }
                7 => state = Some(map.bytes()?),
                8 => sealed = Some(map.bytes()?),
                9 if map.bool()? => erased = true,
                other => return map.unknown(other),
            }
        }
        let frame = Head {
            version: Version(map.need(version, 1)?),
            position: Position(map.need(position, 2)?),
            created_at: Timestamp::from_micros(map.need(created, 3)?),
            updated_at: Timestamp::from_micros(map.need(updated, 4)?),
            archived: map.need(archived, 5)?,
            erased,
            peaks: map.need(peaks, 6)?,
            state: Object::new(),
        };
        let state = match (state, sealed) {
            (Some(_), Some(_)) => return Err(map.bad("two states")),
            (None, Some(sealed)) => StoredState::Sealed(sealed),
            (state, None) => StoredState::Plain(map.need(state, 7)?),
        };
        Ok(Self { frame, state })
    }
}

/// The end of the log: the value of `dx` "last".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct End {
    pub(crate) position: Position,
    pub(crate) root: Hash,
    pub(crate) commit: CommitNumber,
    pub(crate) event_id: EventId,
    pub(crate) created_at: Timestamp,
    pub(crate) type_number: u32,
    pub(crate) peaks: Vec<Hash>,
    /// How many aggregates are archived, all of them in the index; `None` where a version wrote that kept no index.
    pub(crate) archived: Option<u64>,
}

impl End {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let peaks = join(&self.peaks);
        write_map(7 + u64::from(self.archived.is_some()), |out| {
            out.u8(1)?.u64(self.position.get())?;
            out.u8(2)?.bytes(self.root.as_bytes())?;
            out.u8(3)?.u64(self.commit.get())?;
            out.u8(4)?.u64(self.event_id.get())?;
            out.u8(5)?.i64(self.created_at.as_micros())?;
            out.u8(6)?.u32(self.type_number)?;
            out.u8(7)?.bytes(&peaks)?;
            if let Some(archived) = self.archived {
                out.u8(8)?.u64(archived)?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("end of the log", bytes)?;
        let (mut position, mut root, mut commit, mut event_id) = (None, None, None, None);
        let (mut created, mut type_number, mut peaks, mut archived) = (None, None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => position = Some(map.u64()?),
                2 => root = Some(map.hash()?),
                3 => commit = Some(map.u64()?),
                4 => event_id = Some(map.u64()?),
                5 => created = Some(map.i64()?),
                6 => type_number = Some(map.u32()?),
                7 => {
                    let bytes = map.bytes()?;
                    peaks = Some(split(&map, bytes)?);
                }
                8 => archived = Some(map.u64()?),
                other => return map.unknown(other),
            }
        }
        Ok(Self {
            position: Position(map.need(position, 1)?),
            root: map.need(root, 2)?,
            commit: CommitNumber(map.need(commit, 3)?),
            event_id: EventId(map.need(event_id, 4)?),
            created_at: Timestamp::from_micros(map.need(created, 5)?),
            type_number: map.need(type_number, 6)?,
            peaks: map.need(peaks, 7)?,
            archived,
        })
    }
}

/// A commit with a message or more than one event: the value of `mt` "c/".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitEntry {
    pub(crate) first: Position,
    pub(crate) count: u32,
    pub(crate) message: Message,
}

/// The message of a commit as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// There is none.
    None,
    /// The text.
    Plain(String),
    /// That, sealed.
    Sealed(Vec<u8>),
    /// There was one, and damage took it: only its hash in the headers is left.
    Lost,
}

impl CommitEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(2 + u64::from(self.message != Message::None), |out| {
            out.u8(1)?.u64(self.first.get())?.u8(2)?.u32(self.count)?;
            match &self.message {
                Message::None => {}
                Message::Plain(message) => drop(out.u8(3)?.str(message)?),
                Message::Sealed(message) => drop(out.u8(4)?.bytes(message)?),
                Message::Lost => drop(out.u8(5)?.bool(true)?),
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("commit", bytes)?;
        let (mut first, mut count, mut message) = (None, None, Message::None);
        while let Some(key) = map.key()? {
            match key {
                1 => first = Some(map.u64()?),
                2 => count = Some(map.u32()?),
                3 => message = Message::Plain(map.text()?.to_owned()),
                4 if message == Message::None => message = Message::Sealed(map.bytes()?.to_vec()),
                5 if message == Message::None && map.bool()? => message = Message::Lost,
                other => return map.unknown(other),
            }
        }
        let (first, count) = (Position(map.need(first, 1)?), map.need(count, 2)?);
        Ok(Self { first, count, message })
    }
}

/// What an idempotency key was used for: the value of `mt` "i/".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyEntry {
    pub(crate) operations: Hash,
    pub(crate) first: Position,
    pub(crate) count: u32,
    /// The hash of the request as it came in, which no schema changes; keys of the first versions have none.
    pub(crate) request: Option<Hash>,
}

impl IdempotencyEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(3 + u64::from(self.request.is_some()), |out| {
            out.u8(1)?.bytes(self.operations.as_bytes())?;
            out.u8(2)?.u64(self.first.get())?.u8(3)?.u32(self.count)?;
            if let Some(request) = &self.request {
                out.u8(4)?.bytes(request.as_bytes())?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("idempotency key", bytes)?;
        let (mut operations, mut first, mut count, mut request) = (None, None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => operations = Some(map.hash()?),
                2 => first = Some(map.u64()?),
                3 => count = Some(map.u32()?),
                4 => request = Some(map.hash()?),
                other => return map.unknown(other),
            }
        }
        let operations = map.need(operations, 1)?;
        let (first, count) = (Position(map.need(first, 2)?), map.need(count, 3)?);
        Ok(Self { operations, first, count, request })
    }
}

/// An applied schema: the value of `mt` "s/".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaEntry {
    pub(crate) source: String,
    pub(crate) applied_at: Timestamp,
    pub(crate) actor: Actor,
    /// The last position when it was applied; the first stores did not record it.
    pub(crate) after: Option<Position>,
}

impl SchemaEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(3 + u64::from(self.after.is_some()), |out| {
            out.u8(1)?.str(&self.source)?.u8(2)?.i64(self.applied_at.as_micros())?;
            out.u8(3)?;
            event::write_actor(out, &self.actor)?;
            if let Some(after) = self.after {
                out.u8(4)?.u64(after.get())?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("schema version", bytes)?;
        let (mut source, mut applied_at, mut actor, mut after) = (None, None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => source = Some(map.text()?.to_owned()),
                2 => applied_at = Some(map.i64()?),
                3 => actor = Some(event::actor(&mut map)?),
                4 => after = Some(Position(map.u64()?)),
                other => return map.unknown(other),
            }
        }
        let applied_at = Timestamp::from_micros(map.need(applied_at, 2)?);
        let (source, actor) = (map.need(source, 1)?, map.need(actor, 3)?);
        Ok(Self { source, applied_at, actor, after })
    }
}

/// How far a source was imported: the value of `mt` "p/".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportEntry {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) hash: Hash,
}

impl ImportEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(3, |out| {
            out.u8(1)?.u64(self.bytes)?.u8(2)?.u64(self.lines)?;
            out.u8(3)?.bytes(self.hash.as_bytes())?;
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("import", bytes)?;
        let (mut size, mut lines, mut hash) = (None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => size = Some(map.u64()?),
                2 => lines = Some(map.u64()?),
                3 => hash = Some(map.hash()?),
                other => return map.unknown(other),
            }
        }
        let (bytes, lines) = (map.need(size, 1)?, map.need(lines, 2)?);
        Ok(Self { bytes, lines, hash: map.need(hash, 3)? })
    }
}
