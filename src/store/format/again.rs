//! Reading and writing any record once more: what fuzzing holds the format to. No part of the interface.

use super::{
    Chunk, ChunkBuilder, CommitEntry, End, FormatError, Head, HeadParts, IdempotencyEntry,
    ImportEntry, SchemaEntry, StEntry, TokenEntry, TokenUse, decode_body, decode_header,
    decode_identity, encode_body, encode_header, event,
};

/// A record of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A value of `ev`.
    Chunk,
    /// The first part of an envelope.
    Header,
    /// The second part of an envelope.
    Body,
    /// A value of `ag`.
    Head,
    /// The value of `dx` "last".
    End,
    /// A value of `st`.
    St,
    /// A value of `mt` "c/".
    Commit,
    /// A value of `mt` "i/".
    Idempotency,
    /// A value of `mt` "s/".
    Schema,
    /// A value of `mt` "p/".
    Import,
    /// A value of `mt` "a/".
    Token,
    /// A value of `mt` "u/".
    TokenUse,
}

impl Record {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Chunk,
        Self::Header,
        Self::Body,
        Self::Head,
        Self::End,
        Self::St,
        Self::Commit,
        Self::Idempotency,
        Self::Schema,
        Self::Import,
        Self::Token,
        Self::TokenUse,
    ];

    /// Whether the record holds JSON, which has more than one spelling: what is read may be written in another one.
    pub fn holds_json(self) -> bool {
        matches!(self, Self::Body | Self::Head)
    }

    /// The bytes that dbx writes for what it reads in these bytes.
    ///
    /// # Errors
    /// Bytes that are not such a record.
    pub fn again(self, bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
        Ok(match self {
            Self::Chunk => chunk(bytes)?,
            Self::Header => header(bytes)?,
            Self::Body => encode_body(&decode_body(bytes)?, &event::salt(bytes)?).bytes,
            Self::Head => head(&Head::decode(bytes)?),
            Self::End => End::decode(bytes)?.encode(),
            Self::St => StEntry::decode(bytes)?.encode().to_vec(),
            Self::Commit => CommitEntry::decode(bytes)?.encode(),
            Self::Idempotency => IdempotencyEntry::decode(bytes)?.encode(),
            Self::Schema => SchemaEntry::decode(bytes)?.encode(),
            Self::Import => ImportEntry::decode(bytes)?.encode(),
            Self::Token => TokenEntry::decode(bytes)?.encode(),
            Self::TokenUse => TokenUse::decode(bytes)?.encode(),
        })
    }
}

/// Envelopes are taken out and put in again as bytes; what is in them must be readable or an error.
fn chunk(bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    let chunk = Chunk::parse(bytes)?;
    let mut again = ChunkBuilder::default();
    for slot in 0..chunk.count() {
        let envelope = chunk.envelope(slot)?;
        if let Ok(read) = decode_header(envelope.header) {
            // Every time that is stored can be shown.
            let _shown = read.created_at.to_string();
        }
        let _body = decode_body(envelope.body);
        again.push(envelope.header, envelope.body, envelope.merkle_root)?;
    }
    again.finish(chunk.first())
}

/// Verification reads headers in a way of its own, which must not see another event.
fn header(bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    let header = decode_header(bytes)?;
    let identity = decode_identity(bytes)?;
    let same = identity.aggregate_type == header.aggregate.aggregate_type.as_str()
        && identity.id == header.aggregate.id.as_str()
        && identity.version == header.version
        && identity.event_id == header.event_id
        && identity.created_at == header.created_at
        && identity.commit == header.commit
        && identity.commit_index == header.commit_index
        && identity.commit_size == header.commit_size
        && identity.body_hash == header.body_hash;
    if same { Ok(encode_header(&header)) } else { Ok(Vec::new()) }
}

fn head(head: &Head) -> Vec<u8> {
    let Head { version, position, created_at, updated_at, archived, peaks, state } = head;
    let (version, position) = (*version, *position);
    let (created_at, updated_at, archived) = (*created_at, *updated_at, *archived);
    HeadParts { version, position, created_at, updated_at, archived, peaks, state }.encode()
}
