//! What changes when something happens. No input or output: what is to be done outside comes back as effects.

pub(crate) mod aggregates;
pub(crate) mod copy;
pub(crate) mod everywhere;
mod input;
pub(crate) mod motion;
mod overlay;
mod palette;
pub(crate) mod schema;
pub(crate) mod scrub;
pub(crate) mod select;
pub(crate) mod stage;
pub(crate) mod tail;
pub(crate) mod timeline;
mod typing;
pub(crate) mod verify;

use super::chrome::{self, Shape};
use super::model::{Connection, Model, TOAST_TIME, View};
use super::msg::{Effect, Msg, Reply};
use super::theme::Meaning;
use super::worker::{Answer, Slot};
use crate::wire::StatusReport;
use ratatui::crossterm::event::Event;
use ratatui::layout::Rect;

/// Views that can be gone back to.
const BACK: usize = 100;

/// Takes in what happened.
pub(crate) fn update(msg: Msg, model: &mut Model) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Tick(now, elapsed) => {
            tick(model, now, elapsed);
            Vec::new()
        }
        Msg::Input(Event::Resize(width, height)) => {
            model.size = Rect::new(0, 0, width, height);
            model.dirty = true;
            Vec::new()
        }
        Msg::Input(event) => {
            model.dirty = true;
            input::input(model, event)
        }
        Msg::Reply(reply) => {
            reply_came(model, reply);
            Vec::new()
        }
        Msg::Status(status) => {
            status_came(model, *status);
            Vec::new()
        }
        Msg::Reopened(error) => {
            model.say(Meaning::Danger, format!("the store failed: {error}"));
            model.dirty = true;
            Vec::new()
        }
        Msg::Unserved(error) => {
            model
                .say(Meaning::Warn, format!("commands elsewhere wait for this dashboard: {error}"));
            model.dirty = true;
            Vec::new()
        }
        Msg::Connection(connection) => {
            connected(model, connection);
            Vec::new()
        }
        Msg::Schema(seen) => {
            model.dirty = true;
            schema::seen(model, *seen);
            Vec::new()
        }
        Msg::Copied(result) => {
            match result {
                Ok(how) => model.say(Meaning::Ok, how),
                Err(why) => model.say(Meaning::Danger, why),
            }
            model.dirty = true;
            Vec::new()
        }
        Msg::Composed(said) => {
            model.dirty = true;
            stage::compose::composed(model, said);
            Vec::new()
        }
        Msg::Terminate => {
            model.quit = true;
            Vec::new()
        }
    };
    effects.extend(model.copy.take().map(Effect::Copy));
    model.asks.begin();
    stage::carry_on(model, &mut effects);
    palette::settle(model, &mut effects);
    settle(model, &mut effects);
    model.asks.end();
    super::views::stage::keep(model);
    effects
}

/// Asks for what the view wants to show and does not have.
fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    if chrome::shape(model.size) == Shape::TooSmall {
        return;
    }
    if model.view != View::Aggregates {
        aggregates::away(model, effects);
    }
    if model.view != View::Tail {
        tail::away(model, effects);
    }
    if model.view != View::Schema {
        schema::away(model, effects);
    }
    match model.view {
        View::Aggregates => aggregates::settle(model, effects),
        View::Timeline => timeline::settle(model, effects),
        View::Verify => verify::settle(model, effects),
        View::Stage => stage::settle(model, effects),
        View::Schema => schema::settle(model, effects),
        View::Tail => tail::settle(model, effects),
    }
}

fn tick(model: &mut Model, now: crate::domain::Timestamp, elapsed: std::time::Duration) {
    // What is shown by the clock changes once a second; what turns or waits, more often.
    let second = now.as_micros() / 1_000_000 != model.now.as_micros() / 1_000_000;
    let lively = model.asks.waiting() || model.pending.is_some();
    (model.now, model.elapsed) = (now, elapsed);
    let before = model.toasts.len();
    model.toasts.retain(|toast| elapsed.saturating_sub(toast.since) < TOAST_TIME);
    model.dirty |= second || lively || model.toasts.len() != before;
}

