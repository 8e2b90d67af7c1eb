//! What is done to what is staged.

use super::compose;
use crate::tui::draft::Target;
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::update::select::quoted;
use crate::tui::worker::StageChange as Change;

/// Puts a change behind those that wait: of several none is left out.
pub(super) fn make(model: &mut Model, change: Change) -> Vec<Effect> {
    model.stage.waiting.push_back(change);
    Vec::new()
}

/// Why nothing can be done to what is selected.
pub(crate) fn nothing(model: &Model) -> Option<String> {
    model.stage.selected().is_none().then(|| "nothing is staged".to_owned())
}

/// Why what is selected cannot be changed.
pub(crate) fn cannot_change(model: &Model) -> Option<String> {
    nothing(model).or_else(|| model.cannot_write())
}

pub(crate) fn select(model: &mut Model) -> Vec<Effect> {
    let view = &mut model.stage;
    if let Some(id) = view.selected().map(|one| one.id.clone()) {
        if !view.left_out.remove(&id) {
            view.left_out.insert(id);
        }
        view.preview_scroll = 0;
    }
    Vec::new()
}

/// Selects everything, or nothing where everything is.
pub(crate) fn select_all(model: &mut Model) -> Vec<Effect> {
    let view = &mut model.stage;
    let ids: Vec<String> = view.operations().iter().map(|one| one.id.clone()).collect();
    if view.left_out.is_empty() {
        view.left_out.extend(ids);
    } else {
        view.left_out.clear();
    }
    view.preview_scroll = 0;
    Vec::new()
}

pub(crate) fn down(model: &mut Model) -> Vec<Effect> {
    shift(model, 1)
}

pub(crate) fn up(model: &mut Model) -> Vec<Effect> {
    shift(model, -1)
}

fn shift(model: &mut Model, by: i64) -> Vec<Effect> {
    match model.stage.selected().map(|one| one.id.clone()) {
        Some(id) => make(model, Change::Shift(id, by)),
        None => Vec::new(),
    }
}

/// Takes the selected operation off the stage.
pub(crate) fn take_off(model: &mut Model) -> Vec<Effect> {
    let view = &model.stage;
    let (before, behind) = view.operations().split_at_checked(view.cursor).unwrap_or_default();
    // Who is faster than the store means the one that is there when it is done.
    let mut left = behind.iter().chain(before.iter().rev());
    match left.find(|one| !view.is_dropped(&one.id)).map(|one| one.id.clone()) {
        Some(id) => make(model, Change::Drop(id)),
        None => Vec::new(),
    }
}

/// Why there is nothing to rebase.
pub(crate) fn no_conflict(model: &Model) -> Option<String> {
    let none = model.stage.operations().iter().all(|one| one.conflict.is_none());
    nothing(model)
        .or_else(|| model.cannot_write())
        .or_else(|| none.then(|| "nothing is in conflict".to_owned()))
}

pub(crate) fn rebase(model: &mut Model) -> Vec<Effect> {
    make(model, Change::Rebase)
}

/// Why there is nothing to take back, as far as that is known.
pub(crate) fn no_undo(model: &Model) -> Option<String> {
    let none = model.stage.report.as_ref().is_some_and(|report| report.undo == 0);
    model.cannot_write().or_else(|| none.then(|| "there is nothing to undo".to_owned()))
}

/// Why there is nothing to make again, as far as that is known.
pub(crate) fn no_redo(model: &Model) -> Option<String> {
    let none = model.stage.report.as_ref().is_some_and(|report| report.redo == 0);
    model.cannot_write().or_else(|| none.then(|| "there is nothing to redo".to_owned()))
}

pub(crate) fn undo(model: &mut Model) -> Vec<Effect> {
    make(model, Change::Undo)
}

pub(crate) fn redo(model: &mut Model) -> Vec<Effect> {
    make(model, Change::Redo)
}

pub(crate) fn edit(model: &mut Model) -> Vec<Effect> {
    match model.stage.selected().map(|one| one.id.clone()) {
        Some(id) => compose::begin(model, Target::Staged(id)),
        None => Vec::new(),
    }
}

/// Shows changes in one line each, or as what was and what is.
pub(crate) fn split(model: &mut Model) -> Vec<Effect> {
    model.stage.split = !model.stage.split;
    model.stage.preview_scroll = 0;
    let how = if model.stage.split { "what was above what is" } else { "one line a change" };
    model.say(Meaning::Text, how);
    Vec::new()
}

fn with_id(model: &Model, command: &str) -> Option<String> {
    Some(format!("{command} {}", quoted(&model.stage.selected()?.id)))
}

pub(crate) fn show_command(model: &Model) -> Option<String> {
    with_id(model, "dbx stage show")
}

pub(crate) fn drop_command(model: &Model) -> Option<String> {
    with_id(model, "dbx stage drop")
}

/// The command that moves the selected operation so many places down.
pub(crate) fn move_command(model: &Model, by: isize) -> Option<String> {
    let last = model.stage.operations().len();
    let place = (model.stage.cursor + 1).saturating_add_signed(by).clamp(1, last.max(1));
    Some(format!("{} {place}", with_id(model, "dbx stage move")?))
}
