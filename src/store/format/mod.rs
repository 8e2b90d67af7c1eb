//! Every byte that dbx stores, drawn here and nowhere else. Format 1; a golden fixture pins it.
//!
//! # Keyspaces
//!
//! Primary, never dropped, part of every backup: `ev`, `mt`, `ky`. Derived, rebuilt from `ev` when damaged: `st`, `ag`,
//! `ix`, `tr`, `dx`. All integers in keys are big-endian, so that keys sort as numbers do. `AK` is the key of an
//! aggregate: see [`keys`](super::keys).
//!
//! ```text
//! ks  key                              value
//! ev  first position u64               a chunk of envelopes (below)
//! mt  "t/" aggregate type              type number u32
//!     "c/" commit number u64           CBOR {0: 1, 1: first position, 2: events, 3: message?, 4: sealed message?,
//!                                            5: whether damage took the message?}
//!     "i/" SHA-256 of actor and key    CBOR {0: 1, 1: SHA-256 of the operations, 2: first position, 3: events,
//!                                      4: SHA-256 of the request as it came in?}
//!     "e/" aggregate type "/" id       CBOR {0: 1, 1: position of the erasing event, 2: erased at, 3: actor}
//!     "s/" schema version u64          CBOR {0: 1, 1: source, 2: applied at, 3: actor,
//!                                            4: last position before it?}
//!     "p/" source of an import, 16 B   CBOR {0: 1, 1: bytes, 2: lines, 3: SHA-256 of those bytes}
//!     "a/" id of a token, 16 B         CBOR: the token, below
//!     "u/" id of a token, 16 B         CBOR {0: 1, 1: events written with it, 2: used last?}
//!     "n"                              u64: how often records of mt or ky were changed without an event; ANCHOR knows it
//!     "o/" name of a cursor            CBOR {0: 1, 1: position, 2: id of the event there, 3: moved at, 4: moved by}
//!     "g/o"                            CBOR: the stage, below
//!     "g/s" record u64                 CBOR: one staged operation, below
//! ky  "s"                              CBOR: the wrapped key of the store, below
//!     "d" aggregate type "/" id        CBOR: the wrapped data key of an aggregate, below
//!     "p"                              (empty) an erasure is not finished: keys are to be rotated, tables compacted
//! st  AK, version u64                  position u64, slot u16
//! ag  AK                               CBOR: the head, below
//! ix  "r" AK of target, AK of source,  (empty) who points at an aggregate
//!     pointer of the field
//!     "a" AK                           (empty) an aggregate that is archived, where the end of the log counts them
//! tr  level u8, tile u64               256 hashes and the tile's root: 257 x 32 bytes
//! dx  "last"                           CBOR: the end of the log, below
//!     "s" AK, version u64              the state after that version, as minified JSON
//! ```
//!
//! # Chunk, little-endian
//!
//! ```text
//! 0   format u8 = 1
//! 1   flags u8 = 0
//! 2   count u16, 1 to 256
//! 4   total u32: bytes after this field
//! 8   first position u64
//! 16  end of each envelope u32 x count, counted from the first envelope
//!     envelopes
//!     crc32c u32 of everything before it
//! ```
//!
//! # Envelope
//!
//! ```text
//! header length u16, body length u32, header, body, root of the aggregate's tree after this event: 32 bytes
//! ```
//!
//! Header and body are deterministic CBOR (RFC 8949 section 4.2.1) maps with ascending integer keys:
//!
//! ```text
//! header                                      body
//! 0  format = 1                               0  format = 1
//! 1  aggregate type, text                     1  salt, 16 random bytes
//! 2  aggregate id, text                       2  content: minified JSON, bytes
//! 3  version                                  3  metadata: minified JSON object, bytes (absent: none)
//! 4  event type, text                         4  note, text (absent: none)
//! 5  event id                                 5  (tags, reserved)
//! 6  created at, microseconds since 1970      6  (content type, reserved)
//! 7  actor [group, user] or [.., uid]         7  another body, sealed: then the only entry beside 0
//! 8  commit number
//! 9  index in the commit, from 0
//! 10 events in the commit
//! 11 SHA-256 of the commit's message (absent: no message)
//! 12 schema version that admitted it, 0 for none
//! 13 kind: 0 merge, 1 patch, 2 archive, 3 restore, 4 nullify, 5 erase
//! 14 SHA-256 of the body's bytes
//! ```
//!
//! The leaf of both trees is SHA-256 of 0x00 and the header's bytes (RFC 6962): it binds who, when, which version
//! and, by its hash, the body. The salt keeps the hash of an erased body from being guessed. Numbers of keys are
//! never used again.
//!
//! # Token (`mt` "a/")
//!
//! ```text
//! 0  format = 1                               7  SHA-256 of what is signed: header "." claims
//! 1  group                                    8  expires at (absent: never)
//! 2  user                                     9  how many events may be written (absent: any number)
//! 3  actions, array of text                   10 seconds that it holds unused (absent: any time)
//! 4  resources, array of text                 11 revoked at (absent: not), with
//! 5  issued at                                12 revoked by, actor
//! 6  issued by, actor                         13 id of the token that took its place (absent: none)
//! ```
//!
//! # What is sealed
//!
//! Where FORMAT names the feature `encryption`, each of these is sealed as [`Key::seal`](crate::seal::Key::seal) draws it
//! (id of the key, nonce, ciphertext, tag), and nothing of it is stored in the clear:
//!
//! ```text
//! what                        sealed with            associated data, each part with its length before it
//! a body                      the aggregate's key    "dbx body", 1, store uuid, type, id, event type, kind
//! the body of an erasing      the store's key        the same
//! state in `ag`, snapshot,    the aggregate's key    "dbx record", store uuid, keyspace, key, version u64
//!   record of an aggregate
//! message of a commit, other  the store's key        the same; the version is 0 where there is none
//!   record of no aggregate
//! a key in `ky`               the master key         "dbx key", store uuid, key of the record
//! ```
//!
//! The record of a key is CBOR {0: 1, 1: id of the key, 2: the sealed key}. Every sealed text names its key, and the id of
//! the key is the last part of its associated data. Hashes that would let a content be guessed are HMAC-SHA-256 under a
//! key that is derived from the store's: the hash of a message in a header, key and value of an idempotency key, key and
//! hash of an import. A reference in `ix` is
//!
//! ```text
//! ks  key                                         value
//! ix  "r" HMAC of AK of target, 16 bytes,         sealed with the store's key: AK of source, pointer of the field
//!     HMAC of all of a plain key, 16 bytes
//! ```
//!
//! # Head (`ag`) and end (`dx` "last")
//!
//! ```text
//! head                                        end
//! 0  format = 1                               0  format = 1
//! 1  version                                  1  last position
//! 2  last position                            2  root of the log's tree, 32 bytes
//! 3  created at                               3  last commit number
//! 4  updated at                               4  last event id
//! 5  archived, boolean                        5  created at of the last event
//! 6  peaks of its tree, 32 bytes each         6  last type number
//! 7  state: minified JSON, bytes              7  peaks of the log's tree, 32 bytes each
//! 8  state, sealed (instead of 7)             8  how many aggregates are archived (absent: not indexed)
//! 9  erased: true (absent: not)
//! ```
//!
//! An end without its entry 8 is of a version that kept no index of what is archived. The next write of events adds both;
//! such a version refuses to read what has the entry, and so cannot leave an index behind that is not true any more.
//!
//! # The stage (`mt` "g/o") and its operations (`mt` "g/s")
//!
//! ```text
//! stage                                       staged operation, never changed once written
//! 0  format = 1                               0  format = 1
//! 1  revision, moves with every change        1  aggregate type, text
//! 2  number of the last operation staged      2  aggregate id, text
//! 3  number of the last record written        3  event type, text; a reserved one for archive and restore
//! 4  the order: an array of runs              4  base: the aggregate's version it was written against
//! 5  the orders before it, latest last        5  staged at, microseconds since 1970
//! 6  the orders undone, latest last           6  actor [group, user] or [.., uid]
//!                                             7  content: minified JSON object, bytes; sealed where the store is
//! ```
//!
//! A run is three numbers: an operation, its record, and how many follow on both. Content has the members `payload` or
//! `patch`, `metadata`, `note` and `exists` of the operation, and `remark`: why it was staged. It is
//! sealed for "g/s" and the number of the operation, not of the record, which changes when the operation moves.

