//! Keys while something of this view lies over it.

use crate::tui::action::Key;
use crate::tui::model::{CursorLine, Lines, Model, Overlay, Sheet, SheetOf};
use crate::tui::msg::Effect;
use crate::tui::overlays::sheet_height;
use crate::tui::words::thousands;
use crate::tui::worker::{Ask as AnyAsk, Slot, TailAsk as Ask};
use crate::wire::{CursorUpdate, Decimal64};
use ratatui::crossterm::event::KeyCode;
use std::time::Duration;

/// Opens a sheet; what is written last is what one looks for in a log.
pub(super) fn open(model: &mut Model, of: SheetOf) {
    let end = of == SheetOf::Log;
    model.tail.lines = None;
    model.asks.forget(Slot::Sheet);
    model.overlay = Some(Overlay::Sheet(Sheet { of, at: 0, end }));
}

/// Moves in the sheet.
pub(in crate::tui::update) fn step(model: &mut Model, by: isize) {
    let height = sheet_height(model);
    let Some((of, lines)) = &model.tail.lines else { return };
    let Some(Overlay::Sheet(sheet)) = &mut model.overlay else { return };
    if sheet.of != *of {
        return;
    }
    // Text is scrolled until its end is on the screen; what waits is selected.
    let last = match lines {
        Lines::Text(lines) => lines.len().saturating_sub(height),
        Lines::Waiting { events, .. } => events.len().saturating_sub(1),
    };
    sheet.at = sheet.at.min(last).saturating_add_signed(by).min(last);
    sheet.end = sheet.of == SheetOf::Log && sheet.at == last;
}

pub(in crate::tui::update) fn sheet_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let page = isize::try_from(sheet_height(model)).unwrap_or(1).max(1);
    let by = match (key.ctrl(), key.code()) {
        (_, KeyCode::Esc | KeyCode::Left) | (false, KeyCode::Char('q' | 'h')) => {
            model.overlay = None;
            return Vec::new();
        }
        (_, KeyCode::Enter) => return enter(model),
        (_, KeyCode::Up) | (false, KeyCode::Char('k')) => -1,
        (_, KeyCode::Down) | (false, KeyCode::Char('j')) => 1,
        (_, KeyCode::PageUp) | (true, KeyCode::Char('b')) => -page,
        (_, KeyCode::PageDown) | (true, KeyCode::Char('f')) | (false, KeyCode::Char(' ')) => page,
        (true, KeyCode::Char('u')) => -(page / 2).max(1),
        (true, KeyCode::Char('d')) => (page / 2).max(1),
        (_, KeyCode::Home) | (false, KeyCode::Char('g')) => isize::MIN,
        (_, KeyCode::End) | (false, KeyCode::Char('G')) => isize::MAX,
        _ => return Vec::new(),
    };
    step(model, by);
    Vec::new()
}

/// Opens the history of the selected event that waits.
fn enter(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Sheet(sheet)) = &model.overlay else { return Vec::new() };
    if let Some((of, Lines::Waiting { events, .. })) = &model.tail.lines
        && *of == sheet.of
        && let Some(event) = events.get(sheet.at)
    {
        let (name, version) = (event.name.clone(), event.version);
        model.overlay = None;
        crate::tui::update::timeline::open(model, name, version);
    }
    Vec::new()
}

/// Enter in the line that asks about a cursor. The line stays until it is done, or says why it is not.
pub(in crate::tui::update) fn cursor_entered(model: &mut Model) -> Vec<Effect> {
    // What is under way decides first.
    if model.asks.running(Slot::Cursor).is_some() {
        return Vec::new();
    }
    let end = model.events().unwrap_or(0);
    let Some(Overlay::Cursor(cursor)) = &mut model.overlay else { return Vec::new() };
    let ask = if cursor.forget { forgotten(cursor) } else { moved(cursor, end) };
    match ask {
        Ok(ask) => {
            let elapsed = model.elapsed;
            model.asks.forget(Slot::Cursor);
            let asked = model.asks.want(Slot::Cursor, AnyAsk::Tail(ask), Duration::ZERO, elapsed);
            asked.into_iter().collect()
        }
        Err(why) => {
            cursor.line.error = Some(why);
            Vec::new()
        }
    }
}

fn forgotten(cursor: &CursorLine) -> Result<Ask, String> {
    if cursor.line.input.value().trim() == cursor.name {
        return Ok(Ask::Forget(cursor.name.clone()));
    }
    Err(format!(
        "type `{}` to forget it; its consumer then starts from the first event",
        cursor.name
    ))
}

fn moved(cursor: &CursorLine, end: u64) -> Result<Ask, String> {
    let text = cursor.line.input.value().trim();
    let (place, rewind) = match text.strip_suffix("rewind") {
        Some(place) => (place.trim(), true),
        None => (text, false),
    };
    let to = if place == "end" {
        end
    } else {
        let digits = place.strip_prefix('#').unwrap_or(place);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<u64>().ok().filter(|_| plain);
        number.ok_or_else(|| "a position such as 4200, or `end`".to_owned())?
    };
    if to > end {
        return Err(format!("the log ends at #{}", thousands(end)));
    }
    if to < cursor.position && !rewind {
        let again = thousands(cursor.position - to);
        return Err(format!("its consumer is given {again} events again: add `rewind` to mean it"));
    }
    let update = CursorUpdate {
        position: Some(Decimal64(to)),
        event_id: None,
        // Nobody moves it away under a consumer that went on meanwhile.
        expected: Some(Decimal64(cursor.position)),
        rewind,
    };
    Ok(Ask::Move { name: cursor.name.clone(), update })
}
