//! The view at every size, and every way through time.

use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::{Stage, shop, snap};
use std::time::Duration;

/// A dashboard on the history of the first order, with all that it asked for.
fn open(width: u16, height: u16) -> Stage {
    let mut stage = shop::open(width, height);
    stage.press("enter");
    calm(&mut stage);
    stage.press("end");
    calm(&mut stage);
    stage
}

/// Lets what waits for its time be asked.
fn calm(stage: &mut Stage) {
    stage.wait(Duration::from_millis(50));
    stage.wait(Duration::from_millis(50));
}

fn version(stage: &Stage) -> u64 {
    stage.model.timeline.version
}

#[test]
fn data_at_every_size() {
    for (name, width, height) in [
        ("tui__timeline__80x24", 80, 24),
        ("tui__timeline__160x48", 160, 48),
        ("tui__timeline__70x20", 70, 20),
        ("tui__timeline__40x10", 40, 10),
    ] {
        let mut stage = open(width, height);
        stage.press("left left m left left");
        calm(&mut stage);
        snap(name, &stage.screen());
    }
}

#[test]
fn each_detail() {
    let mut stage = open(80, 24);
    let mut shown = String::new();
    for _ in 0..4 {
        stage.press("d");
        calm(&mut stage);
        shown.push_str(&stage.screen());
    }
    snap("tui__timeline__details", &shown);
    stage.press("D y y");
    assert!(matches!(&stage.effects[..], [Effect::Copy(text)] if !text.contains('│')));
}

#[test]
fn every_way_through_time() {
    let mut stage = open(80, 24);
    assert_eq!(version(&stage), 48);
    stage.press("left shift-left H");
    assert_eq!(version(&stage), 27);
    stage.press("right L");
    assert_eq!(version(&stage), 38);
    stage.press("[");
    assert_eq!(version(&stage), 20);
    stage.press("]");
    assert_eq!(version(&stage), 40);
    stage.press("] home");
    assert_eq!(version(&stage), 1);
    stage.press("left end j j k");
    assert_eq!(version(&stage), 47);
    stage.press("{");
    assert_eq!(version(&stage), 30);
    stage.press("}");
    assert_eq!(version(&stage), 31);
    stage.press("m G M");
    assert_eq!((version(&stage), stage.model.timeline.compare), (31, Some(1)));
    assert_eq!(stage.model.timeline.compared(), (1, 31));
    stage.press("/").types("event:order_paid").press("enter");
    assert_eq!(version(&stage), 12);
    stage.press("N");
    assert!(stage.screen().contains("there is no further one"));
    stage.press("v");
    assert!(stage.screen().contains("v12 is in the log: 13 hashes"));
}

#[test]
fn goto_takes_versions_times_and_positions() {
    let mut stage = open(80, 24);
    for (text, wanted) in [("v7", 7), ("9", 9), ("#4208", 30), ("-2h", 30), ("2026-11-20", 30)] {
        stage.press("@").types(text).press("enter");
        assert_eq!((version(&stage), stage.model.overlay.is_none()), (wanted, true), "{text}");
    }
    stage.press("@").types("v99").press("enter");
    assert!(stage.screen().contains("there are versions 1 to 48"));
    stage.press("ctrl-u").types("soon").press("enter");
    snap("tui__timeline__goto", &stage.screen());
    stage.press("esc");
    assert_eq!(version(&stage), 30);
}

#[test]
fn live_follows_what_comes() {
    let mut stage = open(80, 24);
    stage.press("left T");
    assert_eq!(version(&stage), 48);
    stage.model.timeline.know(49);
    assert_eq!(version(&stage), 49, "the newest one is looked at");
    stage.press("left");
    assert!(!stage.model.timeline.live, "who moves stands still");
}

#[test]
fn views_are_gone_back_to() {
    let mut stage = open(80, 24);
    stage.press("esc");
    assert!(stage.screen().contains("[1 Aggregates]"));
    stage.press("2");
    assert!(stage.screen().contains("[2 Timeline]"));
    stage.press("< > g T");
    assert!(stage.screen().contains("[1 Aggregates]"));
    stage.press("g t ?");
    snap("tui__timeline__help", &stage.screen());
}

#[test]
fn from_another_view_the_first_history_is_that_of_what_is_selected() {
    let mut stage = shop::open(80, 24);
    stage.press("j 3 2");
    calm(&mut stage);
    assert!(stage.screen().contains("order/order-41"), "{}", stage.screen());
}

#[test]
fn the_track_is_dragged() {
    use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = open(80, 24);
    stage.screen();
    let at = |kind, column| {
        Msg::Input(Event::Mouse(MouseEvent { kind, column, row: 3, modifiers: KeyModifiers::NONE }))
    };
    stage.send(at(MouseEventKind::Down(MouseButton::Left), 2));
    assert_eq!(version(&stage), 1);
    stage.send(at(MouseEventKind::Drag(MouseButton::Left), 77));
    assert_eq!(version(&stage), 48);
}

#[test]
fn how_it_looks_with_and_without_colours() {
    let mut stage = open(80, 24);
    stage.press("left left m left left d");
    calm(&mut stage);
    snap("tui__timeline__styles", &stage.styled());
    stage.without_colours();
    snap("tui__timeline__ascii", &stage.without_unicode());
    stage.model.look.plain = true;
    snap("tui__timeline__plain", &stage.screen());
}

#[test]
fn an_error_goes_when_it_works_again() {
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|_| Err(shop::broken()));
    stage.press("enter");
    assert!(stage.screen().contains("^r tries again"), "{}", stage.screen());
    stage.answers = Box::new(shop::answer);
    stage.press("ctrl-r");
    calm(&mut stage);
    assert!(stage.screen().contains("order_paid"), "{}", stage.screen());
}

#[test]
fn the_day_before_the_first_one_is_none() {
    let mut stage = open(80, 24);
    stage.press("home {");
    assert!(stage.screen().contains("the history begins on this day"), "{}", stage.screen());
    assert_eq!(stage.model.timeline.version, 1);
}

#[test]
fn a_history_that_cannot_be_read_on_stays_and_says_so() {
    let mut stage = open(80, 24);
    let before = stage.model.timeline.last;
    stage.answers = Box::new(|_| Err(shop::broken()));
    stage.press("ctrl-r");
    calm(&mut stage);
    assert_eq!(stage.model.timeline.last, before);
    assert!(stage.model.timeline.events.is_loaded());
    let broken = shop::broken().to_string();
    assert!(stage.model.toasts.iter().any(|toast| toast.text == broken), "{}", stage.screen());
}
