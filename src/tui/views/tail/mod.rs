//! View 6: the log as it grows, how far its consumers are, and who serves it.

mod daemon;
mod event;
mod layout;
mod live;
mod outbox;
#[cfg(test)]
mod tests;

pub(crate) use daemon::lines as daemon_lines;
pub(crate) use event::lines as event_lines;
pub(crate) use layout::layout;

use super::frame;
use crate::tui::canvas::{Canvas, Hit, Piece, piece};
use crate::tui::model::{Model, Name, TailPane};
use crate::tui::theme::Meaning;
use crate::tui::words::{count, rate, thousands};
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, _: Rect) {
    let layout = layout(model);
    for part in TailPane::ALL {
        if let Some(area) = layout.part(part) {
            canvas.hit(area, Hit::Pane(part.number()));
        }
    }
    if let Some(area) = layout.daemon {
        daemon::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.outbox {
        outbox::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.event {
        event::draw(model, canvas, area, layout.boxed);
    }
    if layout.live.is_some() {
        live::draw(model, canvas, &layout);
    }
}

/// An aggregate in a column: its id, with its type where that does not begin with it.
fn short(name: &Name) -> String {
    if name.id.starts_with(&name.aggregate_type) { name.id.clone() } else { name.to_string() }
}

/// What is left out: `order-42`, `filter: -type:audit`.
fn scope(model: &Model) -> String {
    let scope = &model.tail.scope;
    let mut text = String::new();
    if let Some(name) = &scope.follow {
        text.extend(["   only ", &short(name)]);
    }
    if !scope.filter.trim().is_empty() {
        text.extend(["   filter: ", scope.filter.trim()]);
    }
    text
}

/// How the list stands to what comes: `following`, `‖ paused · 12 new`, `12 newer`.
fn state(model: &Model) -> String {
    let (view, glyphs) = (&model.tail, model.look.glyphs);
    if view.paused.is_some() {
        let (came, more) = view.came();
        let more = if more { "+" } else { "" };
        return format!("{} paused {} {}{more} new", glyphs.paused, glyphs.dot, thousands(came));
    }
    match view.index() {
        0 => "following".to_owned(),
        newer => format!("{} newer", count(newer)),
    }
}

pub(super) fn crumbs(model: &Model) -> Vec<String> {
    let scope = &model.tail.scope;
    let all = || "all types".to_owned();
    let mut crumbs = vec!["tail".to_owned()];
    crumbs.push(scope.follow.as_ref().map_or_else(all, ToString::to_string));
    if !scope.filter.trim().is_empty() {
        crumbs.push(format!("/ {}", scope.filter.trim()));
    }
    crumbs
}

pub(super) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    let left = match model.tail.focus {
        TailPane::Live => format!("live {} {}", model.look.glyphs.dot, state(model)),
        TailPane::Outbox => "outbox".to_owned(),
        TailPane::Event => event::title(model),
        TailPane::Daemon => daemon::owner(model).to_owned(),
    };
    let scope = &model.tail.scope;
    let right = match (&scope.follow, scope.filter.trim()) {
        (Some(name), _) => short(name),
        (None, "") => "/ filter".to_owned(),
        (None, filter) => format!("/ {filter}"),
    };
    (vec![piece(left, Meaning::Title)], vec![piece(right, Meaning::Dim)])
}

/// How many events come, on the tab.
pub(super) fn badge(model: &Model) -> String {
    match model.tail.rates.tenths(model.elapsed) {
        0 => String::new(),
        tenths => format!(" {}", rate(tenths)),
    }
}
