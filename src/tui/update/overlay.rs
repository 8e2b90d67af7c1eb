//! Keys while something lies over the view.

use super::typing::{pasted, typed};
use super::{aggregates, palette, run, schema, scrub, select, stage, tail};
use crate::domain::Filter;
use crate::tui::action::Key;
use crate::tui::model::{Model, Overlay, View};
use crate::tui::msg::Effect;
use crate::tui::overlays::{explanation, explanation_cells, help_rows, palette_rows};
use ratatui::crossterm::event::KeyCode;
use tui_input::Input;

/// Filters that are remembered.
const HISTORY: usize = 200;

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Help(_)) => help(model, key),
        Some(Overlay::Palette(_)) => palette::key(model, key),
        Some(Overlay::Filter(_)) => filter(model, key),
        Some(Overlay::Goto(_) | Overlay::Find(_) | Overlay::Name(_)) => one_line(model, key),
        Some(Overlay::Explain(_)) => explain(model, key),
        Some(Overlay::Apply(_)) => schema::apply::key(model, key),
        Some(Overlay::Pick(_)) => stage::pick::key(model, key),
        Some(Overlay::Refused(_)) => stage::compose::key(model, key),
        Some(Overlay::Commit(_)) => stage::commit::key(model, key),
        Some(Overlay::Sheet(_)) => tail::over::sheet_key(model, key),
        Some(Overlay::Cursor(_)) => cursor(model, key),
        None => Vec::new(),
    }
}

/// The line that one types in.
fn line(model: &mut Model) -> Option<&mut Input> {
    match model.overlay.as_mut()? {
        Overlay::Help(help) => Some(&mut help.input),
        Overlay::Palette(palette) => Some(&mut palette.input),
        Overlay::Filter(bar) => Some(&mut bar.input),
        Overlay::Goto(line) | Overlay::Find(line) | Overlay::Name(line) => Some(&mut line.input),
        Overlay::Apply(apply) if apply.breaks => Some(&mut apply.line.input),
        Overlay::Pick(picker) => Some(&mut picker.input),
        Overlay::Commit(form) => Some(&mut form.input),
        Overlay::Cursor(cursor) => Some(&mut cursor.line.input),
        Overlay::Apply(_) | Overlay::Explain(_) | Overlay::Refused(_) | Overlay::Sheet(_) => None,
    }
}

pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(input) = line(model) {
        pasted(input, text);
    }
    changed(model);
}

/// What follows from another text.
fn changed(model: &mut Model) {
    match model.overlay.as_mut() {
        Some(Overlay::Help(help)) => help.cursor = 0,
        Some(Overlay::Palette(palette)) => palette.cursor = 0,
        Some(Overlay::Filter(bar)) => {
            let text = bar.input.value().to_owned();
            filtered(model, &text);
        }
        Some(Overlay::Goto(line) | Overlay::Find(line) | Overlay::Name(line)) => line.error = None,
        Some(Overlay::Apply(apply)) => apply.line.error = None,
        Some(Overlay::Pick(picker)) => picker.cursor = 0,
        Some(Overlay::Commit(form)) => form.error = None,
        Some(Overlay::Cursor(cursor)) => cursor.line.error = None,
        Some(Overlay::Explain(_) | Overlay::Refused(_) | Overlay::Sheet(_)) | None => {}
    }
}

/// Shows only what a filter lets through, in the view that is open.
fn filtered(model: &mut Model, text: &str) {
    match model.view {
        View::Tail => tail::filter(model, text),
        _ => aggregates::filter(model, text),
    }
}

/// Moves the cursor in what is listed.
pub(super) fn step(model: &mut Model, by: isize) {
    if matches!(model.overlay, Some(Overlay::Sheet(_))) {
        return tail::over::step(model, by);
    }
    let rows = match &model.overlay {
        Some(Overlay::Help(help)) => help_rows(model, help).len(),
        Some(Overlay::Palette(palette)) => palette_rows(model, palette).len(),
        Some(Overlay::Pick(picker)) => stage::pick::choices(model, picker).len(),
        _ => 0,
    };
    let moved = |cursor: usize| cursor.saturating_add_signed(by).min(rows.saturating_sub(1));
    match model.overlay.as_mut() {
        Some(Overlay::Help(help)) => help.cursor = moved(help.cursor),
        Some(Overlay::Palette(palette)) => palette.cursor = moved(palette.cursor),
        Some(Overlay::Pick(picker)) => picker.cursor = moved(picker.cursor),
        _ => {}
    }
}

/// How far a key moves in a list below a line, where it does.
fn steps(key: Key) -> Option<isize> {
    match (key.ctrl(), key.code()) {
        (_, KeyCode::Up) | (true, KeyCode::Char('p')) => Some(-1),
        (_, KeyCode::Down) | (true, KeyCode::Char('n')) => Some(1),
        (_, KeyCode::PageUp) => Some(-10),
        (_, KeyCode::PageDown) => Some(10),
        _ => None,
    }
}

fn help(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Help(help)) = &model.overlay else { return Vec::new() };
    match key.code() {
        KeyCode::Esc | KeyCode::F(1) => model.overlay = None,
        KeyCode::Enter => {
            let chosen = help_rows(model, help).get(help.cursor).copied();
            model.overlay = None;
            return chosen.map(|action| run(model, action)).unwrap_or_default();
        }
        _ => edit(model, key),
    }
    Vec::new()
}

