//! Records beside the log that are damaged, lost, or taken away: named, and no token works again because of it.

use super::desk::{Desk, NOON, SCHEMA, actor, fill, journal_end, name};
use super::doctor::{complaints, everything, flushed, healthy, loses, offered, repaired};
use super::salvage::{RECORDS, change, tables};
use super::sound::all_events;
use crate::domain::{Event, Hash, Json, Timestamp};
use crate::store::disk::{Anchor, Format, close};
use crate::store::{Draft, Manager, Signature, StageChange, Store, TokenEntry, examine, open};
use crate::wire::{Operation, RepairKind};
use uuid::Uuid;

fn token(store: &Store, id: u8) -> Uuid {
    let id = Uuid::from_bytes([id; 16]);
    let entry = TokenEntry {
        group: "audit".into(),
        user: "eve".into(),
        actions: vec!["*.*".into()],
        resources: vec!["*".into()],
        issued_at: Timestamp::from_micros(NOON),
        issued_by: actor(),
        hash: Hash([1; 32]),
        expires_at: None,
        limit: None,
        keep_alive: None,
        revoked: None,
        replaced_by: None,
    };
    store.add_token(Manager { actor: actor(), token: None }, id, entry).unwrap();
    id
}

fn holds(desk: &Desk, id: Uuid) -> bool {
    let token = desk.open().view().unwrap().token(&id).unwrap();
    token.is_some_and(|token| token.entry.revoked.is_none())
}

fn revoke(store: &Store, id: Uuid) {
    let by = Manager { actor: actor(), token: None };
    assert_eq!(store.revoke_tokens(by, move |token| token.id == id).unwrap().len(), 1);
}

/// A token is handed out in one table and revoked in the next, which cannot be read any more.
#[test]
fn no_token_works_again_because_its_revocation_is_lost() {
    let desk = Desk::filled(3);
    let store = desk.open();
    let (one, other) = (token(&store, 7), token(&store, 9));
    store.close().unwrap();
    flushed(&desk);
    let store = desk.open();
    revoke(&store, one);
    store.close().unwrap();
    flushed(&desk);
    assert!(!holds(&desk, one) && holds(&desk, other));
    std::fs::remove_file(&tables(&desk, RECORDS)[1]).unwrap();
    let lost = loses(&desk);
    assert!(lost[0].contains("nothing of the table"), "{lost:?}");
    let line = format!(
        "token {one} is revoked by the repair: that it was revoked before may be among what is lost"
    );
    assert!(lost.contains(&line), "{lost:?}");
    repaired(&desk, RepairKind::Rebuild);
    assert!(!holds(&desk, one) && !holds(&desk, other), "nobody can tell which");
    healthy(&desk, 3);
}

/// The same in a journal, whose damaged batch still says which records it was about.
#[test]
fn records_in_a_damaged_batch_are_named_by_their_keys() {
    let desk = Desk::filled(3);
    let store = desk.open();
    let (one, other) = (token(&store, 7), token(&store, 9));
    let before = journal_end(&desk.journal());
    revoke(&store, one);
    let after = journal_end(&desk.journal());
    fill(&store, 3..5);
    store.close().unwrap();
    // In the value: the time of the revocation.
    let readable = desk.copy();
    change(&readable.journal(), |bytes| bytes[after - 30] ^= 1);
    assert_eq!(offered(&readable), [RepairKind::Rebuild]);
    let lost = loses(&readable);
    assert_eq!(lost[0], format!("token {one}: its last change, in `0.jnl`"));
    assert_eq!(
        lost[1],
        format!(
            "token {one} is revoked by the repair: that it was revoked before may be among what is lost"
        )
    );
    repaired(&readable, RepairKind::Rebuild);
    assert!(!holds(&readable, one) && holds(&readable, other));
    healthy(&readable, 5);
    // In the start of the batch: what it was about nothing says.
    change(&desk.journal(), |bytes| bytes[before] ^= 0x10);
    let lost = loses(&desk);
    assert!(lost[0].contains("1 batch of `0.jnl`, at byte"), "{lost:?}");
    assert_eq!(lost.iter().filter(|line| line.contains("is revoked by")).count(), 2);
    repaired(&desk, RepairKind::Rebuild);
    assert!(!holds(&desk, one) && !holds(&desk, other));
    healthy(&desk, 5);
}

/// A value that a whole batch behind damage holds is not the newest when that is in a table only.
#[test]
fn of_two_values_the_newer_one_counts() {
    let desk = Desk::filled(2);
    let first = journal_end(&desk.journal());
    let store = desk.open();
    fill(&store, 2..3);
    let id = token(&store, 7);
    let second = journal_end(&desk.journal());
    revoke(&store, id);
    fill(&store, 3..4);
    store.close().unwrap();
    let keyspaces = desk.keyspaces();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    close::flush(all, open::FLUSH_WAIT).unwrap();
    drop(keyspaces);
    let good = everything(&desk.copy());
    for batch in [first, second] {
        change(&desk.journal(), |bytes| bytes[batch + 60] ^= 1);
    }
    assert_eq!((offered(&desk), loses(&desk)), (vec![RepairKind::Rebuild], Vec::new()));
    repaired(&desk, RepairKind::Rebuild);
    assert!(!holds(&desk, id));
    assert!(everything(&desk) == good);
    healthy(&desk, 4);
}

