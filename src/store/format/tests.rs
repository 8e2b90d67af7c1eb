//! The bytes of format 1, pinned. A file in `tests/fixtures/format-v1/` never changes: a new format gets a folder of its
//! own, and every later version reads this one.

use super::*;
use crate::domain::json::{Json, Object};
use crate::domain::{
    Actor, AggregateKey, Body, CommitNumber, EventId, EventType, Hash, Header, Kind, Position,
    Timestamp, Version,
};
use crate::proof::sha256;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;

/// Compares `bytes` with a file of hex. A file that is missing is written, and the test fails until it is committed.
#[track_caller]
pub(super) fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-v1");
    let path = folder.join(format!("{name}.hex"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        let mut hex = String::new();
        for line in bytes.chunks(32) {
            for byte in line {
                write!(hex, "{byte:02x}").unwrap();
            }
            hex.push('\n');
        }
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, hex).unwrap();
        panic!("{} was missing and is written now: look at it and commit it", path.display());
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let stored: Vec<u8> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    assert_eq!(bytes, stored, "{name}: the bytes of format 1 changed");
    stored
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn object(text: &str) -> Object {
    json(text).as_object().unwrap().clone()
}

/// What one stored event is made of: header, body and salt.
pub(super) struct Input {
    pub(super) header: Header,
    body: Body,
    salt: [u8; SALT_BYTES],
}

/// Three events of one commit, which together use every entry of header and body.
pub(super) fn inputs() -> Vec<Input> {
    let local = Actor { group: "local".into(), user: "ada".into(), uid: Some(1000) };
    let remote = Actor { group: "billing".into(), user: "grace hopper".into(), uid: None };
    let bodies = [
        Body {
            content: json(r#"{"total":"12.50","lines":[1,2.50,{"sku":"ä\u0001"}],"paid":false}"#),
            ..Body::default()
        },
        Body {
            content: json(r#"[{"op":"replace","path":"/paid","value":true}]"#),
            metadata: json(r#"{"@trace":"4f2a","@retries":3}"#),
            note: Some("paid by card – thank you".into()),
            erased: None,
        },
        Body::default(),
    ];
    let kinds = [Kind::Merge, Kind::Patch, Kind::Archive];
    let types = ["order_placed", "order_paid", "dbx_archived"];
    let parts = bodies.into_iter().zip(kinds).zip(types);
    (0_u32..)
        .zip(parts)
        .map(|(index, ((body, kind), event_type))| {
            let number = u64::from(index);
            let salt = [0x50 + u8::try_from(index).unwrap(); SALT_BYTES];
            let header = Header {
                aggregate: AggregateKey::new("order", "ORD-42").unwrap(),
                version: Version(number + 1),
                event_type: EventType::stored(event_type).unwrap(),
                event_id: EventId(0x0123_4567_89ab_cdef + number),
                created_at: Timestamp::from_micros(1_795_183_200_000_000),
                actor: if index == 0 { local.clone() } else { remote.clone() },
                commit: CommitNumber(7),
                commit_index: index,
                commit_size: 3,
                message_hash: (index < 2).then(|| sha256(b"the first order")),
                schema_version: number * 300,
                kind,
                body_hash: encode_body(&body, &salt).hash,
            };
            Input { header, body, salt }
        })
        .collect()
}

pub(super) fn chunk(inputs: &[Input], first: u64) -> Vec<u8> {
    let mut builder = ChunkBuilder::default();
    for (index, input) in inputs.iter().enumerate() {
        let body = encode_body(&input.body, &input.salt);
        let root = [u8::try_from(index).unwrap() + 0xa0; 32];
        builder.push(&encode_header(&input.header), &body.bytes, &root).unwrap();
    }
    builder.finish(first).unwrap()
}

#[track_caller]
fn reads_back(stored: &[u8], inputs: &[Input], first: u64) {
    let chunk = Chunk::parse(stored).unwrap();
    assert_eq!((chunk.first(), chunk.count()), (first, inputs.len()));
    for (slot, input) in inputs.iter().enumerate() {
        let envelope = chunk.envelope(slot).unwrap();
        assert_eq!(decode_header(envelope.header).unwrap(), input.header);
        assert_eq!(decode_body(envelope.body).unwrap(), input.body);
        assert_eq!(envelope.merkle_root, &[u8::try_from(slot).unwrap() + 0xa0; 32]);
    }
    assert!(chunk.envelope(inputs.len()).is_err(), "a slot behind the last one");
}

#[test]
fn chunks_of_one_and_three_envelopes() {
    let inputs = inputs();
    let one = golden("chunk-1", &chunk(&inputs[..1], 1));
    reads_back(&one, &inputs[..1], 1);
    let three = golden("chunk-3", &chunk(&inputs, 0x0102_0304_0506_0708));
    reads_back(&three, &inputs, 0x0102_0304_0506_0708);
}

fn head() -> Head {
    Head {
        version: Version(3),
        position: Position(900),
        created_at: Timestamp::from_micros(1_795_183_200_000_000),
        updated_at: Timestamp::from_micros(1_795_183_200_000_001),
        archived: true,
        erased: false,
        peaks: vec![Hash([1; 32]), Hash([2; 32])],
        state: object(r#"{"total":"12.50","paid":true}"#),
    }
}

fn end() -> End {
    End {
        position: Position(3),
        root: Hash([9; 32]),
        commit: CommitNumber(2),
        event_id: EventId(u64::MAX >> 1),
        created_at: Timestamp::from_micros(-1),
        type_number: 70_000,
        peaks: vec![Hash([8; 32]), Hash([7; 32])],
        archived: None,
    }
}

fn commits() -> [CommitEntry; 2] {
    let first = Position(24);
    [
        CommitEntry { first, count: 3, message: Message::Plain("the first order".into()) },
        CommitEntry { first, count: 1000, message: Message::None },
    ]
}

fn idempotency() -> IdempotencyEntry {
    IdempotencyEntry { operations: Hash([3; 32]), first: Position(256), count: 2, request: None }
}

fn schema() -> SchemaEntry {
    SchemaEntry {
        source: "aggregate order {\n}\n".into(),
        applied_at: Timestamp::from_micros(1),
        actor: Actor { group: "local".into(), user: "ada".into(), uid: Some(0) },
        after: Some(Position(40)),
    }
}

fn import() -> ImportEntry {
    ImportEntry { bytes: 1 << 40, lines: 23, hash: Hash([4; 32]) }
}

#[test]
fn the_records_beside_the_log() {
    let place = StEntry { position: Position(0x0102_0304_0506_0708), slot: 0x090a };
    assert_eq!(StEntry::decode(&golden("st", &place.encode())).unwrap(), place);
    assert_eq!(Head::decode(&golden("head", &head().encode())).unwrap(), head());
    let counting = End { archived: Some(2), ..end() };
    for (name, end) in [("end", end()), ("end-archived", counting)] {
        assert_eq!(End::decode(&golden(name, &end.encode())).unwrap(), end);
    }
    for (name, entry) in ["commit-message", "commit-count"].into_iter().zip(commits()) {
        assert_eq!(CommitEntry::decode(&golden(name, &entry.encode())).unwrap(), entry);
    }
    let stored = golden("idempotency", &idempotency().encode());
    assert_eq!(IdempotencyEntry::decode(&stored).unwrap(), idempotency());
    let first = SchemaEntry { after: None, ..schema() };
    for (name, entry) in [("schema", first), ("schema-after", schema())] {
        assert_eq!(SchemaEntry::decode(&golden(name, &entry.encode())).unwrap(), entry);
    }
    let whole = IdempotencyEntry { request: Some(Hash([4; 32])), ..idempotency() };
    let stage = StageEntry {
        revision: 12,
        last_id: 6,
        last_record: 300,
        order: vec![(1, 1), (2, 2), (3, 300), (6, 299)],
        undo: vec![vec![], vec![(1, 1), (2, 2)]],
        redo: vec![vec![(6, 299)]],
    };
    let stored = golden("stage", &stage.encode());
    assert_eq!(StageEntry::decode(&stored).unwrap(), stage);
    let staged = StagedEntry {
        aggregate_type: "order".into(),
        aggregate_id: "ORD-42".into(),
        event_type: "order_paid".into(),
        base: 256,
        staged_at: Timestamp::from_micros(1_795_183_200_000_000),
        actor: Actor { group: "local".into(), user: "ada".into(), uid: Some(1000) },
        content: br#"{"payload":{"status":"paid"},"exists":true}"#.to_vec(),
    };
    let stored = golden("staged", &staged.encode());
    assert_eq!(StagedEntry::decode(&stored).unwrap(), staged);
    let stored = golden("idempotency-request", &whole.encode());
    assert_eq!(IdempotencyEntry::decode(&stored).unwrap(), whole);
    assert_eq!(ImportEntry::decode(&golden("import", &import().encode())).unwrap(), import());
}

#[test]
fn no_cut_and_no_flipped_bit_of_a_chunk_passes() {
    for stored in [chunk(&inputs()[..1], 1), chunk(&inputs(), 1)] {
        for length in 0..stored.len() {
            assert!(Chunk::parse(&stored[..length]).is_err(), "cut to {length} bytes");
        }
        for bit in 0..stored.len() * 8 {
            let mut flipped = stored.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Chunk::parse(flipped).is_err(), "bit {bit}");
        }
        let longer = [&stored[..], &[0]].concat();
        assert!(Chunk::parse(longer).is_err(), "a byte behind the chunk");
    }
}

pub(super) type Decoder = fn(&[u8]) -> Result<(), FormatError>;

/// Every CBOR record: its name, its bytes, the highest entry that it may have, and how it is read.
fn records() -> Vec<(&'static str, Vec<u8>, u8, Decoder)> {
    let Input { header, body, salt } = inputs().remove(1);
    vec![
        ("header", encode_header(&header), 14, |bytes| decode_header(bytes).map(drop)),
        ("body", encode_body(&body, &salt).bytes, 4, |bytes| decode_body(bytes).map(drop)),
        ("head", head().encode(), 9, |bytes| Head::decode(bytes).map(drop)),
        ("end of the log", end().encode(), 8, |bytes| End::decode(bytes).map(drop)),
        ("commit", commits()[0].encode(), 5, |bytes| CommitEntry::decode(bytes).map(drop)),
        ("idempotency key", idempotency().encode(), 4, |bytes| {
            IdempotencyEntry::decode(bytes).map(drop)
        }),
        ("schema version", schema().encode(), 4, |bytes| SchemaEntry::decode(bytes).map(drop)),
        ("import", import().encode(), 3, |bytes| ImportEntry::decode(bytes).map(drop)),
    ]
}

/// The entries of a record, each key with its bytes, and its map put together from such entries.
fn entries(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut decoder = minicbor::decode::Decoder::new(bytes);
    let count = decoder.map().unwrap().unwrap();
    (0..count)
        .map(|_| {
            let start = decoder.position();
            decoder.skip().unwrap();
            decoder.skip().unwrap();
            bytes[start..decoder.position()].to_vec()
        })
        .collect()
}

fn map(entries: &[Vec<u8>]) -> Vec<u8> {
    let count = u8::try_from(entries.len()).unwrap();
    assert!(count < 24, "one byte says how many");
    [vec![0xa0 + count], entries.concat()].concat()
}

/// Checks that a record is read in its one form and in no other.
#[track_caller]
pub(super) fn assert_one_form(name: &'static str, stored: &[u8], highest: u8, decode: Decoder) {
    decode(stored).unwrap();
    let parts = entries(stored);
    assert_eq!(map(&parts), stored);
    let malformed = |bytes: &[u8], what: &str| match decode(bytes) {
        Err(FormatError::Malformed { record, reason }) => {
            assert_eq!(record, name, "{what}: {reason}");
        }
        other => panic!("{name}, {what}: {other:?}"),
    };
    let mut unknown = parts.clone();
    unknown.push(vec![highest + 1, 0]);
    malformed(&map(&unknown), "an unknown entry");
    let mut swapped = parts.clone();
    swapped.swap(1, 2);
    malformed(&map(&swapped), "entries out of order");
    let mut twice = parts.clone();
    twice.insert(2, parts[1].clone());
    malformed(&map(&twice), "an entry twice");
    malformed(&map(&parts[..2]), "entries missing");
    malformed(&map(&parts[1..]), "no format");
    malformed(&[stored, &[0]].concat(), "bytes behind the record");
    for length in 0..stored.len() {
        assert!(decode(&stored[..length]).is_err(), "{name} cut to {length} bytes");
    }
    let mut long = parts.clone();
    long[0] = vec![0x18, 0, 1];
    malformed(&map(&long), "a key in two bytes");
    long[0] = vec![0, 0x18, 1];
    malformed(&map(&long), "a number in two bytes");
    let count = u8::try_from(parts.len()).unwrap();
    malformed(&[&[0xb8, count], &stored[1..]].concat(), "a count of entries in two bytes");
    malformed(&[&[0xbf], &stored[1..], &[0xff]].concat(), "a map of unknown length");
    let mut newer = parts;
    newer[0] = vec![0, 2];
    let refused = decode(&map(&newer)).unwrap_err();
    let expected = FormatError::NewerFormat { record: name, found: 2 };
    assert_eq!(refused, expected);
}

#[test]
fn a_record_has_one_form_and_anything_else_is_an_error_that_names_it() {
    for (name, stored, highest, decode) in records() {
        assert_one_form(name, &stored, highest, decode);
    }
    let mut newer = chunk(&inputs()[..1], 1);
    newer[0] = 2;
    let refused = Chunk::parse(newer).unwrap_err();
    assert_eq!(refused, FormatError::NewerFormat { record: "chunk", found: 2 });
    assert!(StEntry::decode(&[0; 9]).is_err());
    assert!(StEntry::decode(&[0; 11]).is_err());
}

#[test]
fn lengths_and_negative_numbers_have_one_form_too() {
    let stored = Hash([4; 32]);
    let entry = |parts: &[&[u8]]| {
        ImportEntry::decode(&[&[0xa4, 0, 1, 1, 0, 2, 0, 3][..], &parts.concat()].concat())
    };
    assert_eq!(entry(&[&[0x58, 32], &stored.0]).unwrap().hash, stored);
    assert!(entry(&[&[0x59, 0, 32], &stored.0]).is_err(), "a length in three bytes");
    assert!(entry(&[&[0x5f, 0x58, 32], &stored.0, &[0xff]]).is_err(), "bytes in pieces");
    for micros in [i64::MIN, -4_294_967_297, -257, -256, -25, -24, -1, 0, 23, 24, 255, i64::MAX] {
        let mut end = end();
        end.created_at = Timestamp::from_micros(micros);
        assert_eq!(End::decode(&end.encode()).unwrap(), end);
    }
}

/// A whole record may be of another length than the map says, and a whole chunk may lie about what is in it.
#[test]
fn a_chunk_whose_checksum_is_right_may_still_lie() {
    let good = chunk(&inputs(), 1);
    let with = |at: usize, bytes: &[u8]| {
        let mut lie = good.clone();
        lie[at..at + bytes.len()].copy_from_slice(bytes);
        let crc_at = lie.len() - 4;
        let crc = crc32c::crc32c(&lie[..crc_at]);
        lie[crc_at..].copy_from_slice(&crc.to_le_bytes());
        lie
    };
    assert_eq!(with(8, &1_u64.to_le_bytes()), good, "the checksum is made as the writer makes it");
    let lies: [(&str, usize, Vec<u8>); 7] = [
        ("flags", 1, vec![1]),
        ("no envelopes", 2, 0_u16.to_le_bytes().to_vec()),
        ("fewer envelopes", 2, 2_u16.to_le_bytes().to_vec()),
        ("257 envelopes", 2, 257_u16.to_le_bytes().to_vec()),
        ("a length that is too small", 4, 9_u32.to_le_bytes().to_vec()),
        ("ends that go back", 20, 1_u32.to_le_bytes().to_vec()),
        ("an end beyond the chunk", 24, u32::MAX.to_le_bytes().to_vec()),
    ];
    for (what, at, bytes) in lies {
        assert!(Chunk::parse(with(at, &bytes)).is_err(), "{what}");
    }
    // The lengths inside an envelope are read with it.
    for bytes in [u16::MAX.to_le_bytes(), 0_u16.to_le_bytes()] {
        let chunk = Chunk::parse(with(16 + 3 * 4, &bytes)).unwrap();
        assert!(chunk.envelope(0).is_err());
        assert!(chunk.envelope(1).is_ok());
    }
    let chunk = Chunk::parse(with(16 + 3 * 4 + 2, &u32::MAX.to_le_bytes())).unwrap();
    assert!(chunk.envelope(0).is_err());
}

fn decode_everything(bytes: &[u8]) {
    if let Ok(chunk) = Chunk::parse(bytes) {
        for slot in 0..=chunk.count() {
            drop(chunk.envelope(slot).map(|envelope| envelope.body.len()));
        }
    }
    drop(StEntry::decode(bytes));
    drop(decode_state(bytes));
    for (_, _, _, decode) in records() {
        drop(decode(bytes));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        decode_everything(&bytes);
    }

    #[test]
    fn no_changed_record_makes_a_decoder_panic(
        which in 0..8_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (_, mut bytes, _, decode) = records().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(decode(&bytes));
    }

    #[test]
    fn no_lie_in_a_chunk_makes_it_panic(
        changes in proptest::collection::vec((0..28_usize, any::<u8>()), 1..5),
    ) {
        let mut bytes = chunk(&inputs(), 1);
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        let crc_at = bytes.len() - 4;
        let crc = crc32c::crc32c(&bytes[..crc_at]);
        bytes[crc_at..].copy_from_slice(&crc.to_le_bytes());
        decode_everything(&bytes);
    }
}
