//! What is said of something that is on its way.

use crate::tui::canvas::Canvas;
use crate::tui::model::Model;
use crate::tui::overlays;
use crate::tui::words::duration;
use crate::tui::worker::Slot;
use std::time::Duration;

/// How long something may take before it is said that it goes on: less would only flicker.
const PATIENCE: Duration = Duration::from_millis(150);

/// For how long the question in one of the slots has been on its way, where that is worth a word.
pub(super) fn waited(model: &Model, slots: &[Slot]) -> Option<Duration> {
    let since = slots.iter().filter_map(|slot| model.asks.running(*slot)).min()?;
    Some(model.elapsed.saturating_sub(since)).filter(|waited| *waited >= PATIENCE)
}

/// Says that what is asked in one of the slots is on its way, where it takes long.
pub(super) fn waiting(
    model: &Model,
    canvas: &mut Canvas<'_>,
    slots: &[Slot],
    place: (u16, u16, u16),
    text: &str,
) {
    if waited(model, slots).is_some() {
        overlays::spinner(model, canvas, place, text);
    }
}

/// Says for how long something has been read.
pub(super) fn reading(
    model: &Model,
    canvas: &mut Canvas<'_>,
    place: (u16, u16, u16),
    waited: Duration,
) {
    let time = duration(u64::try_from(waited.as_micros()).unwrap_or(0));
    overlays::spinner(model, canvas, place, &format!("reading for {time}, keys stay live"));
}
