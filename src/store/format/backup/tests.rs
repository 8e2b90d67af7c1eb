//! The stream of a backup, pinned.

use super::*;
use crate::store::format::tests::{assert_one_form, chunk, golden, inputs};

fn backup_header() -> BackupHeader {
    BackupHeader {
        store: uuid::Uuid::from_bytes([5; 16]),
        store_created: Timestamp::from_micros(1),
        taken: Timestamp::from_micros(1_795_176_000_000_000),
        written_by: "0.1.0".into(),
        features: vec!["sealed".into()],
        chunk_max: 256,
        base: Some(Base {
            position: Position(3),
            root: Hash([1; 32]),
            commit: CommitNumber(2),
            peaks: vec![Hash([2; 32]), Hash([3; 32])],
            proof: vec![Hash([4; 32])],
        }),
        damage: Some("it was rolled back".into()),
    }
}

fn backup_trailer() -> BackupTrailer {
    BackupTrailer {
        position: Position(6),
        root: Hash([6; 32]),
        commit: CommitNumber(3),
        events: 3,
        mt: 2,
        ky: 1,
        digest: Hash([7; 32]),
    }
}

#[test]
fn a_backup() {
    let mut records = Vec::new();
    push_record(&mut records, b"t/order", &[0, 0, 0, 1]).unwrap();
    push_record(&mut records, b"t/line", &[]).unwrap();
    let chunks = [chunk(&inputs()[..1], 4), chunk(&inputs()[..1], 5)].concat();
    let (header, trailer) = (backup_header(), backup_trailer());
    let frames = [
        (FrameKind::Header, header.encode()),
        (FrameKind::Mt, records.clone()),
        (FrameKind::Ky, records),
        (FrameKind::Log, chunks.clone()),
        (FrameKind::Trailer, trailer.encode()),
    ];
    let mut bytes = preamble().to_vec();
    for (kind, payload) in &frames {
        bytes.extend(encode_frame(*kind, payload).unwrap());
    }
    let stored = golden("backup", &bytes);
    let mut rest = &stored[8..];
    check_preamble(stored[..8].try_into().unwrap()).unwrap();
    for (kind, payload) in &frames {
        let (found, length) = decode_frame_head(rest[..5].try_into().unwrap()).unwrap();
        assert_eq!((found, length as usize), (*kind, payload.len()));
        assert_eq!(&rest[5..5 + payload.len()], payload);
        rest = &rest[5 + payload.len() + 4..];
    }
    assert!(rest.is_empty());
    assert_eq!(BackupHeader::decode(&frames[0].1).unwrap(), header);
    assert_eq!(BackupTrailer::decode(&frames[4].1).unwrap(), trailer);
    let whole = BackupHeader { base: None, damage: None, features: vec![], ..header };
    assert_eq!(BackupHeader::decode(&whole.encode()).unwrap(), whole);
    let mut rest = frames[1].1.as_slice();
    let first: (&[u8], &[u8]) = (b"t/order", &[0, 0, 0, 1]);
    assert_eq!(take_record(&mut rest).unwrap(), Some(first));
    assert_eq!(take_record(&mut rest).unwrap(), Some((&b"t/line"[..], &[][..])));
    assert_eq!(take_record(&mut rest).unwrap(), None);
    let mut rest = chunks.as_slice();
    assert_eq!(take_chunk(&mut rest).unwrap(), Some(&chunks[..chunks.len() / 2]));
    assert_eq!(take_chunk(&mut rest).unwrap().map(<[u8]>::len), Some(chunks.len() / 2));
    assert_eq!(take_chunk(&mut rest).unwrap(), None);
    for cut in 1..chunks.len() / 2 {
        assert!(take_chunk(&mut &chunks[..cut]).is_err());
    }
    for cut in 1..17 {
        assert!(take_record(&mut &frames[1].1[..cut]).is_err(), "{cut}");
    }
    let mut newer = preamble();
    newer[7] = 2;
    assert!(matches!(check_preamble(newer), Err(FormatError::NewerFormat { found: 2, .. })));
}

#[test]
fn its_records_have_one_form() {
    let header = backup_header().encode();
    assert_one_form("header of the backup", &header, 12, |bytes| {
        BackupHeader::decode(bytes).map(drop)
    });
    let trailer = backup_trailer().encode();
    assert_one_form("trailer of the backup", &trailer, 7, |bytes| {
        BackupTrailer::decode(bytes).map(drop)
    });
}
