//! An event on its way through the editor: out as a text, back as an operation, and out again where it was refused.

use super::change::make;
use super::{short, want};
use crate::error::Error;
use crate::tui::action::Key;
use crate::tui::draft::{self, Seen, Target, Written};
use crate::tui::model::{Composing, Form, Model, Overlay, Refused};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::words::bytes;
use crate::tui::worker::{Slot, StageAsk as Ask, StageChange as Change};
use crate::wire::StageEdit;
use crate::workspace::config::PAYLOAD_LIMIT_MAX;
use ratatui::crossterm::event::KeyCode;

/// The ending of an event's file: JSON with comments, which editors know.
const ENDING: &str = ".jsonc";

/// The longest text that is read: what an event can have, with room for white space and comments. Reading more would hold
/// up keys for seconds, to refuse it all the same.
const TEXT_MAX: usize = 8 << 20;

/// Begins a text: with what was kept of the last try, or else with what there is.
pub(super) fn begin(model: &mut Model, target: Target) -> Vec<Effect> {
    model.asks.forget(Slot::Seen);
    if let Some(text) = model.stage.draft(&target).map(str::to_owned) {
        model.say(Meaning::Text, "this is what was kept of the last try");
        open(model, target, text);
        return Vec::new();
    }
    if model.stage.is_busy() {
        model.say(Meaning::Text, "the editor opens when the change before it is made");
    }
    model.stage.begun = Some(target);
    Vec::new()
}

/// Asks for what there is to write an event on, once every change before it is made.
pub(super) fn look(model: &mut Model) -> Option<Effect> {
    if model.stage.is_busy() {
        return None;
    }
    let target = model.stage.begun.take()?;
    want(model, Slot::Seen, Ask::Seen(target))
}

fn open(model: &mut Model, target: Target, text: String) {
    model.stage.composing = Some(Composing::Event(target));
    model.stage.compose = Some((text, ENDING));
}

/// Opens the editor on what was asked for.
pub(super) fn seen(model: &mut Model, seen: &Seen) {
    open(model, seen.target.clone(), draft::text(seen));
}

/// Takes in what came of a text in the editor.
pub(in crate::tui::update) fn composed(model: &mut Model, said: Result<Option<String>, String>) {
    let Some(composing) = model.stage.composing.take() else { return };
    match (composing, said) {
        (_, Err(why)) => model.say(Meaning::Danger, why),
        (Composing::Message, Ok(None)) => {}
        (Composing::Message, Ok(Some(text))) => {
            let message = draft::message_of(&text);
            model.overlay = Some(Overlay::Commit(Form::with(&message)));
        }
        (Composing::Event(Target::New { .. }), Ok(None)) => {
            model.say(Meaning::Text, "it was not saved: nothing was staged");
        }
        (Composing::Event(Target::Staged(id)), Ok(None)) => {
            model.say(Meaning::Text, format!("it was not saved: {id} is as it was"));
        }
        (Composing::Event(target), Ok(Some(text))) => event(model, target, draft::stripped(&text)),
    }
}

/// Stages what a text says, or says what is wrong with it.
fn event(model: &mut Model, target: Target, text: String) {
    if text.len() > TEXT_MAX {
        let (has, may) = (bytes(text.len() as u64), bytes(PAYLOAD_LIMIT_MAX));
        let message = format!("the text has {has}, and no event has more than {may}");
        return refuse(model, Refused { target, text, message, faults: Vec::new(), help: None });
    }
    match draft::read(&text) {
        Ok(None) => model.say(Meaning::Text, "the text says nothing: nothing was staged"),
        Ok(Some(Written { operation, .. })) => {
            let change = match &target {
                Target::New { .. } => Change::Add { target, text, operation: Box::new(operation) },
                Target::Staged(id) => {
                    let edit = StageEdit { id: id.clone(), operation };
                    Change::Edit { target, text, edit: Box::new(edit) }
                }
            };
            make(model, change);
        }
        Err(faults) => {
            let faults = draft::pointed(&text, &faults);
            let message = "this is no event".to_owned();
            refuse(model, Refused { target, text, message, faults, help: None });
        }
    }
}

