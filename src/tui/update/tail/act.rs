//! What can be done in the view of the log as it grows.

use super::over;
use crate::tui::model::{CursorLine, FilterBar, Line, Model, Overlay, Pause, SheetOf, TailPane};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::update::select::quoted;

/// Lets the view stand still, or go on.
pub(crate) fn pause(model: &mut Model) -> Vec<Effect> {
    if model.tail.paused.is_some() {
        go_on(model);
    } else if let Some(position) = model.tail.read_to {
        model.tail.paused = Some(Pause { position, since: model.now });
    }
    Vec::new()
}

fn go_on(model: &mut Model) {
    if let Some(pause) = model.tail.paused.take() {
        model.tail.here = Some((pause.position, pause.since));
    }
}

/// Why the view cannot stand still.
pub(crate) fn cannot_pause(model: &Model) -> Option<String> {
    (!model.tail.is_loaded()).then(|| "nothing is read yet".to_owned())
}

/// The newest event, and every newer one that comes.
pub(crate) fn to_newest(model: &mut Model) {
    go_on(model);
    (model.tail.at, model.tail.line, model.tail.scroll) = (None, 0, 0);
}

pub(crate) fn newest(model: &mut Model) -> Vec<Effect> {
    model.tail.focus = TailPane::Live;
    to_newest(model);
    Vec::new()
}

/// Only the events of the selected one's aggregate, or again all.
pub(crate) fn follow(model: &mut Model) -> Vec<Effect> {
    let name = model.tail.selected().map(|event| event.name.clone());
    let view = &mut model.tail;
    view.scope.follow = match (view.scope.follow.take(), name) {
        (Some(_), _) | (None, None) => None,
        (None, name) => name,
    };
    view.restart();
    model.error = None;
    Vec::new()
}

/// Why no aggregate can be followed.
pub(crate) fn nobody_to_follow(model: &Model) -> Option<String> {
    let view = &model.tail;
    let none = view.scope.follow.is_none() && view.selected().is_none();
    none.then(|| "no event is selected".to_owned())
}

/// Opens the view on the aggregate that is selected in their list.
pub(crate) fn follow_selected(model: &mut Model) -> Vec<Effect> {
    let name = model.aggregates.selected().map(crate::tui::model::Name::of);
    if let Some(name) = name {
        super::follow(model, name);
    }
    Vec::new()
}

pub(crate) fn filter(model: &mut Model) -> Vec<Effect> {
    let input = tui_input::Input::new(model.tail.scope.filter.clone());
    model.overlay = Some(Overlay::Filter(FilterBar { input, recalled: None }));
    Vec::new()
}

pub(crate) fn metrics(model: &mut Model) -> Vec<Effect> {
    over::open(model, SheetOf::Metrics);
    Vec::new()
}

pub(crate) fn log(model: &mut Model) -> Vec<Effect> {
    over::open(model, SheetOf::Log);
    Vec::new()
}

/// Why there are no measurements.
pub(crate) fn no_daemon(model: &Model) -> Option<String> {
    let none = model.tail.server().is_none();
    none.then(|| "no daemon serves this workspace: `dbx serve start`".to_owned())
}

/// Why nothing can be done to a cursor.
pub(crate) fn no_cursor(model: &Model) -> Option<String> {
    let none = model.tail.selected_cursor().is_none();
    none.then(|| "no cursor is kept here".to_owned())
}

/// Why a cursor cannot be changed.
pub(crate) fn cannot_write(model: &Model) -> Option<String> {
    no_cursor(model).or_else(|| model.cannot_write())
}

/// Asks where the selected cursor is to stand.
pub(crate) fn move_cursor(model: &mut Model) -> Vec<Effect> {
    cursor_line(model, false)
}

/// Asks whether the selected cursor is really to be forgotten.
pub(crate) fn forget_cursor(model: &mut Model) -> Vec<Effect> {
    cursor_line(model, true)
}

fn cursor_line(model: &mut Model, forget: bool) -> Vec<Effect> {
    if let Some(cursor) = model.tail.selected_cursor() {
        let (name, position) = (cursor.name.clone(), cursor.position.parse().unwrap_or(0));
        let line = CursorLine { name, position, forget, line: Line::default() };
        model.tail.focus = TailPane::Outbox;
        model.overlay = Some(Overlay::Cursor(line));
    } else {
        model.say(Meaning::Warn, "no cursor is kept here");
    }
    Vec::new()
}

/// The command that shows the same events.
pub(crate) fn events_command(model: &Model) -> String {
    let scope = &model.tail.scope;
    let mut words = vec!["dbx events".to_owned()];
    words.extend(scope.follow.as_ref().map(|name| quoted(&name.to_string())));
    if !scope.filter.trim().is_empty() {
        words.push(format!("--where {}", quoted(&scope.filter)));
    }
    words.push("--follow".to_owned());
    words.join(" ")
}

/// The command that does what is asked of a cursor.
pub(crate) fn cursor_command(model: &Model, flag: &str) -> Option<String> {
    let cursor = model.tail.selected_cursor()?;
    let flag = match flag {
        "--set" => format!(" --set {}", cursor.position),
        "" => String::new(),
        flag => format!(" {flag}"),
    };
    Some(format!("dbx outbox cursor {}{flag}", quoted(&cursor.name)))
}
