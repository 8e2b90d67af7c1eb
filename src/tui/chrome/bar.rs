//! The last line: the best keys of the view, from the table of actions.

use super::Shape;
use crate::tui::action::{self, Action, Chord};
use crate::tui::canvas::{Canvas, Hit, piece, pieces_width};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::words::ends;
use ratatui::layout::Rect;

/// What the bar always ends with, however narrow it is.
const LAST: [&str; 2] = ["palette", "help"];

pub(super) fn draw(model: &Model, shape: Shape, canvas: &mut Canvas<'_>, y: u16) {
    let size = canvas.area();
    let end = size.right().saturating_sub(1);
    let mut x = size.x + 1;
    if shape == Shape::List
        && let Some(status) = &model.status
    {
        let root = format!("root {}  ", ends(&status.root, "").get(..4).unwrap_or_default());
        x += canvas.put(x, y, end - x, &root, Meaning::Dim);
    }
    let mut actions: Vec<&'static Action> =
        action::of(model.view).filter(|action| action.bar.is_some()).collect();
    actions.sort_by_key(|action| action.bar);
    let last: Vec<_> = LAST.into_iter().filter_map(action::named).collect();
    let reserved: u16 = last.iter().map(|action| entry(model, action).2 + 2).sum();
    for action in actions {
        if last.contains(&action) || (action.disabled)(model).is_some() {
            continue;
        }
        let (keys, short, wide) = entry(model, action);
        if x + wide + reserved > end {
            // A wide one may leave room for a narrow one behind it.
            continue;
        }
        x += draw_entry(canvas, x, y, action.name, &keys, short) + 2;
    }
    for action in last {
        let (keys, short, _) = entry(model, action);
        x += draw_entry(canvas, x, y, action.name, &keys, short) + 2;
    }
}

fn draw_entry(
    canvas: &mut Canvas<'_>,
    x: u16,
    y: u16,
    name: &'static str,
    keys: &str,
    short: &'static str,
) -> u16 {
    let room = canvas.area().right().saturating_sub(x);
    let pieces = [piece(keys.to_owned(), Meaning::Key), piece(format!(" {short}"), Meaning::Text)];
    let wide = canvas.line(x, y, room, &pieces);
    canvas.hit(Rect::new(x, y, wide, 1), Hit::Action(name));
    wide
}

/// The keys of an action, its word, and how many cells both take.
fn entry(model: &Model, action: &'static Action) -> (String, &'static str, u16) {
    let glyphs = model.look.glyphs;
    let first = |action: &'static Action| model.keymap.within(model.view, action).next();
    let arrow = |chord: &&Chord| chord.0.first().is_some_and(|key| key.is_arrow());
    let mut keys = first(action).map(|chord| chord.shown(glyphs)).unwrap_or_default();
    // Two arrows are one thing to whoever looks for how to move.
    let other = action.pair.and_then(|(name, _)| action::named(name)).and_then(first).filter(arrow);
    if let Some(other) = other.filter(|_| first(action).as_ref().is_some_and(arrow)) {
        let other = other.shown(glyphs);
        if keys.is_ascii() {
            keys.push(' ');
        }
        keys.push_str(&other);
    }
    let pieces = [piece(keys.clone(), Meaning::Key), piece(action.short, Meaning::Text)];
    let wide = u16::try_from(pieces_width(&pieces) + 1).unwrap_or(u16::MAX);
    (keys, action.short, wide)
}
