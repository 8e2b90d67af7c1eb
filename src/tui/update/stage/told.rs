//! What a change of the stage did, in words, and the key that takes it back.

use super::short;
use crate::tui::action;
use crate::tui::model::{Model, name_of};
use crate::tui::theme::Meaning;
use crate::tui::worker::{Slot, StageChange as Change, StageChanged as Changed};
use crate::wire::{RebaseOutcome, RebaseReport, StageReport, StagedOperation};

/// Takes in what became of the stage.
pub(super) fn changed(model: &mut Model, changed: Changed) {
    let change = model.stage.making.take();
    let Changed { id, moved, before, after, rebase } = changed;
    let find = |report: &StageReport| {
        report.operations.iter().find(|one| Some(&one.id) == id.as_ref()).cloned()
    };
    let (was, is) = (before.as_ref().and_then(find), find(&after));
    let place = after.operations.iter().position(|one| Some(&one.id) == id.as_ref());
    let difference = before.as_ref().map(|before| difference(before, &after));
    let restored = before.as_ref().and_then(|before| restored(before, &after));
    model.stage.error = None;
    // What was read meanwhile may be of before.
    if model.asks.running(Slot::Stage).is_some() {
        model.asks.forget(Slot::Stage);
    }
    model.stage.know(after);
    // What was taken back or made again is looked at, wherever one went meanwhile.
    if let (Some(Change::Undo | Change::Redo), Some(place)) = (&change, restored) {
        (model.stage.cursor, model.stage.detail_scroll) = (place, 0);
    }
    match change {
        Some(Change::Add { target, .. }) => {
            model.stage.forget(&target);
            if let (Some(one), Some(place)) = (is, place) {
                (model.stage.cursor, model.stage.detail_scroll) = (place, 0);
                said(model, &format!("staged {}", line(model, &one)), "undo");
            }
        }
        Some(Change::Edit { target, edit, .. }) => {
            model.stage.forget(&target);
            if moved {
                said(model, &format!("{} says something else now", edit.id), "undo");
            } else {
                model.say(Meaning::Text, format!("nothing changed in {}", edit.id));
            }
        }
        Some(Change::Drop(id)) => {
            let what = was.map(|one| format!(": {}", what(&one))).unwrap_or_default();
            said(model, &format!("{id} is off the stage{what}"), "undo");
        }
        Some(Change::Shift(id, _)) => {
            if let Some(place) = place.filter(|_| moved) {
                said(model, &format!("{id} is number {} now", place + 1), "undo");
            }
        }
        Some(Change::Rebase) => rebased(model, rebase.as_ref()),
        Some(Change::Undo) => {
            let what = difference.unwrap_or_default();
            said(model, &format!("taken back: {what}"), "redo");
        }
        Some(Change::Redo) => {
            let what = difference.unwrap_or_default();
            said(model, &format!("made again: {what}"), "undo");
        }
        None => {}
    }
}

/// What toasts end with that name a key.
const BACK: [&str; 2] = ["takes it back", "makes it again"];

/// Takes away what was said of changes before: their key would do something else by now.
pub(super) fn hush(model: &mut Model) {
    model.toasts.retain(|toast| !BACK.iter().any(|back| toast.text.ends_with(back)));
}

/// Says what was done, and with which key the opposite is.
fn said(model: &mut Model, what: &str, opposite: &'static str) {
    let glyphs = model.look.glyphs;
    let keys = action::named(opposite).and_then(|action| model.keymap.of(action).next());
    let [takes, makes] = BACK;
    let does = if opposite == "undo" { takes } else { makes };
    let back = keys.map(|keys| format!(" {} {} {does}", glyphs.dot, keys.shown(glyphs)));
    let back = back.unwrap_or_default();
    hush(model);
    model.say(Meaning::Ok, format!("{what}{back}"));
}

/// `order_paid on order-42`.
fn what(one: &StagedOperation) -> String {
    format!("{} on {}", one.operation.event_type, short(&name_of(one)))
}

/// `s3 order_paid on order-42 v48→49`.
fn line(model: &Model, one: &StagedOperation) -> String {
    let (arrow, to) = (model.look.glyphs.arrow, one.version);
    let from = if to <= 1 { "new".to_owned() } else { format!("v{}", to - 1) };
    format!("{} {} {from}{arrow}{to}", one.id, what(one))
}

fn rebased(model: &mut Model, report: Option<&RebaseReport>) {
    let Some(report) = report else { return };
    let of = |outcome| report.operations.iter().filter(move |one| one.outcome == outcome);
    let names: Vec<String> =
        of(RebaseOutcome::Rebased).map(|one| format!("{} onto v{}", one.id, one.head)).collect();
    if report.rebased && !names.is_empty() {
        said(model, &format!("rebased {}", names.join(", ")), "undo");
    }
    let mut invalid = of(RebaseOutcome::Invalid).peekable();
    if !report.rebased && invalid.peek().is_none() {
        model.say(Meaning::Text, "everything is bound to what is there now");
    }
    for one in invalid {
        let why = one.problem.as_ref().map_or("", |problem| problem.title.as_str());
        model.say(Meaning::Warn, format!("{} stays as it is: {why}", one.id));
    }
}

/// The place of the first operation that was not there before, or else says something else now.
fn restored(before: &StageReport, after: &StageReport) -> Option<usize> {
    let old = |new: &StagedOperation| before.operations.iter().find(|old| old.id == new.id);
    let differs = |new: &StagedOperation| {
        old(new).is_some_and(|old| old.operation != new.operation || old.base != new.base)
    };
    let mut places = after.operations.iter();
    let came = places.position(|new| old(new).is_none());
    came.or_else(|| after.operations.iter().position(differs))
}

/// What is other than it was, in a few words.
fn difference(before: &StageReport, after: &StageReport) -> String {
    let names = |from: &StageReport, not: &StageReport| {
        let new = |one: &&StagedOperation| !not.operations.iter().any(|old| old.id == one.id);
        let names: Vec<&str> =
            from.operations.iter().filter(new).map(|one| one.id.as_str()).collect();
        names.join(", ")
    };
    let (came, went) = (names(after, before), names(before, after));
    let mut parts = Vec::new();
    if !came.is_empty() {
        parts.push(format!("{came} staged"));
    }
    if !went.is_empty() {
        parts.push(format!("{went} off the stage"));
    }
    for old in &before.operations {
        let Some(new) = after.operations.iter().find(|one| one.id == old.id) else { continue };
        if new.operation != old.operation {
            parts.push(format!("{} as it was", old.id));
        } else if new.base != old.base {
            parts.push(format!("{} written against v{}", old.id, new.base));
        }
    }
    if parts.is_empty() {
        return "the order".to_owned();
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::stage as data;

    #[test]
    fn what_comes_back_is_found() {
        let all = data::report(data::operations());
        let mut less = all.clone();
        less.operations.remove(2);
        assert_eq!(restored(&less, &all), Some(2));
        let mut other = all.clone();
        other.operations[1].operation.note = Some("another".into());
        assert_eq!(restored(&all, &other), Some(1));
        assert_eq!(restored(&all, &all), None);
        assert_eq!(restored(&all, &less), None, "what went is nowhere");
    }
}
