//! The view at every size and in every state.

use crate::tui::model::{Connection, Served, TailPane};
use crate::tui::msg::Msg;
use crate::tui::testing::tail::{calm, grow, open, selected};
use crate::tui::testing::{Stage, shop, snap};
use crate::tui::worker::{Answer, Ask, TailAnswer, TailAsk};
use std::time::Duration;

#[test]
fn data_at_every_size() {
    for (name, width, height) in [
        ("tui__tail__80x24", 80, 24),
        ("tui__tail__160x48", 160, 48),
        ("tui__tail__100x20", 100, 20),
        ("tui__tail__70x20", 70, 20),
        ("tui__tail__40x10", 40, 10),
    ] {
        snap(name, &open(width, height).screen());
    }
    let mut panes = String::new();
    let mut stage = open(70, 18);
    for _ in 0..4 {
        stage.press("tab");
        panes.push_str(&stage.screen());
    }
    snap("tui__tail__panes", &panes);
}

#[test]
fn how_it_looks_with_and_without_colours() {
    let mut stage = open(80, 24);
    stage.press("j j");
    calm(&mut stage);
    snap("tui__tail__styles", &stage.styled());
    stage.without_colours();
    snap("tui__tail__ascii", &stage.without_unicode());
    stage.model.look.plain = true;
    snap("tui__tail__plain", &stage.screen());
}

#[test]
fn nothing_there() {
    let mut stage = shop::unused(80, 24);
    stage.press("6");
    calm(&mut stage);
    grow(&mut stage, 2);
    assert_eq!(selected(&stage), 2, "what comes is shown");
    stage.press("/").types("type:nothing").press("enter");
    assert!(stage.screen().contains("no event matches"), "{}", stage.screen());
}

#[test]
fn an_error_says_what_to_do() {
    let mut stage = Stage::new(80, 24, Box::new(|_| Err(shop::broken())));
    stage.send(Msg::Connection(Connection::Daemon(None, 7)));
    grow(&mut stage, 4_211);
    stage.press("6");
    assert!(stage.screen().contains("^r tries again"), "{}", stage.screen());
    stage.answers = Box::new(shop::answer);
    stage.press("ctrl-r");
    calm(&mut stage);
    assert!(stage.screen().contains("order_paid"), "what works again is shown again");
}

#[test]
fn a_log_that_cannot_be_reached_says_why() {
    let mut stage = Stage::new(80, 24, Box::new(shop::answer));
    stage.send(Msg::Connection(Connection::Offline(shop::broken(), 1)));
    stage.press("6");
    assert!(stage.screen().contains("✗ dbx::store::io"), "{}", stage.screen());
}

#[test]
fn reading_that_takes_long_is_said() {
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|_| Err(shop::broken()));
    let mut update = |msg| crate::tui::update::update(msg, &mut stage.model);
    let asked = update(Msg::Input(ratatui::crossterm::event::Event::Key(
        ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::Char('6')),
    )));
    assert!(!asked.is_empty());
    let elapsed = stage.model.elapsed;
    assert!(!stage.screen().contains("reading"), "at first nothing flickers");
    let later = elapsed + Duration::from_millis(400);
    crate::tui::update::update(Msg::Tick(stage.model.now, later), &mut stage.model);
    assert!(stage.screen().contains("reading for 400 ms"), "{}", stage.screen());
}

#[test]
fn a_filter_begins_the_list_anew() {
    let mut stage = open(80, 24);
    stage.press("/").types("type:invoice");
    stage.wait(Duration::from_millis(200));
    stage.wait(Duration::from_millis(200));
    snap("tui__tail__filter", &stage.screen());
    stage.types(" total:>");
    assert!(stage.screen().contains('^'), "{}", stage.screen());
    stage.press("enter");
    assert!(stage.model.overlay.is_some(), "one that is wrong is not kept");
    stage.press("ctrl-u").types("type:invoice").press("enter");
    assert_eq!(stage.model.tail.scope.filter, "type:invoice");
    grow(&mut stage, 4_220);
    let positions: Vec<u64> =
        (0..3).map(|index| stage.model.tail.ring.get(index).unwrap().position).collect();
    assert_eq!(positions, [4_218, 4_213, 4_208], "what comes is filtered too");
    stage.press("esc");
    assert_eq!(stage.model.tail.scope.filter, "", "Esc takes the filter away");
    assert_eq!(stage.model.aggregates.filter, "", "and no other is touched");
}

#[test]
fn what_the_daemon_measured_and_wrote_down() {
    let mut stage = open(80, 24);
    stage.press("m");
    snap("tui__tail__metrics", &stage.screen());
    stage.press("G k pgup g q l");
    snap("tui__tail__log", &stage.screen());
    stage.press("q");
    assert!(stage.model.overlay.is_none());
    stage.answers = Box::new(|ask| match ask {
        Ask::Tail(TailAsk::Served { .. }) => {
            Ok(Answer::Tail(TailAnswer::Served(Served::Nobody(None))))
        }
        ask => shop::answer(ask),
    });
    stage.send(Msg::Connection(Connection::Local));
    calm(&mut stage);
    stage.press("m");
    assert!(stage.screen().contains("no daemon serves this workspace"), "{}", stage.screen());
    stage.model.toasts.clear();
    snap("tui__tail__local", &stage.screen());
}

#[test]
fn the_tab_says_how_many_come() {
    let mut stage = open(80, 24);
    let tab = |stage: &mut Stage| stage.screen().lines().next().unwrap().to_owned();
    assert!(tab(&mut stage).contains("[6 Tail 4.2/s]"), "{}", tab(&mut stage));
    stage.press("1");
    assert!(tab(&mut stage).contains(" 6 Tail 4.2/s "), "{}", tab(&mut stage));
    stage.wait(Duration::from_secs(9));
    assert!(tab(&mut stage).contains("6 Tail "), "{}", tab(&mut stage));
    assert!(!tab(&mut stage).contains("/s"), "nothing comes any more");
}

#[test]
fn every_pane_moves_and_leaves() {
    let mut stage = open(80, 24);
    for pane in [TailPane::Outbox, TailPane::Event, TailPane::Daemon, TailPane::Live] {
        stage.press("tab");
        assert_eq!(stage.model.tail.focus, pane);
        stage.press("j pgdn end k home");
    }
    stage.press("tab tab esc");
    assert_eq!(stage.model.tail.focus, TailPane::Live);
    stage.press("+ +");
    assert!(!stage.screen().contains("outbox"), "the whole screen is for the list");
    stage.press("+ ? ");
    snap("tui__tail__help", &stage.screen());
}
