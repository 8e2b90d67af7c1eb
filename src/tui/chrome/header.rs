//! The first line: the tabs, and who has the store.

use super::Shape;
use crate::error::Kind;
use crate::tui::canvas::{Canvas, Hit, Piece, piece};
use crate::tui::model::{Connection, Model, View};
use crate::tui::text::width;
use crate::tui::theme::Meaning;
use crate::tui::views;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, shape: Shape, canvas: &mut Canvas<'_>) {
    let size = canvas.area();
    let y = size.y;
    let tabs = tabs(model, size.width);
    let wide = tabs.iter().map(|(_, text, _)| width(text)).sum::<usize>() + width("dbx ");
    let room = usize::from(size.width).saturating_sub(wide + 2);
    let chip = chip(model, size.width, if shape <= Shape::One { usize::MAX } else { room });
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
    for (view, text, meaning) in tabs {
        let room = (size.x + 1 + room).saturating_sub(x);
        let wide = canvas.put(x, y, room, &text, meaning);
        canvas.hit(Rect::new(x, y, wide, 1), Hit::Tab(view.number()));
        x += wide;
    }
}

/// The tabs, as they are written on a screen of so many columns.
fn tabs(model: &Model, columns: u16) -> Vec<(View, String, Meaning)> {
    let tab = |view: View| {
        let current = view == model.view;
        let title = if current || columns >= 120 { view.title() } else { view.short_title() };
        let badge = views::badge(model, view);
        let (open, close) = if current { ("[", "]") } else { (" ", " ") };
        let text = format!("{open}{} {title}{badge}{close}", view.number());
        (view, text, if current { Meaning::Title } else { Meaning::Text })
    };
    View::ALL.into_iter().map(tab).collect()
}

/// Who has the store: a sign, a word, and where there is room for it the workspace. Where there is little, a port alone says
/// enough, and a process is only one of its kind.
fn chip(model: &Model, columns: u16, room: usize) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let (sign, words, meaning) = match &model.connection {
        _ if model.read_only().is_some() => {
            (glyphs.read_only, vec!["read only".to_owned(), "ro".to_owned()], Meaning::Warn)
        }
        Connection::Connecting => (glyphs.connecting, vec!["connecting".to_owned()], Meaning::Dim),
        Connection::Local | Connection::Unserved => {
            (glyphs.local, vec!["local".to_owned()], Meaning::Ok)
        }
        Connection::Daemon(Some(address), _) => {
            let port = address.rsplit_once(':').map_or("", |(_, port)| port);
            (glyphs.daemon, vec![format!("daemon :{port}"), format!(":{port}")], Meaning::Ok)
        }
        Connection::Daemon(None, pid) => {
            (glyphs.daemon, vec![format!("daemon {pid}"), "daemon".to_owned()], Meaning::Ok)
        }
        Connection::Dashboard(pid) => {
            let words = [format!("dashboard {pid}"), "dashboard".to_owned(), "tui".to_owned()];
            (glyphs.daemon, words.into(), Meaning::Ok)
        }
        Connection::Offline(error, _) => {
            let word = match error.kind() {
                Kind::Corrupt => "damaged",
                _ if error.code().starts_with("dbx::daemon::") => "offline",
                _ => "no store",
            };
            (glyphs.fault, vec![word.to_owned()], Meaning::Danger)
        }
    };
    let fits = |text: &String| width(text) + 2 <= room;
    let mut chip = vec![piece(sign, meaning)];
    chip.extend(words.into_iter().find(fits).map(|text| piece(format!(" {text}"), Meaning::Text)));
    if columns >= 120 {
        let rights = if model.read_only().is_some() { "r" } else { "rw" };
        chip.push(piece(format!("  {rights}  "), Meaning::Dim));
        chip.push(piece(model.workspace.clone(), Meaning::Dim));
    }
    chip
}
