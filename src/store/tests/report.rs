//! What `verify` says about each forgery, word for word. All of them are made through the storage engine itself, so that
//! every checksum is right.

use super::desk::{Desk, SCHEMA, actor, event, merge, name, proposal};
use super::tamper::{read, tampered, write};
use crate::domain::{CommitNumber, Kind, Position, Version};
use crate::proof::{Frontier, leaf_hash};
use crate::store::format::{
    CommitEntry, End, Head, Message, StEntry, decode_header, encode_header,
};
use crate::store::keys::{self, AggregateBytes};
use crate::store::keyspaces::Keyspaces;
use crate::store::{Admission, Expected, Proposal, Proposed, Store};
use crate::wire::LogVerdict;
use std::fmt::Write as _;

/// Everything but the log's own pass in one line for each fault.
fn told(verdict: &LogVerdict) -> String {
    let mut text = String::new();
    let short =
        |hash: &Option<String>| hash.as_ref().map_or("-".into(), |hash| hash[..8].to_owned());
    for fault in &verdict.faults {
        let kind = serde_json::to_value(fault.kind).unwrap();
        write!(text, "{}:", kind.as_str().unwrap()).unwrap();
        if let Some(position) = &fault.position {
            write!(text, " #{position}").unwrap();
        }
        if let Some(aggregate) = &fault.aggregate {
            write!(text, " {aggregate}").unwrap();
        }
        if let Some(version) = &fault.version {
            write!(text, "@{version}").unwrap();
        }
        write!(text, " {}", fault.message).unwrap();
        if fault.stored.is_some() || fault.recomputed.is_some() {
            write!(text, " [{} {}]", short(&fault.stored), short(&fault.recomputed)).unwrap();
        }
        text.push('\n');
    }
    let anchor = verdict.anchor.as_ref();
    let anchor = anchor.map_or("lost".to_owned(), |it| format!("#{} {}", it.position, it.ok));
    let (commit, position) = (&verdict.good_up_to_commit, &verdict.good_up_to);
    writeln!(text, "good up to {commit} (#{position}); anchor {anchor}; {}", verdict.kept).unwrap();
    text
}

fn verified(store: &Store) -> LogVerdict {
    store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap()
}

#[track_caller]
pub(super) fn report(desk: &Desk) -> String {
    let store = desk.try_open().unwrap();
    let verdict = verified(&store);
    assert!(!verdict.ok && verdict.refolded && verdict.fault_count > 0);
    told(&verdict)
}

fn checked(operations: Vec<Proposed>, message: Option<&str>) -> Proposal {
    let message = message.map(str::to_owned);
    Proposal { admission: Admission::Checked(1), message, ..proposal(operations) }
}

