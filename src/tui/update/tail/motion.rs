//! Moving in the parts of the view.

use super::over;
use crate::tui::model::{Model, SheetOf, TailPane};
use crate::tui::msg::Effect;
use crate::tui::update::motion::{Move, next};
use crate::tui::views::tail::{daemon_lines, event_lines, layout};

pub(in crate::tui::update) fn go(model: &mut Model, way: Move) {
    let layout = layout(model);
    match model.tail.focus {
        TailPane::Live => live(model, way, layout.rows()),
        TailPane::Outbox => {
            let cursors = model.tail.cursors.as_ref().and_then(|found| found.as_ref().ok());
            let rows = cursors.map_or(0, Vec::len);
            let height = layout.outbox.map_or(0, |area| usize::from(area.height.saturating_sub(3)));
            model.tail.cursor = way.from(model.tail.cursor, rows, height);
        }
        TailPane::Event => {
            let Some(inside) = layout.inside(layout.event) else { return };
            let lines = event_lines(model, inside.width).len();
            model.tail.scroll = way.scroll(model.tail.scroll, lines, usize::from(inside.height));
        }
        TailPane::Daemon => {
            let Some(inside) = layout.inside(layout.daemon) else { return };
            let (lines, height) = (daemon_lines(model, inside).len(), usize::from(inside.height));
            model.tail.daemon_top = way.scroll(model.tail.daemon_top, lines, height);
        }
    }
}

/// Moves among the events, and the screen with them where it has to.
fn live(model: &mut Model, way: Move, height: usize) {
    let view = &mut model.tail;
    let (first, before) = (view.first(), view.row());
    let shown = view.ring.len().saturating_sub(first);
    let at = view.index().saturating_sub(first);
    let to = way.from(at, shown, height);
    // Who is at the end already wants more than was looked for by itself.
    if let (Some(low), true) = (view.ring.low(), to + 1 >= shown && to >= at) {
        view.back_to = view.back_to.min(low.saturating_sub(super::SEARCHED));
    }
    select(model, first + to);
    let view = &mut model.tail;
    let row = view.row();
    view.line = (view.line + row).saturating_sub(before).min(height.saturating_sub(1));
}

/// Selects an event by its index; the first one is whichever is the newest.
fn select(model: &mut Model, index: usize) {
    let view = &mut model.tail;
    let newest = index <= view.first();
    view.at = view.ring.get(index).map(|event| event.position).filter(|_| !newest);
    view.scroll = 0;
}

pub(in crate::tui::update) fn pane(model: &mut Model, by: isize) {
    model.tail.focus = next(&TailPane::ALL, model.tail.focus, by);
}

pub(in crate::tui::update) fn focus(model: &mut Model, pane: u8) {
    if let Some(pane) = TailPane::ALL.into_iter().find(|other| other.number() == pane) {
        model.tail.focus = pane;
    }
}

pub(in crate::tui::update) fn enter(model: &mut Model) -> Vec<Effect> {
    match model.tail.focus {
        TailPane::Live | TailPane::Event => {
            let event = model.tail.selected().map(|event| (event.name.clone(), event.version));
            if let Some((name, version)) = event {
                crate::tui::update::timeline::open(model, name, version);
            }
        }
        TailPane::Outbox => {
            let name = model.tail.selected_cursor().map(|cursor| cursor.name.clone());
            if let Some(name) = name {
                over::open(model, SheetOf::Waiting(name));
            }
        }
        TailPane::Daemon if model.tail.server().is_some() => over::open(model, SheetOf::Metrics),
        TailPane::Daemon => {}
    }
    Vec::new()
}

/// Out of a pane, back to the newest event, out of what is left out.
pub(in crate::tui::update) fn leave(model: &mut Model) -> bool {
    let view = &mut model.tail;
    if view.focus != TailPane::Live {
        view.focus = TailPane::Live;
    } else if view.at.is_some() || view.paused.is_some() {
        super::act::to_newest(model);
    } else if !view.scope.filter.trim().is_empty() {
        super::filter(model, "");
    } else if view.scope.follow.take().is_some() {
        view.restart();
    } else {
        return false;
    }
    true
}

pub(in crate::tui::update) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    match model.tail.focus {
        TailPane::Live if model.tail.index() == row => return enter(model),
        TailPane::Live => {
            let (before, height) = (model.tail.row(), layout(model).rows());
            select(model, row);
            let view = &mut model.tail;
            let row = view.row();
            view.line = (view.line + row).saturating_sub(before).min(height.saturating_sub(1));
        }
        TailPane::Outbox if model.tail.cursor == row => return enter(model),
        TailPane::Outbox => model.tail.cursor = row,
        TailPane::Event | TailPane::Daemon => {}
    }
    Vec::new()
}
