//! What happens in the view of the stage, and to the stage from other views.

pub(crate) mod change;
pub(crate) mod commit;
pub(crate) mod compose;
pub(crate) mod copy;
pub(crate) mod pick;
#[cfg(test)]
mod tests;
mod told;

use super::motion::{self, Move};
use crate::error::Error;
use crate::tui::chrome::{Shape, shape};
use crate::tui::model::{Model, Name, Overlay, StagePane, name_of};
use crate::tui::msg::Effect;
use crate::tui::views::stage::{Layout, detail_lines, layout, preview_lines};
use crate::tui::worker::{Ask as AnyAsk, Slot, StageAnswer as Answer, StageAsk as Ask};
use std::time::Duration;

/// Commits that are shown below what is staged.
const COMMITS: usize = 20;

/// What the service says where the stage is not what it was.
const MOVED: &str = "dbx::stage::moved";

/// Opens the view, and reads the stage again: others may have changed what nothing else shows.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    model.stage.turn += 1;
    super::open(model, crate::tui::model::View::Stage);
    Vec::new()
}

/// Does what goes on whatever view is open: the changes that wait, and the text that is to be edited.
pub(super) fn carry_on(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some((text, ending)) = model.stage.compose.take() {
        effects.push(Effect::Compose(text, ending));
    }
    if model.asks.running(Slot::Change).is_none() {
        model.stage.making = model.stage.waiting.pop_front();
        if let Some(change) = model.stage.making.clone() {
            model.asks.forget(Slot::Change);
            effects.extend(want(model, Slot::Change, Ask::Change(change)));
        }
    }
    effects.extend(compose::look(model));
    if matches!(model.overlay, Some(Overlay::Pick(_))) {
        effects.extend(rules(model));
    }
    if matches!(model.overlay, Some(Overlay::Commit(_))) {
        effects.extend(commit::plan(model));
    }
}

fn want(model: &mut Model, slot: Slot, ask: Ask) -> Option<Effect> {
    let elapsed = model.elapsed;
    model.asks.want(slot, AnyAsk::Stage(ask), Duration::ZERO, elapsed)
}

/// Asks for what the schema in force has.
fn rules(model: &mut Model) -> Option<Effect> {
    let version = model.status.as_ref()?.schema_version;
    let known = model.stage.schema.as_ref().map(|(known, _)| *known);
    if known == Some(version) {
        return None;
    }
    want(model, Slot::Rules, Ask::Schema { version })
}

/// Asks for what is to be seen and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let layout = layout(model);
    let (epoch, turn) = (model.epoch, model.stage.turn);
    effects.extend(want(model, Slot::Stage, Ask::Report { epoch, turn }));
    effects.extend(rules(model));
    if shape(model.size) > Shape::List {
        effects.extend(want(model, Slot::Commits, Ask::Commits { epoch, take: COMMITS }));
    }
    scroll(model, layout);
}

/// Keeps the cursor on the screen.
fn scroll(model: &mut Model, layout: Layout) {
    let (rows, view) = (layout.rows(model.stage.operations().len()), &mut model.stage);
    let lowest = (view.cursor + 1).saturating_sub(rows.max(1));
    view.top = view.top.clamp(lowest, view.cursor.max(lowest));
}

/// Takes in what was read or done.
pub(super) fn answer(model: &mut Model, answer: Answer) {
    match answer {
        Answer::Report(report) => {
            model.stage.error = None;
            model.stage.know(*report);
        }
        Answer::Commits(commits) => model.stage.commits = commits,
        Answer::Schema(version, schema) => model.stage.schema = Some((version, schema)),
        Answer::Seen(seen) => compose::seen(model, &seen),
        Answer::Changed(changed) => told::changed(model, *changed),
        Answer::Plan(plan) => model.stage.plan = Some(Ok(*plan)),
        Answer::Committed(receipt) => commit::done(model, *receipt),
    }
}

/// Takes in that something of the stage could not be read or done; what is no matter of the stage comes back.
pub(super) fn failed(model: &mut Model, slot: Slot, error: Error) -> Option<Error> {
    match slot {
        Slot::Stage => model.stage.error = Some(error),
        // Somebody else changed the stage: it is read again, and what is there then is planned.
        Slot::Plan if error.code() == MOVED => model.stage.turn += 1,
        Slot::Plan => model.stage.plan = Some(Err(error)),
        Slot::Commit => commit::failed(model, &error),
        Slot::Change => compose::refused(model, &error),
        Slot::Rules => {
            // Whoever may stage need not be one who may look at the schema: types are typed then.
            let version = model.status.as_ref().map_or(0, |status| status.schema_version);
            model.stage.schema = Some((version, None));
            return Some(error);
        }
        _ => return Some(error),
    }
    None
}

pub(super) fn go(model: &mut Model, way: Move) {
    let layout = layout(model);
    match model.stage.focus {
        StagePane::List => {
            let rows = model.stage.operations().len();
            let cursor = way.from(model.stage.cursor, rows, layout.rows(rows));
            if cursor != model.stage.cursor {
                (model.stage.cursor, model.stage.detail_scroll) = (cursor, 0);
            }
        }
        StagePane::Preview => {
            let Some(inside) = layout.inside(StagePane::Preview) else { return };
            let (lines, height) = (preview_lines(model).len(), usize::from(inside.height));
            model.stage.preview_scroll = way.scroll(model.stage.preview_scroll, lines, height);
        }
        StagePane::Detail => {
            let Some(inside) = layout.inside(StagePane::Detail) else { return };
            let (lines, height) = (detail_lines(model, inside).len(), usize::from(inside.height));
            model.stage.detail_scroll = way.scroll(model.stage.detail_scroll, lines, height);
        }
    }
}

pub(super) fn pane(model: &mut Model, by: isize) {
    model.stage.focus = motion::next(&StagePane::ALL, model.stage.focus, by);
}

pub(super) fn focus(model: &mut Model, pane: u8) {
    if let Some(pane) = StagePane::ALL.into_iter().find(|other| other.number() == pane) {
        model.stage.focus = pane;
    }
}

/// The history of the aggregate that the selected operation is on, where there is one.
pub(super) fn enter(model: &mut Model) -> Vec<Effect> {
    let selected = model.stage.selected().map(|one| {
        (name_of(one), one.conflict.as_ref().map_or(one.base, |conflict| conflict.head))
    });
    match selected {
        Some((name, version @ 1..)) => super::timeline::open(model, name, version),
        Some((name, _)) => {
            let text = format!("{} does not exist yet: it has no history", short(&name));
            model.say(crate::tui::theme::Meaning::Warn, text);
        }
        None => {}
    }
    Vec::new()
}

pub(super) fn leave(model: &mut Model) -> bool {
    if model.stage.focus == StagePane::List {
        return false;
    }
    model.stage.focus = StagePane::List;
    true
}

pub(super) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    if model.stage.cursor == row {
        return change::select(model);
    }
    model.stage.cursor = row.min(model.stage.operations().len().saturating_sub(1));
    model.stage.detail_scroll = 0;
    Vec::new()
}

/// What an aggregate is called in few cells: by its id where that says the type too.
pub(crate) fn short(name: &Name) -> String {
    let rest = name.id.strip_prefix(name.aggregate_type.as_str());
    let says = rest.is_some_and(|rest| rest.starts_with(['-', '_', '.', ':']));
    if says { name.id.clone() } else { name.to_string() }
}
