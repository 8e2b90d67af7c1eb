//! What stands around every view: the tabs, the line that says where one is, the keys.

mod bar;
mod header;
mod shape;

pub(crate) use shape::{Shape, body, shape};

use super::canvas::{Canvas, Piece, piece};
use super::model::Model;
use super::text::wrap;
use super::theme::Meaning;
use super::words::{clock, ends, quantity};
use super::{overlays, views};
use ratatui::layout::Rect;

/// Draws a frame.
pub(crate) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let size = canvas.area();
    let shape = shape(size);
    if shape == Shape::TooSmall {
        let text = format!("dbx needs 40x10 (now {}x{})", size.width, size.height);
        let mut lines = wrap(&text, usize::from(size.width));
        if lines.len() >= usize::from(size.height) {
            lines = vec![text];
        }
        let said = lines.iter().map(|line| (line.as_str(), Meaning::Warn));
        for (y, (line, meaning)) in
            (size.y..size.bottom()).zip(said.chain([("q quits", Meaning::Text)]))
        {
            canvas.put(size.x, y, size.width, line, meaning);
        }
        return;
    }
    header::draw(model, shape, canvas);
    views::draw(model, canvas, body(size));
    if shape != Shape::List {
        crumbs(model, canvas, size.bottom() - 2);
    }
    bar::draw(model, shape, canvas, size.bottom() - 1);
    overlays::draw(model, canvas);
}

/// Where one is, and how long the log is.
fn crumbs(model: &Model, canvas: &mut Canvas<'_>, y: u16) {
    let size = canvas.area();
    let right = facts(model, size);
    let taken = canvas.line_right(size.x, y, size.width.saturating_sub(1), &right);
    let room = size.width.saturating_sub(taken + 4);
    let mut left = Vec::new();
    for (index, part) in views::crumbs(model).into_iter().enumerate() {
        if index > 0 {
            left.push(piece(format!(" {} ", canvas.glyphs().crumb), Meaning::Dim));
        }
        left.push(piece(part, Meaning::Text));
    }
    canvas.line(size.x + 1, y, room, &left);
}

fn facts(model: &Model, size: Rect) -> Vec<Piece> {
    let mut facts = views::facts(model).unwrap_or_default();
    if facts.is_empty()
        && let Some(status) = &model.status
    {
        let root = ends(&status.root, model.look.glyphs.cut);
        facts.push(piece("root ", Meaning::Dim));
        facts.push(piece(root, Meaning::Hash));
        let events = model.events().unwrap_or_default();
        let events = match size.width {
            0..80 => String::new(),
            80..120 => format!("  {} ev", super::words::thousands(events)),
            _ => format!("  {}", quantity(events, "event", "events")),
        };
        facts.push(piece(events, Meaning::Text));
    }
    if size.width >= 120 {
        facts.push(piece(format!("   {}Z", clock(model.now)), Meaning::Dim));
    }
    facts
}
