//! Moving through time, and what is done at a place in it.

use crate::domain::{Moment, Timestamp};
use crate::tui::model::{Line, Model, Name, Overlay, Shows, Track};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::worker::{Ask, Slot, TimelineAsk};
use crate::wire::At;
use std::time::Duration;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// Looks at a version, or the nearest one that there is.
pub(crate) fn to(model: &mut Model, version: u64) {
    let view = &mut model.timeline;
    let version = version.clamp(1, view.last.max(1));
    if version != view.version {
        (view.version, view.scroll, view.live) = (version, 0, false);
    }
}

/// Goes `by` versions on.
pub(crate) fn by(model: &mut Model, by: i64) -> Vec<Effect> {
    let version = model.timeline.version.saturating_add_signed(by);
    to(model, version);
    Vec::new()
}

pub(crate) fn first(model: &mut Model) -> Vec<Effect> {
    to(model, 1);
    Vec::new()
}

pub(crate) fn last(model: &mut Model) -> Vec<Effect> {
    to(model, u64::MAX);
    Vec::new()
}

/// Goes to the snapshot before, or to the one behind.
pub(crate) fn snapshot(model: &mut Model, older: bool) -> Vec<Effect> {
    let view = &model.timeline;
    let found = view.track.as_ref().and_then(|track| track.snapshot(view.version, older));
    match found {
        Some(version) => to(model, version),
        None => model.say(Meaning::Warn, "there is no further snapshot"),
    }
    Vec::new()
}

/// Goes to the last event of the day before, or to the first one behind this day.
pub(crate) fn day(model: &mut Model, older: bool) -> Vec<Effect> {
    let time = model.timeline.event().and_then(|event| event.metadata.created_at.parse().ok());
    let Some(time) = time.map(|time: Timestamp| time.as_micros()) else { return Vec::new() };
    let start = time - time.rem_euclid(DAY);
    let whole = model.timeline.track.as_ref().filter(|track| track.last == model.timeline.last);
    let edge = match (whole.and_then(Track::ends), older) {
        (Some((from, _)), true) if from >= start => Some("begins"),
        (Some((_, to)), false) if to < start + DAY => Some("ends"),
        _ => None,
    };
    if let Some(edge) = edge {
        model.say(Meaning::Warn, format!("the history {edge} on this day"));
        return Vec::new();
    }
    let at = At::Time(Timestamp::from_micros(if older { start - 1 } else { start + DAY - 1 }));
    seek(model, |name| TimelineAsk::Moment { name, at, next: !older })
}

/// Goes to the column of a track.
pub(super) fn column(model: &mut Model, column: u16, width: u16) {
    let version = model.timeline.track.as_ref().map(|track| track.at_column(column, width));
    if let Some(version) = version {
        to(model, version);
    }
}

fn ask(model: &mut Model, slot: Slot, what: TimelineAsk) -> Vec<Effect> {
    model.asks.forget(slot);
    let elapsed = model.elapsed;
    let effect = model.asks.want(slot, Ask::Timeline(what), Duration::ZERO, elapsed);
    effect.into_iter().collect()
}

fn seek(model: &mut Model, what: impl FnOnce(Name) -> TimelineAsk) -> Vec<Effect> {
    match model.timeline.name.clone() {
        Some(name) => ask(model, Slot::Seek, what(name)),
        None => Vec::new(),
    }
}

/// Goes to what `@` was told: `v46`, `-2h`, `2026-11-20T13:58`, `#4208`.
///
/// # Errors
/// What it is not, in words.
pub(super) fn goto(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let text = text.trim();
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if let Ok(version) = digits.parse::<u64>() {
        if version == 0 || version > model.timeline.last {
            return Err(format!("there are versions 1 to {}", model.timeline.last));
        }
        to(model, version);
        return Ok(Vec::new());
    }
    let at = if let Some(position) = text.strip_prefix('#') {
        let position = position.replace(',', "");
        At::Position(position.parse().map_err(|_| format!("`{text}` is no position"))?)
    } else {
        let moment: Moment = text
            .parse()
            .map_err(|_| format!("`{text}` is no version `v46`, time `-2h` or position `#4208`"))?;
        At::Time(moment.resolve(model.now))
    };
    Ok(seek(model, |name| TimelineAsk::Moment { name, at, next: false }))
}

