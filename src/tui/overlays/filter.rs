//! The filter bar, in the place of the two last lines.

use super::{scrolled_by, typed};
use crate::domain::FilterError;
use crate::tui::canvas::{Canvas, piece};
use crate::tui::model::{FilterBar, Model, View};
use crate::tui::text::width;
use crate::tui::theme::Meaning;
use crate::tui::window::Total;
use crate::tui::words::{count, duration, thousands};
use ratatui::layout::Rect;

/// What the language knows beside paths into a state, of an aggregate and of an event.
const OF_AGGREGATES: &str = "type id v at is";
const OF_EVENTS: &str = "type id v event actor corr at";

pub(super) fn draw(model: &Model, bar: &FilterBar, canvas: &mut Canvas<'_>) {
    let size = canvas.area();
    let (y, below) = (size.bottom().saturating_sub(2), size.bottom().saturating_sub(1));
    canvas.clear(Rect { x: size.x, y, width: size.width, height: 2 });
    let found = found(model);
    let right = [piece(found, Meaning::Dim)];
    let taken = canvas.line_right(size.x, y, size.width.saturating_sub(1), &right);
    let room = size.width.saturating_sub(taken + 3);
    typed(canvas, (size.x + 1, y, room), "/ ", &bar.input);
    let error = match model.view {
        View::Tail => &model.tail.filter_error,
        _ => &model.aggregates.filter_error,
    };
    let Some(error) = error else {
        let mut x = size.x + 1;
        for (key, word) in [("⏎", "keep"), ("Esc", "clear"), ("Tab", "complete"), ("↑", "history")]
        {
            let key = match key {
                "⏎" => canvas.glyphs().keys.enter,
                "↑" => canvas.glyphs().keys.up,
                key => key,
            };
            let room = size.right().saturating_sub(x);
            let entry = [piece(key, Meaning::Key), piece(format!(" {word}  "), Meaning::Text)];
            x += canvas.line(x, below, room, &entry);
        }
        let rest = size.right().saturating_sub(x + 1);
        let fields = if model.view == View::Tail { OF_EVENTS } else { OF_AGGREGATES };
        canvas.put(x, below, rest, &format!("fields: {fields}"), Meaning::Dim);
        return;
    };
    // The mark stands below the token, as far as the text is not scrolled.
    let scrolled = scrolled_by(&bar.input, usize::from(room.saturating_sub(3)));
    let text = bar.input.value();
    let cells = |end: usize| width(text.get(..end).unwrap_or(text)).saturating_sub(scrolled);
    let (from, to) = (cells(error.span.start), cells(error.span.end));
    // The mark of a long token leaves room to say what is wrong.
    let marks = to.saturating_sub(from).clamp(1, usize::from(room / 2).max(1));
    let marked = size.x + 3 + u16::try_from(from).unwrap_or(0).min(room);
    canvas.put(
        marked,
        below,
        size.right().saturating_sub(marked),
        &"^".repeat(marks),
        Meaning::Danger,
    );
    let after = marked + u16::try_from(marks).unwrap_or(0) + 1;
    let right =
        Rect { x: after, y: below, width: size.right().saturating_sub(after + 1), height: 1 };
    let left = Rect { x: size.x + 1, y: below, width: marked.saturating_sub(2), height: 1 };
    explain(canvas, error, right, left);
}

/// Says what is wrong beside the mark: what to write instead too, where there is room for it.
fn explain(canvas: &mut Canvas<'_>, error: &FilterError, right: Rect, left: Rect) {
    let whole = format!("{} {} {}", error.message, canvas.glyphs().dash, error.help);
    let roomier = if right.width >= left.width { right } else { left };
    let choices =
        [(&whole, right), (&whole, left), (&error.message, right), (&error.message, left)];
    let fits = |(text, area): &(&String, Rect)| width(text) <= usize::from(area.width);
    let (text, area) = choices.into_iter().find(fits).unwrap_or((&error.message, roomier));
    canvas.put(area.x, area.y, area.width, text, Meaning::Danger);
}

/// `12 of the last 4,211 · 1.2 ms`
fn found_in_tail(model: &Model) -> String {
    let view = &model.tail;
    if view.filter_error.is_some() || !view.is_loaded() {
        return String::new();
    }
    let low = view.ring.low().unwrap_or(0);
    let looked_at = view.read_to.unwrap_or(0).saturating_sub(low);
    let (rows, dot) = (count(view.ring.len()), model.look.glyphs.dot);
    let took = view.took.map(duration).unwrap_or_default();
    format!("{rows} of the last {} {dot} {took}", thousands(looked_at))
}

/// `38 of 1,204 · 1.2 ms`
fn found(model: &Model) -> String {
    if model.view == View::Tail {
        return found_in_tail(model);
    }
    let view = &model.aggregates;
    if view.filter_error.is_some() || view.shown != view.revision {
        return String::new();
    }
    let rows = match (view.list.total(), view.matches) {
        (Total::Known(rows), _) | (_, Some((rows, true))) => count(rows),
        (_, Some((rows, false))) => format!("{}+", count(rows)),
        (Total::AtLeast(rows), None) => format!("{}+", count(rows.saturating_sub(1))),
    };
    let status = model.status.as_ref();
    let all: Option<u64> = match &view.group {
        crate::tui::model::Group::Type(name) => status.and_then(|status| {
            let found = status.types.iter().find(|count| count.aggregate_type == *name);
            found.map(|count| count.aggregates)
        }),
        crate::tui::model::Group::All => {
            status.map(|status| status.types.iter().map(|count| count.aggregates).sum())
        }
        _ => None,
    };
    let of = all.map(|all| format!(" of {}", thousands(all))).unwrap_or_default();
    let took = view.took.map(duration).unwrap_or_default();
    format!("{rows}{of} {} {took}", model.look.glyphs.dot)
}
