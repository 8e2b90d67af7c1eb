//! View 4: what waits for its commit, what that would change, and what is in its way.

mod detail;
mod kept;
mod layout;
mod list;
mod net;
mod preview;
#[cfg(test)]
mod tests;

pub(crate) use kept::{detail_lines, keep, preview_lines};
pub(crate) use layout::{Layout, layout};
pub(crate) use net::{Net, net};

use super::frame;
use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Model, StagePane};
use crate::tui::overlays;
use crate::tui::theme::Meaning;
use crate::tui::update::stage::commit::line as receipt_line;
use crate::tui::views::waiting::waiting;
use crate::tui::words::{quantity, thousands};
use crate::tui::worker::Slot;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    let view = &model.stage;
    let Some(report) = &view.report else {
        let inside = frame(canvas, body, layout(model).boxed, ("stage", ""), true);
        if let Some(error) = &view.error {
            overlays::error(canvas, inside, error);
        } else {
            let place = (inside.x, inside.y + 1, inside.width);
            let text = "reading what is staged, keys stay live";
            waiting(model, canvas, &[Slot::Stage], place, text);
        }
        return;
    };
    if report.operations.is_empty() && !layout(model).wide {
        return empty(model, canvas, body);
    }
    let layout = layout(model);
    for pane in StagePane::ALL {
        if let Some(area) = layout.part(pane) {
            canvas.hit(area, Hit::Pane(pane.number()));
        }
    }
    if let Some(area) = layout.list {
        list::draw(model, canvas, area, layout);
    }
    if let Some(area) = layout.preview {
        preview::draw(model, canvas, area, layout);
    }
    if let Some(area) = layout.detail {
        detail::draw(model, canvas, area, layout);
    }
}

/// `2 conflicts`, `1 refused`; nothing where all is well.
fn faults(model: &Model) -> String {
    let of = model.stage.chosen();
    let (mut conflicts, mut refused) = (0, 0);
    for one in of {
        conflicts += u64::from(one.conflict.is_some());
        refused += u64::from(one.conflict.is_none() && one.problem.is_some());
    }
    let mut parts = Vec::new();
    if conflicts > 0 {
        parts.push(quantity(conflicts, "conflict", "conflicts"));
    }
    if refused > 0 {
        parts.push(format!("{} refused", thousands(refused)));
    }
    parts.join(", ")
}

pub(super) fn crumbs(model: &Model) -> Vec<String> {
    let mut crumbs = vec!["stage".to_owned()];
    let view = &model.stage;
    if view.operations().is_empty() {
        return crumbs;
    }
    let faults = faults(model);
    let comma = if faults.is_empty() { "" } else { ", " };
    crumbs.push(format!("{} selected{comma}{faults}", view.chosen().count()));
    crumbs
}

pub(super) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    let left = match model.stage.focus {
        _ if model.stage.operations().is_empty() => "stage".to_owned(),
        StagePane::List => list::title(model),
        StagePane::Preview => "preview".to_owned(),
        StagePane::Detail => detail::title(model),
    };
    let faults = faults(model);
    let right = if model.stage.operations().is_empty() {
        piece("n new event", Meaning::Dim)
    } else if faults.is_empty() {
        piece("c commits", Meaning::Dim)
    } else {
        piece(faults, Meaning::Warn)
    };
    (vec![piece(left, Meaning::Title)], vec![right])
}

/// Where the next event would lie.
pub(super) fn facts(model: &Model) -> Option<Vec<Piece>> {
    let report = model.stage.report.as_ref()?;
    let next = report.next_position.parse().map_or(report.next_position.clone(), thousands);
    Some(vec![piece("next position ", Meaning::Dim), piece(next, Meaning::Number)])
}

/// How many operations wait.
pub(super) fn badge(model: &Model) -> String {
    match model.status.as_ref().map_or(0, |status| status.stage.operations) {
        0 => String::new(),
        waiting => format!("({waiting})"),
    }
}

/// What stands there while nothing waits.
fn empty(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    let boxed = layout(model).boxed;
    let inside = frame(canvas, body, boxed, ("stage", ""), true);
    for (y, line) in (inside.y + u16::from(boxed)..inside.bottom()).zip(nothing(model)) {
        canvas.line(inside.x, y, inside.width, &line);
    }
}

/// Why nothing is there, and what to do about it.
fn nothing(model: &Model) -> Vec<Vec<Piece>> {
    let dash = model.look.glyphs.dash;
    if let Some(reason) = model.read_only() {
        return vec![
            vec![piece(format!("Nothing can be staged here: {reason}."), Meaning::Title)],
            Vec::new(),
            vec![
                piece("n", Meaning::Key),
                plain(format!(" new event  {dash} disabled: the store is read only")),
            ],
            vec![
                piece("c", Meaning::Key),
                plain(format!(" commit     {dash} disabled: nothing is staged")),
            ],
            Vec::new(),
            vec![piece("`dbx doctor` says what is wrong and how to repair it", Meaning::Dim)],
        ];
    }
    let key = |key: &'static str, what: &'static str| {
        vec![piece(format!("{key:<3}"), Meaning::Key), plain(what)]
    };
    let mut lines = vec![
        vec![piece("Nothing waits for its commit.", Meaning::Title)],
        Vec::new(),
        key("n", "stages an event"),
        key("s", "in 1 or 2 stages an event of what is selected"),
    ];
    if model.stage.report.as_ref().is_some_and(|report| report.undo > 0) {
        lines.push(key("u", "takes the last change of the stage back"));
    }
    if let Some(receipt) = &model.stage.receipt {
        lines.push(Vec::new());
        lines.push(vec![piece(receipt_line(model, receipt), Meaning::Ok)]);
        lines.push(vec![piece("y r copies this", Meaning::Dim)]);
    }
    lines
}
