//! What happens in the view of the log as it grows.

pub(crate) mod act;
pub(crate) mod copy;
mod motion;
pub(crate) mod over;
#[cfg(test)]
mod tests;

pub(super) use motion::{click, enter, focus, go, leave, pane};

use crate::domain::Filter;
use crate::error::Error;
use crate::tui::model::{Connection, Lines, Model, Overlay, RING, Row, SheetOf, View};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::views::tail::layout;
use crate::tui::words::thousands;
use crate::tui::worker::{
    Ask as AnyAsk, Slot, TailAnswer as Answer, TailAsk as Ask, TailPage as Page,
};
use crate::wire::StatusReport;
use std::time::Duration;

/// How long an event is selected before it is read: who holds `j` looks at none on the way.
const DEBOUNCE: Duration = Duration::from_millis(40);

/// How long one types a filter before the log is searched.
const TYPING: Duration = Duration::from_millis(120);

/// How many positions are looked at for the events of a filter before those in between are passed over: as many as one
/// page of the service looks at.
const LOOKED_AT: u64 = 65_536;

/// How many positions are searched back for events that fill the screen, until one asks for more.
const SEARCHED: u64 = 1_000_000;

/// Seconds between two looks at how far consumers are: each is a line in the log of a daemon.
const CURSORS: u64 = 2;

/// The slots that ask about the log.
const LOG: [Slot; 4] = [Slot::Older, Slot::Newer, Slot::Words, Slot::Look];

/// Whether the view asks in a slot.
pub(super) fn asks_in(slot: Slot) -> bool {
    LOG.contains(&slot) || matches!(slot, Slot::Cursors | Slot::Served | Slot::Sheet | Slot::Cursor)
}

/// Counts what the log grew by; one that became shorter is another one.
pub(super) fn grew(model: &mut Model, status: &StatusReport) {
    let (Some(before), Some(events)) = (&model.status, model.events()) else { return };
    let now = status.position.parse::<u64>().unwrap_or(events);
    if before.store != status.store || now < events {
        model.tail.forget();
    } else if now > events {
        model.tail.rates.came(now - events, model.elapsed);
    }
}

/// Stops to read where another view is looked at, and remembers what was seen.
pub(super) fn away(model: &mut Model, effects: &mut Vec<Effect>) {
    let view = &mut model.tail;
    if !std::mem::take(&mut view.open) {
        return;
    }
    if let Some(read_to) = view.read_to.filter(|_| view.paused.is_none()) {
        view.here = Some((read_to, model.now));
    }
    for slot in LOG {
        if model.asks.running(slot).is_some() {
            effects.push(Effect::Cancel(slot));
        }
        model.asks.forget(slot);
    }
}

/// Asks for what is to be seen and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    model.tail.open = true;
    let (layout, elapsed) = (layout(model), model.elapsed);
    let height = layout.rows();
    let mut wanted: Vec<(Slot, Ask, Duration)> = Vec::new();
    log(model, height, &mut wanted);
    model.tail.settle(height.max(1));
    if layout.has_changes() {
        words(model, height, &mut wanted);
    }
    look(model, &mut wanted);
    let beat = elapsed.as_secs();
    if layout.outbox.is_some() {
        wanted.push((Slot::Cursors, Ask::Cursors { beat: beat / CURSORS }, Duration::ZERO));
    }
    // Nobody but another process changes what it says.
    let serves = matches!(model.connection, Connection::Daemon(..) | Connection::Dashboard(_));
    let asked = if serves { beat + 1 } else { 0 };
    wanted.push((Slot::Served, Ask::Served { beat: asked }, Duration::ZERO));
    if let Some(Overlay::Sheet(sheet)) = &model.overlay {
        let ask = Ask::Sheet { of: sheet.of.clone(), beat };
        wanted.push((Slot::Sheet, ask, Duration::ZERO));
    }
    for (slot, ask, delay) in wanted {
        // What comes faster than it is read must not stop itself: one question after the other.
        if slot == Slot::Older || model.asks.running(slot).is_none() {
            effects.extend(model.asks.want(slot, AnyAsk::Tail(ask), delay, elapsed));
        }
    }
}

