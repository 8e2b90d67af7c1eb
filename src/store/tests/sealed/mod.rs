//! Encrypted stores: what is in their files, who can read it, and what is left after an erasure.

mod erasure;
mod files;
mod fixture;
mod master;

use super::desk::{Desk, SCHEMA, actor, checked, event, keyed, merge, name, records};
use crate::domain::json::object_to_string;
use crate::domain::{Body, EventType, Json, Kind, Position};
use crate::proof::sha256;
use crate::seal::KeyId;
use crate::store::format::{Chunk, ChunkBuilder, KeyEntry};
use crate::store::keys;
use crate::store::keyspaces::Keyspaces;
use crate::store::rotate::steps;
use crate::store::{Accepted, Expected, ImportPoint, Proposed, Refusal, Store};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// What no file may hold.
pub(super) const MARKER: &str = "THE-MARKER-7f3a";

pub(super) fn marked() -> String {
    format!(r#"{{"text":"{MARKER}"}}"#)
}

/// Everything that can hold a text holds the marker: payload, patch, metadata, note, message, state, snapshot,
/// idempotency key, import.
pub(super) fn write(store: &Store) {
    let schema = crate::schema::compile(SCHEMA).schema.unwrap();
    store.apply_schema(SCHEMA.into(), schema, actor()).unwrap();
    let order = format!(r#"{{"customer":"customer#ada","text":"{MARKER}"}}"#);
    let mut first = checked(vec![
        event("customer/ada", Kind::Merge, r#"{"name":"Ada-7f3a"}"#, Expected::Absent),
        merge("order/1", &order),
    ]);
    first.message = Some(MARKER.into());
    store.propose(first).unwrap();
    let patch = format!(r#"[{{"op":"add","path":"/more","value":"{MARKER}"}}]"#);
    store.propose(checked(vec![event("order/1", Kind::Patch, &patch, Expected::Present)])).unwrap();
    let body = Body {
        content: Json::parse(&marked()).unwrap(),
        metadata: Json::parse(&format!(r#"{{"@source":"{MARKER}"}}"#)).unwrap(),
        note: Some(MARKER.into()),
        erased: None,
    };
    let what = (name("order/2"), EventType::new("changed").unwrap(), Kind::Merge);
    let view = store.view().unwrap();
    let one = Proposed::for_store(&view, what, body, Expected::Any, [3; 16]).unwrap();
    drop(view);
    store.propose(keyed(checked(vec![one]), MARKER)).unwrap();
    let mut import = checked(vec![merge("order/3", &marked())]);
    let progress = ImportPoint { bytes: 9, lines: 1, hash: sha256(MARKER.as_bytes()) };
    import.import = Some(([5; 16], progress));
    store.propose(import).unwrap();
}

/// The files below `folder` that hold `bytes`.
pub(super) fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if holds(&fs::read(&path).unwrap(), bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Journals may be long and all zeros, and the windows of such a file take long to look at.
pub(super) fn holds(file: &[u8], bytes: &[u8]) -> bool {
    const BLOCK: [u8; 4096] = [0; 4096];
    let blocks = file.chunks(BLOCK.len());
    let written = blocks.clone().rposition(|block| block != &BLOCK[..block.len()]);
    let end = written.map_or(0, |last| (last + 1) * BLOCK.len()).min(file.len());
    file[..end].windows(bytes.len()).any(|window| window == bytes)
}

#[track_caller]
pub(super) fn assert_nowhere(desk: &Desk, bytes: &[u8], what: &str) {
    assert_eq!(holding(&desk.dot, bytes), Vec::<String>::new(), "{what}");
}

pub(super) fn state(store: &Store, aggregate: &str) -> String {
    object_to_string(&store.view().unwrap().head(&name(aggregate)).unwrap().unwrap().state)
}

pub(super) fn erase(store: &Store, aggregate: &str) {
    commit_erasure(store, aggregate).unwrap();
    store.finish_erasure().unwrap();
}

pub(super) fn commit_erasure(store: &Store, aggregate: &str) -> Result<Accepted, Refusal> {
    let (event_type, kind) = (EventType::system(Kind::Erase).unwrap(), Kind::Erase);
    let body = Body { note: Some("asked for".into()), ..Body::default() };
    let one =
        Proposed::with_salt(name(aggregate), event_type, kind, body, Expected::Present, [1; 16]);
    store.propose(checked(vec![one])).map_err(|rejection| rejection.refusal)
}

pub(super) fn flush(store: &Store) {
    let keyspaces = store.keyspaces().unwrap();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    crate::store::disk::close::flush(all, crate::store::open::FLUSH_WAIT).unwrap();
}

/// Verified, states included.
#[track_caller]
pub(super) fn assert_clean(store: &Store) {
    let verdict = store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
    assert_eq!(verdict.states_left_out, None);
}

/// Rewrites the chunk of one event with another body, every checksum right.
pub(super) fn replace_body(keyspaces: &Keyspaces, position: u64, body: &[u8]) {
    let key = keys::event(Position(position));
    let stored = keyspaces.ev.get(key).unwrap().unwrap();
    let chunk = Chunk::parse(stored).unwrap();
    assert_eq!(chunk.count(), 1);
    let envelope = chunk.envelope(0).unwrap();
    let mut builder = ChunkBuilder::default();
    builder.push(envelope.header, body, envelope.merkle_root).unwrap();
    keyspaces.ev.insert(key, builder.finish(position).unwrap()).unwrap();
}

pub(super) fn body_of(keyspaces: &Keyspaces, position: u64) -> Vec<u8> {
    let key = keys::event(Position(position));
    let chunk = Chunk::parse(keyspaces.ev.get(key).unwrap().unwrap()).unwrap();
    chunk.envelope(0).unwrap().body.to_vec()
}

/// Four events of two aggregates, each in a chunk of its own, and snapshots of one.
pub(super) fn small() -> Desk {
    let desk = Desk::sealed();
    let store = desk.open();
    let schema = crate::schema::compile(SCHEMA).schema.unwrap();
    store.apply_schema(SCHEMA.into(), schema, actor()).unwrap();
    for (aggregate, content) in [
        ("order/1", r#"{"a":1}"#),
        ("order/1", r#"{"a":2}"#),
        ("order/2", r#"{"a":3}"#),
        ("order/1", r#"{"a":4}"#),
        ("order/1", r#"{"a":5}"#),
    ] {
        store.propose(checked(vec![merge(aggregate, content)])).unwrap();
    }
    store.close().unwrap();
    desk
}

/// The id of the key that everything in `ky` is wrapped with.
pub(super) fn masters(desk: &Desk) -> BTreeSet<KeyId> {
    let keyspaces = desk.keyspaces();
    let ky = records(&keyspaces).into_iter().filter(|((space, _), _)| *space == "ky");
    ky.filter(|((_, key), _)| key != keys::UNFINISHED)
        .map(|(_, record)| KeyId::of_sealed(&KeyEntry::decode(&record).unwrap().wrapped).unwrap())
        .collect()
}

/// Runs `act` and gives the files as they were at every step of it.
pub(super) fn crashes(desk: &Desk, act: impl FnOnce()) -> Vec<(&'static str, Desk)> {
    let copies = Rc::new(RefCell::new(Vec::new()));
    let (kept, dot) = (copies.clone(), desk.dot.clone());
    steps::watched(move |step| kept.borrow_mut().push((step, Desk::copy_of(&dot))), act);
    Rc::into_inner(copies).unwrap().into_inner()
}

pub(super) const STEPS: [&str; 7] =
    ["marked", "key", "rewrapped", "flushed", "compacted", "truncated", "finished"];