fn reply_came(model: &mut Model, reply: Reply) {
    if !model.asks.accept(reply.slot, reply.generation, reply.last, model.elapsed) {
        return;
    }
    model.dirty = true;
    match reply.result {
        Ok(Answer::Aggregates(answer)) => aggregates::answer(model, answer),
        Ok(Answer::Timeline(answer)) => timeline::answer(model, answer),
        // What is on the screen stays there; that it is not what there is now is said beside it.
        Err(error) if reply.slot == Slot::Events => {
            if model.timeline.events.is_loaded() {
                model.say(Meaning::Danger, error.to_string());
            }
            model.error = Some(error);
        }
        Ok(Answer::Verify(answer)) => verify::answer(model, answer),
        Ok(Answer::Stage(answer)) => stage::answer(model, answer),
        Ok(Answer::Schema(answer)) => schema::answer(model, answer),
        Err(error) if reply.slot == Slot::InForce => schema::failed(model, error),
        Err(error) if reply.slot == Slot::Named => palette::failed(model, &error),
        Err(error) if reply.slot == Slot::Way => verify::unproven(model, error),
        Ok(Answer::Tail(answer)) => tail::answer(model, answer),
        Err(error) if tail::asks_in(reply.slot) => tail::failed(model, reply.slot, error),
        Err(error) if reply.slot == Slot::Page => {
            let view = &model.aggregates;
            if view.list.is_loaded() && view.shown == view.revision {
                model.say(Meaning::Danger, error.to_string());
            }
            model.error = Some(error);
        }
        Err(error) => {
            if let Some(error) = stage::failed(model, reply.slot, error) {
                model.say(Meaning::Danger, error.to_string());
            }
        }
    }
}

fn status_came(model: &mut Model, status: StatusReport) {
    tail::grew(model, &status);
    // The first one is no change: what was read before it is what there is.
    if model.status.is_some() {
        model.epoch += 1;
    }
    let before = model.status.as_ref().and_then(|status| status.read_only.as_ref());
    if let Some(reason) = status.read_only.as_ref().filter(|reason| before != Some(*reason)) {
        let text = format!("read only: {reason}");
        model.say(Meaning::Danger, text);
    }
    model.status = Some(status);
    model.dirty = true;
}

fn connected(model: &mut Model, connection: Connection) {
    let back = matches!(model.connection, Connection::Offline(..));
    if back && !matches!(connection, Connection::Offline(..)) {
        reload(model);
    }
    if std::mem::discriminant(&model.connection) != std::mem::discriminant(&connection)
        || !matches!(connection, Connection::Offline(..)) && model.connection != connection
    {
        tail::other_owner(model);
    }
    // An owner that ends is followed by another one within a moment: that is worth no word.
    if let Connection::Offline(error, 2) = &connection
        && model.aggregates.list.is_loaded()
    {
        model.say(Meaning::Danger, error.to_string());
    }
    model.connection = connection;
    model.dirty = true;
}

/// Reads everything again.
pub(crate) fn reload(model: &mut Model) {
    model.epoch += 1;
    model.error = None;
    model.asks.forget_all();
}

/// Opens a view; the one before can be gone back to.
pub(crate) fn open(model: &mut Model, view: View) {
    if model.view == view {
        return;
    }
    model.back.push(model.view);
    // One does not go back further than one remembers.
    if model.back.len() > BACK {
        model.back.remove(0);
    }
    model.forward.clear();
    model.view = view;
    model.error = None;
}

/// Runs an action, or says why it cannot be done now.
pub(crate) fn run(model: &mut Model, action: &'static super::action::Action) -> Vec<Effect> {
    if let Some(reason) = (action.disabled)(model) {
        model.say(Meaning::Warn, format!("{}: {reason}", action.title));
        return Vec::new();
    }
    (action.run)(model)
}

/// Whether keys are typed into a line.
pub(crate) fn is_typing(model: &Model) -> bool {
    // What has no line takes its keys all the same.
    model.overlay.is_some()
}
