//! What can be picked on the way to a new event, by what one types.

use super::{popup, typed};
use crate::tui::canvas::{Canvas, piece};
use crate::tui::model::{Model, Name, Picker, Step};
use crate::tui::text::{pad, width};
use crate::tui::theme::Meaning;
use crate::tui::update::stage::pick::choices;
use crate::tui::update::stage::short;
use ratatui::layout::Rect;

/// The box at its largest.
const SIZE: (u16, u16) = (64, 18);

/// How wide names are at most, before what is to be known of them.
const NAME_CELLS: usize = 30;

pub(super) fn draw(model: &Model, picker: &Picker, canvas: &mut Canvas<'_>) {
    let rows = choices(model, picker);
    let (title, sign) = title(picker);
    let foot = format!("{} {}", rows.len(), if rows.len() == 1 { "choice" } else { "choices" });
    let inside = popup(canvas, SIZE, &title, &foot);
    typed(canvas, (inside.x, inside.y, inside.width), sign, &picker.input);
    let typing = canvas.cursor;
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(4), ..inside };
    let visible = usize::from(list.height).max(1);
    let top = (picker.cursor + 1).saturating_sub(visible);
    let wide = rows.iter().map(|row| width(&row.text)).max().unwrap_or(0).min(NAME_CELLS);
    for (y, (at, row)) in
        (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top).take(visible))
    {
        let line = Rect { y, height: 1, ..list };
        let pieces = [
            piece(pad(&row.text, wide), Meaning::Text),
            piece(format!("  {}", row.about), Meaning::Dim),
        ];
        canvas.line(line.x + 2, y, line.width.saturating_sub(2), &pieces);
        if at == picker.cursor {
            canvas.select(line, true);
        }
    }
    if rows.is_empty() {
        let text = match (picker.step, model.stage.schema.is_some()) {
            (_, false) => "reading the schema in force",
            (Step::Event, true) if picker.input.value().trim().is_empty() => "type what happens",
            (Step::Event, true) => "the schema in force has no such event",
            (Step::Type, true) => "type a type",
            (Step::Id, true) => "type an id",
        };
        canvas.put(list.x + 2, list.y, list.width.saturating_sub(2), text, Meaning::Dim);
    }
    let keys = keys(canvas, picker);
    canvas.line(inside.x, inside.bottom().saturating_sub(1), inside.width, &keys);
    canvas.cursor = typing;
}

fn title(picker: &Picker) -> (String, &'static str) {
    match picker.step {
        Step::Type => ("new event: which type".to_owned(), "type > "),
        Step::Id => (format!("new event: which {}", picker.aggregate_type), "id > "),
        Step::Event => {
            let name =
                Name { aggregate_type: picker.aggregate_type.clone(), id: picker.id.clone() };
            (format!("what happens to {}", short(&name)), "event > ")
        }
    }
}

fn keys(canvas: &Canvas<'_>, picker: &Picker) -> Vec<crate::tui::canvas::Piece> {
    let signs = canvas.glyphs().keys;
    let next = if picker.step == Step::Event { " write it in $EDITOR   " } else { " next   " };
    let out = if picker.step == picker.first { " close" } else { " back" };
    vec![
        piece(signs.enter, Meaning::Key),
        piece(next, Meaning::Text),
        piece("Tab", Meaning::Key),
        piece(" complete   ", Meaning::Text),
        piece(format!("{}{}", signs.up, signs.down), Meaning::Key),
        piece(" choose   ", Meaning::Text),
        piece("Esc", Meaning::Key),
        piece(out, Meaning::Text),
    ]
}
