//! What a backup holds, what is refused, and what a restore makes of it.

use super::desk::{Desk, fill, journal_end, merge, proposal, records};
use super::rebuild::{play, steps};
use super::sound::assert_sound;
use crate::domain::Position;
use crate::proof::sha256;
use crate::store::backup::{BackupSummary, Checked, Input, Restored, read_into};
use crate::store::format::{FrameKind, encode_frame};
use crate::store::writer::rebuild;
use crate::store::{BackupError, Store};
use proptest::prelude::*;
use std::io::{self, Write};

pub(super) fn backed_up(store: &Store, base: Option<&BackupSummary>) -> (Vec<u8>, BackupSummary) {
    let mut bytes = Vec::new();
    let made = store.backup(base, &mut bytes, &mut |_, _| true).unwrap();
    assert_eq!(made.bytes, bytes.len() as u64);
    assert_eq!(read(&bytes).unwrap(), made);
    (bytes, made)
}

pub(super) fn read(bytes: &[u8]) -> Result<BackupSummary, BackupError> {
    Checked::open(bytes)?.finish(&mut |_| true)
}

pub(super) fn inputs<'a>(backups: &[&'a [u8]]) -> Vec<Input<'a>> {
    let named = backups
        .iter()
        .zip(1..)
        .map(|(bytes, number)| Input { name: format!("{number}.dbxb"), source: Box::new(*bytes) });
    named.collect()
}

pub(super) fn restored(
    desk: &Desk,
    backups: &[&[u8]],
    force: bool,
) -> Result<Restored, BackupError> {
    Store::restore(&desk.options(), inputs(backups), force, Vec::new(), &|_| {})
}

#[track_caller]
pub(super) fn assert_same(one: &Store, other: &Store) {
    let (one, other) = (one.keyspaces().unwrap(), other.keyspaces().unwrap());
    assert_eq!(records(&one), records(&other));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_restored_of_two_parts_has_the_same_bytes(first in steps(), then in steps()) {
        let (desk, target) = (Desk::again(), Desk::again());
        let (store, _) = play(&desk, &first);
        let (half, base) = backed_up(&store, None);
        store.close().unwrap();
        let (store, _) = play(&desk, &then);
        let (more, end) = backed_up(&store, Some(&base));
        let keyspaces = target.keyspaces();
        let (last, bytes) = read_into(&keyspaces, inputs(&[&half, &more]), &|_| {}).unwrap();
        prop_assert_eq!(bytes, (half.len() + more.len()) as u64);
        prop_assert_eq!(&last, &end);
        let made = rebuild(&keyspaces, &|_, _| {}).unwrap();
        prop_assert_eq!((made.position, made.root), (end.trailer.position, end.trailer.root));
        prop_assert_eq!(records(&keyspaces), records(&store.keyspaces().unwrap()));
    }

    #[test]
    fn no_changed_byte_passes(at in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let bytes = small();
        let at = at.index(bytes.len());
        let mut changed = bytes.to_vec();
        changed[at] ^= change;
        prop_assert!(read(&changed).is_err(), "byte {}", at);
    }
}

/// A backup of a few events, an increment of which every entry is there.
fn small() -> &'static [u8] {
    static SMALL: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        let desk = Desk::new();
        let store = desk.open();
        fill(&store, 0..3);
        let (_, base) = backed_up(&store, None);
        fill(&store, 3..7);
        backed_up(&store, Some(&base)).0
    });
    &SMALL
}

#[test]
fn no_bit_of_a_small_backup_can_change_and_no_byte_be_missing() {
    let bytes = small();
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << (at % 8);
        let error = read(&changed).unwrap_err();
        // The first eight bytes say what it is at all.
        assert_eq!(error.is_damage(), at >= 8, "byte {at}: {error}");
    }
    assert!(matches!(read(&[]), Err(BackupError::NotABackup)));
    for length in 1..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        assert!(matches!(error, BackupError::CutShort { .. }), "{length} bytes: {error}");
    }
    let longer = [bytes, &[0]].concat();
    insta::assert_snapshot!(read(&longer).unwrap_err().to_string().replace(&bytes.len().to_string(), "N"), @"the backup is damaged at byte N: bytes follow its end");
    read(bytes).unwrap();
}

