//! What of the log and its consumers is copied, and the commands of a shell that show the same.

use super::act::cursor_command;
use crate::tui::model::{Looked, Model, TailPane};
use crate::tui::msg::Effect;

/// The event that is looked at, once it is read.
fn looked(model: &Model) -> Option<&Looked> {
    let (looked, selected) = (model.tail.looked.as_ref()?, model.tail.selected()?);
    Some(looked).filter(|looked| looked.event.position == selected.position.to_string())
}

fn on_cursor(model: &Model) -> bool {
    model.tail.focus == TailPane::Outbox
}

/// Why there is nothing to copy.
pub(crate) fn nothing(model: &Model) -> Option<String> {
    if on_cursor(model) {
        return super::act::no_cursor(model);
    }
    looked(model).is_none().then(|| "no event is read yet".to_owned())
}

/// The contents of the event, or the place of the cursor.
pub(crate) fn value(model: &mut Model) -> Vec<Effect> {
    let text = if on_cursor(model) {
        model.tail.selected_cursor().map(|cursor| cursor.position.clone())
    } else {
        looked(model).and_then(|looked| {
            let contents = looked.event.payload.as_ref().or(looked.event.patch.as_ref());
            contents.map(crate::domain::Json::to_pretty)
        })
    };
    text.map(Effect::Copy).into_iter().collect()
}

/// The name of the event's aggregate with its version, or that of the cursor.
pub(crate) fn name(model: &mut Model) -> Vec<Effect> {
    let text = if on_cursor(model) {
        model.tail.selected_cursor().map(|cursor| cursor.name.clone())
    } else {
        model.tail.selected().map(|event| format!("{}@{}", event.name, event.version))
    };
    text.map(Effect::Copy).into_iter().collect()
}

/// The record, as the command line and HTTP give it.
pub(crate) fn json(model: &mut Model) -> Vec<Effect> {
    // The shapes of the wire are plain data: writing them cannot fail.
    let text = if on_cursor(model) {
        model.tail.selected_cursor().and_then(|cursor| serde_json::to_string(cursor).ok())
    } else {
        looked(model).and_then(|looked| serde_json::to_string(&looked.event).ok())
    };
    text.map(Effect::Copy).into_iter().collect()
}

/// The command that shows the event, or the cursor.
pub(crate) fn command(model: &Model) -> Option<String> {
    if on_cursor(model) {
        return cursor_command(model, "");
    }
    let position = model.tail.selected()?.position;
    // A `#` begins a comment where it is not quoted.
    Some(format!("dbx events show '#{position}'"))
}

pub(crate) fn copy_command(model: &mut Model) -> Vec<Effect> {
    command(model).map(Effect::Copy).into_iter().collect()
}
