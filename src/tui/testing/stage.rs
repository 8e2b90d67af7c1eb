//! Four operations, one of them in conflict: what the view of the stage is told in tests.

use super::shop::{event, hash};
use crate::domain::Json;
use crate::domain::json::Object;
use crate::tui::draft::{Seen, Target};
use crate::tui::model::{Name, Plan, Receipt};
use crate::tui::msg::{Effect, Msg};
use crate::tui::worker::{
    Answer as AnyAnswer, Ask as AnyAsk, StageAnswer as Answer, StageAsk as Ask, StageChange,
    StageChanged as Changed,
};
use crate::wire::{
    Change, CommitRecord, ConflictEvent, EventRecord, Issuer, Operation, Problem, RebaseOutcome,
    RebaseReport, Rebased, StageConflict, StageReport, StageSummary, StagedOperation, StatusReport,
};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// What the schema in force has.
const SCHEMA: &str = r#"
aggregate order {
  field status { type = "text" rules = {"required": true} }
  field carrier { type = "text" rules = {"length": {"min": 1, "max": 40}} }
  field total { type = "decimal(10,2)" }
  field customer { type = "reference" locked = true }
  event order_created {}
  event order_shipped { fields = ["status", "carrier"] }
  event note_added { fields = ["note"] }
  field note { type = "text" hidden = true }
}
aggregate customer {
  field points { type = "integer" }
  event points_added { fields = ["points"] }
}
"#;

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

pub(crate) fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
    Change { path: path.into(), before: before.map(json), after: after.map(json) }
}

fn issuer(user: &str) -> Issuer {
    Issuer { group: "local".into(), user: user.into(), uid: None }
}

fn staged(id: u64, (kind, name): (&str, &str), event: &str, payload: &str) -> StagedOperation {
    StagedOperation {
        id: format!("s{id}"),
        operation: Operation {
            aggregate_type: kind.into(),
            aggregate_id: name.into(),
            event_type: event.into(),
            payload: Some(json(payload)),
            ..Operation::default()
        },
        base: 0,
        version: 1,
        staged_at: "2026-11-20T13:40:00Z".into(),
        staged_by: issuer("alice"),
        remark: None,
        changes: Vec::new(),
        effects: Vec::new(),
        conflict: None,
        problem: None,
    }
}

fn conflict() -> StageConflict {
    StageConflict {
        base: 10,
        head: 11,
        events: vec![ConflictEvent {
            version: 11,
            position: "4209".into(),
            commit: "c7".into(),
            event_type: "points_added".into(),
            created_at: "2026-11-20T14:00:10Z".into(),
            issued_by: issuer("bot"),
            fields: vec!["points".into()],
        }],
        more: 0,
        yours: vec![change("/points", Some("80"), Some("92"))],
        theirs: vec![change("/points", Some("80"), Some("88"))],
        both: vec!["points".into()],
    }
}

