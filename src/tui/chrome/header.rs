//! The first line: the tabs, and who has the store.

use super::Shape;
use crate::tui::canvas::{Canvas, Hit, Piece, piece};
use crate::tui::model::{Connection, Model, View};
use crate::tui::theme::Meaning;
use crate::tui::views;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, shape: Shape, canvas: &mut Canvas<'_>) {
    let size = canvas.area();
    let y = size.y;
    let chip = chip(model, size.width);
    let taken = canvas.line_right(size.x, y, size.width.saturating_sub(1), &chip);
    let room = size.width.saturating_sub(taken + 2);
    let mut x = size.x + 1;
    x += canvas.put(x, y, room, "dbx", Meaning::Title) + 1;
    if shape <= Shape::One {
        let place = format!("{}/{} ", model.view.number(), View::ALL.len());
        x += canvas.put(x, y, room, &place, Meaning::Dim);
        canvas.put(x, y, room.saturating_sub(x), model.view.title(), Meaning::Title);
        if shape == Shape::List {
            let (left, right) = views::subtitle(model);
            let taken = canvas.line_right(size.x, y + 1, size.width.saturating_sub(1), &right);
            canvas.line(size.x + 1, y + 1, size.width.saturating_sub(taken + 3), &left);
        }
        return;
    }
    for view in View::ALL {
        let current = view == model.view;
        let long = current || size.width >= 120;
        let title = if long { view.title() } else { view.short_title() };
        let badge = views::badge(model, view);
        let (open, close) = if current { ("[", "]") } else { (" ", " ") };
        let text = format!("{open}{} {title}{badge}{close}", view.number());
        let meaning = if current { Meaning::Title } else { Meaning::Text };
        let room = (size.x + 1 + room).saturating_sub(x);
        let wide = canvas.put(x, y, room, &text, meaning);
        canvas.hit(Rect::new(x, y, wide, 1), Hit::Tab(view.number()));
        x += wide;
    }
}

/// Who has the store: a sign, a word, and where there is room for it the workspace.
fn chip(model: &Model, width: u16) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let (sign, word, meaning) = match &model.connection {
        _ if model.read_only().is_some() => {
            (glyphs.read_only, "read only".to_owned(), Meaning::Warn)
        }
        Connection::Connecting => (glyphs.connecting, "connecting".to_owned(), Meaning::Dim),
        Connection::Local => (glyphs.local, "local".to_owned(), Meaning::Ok),
        Connection::Daemon(Some(address), _) => {
            let port = address.rsplit_once(':').map_or("", |(_, port)| port);
            (glyphs.daemon, format!("daemon :{port}"), Meaning::Ok)
        }
        Connection::Daemon(None, pid) => (glyphs.daemon, format!("daemon {pid}"), Meaning::Ok),
        Connection::Dashboard(pid) => (glyphs.daemon, format!("dashboard {pid}"), Meaning::Ok),
        Connection::Offline(..) => (glyphs.fault, "offline".to_owned(), Meaning::Danger),
    };
    let mut chip = vec![piece(sign, meaning), piece(format!(" {word}"), Meaning::Text)];
    if width >= 120 {
        let rights = if model.read_only().is_some() { "r" } else { "rw" };
        chip.push(piece(format!("  {rights}  "), Meaning::Dim));
        chip.push(piece(model.workspace.clone(), Meaning::Dim));
    }
    chip
}
