//! What happens in the view that verifies.

pub(crate) mod copy;

use super::motion::{self, Move};
use crate::tui::model::{Checked, Explain, Model, Name, Overlay, Part, Run, Running};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::views::verify::{explain, layout, levels, lines};
use crate::tui::words::quantity;
use crate::tui::worker::{Ask as AnyAsk, Slot, VerifyAnswer as Answer, VerifyAsk as Ask};
use crate::wire::{AggregateVerdict, LogVerdict};
use std::time::Duration;

/// How long an aggregate is selected before its newest event is proven.
const DEBOUNCE: Duration = Duration::from_millis(40);

/// Asks for what is to be seen and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let picked = model.aggregates.selected().map(Name::of);
    if picked.is_some() && picked != model.verify.picked {
        model.verify.picked.clone_from(&picked);
        model.verify.subject = picked.map(|name| (name, None));
        if model.verify.fault.is_none() {
            model.verify.rewind();
        }
    }
    // Whatever ended it: its answer, an error, the user.
    if model.asks.running(Slot::Check).is_none() {
        model.verify.run = None;
    }
    if let (Some(status), None) = (&model.status, &model.verify.remembered) {
        let size = status.position.parse().unwrap_or(0);
        model.verify.remembered = Some((size, status.root.clone()));
    }
    if let Some(ask) = wanted(model) {
        let elapsed = model.elapsed;
        effects.extend(model.asks.want(Slot::Way, AnyAsk::Verify(ask), DEBOUNCE, elapsed));
    }
}

/// The proof that is to be shown.
fn wanted(model: &Model) -> Option<Ask> {
    let (name, version) = model.verify.subject.clone()?;
    let (status, epoch) = (model.status.as_ref()?, model.epoch);
    let size = status.position.parse().ok().filter(|size| *size > 0)?;
    Some(Ask::Prove { name, version, size, root: status.root.clone(), epoch })
}

/// Takes in what was found.
pub(super) fn answer(model: &mut Model, answer: Answer) {
    match answer {
        Answer::At { states, done, of } => at(model, states, done, of),
        Answer::Log(verdict) => log_came(model, *verdict),
        Answer::Aggregate(verdict) => {
            super::aggregates::verified(model, std::slice::from_ref(&*verdict));
            found(model, vec![*verdict]);
        }
        Answer::Proven(proven) => {
            let same = model.verify.proven.as_ref().is_some_and(|before| {
                before.name == proven.name && before.version == proven.version
            });
            if !same && model.verify.fault.is_none() {
                model.verify.rewind();
            }
            (model.verify.proven, model.verify.unproven) = (Some(*proven), None);
        }
        Answer::Consistent(consistent) => {
            if let Some(reason) = &consistent.reason {
                model.say(Meaning::Danger, format!("consistency: {reason}"));
            }
            model.verify.consistent = Some(consistent);
        }
    }
}

/// Takes in that there is no proof.
pub(super) fn unproven(model: &mut Model, error: crate::error::Error) {
    (model.verify.proven, model.verify.unproven) = (None, Some(error));
}

fn at(model: &mut Model, states: bool, done: u64, of: u64) {
    let elapsed = model.elapsed;
    let Some(run) = &mut model.verify.run else { return };
    if states {
        // What came last before the first of them was the last of the events.
        let since = run.states.map_or(run.told, |(since, ..)| since);
        run.states = Some((since, done, of));
        run.events.0 = run.events.1;
    } else {
        run.events = (done, of);
    }
    run.told = elapsed;
}

/// How long what runs has been running.
fn took(model: &Model) -> Duration {
    let since = model.verify.run.as_ref().map_or(model.elapsed, |run| run.since);
    model.elapsed.saturating_sub(since)
}

fn log_came(model: &mut Model, verdict: LogVerdict) {
    let took = took(model);
    let size = format!(
        "{} of {}",
        quantity(verdict.count, "event", "events"),
        quantity(verdict.aggregates, "aggregate", "aggregates")
    );
    if verdict.ok {
        model.say(Meaning::Ok, format!("{size}, no fault"));
    } else {
        let faults = quantity(verdict.fault_count, "fault", "faults");
        model.say(Meaning::Danger, format!("{faults} in {size}"));
    }
    model.verify.log = Some(Checked { verdict, at: model.now, took });
    // The log has every aggregate in it: what was found in one before is found again, or is there no more.
    model.verify.aggregate = None;
    first_fault(model);
}