mod again;
mod backup;
mod cbor;
mod chunk;
mod cursor;
mod event;
mod identity;
mod record;
mod sealing;
mod stage;
#[cfg(test)]
mod tests;
mod token;

pub use again::Record;
pub(crate) use backup::{
    BackupHeader, BackupTrailer, Base, FRAME_HEAD_BYTES, FrameKind,
    check_preamble as check_backup_preamble, decode_frame_head, encode_frame,
    preamble as backup_preamble, push_record, take_chunk, take_record,
};
pub(crate) use chunk::{Chunk, ChunkBuilder, Envelope, READ_EVENTS_MAX};
pub use cursor::CursorEntry;
pub(crate) use event::{
    BodyText, EncodedBody, SALT_BYTES, body_bytes, body_text, decode_body, decode_header,
    encode_body, encode_header, encode_sealed_body, sealed_body,
};
pub(crate) use identity::{Identity, decode_identity};
pub use record::Head;
pub(crate) use record::{
    CommitEntry, End, HeadParts, IdempotencyEntry, ImportEntry, Message, SchemaEntry, StEntry,
    StoredHead, StoredState, decode_state,
};
pub(crate) use sealing::{ErasureEntry, KeyEntry};
pub use token::{TokenEntry, TokenUse};

pub(crate) use stage::{OrderEntry, StageEntry, StagedEntry};

/// The format version in every record.
pub(crate) const FORMAT: u64 = 1;

/// Bytes that are not a record of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A record of a newer dbx.
    #[error("{record} has format {found}, this dbx reads format 1")]
    NewerFormat {
        /// Which record.
        record: &'static str,
        /// The format it names.
        found: u64,
    },
    /// A checksum does not fit its bytes.
    #[error("the checksum of a chunk does not fit its bytes")]
    Checksum,
    /// Bytes that the format does not allow.
    #[error("{record}: {reason}")]
    Malformed {
        /// Which record.
        record: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl FormatError {
    pub(crate) fn malformed(record: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { record, reason: reason.into() }
    }
}
