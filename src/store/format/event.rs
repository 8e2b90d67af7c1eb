//! Headers and bodies of events.

use super::FormatError;
use super::cbor::{MapReader, write_map};
use crate::domain::json::{Json, object_to_string};
use crate::domain::{
    Actor, AggregateId, AggregateKey, AggregateType, Body, CommitNumber, EventId, EventType, Hash,
    Header, Kind, Timestamp, Version,
};
use crate::proof::body_hash;
use minicbor::encode::Encoder;
use std::convert::Infallible;

/// How many random bytes every body carries.
pub(crate) const SALT_BYTES: usize = 16;

/// A body as it is stored, and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedBody {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: Hash,
}

/// Draws a body. The same body with the same salt always gives the same bytes.
pub(crate) fn encode_body(body: &Body, salt: &[u8; SALT_BYTES]) -> EncodedBody {
    let bytes = body_bytes(body, salt);
    let hash = body_hash(&bytes);
    EncodedBody { bytes, hash }
}

/// Draws a body around the sealed bytes of another.
pub(crate) fn encode_sealed_body(sealed: &[u8]) -> EncodedBody {
    let bytes = write_map(1, |out| out.u8(7)?.bytes(sealed).map(drop));
    let hash = body_hash(&bytes);
    EncodedBody { bytes, hash }
}

/// The bytes of a body that is not sealed: what is sealed where bodies are.
pub(crate) fn body_bytes(body: &Body, salt: &[u8; SALT_BYTES]) -> Vec<u8> {
    let content = body.content.to_string();
    let metadata = match &body.metadata {
        Json::Object(object) if !object.is_empty() => Some(object_to_string(object)),
        _ => None,
    };
    let entries = 2 + u64::from(metadata.is_some()) + u64::from(body.note.is_some());
    write_map(entries, |out| {
        out.u8(1)?.bytes(salt)?.u8(2)?.bytes(content.as_bytes())?;
        if let Some(metadata) = &metadata {
            out.u8(3)?.bytes(metadata.as_bytes())?;
        }
        if let Some(note) = &body.note {
            out.u8(4)?.str(note)?;
        }
        Ok(())
    })
}

/// The sealed bytes in a body; `None` in one that is not sealed.
pub(crate) fn sealed_body(bytes: &[u8]) -> Result<Option<&[u8]>, FormatError> {
    let mut map = MapReader::new("body", bytes)?;
    if map.key()? != Some(7) {
        return Ok(None);
    }
    let sealed = map.bytes()?;
    match map.key()? {
        None => Ok(Some(sealed)),
        Some(other) => map.unknown(other),
    }
}

/// Reads a body that is not sealed.
pub(crate) fn decode_body(bytes: &[u8]) -> Result<Body, FormatError> {
    let mut map = MapReader::new("body", bytes)?;
    let (mut salt, mut content, mut body) = (None, None, Body::default());
    while let Some(key) = map.key()? {
        match key {
            1 => salt = Some(map.bytes()?),
            2 => content = Some(json(map.bytes()?)?),
            3 => body.metadata = json(map.bytes()?)?,
            4 => body.note = Some(map.text()?.to_owned()),
            other => return map.unknown(other),
        }
    }
    if map.need(salt, 1)?.len() != SALT_BYTES {
        return Err(map.bad("the salt has 16 bytes"));
    }
    body.content = map.need(content, 2)?;
    Ok(body)
}

/// A body that is not sealed, its JSON as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyText<'b> {
    /// The content, minified.
    pub(crate) content: &'b str,
    /// The extension metadata, a minified object; `None` where there is none.
    pub(crate) metadata: Option<&'b str>,
    pub(crate) note: Option<&'b str>,
}

/// As [`decode_body`] without building the values; that the texts are JSON is made sure of all the same.
pub(crate) fn body_text(bytes: &[u8]) -> Result<BodyText<'_>, FormatError> {
    let mut map = MapReader::new("body", bytes)?;
    let (mut salt, mut content, mut metadata, mut note) = (None, None, None, None);
    while let Some(key) = map.key()? {
        match key {
            1 => salt = Some(map.bytes()?),
            2 => content = Some(json_text(map.bytes()?)?),
            3 => metadata = Some(json_text(map.bytes()?)?),
            4 => note = Some(map.text()?),
            other => return map.unknown(other),
        }
    }
    if map.need(salt, 1)?.len() != SALT_BYTES {
        return Err(map.bad("the salt has 16 bytes"));
    }
    Ok(BodyText { content: map.need(content, 2)?, metadata, note })
}

fn json_text(bytes: &[u8]) -> Result<&str, FormatError> {
    // What dbx writes has no white space and escapes such bytes, and a stream would take them for the end of a line.
    if bytes.iter().any(|byte| *byte < b' ') {
        return Err(FormatError::malformed("body", "a control character in its JSON"));
    }
    serde_json::from_slice::<&serde_json::value::RawValue>(bytes)
        .map(serde_json::value::RawValue::get)
        .map_err(|error| FormatError::malformed("body", error.to_string()))
}

/// The salt of a body.
pub(super) fn salt(bytes: &[u8]) -> Result<[u8; SALT_BYTES], FormatError> {
    let mut map = MapReader::new("body", bytes)?;
    let key = map.key()?;
    let salt = map.need(key.filter(|key| *key == 1), 1).and_then(|_| map.bytes())?;
    salt.try_into().map_err(|_| map.bad("the salt has 16 bytes"))
}

fn json(bytes: &[u8]) -> Result<Json, FormatError> {
    Json::parse_bytes(bytes).map_err(|error| FormatError::malformed("body", error.to_string()))
}