/// Takes in that a change was refused. What was written is kept.
pub(super) fn refused(model: &mut Model, error: &Error) {
    let made = model.stage.making.take();
    // What was to be written next was to be seen with this change in it.
    model.stage.begun = None;
    let Some(Change::Add { target, text, .. } | Change::Edit { target, text, .. }) = made else {
        model.say(Meaning::Danger, error.to_string());
        // What was to be changed may not be what there is any more.
        model.stage.turn += 1;
        return;
    };
    let written = draft::read(&text).ok().flatten();
    let faults = written.map(|written| written.faults(error)).unwrap_or_default();
    let faults = draft::pointed(&text, &faults);
    let (message, help) = (error.message().to_owned(), error.help_text().map(str::to_owned));
    refuse(model, Refused { target, text, message, faults, help });
}

/// Shows why a text was not staged, unless something else is being typed: then it is only said.
fn refuse(model: &mut Model, refused: Refused) {
    model.stage.keep(refused.target.clone(), refused.text.clone());
    if model.overlay.is_none() {
        model.overlay = Some(Overlay::Refused(Box::new(refused)));
        return;
    }
    let what = match &refused.target {
        Target::New { name, event, .. } => format!("{event} on {}", short(name)),
        Target::Staged(id) => id.clone(),
    };
    let text = format!("{what} was not staged, and its text is kept: {}", refused.message);
    model.say(Meaning::Danger, text);
}

/// A key while it is shown why a text was not staged.
pub(in crate::tui::update) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Refused(refused)) = &model.overlay else { return Vec::new() };
    match key.code() {
        KeyCode::Enter | KeyCode::Char('e') => {
            let refused = refused.clone();
            let whole = match &refused.help {
                Some(help) => format!("{}\n{help}", refused.message),
                None => refused.message.clone(),
            };
            let text = draft::annotated(&refused.text, &whole, &refused.faults);
            model.overlay = None;
            open(model, refused.target, text);
        }
        KeyCode::Char('D') => {
            let target = refused.target.clone();
            model.overlay = None;
            model.stage.forget(&target);
            model.say(Meaning::Text, "the text is thrown away");
        }
        KeyCode::Esc | KeyCode::Char('q') => {
            model.overlay = None;
            model.say(Meaning::Text, "the text is kept: the same key brings it back");
        }
        _ => {}
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Name;
    use crate::tui::msg::Msg;
    use crate::tui::testing::{Stage, shop};

    fn composed(text: &str) -> Stage {
        let mut stage = shop::open(80, 24);
        let name = Name { aggregate_type: "order".into(), id: "order-42".into() };
        let target = Target::New { name, event: "order_paid".into(), version: None };
        stage.model.stage.composing = Some(Composing::Event(target));
        stage.send(Msg::Composed(Ok(Some(text.to_owned()))));
        stage
    }

    #[test]
    fn a_text_that_is_too_long_for_any_event_is_not_read() {
        let stage = composed(&"[".repeat(TEXT_MAX + 1));
        let Some(Overlay::Refused(refused)) = &stage.model.overlay else { panic!() };
        assert_eq!(refused.message, "the text has 8.0 MiB, and no event has more than 1.0 MiB");
    }

    #[test]
    fn a_text_that_was_refused_is_left_in_a_file_at_the_end() {
        let mut stage = composed("{ \"a\" }");
        stage.press("esc q");
        assert!(!stage.model.quit, "{}", stage.screen());
        assert!(stage.screen().contains("q again leaves, and writes"), "{}", stage.screen());
        stage.press("q");
        assert!(stage.model.quit);
        let left = stage.model.stage.left_texts();
        assert_eq!(left, [("order-42-order_paid".to_owned(), "{ \"a\" }".to_owned())]);
    }
}
