//! What a commit of what is selected would change, aggregate by aggregate.

use super::{Layout, Net, frame, net, preview_lines};
use crate::domain::Json;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Model, StagePane, name_of};
use crate::tui::theme::Meaning;
use crate::tui::update::stage::short;
use crate::tui::views::json;
use crate::tui::views::lines::scrolled;
use crate::wire::Change;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, layout: Layout) {
    let view = &model.stage;
    let focus = view.focus == StagePane::Preview;
    let title = if layout.wide { "result after commit" } else { "preview" };
    let foot = if layout.wide { "d one line or two" } else { "d view" };
    let inside = frame(canvas, area, layout.boxed, (title, foot), focus);
    scrolled(canvas, inside, &preview_lines(model), view.preview_scroll, focus);
}

/// All lines.
pub(super) fn lines(model: &Model) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for net in net(&model.stage) {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(head(model, &net));
        lines.extend(changes(model, &net.changes));
        if net.changes.is_empty() {
            lines.push(vec![piece("  no change", Meaning::Dim)]);
        }
    }
    if lines.is_empty() {
        let none = model.stage.operations().is_empty();
        let text = if none { "nothing would change" } else { "nothing is selected" };
        lines.push(vec![piece(text, Meaning::Dim)]);
    }
    let mut left: Vec<Vec<Piece>> = Vec::new();
    for one in model.stage.operations().iter().filter(|one| !model.stage.is_chosen(one)) {
        let text = format!("  {}  {}", short(&name_of(one)), one.operation.event_type);
        left.push(vec![piece(text, Meaning::Dim)]);
    }
    if !left.is_empty() {
        lines.push(Vec::new());
        lines.push(vec![piece("stays staged", Meaning::Dim)]);
        lines.extend(left);
    }
    lines
}

/// `order-42  v48 → v50`
pub(crate) fn head(model: &Model, net: &Net) -> Vec<Piece> {
    let arrow = model.look.glyphs.arrow;
    let from = if net.from == 0 { "new".to_owned() } else { format!("v{}", net.from) };
    let mut line = vec![
        piece(short(&net.name), Meaning::Title),
        piece(format!("  {from} {arrow} v{}", net.to), Meaning::Number),
    ];
    if net.follows {
        line.push(piece("  follows", Meaning::Dim));
    }
    line
}

/// Changes, in one line each or as what was and what is.
pub(super) fn changes(model: &Model, changes: &[Change]) -> Vec<Vec<Piece>> {
    let glyphs = model.look.glyphs;
    if !model.stage.split {
        return json::changes(changes, &[], glyphs);
    }
    let mut lines = Vec::new();
    for change in changes {
        let path = json::path(&change.path);
        let mut side = |sign: &'static str, meaning, value: &Option<Json>| {
            if let Some(value) = value {
                lines.push(vec![
                    piece(format!("{sign} {path}  "), meaning),
                    plain(value.to_string()),
                ]);
            }
        };
        side("-", Meaning::Removed, &change.before);
        side("+", Meaning::Added, &change.after);
    }
    lines
}
