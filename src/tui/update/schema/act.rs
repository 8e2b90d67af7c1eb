//! What is done to the schema, beside applying it.

use super::{show_against, to_diagnostic};
use crate::tui::model::{Content, Explain, Line, Model, Overlay, SchemaPart, Written, find_in};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::worker::{Ask as AnyAsk, SchemaAsk as Ask, Slot};
use std::path::PathBuf;
use std::time::Duration;

/// Cells that a long line is moved by.
const SIDE: usize = 8;

/// How far a line can be moved: nobody reads a line that is longer.
const SIDE_MAX: usize = 4_000;

fn path(model: &Model) -> Option<PathBuf> {
    model.schema.seen.as_ref().map(|seen| seen.path.clone())
}

pub(super) fn ask(model: &mut Model, slot: Slot, ask: Ask) -> Vec<Effect> {
    model.asks.forget(slot);
    let elapsed = model.elapsed;
    model.asks.want(slot, AnyAsk::Schema(ask), Duration::ZERO, elapsed).into_iter().collect()
}

/// Whether the file is being written: what comes next is done to what it is then.
fn is_writing(model: &Model) -> bool {
    model.asks.running(Slot::WriteSchema).is_some()
}

/// Writes the file, unless that is being done.
fn write(model: &mut Model, ask_for: Ask) -> Vec<Effect> {
    if is_writing(model) {
        return Vec::new();
    }
    ask(model, Slot::WriteSchema, ask_for)
}

/// Why there is no text to do something with.
pub(crate) fn no_text(model: &Model) -> Option<String> {
    match model.schema.seen.as_ref().map(|seen| &seen.content) {
        None => Some("the file was not looked at yet".to_owned()),
        Some(Content::Missing) => Some("there is no schema.dbx".to_owned()),
        Some(Content::Unreadable(why)) => Some(format!("the file cannot be read: {why}")),
        Some(Content::Text(_)) => None,
    }
}

pub(crate) fn no_diagnostic(model: &Model) -> Option<String> {
    no_text(model).or_else(|| {
        let none = model.schema.checked().is_none_or(|checked| checked.diagnostics.is_empty());
        none.then(|| "nothing is wrong".to_owned())
    })
}

/// Goes to the next diagnostic from where one is, or to the one before; round the ends.
pub(crate) fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let view = &model.schema;
    let Some(checked) = view.checked() else { return Vec::new() };
    let all = checked.diagnostics.len();
    let on = checked.line_of(view.diagnostic) == view.line || view.focus == SchemaPart::Diagnostics;
    let next = if on && view.against.is_none() {
        (view.diagnostic + all).saturating_add_signed(by) % all.max(1)
    } else if by > 0 {
        (0..all).find(|at| checked.line_of(*at) >= view.line).unwrap_or(0)
    } else {
        let before = (0..all).rev().find(|at| checked.line_of(*at) <= view.line);
        before.unwrap_or(all.saturating_sub(1))
    };
    if all > 0 {
        to_diagnostic(model, next);
    }
    Vec::new()
}

pub(crate) fn no_explanation(model: &Model) -> Option<String> {
    no_diagnostic(model)
        .or_else(|| model.schema.meant().is_none().then(|| "no diagnostic is selected".to_owned()))
}

pub(crate) fn explain(model: &mut Model) -> Vec<Effect> {
    let view = &model.schema;
    let code = view.meant().and_then(|at| Some(view.checked()?.diagnostics.get(at)?.code));
    if let Some(code) = code {
        let (what, text) = (code.as_str().to_owned(), code.explain().into());
        model.overlay = Some(Overlay::Explain(Explain { what, text, scroll: 0 }));
    }
    Vec::new()
}

pub(crate) fn no_fix(model: &Model) -> Option<String> {
    no_diagnostic(model).or_else(|| {
        let view = &model.schema;
        let found = view.meant().and_then(|at| view.checked()?.diagnostics.get(at));
        let none = found.is_none_or(|found| found.fix.is_none());
        none.then(|| "this diagnostic has no fix that is certain".to_owned())
    })
}

/// Makes the change that does away with the diagnostic.
pub(crate) fn fix(model: &mut Model) -> Vec<Effect> {
    let view = &model.schema;
    let found = || {
        let (at, checked) = (view.meant()?, view.checked()?);
        let fix = checked.diagnostics.get(at)?.fix.as_ref()?;
        let after = fix.apply(&checked.text)?;
        let written =
            Written { before: checked.text.clone(), after: after.into(), what: fix.title.clone() };
        Some((at, written))
    };
    let (Some((at, written)), Some(path)) = (found(), path(model)) else { return Vec::new() };
    to_diagnostic(model, at);
    write(model, Ask::Write { path, undo: None, written })
}

pub(crate) fn format(model: &mut Model) -> Vec<Effect> {
    let text = model.schema.checked().map(|checked| checked.text.clone());
    let (Some(text), Some(path)) = (text, path(model)) else { return Vec::new() };
    write(model, Ask::Format { path, text })
}

/// Takes the last write back.
pub(crate) fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(last) = model.schema.written.last() else { return Vec::new() };
    let written =
        Written { before: last.after.clone(), after: last.before.clone(), what: last.what.clone() };
    let Some(path) = path(model) else { return Vec::new() };
    write(model, Ask::Write { path, undo: Some(true), written })
}

