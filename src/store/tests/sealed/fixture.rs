//! A whole encrypted store of format 1, in `tests/fixtures/store-v1-sealed/`: every later version opens it.
//!
//! It never changes. It was made by this test: where the folder is missing, it is built anew, and the test fails until
//! somebody has looked at it and committed it. The key in it opens nothing else.

use super::super::desk::{Desk, SCHEMA, actor, checked, copy_dir, event, keyed, merge, name};
use super::super::sound::all_events;
use crate::domain::json::object_to_string;
use crate::domain::{Body, CommitNumber, EventType, Kind, Version};
use crate::store::{Accepted, Expected, Proposal, Proposed, Store, verify_aggregate};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1-sealed")
}

fn with_key() -> Proposal {
    keyed(checked(vec![merge("order/1", r#"{"paid":true}"#)]), "payment-7")
}

/// Three aggregates, one of them erased; every kind of record that is sealed.
fn write(store: &Store) {
    let schema = crate::schema::compile(SCHEMA).schema.unwrap();
    store.apply_schema(SCHEMA.into(), schema, actor()).unwrap();
    let mut first = checked(vec![
        event("customer/ada", Kind::Merge, r#"{"name":"Ada"}"#, Expected::Absent),
        merge("order/1", r#"{"customer":"customer#ada","total":"12.50"}"#),
        merge("order/2", r#"{"total":"1.00"}"#),
    ]);
    first.message = Some("the first orders".into());
    store.propose(first).unwrap();
    let patch = r#"[{"op":"replace","path":"/total","value":"11.00"}]"#;
    store.propose(checked(vec![event("order/1", Kind::Patch, patch, Expected::Present)])).unwrap();
    store.propose(with_key()).unwrap();
    let erased = EventType::system(Kind::Erase).unwrap();
    let body = Body { note: Some("asked for".into()), ..Body::default() };
    let erase =
        Proposed::with_salt(name("order/2"), erased, Kind::Erase, body, Expected::Present, [1; 16]);
    store.propose(checked(vec![erase])).unwrap();
    store.finish_erasure().unwrap();
    store.propose(checked(vec![merge("order/1", r#"{"done":true}"#)])).unwrap();
}

/// A copy of the fixture. The folders that are empty in it are not in the repository, nor are the modes of files.
fn copy() -> Desk {
    let desk = Desk::bare();
    copy_dir(&folder(), &desk.dot);
    for keyspace in std::fs::read_dir(desk.store().join("keyspaces")).unwrap() {
        std::fs::create_dir_all(keyspace.unwrap().path().join("tables")).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(desk.keys(None).path(), private).unwrap();
    }
    desk
}

fn described(store: &Store) -> String {
    let mut text = String::new();
    for event in all_events(store) {
        let (header, body) = (&event.header, &event.body);
        let erased = if body.erased.is_some() { "erased" } else { "" };
        let note = body.note.as_deref().unwrap_or_default();
        writeln!(
            text,
            "#{} {} v{} {} c{} {} [{erased}{note}]",
            event.position,
            header.aggregate,
            header.version,
            header.kind.as_str(),
            header.commit,
            body.content
        )
        .unwrap();
    }
    text
}

#[test]
fn an_encrypted_store_of_format_1_is_read_and_written() {
    if !folder().exists() {
        let desk = Desk::sealed();
        let store = desk.open();
        write(&store);
        store.close().unwrap();
        std::fs::remove_file(desk.dot.join("lock")).unwrap();
        copy_dir(&desk.dot, &folder());
        panic!("{} was missing and is built now: look at it and commit it", folder().display());
    }
    let desk = copy();
    let store = desk.open();
    insta::assert_snapshot!(described(&store), @r#"
    #1 customer/ada v1 merge c1 {"name":"Ada"} []
    #2 order/1 v1 merge c1 {"customer":"customer#ada","total":"12.50"} []
    #3 order/2 v1 merge c1 {} [erased]
    #4 order/1 v2 patch c2 [{"op":"replace","path":"/total","value":"11.00"}] []
    #5 order/1 v3 merge c3 {"paid":true} []
    #6 order/2 v2 erase c4 null [asked for]
    #7 order/1 v4 merge c5 {"done":true} []
    "#);
    let view = store.view().unwrap();
    let verdict = store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
    let state = |aggregate: &str| {
        let one = verify_aggregate(&view, &name(aggregate)).unwrap().unwrap();
        assert!(one.ok && one.states_left_out.is_none(), "{:?}", one.faults);
        object_to_string(&view.head(&name(aggregate)).unwrap().unwrap().state)
    };
    assert_eq!(state("customer/ada"), r#"{"name":"Ada"}"#);
    assert_eq!(
        state("order/1"),
        r#"{"customer":"customer#ada","total":"11.00","paid":true,"done":true}"#
    );
    assert_eq!(state("order/2"), "{}");
    let key = |aggregate| view.key(&name(aggregate)).unwrap().unwrap();
    let snapshots = view.snapshots(&key("order/1"), &name("order/1")).unwrap();
    let versions: Vec<Version> = snapshots.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, [Version(2), Version(4)]);
    let message = view.commit_message(CommitNumber(1)).unwrap();
    assert_eq!(message.as_deref(), Some("the first orders"));
    assert_eq!(view.referrers(&key("customer/ada")).unwrap().len(), 1);
    assert_eq!(view.erasures().unwrap()[0].0, name("order/2"));
    drop(view);
    let replayed = store.propose(with_key()).unwrap();
    assert!(matches!(replayed, Accepted::Replayed { count: 1, .. }), "{replayed:?}");
    store.propose(checked(vec![merge("order/3", r#"{"customer":"customer#ada"}"#)])).unwrap();
    store.rotate(&crate::workspace::Protection::Same).unwrap();
    store.close().unwrap();
    assert_eq!(all_events(&desk.open()).len(), 8);
}
