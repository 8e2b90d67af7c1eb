//! The palette: everything that can be done or gone to, by some of its letters.

use super::help::keys;
use super::{popup, typed};
use crate::tui::action;
use crate::tui::canvas::{Canvas, Piece, piece, pieces_width};
use crate::tui::model::{Group, GroupRow, Model, Palette, PaletteRow};
use crate::tui::text::width;
use crate::tui::theme::Meaning;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;

/// The largest that it gets.
const SIZE: (u16, u16) = (64, 16);

/// What a line of the palette says.
pub(crate) fn title(row: &PaletteRow) -> String {
    match row {
        PaletteRow::Action(action) => {
            let mut letters = action.title.chars();
            let first = letters.next().map(char::to_uppercase).into_iter().flatten();
            first.chain(letters).collect()
        }
        PaletteRow::Group(Group::Type(name)) => format!("Type: {name}"),
        PaletteRow::Group(group) => format!("Show: {}", group.title()),
    }
}

/// What fits what was typed, the best first.
pub(crate) fn rows(model: &Model, palette: &Palette) -> Vec<PaletteRow> {
    let actions = action::of(model.view).map(PaletteRow::Action);
    let groups = model.aggregates.groups(model.status.as_ref());
    let groups = groups.into_iter().filter_map(|row| match row {
        GroupRow::Group(group, _) => Some(PaletteRow::Group(group)),
        GroupRow::Heading(_) | GroupRow::Gap => None,
    });
    let rows = actions.chain(groups).filter(|row| match row {
        // It is open already.
        PaletteRow::Action(action) => action.name != "palette",
        PaletteRow::Group(_) => true,
    });
    let wanted = palette.input.value().trim();
    if wanted.is_empty() {
        return rows.collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(wanted, CaseMatching::Smart, Normalization::Smart);
    let mut scored: Vec<(u32, PaletteRow)> = rows
        .filter_map(|row| {
            let mut letters = Vec::new();
            let title = title(&row);
            Some((pattern.score(Utf32Str::new(&title, &mut letters), &mut matcher)?, row))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}

pub(super) fn draw(model: &Model, palette: &Palette, canvas: &mut Canvas<'_>) {
    let rows = rows(model, palette);
    let foot = match rows.len() {
        1 => "1 command".to_owned(),
        found => format!("{found} commands"),
    };
    let inside = popup(canvas, SIZE, "command", &foot);
    typed(canvas, (inside.x, inside.y, inside.width), "> ", &palette.input);
    let typing = canvas.cursor;
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(4), ..inside };
    let visible = usize::from(list.height).max(1);
    let top = (palette.cursor + 1).saturating_sub(visible);
    for (y, (at, row)) in
        (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top).take(visible))
    {
        let line = Rect { y, height: 1, ..list };
        draw_row(model, canvas, line, row);
        if at == palette.cursor {
            canvas.select(line, true);
        }
    }
    if rows.is_empty() {
        canvas.put(list.x + 2, list.y, list.width, "nothing is called so", Meaning::Dim);
    }
    canvas.line(
        inside.x,
        inside.bottom().saturating_sub(1),
        inside.width,
        &keys_of(model, palette),
    );
    canvas.cursor = typing;
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, row: &PaletteRow) {
    let mut right: Vec<Piece> = Vec::new();
    let mut meaning = Meaning::Text;
    if let PaletteRow::Action(action) = row {
        right.push(piece(keys(model, action), Meaning::Key));
        if let Some(reason) = (action.disabled)(model) {
            meaning = Meaning::Dim;
            right.push(piece(format!("  disabled: {reason}"), Meaning::Dim));
        }
    }
    // What it is comes first; why it cannot be done has the room that is left.
    let title = title(row);
    let wide = u16::try_from(width(&title)).unwrap_or(u16::MAX).min(line.width / 2 + 4);
    canvas.put(line.x + 2, line.y, wide, &title, meaning);
    let (from, rest) = (line.x + wide + 4, line.width.saturating_sub(wide + 4));
    if pieces_width(&right) > usize::from(rest) {
        canvas.line(from, line.y, rest, &right);
    } else {
        canvas.line_right(from, line.y, rest, &right);
    }
}

/// What the keys do here, or the command of a shell that does the same as the selected line.
fn keys_of(model: &Model, palette: &Palette) -> Vec<Piece> {
    let twin = match rows(model, palette).get(palette.cursor) {
        Some(PaletteRow::Action(action)) => (action.twin)(model),
        _ => None,
    };
    if let Some(twin) = twin {
        return vec![piece("^y copies  ", Meaning::Key), piece(twin, Meaning::Dim)];
    }
    let signs = model.look.glyphs.keys;
    vec![
        piece(signs.enter, Meaning::Key),
        piece(" run   ", Meaning::Text),
        piece(format!("{}{}", signs.up, signs.down), Meaning::Key),
        piece(" choose   ", Meaning::Text),
        piece("Esc", Meaning::Key),
        piece(" close", Meaning::Text),
    ]
}