fn log(model: &mut Model, height: usize, wanted: &mut Vec<(Slot, Ask, Duration)>) {
    let Some(end) = model.events().filter(|_| model.error.is_none()) else { return };
    let view = &mut model.tail;
    let scope = view.scope.clone();
    let revision = view.revision;
    if !view.is_loaded() {
        let begun = *view.begun.get_or_insert(end);
        let typing = matches!(model.overlay, Some(Overlay::Filter(_)));
        let delay = if typing { TYPING } else { Duration::ZERO };
        let before = begun.saturating_add(1);
        wanted.push((Slot::Older, Ask::Older { scope, before, revision }, delay));
        return;
    }
    pass_over(model, end);
    let view = &model.tail;
    if let Some(after) = view.read_to.filter(|read_to| *read_to < end) {
        let ask = Ask::Newer { scope: scope.clone(), after, end, revision };
        wanted.push((Slot::Newer, ask, Duration::ZERO));
    }
    // One screen more than is looked at, so that it is there when one goes on.
    let few = view.rows() < view.top() + 2 * height.max(1);
    let low = view.ring.low().filter(|low| *low > view.back_to && few && !view.ring.is_full());
    if let Some(before) = low {
        wanted.push((Slot::Older, Ask::Older { scope, before, revision }, Duration::ZERO));
    }
}

/// Goes on nearer to the end of the log where that is too far away to be read up to.
fn pass_over(model: &mut Model, end: u64) {
    let view = &mut model.tail;
    let Some(read_to) = view.read_to else { return };
    let ring = u64::try_from(RING).unwrap_or(u64::MAX);
    // How far it may be, and how far from the end it goes on. What one aggregate or a filter lets through may be little
    // of what lies in between: that is passed over only when it turns out to be much.
    let (far, back) = match (&view.scope.follow, view.scope.is_narrow()) {
        _ if view.caught >= RING => (ring, 0),
        (Some(_), _) => (u64::MAX, 0),
        (None, true) => (LOOKED_AT, LOOKED_AT),
        (None, false) => (ring, ring / 2),
    };
    let to = end.saturating_sub(back);
    if to > read_to && end - read_to > far {
        view.ring.skip(read_to + 1, to);
        view.read_to = Some(to);
        view.caught = 0;
    }
}

fn words(model: &Model, height: usize, wanted: &mut Vec<(Slot, Ask, Duration)>) {
    let view = &model.tail;
    let missing: Vec<_> = view
        .screen(height)
        .into_iter()
        .filter_map(|row| match row {
            // What was destroyed cannot be held against what was before it.
            Row::Event(_, event) if !event.erased && view.words(event.position).is_none() => {
                Some((event.name.clone(), event.version, event.position))
            }
            _ => None,
        })
        .collect();
    if !missing.is_empty() {
        wanted.push((Slot::Words, Ask::Words(missing), Duration::ZERO));
    }
}

fn look(model: &Model, wanted: &mut Vec<(Slot, Ask, Duration)>) {
    let view = &model.tail;
    let Some(event) = view.selected() else { return };
    let position = event.position;
    if view.looked.as_ref().is_some_and(|looked| looked.event.position == position.to_string()) {
        return;
    }
    // The newest one is never stood on for long where many come.
    let delay = if view.at.is_none() { Duration::ZERO } else { DEBOUNCE };
    let ask = Ask::Look { name: event.name.clone(), version: event.version, position };
    wanted.push((Slot::Look, ask, delay));
}

/// Takes in what was read.
pub(super) fn answer(model: &mut Model, answer: Answer) {
    match answer {
        Answer::Older(page) => older(model, page),
        Answer::Newer(page, after, end) => newer(model, page, after, end),
        Answer::Words(words) => model.tail.remember(words),
        Answer::Look(looked) => {
            let same = model.tail.looked.as_ref().is_some_and(|it| it.event == looked.event);
            if !same {
                model.tail.scroll = 0;
            }
            model.tail.looked = Some(*looked);
        }
        Answer::Cursors(cursors) => {
            model.tail.cursor = model.tail.cursor.min(cursors.len().saturating_sub(1));
            model.tail.cursors = Some(Ok(cursors));
        }
        Answer::Served(served) => model.tail.served = Some(Ok(served)),
        Answer::Sheet(of, lines) => sheet_came(model, of, lines),
        Answer::Moved(cursor) => {
            let place = thousands(cursor.position.parse().unwrap_or(0));
            let lag = thousands(cursor.lag);
            done(model, format!("{} stands at #{place}, lag {lag}", cursor.name));
        }
        Answer::Forgotten(name) => done(model, format!("{name} is forgotten")),
    }
}