/// Takes in verdicts on aggregates, from here or from their list: the first one that is at fault, or else the last.
pub(super) fn found(model: &mut Model, verdicts: Vec<AggregateVerdict>) {
    let took = took(model);
    let faulty = verdicts.iter().position(|verdict| !verdict.ok);
    let at = faulty.unwrap_or(verdicts.len().saturating_sub(1));
    let Some(verdict) = verdicts.into_iter().nth(at) else { return };
    model.verify.aggregate = Some(Checked { verdict, at: model.now, took });
    first_fault(model);
}

fn first_fault(model: &mut Model) {
    let any = !model.verify.faults().is_empty();
    model.verify.fault = any.then_some(0);
    model.verify.rewind();
}

/// Asks what recomputes.
fn check(model: &mut Model, what: Running) -> Vec<Effect> {
    let ask = match &what {
        Running::Log => Ask::Log,
        Running::Aggregate(name) => Ask::Aggregate(name.clone()),
    };
    let events = (0, model.events().unwrap_or(0));
    model.verify.run =
        Some(Run { what, since: model.elapsed, events, told: model.elapsed, states: None });
    ask_now(model, Slot::Check, ask)
}

fn ask_now(model: &mut Model, slot: Slot, ask: Ask) -> Vec<Effect> {
    let elapsed = model.elapsed;
    model.asks.forget(slot);
    model.asks.want(slot, AnyAsk::Verify(ask), Duration::ZERO, elapsed).into_iter().collect()
}

pub(crate) fn check_log(model: &mut Model) -> Vec<Effect> {
    check(model, Running::Log)
}

pub(crate) fn check_subject(model: &mut Model) -> Vec<Effect> {
    let Some((name, _)) = model.verify.subject.clone() else { return Vec::new() };
    check(model, Running::Aggregate(name))
}

/// Why nothing can be recomputed now.
pub(crate) fn cannot_check(model: &Model) -> Option<String> {
    if model.verify.run.is_some() {
        return Some("something is being verified; Esc stops it".to_owned());
    }
    let none = model.events() == Some(0) && model.read_only().is_none();
    none.then(|| "there are no events yet".to_owned())
}

/// Why no aggregate can be.
pub(crate) fn no_subject(model: &Model) -> Option<String> {
    let none = model.verify.subject.is_none();
    cannot_check(model).or_else(|| none.then(|| "no aggregate is selected".to_owned()))
}

/// Why there is no fault to go to.
pub(crate) fn no_fault(model: &Model) -> Option<String> {
    let view = &model.verify;
    if !view.faults().is_empty() {
        return None;
    }
    Some(match model.read_only() {
        Some(reason) => format!("R looks where the fault is: {reason}"),
        None if view.log.is_none() && view.aggregate.is_none() => {
            "nothing was verified yet: R verifies all".to_owned()
        }
        None => "no fault was found".to_owned(),
    })
}

pub(crate) fn next_fault(model: &mut Model) -> Vec<Effect> {
    step_fault(model, 1)
}

pub(crate) fn fault_before(model: &mut Model) -> Vec<Effect> {
    step_fault(model, -1)
}

/// Goes to another fault, around the end; to the first one where the proof is shown.
fn step_fault(model: &mut Model, by: isize) -> Vec<Effect> {
    let faults = model.verify.faults().len();
    let Ok(many) = isize::try_from(faults) else { return Vec::new() };
    let now = model.verify.fault.and_then(|fault| isize::try_from(fault).ok());
    let next = match now {
        Some(now) => (now + by).checked_rem_euclid(many),
        None => (many > 0).then_some(0),
    };
    model.verify.fault = next.and_then(|next| usize::try_from(next).ok());
    model.verify.rewind();
    Vec::new()
}