/// Moves, or else types.
pub(super) fn edit(model: &mut Model, key: Key) {
    if let Some(by) = steps(key) {
        return step(model, by);
    }
    if line(model).is_some_and(|input| typed(input, key)) {
        changed(model);
    }
}

/// Puts a text at the end of what was typed before, once.
pub(super) fn remember(history: &mut Vec<String>, text: String, most: usize) {
    if text.is_empty() {
        return;
    }
    history.retain(|other| *other != text);
    history.push(text);
    if history.len() > most {
        history.remove(0);
    }
}

/// Takes back what was typed before; further back each time.
pub(super) fn recall(model: &mut Model) {
    let history = match &model.overlay {
        Some(Overlay::Palette(_)) => &model.palette_history,
        Some(Overlay::Filter(_)) => &model.filter_history,
        _ => return,
    };
    let recalled = match &model.overlay {
        Some(Overlay::Palette(palette)) => palette.recalled,
        Some(Overlay::Filter(bar)) => bar.recalled,
        _ => None,
    };
    let back = recalled.map_or(1, |back| back + 1);
    let Some(text) = history.len().checked_sub(back).and_then(|at| history.get(at)) else { return };
    let input = Input::new(text.clone());
    match model.overlay.as_mut() {
        Some(Overlay::Palette(palette)) => {
            (palette.input, palette.recalled) = (input, Some(back));
        }
        Some(Overlay::Filter(bar)) => (bar.input, bar.recalled) = (input, Some(back)),
        _ => {}
    }
    changed(model);
}

fn filter(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Filter(bar)) = &model.overlay else { return Vec::new() };
    match key.code() {
        KeyCode::Esc => {
            model.overlay = None;
            filtered(model, "");
        }
        KeyCode::Enter => {
            let text = bar.input.value().trim().to_owned();
            // A filter that cannot be read stays open: its error says why.
            let error = match model.view {
                View::Tail => &model.tail.filter_error,
                _ => &model.aggregates.filter_error,
            };
            if error.is_none() {
                remember(&mut model.filter_history, text, HISTORY);
                model.overlay = None;
            }
        }
        KeyCode::Up => recall(model),
        KeyCode::Tab => {
            let completed = aggregates::complete(model, bar.input.value());
            if let (Some(text), Some(input)) = (completed, line(model)) {
                *input = Input::new(text);
                changed(model);
            }
        }
        _ => edit(model, key),
    }
    Vec::new()
}

/// A page that explains something: it is read, and closed.
fn explain(model: &mut Model, key: Key) -> Vec<Effect> {
    let (width, height) = (model.size.width, usize::from(model.size.height.saturating_sub(4)));
    let Some(Overlay::Explain(explain)) = &mut model.overlay else { return Vec::new() };
    let by = match key.code() {
        KeyCode::Char('j') => Some(1),
        KeyCode::Char('k') => Some(-1),
        _ => steps(key),
    };
    let lines = explanation(explain, explanation_cells(width)).len();
    match by {
        Some(by) => {
            let most = lines.saturating_sub(height);
            explain.scroll = explain.scroll.saturating_add_signed(by).min(most);
        }
        None if matches!(key.code(), KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'x')) => {
            model.overlay = None;
        }
        None => {}
    }
    Vec::new()
}

/// Where a cursor is to stand, or that it is to be forgotten.
fn cursor(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code() {
        KeyCode::Esc => model.overlay = None,
        KeyCode::Enter => return tail::over::cursor_entered(model),
        _ => edit(model, key),
    }
    Vec::new()
}

/// Where to go, what to find, or what to call something.
fn one_line(model: &mut Model, key: Key) -> Vec<Effect> {
    type Run = fn(&mut Model, &str) -> Result<Vec<Effect>, String>;
    let (line, run): (_, Run) = match &model.overlay {
        Some(Overlay::Goto(line)) => (line, scrub::goto),
        Some(Overlay::Find(line)) => (line, found),
        Some(Overlay::Name(line)) => (line, select::save_filter),
        _ => return Vec::new(),
    };
    match key.code() {
        KeyCode::Esc => model.overlay = None,
        KeyCode::Enter => {
            let text = line.input.value().trim().to_owned();
            match (run(model, &text), model.overlay.as_mut()) {
                (Ok(effects), _) => {
                    model.overlay = None;
                    return effects;
                }
                (
                    Err(why),
                    Some(Overlay::Goto(line) | Overlay::Find(line) | Overlay::Name(line)),
                ) => {
                    line.error = Some(why);
                }
                (Err(_), _) => {}
            }
        }
        _ => edit(model, key),
    }
    Vec::new()
}

/// Searches a history for what a filter lets through, from where one is towards the start.
fn found(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    if model.view == View::Schema {
        return schema::act::find(model, text);
    }
    let filter = Filter::parse_at(text, model.now);
    filter.map_err(|error| format!("{error}: {}", error.help))?;
    text.clone_into(&mut model.timeline.search);
    Ok(if text.is_empty() { Vec::new() } else { scrub::find(model, true) })
}