/// Writes again what was taken back last.
pub(crate) fn redo(model: &mut Model) -> Vec<Effect> {
    let (Some(written), Some(path)) = (model.schema.undone.last().cloned(), path(model)) else {
        return Vec::new();
    };
    write(model, Ask::Write { path, undo: Some(false), written })
}

/// Opens the file at the line of the cursor; where there is none yet, that makes it.
pub(crate) fn edit(model: &mut Model) -> Vec<Effect> {
    let line = match model.schema.shown_difference() {
        Some(difference) => difference.lines.get(model.schema.line).map_or(1, |line| line.number),
        None => model.schema.line + 1,
    };
    path(model).map(|path| Effect::Open(path, line)).into_iter().collect()
}

pub(crate) fn no_difference(model: &Model) -> Option<String> {
    no_text(model).or_else(|| {
        let none = model.schema.compared.as_ref().is_none_or(|it| it.history.is_empty());
        none.then(|| "no schema was applied yet".to_owned())
    })
}

/// Shows what differs from the schema in force, or the file again.
pub(crate) fn difference(model: &mut Model) -> Vec<Effect> {
    if model.schema.against.is_some() {
        to_file(model);
    } else if let Some(compared) = &model.schema.compared {
        let version = compared.version();
        show_against(model, version);
    }
    Vec::new()
}

/// Shows the file again, at the line that was looked at.
pub(in crate::tui::update) fn to_file(model: &mut Model) {
    let view = &mut model.schema;
    let line = view.shown_difference().and_then(|it| it.lines.get(view.line)).map(|it| it.number);
    view.against = None;
    view.line = line.map_or(0, |line| line - 1).min(view.lines().saturating_sub(1));
    view.top = view.line;
}

/// Goes to the next place where something differs, or to the one before.
pub(crate) fn hunk(model: &mut Model, forward: bool) -> Vec<Effect> {
    use crate::tui::difference::Fate;
    let view = &mut model.schema;
    let Some(difference) = view.shown_difference() else { return Vec::new() };
    let lines = &difference.lines;
    let differs = |at: usize| lines.get(at).is_some_and(|line| line.fate != Fate::Same);
    let begins = |at: &usize| differs(*at) && (*at == 0 || !differs(*at - 1));
    let found = if forward {
        (view.line + 1..lines.len()).find(begins)
    } else {
        (0..view.line).rev().find(begins)
    };
    match found {
        Some(line) => view.line = line,
        None => model.say(Meaning::Warn, "nothing differs beyond this"),
    }
    Vec::new()
}

pub(crate) fn no_hunk(model: &Model) -> Option<String> {
    model.schema.shown_difference().is_none().then(|| "`d` shows what differs".to_owned())
}

pub(crate) fn no_history(model: &Model) -> Option<String> {
    let none = model.schema.compared.as_ref().is_none_or(|it| it.history.is_empty());
    none.then(|| "no schema was applied yet".to_owned())
}

/// Shows the schemas that were applied, or what is concerned again.
pub(crate) fn history(model: &mut Model) -> Vec<Effect> {
    let view = &mut model.schema;
    if view.history && view.focus == SchemaPart::Affected {
        super::leave(model);
    } else {
        (view.history, view.concerned, view.focus) = (true, 0, SchemaPart::Affected);
    }
    Vec::new()
}

/// Moves long lines to the side, as far as a line is long; at the edge, to the left is out.
pub(crate) fn side(model: &mut Model, right: bool) -> Vec<Effect> {
    let view = &mut model.schema;
    match (view.focus, right) {
        (SchemaPart::Source, true) => view.skip = (view.skip + SIDE).min(SIDE_MAX),
        (SchemaPart::Source, false) if view.skip > 0 => view.skip = view.skip.saturating_sub(SIDE),
        (_, true) => return super::enter(model),
        (_, false) => {
            super::leave(model);
        }
    }
    Vec::new()
}

pub(crate) fn ask_what(model: &mut Model) -> Vec<Effect> {
    let input = tui_input::Input::new(model.schema.search.clone());
    model.overlay = Some(Overlay::Find(Line { input, error: None }));
    Vec::new()
}

/// Goes to the next line with a text, from the one behind the cursor on and round the end.
pub(in crate::tui::update) fn find(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    text.clone_into(&mut model.schema.search);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let view = &model.schema;
    let (all, from) = (view.lines(), view.line + 1);
    let line = |at: usize| match (view.shown_difference(), view.checked()) {
        (Some(difference), _) => difference.lines.get(at).map_or("", |line| line.text.as_str()),
        (None, Some(checked)) => checked.line(at),
        (None, None) => "",
    };
    let found = (from..all).chain(0..from.min(all)).find(|at| find_in(line(*at), text).is_some());
    let Some(found) = found else { return Err(format!("`{text}` is nowhere in it")) };
    let wrapped = found < from;
    let view = &mut model.schema;
    (view.line, view.focus, view.skip) = (found, SchemaPart::Source, 0);
    if wrapped {
        model.say(Meaning::Text, "found from the beginning on");
    }
    Ok(Vec::new())
}
