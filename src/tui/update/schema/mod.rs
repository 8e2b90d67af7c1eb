//! What happens in the view of the schema.

pub(crate) mod act;
pub(crate) mod apply;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use super::motion::{self, Move};
use crate::tui::chrome::{Shape, shape};
use crate::tui::model::{Content, Model, Name, Overlay, SchemaPart, Seen, View, Written};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::views::schema::{bring_into_view, layout};
use crate::tui::worker::{Ask as AnyAsk, SchemaAnswer as Answer, SchemaAsk as Ask, Slot};
use std::sync::Arc;
use std::time::Duration;

/// How long a change is selected before it is asked what it concerns.
const DEBOUNCE: Duration = Duration::from_millis(40);

/// How long what breaks concern is good for while the log grows: counting it reads all of the log.
const RECOUNT: Duration = Duration::from_secs(5);

/// How many writes can be taken back.
const UNDO: usize = 100;

/// Takes in what the file is now.
pub(super) fn seen(model: &mut Model, seen: Seen) {
    let before = model.schema.checked().map(|checked| checked.text.clone());
    let text = match &seen.content {
        Content::Text(checked) => Some(checked.text.clone()),
        Content::Missing | Content::Unreadable(_) => None,
    };
    let view = &mut model.schema;
    view.seen = Some(seen);
    if before == text {
        return;
    }
    (view.impacts, view.affected) = (None, None);
    // The place may be another one, but it is near the one that was looked at.
    let last = view.lines().saturating_sub(1);
    view.line = view.line.min(last);
    view.top = view.top.min(view.line);
    let diagnostics = view.checked().map_or(0, |checked| checked.diagnostics.len());
    view.diagnostic = view.diagnostic.min(diagnostics.saturating_sub(1));
    if let Some(Overlay::Apply(_)) = &model.overlay {
        model.overlay = None;
        model.say(Meaning::Warn, "the file changed: look at it, and apply it then");
    }
}

/// Opens the view; the first time at what is wrong.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    super::open(model, View::Schema);
    let view = &mut model.schema;
    if !view.visited && view.seen.is_some() {
        view.visited = true;
        if view.checked().is_some_and(|checked| !checked.diagnostics.is_empty()) {
            to_diagnostic(model, 0);
        }
    }
    Vec::new()
}

/// Tells what counts over the whole log to stop where the view is not open: what is not looked at costs nothing.
pub(super) fn away(model: &mut Model, effects: &mut Vec<Effect>) {
    for slot in [Slot::Impact, Slot::Affected] {
        if model.asks.running(slot).is_some() {
            effects.push(Effect::Cancel(slot));
            model.asks.forget(slot);
        }
    }
}

/// Asks for what is to be seen and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    bring_into_view(model);
    recount(model);
    let mut wanted = Vec::new();
    let view = &model.schema;
    if let (Some(seen), Some(status)) = (&view.seen, &model.status) {
        // Also without a file there is a history.
        let text = match &seen.content {
            Content::Text(checked) => checked.text.clone(),
            Content::Missing | Content::Unreadable(_) => Arc::from(""),
        };
        let (version, tries) = (status.schema_version, view.applied);
        wanted.push((Slot::InForce, Ask::Compare { version, tries, text }, Duration::ZERO));
    }
    if let Some(compared) = view.current()
        && compared.breaks()
        && let Some(new) = compared.legible.clone()
    {
        let (epoch, old) = (view.counting, compared.old.clone());
        wanted.push((Slot::Impact, Ask::Impact { epoch, old, new }, Duration::ZERO));
    }
    wanted.extend(affected(model).map(|ask| (Slot::Affected, ask, DEBOUNCE)));
    if let (Some(version), Some(checked), None) =
        (view.against, view.checked(), view.shown_difference())
    {
        let ask = Ask::Difference { version, text: checked.text.clone() };
        wanted.push((Slot::Difference, ask, Duration::ZERO));
    }
    let elapsed = model.elapsed;
    for (slot, ask, delay) in wanted {
        effects.extend(model.asks.want(slot, AnyAsk::Schema(ask), delay, elapsed));
    }
}

/// Has what breaks concern counted anew, where that is due and nobody counts.
fn recount(model: &mut Model) {
    let (elapsed, epoch) = (model.elapsed, model.epoch);
    let slots = [Slot::Impact, Slot::Affected];
    let running = slots.into_iter().any(|slot| model.asks.running(slot).is_some());
    let view = &mut model.schema;
    let any = view.impacts.is_some() || view.affected.is_some();
    let fresh = any && elapsed.saturating_sub(view.counted) < RECOUNT;
    if !running && !fresh {
        view.counting = epoch;
    }
}