/// Stages an operation.
fn stage(desk: &Desk, number: u64) {
    let store = desk.open();
    let key = name("order/1");
    let operation = Operation {
        aggregate_type: key.aggregate_type.to_string(),
        aggregate_id: key.id.to_string(),
        event_type: "changed".into(),
        payload: Some(Json::parse(&format!(r#"{{"number":{number}}}"#)).unwrap()),
        ..Operation::default()
    };
    let draft = Draft { operation, base: 1, remark: None };
    let revision = store.view().unwrap().stage().unwrap().revision;
    let add = StageChange::Add(vec![(draft, Signature::New(actor()))]);
    store.change_stage(revision, add).unwrap();
    store.close().unwrap();
}

#[test]
fn a_stage_goes_on_without_the_operations_that_are_lost() {
    let desk = Desk::filled(3);
    for number in 0..2 {
        stage(&desk, number);
        flushed(&desk);
    }
    let first = desk.copy();
    std::fs::remove_file(&tables(&first, RECORDS)[0]).unwrap();
    let lost = loses(&first);
    assert!(lost.contains(&"the staged operation s1".to_owned()), "{lost:?}");
    repaired(&first, RepairKind::Rebuild);
    let stage = first.open().view().unwrap().stage().unwrap();
    assert_eq!(stage.operations.iter().map(|one| one.id).collect::<Vec<_>>(), [2]);
    healthy(&first, 3);
}

#[test]
fn messages_and_schemas_that_are_lost_are_named_by_the_log() {
    let desk = super::report::shop();
    flushed(&desk);
    std::fs::write(&tables(&desk, RECORDS)[0], b"gone").unwrap();
    let exam = examine(&desk.options(), &|_, _| {}).unwrap();
    let keyspaces = exam.checks.iter().find(|check| check.check == "keyspaces").unwrap();
    insta::assert_snapshot!(keyspaces.details.join("\n"), @r"
    mt (records beside the log): `keyspaces/2/tables/1` does not end as it must
    mt (records beside the log): 0 records can be read, from 0 of 1 table and from the journals
    ");
    insta::assert_snapshot!(loses(&desk).join("\n"), @r"
    records beside the log: nothing of the table 1 can be read
    schema @1
    commit c1: its message
    ");
    let before: Vec<Event> = all_events(&desk.try_open().unwrap());
    repaired(&desk, RepairKind::Rebuild);
    assert_eq!(all_events(&desk.open()), before);
}

/// A cut at the end of a batch leaves no trace in the journal: only ANCHOR knows that there was more.
#[test]
fn a_change_beside_the_log_that_was_cut_off_is_missed() {
    let desk = Desk::filled(3);
    let store = desk.open();
    let id = token(&store, 7);
    store.close().unwrap();
    let end = journal_end(&desk.journal());
    let older = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    let store = desk.open();
    revoke(&store, id);
    store.close().unwrap();
    assert!(!holds(&desk, id));
    change(&desk.journal(), |journal| journal.truncate(end));
    let store = desk.try_open().unwrap();
    let reason = store.read_only().expect("nobody may write").to_owned();
    assert!(reason.contains("the last change of what stands beside the log"), "{reason}");
    assert!(!store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
    store.close().unwrap();
    assert_eq!(complaints(&desk), ["beside"]);
    assert_eq!(offered(&desk), [RepairKind::Accept], "only where that is asked for");
    let lost = loses(&desk);
    assert!(lost[0].contains("the last change") && lost[1].contains(&id.to_string()), "{lost:?}");
    // As the store was before, with the ANCHOR of then, all is well.
    let before = desk.copy();
    std::fs::write(before.dot.join("ANCHOR"), older).unwrap();
    assert!(holds(&before, id));
    repaired(&desk, RepairKind::Accept);
    assert!(!holds(&desk, id), "whether it was revoked nobody knows any more");
    healthy(&desk, 3);
}

/// The last batch is one of records alone, and is not what was written.
#[test]
fn a_damaged_last_batch_beside_the_log() {
    let desk = Desk::filled(3);
    let store = desk.open();
    let id = token(&store, 7);
    revoke(&store, id);
    store.close().unwrap();
    let end = journal_end(&desk.journal());
    change(&desk.journal(), |journal| journal[end - 40] ^= 1);
    assert_eq!(offered(&desk), [RepairKind::Rebuild], "to cut it off would make the token hold");
    repaired(&desk, RepairKind::Rebuild);
    assert!(!holds(&desk, id));
    healthy(&desk, 3);
    // Where no token is concerned, it is cut off, and ANCHOR does not miss it.
    let desk = Desk::filled(3);
    stage(&desk, 1);
    let end = journal_end(&desk.journal());
    change(&desk.journal(), |journal| journal[end - 30] ^= 1);
    assert_eq!(offered(&desk), [RepairKind::Cut]);
    let lost = loses(&desk);
    assert!(lost.contains(&"the stage: its last change, in `0.jnl`".into()), "{lost:?}");
    repaired(&desk, RepairKind::Cut);
    healthy(&desk, 3);
}

/// Whatever is changed beside the log, ANCHOR counts it; an opening that changes nothing does not.
#[test]
fn changes_beside_the_log_are_counted() {
    let desk = Desk::filled(2);
    let counted = || {
        let store = desk.open();
        let there = store.view().unwrap().changes().unwrap();
        store.close().unwrap();
        let format = Format::read(&desk.dot).unwrap();
        let anchor = Anchor::open(&desk.dot, format.store).unwrap();
        assert_eq!(u64::from(anchor.state().changes), there);
        there
    };
    assert_eq!(counted(), 0);
    let store = desk.open();
    let id = token(&store, 7);
    revoke(&store, id);
    let schema = crate::schema::compile(SCHEMA).schema.unwrap();
    store.apply_schema(SCHEMA.into(), schema, actor()).unwrap();
    store.close().unwrap();
    assert_eq!(counted(), 3);
    flushed(&desk);
    assert_eq!(counted(), 3);
    stage(&desk, 1);
    let store = desk.open();
    fill(&store, 2..4);
    store.close().unwrap();
    assert_eq!(counted(), 4, "events are counted by the log");
}