/// The number of a kind on disk.
fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Merge => 0,
        Kind::Patch => 1,
        Kind::Archive => 2,
        Kind::Restore => 3,
        Kind::Nullify => 4,
        Kind::Erase => 5,
    }
}

/// Draws a header.
pub(crate) fn encode_header(header: &Header) -> Vec<u8> {
    let entries = 13 + u64::from(header.message_hash.is_some());
    write_map(entries, |out| {
        out.u8(1)?.str(header.aggregate.aggregate_type.as_str())?;
        out.u8(2)?.str(header.aggregate.id.as_str())?;
        out.u8(3)?.u64(header.version.get())?;
        out.u8(4)?.str(header.event_type.as_str())?;
        out.u8(5)?.u64(header.event_id.get())?;
        out.u8(6)?.i64(header.created_at.as_micros())?;
        out.u8(7)?;
        write_actor(out, &header.actor)?;
        out.u8(8)?.u64(header.commit.get())?;
        out.u8(9)?.u32(header.commit_index)?;
        out.u8(10)?.u32(header.commit_size)?;
        if let Some(hash) = &header.message_hash {
            out.u8(11)?.bytes(hash.as_bytes())?;
        }
        out.u8(12)?.u64(header.schema_version)?;
        out.u8(13)?.u8(kind_number(header.kind))?;
        out.u8(14)?.bytes(header.body_hash.as_bytes())?;
        Ok(())
    })
}

/// Reads a header.
pub(crate) fn decode_header(bytes: &[u8]) -> Result<Header, FormatError> {
    let mut map = MapReader::new("header", bytes)?;
    let mut parts = Parts::default();
    while let Some(key) = map.key()? {
        parts.entry(key, &mut map)?;
    }
    Ok(Header {
        aggregate: AggregateKey {
            aggregate_type: map.need(parts.aggregate_type, 1)?,
            id: map.need(parts.aggregate_id, 2)?,
        },
        version: Version(map.need(parts.version, 3)?),
        event_type: map.need(parts.event_type, 4)?,
        event_id: EventId(map.need(parts.event_id, 5)?),
        created_at: Timestamp::from_micros(map.need(parts.created_at, 6)?),
        actor: map.need(parts.actor, 7)?,
        commit: CommitNumber(map.need(parts.commit, 8)?),
        commit_index: map.need(parts.commit_index, 9)?,
        commit_size: map.need(parts.commit_size, 10)?,
        message_hash: parts.message_hash,
        schema_version: map.need(parts.schema_version, 12)?,
        kind: map.need(parts.kind, 13)?,
        body_hash: map.need(parts.body_hash, 14)?,
    })
}

#[derive(Default)]
struct Parts {
    aggregate_type: Option<AggregateType>,
    aggregate_id: Option<AggregateId>,
    version: Option<u64>,
    event_type: Option<EventType>,
    event_id: Option<u64>,
    created_at: Option<i64>,
    actor: Option<Actor>,
    commit: Option<u64>,
    commit_index: Option<u32>,
    commit_size: Option<u32>,
    message_hash: Option<Hash>,
    schema_version: Option<u64>,
    kind: Option<Kind>,
    body_hash: Option<Hash>,
}

impl Parts {
    fn entry(&mut self, key: u64, map: &mut MapReader<'_>) -> Result<(), FormatError> {
        match key {
            1 => self.aggregate_type = Some(name(map, AggregateType::new)?),
            2 => self.aggregate_id = Some(name(map, AggregateId::new)?),
            3 => self.version = Some(map.u64()?),
            4 => self.event_type = Some(name(map, EventType::stored)?),
            5 => self.event_id = Some(map.u64()?),
            6 => self.created_at = Some(map.i64()?),
            7 => self.actor = Some(actor(map)?),
            8 => self.commit = Some(map.u64()?),
            9 => self.commit_index = Some(map.u32()?),
            10 => self.commit_size = Some(map.u32()?),
            11 => self.message_hash = Some(map.hash()?),
            12 => self.schema_version = Some(map.u64()?),
            13 => {
                let number = map.u64()?;
                let kind =
                    Kind::ALL.into_iter().find(|kind| u64::from(kind_number(*kind)) == number);
                self.kind = Some(kind.ok_or_else(|| map.bad(format!("unknown kind {number}")))?);
            }
            14 => self.body_hash = Some(map.hash()?),
            other => return map.unknown(other),
        }
        Ok(())
    }
}

fn name<T>(
    map: &mut MapReader<'_>,
    check: fn(&str) -> Result<T, crate::domain::IdError>,
) -> Result<T, FormatError> {
    let text = map.text()?;
    check(text).map_err(|error| map.bad(error.to_string()))
}

pub(super) fn write_actor(
    out: &mut Encoder<&mut Vec<u8>>,
    actor: &Actor,
) -> Result<(), minicbor::encode::Error<Infallible>> {
    out.array(if actor.uid.is_some() { 3 } else { 2 })?;
    out.str(&actor.group)?.str(&actor.user)?;
    if let Some(uid) = actor.uid {
        out.u32(uid)?;
    }
    Ok(())
}

pub(super) fn actor(map: &mut MapReader<'_>) -> Result<Actor, FormatError> {
    let length = map.array()?;
    if !(2..=3).contains(&length) {
        return Err(map.bad("an actor has two or three parts"));
    }
    let (group, user) = (map.text()?.to_owned(), map.text()?.to_owned());
    let uid = if length == 3 { Some(map.u32()?) } else { None };
    Ok(Actor { group, user, uid })
}
