//! The palette: everything that can be done or gone to, by some of its letters.

use super::help::keys;
use super::{popup, typed};
use crate::tui::action::{self, Action};
use crate::tui::canvas::{Canvas, Piece, piece, pieces_width};
use crate::tui::model::{Group, GroupRow, Model, Name, Palette, PaletteRow, View};
use crate::tui::text::width;
use crate::tui::theme::Meaning;
use crate::tui::update::select::quoted;
use crate::tui::worker::Slot;
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
        PaletteRow::Aggregate(name, _) => name.to_string(),
    }
}

/// What fits what was typed, the best first: what is known here, and behind that what was found in the store, so that
/// nothing moves when that comes.
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
        PaletteRow::Group(_) | PaletteRow::Aggregate(..) => true,
    });
    let wanted = palette.input.value().trim();
    if wanted.is_empty() {
        return rows.collect();
    }
    let aggregate = |(name, version): &(Name, u64)| PaletteRow::Aggregate(name.clone(), *version);
    let mut fits = Fits::new(wanted);
    let elsewhere = elsewhere(model.view).map(PaletteRow::Action);
    let mut shown = fits.best(rows.chain(elsewhere).chain(palette.near.iter().map(aggregate)));
    let is_near = |(name, _): &&(Name, u64)| !palette.near.iter().any(|(near, _)| near == name);
    let found = palette.found.as_ref();
    let names = found.map(|found| found.names.as_slice()).unwrap_or_default();
    let far = names.iter().filter(is_near).map(aggregate);
    if found.is_some_and(|found| found.text == wanted) {
        shown.extend(far);
    } else {
        // The answer to what was typed before has something of that to what is typed now.
        shown.extend(far.filter(|row| fits.score(row).is_some()));
    }
    shown
}

/// What can be done in other views only: it opens its view first. What is called the same here is meant here.
fn elsewhere(view: View) -> impl Iterator<Item = &'static Action> {
    let here = move |title: &str| action::of(view).any(|action| action.title == title);
    action::all().filter(move |action| is_elsewhere(action, view) && !here(action.title))
}

fn is_elsewhere(action: &Action, view: View) -> bool {
    action.view.is_some_and(|only| only != view)
}

/// What fits a text.
struct Fits {
    matcher: Matcher,
    pattern: Pattern,
    letters: Vec<char>,
}

impl Fits {
    fn new(wanted: &str) -> Self {
        let pattern = Pattern::parse(wanted, CaseMatching::Smart, Normalization::Smart);
        Self { matcher: Matcher::new(Config::DEFAULT), pattern, letters: Vec::new() }
    }

    fn score(&mut self, row: &PaletteRow) -> Option<u32> {
        self.pattern.score(Utf32Str::new(&title(row), &mut self.letters), &mut self.matcher)
    }

    fn best(&mut self, rows: impl Iterator<Item = PaletteRow>) -> Vec<PaletteRow> {
        let mut scored: Vec<(u32, PaletteRow)> =
            rows.filter_map(|row| Some((self.score(&row)?, row))).collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, row)| row).collect()
    }
}

/// How many there are of what, and whether there may be more.
fn foot(model: &Model, palette: &Palette, rows: &[PaletteRow]) -> String {
    let ids = rows.iter().filter(|row| matches!(row, PaletteRow::Aggregate(..))).count();
    let commands = match rows.len() - ids {
        1 => "1 command".to_owned(),
        found => format!("{found} commands"),
    };
    let found = palette.found.as_ref();
    let more = found.is_some_and(|found| found.more && found.text == palette.input.value().trim());
    let looking = model.asks.running(Slot::Named).is_some();
    match (ids, looking) {
        (0, false) => commands,
        (0, true) => format!("{commands}, looking for ids"),
        (1, false) if !more => format!("{commands}, 1 id"),
        _ if more => format!("{commands}, {ids} ids and more"),
        (_, true) => format!("{commands}, {ids} ids so far"),
        (_, false) => format!("{commands}, {ids} ids"),
    }
}

pub(super) fn draw(model: &Model, palette: &Palette, canvas: &mut Canvas<'_>) {
    let rows = rows(model, palette);
    let inside = popup(canvas, SIZE, "command", &foot(model, palette, &rows));
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
        let looking = model.asks.running(Slot::Named).is_some();
        let text = if looking { "looking for ids" } else { "nothing is called so" };
        canvas.put(list.x + 2, list.y, list.width, text, Meaning::Dim);
    }
    canvas.line(
        inside.x,
        inside.bottom().saturating_sub(1),
        inside.width,
        &keys_of(model, rows.get(palette.cursor)),
    );
    canvas.cursor = typing;
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, row: &PaletteRow) {
    let mut right: Vec<Piece> = Vec::new();
    let mut meaning = Meaning::Text;
    if let PaletteRow::Action(action) = row
        && let Some(view) = action.view.filter(|view| *view != model.view)
    {
        right.push(piece(format!("in {}", view.title()), Meaning::Dim));
    } else if let PaletteRow::Action(action) = row {
        right.push(piece(keys(model, action), Meaning::Key));
        if let Some(reason) = (action.disabled)(model) {
            meaning = Meaning::Dim;
            right.push(piece(format!("  disabled: {reason}"), Meaning::Dim));
        }
    }
    if let PaletteRow::Aggregate(_, version) = row {
        right.push(piece(format!("v{version}"), Meaning::Dim));
    }
    // What it is comes first; why it cannot be done has the room that is left.
    let title = title(row);
    let wide = u16::try_from(width(&title)).unwrap_or(u16::MAX);
    let wide = match row {
        // Its version needs little room.
        PaletteRow::Aggregate(..) => wide.min(line.width.saturating_sub(14)),
        _ => wide.min(line.width / 2 + 4),
    };
    canvas.put(line.x + 2, line.y, wide, &title, meaning);
    let (from, rest) = (line.x + wide + 4, line.width.saturating_sub(wide + 4));
    if pieces_width(&right) > usize::from(rest) {
        canvas.line(from, line.y, rest, &right);
    } else {
        canvas.line_right(from, line.y, rest, &right);
    }
}

/// The command of a shell that does the same as a line.
pub(crate) fn twin(model: &Model, row: &PaletteRow) -> Option<String> {
    match row {
        // What it would be about shows in its view.
        PaletteRow::Action(action) if is_elsewhere(action, model.view) => None,
        PaletteRow::Action(action) => (action.twin)(model),
        PaletteRow::Aggregate(name, _) => Some(format!("dbx show {}", quoted(&name.to_string()))),
        PaletteRow::Group(_) => None,
    }
}

/// What the keys do here, or the command of a shell that does the same as the selected line.
fn keys_of(model: &Model, row: Option<&PaletteRow>) -> Vec<Piece> {
    if let Some(twin) = row.and_then(|row| twin(model, row)) {
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