/// A cursor is what it was to be.
fn done(model: &mut Model, text: String) {
    if matches!(model.overlay, Some(Overlay::Cursor(_))) {
        model.overlay = None;
    }
    model.asks.forget(Slot::Cursors);
    model.say(Meaning::Ok, text);
}

fn older(model: &mut Model, page: Page) {
    let view = &mut model.tail;
    if page.revision != view.revision {
        return;
    }
    model.error = None;
    if !view.is_loaded() {
        let begun = view.begun.unwrap_or(0);
        view.ring = crate::tui::model::Ring::default();
        (view.shown, view.read_to, view.caught) = (view.revision, Some(begun), 0);
        view.back_to = begun.saturating_sub(SEARCHED);
        view.took = Some(page.took);
    }
    view.ring.older(page.events, page.more.then_some(page.next));
}

fn newer(model: &mut Model, page: Page, after: u64, end: u64) {
    let view = &mut model.tail;
    if page.revision != view.shown || view.read_to != Some(after) {
        return;
    }
    model.error = None;
    view.caught += page.events.len();
    view.read_to = Some(if page.more { page.next } else { page.next.max(end) });
    if !page.more {
        view.caught = 0;
    }
    // What is looked at stays where it is, whatever comes.
    let held = view.paused.map(|pause| pause.position).or(view.at);
    view.ring.newer(page.events, held);
}

fn sheet_came(model: &mut Model, of: SheetOf, lines: Lines) {
    let Some(Overlay::Sheet(sheet)) = &mut model.overlay else { return };
    if sheet.of != of {
        return;
    }
    let last = lines.len().saturating_sub(1);
    sheet.at = if sheet.end { last } else { sheet.at.min(last) };
    model.tail.lines = Some((of, lines));
}

/// Takes in that something could not be done.
pub(super) fn failed(model: &mut Model, slot: Slot, error: Error) {
    match (slot, &mut model.overlay) {
        (Slot::Cursors, _) => model.tail.cursors = Some(Err(error)),
        (Slot::Served, _) => model.tail.served = Some(Err(error)),
        (Slot::Cursor, Some(Overlay::Cursor(cursor))) => {
            cursor.line.error = Some(error.to_string());
        }
        (Slot::Sheet, Some(Overlay::Sheet(sheet))) => {
            let of = sheet.of.clone();
            model.tail.lines = Some((of, Lines::Text(vec![error.to_string()])));
        }
        (Slot::Older | Slot::Newer, _) => {
            if model.tail.is_loaded() {
                model.say(Meaning::Danger, error.to_string());
            }
            model.error = Some(error);
        }
        _ => model.say(Meaning::Danger, error.to_string()),
    }
}

/// Shows only what a filter lets through; one that cannot be read changes nothing but what the filter bar says.
pub(super) fn filter(model: &mut Model, text: &str) {
    match Filter::parse_at(text, model.now) {
        Ok(_) => {
            model.tail.filter_error = None;
            if model.tail.scope.filter.trim() != text.trim() {
                text.clone_into(&mut model.tail.scope.filter);
                model.tail.restart();
                model.error = None;
            }
        }
        Err(error) => model.tail.filter_error = Some(error),
    }
}

/// Forgets what the one said of itself who had the store before.
pub(super) fn other_owner(model: &mut Model) {
    model.tail.served = None;
    model.asks.forget(Slot::Served);
}

/// Opens the view on the events of one undertaking.
pub(super) fn correlated(model: &mut Model, text: &str) {
    model.tail.scope.follow = None;
    filter(model, text);
    act::to_newest(model);
    super::open(model, View::Tail);
}

/// Opens the view on one aggregate.
pub(crate) fn follow(model: &mut Model, name: crate::tui::model::Name) {
    let scope = &mut model.tail.scope;
    let new = scope.follow.as_ref() != Some(&name) || !scope.filter.is_empty();
    scope.follow = Some(name);
    scope.filter.clear();
    if new {
        model.tail.restart();
    }
    act::to_newest(model);
    super::open(model, View::Tail);
}
