//! The stage of a store on the disk.

use super::super::queue::{Queue, Request};
use super::super::{Ask as AnyAsk, Slot};
use super::*;
use crate::domain::Json;
use crate::service::Restrict;
use crate::wire::{CommitRequest, RebaseOutcome};
use tempfile::TempDir;

struct Shop {
    service: Service,
    caller: Caller,
    _dir: TempDir,
}

fn operation(id: &str, event: &str, payload: &str) -> Operation {
    Operation {
        aggregate_type: "order".into(),
        aggregate_id: id.into(),
        event_type: event.into(),
        payload: Some(Json::parse(payload).unwrap()),
        ..Operation::default()
    }
}

fn shop() -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    let caller = Caller::local("ada", Restrict::Default);
    let schema = "aggregate order {\n  field status { type = \"text\" }\n  field card { type = \"text\" hidden = true }\n  event placed {}\n  event paid { fields = [\"status\"] }\n}\n";
    service.schema_apply(&caller, schema).unwrap();
    let shop = Shop { service, caller, _dir: dir };
    shop.write(operation("o-1", "placed", r#"{"status":"open"}"#));
    shop
}

impl Shop {
    fn write(&self, operation: Operation) {
        let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
        self.service.commit(&self.caller, &request).unwrap();
    }

    fn ask(&self, ask: Ask) -> Result<Answer> {
        let queue = Queue::default();
        let request = Request { slot: Slot::Stage, generation: 1, ask: AnyAsk::Stage(ask) };
        let job = Job::new(&queue, &request, &|_| {});
        let AnyAsk::Stage(ask) = &request.ask else { panic!() };
        answer(&self.service, &self.caller, ask, &job)
    }

    fn change(&self, change: Change) -> Changed {
        match self.ask(Ask::Change(change)) {
            Ok(Answer::Changed(changed)) => *changed,
            other => panic!("{other:?}"),
        }
    }

    fn add(&self, operation: Operation) -> Changed {
        let name = Name { aggregate_type: "order".into(), id: "o-1".into() };
        let target = Target::New { name, event: operation.event_type.clone(), version: None };
        let operation = Box::new(operation);
        self.change(Change::Add { target, text: String::new(), operation })
    }

    fn seen(&self, target: Target) -> Seen {
        match self.ask(Ask::Seen(target)) {
            Ok(Answer::Seen(seen)) => *seen,
            other => panic!("{other:?}"),
        }
    }
}

fn ids(report: &StageReport) -> Vec<&str> {
    report.operations.iter().map(|one| one.id.as_str()).collect()
}

#[test]
fn what_an_event_is_written_on_counts_what_is_staged() {
    let shop = shop();
    let target = |id: &str, version| {
        let name = Name { aggregate_type: "order".into(), id: id.into() };
        Target::New { name, event: "paid".into(), version }
    };
    let new = shop.seen(target("o-9", None));
    assert_eq!((new.version, new.state.0), (0, 0));
    shop.write(operation("o-1", "paid", r#"{"status":"paid"}"#));
    shop.add(operation("o-1", "placed", r#"{"status":"sent","card":"4111"}"#));
    let seen = shop.seen(target("o-1", None));
    assert_eq!((seen.version, seen.state.0), (3, 2), "two in the log, one on the stage");
    assert_eq!(seen.state.1.get("status"), Some(&"paid".into()));
    assert!(seen.rules.is_some_and(|rules| rules.events.contains_key("paid")));
    let before = shop.seen(target("o-1", Some(1)));
    assert_eq!((before.version, before.state.0), (3, 1));
    assert_eq!(before.state.1.get("status"), Some(&"open".into()));
    let staged = shop.seen(Target::Staged("s1".into())).operation.unwrap();
    let card = staged.payload.unwrap().get("card").cloned();
    assert_eq!(card, Some("4111".into()), "what is hidden elsewhere would be lost here");
    let Err(error) = shop.ask(Ask::Seen(Target::Staged("s7".into()))) else { panic!() };
    assert_eq!(error.code(), "dbx::stage::unknown");
}

#[test]
fn every_change_says_what_is_there_then() {
    let shop = shop();
    shop.add(operation("o-1", "paid", r#"{"status":"paid"}"#));
    let added = shop.add(operation("o-2", "placed", r#"{"status":"open"}"#));
    assert_eq!((added.id.as_deref(), ids(&added.after)), (Some("s2"), vec!["s1", "s2"]));
    let moved = shop.change(Change::Shift("s2".into(), -1));
    assert_eq!((moved.moved, ids(&moved.after)), (true, vec!["s2", "s1"]));
    let stuck = shop.change(Change::Shift("s2".into(), -1));
    assert_eq!((stuck.moved, ids(&stuck.after)), (false, vec!["s2", "s1"]));
    let dropped = shop.change(Change::Drop("s2".into()));
    assert_eq!(ids(&dropped.before.unwrap()), ["s2", "s1"]);
    assert_eq!(ids(&dropped.after), ["s1"]);
    let undone = shop.change(Change::Undo);
    assert_eq!(ids(&undone.after), ["s2", "s1"]);
    assert_eq!(ids(&shop.change(Change::Redo).after), ["s1"]);
    let edit =
        StageEdit { id: "s1".into(), operation: operation("o-1", "paid", r#"{"status":"half"}"#) };
    let target = Target::Staged("s1".into());
    let edited = shop.change(Change::Edit { target, text: String::new(), edit: Box::new(edit) });
    assert!(edited.moved && edited.id.as_deref() == Some("s1"));
    assert!(shop.ask(Ask::Change(Change::Redo)).is_err());
}

#[test]
fn a_conflict_is_rebased_planned_and_committed_once() {
    let shop = shop();
    shop.add(operation("o-1", "paid", r#"{"status":"paid"}"#));
    shop.add(operation("o-2", "placed", r#"{"status":"open"}"#));
    shop.write(operation("o-1", "placed", r#"{"status":"late"}"#));
    let plan = |only: &[&str], revision| {
        let only = only.iter().map(|id| (*id).to_owned()).collect();
        shop.ask(Ask::Plan { only, revision, epoch: 0 })
    };
    let Ok(Answer::Report(report)) = shop.ask(Ask::Report { epoch: 0, turn: 0 }) else { panic!() };
    assert_eq!(report.conflicts, 1);
    assert!(plan(&[], report.revision).is_err(), "a conflict is none to commit");
    let Ok(Answer::Plan(alone)) = plan(&["s2"], report.revision) else { panic!() };
    assert_eq!((alone.events.len(), alone.consumers), (1, Some(Vec::new())));
    let rebased = shop.change(Change::Rebase);
    assert_eq!(rebased.rebase.unwrap().operations[0].outcome, RebaseOutcome::Rebased);
    let revision = rebased.after.revision;
    let Ok(Answer::Plan(all)) = plan(&[], revision) else { panic!() };
    assert_eq!(all.events.iter().map(|event| event.version).collect::<Vec<_>>(), [3, 1]);
    let status = shop.service.status(&shop.caller).unwrap();
    let seen = (status.position.parse().unwrap(), status.root);
    let request = StageCommitRequest {
        message: Some("why".into()),
        idempotency_key: Some(format!("dbx-tui-stage-{revision}")),
        revision: Some(revision),
        ..StageCommitRequest::default()
    };
    let commit = |seen: &(u64, String)| {
        let (request, seen) = (request.clone(), seen.clone());
        match shop.ask(Ask::Commit { request, seen }) {
            Ok(Answer::Committed(receipt)) => *receipt,
            other => panic!("{other:?}"),
        }
    };
    let first = commit(&seen);
    assert_eq!((first.commit.as_str(), first.before, first.last), ("c3", 2, 4));
    assert_eq!(first.grown, Some(true));
    let again = commit(&(2, "0".repeat(64)));
    assert_eq!(again.commit, "c3", "whose answer was lost is made once");
    assert_eq!(again.grown, Some(false), "another root was there before");
    let Ok(Answer::Commits(commits)) = shop.ask(Ask::Commits { epoch: 0, take: 2 }) else {
        panic!()
    };
    assert_eq!(commits[0].message.as_deref(), Some("why"));
    let Ok(Answer::Schema(1, Some(schema))) = shop.ask(Ask::Schema { version: 1 }) else {
        panic!()
    };
    assert!(schema.aggregates.contains_key("order"));
}
