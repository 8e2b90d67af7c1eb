//! Keys, the mouse, pastes.

use super::{motion, overlay, run, scrub, stage};
use crate::tui::action::{self, Found, Key};
use crate::tui::canvas::Hit;
use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, Overlay, Pending, View};
use crate::tui::msg::Effect;
use ratatui::crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// How many rows one step of the wheel is.
const WHEEL: isize = 3;

pub(super) fn input(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(event) => match Key::of(event) {
            Some(key) => pressed(model, key),
            None => Vec::new(),
        },
        Event::Mouse(event) if model.mouse => mouse(model, event),
        // What is pasted is text and never keys: it may have been meant for another terminal.
        Event::Paste(text) => {
            if super::is_typing(model) {
                overlay::paste(model, &text);
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    let quits = || Key::parse("ctrl-c") == Some(key);
    if quits() {
        model.quit = stage::commit::leaves(model);
        return Vec::new();
    }
    if chrome::shape(model.size) == Shape::TooSmall {
        model.quit = key.letter() == Some('q');
        return Vec::new();
    }
    if model.overlay.is_some() {
        return overlay::key(model, key);
    }
    let mut keys = model.pending.take().map(|pending| pending.keys).unwrap_or_default();
    keys.push(key);
    match model.keymap.find(model.view, &keys) {
        Found::Action(action) => run(model, action),
        Found::Prefix => {
            model.pending = Some(Pending { keys, since: model.elapsed });
            Vec::new()
        }
        Found::Nothing => Vec::new(),
    }
}

fn mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let place = Position { x: event.column, y: event.row };
    let mut below = model.hits.iter().rev().filter(|(area, _)| area.contains(place));
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let hit = below.next().map(|(_, hit)| *hit);
            if model.overlay.is_some() {
                return Vec::new();
            }
            hit.map(|hit| clicked(model, hit)).unwrap_or_default()
        }
        MouseEventKind::Drag(MouseButton::Left) if model.overlay.is_none() => {
            if let Some((_, Hit::Track(column, width))) = below.next() {
                let (column, width) = (*column, *width);
                scrub::column(model, column, width);
            }
            Vec::new()
        }
        MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
            let rows = if event.kind == MouseEventKind::ScrollDown { WHEEL } else { -WHEEL };
            let pane = below.find_map(|(_, hit)| match hit {
                Hit::Pane(pane) => Some(*pane),
                _ => None,
            });
            match (&model.overlay, pane) {
                (None, Some(pane)) => motion::wheel(model, pane, rows),
                (
                    Some(
                        Overlay::Help(_)
                        | Overlay::Palette(_)
                        | Overlay::Pick(_)
                        | Overlay::Sheet(_),
                    ),
                    _,
                ) => {
                    overlay::step(model, rows.signum());
                }
                _ => {}
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn clicked(model: &mut Model, hit: Hit) -> Vec<Effect> {
    match hit {
        Hit::Tab(number) => {
            let view = View::ALL.into_iter().find(|view| view.number() == number);
            let opener = view.map(|view| format!("view-{}", view.title().to_lowercase()));
            let action = opener.and_then(|name| action::named(&name));
            return action.map(|action| run(model, action)).unwrap_or_default();
        }
        Hit::Action(name) => {
            return action::named(name).map(|action| run(model, action)).unwrap_or_default();
        }
        Hit::Row(pane, row) => return motion::click(model, pane, row),
        Hit::Pane(pane) => motion::focus(model, pane),
        Hit::Track(column, width) => scrub::column(model, column, width),
    }
    Vec::new()
}
