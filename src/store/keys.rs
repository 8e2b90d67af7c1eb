//! The keys of the keyspaces. What stands in their values is drawn in [`format`](super::format).
//!
//! ```text
//! AK = type number u32 BE | id, 0x00 escaped as 0x00 0xFF | 0x00 0x00
//! ```
//!
//! Ids hold neither zero bytes nor anything beyond ASCII today; the escape and the end marker keep the order of keys
//! equal to the order of ids, whatever later versions allow in them.

use crate::domain::{AggregateId, AggregateKey, CommitNumber, CursorName, Hash, Position, Version};

/// The end of the log in `dx`.
pub(crate) const LAST: &[u8] = b"last";

/// The prefix of the type dictionary in `mt`.
pub(crate) const TYPE_PREFIX: &[u8] = b"t/";

/// The prefix of the commits in `mt`.
pub(crate) const COMMIT_PREFIX: &[u8] = b"c/";

/// The prefix of the snapshots in `dx`.
pub(crate) const SNAPSHOT_PREFIX: &[u8] = b"s";

/// The prefix of the referrers in `ix`.
pub(crate) const REFERRER_PREFIX: &[u8] = b"r";

/// The prefix of the archived aggregates in `ix`.
pub(crate) const ARCHIVED_PREFIX: &[u8] = b"a";

/// The prefix of the idempotency keys in `mt`.
pub(crate) const IDEMPOTENCY_PREFIX: &[u8] = b"i/";

/// The prefix of the applied schemas in `mt`.
pub(crate) const SCHEMA_PREFIX: &[u8] = b"s/";

/// The prefix of the imports in `mt`.
pub(crate) const IMPORT_PREFIX: &[u8] = b"p/";

/// The prefix of the tokens in `mt`.
pub(crate) const TOKEN_PREFIX: &[u8] = b"a/";

/// The stage in `mt`.
pub(crate) const STAGE: &[u8] = b"g/o";

/// The prefix of the staged operations in `mt`.
pub(crate) const STAGED_PREFIX: &[u8] = b"g/s";
/// The prefix of the uses of tokens in `mt`.
pub(crate) const TOKEN_USE_PREFIX: &[u8] = b"u/";

/// The prefix of the cursors of consumers in `mt`.
pub(crate) const CURSOR_PREFIX: &[u8] = b"o/";

/// The prefix of the erasures in `mt`.
pub(crate) const ERASURE_PREFIX: &[u8] = b"e/";

/// The wrapped key of the store in `ky`.
pub(crate) const STORE_KEY: &[u8] = b"s";

/// What says in `ky` that an erasure is not finished.
pub(crate) const UNFINISHED: &[u8] = b"p";

/// How often records beside the log were changed without an event, in `mt`: u64 BE.
pub(crate) const CHANGES: &[u8] = b"n";

/// The key of an aggregate, as every keyspace spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AggregateBytes(Box<[u8]>);