/// What the log is held against: what it was when it was first seen, where it has grown since; `None` where it has not.
pub(crate) fn earlier(model: &Model) -> Option<&(u64, String)> {
    let remembered = model.verify.remembered.as_ref()?;
    (remembered.0 > 0 && remembered.0 < model.events()?).then_some(remembered)
}

/// Why the log has no earlier size to hold it against.
pub(crate) fn no_earlier(model: &Model) -> Option<String> {
    let few = model.status.as_ref().is_none_or(|status| status.commits < 2);
    let one = few || model.events().is_none_or(|events| events == 0);
    (one && earlier(model).is_none()).then(|| "the log has no earlier size".to_owned())
}

pub(crate) fn consistency(model: &mut Model) -> Vec<Effect> {
    let (Some(status), Some(size)) = (&model.status, model.events()) else { return Vec::new() };
    let (old, root) = (earlier(model).cloned(), status.root.clone());
    ask_now(model, Slot::Consistency, Ask::Consistency { old, size, root })
}

pub(crate) fn unfold(model: &mut Model) -> Vec<Effect> {
    model.verify.unfolded = !model.verify.unfolded;
    model.verify.scroll = 0;
    Vec::new()
}

pub(super) fn go(model: &mut Model, way: Move) {
    let layout = layout(model);
    match model.verify.focus {
        Part::Tree => {
            let height = layout.tree.map_or(0, |area| usize::from(area.height));
            model.verify.cursor = way.from(model.verify.cursor, levels(model), height);
        }
        Part::Steps => {
            let Some(inside) = layout.steps_inside() else { return };
            let (lines, height) = (lines(model, inside).len(), usize::from(inside.height));
            model.verify.scroll = way.scroll(model.verify.scroll, lines, height);
        }
    }
}

pub(super) fn pane(model: &mut Model, by: isize) {
    model.verify.focus = motion::next(&Part::ALL, model.verify.focus, by);
}

pub(super) fn focus(model: &mut Model, pane: u8) {
    if let Some(part) = Part::ALL.into_iter().find(|part| part.number() == pane) {
        model.verify.focus = part;
    }
}

/// The event that is looked at: that of the fault, or else that of the proof.
fn event(model: &Model) -> Option<(Name, u64)> {
    let view = &model.verify;
    if let Some(fault) = view.selected() {
        let (aggregate_type, id) = fault.aggregate.as_deref()?.split_once('/')?;
        let name = Name { aggregate_type: aggregate_type.to_owned(), id: id.to_owned() };
        return Some((name, fault.version?));
    }
    view.proven.as_ref().map(|proven| (proven.name.clone(), proven.version))
}

/// Why there is no event to go to.
pub(crate) fn no_event(model: &Model) -> Option<String> {
    event(model).is_none().then(|| "no event is looked at".to_owned())
}

pub(super) fn enter(model: &mut Model) -> Vec<Effect> {
    timeline(model)
}

/// Says what the fault that is looked at means, and what to do.
pub(crate) fn explain(model: &mut Model) -> Vec<Effect> {
    if let Some(kind) = model.verify.selected().map(|fault| fault.kind) {
        let (what, text) = (explain::name(kind), explain::page(kind).into());
        model.overlay = Some(Overlay::Explain(Explain { what, text, scroll: 0 }));
    }
    Vec::new()
}

/// Why there is no fault to explain.
pub(crate) fn no_selected_fault(model: &Model) -> Option<String> {
    model.verify.selected().is_none().then(|| "no fault is looked at".to_owned())
}

/// Goes to the event that is looked at, in its history.
pub(crate) fn timeline(model: &mut Model) -> Vec<Effect> {
    if let Some((name, version)) = event(model) {
        super::timeline::open(model, name, version);
    }
    Vec::new()
}

pub(super) fn leave(model: &mut Model) -> bool {
    let view = &mut model.verify;
    if view.focus == Part::Steps {
        view.focus = Part::Tree;
    } else if view.fault.take().is_some() {
        view.rewind();
    } else {
        return false;
    }
    true
}

pub(super) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    model.verify.cursor = row.min(levels(model).saturating_sub(1));
    Vec::new()
}
