//! What happens in the view of one aggregate's history.

use super::motion::{self, Move};
use super::scrub;
use crate::tui::chrome::{Shape, shape};
use crate::tui::model::{Folded, Model, Name, Shows, Timeline, TimelinePane, View, row};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::views::timeline::{layout, lines};
use crate::tui::worker::{Slot, TimelineAnswer as Answer, TimelineAsk as Ask};
use std::time::Duration;

/// How long a version is looked at before its state is read: who scrubs looks at none on the way.
const DEBOUNCE: Duration = Duration::from_millis(40);

/// The slots that ask about the aggregate that is looked at.
const SLOTS: [Slot; 7] =
    [Slot::Head, Slot::Events, Slot::Track, Slot::State, Slot::Changes, Slot::Seek, Slot::Prove];

/// Opens the history of an aggregate at a version.
pub(crate) fn open(model: &mut Model, name: Name, version: u64) {
    if model.timeline.name.as_ref() == Some(&name) {
        scrub::to(model, version);
    } else {
        let shows = model.timeline.shows;
        model.timeline = Timeline::of(name, version, shows);
        model.error = None;
        for slot in SLOTS {
            model.asks.forget(slot);
        }
    }
    super::open(model, View::Timeline);
}

/// Asks for what is to be seen and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(name) = model.timeline.name.clone() else { return };
    let layout = layout(model);
    let (epoch, elapsed, failed) = (model.epoch, model.elapsed, model.error.is_some());
    let view = &mut model.timeline;
    view.events.go(row(view.version));
    view.events.settle(layout.rows());
    let mut wanted = vec![(Slot::Head, Ask::Head { name: name.clone(), epoch }, Duration::ZERO)];
    let page = view.events.wanted(layout.rows().max(1), view.last);
    if let Some(page) = page.filter(|_| !failed) {
        let ask = Ask::Events { name: name.clone(), page, last: view.last };
        wanted.push((Slot::Events, ask, Duration::ZERO));
    }
    if layout.track.is_some() && view.track.as_ref().is_none_or(|track| track.last != view.last) {
        let ask = Ask::Track { name: name.clone(), last: view.last };
        wanted.push((Slot::Track, ask, Duration::ZERO));
    }
    let (version, (from, to)) = (view.version, view.compared());
    // A difference is shown before the fields that did not change, which are those of its later end.
    let states = if view.shows == Shows::Diff { [version, to] } else { [version; 2] };
    if let Some(version) = states.into_iter().find(|version| view.state(*version).is_none()) {
        let ask = Ask::State { name: name.clone(), version };
        wanted.push((Slot::State, ask, DEBOUNCE));
    }
    let known = view.changes.as_ref().map(|changes| (changes.from, changes.to));
    if view.shows == Shows::Diff && known != Some((from, to)) {
        wanted.push((Slot::Changes, Ask::Changes { name, from, to }, DEBOUNCE));
    }
    for (slot, ask, delay) in wanted {
        let ask = crate::tui::worker::Ask::Timeline(ask);
        effects.extend(model.asks.want(slot, ask, delay, elapsed));
    }
}

/// Takes in what was read.
pub(super) fn answer(model: &mut Model, answer: Answer) {
    match answer {
        Answer::Head(last) => model.timeline.know(last),
        Answer::Events { page, events, last } => {
            // What happened never changes: a page that is full is never read again.
            let full = events.len() >= crate::tui::window::PAGE;
            let epoch = if full { u64::MAX } else { last };
            let view = &mut model.timeline;
            view.events.put(page, events, true, epoch);
            view.know(view.last.max(last));
            model.error = None;
        }
        Answer::Track(track) => model.timeline.track = Some(track),
        Answer::State(folded) => {
            let Folded { record, took } = *folded;
            model.timeline.remember(Folded { record, took });
        }
        Answer::Changes(changes) => model.timeline.changes = Some(changes),
        Answer::Version(version) | Answer::Found(Some(version)) => scrub::to(model, version),
        Answer::Found(None) => model.say(Meaning::Warn, "there is no further one"),
        Answer::Proven(ok, said) => {
            model.say(if ok { Meaning::Ok } else { Meaning::Danger }, said);
        }
        Answer::Cause(name, version) => open(model, name, version),
    }
}

pub(super) fn go(model: &mut Model, way: Move) {
    let layout = layout(model);
    match model.timeline.focus {
        TimelinePane::Events => {
            let view = &model.timeline;
            // The newest one is the first row.
            let last = usize::try_from(view.last).unwrap_or(usize::MAX);
            let from_top = usize::try_from(view.last.saturating_sub(view.version));
            let row = way.from(from_top.unwrap_or(0), last, layout.rows());
            let older = u64::try_from(row).unwrap_or(u64::MAX);
            scrub::to(model, view.last.saturating_sub(older));
        }
        TimelinePane::Detail => {
            let height = layout.detail.map_or(0, |area| usize::from(area.height.saturating_sub(2)));
            let lines = lines(model).len();
            model.timeline.scroll = way.scroll(model.timeline.scroll, lines, height);
        }
    }
}

pub(super) fn pane(model: &mut Model, by: isize) {
    let panes = [TimelinePane::Events, TimelinePane::Detail];
    model.timeline.focus = motion::next(&panes, model.timeline.focus, by);
}

pub(super) fn focus(model: &mut Model, pane: u8) {
    let panes = [TimelinePane::Events, TimelinePane::Detail];
    if let Some(pane) = panes.into_iter().find(|other| other.number() == pane) {
        model.timeline.focus = pane;
    }
}

pub(super) fn enter(model: &mut Model) -> Vec<Effect> {
    model.timeline.focus = TimelinePane::Detail;
    Vec::new()
}

/// Out of the detail, then back to the aggregates: those are what a history is one of.
pub(super) fn leave(model: &mut Model) -> bool {
    let view = &mut model.timeline;
    if view.focus == TimelinePane::Detail && shape(model.size) > Shape::TooSmall {
        view.focus = TimelinePane::Events;
    } else if !view.search.is_empty() {
        view.search.clear();
    } else {
        super::open(model, View::Aggregates);
    }
    true
}

pub(super) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    if model.timeline.focus == TimelinePane::Events {
        scrub::to(model, u64::try_from(row).unwrap_or(u64::MAX).saturating_add(1));
    }
    Vec::new()
}