pub(crate) fn ask_where(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::Goto(Line::default()));
    Vec::new()
}

pub(crate) fn ask_what(model: &mut Model) -> Vec<Effect> {
    let input = tui_input::Input::new(model.timeline.search.clone());
    model.overlay = Some(Overlay::Find(Line { input, error: None }));
    Vec::new()
}

/// Goes to the next event that fits what is searched for.
pub(crate) fn find(model: &mut Model, older: bool) -> Vec<Effect> {
    let filter = model.timeline.search.clone();
    let position = model.timeline.event().and_then(|event| event.position.parse().ok());
    let Some(position) = position else { return Vec::new() };
    seek(model, |name| TimelineAsk::Find { name, filter, position, older })
}

/// Why there is nothing to go on with.
pub(crate) fn no_search(model: &Model) -> Option<String> {
    model.timeline.search.is_empty().then(|| "`/` says what is searched for".to_owned())
}

/// Compares with the version that is looked at, or no more.
pub(crate) fn mark(model: &mut Model) -> Vec<Effect> {
    let view = &mut model.timeline;
    view.compare = if view.compare == Some(view.version) { None } else { Some(view.version) };
    Vec::new()
}

/// Looks at the version that is compared with, and compares with the one that was looked at.
pub(crate) fn swap(model: &mut Model) -> Vec<Effect> {
    if let Some(compare) = model.timeline.compare {
        model.timeline.compare = Some(model.timeline.version);
        to(model, compare);
    }
    Vec::new()
}

/// Shows the next thing of a version, or the one before.
pub(crate) fn shows(model: &mut Model, by: isize) -> Vec<Effect> {
    let view = &mut model.timeline;
    let now = Shows::ALL.into_iter().position(|shows| shows == view.shows).unwrap_or(0);
    let all = Shows::ALL.len();
    let next = (now + all).saturating_add_signed(by) % all;
    view.shows = Shows::ALL.into_iter().nth(next).unwrap_or_default();
    view.scroll = 0;
    Vec::new()
}

pub(crate) fn live(model: &mut Model) -> Vec<Effect> {
    let live = !model.timeline.live;
    to(model, u64::MAX);
    model.timeline.live = live;
    model.say(Meaning::Text, if live { "following what comes" } else { "standing still" });
    Vec::new()
}

pub(crate) fn prove(model: &mut Model) -> Vec<Effect> {
    let version = model.timeline.version;
    let Some(name) = model.timeline.name.clone() else { return Vec::new() };
    ask(model, Slot::Prove, TimelineAsk::Prove { name, version })
}

/// The event that the one looked at names as its cause.
fn cause_of(model: &Model) -> Option<u64> {
    model.timeline.event()?.metadata.extensions.get("@causation")?.as_str()?.parse().ok()
}

fn correlation_of(model: &Model) -> Option<&str> {
    model.timeline.event()?.metadata.extensions.get("@correlation")?.as_str()
}

pub(crate) fn no_correlation(model: &Model) -> Option<String> {
    correlation_of(model).is_none().then(|| "the event names no correlation".to_owned())
}

/// Shows every event of the log that has the same correlation.
pub(crate) fn correlated(model: &mut Model) -> Vec<Effect> {
    if let Some(correlation) = correlation_of(model) {
        let quoted = correlation.replace('\\', "\\\\").replace('"', "\\\"");
        super::tail::correlated(model, &format!("corr:\"{quoted}\""));
    }
    Vec::new()
}

/// What to type for the same.
pub(crate) fn correlated_command(model: &Model) -> Option<String> {
    let correlation = correlation_of(model)?.replace('\\', "\\\\").replace('"', "\\\"");
    let filter = super::select::quoted(&format!("corr:\"{correlation}\""));
    Some(format!("dbx events --where {filter}"))
}

pub(crate) fn no_cause(model: &Model) -> Option<String> {
    cause_of(model).is_none().then(|| "the event names no cause".to_owned())
}

pub(crate) fn cause(model: &mut Model) -> Vec<Effect> {
    match cause_of(model) {
        Some(id) => ask(model, Slot::Seek, TimelineAsk::Cause(id)),
        None => Vec::new(),
    }
}
