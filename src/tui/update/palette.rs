//! The palette: what can be done, and the aggregates that one can go to.

use super::overlay::{edit, recall, remember};
use super::{aggregates, everywhere, run, timeline};
use crate::error::Error;
use crate::tui::action::{Action, Key};
use crate::tui::model::{Found, Model, Name, Overlay, Palette, PaletteRow};
use crate::tui::msg::Effect;
use crate::tui::overlays::{action_keys, palette_rows, palette_twin};
use crate::tui::theme::Meaning;
use crate::tui::worker::{AggregatesAsk, Ask, Slot};
use ratatui::crossterm::event::KeyCode;
use std::time::Duration;

/// Commands of the palette that are remembered.
const HISTORY: usize = 200;

/// How long one types before the store is searched for names.
const DELAY: Duration = Duration::from_millis(120);

/// Opens it, with the aggregates that are in memory.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    let opened = model.timeline.name.clone().map(|name| (name, model.timeline.last));
    let rows = model.aggregates.list.rows();
    let listed = rows.map(|(_, record)| (Name::of(record), record.version));
    let listed = listed.filter(|(name, _)| opened.as_ref().is_none_or(|(other, _)| other != name));
    let near = opened.iter().cloned().chain(listed).collect();
    model.overlay = Some(Overlay::Palette(Palette { near, ..Palette::default() }));
    Vec::new()
}

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return Vec::new() };
    let chosen = || palette_rows(model, palette).get(palette.cursor).cloned();
    match (key.ctrl(), key.code()) {
        (_, KeyCode::Esc) => model.overlay = None,
        (_, KeyCode::Enter) => {
            let (chosen, text) = (chosen(), palette.input.value().trim().to_owned());
            if chosen.is_none() {
                wait_or_say(model, &text);
                return Vec::new();
            }
            remember(&mut model.palette_history, text, HISTORY);
            model.overlay = None;
            match chosen {
                Some(PaletteRow::Action(action)) => return run_there(model, action),
                Some(PaletteRow::Group(group)) => aggregates::show(model, group),
                Some(PaletteRow::Aggregate(name, version)) => timeline::open(model, name, version),
                None => {}
            }
        }
        (true, KeyCode::Char('y')) => {
            let twin = chosen().and_then(|row| palette_twin(model, &row));
            return twin.map(Effect::Copy).into_iter().collect();
        }
        (false, KeyCode::Up) if palette.cursor == 0 => recall(model),
        _ => {
            edit(model, key);
            if let Some(Overlay::Palette(palette)) = &mut model.overlay {
                palette.opens = false;
            }
        }
    }
    Vec::new()
}

/// Runs an action, in the view that has it. One that is about what is selected in another view is not done before that can
/// be seen.
fn run_there(model: &mut Model, action: &'static Action) -> Vec<Effect> {
    let Some(view) = action.view.filter(|view| *view != model.view) else {
        return run(model, action);
    };
    let mut effects = everywhere::open_view(model, view);
    if model.view != view {
        return effects;
    }
    if action.far {
        effects.extend(run(model, action));
    } else {
        let keys = action_keys(model, action);
        let key = if keys.is_empty() { String::new() } else { format!("{keys} here: ") };
        model.say(Meaning::Ok, format!("{key}{}", action.title));
    }
    effects
}

/// Enter where nothing is there to choose: what is still looked for is opened when it is found.
fn wait_or_say(model: &mut Model, text: &str) {
    let searching = model.asks.running(Slot::Named).is_some();
    let Some(Overlay::Palette(palette)) = &mut model.overlay else { return };
    // What begins like it may be none while what has its letters is still looked for.
    let known = !searching && palette.found.as_ref().is_some_and(|found| found.text == text);
    palette.opens = !text.is_empty() && !known;
    if known {
        return nothing(model, text);
    }
    if model.asks.is_answered(Slot::Named) {
        // The search came to nothing: it is tried again.
        model.asks.forget(Slot::Named);
    }
}

fn nothing(model: &mut Model, text: &str) {
    model.say(Meaning::Warn, format!("nothing is called `{text}`"));
}

/// Says that the store could not be searched: what is typed can be looked for again.
pub(super) fn failed(model: &mut Model, error: &Error) {
    model.say(Meaning::Danger, error.to_string());
    if let Some(Overlay::Palette(palette)) = &mut model.overlay {
        palette.opens = false;
    }
}