/// c1: a customer and two orders, with a message. c2: an order alone. c3: two orders. c4: the customer is archived.
pub(super) fn shop() -> Desk {
    let desk = Desk::new();
    let store = desk.open();
    let schema = crate::schema::compile(SCHEMA).schema.expect("the schema compiles");
    store.apply_schema(SCHEMA.into(), schema, actor()).unwrap();
    let customer = event("customer/ada", Kind::Merge, r#"{"name":"Ada"}"#, Expected::Absent);
    let order = |id: &str, n: u32| {
        merge(&format!("order/{id}"), &format!(r#"{{"customer":"customer#ada","n":{n}}}"#))
    };
    let first = vec![customer, order("1", 1), order("2", 1)];
    store.propose(checked(first, Some("the first orders"))).unwrap();
    store.propose(checked(vec![order("1", 2)], None)).unwrap();
    store.propose(checked(vec![order("1", 3), order("2", 2)], None)).unwrap();
    let archive = event("customer/ada", Kind::Archive, "{}", Expected::Present);
    store.propose(checked(vec![archive], None)).unwrap();
    assert!(verified(&store).ok, "{}", told(&verified(&store)));
    store.close().unwrap();
    desk
}

/// Changes of a closed shop, made through the storage engine itself.
pub(super) mod forge {
    use super::*;

    pub(in crate::store::tests) fn forged(change: impl FnOnce(&Keyspaces)) -> Desk {
        let desk = shop();
        let keyspaces = desk.keyspaces();
        change(&keyspaces);
        keyspaces.db.persist(fjall::PersistMode::SyncAll).unwrap();
        drop(keyspaces);
        desk
    }

    /// Types are numbered as they are first written.
    pub(in crate::store::tests) fn key(aggregate: &str) -> AggregateBytes {
        let name = name(aggregate);
        let number = if name.aggregate_type.as_str() == "customer" { 1 } else { 2 };
        AggregateBytes::new(number, &name.id)
    }

    pub(in crate::store::tests) fn head(
        keyspaces: &Keyspaces,
        aggregate: &str,
        change: impl FnOnce(&mut Head),
    ) {
        let key = key(aggregate);
        let mut head = Head::decode(&keyspaces.ag.get(key.as_bytes()).unwrap().unwrap()).unwrap();
        change(&mut head);
        keyspaces.ag.insert(key.as_bytes(), head.encode()).unwrap();
    }

    pub(in crate::store::tests) fn commit(
        keyspaces: &Keyspaces,
        number: u64,
        change: impl FnOnce(&mut CommitEntry),
    ) {
        let key = keys::commit(CommitNumber(number));
        let mut entry = CommitEntry::decode(&keyspaces.mt.get(&key).unwrap().unwrap()).unwrap();
        change(&mut entry);
        keyspaces.mt.insert(key, entry.encode()).unwrap();
    }
}

use forge::{commit, forged, head, key};

#[test]
fn a_changed_byte() {
    let desk = tampered(|keyspaces| {
        let mut parts = read(keyspaces, 7);
        let at = parts.body.windows(9).position(|window| window == b"the event").unwrap();
        parts.body[at] = b'T';
        write(keyspaces, 7, &parts);
    });
    insta::assert_snapshot!(report(&desk), @r#"
    body_changed: #7 order/1@2 the body is not the one that was committed [9e689926 30b16c65]
    good up to c6 (#6); anchor #20 true; dbx changed nothing
    "#);
}

#[test]
fn a_missing_event() {
    let desk = tampered(|keyspaces| keyspaces.ev.remove(keys::event(Position(7))).unwrap());
    insta::assert_snapshot!(report(&desk), @r#"
    sequence: #7 event #7 is missing from the log
    unreadable: #7 order/1@2 event #7 is missing from the log
    sequence: #12 order/1@3 version 2 was expected, 3 is stored
    log_root: the root of the log is not the stored one [b059b64a f66894f9]
    anchor: the first 20 events are not those that were there before: they were rewritten [b059b64a f66894f9]
    good up to c6 (#6); anchor #20 false; dbx changed nothing
    "#);
}

#[test]
fn two_swapped_events() {
    let swapped = |left, right| {
        tampered(|keyspaces| {
            let (one, other) = (read(keyspaces, left), read(keyspaces, right));
            write(keyspaces, left, &other);
            write(keyspaces, right, &one);
        })
    };
    insta::assert_snapshot!(report(&swapped(7, 12)), @r#"
    sequence: #7 order/1@3 event 1 of 1 of commit c7 was expected, event 1 of 1 of c12 is stored
    sequence: #7 order/1@3 version 2 was expected, 3 is stored
    sequence: #8 order/2@2 event 1 of 1 of commit c13 was expected, event 1 of 1 of c8 is stored
    sequence: #12 order/1@2 event 1 of 1 of commit c12 was expected, event 1 of 1 of c7 is stored
    sequence: #13 order/2@3 event 1 of 1 of commit c8 was expected, event 1 of 1 of c13 is stored
    log_root: the root of the log is not the stored one [b059b64a c591309d]
    anchor: the first 20 events are not those that were there before: they were rewritten [b059b64a c591309d]
    good up to c6 (#6); anchor #20 false; dbx changed nothing
    "#);
    insta::assert_snapshot!(report(&swapped(7, 8)), @r#"
    sequence: #7 order/2@2 event 1 of 1 of commit c7 was expected, event 1 of 1 of c8 is stored
    sequence: #8 order/1@2 event 1 of 1 of commit c9 was expected, event 1 of 1 of c7 is stored
    sequence: #9 order/3@2 event 1 of 1 of commit c8 was expected, event 1 of 1 of c9 is stored
    log_root: the root of the log is not the stored one [b059b64a e1991b57]
    anchor: the first 20 events are not those that were there before: they were rewritten [b059b64a e1991b57]
    good up to c6 (#6); anchor #20 false; dbx changed nothing
    "#);
}

#[test]
fn an_appended_forgery() {
    let desk = tampered(|keyspaces| {
        let mut parts = read(keyspaces, 20);
        let mut header = decode_header(&parts.header).unwrap();
        (header.version, header.commit) = (header.version.next(), header.commit.next());
        header.event_id.0 += 1;
        parts.header = encode_header(&header);
        let leaves = [5, 10, 15, 20].map(|position| leaf_hash(&read(keyspaces, position).header));
        let mut tree: Frontier = leaves.into_iter().collect();
        tree.push(leaf_hash(&parts.header));
        parts.root = tree.root().0;
        write(keyspaces, 21, &parts);
    });
    insta::assert_snapshot!(report(&desk), @r#"
    index: #21 order/4@4 the head is at version 4, but the log has 5 events
    sequence: the log ends at #21, but #20 is recorded
    log_root: the root of the log is not the stored one [b059b64a d4a9ec90]
    index: the last event, #21, is not the one that is recorded as the last
    index: the log has 21 events, the index of versions has 20 places
    good up to c20 (#20); anchor #20 true; dbx changed nothing
    "#);
}

#[test]
fn a_state_and_a_snapshot_that_are_not_the_fold() {
    let state = forged(|keyspaces| {
        head(keyspaces, "order/1", |head| {
            head.state.insert("n".into(), crate::domain::Json::parse("9").unwrap());
        });
    });
    insta::assert_snapshot!(report(&state), @r#"
    state: #5 order/1@3 the state is not the fold of the events
    good up to c2 (#4); anchor #7 true; dbx changed nothing
    "#);
    let snapshot = forged(|keyspaces| {
        let key = keys::snapshot(&key("order/1"), Version(2));
        assert!(keyspaces.dx.get(&key).unwrap().is_some());
        keyspaces.dx.insert(key, r#"{"n":9}"#).unwrap();
    });
    insta::assert_snapshot!(report(&snapshot), @r#"
    snapshot: #4 order/1@2 the snapshot is not the fold of the events
    good up to c1 (#3); anchor #7 true; dbx changed nothing
    "#);
}

#[test]
fn an_archived_flag_and_times_that_history_does_not_have() {
    let active = forged(|keyspaces| head(keyspaces, "customer/ada", |head| head.archived = false));
    insta::assert_snapshot!(report(&active), @r#"
    archived: #7 customer/ada@2 the head says that it is active, by its events it is archived
    good up to c3 (#6); anchor #7 true; dbx changed nothing
    "#);
    let archived = forged(|keyspaces| head(keyspaces, "order/2", |head| head.archived = true));
    insta::assert_snapshot!(report(&archived), @r#"
    archived: #6 order/2@2 the head says that it is archived, by its events it is active
    good up to c2 (#5); anchor #7 true; dbx changed nothing
    "#);
    let times = forged(|keyspaces| {
        head(keyspaces, "order/2", |head| {
            head.created_at = crate::domain::Timestamp::from_micros(0);
        });
    });
    insta::assert_snapshot!(report(&times), @r#"
    index: #6 order/2@2 the times in the head are not those of the first and the last event
    good up to c2 (#5); anchor #7 true; dbx changed nothing
    "#);
}

/// Everything that names the last event is put right, as somebody would who wants it to have never been there.
#[test]
fn a_commit_that_is_there_only_in_part() {
    let desk = Desk::filled(4);
    let store = desk.open();
    let anchor = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    store.propose(proposal(vec![merge("order/0", "{}"), merge("half/1", "{}")])).unwrap();
    store.close().unwrap();
    std::fs::write(desk.dot.join("ANCHOR"), anchor).unwrap();
    let keyspaces = desk.keyspaces();
    let value = keyspaces.ev.get(keys::event(Position(5))).unwrap().unwrap();
    let chunk = crate::store::format::Chunk::parse(value).unwrap();
    let kept = chunk.envelope(0).unwrap();
    let parts = super::tamper::Parts {
        header: kept.header.to_vec(),
        body: kept.body.to_vec(),
        root: *kept.merkle_root,
    };
    write(&keyspaces, 5, &parts);
    let gone = AggregateBytes::new(2, &name("half/1").id);
    keyspaces.ag.remove(gone.as_bytes()).unwrap();
    keyspaces.st.remove(keys::version(&gone, Version(1))).unwrap();
    keyspaces.mt.remove(keys::type_name("half")).unwrap();
    let mut tree = crate::proof::LogTree::new();
    for position in 1..=5 {
        drop(tree.push(leaf_hash(&read(&keyspaces, position).header)));
    }
    let header = decode_header(&parts.header).unwrap();
    let end = End {
        position: Position(5),
        root: tree.root(),
        commit: header.commit,
        event_id: header.event_id,
        created_at: header.created_at,
        type_number: 1,
        peaks: tree.frontier().peaks().to_vec(),
        archived: None,
    };
    keyspaces.dx.insert(keys::LAST, end.encode()).unwrap();
    drop(keyspaces);
    let store = desk.try_open().unwrap();
    assert!(store.read_only().unwrap().contains("only in part"), "{:?}", store.read_only());
    drop(store);
    insta::assert_snapshot!(report(&desk), @r#"
    commit: #5 commit c5 is there only in part: the log ends with event 1 of 2
    good up to c4 (#4); anchor #4 true; dbx changed nothing
    "#);
}

#[test]
fn a_record_of_a_commit_that_lies() {
    let message = forged(|keyspaces| {
        commit(keyspaces, 1, |entry| entry.message = Message::Plain("the last orders".into()));
    });
    insta::assert_snapshot!(report(&message), @r#"
    commit: #1 customer/ada@1 the message of commit c1 is not the one that was committed [1f018140 8203fa38]
    good up to c0 (#0); anchor #7 true; dbx changed nothing
    "#);
    let count = forged(|keyspaces| commit(keyspaces, 3, |entry| entry.count = 1));
    insta::assert_snapshot!(report(&count), @r#"
    commit: #5 order/1@3 commit c3 has 2 events from #5 on, its record says 1 from #5
    good up to c2 (#4); anchor #7 true; dbx changed nothing
    "#);
    let gone = forged(|keyspaces| keyspaces.mt.remove(keys::commit(CommitNumber(3))).unwrap());
    insta::assert_snapshot!(report(&gone), @r#"
    commit: #5 order/1@3 the record of commit c3 is missing
    good up to c2 (#4); anchor #7 true; dbx changed nothing
    "#);
    let more = forged(|keyspaces| {
        for number in [2, 9] {
            let entry = CommitEntry { first: Position(4), count: 1, message: Message::None };
            keyspaces.mt.insert(keys::commit(CommitNumber(number)), entry.encode()).unwrap();
        }
    });
    insta::assert_snapshot!(report(&more), @r#"
    commit: there is a record of commit c9, but no such commit in the log
    good up to c4 (#7); anchor #7 true; dbx changed nothing
    "#);
}

#[test]
fn a_store_that_was_rolled_back_or_rewritten() {
    let desk = Desk::filled(10);
    let older = desk.copy();
    let store = desk.open();
    super::desk::fill(&store, 10..15);
    store.close().unwrap();
    std::fs::copy(desk.dot.join("ANCHOR"), older.dot.join("ANCHOR")).unwrap();
    insta::assert_snapshot!(report(&older), @r#"
    anchor: the log ends at #10, but it had 15 events when it was last closed: it was rolled back or cut [046a38f8 -]
    good up to c10 (#10); anchor #15 false; dbx changed nothing
    "#);
    // As long as ANCHOR knows it, whole, and another history.
    let other = Desk::bare();
    super::desk::copy_dir(&desk.dot, &other.dot);
    std::fs::remove_dir_all(other.store()).unwrap();
    let history = Desk::new();
    history.clock.set(super::desk::NOON + 1);
    let store = history.open();
    super::desk::fill(&store, 0..15);
    store.close().unwrap();
    super::desk::copy_dir(&history.store(), &other.store());
    insta::assert_snapshot!(report(&other), @r#"
    anchor: the first 15 events are not those that were there before: they were rewritten [046a38f8 987bf4fb]
    good up to c0 (#0); anchor #15 false; dbx changed nothing
    "#);
}

#[test]
fn an_index_that_lies() {
    let place = forged(|keyspaces| {
        let entry = StEntry { position: Position(3), slot: 2 };
        keyspaces.st.insert(keys::version(&key("order/7"), Version(1)), entry.encode()).unwrap();
        keyspaces.dx.insert(keys::snapshot(&key("order/7"), Version(2)), "{}").unwrap();
    });
    insta::assert_snapshot!(report(&place), @r#"
    index: there is a place of a version of an aggregate that is not there: `7` of type number 2
    index: the log has 7 events, the index of versions has 8 places
    snapshot: there is a snapshot of an aggregate that is not there: `7` of type number 2
    good up to c4 (#7); anchor #7 true; dbx changed nothing
    "#);
    let swapped = forged(|keyspaces| {
        keyspaces.mt.insert(keys::type_name("order"), 1_u32.to_be_bytes()).unwrap();
        keyspaces.mt.insert(keys::type_name("stranger"), 9_u32.to_be_bytes()).unwrap();
    });
    insta::assert_snapshot!(report(&swapped), @r#"
    sequence: #1 order/ada@1 version 1 of `order/ada` was expected, version 1 of `customer/ada` is stored
    index: #5 order/1@3 the log has events, but there is no head
    index: #6 order/2@2 the log has events, but there is no head
    index: order/ada there is a head, but no event in the log
    types: the types `customer` and `order` have the same number, 1
    types: the type `stranger` has the number 9, which was never given
    references: the index of references has a broken key
    references: the index of references has a broken key
    good up to c0 (#0); anchor #7 true; dbx changed nothing
    "#);
    let referrers = forged(|keyspaces| {
        let (target, source) = (key("customer/ada"), key("order/2"));
        keyspaces.ix.remove(keys::referrer(&target, &source, "/customer")).unwrap();
        for source in ["order/1", "order/9"] {
            let made_up = keys::referrer(&key("customer/bob"), &key(source), "/customer");
            keyspaces.ix.insert(made_up, []).unwrap();
        }
    });
    insta::assert_snapshot!(report(&referrers), @r#"
    references: order/2 `/customer` points at customer/ada, which the index of references does not know
    references: order/1 the index of references says that `/customer` points at customer/bob
    references: order/9 the index of references says that `/customer` points at customer/bob
    good up to c4 (#7); anchor #7 true; dbx changed nothing
    "#);
    let tile = forged(|keyspaces| {
        keyspaces.tr.insert(keys::tile(0, 0), vec![7; 257 * 32]).unwrap();
    });
    insta::assert_snapshot!(report(&tile), @r#"
    log_tree: tile 0 of level 0 of the log's tree is beyond the log
    good up to c4 (#7); anchor #7 true; dbx changed nothing
    "#);
}