/// The question what the selected change concerns, where that is to be seen.
fn affected(model: &Model) -> Option<Ask> {
    let view = &model.schema;
    layout(model).affected.filter(|_| !view.history)?;
    let compared = view.current()?;
    let row = compared.rows.get(view.change)?;
    if !row.concerns() {
        return None;
    }
    let mut states = Vec::new();
    if !row.breaks.is_empty() {
        let impacts = row.impacts(view.impacts.as_ref()?);
        let examples = impacts.into_iter().flat_map(|impact| &impact.examples);
        states = examples.filter_map(|text| state(text)).collect();
        // A break of states and one of writers name the same ones.
        let mut seen = std::collections::BTreeSet::new();
        states.retain(|name: &Name| seen.insert(name.to_string()));
    }
    Some(Ask::Affected {
        change: view.change,
        epoch: view.counting,
        aggregate: row.aggregate.clone(),
        declared: row.declared.clone(),
        states,
        text: compared.text.clone(),
    })
}

/// The aggregate of an example; `None` where it is an event.
fn state(example: &str) -> Option<Name> {
    if example.contains('@') {
        return None;
    }
    let (aggregate_type, id) = example.split_once('/')?;
    Some(Name { aggregate_type: aggregate_type.to_owned(), id: id.to_owned() })
}

/// Takes in what was asked.
pub(super) fn answer(model: &mut Model, answer: Answer) {
    let elapsed = model.elapsed;
    let view = &mut model.schema;
    match answer {
        Answer::Compared(compared) => {
            let same = view.compared.as_ref().is_some_and(|before| {
                before.text == compared.text && before.version() == compared.version()
            });
            if !same {
                (view.impacts, view.affected) = (None, None);
            }
            view.change = view.change.min(compared.rows.len().saturating_sub(1));
            (view.compared, view.failed) = (Some(*compared), None);
            // A version that came into force by another hand is to be looked at before it is replaced.
            if !same && matches!(model.overlay, Some(Overlay::Apply(_))) {
                model.overlay = None;
                model
                    .say(Meaning::Warn, "another schema came into force: look at what changes now");
            }
        }
        Answer::Impact(impacts) => (view.impacts, view.counted) = (Some(impacts), elapsed),
        Answer::Affected(change, affected) => {
            (view.affected, view.counted) = (Some((change, affected)), elapsed);
        }
        Answer::Difference(difference) => {
            view.difference = Some(difference);
            view.line = view.line.min(view.lines().saturating_sub(1));
        }
        Answer::Applied(applied) => {
            view.applied += 1;
            let word = if applied.changed { "is in force" } else { "was in force already" };
            model.say(Meaning::Ok, format!("schema {} {word}", applied.version));
        }
        Answer::Written(undo, written) => wrote(model, undo, written),
        Answer::Unchanged => model.say(Meaning::Text, "it is formatted already"),
    }
}

/// Takes in that nothing can be compared.
pub(super) fn failed(model: &mut Model, error: crate::error::Error) {
    model.schema.failed = Some(error);
}

fn wrote(model: &mut Model, undo: Option<bool>, written: Written) {
    let view = &mut model.schema;
    let reversed = |written: Written| Written {
        before: written.after,
        after: written.before,
        what: written.what,
    };
    let what = written.what.clone();
    match undo {
        None => {
            view.undone.clear();
            view.written.push(written);
            model.say(Meaning::Ok, format!("{what} {} u takes it back", model.look.glyphs.dot));
        }
        Some(true) => {
            view.written.pop();
            view.undone.push(reversed(written));
            model.say(Meaning::Ok, format!("taken back: {what}"));
        }
        Some(false) => {
            view.undone.pop();
            view.written.push(written);
            model.say(Meaning::Ok, format!("done again: {what}"));
        }
    }
    if model.schema.written.len() > UNDO {
        model.schema.written.remove(0);
    }
}

/// Goes to a diagnostic, by its place in the list.
pub(crate) fn to_diagnostic(model: &mut Model, diagnostic: usize) {
    let view = &mut model.schema;
    let Some(checked) = view.checked().cloned() else { return };
    view.against = None;
    view.diagnostic = diagnostic;
    view.line = checked.line_of(diagnostic);
    crate::tui::views::schema::bring_into_reach(model, &checked);
}

/// The parts that Tab goes through.
fn parts(model: &Model) -> Vec<SchemaPart> {
    let all = shape(model.size) == Shape::Three;
    // Where there is no room for it, what is concerned is behind the changes.
    SchemaPart::ALL.into_iter().filter(|part| all || *part != SchemaPart::Affected).collect()
}

