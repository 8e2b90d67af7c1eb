//! A schema with slips in it: what its view is told in tests.

use super::shop::{event, hash};
use crate::schema::{ChangeKind, Class, breaking, compile};
use crate::tui::difference::difference;
use crate::tui::model::{
    Affected, ChangeRow, Compared, Content, Declared, Difference, Name, Seen, Verdict, Working,
};
use crate::tui::msg::Msg;
use crate::tui::worker::{Ask as AnyAsk, SchemaAnswer as Answer, SchemaAsk as Ask};
use crate::wire::{Impact, Issuer, SchemaApplied, SchemaVersion};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// What is in force.
pub(crate) const APPLIED: &str = r#"aggregate order {
  snapshot_threshold = 100

  field status {
    type  = "text"
    rules = {"required": true}
  }
  field total { type = "decimal(12,2)" }
  field coupon { type = "text" }
  event order_created {}
  event order_paid {
    fields = ["status"]
  }
}

aggregate customer {
  field name { type = "text" }
  event customer_made {}
}
"#;

/// A file that changes something, and is right.
pub(crate) const CHANGED: &str = r#"aggregate order {
  snapshot_threshold = 100

  field status {
    type  = "text"
    rules = {"required": true, "length": {"max": 20}}
  }
  field total { type = "decimal(12,2)" }
  field carrier { type = "text" }
  event order_created {}
  event order_paid {
    fields = ["status", "carrier"]
  }
}

aggregate customer {
  field name { type = "text" }
  event customer_made {}
}
"#;

/// A file that is wrong in three places.
pub(crate) const WRONG: &str = r#"aggregate order {
  snapshot_threshold = 100

  field status {
    type  = "tex"
    rules = {"requird": true}
  }
  field total { type = "decimal(12,2)" }
  field carrier { type = "text" }
  event order_created {}
  event order_paid {
    fields = ["status", "paid_by"]
  }
}

# who buys
aggregate customer {
  field name { type = "text" }
  event customer_made {}
}
"#;

/// What comes when the file was saved with this text.
pub(crate) fn saved(text: &str) -> Msg {
    let mut checked = Working::new(text.to_owned());
    checked.took = 800;
    seen(Content::Text(Arc::new(checked)))
}

/// What comes when the file is this.
pub(crate) fn seen(content: Content) -> Msg {
    let saved = "2026-11-20T14:02:09Z".parse().ok();
    let path = "/home/ada/shop/schema.dbx".into();
    Msg::Schema(Box::new(Seen { path, saved, content, unwatched: None }))
}

pub(crate) fn version(number: u64, day: &str) -> SchemaVersion {
    SchemaVersion {
        version: number,
        hash: hash(&format!("schema{number}")),
        applied_at: format!("{day}T09:30:00Z"),
        applied_by: Issuer { group: "local".into(), user: "alice".into(), uid: None },
        source: None,
    }
}

fn row(declared: Declared, kind: ChangeKind, what: &str, verdict: Verdict) -> ChangeRow {
    let old = compile(APPLIED).schema.unwrap_or_default();
    let new = compile(CHANGED).schema.unwrap_or_default();
    let of = |one: &crate::schema::Break| match &declared {
        Declared::Field(name) => one.field.as_ref() == Some(name),
        Declared::Event(name) => one.event.as_ref() == Some(name),
        Declared::Aggregate => false,
    };
    let breaks = breaking(&old, &new).into_iter().filter(of).collect();
    let what = what.to_owned();
    ChangeRow { aggregate: "order".into(), declared, kind, what, verdict, breaks }
}

fn rows(text: &str) -> Vec<ChangeRow> {
    use ChangeKind::{Added, Changed, Removed};
    let field = |name: &str| Declared::Field(name.into());
    let carrier = row(field("carrier"), Added, "text, optional", Verdict::Additive);
    let coupon = row(field("coupon"), Removed, "", Verdict::Risky);
    let paid = Declared::Event("order_paid".into());
    match text {
        APPLIED => Vec::new(),
        WRONG => {
            let mut status = row(field("status"), Changed, "text → tex", Verdict::Invalid);
            status.breaks.clear();
            vec![status, carrier, coupon, row(paid, Changed, "+ paid_by", Verdict::Risky)]
        }
        _ => {
            let status = "+ length max 20";
            let status = row(field("status"), Changed, status, Verdict::Breaking);
            vec![status, carrier, coupon, row(paid, Changed, "+ carrier", Verdict::Risky)]
        }
    }
}

pub(crate) fn compared(text: &Arc<str>) -> Compared {
    let known = [APPLIED, WRONG, CHANGED].contains(&&**text);
    Compared {
        text: text.clone(),
        history: vec![version(6, "2026-11-02"), version(7, "2026-11-18")],
        old: Some(APPLIED.into()),
        legible: known.then(|| text.clone()),
        rows: if known { rows(text) } else { Vec::new() },
        unchanged: if known { vec!["customer".into()] } else { Vec::new() },
    }
}

fn impacts() -> Vec<Impact> {
    let old = compile(APPLIED).schema.unwrap_or_default();
    let new = compile(CHANGED).schema.unwrap_or_default();
    let impact = |one: crate::schema::Break| {
        let fold = one.class == Class::Fold;
        let examples = if fold { vec!["order/order-17".to_owned()] } else { Vec::new() };
        let (events, aggregates) = if one.event.is_some() { (310, 300) } else { (41, 38) };
        Impact { code: one.code.into(), path: one.path, events, aggregates, examples }
    };
    breaking(&old, &new).into_iter().map(impact).collect()
}

fn affected(states: &[Name]) -> Affected {
    let name = |id: &str| Name { aggregate_type: "order".into(), id: id.into() };
    let events =
        [("order-42", 44), ("order-17", 9), ("order-3", 2)].map(|(id, at)| event(&name(id), at));
    let states = states.iter().map(|name| (name.clone(), 12)).collect();
    Affected { states, events: events.into(), more: true }
}

/// Answers what the view of the schema asks.
pub(crate) fn answer(ask: &Ask) -> Answer {
    match ask {
        Ask::Compare { text, .. } => Answer::Compared(Box::new(compared(text))),
        Ask::Impact { .. } => Answer::Impact(impacts()),
        Ask::Affected { change, states, .. } => Answer::Affected(*change, affected(states)),
        Ask::Difference { version, text } => {
            let lines = difference(APPLIED, text);
            Answer::Difference(Difference { version: *version, text: text.clone(), lines })
        }
        Ask::Apply { over, .. } => {
            let (version, hash) = (over + 1, hash("schema"));
            Answer::Applied(SchemaApplied { version, hash, changed: true })
        }
        Ask::Write { undo, written, .. } => Answer::Written(*undo, written.clone()),
        Ask::Format { .. } => Answer::Unchanged,
    }
}

/// The view with the file as it was saved.
pub(crate) fn open(width: u16, height: u16, text: &str) -> super::Stage {
    let mut stage = super::shop::open(width, height);
    stage.send(saved(text));
    stage.press("5").wait(Duration::from_secs(1)).wait(Duration::from_secs(1));
    stage
}

/// What is asked of the schema from here on.
pub(crate) fn listen(stage: &mut super::Stage) -> Rc<RefCell<Vec<Ask>>> {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let seen = asked.clone();
    stage.answers = Box::new(move |ask| {
        if let AnyAsk::Schema(ask) = ask {
            seen.borrow_mut().push(ask.clone());
        }
        super::shop::answer(ask)
    });
    asked
}