/// The frames of a backup: kind and payload.
pub(super) type Frames = Vec<(FrameKind, Vec<u8>)>;

pub(super) fn frames(bytes: &[u8]) -> Frames {
    let (mut found, mut rest) = (Vec::new(), &bytes[8..]);
    while let [kind, length @ ..] = rest {
        let count = u32::from_le_bytes(length[..4].try_into().unwrap()) as usize;
        let payload = length[4..4 + count].to_vec();
        found.push((FrameKind::from_number(*kind).unwrap(), payload));
        rest = &length[4 + count + 4..];
    }
    found
}

/// A backup of these frames, with checksums that are right, and a hash of all bytes that is too.
pub(super) fn joined(bytes: &[u8], frames: &[(FrameKind, Vec<u8>)]) -> Vec<u8> {
    let mut out = bytes[..8].to_vec();
    for (kind, payload) in frames {
        let mut payload = payload.clone();
        if *kind == FrameKind::Trailer {
            let digest = sha256(&out);
            let at = payload.len() - 32;
            payload[at..].copy_from_slice(&digest.0);
        }
        out.extend(encode_frame(*kind, &payload).unwrap());
    }
    out
}

#[test]
fn a_forged_backup_with_right_checksums_is_refused() {
    let desk = Desk::new();
    let store = desk.open();
    for round in 0..4 {
        let text = "x".repeat(700_000);
        store
            .propose(proposal(vec![merge("order/1", &format!(r#"{{"{round}":"{text}"}}"#))]))
            .unwrap();
    }
    let (bytes, _) = backed_up(&store, None);
    let all = frames(&bytes);
    assert_eq!(joined(&bytes, &all), bytes, "taken apart and put together again");
    let logs: Vec<usize> = (0..all.len()).filter(|index| all[*index].0 == FrameKind::Log).collect();
    assert_eq!(logs.len(), 2, "two events a frame");
    let refused = |change: &dyn Fn(&mut Frames)| {
        let mut forged = all.clone();
        change(&mut forged);
        let error = read(&joined(&bytes, &forged)).unwrap_err();
        assert!(error.is_damage(), "{error}");
        let text = error.to_string();
        text.split_once(": ").map(|(_, reason)| reason.to_owned()).unwrap_or(text)
    };
    let without = refused(&|frames| drop(frames.remove(logs[0])));
    insta::assert_snapshot!(without, @"#1 was expected, #3 follows");
    let swapped = refused(&|frames| frames.swap(logs[0], logs[1]));
    insta::assert_snapshot!(swapped, @"#1 was expected, #3 follows");
    let cut = refused(&|frames| drop(frames.remove(logs[1])));
    insta::assert_snapshot!(cut, @"it has 2 events up to #2, and its trailer says otherwise");
    let early = refused(&|frames| frames.swap(1, logs[1]));
    insta::assert_snapshot!(early, @"#1 was expected, #3 follows");
    let late = refused(&|frames| frames.swap(1, logs[0]));
    insta::assert_snapshot!(late, @"the frames are not in their order");
    let twice = refused(&|frames| frames.insert(1, frames[1].clone()));
    insta::assert_snapshot!(twice, @"its trailer counts other records than there are");
    let second = refused(&|frames| frames.insert(1, frames[0].clone()));
    insta::assert_snapshot!(second, @"the frames are not in their order");
    let body = refused(&|frames| {
        let chunk = &mut frames[logs[0]].1;
        let at = chunk.len() / 4;
        chunk[at] ^= 1;
        // The chunk's own checksum is made right as well.
        let length = 8 + u32::from_le_bytes(chunk[4..8].try_into().unwrap()) as usize;
        let crc = crc32c::crc32c(&chunk[..length - 4]);
        chunk[length - 4..length].copy_from_slice(&crc.to_le_bytes());
    });
    insta::assert_snapshot!(body, @"the body of event #1 is not the one that its header names");
}

pub(super) fn store_other(store: &Store, count: usize) {
    for _ in 0..count {
        store.propose(proposal(vec![merge("other/1", "{}")])).unwrap();
    }
}

/// Writes to the store whenever something is written into it.
struct Busy<'s> {
    store: &'s Store,
    bytes: Vec<u8>,
    largest: usize,
}

impl Write for Busy<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fill(self.store, 0..3);
        self.largest = self.largest.max(bytes.len());
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn writers_go_on_and_the_backup_is_of_one_moment() {
    let desk = Desk::new();
    let store = desk.open();
    let text = "x".repeat(60_000);
    for round in 0..100 {
        let body = format!(r#"{{"text":"{text}","round":{round}}}"#);
        store.propose(proposal(vec![merge(&format!("order/{}", round % 7), &body)])).unwrap();
    }
    let before = store.view().unwrap().end().unwrap();
    let mut sink = Busy { store: &store, bytes: Vec::new(), largest: 0 };
    let made = store.backup(None, &mut sink, &mut |_, _| true).unwrap();
    assert_eq!((made.trailer.position, made.trailer.root), (before.position, before.root));
    assert_eq!(read(&sink.bytes).unwrap(), made);
    assert!(sink.bytes.len() > 6_000_000 && sink.largest < 1_200_000, "{} at once", sink.largest);
    let (more, end) = backed_up(&store, Some(&made));
    assert!(end.trailer.position > before.position);
    let target = Desk::bare();
    restored(&target, &[&sink.bytes, &more], false).unwrap();
    assert_same(&target.open(), &store);
}

#[test]
fn stopping_and_a_sink_that_fails_say_so() {
    let desk = Desk::filled(40);
    let store = desk.open();
    for round in 0..3 {
        let text = "x".repeat(1 << 20);
        store
            .propose(proposal(vec![merge("order/1", &format!(r#"{{"{round}":"{text}"}}"#))]))
            .unwrap();
    }
    let stopped = store.backup(None, &mut Vec::new(), &mut |_, _| false).unwrap_err();
    assert!(matches!(stopped, BackupError::Stopped));
    let mut short = [0; 5000];
    let full = store.backup(None, &mut short.as_mut_slice(), &mut |_, _| true).unwrap_err();
    assert!(matches!(full, BackupError::Write(_)), "{full}");
    let (bytes, _) = backed_up(&store, None);
    let stopped = Checked::open(&bytes[..]).unwrap().finish(&mut |_| false).unwrap_err();
    assert!(matches!(stopped, BackupError::Stopped));
}

/// A damaged journal opens for reading, up to the damage: that much can be saved, and the backup says that it may lack
/// something.
#[test]
fn what_is_readable_of_a_damaged_store_is_backed_up() {
    let desk = Desk::filled(9);
    let journal = desk.journal();
    let (end, mut content) = (journal_end(&journal), std::fs::read(&journal).unwrap());
    content[end / 2] ^= 1;
    std::fs::write(&journal, content).unwrap();
    let store = desk.try_open().unwrap();
    let reason = store.read_only().unwrap().to_owned();
    let (bytes, made) = backed_up(&store, None);
    assert_eq!(made.header.damage.as_ref(), Some(&reason));
    let events = made.trailer.events;
    assert!((1..9).contains(&events), "{events}");
    let target = Desk::bare();
    assert_eq!(restored(&target, &[&bytes], false).unwrap().damage, Some(reason));
    let again = target.open();
    assert_sound(&again);
    assert_eq!(again.view().unwrap().last_position().unwrap(), Position(events));
}

/// An event that was changed behind the store's back: the backup is refused, for its root would be another.
#[test]
fn a_store_whose_log_was_changed_is_not_backed_up() {
    let desk = Desk::filled(9);
    let other = Desk::new();
    let store = other.open();
    store_other(&store, 9);
    let alien = records(&store.keyspaces().unwrap());
    let open = desk.open();
    let key = crate::store::keys::event(Position(4));
    let value = &alien[&("ev", key.to_vec())];
    open.keyspaces().unwrap().ev.insert(key, value).unwrap();
    let error = open.backup(None, &mut Vec::new(), &mut |_, _| true).unwrap_err();
    assert!(error.is_damage(), "{error}");
    open.keyspaces().unwrap().ev.remove(key).unwrap();
    let error = open.backup(None, &mut Vec::new(), &mut |_, _| true).unwrap_err();
    insta::assert_snapshot!(error, @"#4 was expected, the log goes on at #5");
}