/// The four of the design.
pub(crate) fn operations() -> Vec<StagedOperation> {
    let order = ("order", "order-42");
    let shipped = r#"{"status":"shipped","carrier":"DHL"}"#;
    vec![
        StagedOperation {
            base: 48,
            version: 49,
            changes: vec![
                change("/status", Some("\"paid\""), Some("\"shipped\"")),
                change("/carrier", None, Some("\"DHL\"")),
            ],
            ..staged(1, order, "order_shipped", shipped)
        },
        StagedOperation {
            base: 48,
            version: 50,
            changes: vec![change("/note", None, Some("\"fragile\""))],
            ..staged(2, order, "note_added", r#"{"note":"fragile"}"#)
        },
        StagedOperation {
            base: 10,
            version: 11,
            changes: vec![change("/points", Some("88"), Some("100"))],
            conflict: Some(conflict()),
            ..staged(3, ("customer", "customer-7"), "points_added", r#"{"points":100}"#)
        },
        StagedOperation {
            base: 3,
            version: 4,
            changes: vec![change("/sent", None, Some("true"))],
            ..staged(4, ("invoice", "invoice-90"), "invoice_sent", r#"{"sent":true}"#)
        },
    ]
}

pub(crate) fn report(operations: Vec<StagedOperation>) -> StageReport {
    let conflicts = operations.iter().filter(|one| one.conflict.is_some()).count();
    let refused = operations.iter().filter(|one| one.problem.is_some()).count();
    StageReport {
        revision: 7,
        conflicts: conflicts as u64,
        refused: refused as u64,
        undo: 3,
        redo: 1,
        bytes: 612,
        next_position: "4212".into(),
        operations,
    }
}

/// The stage after its conflict was rebased.
pub(crate) fn rebased() -> Vec<StagedOperation> {
    let mut all = operations();
    all[2] = StagedOperation { base: 11, version: 12, conflict: None, ..all[2].clone() };
    all
}

/// An operation that a rule refuses.
pub(crate) fn refused() -> Vec<StagedOperation> {
    let mut all = operations();
    let error = crate::error::Error::new(
        crate::error::Kind::Violation,
        "dbx::schema::violation",
        "the schema refuses `order_shipped` on `order/order-42`",
    )
    .help("`dbx schema show` prints what the schema allows")
    .details(vec![crate::error::Detail {
        pointer: "/payload/carrier".into(),
        code: "length".into(),
        message: "has 0 characters, and needs 1 to 40".into(),
    }]);
    all[0].problem = Some(Problem::from(&error));
    all[0].changes.clear();
    all
}

fn commits() -> Vec<CommitRecord> {
    let commit = |number: u64, message: Option<&str>, first: u64, count| CommitRecord {
        commit: format!("c{number}"),
        message: message.map(str::to_owned),
        message_sealed: false,
        created_at: format!("2026-11-20T13:5{number}:02Z"),
        issued_by: issuer("alice"),
        first_position: first.to_string(),
        count,
        events: None,
    };
    vec![
        commit(7, Some("pay order 42"), 4_211, 1),
        commit(6, Some("lines of order 42"), 4_209, 2),
        commit(5, None, 3_397, 812),
    ]
}

fn plan(only: &[String], revision: u64) -> Plan {
    let chosen = |one: &&StagedOperation| only.is_empty() || only.contains(&one.id);
    let all = rebased();
    let events = all.iter().filter(chosen).zip(4_212_u64..).map(|(one, position)| {
        let operation = &one.operation;
        let name = Name {
            aggregate_type: operation.aggregate_type.clone(),
            id: operation.aggregate_id.clone(),
        };
        EventRecord {
            event_type: operation.event_type.clone(),
            position: position.to_string(),
            ..event(&name, one.version)
        }
    });
    let consumers = Some(vec!["billing".to_owned(), "mail".to_owned()]);
    Plan { revision, events: events.collect(), consumers }
}

fn seen(target: &Target) -> Seen {
    let schema = crate::schema::compile(SCHEMA).schema;
    let rules = |kind: &str| schema.as_ref().and_then(|all| all.aggregates.get(kind).cloned());
    let state = json(r#"{"status":"paid","total":"129.90","customer":"customer#7"}"#);
    let state = state.as_object().unwrap().clone();
    match target {
        Target::New { name, version, .. } if name.id.starts_with("order-") => Seen {
            target: target.clone(),
            version: 50,
            state: (version.unwrap_or(48), state),
            operation: None,
            rules: rules(&name.aggregate_type),
        },
        Target::New { name, .. } => Seen {
            target: target.clone(),
            version: 0,
            state: (0, Object::default()),
            operation: None,
            rules: rules(&name.aggregate_type),
        },
        Target::Staged(id) => {
            let found = operations().into_iter().find(|one| one.id == *id).unwrap();
            Seen {
                target: target.clone(),
                version: 48,
                state: (0, Object::default()),
                rules: rules(&found.operation.aggregate_type),
                operation: Some(found.operation),
            }
        }
    }
}

fn changed(change: &StageChange) -> Changed {
    let before = operations();
    let mut after = before.clone();
    let mut id = None;
    let mut rebase = None;
    match change {
        StageChange::Add { operation, .. } => {
            after.push(StagedOperation {
                base: 48,
                version: 51,
                operation: (**operation).clone(),
                ..staged(5, ("", ""), "", "{}")
            });
            id = Some("s5".to_owned());
        }
        StageChange::Edit { edit, .. } => {
            let one = after.iter_mut().find(|one| one.id == edit.id).unwrap();
            one.operation = edit.operation.clone();
            id = Some(edit.id.clone());
        }
        StageChange::Drop(gone) => {
            after.retain(|one| one.id != *gone);
            id = Some(gone.clone());
        }
        StageChange::Shift(moved, by) => {
            let place = after.iter().position(|one| one.id == *moved).unwrap();
            let to = place.saturating_add_signed(isize::try_from(*by).unwrap());
            let one = after.remove(place);
            after.insert(to.min(after.len()), one);
            id = Some(moved.clone());
        }
        StageChange::Rebase => {
            after = rebased();
            let outcome = |one: &StagedOperation| Rebased {
                id: one.id.clone(),
                aggregate_type: one.operation.aggregate_type.clone(),
                aggregate_id: one.operation.aggregate_id.clone(),
                event_type: one.operation.event_type.clone(),
                outcome: match one.conflict {
                    Some(_) => RebaseOutcome::Rebased,
                    None => RebaseOutcome::Unchanged,
                },
                base: one.base,
                head: one.conflict.as_ref().map_or(one.base, |it| it.head),
                both: Vec::new(),
                changes: Vec::new(),
                problem: None,
            };
            let operations = before.iter().map(outcome).collect();
            rebase = Some(RebaseReport { rebased: true, operations });
        }
        StageChange::Undo => after.retain(|one| one.id != "s4"),
        StageChange::Redo => after.swap(0, 1),
    }
    let moved = after != before;
    Changed { id, moved, before: Some(report(before)), after: report(after), rebase }
}

/// Answers what the view of the stage asks.
pub(crate) fn stage(ask: &Ask) -> Answer {
    match ask {
        Ask::Report { .. } => Answer::Report(Box::new(report(operations()))),
        Ask::Commits { .. } => Answer::Commits(commits()),
        Ask::Schema { version } => {
            Answer::Schema(*version, crate::schema::compile(SCHEMA).schema.map(Arc::new))
        }
        Ask::Seen(target) => Answer::Seen(Box::new(seen(target))),
        Ask::Change(change) => Answer::Changed(Box::new(changed(change))),
        Ask::Plan { only, revision, .. } => Answer::Plan(Box::new(plan(only, *revision))),
        Ask::Commit { .. } => Answer::Committed(Box::new(Receipt {
            commit: "c8".into(),
            before: 4_211,
            last: 4_214,
            root: Some(hash("after")),
            grown: Some(true),
            took: 11_200,
        })),
    }
}

/// The workspace with four operations on the stage.
pub(crate) fn status() -> StatusReport {
    let stage = StageSummary { operations: 4, conflicts: 1, revision: 7 };
    StatusReport { stage, ..super::shop::status() }
}

/// A dashboard whose stage is made of these.
pub(crate) fn with(width: u16, height: u16, operations: Vec<StagedOperation>) -> super::Stage {
    let count = operations.len() as u64;
    let answers = move |ask: &AnyAsk| match ask {
        AnyAsk::Stage(Ask::Report { .. }) => {
            let report = report(operations.clone());
            Ok(AnyAnswer::Stage(Answer::Report(Box::new(report))))
        }
        other => super::shop::answer(other),
    };
    let mut stage = super::Stage::new(width, height, Box::new(answers));
    let status = status();
    let summary = StageSummary { operations: count, ..status.stage };
    stage.send(Msg::Status(Box::new(StatusReport { stage: summary, ..status })));
    stage.wait(Duration::from_secs(1));
    stage.press("4");
    stage
}

/// The view as the design has it: the third one selected, the fourth one left out.
pub(crate) fn open(width: u16, height: u16) -> super::Stage {
    let mut stage = with(width, height, operations());
    stage.press("j j j space k");
    stage
}

/// Remembers what is asked from now on.
pub(crate) fn listen(stage: &mut super::Stage) -> Rc<RefCell<Vec<Ask>>> {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let heard = asked.clone();
    let before = std::mem::replace(&mut stage.answers, Box::new(super::shop::answer));
    stage.answers = Box::new(move |ask| {
        if let AnyAsk::Stage(ask) = ask {
            heard.borrow_mut().push(ask.clone());
        }
        before(ask)
    });
    asked
}

/// The changes among what was asked.
pub(crate) fn changes(asked: &Rc<RefCell<Vec<Ask>>>) -> Vec<StageChange> {
    let change = |ask: &Ask| match ask {
        Ask::Change(change) => Some(change.clone()),
        _ => None,
    };
    asked.borrow().iter().filter_map(change).collect()
}

/// The text that the editor was opened with last.
pub(crate) fn text(stage: &super::Stage) -> String {
    match stage.effects.last() {
        Some(Effect::Compose(text, _)) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// Comes back from the editor.
pub(crate) fn saved(stage: &mut super::Stage, text: &str) {
    stage.send(Msg::Composed(Ok(Some(text.to_owned()))));
}
