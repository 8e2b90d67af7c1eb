//! Putting the schema into force: what it changes is shown first, and what breaks something is agreed to in words.

use super::super::typing::typed;
use super::act;
use crate::tui::action::Key;
use crate::tui::model::{Apply, Line, Model, Overlay};
use crate::tui::msg::Effect;
use crate::tui::worker::{SchemaAsk as Ask, Slot};
use ratatui::crossterm::event::KeyCode;

/// What is typed to agree to what breaks: the option of the command line that does.
pub(crate) const AGREED: &str = "allow-breaking";

/// Why nothing can be applied.
pub(crate) fn cannot(model: &Model) -> Option<String> {
    if let Some(reason) = act::no_text(model) {
        return Some(reason);
    }
    let view = &model.schema;
    let errors = view.checked().map_or(0, |checked| checked.errors);
    if errors > 0 {
        let errors = u64::try_from(errors).unwrap_or(u64::MAX);
        return Some(crate::tui::words::quantity(errors, "error", "errors"));
    }
    if let Some(reason) = model.cannot_write() {
        return Some(reason);
    }
    let Some(compared) = view.current() else {
        return Some("it is not compared with what is in force yet".to_owned());
    };
    if compared.is_applied() {
        return Some(format!("it is schema {}, which is in force", compared.version()));
    }
    model.asks.running(Slot::ApplySchema).map(|_| "it is being applied".to_owned())
}

pub(crate) fn ask(model: &mut Model) -> Vec<Effect> {
    let Some(compared) = model.schema.current() else { return Vec::new() };
    let (over, breaks, text) = (compared.version(), compared.breaks(), compared.text.clone());
    let apply = Apply { line: Line::default(), over, breaks, text, scroll: 0 };
    model.overlay = Some(Overlay::Apply(apply));
    Vec::new()
}

/// Keys while it is asked.
pub(in crate::tui::update) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Apply(apply)) = &mut model.overlay else { return Vec::new() };
    let agrees = matches!(
        (key.ctrl(), key.code()),
        (_, KeyCode::Enter | KeyCode::F(5)) | (true, KeyCode::Char('s'))
    );
    match key.code() {
        KeyCode::Esc => model.overlay = None,
        KeyCode::Up | KeyCode::PageUp => apply.scroll = apply.scroll.saturating_sub(1),
        KeyCode::Down | KeyCode::PageDown => {
            let rows = model.schema.compared.as_ref().map_or(0, |compared| compared.rows.len());
            apply.scroll = (apply.scroll + 1).min(rows.saturating_sub(1));
        }
        _ if agrees => return agreed(model),
        KeyCode::Char('q') if !apply.breaks => model.overlay = None,
        _ if apply.breaks && typed(&mut apply.line.input, key) => apply.line.error = None,
        _ => {}
    }
    Vec::new()
}

fn agreed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Apply(apply)) = &mut model.overlay else { return Vec::new() };
    if apply.breaks && apply.line.input.value().trim() != AGREED {
        apply.line.error = Some(format!("type `{AGREED}` to agree"));
        return Vec::new();
    }
    let (over, breaks, text) = (apply.over, apply.breaks, apply.text.clone());
    model.overlay = None;
    act::ask(model, Slot::ApplySchema, Ask::Apply { over, breaks, text })
}
