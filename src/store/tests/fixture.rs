//! A whole store of format 1, in `tests/fixtures/store-v1/`: every later version opens it.
//!
//! It never changes. It was made by this test: where the folder is missing, it is built anew, and the test fails until
//! somebody has looked at it and committed it.

use super::desk::{Desk, SCHEMA, actor, checked, copy_dir, event, keyed, merge, name};
use super::sound::{all_events, assert_sound};
use crate::domain::{Hash, Kind, Version};
use crate::proof::sha256;
use crate::store::{Accepted, Expected, ImportPoint, Proposal, Store, disk, open};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1")
}

fn with_key() -> Proposal {
    keyed(checked(vec![merge("order/1", r#"{"paid":true}"#)]), "payment-7")
}

/// Three aggregates; every kind of record; half of it in tables, the other half in the journal.
fn write(store: &Store) {
    let schema = crate::schema::compile(SCHEMA).schema.expect("the schema compiles");
    store.apply_schema(SCHEMA.into(), schema, actor()).unwrap();
    let customer =
        event("customer/ada", Kind::Merge, r#"{"name":"Ada","since":1.50}"#, Expected::Absent);
    let order =
        merge("order/1", r#"{"customer":"customer#ada","total":"12.50","lines":[1,2.0,null]}"#);
    let line = merge("line/1-1", r#"{"sku":"ä\u0001","count":3}"#);
    let mut first = checked(vec![customer, order, line]);
    first.message = Some("the first order".into());
    store.propose(first).unwrap();
    let patch =
        r#"[{"op":"replace","path":"/total","value":"11.00"},{"op":"remove","path":"/lines"}]"#;
    store.propose(checked(vec![event("order/1", Kind::Patch, patch, Expected::Present)])).unwrap();
    let keyspaces = store.keyspaces().unwrap();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    disk::close::flush(all, open::FLUSH_WAIT).unwrap();
    store.propose(with_key()).unwrap();
    let mut import = checked(vec![merge("customer/ada", r#"{"since":1.5}"#)]);
    let progress = ImportPoint { bytes: 36, lines: 1, hash: sha256(b"36 bytes of a file") };
    import.import = Some(([5; 16], progress));
    store.propose(import).unwrap();
    let done = event("order/1", Kind::Merge, r#"{"done":true}"#, Expected::Exact(Version(3)));
    store.propose(checked(vec![done])).unwrap();
}

fn root(store: &Store) -> Hash {
    store.view().unwrap().end().unwrap().root
}

/// A copy of the fixture. The folders that are empty in it are not in the repository.
pub(super) fn copy() -> Desk {
    let desk = Desk::bare();
    copy_dir(&folder(), &desk.dot);
    for keyspace in std::fs::read_dir(desk.store().join("keyspaces")).unwrap() {
        std::fs::create_dir_all(keyspace.unwrap().path().join("tables")).unwrap();
    }
    desk
}

fn described(store: &Store) -> String {
    let mut text = String::new();
    for event in all_events(store) {
        let header = &event.header;
        writeln!(
            text,
            "#{} {} v{} {} c{} {}/{} schema {} {}",
            event.position,
            header.aggregate,
            header.version,
            header.kind.as_str(),
            header.commit,
            header.commit_index + 1,
            header.commit_size,
            header.schema_version,
            event.body.content
        )
        .unwrap();
    }
    text
}

#[test]
fn a_store_of_format_1_is_read_and_written() {
    if !folder().exists() {
        let desk = Desk::new();
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
    #1 customer/ada v1 merge c1 1/3 schema 1 {"name":"Ada","since":1.50}
    #2 order/1 v1 merge c1 2/3 schema 1 {"customer":"customer#ada","total":"12.50","lines":[1,2.0,null]}
    #3 line/1-1 v1 merge c1 3/3 schema 0 {"sku":"ä\u0001","count":3}
    #4 order/1 v2 patch c2 1/1 schema 1 [{"op":"replace","path":"/total","value":"11.00"},{"op":"remove","path":"/lines"}]
    #5 order/1 v3 merge c3 1/1 schema 1 {"paid":true}
    #6 customer/ada v2 merge c4 1/1 schema 1 {"since":1.5}
    #7 order/1 v4 merge c5 1/1 schema 1 {"done":true}
    "#);
    let states = assert_sound(&store);
    insta::assert_snapshot!(serde_json::to_string(&states).unwrap(), @r#"{"customer/ada":{"name":"Ada","since":1.5},"line/1-1":{"count":3,"sku":"ä\u0001"},"order/1":{"customer":"customer#ada","done":true,"paid":true,"total":"11.00"}}"#);
    insta::assert_snapshot!(root(&store), @"c51191d2bb4c3dc6c6f38bfd2ae1757a03078340c7961889ab584725233a4861");
    let view = store.view().unwrap();
    let key = |aggregate| view.key(&name(aggregate)).unwrap().unwrap();
    let snapshots = view.snapshots(&key("order/1"), &name("order/1")).unwrap();
    let versions: Vec<u64> = snapshots.iter().map(|(version, _)| version.get()).collect();
    assert_eq!(versions, [2, 4]);
    let message = view.commit_message(crate::domain::CommitNumber(1)).unwrap();
    assert_eq!(message.as_deref(), Some("the first order"));
    let referrers = view.referrers(&key("customer/ada")).unwrap();
    assert_eq!(referrers.len(), 1, "{referrers:?}");
    assert_eq!(view.imports([5; 8]).unwrap()[0].1.lines, 1);
    assert_eq!((store.schema().version, store.schema().source.as_str()), (1, SCHEMA));
    let replayed = store.propose(with_key()).unwrap();
    assert!(matches!(replayed, Accepted::Replayed { count: 1, .. }), "{replayed:?}");
    drop(view);
    store.propose(checked(vec![merge("order/2", r#"{"customer":"customer#ada"}"#)])).unwrap();
    store.close().unwrap();
    let store = desk.open();
    assert_eq!(assert_sound(&store).len(), 4);
}

/// The writer of today makes the same leaves of the same proposals.
#[test]
fn the_same_history_has_the_same_root() {
    let desk = Desk::new();
    let store = desk.open();
    write(&store);
    assert_eq!(root(&store), root(&copy().open()));
}
