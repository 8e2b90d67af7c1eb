//! What lies over the views, as far as the tests of no view draw it.

use crate::tui::model::{Connection, View};
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::schema::{WRONG, saved};
use crate::tui::testing::{Stage, shop, snap, stage, tail};
use crate::tui::theme::Meaning;
use crate::tui::update::update;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

/// The history of the first order.
fn history() -> Stage {
    let mut stage = shop::open(80, 24);
    stage.press("enter").wait(Duration::from_millis(50)).wait(Duration::from_millis(50));
    stage
}

#[test]
fn lines_to_type_in() {
    let mut stage = history();
    stage.press("@");
    snap("tui__line__goto", &stage.screen());
    stage.press("esc /").types("event:order_paid");
    snap("tui__line__find", &stage.screen());
    stage.types(" total:>").press("enter");
    snap("tui__line__find_error", &stage.screen());
    let mut stage = tail::open(80, 24);
    stage.press("tab @");
    snap("tui__line__cursor", &stage.screen());
}

/// The cursor is where the next letter goes, whatever the letters before it take.
#[test]
fn the_cursor_of_a_line_is_behind_what_was_typed() {
    for text in ["plain", "\u{4ef7}\u{683c}", "a\u{200b}b", &"\u{4ef7}".repeat(90), &"x".repeat(90)]
    {
        let mut stage = shop::open(80, 24);
        stage.press("/").types(text);
        let mut buffer = ratatui::buffer::Buffer::empty(stage.model.size);
        let mut canvas = crate::tui::canvas::Canvas::new(&mut buffer, stage.model.look);
        crate::tui::chrome::draw(&stage.model, &mut canvas);
        let cursor = canvas.cursor.unwrap();
        let screen = stage.screen();
        let line = screen.lines().nth(usize::from(cursor.y)).unwrap();
        let typed = line.split("  ").next().unwrap().trim_end();
        let end = crate::tui::text::width(typed);
        assert!(end.abs_diff(usize::from(cursor.x)) <= 1, "{end} {cursor:?} {line}");
    }
}

#[test]
fn how_keys_go_on() {
    let mut stage = shop::open(80, 24);
    stage.press("g").wait(Duration::from_millis(400));
    snap("tui__which__go", &stage.screen());
    stage.press("esc");
    assert!(stage.model.pending.is_none());
}

#[test]
fn the_help_of_every_view() {
    let views = [
        (View::Verify, "tui__verify__help"),
        (View::Stage, "tui__stage__help"),
        (View::Schema, "tui__schema__help"),
    ];
    for (view, name) in views {
        let mut stage = shop::open(80, 24);
        stage.send(saved(WRONG));
        stage.press(&view.number().to_string()).press("?");
        snap(name, &stage.screen());
    }
}

#[test]
fn what_nothing_is_called() {
    let mut stage = shop::open(80, 24);
    stage.press("?").types("zzz");
    snap("tui__help__none", &stage.screen());
    stage.press("esc :").types("zzz");
    snap("tui__palette__none", &stage.screen());
    stage.press("enter");
    assert!(stage.model.overlay.is_some(), "what nothing is called can be mended");
}

#[test]
fn toasts() {
    let mut stage = shop::open(80, 24);
    let model = &mut stage.model;
    model.say(Meaning::Text, "theme ansi");
    model.say(Meaning::Ok, "copied with wl-copy");
    model.say(Meaning::Warn, "stopped");
    let long = "the daemon does not answer: it was asked at 127.0.0.1:7070 and said nothing. ";
    model.say(Meaning::Danger, long.repeat(6));
    snap("tui__toasts", &stage.screen());
    stage.wait(Duration::from_secs(60));
    assert!(!stage.screen().contains("stopped"), "they go away by themselves");
}

#[test]
fn leaving_while_a_commit_is_made() {
    let mut stage = stage::with(80, 24, stage::rebased());
    stage.press("c").types("why");
    for c in ['s', 'c'] {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        let effects = update(Msg::Input(Event::Key(key)), &mut stage.model);
        assert!(matches!(effects.as_slice(), [] | [Effect::Ask { .. }]), "{effects:?}");
    }
    snap("tui__stage__leaving", &stage.screen());
    assert!(!stage.model.quit, "it is asked before");
}

#[test]
fn a_sheet_that_is_not_there_yet() {
    let mut stage = tail::open(80, 24);
    stage.silent = true;
    stage.press("m");
    snap("tui__tail__sheet_loading", &stage.screen());
}

#[test]
fn whoever_has_the_store() {
    let mut lines = String::new();
    let store = shop::broken();
    let gone = crate::error::Error::new(store.kind(), "dbx::daemon::gone", "nobody answers");
    let all = [
        Connection::Connecting,
        Connection::Local,
        Connection::Unserved,
        Connection::Dashboard(4_711),
        Connection::Daemon(Some("127.0.0.1:7070".into()), 4_711),
        Connection::Daemon(None, 4_711),
        Connection::Offline(store, 1),
        Connection::Offline(gone, 3),
    ];
    for (width, height) in [(160, 48), (80, 24), (40, 10)] {
        for connection in &all {
            let mut stage = shop::open(width, height);
            stage.send(Msg::Connection(connection.clone()));
            lines.extend(stage.screen().lines().take(1).chain(["\n"]));
        }
    }
    snap("tui__connections", &lines);
    let mut stage = shop::open(80, 24);
    stage.send(Msg::Connection(Connection::Offline(shop::broken(), 1)));
    assert!(stage.model.toasts.is_empty(), "whoever has the store next may be there in a moment");
    stage.send(Msg::Connection(Connection::Offline(shop::broken(), 2)));
    snap("tui__offline", &stage.screen());
}
