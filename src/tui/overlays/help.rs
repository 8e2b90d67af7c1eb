//! The help: every action with its keys, by what one types; Enter does it.

use super::{popup, typed};
use crate::tui::action::{self, Action, Group};
use crate::tui::canvas::{Canvas, Piece, piece};
use crate::tui::model::{Help, Model};
use crate::tui::text::{pad, width};
use crate::tui::theme::Meaning;
use ratatui::layout::Rect;

/// The widest that it gets.
const WIDTH: u16 = 76;

/// The keys of an action as people see them.
pub(crate) fn keys(model: &Model, action: &'static Action) -> String {
    let shown: Vec<String> = model
        .keymap
        .within(model.view, action)
        .map(|chord| chord.shown(model.look.glyphs))
        .collect();
    shown.join(" ")
}

/// The actions that fit what was typed: by what they do, their name, or a key of theirs.
pub(crate) fn rows(model: &Model, help: &Help) -> Vec<&'static Action> {
    let wanted = help.input.value().trim().to_lowercase();
    let fits = |action: &&'static Action| {
        let by_key = || {
            let mut chords = model.keymap.within(model.view, action);
            chords.any(|chord| {
                chord.shown(model.look.glyphs).to_lowercase() == wanted || chord.name() == wanted
            })
        };
        wanted.is_empty()
            || action.title.to_lowercase().contains(&wanted)
            || action.name.contains(&wanted)
            || by_key()
    };
    let mut rows: Vec<&'static Action> = action::of(model.view).filter(fits).collect();
    rows.sort_by_key(|action| (action.view.is_none(), action.group));
    rows
}

pub(super) fn draw(model: &Model, help: &Help, canvas: &mut Canvas<'_>) {
    let rows = rows(model, help);
    let size = canvas.area();
    let title = format!("help {} {}", canvas.glyphs().dash, model.view.title());
    let foot = "type to search  ⏎ run  Esc close";
    let foot = foot.replace('⏎', canvas.glyphs().keys.enter);
    let fresh = help.input.value().is_empty() && help.cursor == 0;
    let wide = size.width >= 70;
    let columns = columns(model);
    let high = columns.iter().map(Vec::len).max().unwrap_or(0) + 4;
    let high = u16::try_from(high).unwrap_or(u16::MAX);
    // What does not fit is a list that can be scrolled.
    if fresh && wide && high <= size.height.saturating_sub(2) {
        let inside = popup(canvas, (WIDTH, high), &title, &foot);
        typed(canvas, (inside.x, inside.y, inside.width), "/ ", &help.input);
        let half = inside.width / 2;
        for (x, lines) in [inside.x, inside.x + half].into_iter().zip(columns) {
            for (y, line) in (inside.y + 2..inside.bottom()).zip(lines) {
                canvas.line(x, y, half.saturating_sub(1), &line);
            }
        }
        return;
    }
    let high = u16::try_from(rows.len() + 4).unwrap_or(u16::MAX);
    let inside = popup(canvas, (WIDTH, high.max(8)), &title, &foot);
    typed(canvas, (inside.x, inside.y, inside.width), "/ ", &help.input);
    let typing = canvas.cursor;
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    let visible = usize::from(list.height).max(1);
    let top = (help.cursor + 1).saturating_sub(visible);
    let keys_wide = rows.iter().map(|action| width(&keys(model, action))).max().unwrap_or(0);
    for (y, (at, action)) in
        (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top).take(visible))
    {
        let line = Rect { y, height: 1, ..list };
        canvas.line(line.x + 2, y, line.width.saturating_sub(2), &row(model, action, keys_wide));
        if at == help.cursor {
            canvas.select(line, true);
        }
    }
    if rows.is_empty() {
        canvas.put(list.x + 2, list.y, list.width, "nothing is called so", Meaning::Dim);
    }
    canvas.cursor = typing;
}

fn row(model: &Model, action: &'static Action, keys_wide: usize) -> Vec<Piece> {
    let reason = (action.disabled)(model);
    let (key, text) = match reason {
        Some(_) => (Meaning::Dim, Meaning::Dim),
        None => (Meaning::Key, Meaning::Text),
    };
    let mut line = vec![
        piece(pad(&keys(model, action), keys_wide.min(18)), key),
        piece(format!("  {}", action.title), text),
    ];
    if let Some(reason) = reason {
        line.push(piece(format!(" {} {reason}", model.look.glyphs.dash), Meaning::Dim));
    }
    line
}

/// The keys of an action and of those that it is paired with, and what all of them do: one line of a column.
fn both(model: &Model, action: &'static Action) -> Vec<Piece> {
    let next = |action: &&'static Action| action.pair.and_then(|(name, _)| action::named(name));
    let shown: Vec<String> =
        std::iter::successors(Some(action), next).map(|action| keys(model, action)).collect();
    let shown = shown.join(" ");
    let title = action.pair.map_or(action.title, |(_, both)| both);
    let (key, text) = match (action.disabled)(model) {
        Some(_) => (Meaning::Dim, Meaning::Dim),
        None => (Meaning::Key, Meaning::Text),
    };
    vec![piece(pad(&shown, COLUMN_KEYS), key), piece(format!("  {title}"), text)]
}

/// How wide keys are in a column: `PgUp ^b PgDn ^f`.
const COLUMN_KEYS: usize = 15;

/// The groups in two columns: how to move and how to find, what to do and what is always there.
fn columns(model: &Model) -> [Vec<Vec<Piece>>; 2] {
    let second = |action: &'static Action| {
        action::all().any(|first| first.pair.is_some_and(|(name, _)| name == action.name))
    };
    [[Group::Move, Group::Find], [Group::Do, Group::Always]].map(|groups| {
        let mut lines = Vec::new();
        for group in groups {
            if !lines.is_empty() {
                lines.push(Vec::new());
            }
            lines.push(vec![piece(group.title(), Meaning::Title)]);
            let of = |action: &&'static Action| {
                let bound = model.keymap.within(model.view, action).next().is_some();
                action.group == group && bound && !second(action)
            };
            lines.extend(action::of(model.view).filter(of).map(|action| both(model, action)));
        }
        lines
    })
}