pub(super) fn go(model: &mut Model, way: Move) {
    let layout = layout(model);
    let height = |area: Option<ratatui::layout::Rect>| area.map_or(1, |it| usize::from(it.height));
    match model.schema.focus {
        SchemaPart::Source => {
            let lines = model.schema.lines();
            model.schema.line = way.from(model.schema.line, lines, height(layout.source));
        }
        SchemaPart::Diagnostics => {
            let diagnostics = model.schema.checked().map_or(0, |checked| checked.diagnostics.len());
            if diagnostics > 0 {
                let to = way.from(model.schema.diagnostic, diagnostics, height(layout.diagnostics));
                to_diagnostic(model, to);
            }
        }
        SchemaPart::Changes => {
            let rows = model.schema.current().map_or(0, |compared| compared.rows.len());
            let to = way.from(model.schema.change, rows, height(layout.changes));
            change(model, to);
        }
        SchemaPart::Affected => {
            let rows = concerned(model);
            let to = way.from(model.schema.concerned, rows, height(layout.affected));
            model.schema.concerned = to;
        }
    }
}

/// Selects a change.
fn change(model: &mut Model, to: usize) {
    let view = &mut model.schema;
    if view.change != to {
        (view.change, view.concerned, view.affected) = (to, 0, None);
    }
}

/// How many lines the last part has that can be selected.
fn concerned(model: &Model) -> usize {
    let view = &model.schema;
    if view.history {
        return view.compared.as_ref().map_or(0, |compared| compared.history.len());
    }
    view.affected.as_ref().map_or(0, |(_, found)| found.states.len() + found.events.len())
}

pub(super) fn pane(model: &mut Model, by: isize) {
    let parts = parts(model);
    let focus = match model.schema.focus {
        SchemaPart::Affected if !parts.contains(&SchemaPart::Affected) => SchemaPart::Changes,
        focus => focus,
    };
    model.schema.focus = motion::next(&parts, focus, by);
}

pub(super) fn focus(model: &mut Model, pane: u8) {
    if let Some(part) = SchemaPart::ALL.into_iter().find(|part| part.number() == pane) {
        model.schema.focus = part;
    }
}

pub(super) fn enter(model: &mut Model) -> Vec<Effect> {
    match model.schema.focus {
        SchemaPart::Source if model.schema.against.is_some() => {}
        SchemaPart::Source => {
            let view = &model.schema;
            let found = view.checked().and_then(|checked| checked.diagnostic_of(view.line));
            return if found.is_some() { act::explain(model) } else { act::edit(model) };
        }
        SchemaPart::Diagnostics => {
            to_diagnostic(model, model.schema.diagnostic);
            model.schema.focus = SchemaPart::Source;
        }
        SchemaPart::Changes => {
            model.schema.history = false;
            model.schema.focus = SchemaPart::Affected;
        }
        SchemaPart::Affected if model.schema.history => {
            let version = chosen_version(model);
            if let Some(version) = version {
                show_against(model, version);
            }
        }
        SchemaPart::Affected => {
            if let Some((name, version)) = chosen(model) {
                super::timeline::open(model, name, version);
            }
        }
    }
    Vec::new()
}

/// Shows what differs between an applied schema and the file.
fn show_against(model: &mut Model, version: u64) {
    let view = &mut model.schema;
    (view.against, view.line, view.top, view.skip) = (Some(version), 0, 0, 0);
    view.focus = SchemaPart::Source;
}

/// The version of the schema that is selected in the history: the newest comes first.
fn chosen_version(model: &Model) -> Option<u64> {
    let history = &model.schema.compared.as_ref()?.history;
    history.iter().rev().nth(model.schema.concerned).map(|version| version.version)
}

/// The aggregate and the version that are selected among what is concerned.
fn chosen(model: &Model) -> Option<(Name, u64)> {
    let (_, found) = model.schema.affected.as_ref()?;
    let at = model.schema.concerned;
    if let Some(state) = found.states.get(at) {
        return Some(state.clone());
    }
    let event = found.events.get(at.checked_sub(found.states.len())?)?;
    Some((Name::of_event(event), event.version))
}

pub(super) fn leave(model: &mut Model) -> bool {
    let view = &mut model.schema;
    match view.focus {
        SchemaPart::Affected => {
            view.focus = if view.history { SchemaPart::Source } else { SchemaPart::Changes };
            (view.history, view.concerned) = (false, 0);
        }
        SchemaPart::Diagnostics | SchemaPart::Changes => view.focus = SchemaPart::Source,
        SchemaPart::Source if view.against.is_some() => act::to_file(model),
        SchemaPart::Source if !view.search.is_empty() => view.search.clear(),
        SchemaPart::Source => return false,
    }
    true
}

pub(super) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    match model.schema.focus {
        SchemaPart::Source => {
            model.schema.line = row.min(model.schema.lines().saturating_sub(1));
        }
        SchemaPart::Diagnostics => to_diagnostic(model, row),
        SchemaPart::Changes if model.schema.change == row => return enter(model),
        SchemaPart::Changes => change(model, row),
        SchemaPart::Affected if model.schema.concerned == row => return enter(model),
        SchemaPart::Affected => model.schema.concerned = row,
    }
    Vec::new()
}