/// Looks in the store for what is typed, and stops that where nobody waits for it.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = match &model.overlay {
        Some(Overlay::Palette(palette)) => palette.input.value().trim().to_owned(),
        _ => String::new(),
    };
    if text.is_empty() {
        // Also where the next search waits for its time the one before may still run.
        if model.asks.holds(Slot::Named) {
            effects.push(Effect::Cancel(Slot::Named));
        }
        model.asks.forget(Slot::Named);
        return;
    }
    let (ask, elapsed) = (Ask::Aggregates(AggregatesAsk::Named(text)), model.elapsed);
    effects.extend(model.asks.want(Slot::Named, ask, DELAY, elapsed));
}

/// Takes in what was found. The selected line stays selected.
pub(super) fn found(model: &mut Model, found: Found) {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return };
    let selected = palette_rows(model, palette).get(palette.cursor).cloned();
    let next = Palette { found: Some(found), ..palette.clone() };
    if next.opens
        && let Some(PaletteRow::Aggregate(name, version)) = palette_rows(model, &next).first()
    {
        let (name, version) = (name.clone(), *version);
        remember(&mut model.palette_history, next.input.value().trim().to_owned(), HISTORY);
        model.overlay = None;
        return timeline::open(model, name, version);
    }
    let missed = next.opens && model.asks.running(Slot::Named).is_none();
    let next = Palette { opens: next.opens && !missed, ..next };
    if missed {
        nothing(model, next.input.value().trim());
    }
    let place =
        selected.and_then(|row| palette_rows(model, &next).iter().position(|it| *it == row));
    let cursor = place.unwrap_or(0);
    model.overlay = Some(Overlay::Palette(Palette { cursor, ..next }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::View;
    use crate::tui::msg::{Msg, Reply};
    use crate::tui::testing::{Stage, shop};
    use crate::tui::update::update;
    use crate::tui::worker::{AggregatesAnswer, Answer};

    fn palette(stage: &Stage) -> &Palette {
        match &stage.model.overlay {
            Some(Overlay::Palette(palette)) => palette,
            other => panic!("{other:?}"),
        }
    }

    fn shown(stage: &Stage) -> Vec<PaletteRow> {
        palette_rows(&stage.model, palette(stage))
    }

    #[test]
    fn an_aggregate_in_memory_is_found_at_once_and_opened() {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("order-42");
        let screen = stage.screen();
        assert!(
            screen.contains("order/order-42") && screen.contains("dbx show order/"),
            "{screen}"
        );
        stage.press("ctrl-y");
        let copied = Effect::Copy("dbx show order/order-42".into());
        assert_eq!(stage.effects.last(), Some(&copied));
        stage.press("enter");
        assert_eq!(stage.model.view, View::Timeline);
        assert_eq!(
            stage.model.timeline.name.as_ref().map(|name| name.id.as_str()),
            Some("order-42")
        );
    }

    #[test]
    fn the_whole_store_is_searched_once_one_types_no_more() {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("7731");
        assert_eq!(shown(&stage), [], "it waits");
        stage.wait(DELAY);
        let name = Name { aggregate_type: "order".into(), id: "order-7731".into() };
        assert_eq!(shown(&stage), [PaletteRow::Aggregate(name, 9)]);
        assert!(stage.screen().contains("0 commands, 1 id"), "{}", stage.screen());
        stage.types("x");
        assert_eq!(shown(&stage), [], "what was found for another text does not fit");
        stage.press("backspace enter");
        assert_eq!(stage.model.view, View::Timeline);
    }

    #[test]
    fn what_another_view_has_is_found_and_done_there() {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("verify the whole");
        let all = crate::tui::action::named("verify-log").unwrap();
        assert_eq!(shown(&stage), [PaletteRow::Action(all)]);
        let screen = stage.screen();
        assert!(screen.contains("in Verify") && !screen.contains("^y copies"), "{screen}");
        stage.press("enter");
        assert_eq!(stage.model.view, View::Verify);
        assert!(stage.model.verify.log.is_some() || stage.model.verify.run.is_some());
        // Before anything is typed only what can be done here is listed.
        stage.press("1 :");
        let here = |row: &PaletteRow| match row {
            PaletteRow::Action(action) => action.view.is_none_or(|view| view == View::Aggregates),
            PaletteRow::Group(_) | PaletteRow::Aggregate(..) => true,
        };
        assert!(shown(&stage).iter().all(here));
    }

    #[test]
    fn what_is_about_something_selected_elsewhere_waits_until_that_is_seen() {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("take off the stage");
        let drop = crate::tui::action::named("drop").unwrap();
        assert_eq!(shown(&stage), [PaletteRow::Action(drop)]);
        stage.press("enter");
        assert_eq!(stage.model.view, View::Stage);
        assert!(!stage.model.asks.holds(Slot::Change), "nobody saw what it would take off");
        let said = stage.model.toasts.last().map(|toast| toast.text.as_str());
        assert_eq!(said, Some("D here: take off the stage"));
    }

    /// What a search answers to Enter that came before it.
    fn answered(answers: &[(&[&str], bool)]) -> Stage {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("r77");
        let effects =
            update(Msg::Tick(stage.model.now, stage.model.elapsed + DELAY), &mut stage.model);
        let [Effect::Ask { slot: Slot::Named, generation, .. }] = &effects[..] else {
            panic!("{effects:?}")
        };
        for (ids, last) in answers {
            stage.press("enter");
            let name = |id: &&str| (Name { aggregate_type: "order".into(), id: (*id).into() }, 1);
            let names = ids.iter().map(name).collect();
            let found = Found { text: "r77".into(), names, more: false };
            let result = Ok(Answer::Aggregates(AggregatesAnswer::Named(found)));
            let reply = Reply { slot: Slot::Named, generation: *generation, last: *last, result };
            update(Msg::Reply(reply), &mut stage.model);
        }
        stage
    }

    #[test]
    fn enter_waits_for_the_last_part_of_an_answer() {
        let stage = answered(&[(&[], false), (&["order-7731"], true)]);
        let opened = stage.model.timeline.name.as_ref().map(|name| name.id.as_str());
        assert_eq!((stage.model.view, opened), (View::Timeline, Some("order-7731")));
        assert!(stage.model.toasts.is_empty(), "{:?}", stage.model.toasts);
        let stage = answered(&[(&[], false), (&[], true)]);
        let said: Vec<_> = stage.model.toasts.iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(said, ["nothing is called `r77`"]);
        assert!(stage.model.overlay.is_some(), "it stays to be mended");
    }

    #[test]
    fn a_search_that_fails_is_tried_again() {
        let mut stage = shop::open(80, 24);
        stage.answers = Box::new(|_| Err(shop::broken()));
        stage.press(":").types("7731").wait(DELAY);
        assert_eq!(stage.model.toasts.len(), 1, "{:?}", stage.model.toasts);
        stage.wait(DELAY);
        assert_eq!(stage.model.toasts.len(), 1, "not by itself");
        stage.answers = Box::new(shop::answer);
        stage.press("enter").wait(DELAY);
        assert_eq!(stage.model.view, View::Timeline);
    }

    #[test]
    fn who_is_faster_than_the_store_still_gets_there() {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("7731").press("enter");
        assert!(stage.model.overlay.is_some(), "it is still looked for");
        stage.wait(DELAY);
        let opened = stage.model.timeline.name.as_ref().map(|name| name.id.as_str());
        assert_eq!((stage.model.view, opened), (View::Timeline, Some("order-7731")));
        // What nothing is called says so, and stays to be mended.
        stage.press(":").types("zzzz").wait(DELAY).press("enter");
        assert!(stage.model.overlay.is_some());
        let said = stage.model.toasts.last().map(|toast| toast.text.as_str());
        assert_eq!(said, Some("nothing is called `zzzz`"));
    }

    #[test]
    fn what_comes_late_moves_nothing_and_is_stopped_with_the_palette() {
        let mut stage = shop::open(80, 24);
        stage.press(":").types("order-4").press("down down");
        let before = shown(&stage)[palette(&stage).cursor].clone();
        let effects =
            update(Msg::Tick(stage.model.now, stage.model.elapsed + DELAY), &mut stage.model);
        let [Effect::Ask { slot: Slot::Named, generation, .. }] = &effects[..] else {
            panic!("{effects:?}")
        };
        let names = ["order-40", "order-7731"]
            .map(|id| (Name { aggregate_type: "order".into(), id: id.into() }, 1));
        let found = Found { text: "order-4".into(), names: names.into(), more: true };
        let result = Ok(Answer::Aggregates(AggregatesAnswer::Named(found)));
        let reply = Reply { slot: Slot::Named, generation: *generation, last: false, result };
        update(Msg::Reply(reply), &mut stage.model);
        let rows = shown(&stage);
        assert_eq!(rows[palette(&stage).cursor], before);
        let far = |row: &&PaletteRow| matches!(row, PaletteRow::Aggregate(name, _) if name.id == "order-7731");
        assert_eq!(rows.iter().filter(far).count(), 1);
        assert!(rows.last().is_some_and(|row| far(&row)), "behind what was there");
        let escape = ratatui::crossterm::event::KeyEvent::from(KeyCode::Esc);
        let escape = Msg::Input(ratatui::crossterm::event::Event::Key(escape));
        let effects = update(escape, &mut stage.model);
        assert!(effects.contains(&Effect::Cancel(Slot::Named)), "{effects:?}");
    }
}
