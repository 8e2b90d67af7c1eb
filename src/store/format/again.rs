//! Reading and writing any record once more: what fuzzing holds the format to. No part of the interface.

use super::{
    BackupHeader, BackupTrailer, Chunk, ChunkBuilder, CommitEntry, CursorEntry, End, ErasureEntry,
    FRAME_HEAD_BYTES, FormatError, FrameKind, HeadParts, IdempotencyEntry, ImportEntry, KeyEntry,
    SchemaEntry, StEntry, StageEntry, StagedEntry, StoredHead, StoredState, TokenEntry, TokenUse,
    backup_preamble, check_backup_preamble, decode_body, decode_frame_head, decode_header,
    decode_identity, decode_state, encode_body, encode_frame, encode_header, event, push_record,
    take_chunk, take_record,
};
use crate::domain::json::object_to_string;

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
    /// The value of `mt` "g/o".
    Stage,
    /// A value of `mt` "g/s".
    Staged,
    /// A whole backup, frame for frame.
    Backup,
    /// A value of `ky`.
    Key,
    /// A value of `mt` "e/".
    Erasure,
    /// A value of `mt` "o/".
    Cursor,
}

impl Record {
    /// All of them.
    pub const ALL: [Self; 18] = [
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
        Self::Stage,
        Self::Staged,
        Self::Backup,
        Self::Key,
        Self::Erasure,
        Self::Cursor,
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
            Self::Head => head(&StoredHead::decode(bytes)?)?,
            Self::End => End::decode(bytes)?.encode(),
            Self::St => StEntry::decode(bytes)?.encode().to_vec(),
            Self::Commit => CommitEntry::decode(bytes)?.encode(),
            Self::Idempotency => IdempotencyEntry::decode(bytes)?.encode(),
            Self::Schema => SchemaEntry::decode(bytes)?.encode(),
            Self::Import => ImportEntry::decode(bytes)?.encode(),
            Self::Token => TokenEntry::decode(bytes)?.encode(),
            Self::TokenUse => TokenUse::decode(bytes)?.encode(),
            Self::Stage => StageEntry::decode(bytes)?.encode(),
            Self::Staged => StagedEntry::decode(bytes)?.encode(),
            Self::Backup => backup(bytes)?,
            Self::Key => KeyEntry::decode(bytes)?.encode(),
            Self::Erasure => ErasureEntry::decode(bytes)?.encode(),
            Self::Cursor => CursorEntry::decode(bytes)?.encode(),
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

/// A sealed state is bytes; one that is not sealed must be JSON.
fn head(stored: &StoredHead<'_>) -> Result<Vec<u8>, FormatError> {
    let StoredHead { frame, state } = stored;
    let text = match state {
        StoredState::Plain(text) => object_to_string(&decode_state(text)?).into_bytes(),
        StoredState::Sealed(_) => Vec::new(),
    };
    let parts = HeadParts {
        version: frame.version,
        position: frame.position,
        created_at: frame.created_at,
        updated_at: frame.updated_at,
        archived: frame.archived,
        erased: frame.erased,
        peaks: &frame.peaks,
        state: match state {
            StoredState::Plain(_) => StoredState::Plain(&text),
            StoredState::Sealed(sealed) => StoredState::Sealed(sealed),
        },
    };
    Ok(parts.encode())
}

/// What the frames are about is not looked at: a backup whose parts contradict each other has the same bytes again.
fn backup(bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    let cut = || FormatError::malformed("backup", "cut off");
    let (begin, mut rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    check_backup_preamble(*begin)?;
    let mut again = backup_preamble().to_vec();
    while !rest.is_empty() {
        let (head, behind) = rest.split_first_chunk::<FRAME_HEAD_BYTES>().ok_or_else(cut)?;
        let unknown = || FormatError::malformed("frame", "it is of no known kind");
        let (kind, length) = decode_frame_head(*head).ok_or_else(unknown)?;
        let length = usize::try_from(length).map_err(|_| cut())?;
        let (payload, behind) = behind.split_at_checked(length).ok_or_else(cut)?;
        let (sum, behind) = behind.split_first_chunk::<4>().ok_or_else(cut)?;
        let frame = encode_frame(kind, &frame(kind, payload)?)?;
        if !frame.ends_with(sum) {
            return Err(FormatError::Checksum);
        }
        again.extend(frame);
        rest = behind;
    }
    Ok(again)
}

fn frame(kind: FrameKind, mut payload: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut again = Vec::new();
    match kind {
        FrameKind::Header => again = BackupHeader::decode(payload)?.encode(),
        FrameKind::Trailer => again = BackupTrailer::decode(payload)?.encode(),
        FrameKind::Mt | FrameKind::Ky => {
            while let Some((key, value)) = take_record(&mut payload)? {
                push_record(&mut again, key, value)?;
            }
        }
        FrameKind::Log => {
            while let Some(chunk) = take_chunk(&mut payload)? {
                again.extend_from_slice(chunk);
            }
        }
    }
    Ok(again)
}
