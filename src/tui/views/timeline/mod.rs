//! View 2: one aggregate through time.

mod detail;
mod events;
mod layout;
#[cfg(test)]
mod tests;
mod track;

pub(crate) use detail::lines;
pub(crate) use layout::layout;

use super::frame;
use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Model, TimelinePane};
use crate::tui::overlays;
use crate::tui::theme::Meaning;
use crate::tui::words::duration;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    let view = &model.timeline;
    let Some(name) = &view.name else { return };
    if let Some(error) = model.error.as_ref().filter(|_| !view.events.is_loaded()) {
        let inside = canvas.frame(body, &name.to_string(), "", true);
        return overlays::error(canvas, inside, error);
    }
    let layout = layout(model);
    if let Some(area) = layout.track {
        track::draw(model, canvas, area, name);
    }
    for (pane, area) in
        [(TimelinePane::Events, layout.events), (TimelinePane::Detail, layout.detail)]
    {
        if let Some(area) = area {
            canvas.hit(area, Hit::Pane(pane.number()));
        }
    }
    if let Some(area) = layout.events {
        events::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.detail {
        detail::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.event {
        detail::event(model, canvas, area);
    }
}

pub(super) fn crumbs(model: &Model) -> Vec<String> {
    let view = &model.timeline;
    let Some(name) = &view.name else { return vec!["timeline".to_owned()] };
    let mut crumbs = vec![name.aggregate_type.clone(), name.id.clone()];
    crumbs.push(format!("v{}", view.version));
    if !view.search.is_empty() {
        crumbs.push(format!("/ {}", view.search));
    }
    crumbs
}

pub(super) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    let view = &model.timeline;
    let Some(name) = &view.name else { return (Vec::new(), Vec::new()) };
    let left = match view.focus {
        TimelinePane::Events => name.to_string(),
        TimelinePane::Detail => format!("{} v{}", view.shows.as_str(), view.version),
    };
    let right = format!("{}/{}", view.version, view.last);
    (vec![piece(left, Meaning::Title)], vec![piece(right, Meaning::Dim)])
}

/// What the state was rebuilt from, and what that cost: the line at the bottom says so.
pub(super) fn facts(model: &Model) -> Option<Vec<Piece>> {
    let view = &model.timeline;
    let folded = view.state(view.version)?;
    let from = folded.record.rebuilt_from.as_ref()?;
    let (glyphs, took) = (model.look.glyphs, duration(folded.took));
    let mut facts = vec![plain(format!("replayed {} ", from.events))];
    match from.snapshot {
        0 => facts.push(plain("from the first event")),
        version => facts.extend([
            plain("from "),
            piece(format!("{} v{version}", glyphs.snapshot), Meaning::Hash),
        ]),
    }
    facts.push(piece(format!(" in {took}"), Meaning::Dim));
    Some(facts)
}
