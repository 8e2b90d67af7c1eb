//! View 1: types, the aggregates of one, and the state of one of those.

mod groups;
mod layout;
mod list;
mod preview;
#[cfg(test)]
mod tests;

pub(crate) use layout::layout;
pub(crate) use preview::lines;

use super::frame;
use crate::tui::canvas::{Canvas, Hit, Piece, piece};
use crate::tui::model::{Aggregates, Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::window::Total;
use crate::tui::words::{count, thousands};
use crate::wire::Sort;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    if model.events() == Some(0) && !model.aggregates.is_filtered() {
        return empty(canvas, body);
    }
    let layout = layout(model);
    for pane in Pane::ALL {
        if let Some(area) = layout.pane(pane) {
            canvas.hit(area, Hit::Pane(pane.number()));
        }
    }
    if let Some(area) = layout.types {
        groups::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.list {
        list::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.state {
        preview::state(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.events {
        preview::events(model, canvas, area);
    }
    if let Some(area) = layout.event {
        preview::event(model, canvas, area);
    }
}

/// `order`, and how many of it are shown: `38 of 1,204`.
fn title(view: &Aggregates, model: &Model) -> String {
    let name = view.group.title();
    let dot = model.look.glyphs.dot;
    let group = view.groups(model.status.as_ref()).into_iter().find_map(|row| match row {
        crate::tui::model::GroupRow::Group(group, count) if group == view.group => count,
        _ => None,
    });
    let listed = match (view.list.total(), view.matches) {
        _ if !view.list.is_loaded() => "…".to_owned(),
        (Total::Known(rows), _) | (_, Some((rows, true))) => count(rows),
        (_, Some((rows, false))) => format!("{}+", count(rows)),
        (Total::AtLeast(_), None) if !view.is_filtered() && group.is_some() => {
            thousands(group.unwrap_or_default())
        }
        (Total::AtLeast(rows), None) => format!("{}+", count(rows.saturating_sub(1))),
    };
    let of = group.filter(|_| view.is_filtered()).map(thousands);
    let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
    let order = match view.sort {
        Sort::Id => String::new(),
        Sort::Updated => format!(" {dot} last changed first"),
        Sort::Created => format!(" {dot} newest first"),
        Sort::Version => format!(" {dot} most events first"),
    };
    format!("{name} {dot} {listed}{of}{order}")
}

pub(super) fn crumbs(model: &Model) -> Vec<String> {
    let view = &model.aggregates;
    let mut crumbs = vec![view.group.title().to_owned()];
    if view.is_filtered() {
        crumbs.push(format!("/ {}", view.filter));
    }
    if let Some(record) = view.selected() {
        crumbs.push(format!("{}/{}", record.aggregate_type, record.aggregate_id));
    }
    if !view.marks.is_empty() {
        crumbs.push(format!("{} marked", view.marks.len()));
    }
    crumbs
}

pub(super) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    let view = &model.aggregates;
    let left = match view.focus {
        Pane::Types => "types".to_owned(),
        Pane::List => title(view, model),
        Pane::Preview => match view.selected() {
            Some(record) => format!("{} @ v{}", record.aggregate_id, record.version),
            None => "state".to_owned(),
        },
    };
    let filter =
        if view.is_filtered() { format!("/ {}", view.filter) } else { "/ filter".to_owned() };
    (vec![piece(left, Meaning::Title)], vec![piece(filter, Meaning::Dim)])
}

/// What stands there before anything happened.
fn empty(canvas: &mut Canvas<'_>, body: Rect) {
    const LINES: [(&str, &str); 7] = [
        ("No events yet.", ""),
        ("", ""),
        ("dbx schema apply", "what may happen: schema.dbx"),
        ("dbx aggregate create TYPE ID", "the first event of something"),
        ("dbx import FILE.ndjson", "history from elsewhere"),
        ("", ""),
        ("dbx demo shop", "a shop to look around in"),
    ];
    let inside = canvas.frame(body, "aggregates", "", true);
    let indent = inside.width.saturating_sub(58).min(18);
    let above = inside.height.saturating_sub(7) / 3;
    for (y, (command, what)) in (inside.y + above..inside.bottom()).zip(LINES) {
        let meaning = if what.is_empty() { Meaning::Title } else { Meaning::Key };
        let x = inside.x + indent;
        canvas.put(x, y, inside.width.saturating_sub(indent), command, meaning);
        let after = 30.min(inside.width.saturating_sub(indent));
        canvas.put(x + after, y, inside.width.saturating_sub(indent + after), what, Meaning::Dim);
    }
}