impl AggregateBytes {
    pub(crate) fn new(type_number: u32, id: &AggregateId) -> Self {
        let mut out = type_prefix(type_number).to_vec();
        for byte in id.as_str().bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xFF);
            }
        }
        out.extend_from_slice(&[0, 0]);
        Self(out.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The prefix of all aggregates of a type.
pub(crate) fn type_prefix(type_number: u32) -> [u8; 4] {
    type_number.to_be_bytes()
}

/// The type number and the id in the bytes of an aggregate's key.
pub(crate) fn parse_aggregate(key: &[u8]) -> Option<(u32, AggregateId)> {
    let (number, rest) = key.split_first_chunk::<4>()?;
    let id = rest.strip_suffix(&[0, 0])?;
    let id = AggregateId::new(std::str::from_utf8(id).ok()?).ok()?;
    Some((u32::from_be_bytes(*number), id))
}

/// Where the aggregate's key ends in a key that starts with one.
pub(crate) fn aggregate_end(key: &[u8]) -> Option<usize> {
    let rest = key.get(4..)?;
    let end = rest.windows(2).position(|pair| pair == [0, 0])?;
    Some(4 + end + 2)
}

pub(crate) fn event(position: Position) -> [u8; 8] {
    position.get().to_be_bytes()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(crate) fn version(aggregate: &AggregateBytes, version: Version) -> Vec<u8> {
    join(&[aggregate.as_bytes(), &version.get().to_be_bytes()])
}

pub(crate) fn snapshot(aggregate: &AggregateBytes, version: Version) -> Vec<u8> {
    join(&[SNAPSHOT_PREFIX, aggregate.as_bytes(), &version.get().to_be_bytes()])
}

pub(crate) fn snapshots(aggregate: &AggregateBytes) -> Vec<u8> {
    join(&[SNAPSHOT_PREFIX, aggregate.as_bytes()])
}

/// An archived aggregate.
pub(crate) fn archived(aggregate: &AggregateBytes) -> Vec<u8> {
    join(&[ARCHIVED_PREFIX, aggregate.as_bytes()])
}

pub(crate) fn tile(level: u8, index: u64) -> [u8; 9] {
    let mut out = [level; 9];
    if let Some(rest) = out.get_mut(1..) {
        rest.copy_from_slice(&index.to_be_bytes());
    }
    out
}

/// The level and the index in the key of a tile.
pub(crate) fn parse_tile(key: &[u8]) -> Option<(u8, u64)> {
    let (level, index) = key.split_first()?;
    Some((*level, u64::from_be_bytes(index.try_into().ok()?)))
}

pub(crate) fn referrer(target: &AggregateBytes, source: &AggregateBytes, field: &str) -> Vec<u8> {
    join(&[REFERRER_PREFIX, target.as_bytes(), source.as_bytes(), field.as_bytes()])
}

/// A reference whose key says nothing: what must stand in its value is the rest of a plain key.
pub(crate) fn sealed_referrer(target: &[u8; 16], whole: &[u8; 16]) -> Vec<u8> {
    join(&[b"r", target, whole])
}

/// The prefix of the references to a target whose keys say nothing.
pub(crate) fn sealed_referrers(target: &[u8; 16]) -> Vec<u8> {
    join(&[b"r", target])
}

pub(crate) fn referrers(target: &AggregateBytes) -> Vec<u8> {
    join(&[REFERRER_PREFIX, target.as_bytes()])
}

/// The number and the id of the source and the field, in what stands behind the target in the key of a referrer.
pub(crate) fn parse_referrer(rest: &[u8]) -> Option<(u32, AggregateId, String)> {
    let (source, field) = rest.split_at_checked(aggregate_end(rest)?)?;
    let (number, id) = parse_aggregate(source)?;
    Some((number, id, String::from_utf8(field.to_vec()).ok()?))
}

pub(crate) fn type_name(name: &str) -> Vec<u8> {
    join(&[TYPE_PREFIX, name.as_bytes()])
}

/// The wrapped data key of an aggregate in `ky`.
pub(crate) fn data_key(aggregate: &AggregateKey) -> Vec<u8> {
    join(&[b"d", aggregate.to_string().as_bytes()])
}

/// The erasure of an aggregate in `mt`.
pub(crate) fn erasure(aggregate: &AggregateKey) -> Vec<u8> {
    join(&[ERASURE_PREFIX, aggregate.to_string().as_bytes()])
}

pub(crate) fn commit(number: CommitNumber) -> Vec<u8> {
    join(&[COMMIT_PREFIX, &number.get().to_be_bytes()])
}

pub(crate) fn idempotency(key: &Hash) -> Vec<u8> {
    join(&[IDEMPOTENCY_PREFIX, key.as_bytes()])
}

pub(crate) fn schema(version: u64) -> Vec<u8> {
    join(&[SCHEMA_PREFIX, &version.to_be_bytes()])
}

pub(crate) fn import(source: &[u8; 16]) -> Vec<u8> {
    join(&[IMPORT_PREFIX, source])
}

pub(crate) fn token(id: &uuid::Uuid) -> Vec<u8> {
    join(&[TOKEN_PREFIX, id.as_bytes()])
}

pub(crate) fn token_use(id: &uuid::Uuid) -> Vec<u8> {
    join(&[TOKEN_USE_PREFIX, id.as_bytes()])
}

pub(crate) fn cursor(name: &CursorName) -> Vec<u8> {
    join(&[CURSOR_PREFIX, name.as_str().as_bytes()])
}

pub(crate) fn staged(record: u64) -> Vec<u8> {
    join(&[STAGED_PREFIX, &record.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_key_reads_back_and_no_key_is_a_prefix_of_another() {
        let short = AggregateBytes::new(7, &AggregateId::new("a").unwrap());
        let long = AggregateBytes::new(7, &AggregateId::new("a1").unwrap());
        assert_eq!(parse_aggregate(short.as_bytes()), Some((7, AggregateId::new("a").unwrap())));
        assert!(!long.as_bytes().starts_with(short.as_bytes()));
        assert!(short < long, "keys sort as ids do");
        let key = version(&long, Version(3));
        assert_eq!(aggregate_end(&key), Some(long.as_bytes().len()));
    }
}
