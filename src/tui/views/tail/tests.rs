//! The view at every size and in every state, and all that can be done in it.

use crate::error::Result;
use crate::tui::model::{Connection, Mark, Overlay, Row, Served, TailPane};
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::{Stage, shop, snap, tail};
use crate::tui::theme::Theme;
use crate::tui::worker::{Answer, Ask, TailAnswer, TailAsk};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// A dashboard on the end of the log, with all that it asked for, a daemon that serves it, and some events that came.
fn open(width: u16, height: u16) -> Stage {
    let mut stage = quiet(width, height);
    for end in [4_198, 4_199, 4_206, 4_209, 4_211] {
        stage.wait(Duration::from_secs(1));
        grow(&mut stage, end);
    }
    stage
}

/// As [`open`] before anything came.
fn quiet(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Box::new(shop::answer));
    stage.send(Msg::Connection(Connection::Daemon(Some("127.0.0.1:7070".into()), 4_711)));
    grow(&mut stage, 4_190);
    stage.press("6");
    calm(&mut stage);
    stage
}

/// Lets what waits for its time be asked.
fn calm(stage: &mut Stage) {
    stage.wait(Duration::from_millis(60));
    stage.wait(Duration::from_millis(60));
}

fn grow(stage: &mut Stage, end: u64) {
    stage.send(Msg::Status(Box::new(tail::status(end))));
    calm(stage);
}

fn selected(stage: &Stage) -> u64 {
    stage.model.tail.selected().unwrap().position
}

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
    stage.model.look.theme = Theme::None;
    let styles = stage.styled();
    assert!(!styles.contains("fg: Cyan") && !styles.contains("fg: Green"), "{styles}");
    assert!(styles.contains("REVERSED"), "the selected row is seen without colours: {styles}");
    stage.model.look.glyphs = &crate::tui::glyphs::ASCII;
    let ascii = stage.screen();
    assert!(ascii.is_ascii(), "{ascii}");
    snap("tui__tail__ascii", &ascii);
    stage.model.look.plain = true;
    snap("tui__tail__plain", &stage.screen());
}

#[test]
fn nothing_there() {
    let nothing = |ask: &Ask| match ask {
        Ask::Tail(TailAsk::Cursors { .. }) => Ok(Answer::Tail(TailAnswer::Cursors(Vec::new()))),
        ask => shop::answer(ask),
    };
    let mut stage = Stage::new(80, 24, Box::new(nothing));
    grow(&mut stage, 0);
    stage.press("6");
    snap("tui__tail__empty", &stage.screen());
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
    stage.model.toasts.clear();
    snap("tui__tail__error", &stage.screen());
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
    snap("tui__tail__loading", &stage.screen());
}

#[test]
fn a_pause_freezes_what_is_seen_and_counts_what_comes() {
    let mut stage = open(160, 48);
    stage.press("space");
    grow(&mut stage, 4_223);
    assert!(stage.screen().contains("‖ paused · 12 new"), "{}", stage.screen());
    assert_eq!(selected(&stage), 4_211);
    stage.press("j j k");
    assert_eq!(selected(&stage), 4_210);
    calm(&mut stage);
    snap("tui__tail__paused", &stage.screen());
    stage.press("space G");
    assert_eq!(selected(&stage), 4_223);
    assert!(stage.screen().contains("you were here (14:02:11)"), "{}", stage.screen());
    grow(&mut stage, 4_224);
    assert_eq!(selected(&stage), 4_224, "the newest is followed again");
}

#[test]
fn one_who_looks_back_is_not_moved() {
    let mut stage = open(80, 24);
    stage.press("j j j");
    let line = stage.model.tail.line;
    grow(&mut stage, 4_250);
    assert_eq!((selected(&stage), stage.model.tail.line), (4_208, line));
    assert!(stage.screen().contains("42 newer"), "{}", stage.screen());
    stage.press("end");
    calm(&mut stage);
    stage.press("end");
    assert!(selected(&stage) < 3_700, "older ones are read as one gets there");
    stage.press("g g");
    assert_eq!((selected(&stage), stage.model.tail.at), (4_250, None));
}

#[test]
fn what_came_while_one_was_away_is_below_a_line() {
    let mut stage = open(80, 24);
    stage.press("1");
    grow(&mut stage, 4_215);
    assert_eq!(stage.model.tail.read_to, Some(4_211), "nothing is read for nobody");
    stage.press("6");
    calm(&mut stage);
    assert_eq!(selected(&stage), 4_215);
    assert!(stage.screen().contains("you were here"), "{}", stage.screen());
    stage.press("1");
    grow(&mut stage, 60_000);
    stage.press("6");
    calm(&mut stage);
    let view = &stage.model.tail;
    assert_eq!((view.read_to, view.ring.len()), (Some(60_000), 5_000 + 281));
    let rows = view.screen(6_000);
    let gap = rows.iter().find_map(|row| match row {
        Row::Mark(Mark::Gap(gap)) => Some((gap.from, gap.to)),
        _ => None,
    });
    assert_eq!(gap, Some((4_216, 55_000)), "what is too far behind is passed over, and said to be");
}

#[test]
fn a_fast_log_is_never_asked_twice_at_once() {
    let mut stage = quiet(80, 24);
    let asked = Rc::new(RefCell::new(Vec::new()));
    // Nobody answers: what grows meanwhile must not take the place of what is being read.
    let mut newer = 0;
    for end in 4_191..4_291 {
        let msg = Msg::Status(Box::new(tail::status(end)));
        for effect in crate::tui::update::update(msg, &mut stage.model) {
            if let Effect::Ask { ask: Ask::Tail(TailAsk::Newer { after, .. }), .. } = &effect {
                newer += 1;
                asked.borrow_mut().push(*after);
            }
        }
    }
    assert_eq!((newer, asked.borrow().as_slice()), (1, [4_190].as_slice()));
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
fn one_aggregate_is_followed_and_left_again() {
    let mut stage = open(160, 48);
    stage.press("j j f");
    let name = stage.model.tail.scope.follow.clone().unwrap();
    calm(&mut stage);
    assert_eq!((name.to_string().as_str(), selected(&stage)), ("order/order-38", 4_209));
    assert!(stage.screen().contains("only order-38"), "{}", stage.screen());
    stage.press("Y");
    assert_eq!(stage.effects.pop(), Some(Effect::Copy("dbx events show '#4209'".into())));
    stage.press("f");
    calm(&mut stage);
    assert_eq!(selected(&stage), 4_209, "among all others one is where one was");
    let mut stage = shop::open(80, 24);
    stage.press("t");
    calm(&mut stage);
    assert_eq!(stage.model.tail.scope.follow.as_ref().unwrap().to_string(), "order/order-42");
    assert!(stage.screen().contains("[6 Tail"), "{}", stage.screen());
    stage.press("q");
    assert_eq!(stage.model.tail.scope.follow, None);
}

#[test]
fn enter_opens_the_history_at_that_event() {
    let mut stage = open(80, 24);
    stage.press("j enter");
    let view = &stage.model.timeline;
    assert_eq!(
        (view.name.as_ref().unwrap().to_string().as_str(), view.version),
        ("order/order-39", 28)
    );
    stage.press("<");
    calm(&mut stage);
    assert_eq!(selected(&stage), 4_210, "one comes back to where one was");
}

#[test]
fn consumers_are_looked_into_moved_and_forgotten() {
    let mut stage = open(80, 24);
    let asked: Rc<RefCell<Vec<Ask>>> = Rc::default();
    let heard = asked.clone();
    stage.answers = Box::new(move |ask: &Ask| -> Result<Answer> {
        heard.borrow_mut().push(ask.clone());
        shop::answer(ask)
    });
    stage.press("tab j j enter");
    snap("tui__tail__waiting", &stage.screen());
    stage.press("j esc @").types("4000").press("enter");
    assert!(stage.screen().contains("209 events again: add `rewind`"), "{}", stage.screen());
    stage.press("ctrl-u").types("9999").press("enter");
    assert!(stage.screen().contains("the log ends at #4,211"), "{}", stage.screen());
    stage.press("ctrl-u").types("soon").press("enter");
    snap("tui__tail__set", &stage.screen());
    stage.press("ctrl-u").types("#4000 rewind").press("enter");
    assert!(stage.model.overlay.is_none());
    assert!(stage.screen().contains("mail stands at #4,000"), "{}", stage.screen());
    stage.press("D").types("mai").press("enter");
    snap("tui__tail__forget", &stage.screen());
    stage.types("l").press("enter");
    assert!(stage.screen().contains("mail is forgotten"), "{}", stage.screen());
    let writes: Vec<String> = asked
        .borrow()
        .iter()
        .filter_map(|ask| match ask {
            Ask::Tail(TailAsk::Move { name, update }) => Some(format!("{name} {update:?}")),
            Ask::Tail(TailAsk::Forget(name)) => Some(format!("forget {name}")),
            _ => None,
        })
        .collect();
    let wanted = [
        "mail CursorUpdate { position: Some(Decimal64(4000)), event_id: None, \
         expected: Some(Decimal64(4209)), rewind: true }",
        "forget mail",
    ];
    assert_eq!(writes, wanted);
    stage.press("enter j enter");
    assert_eq!(stage.model.timeline.name.as_ref().unwrap().id, "customer-40");
}

#[test]
fn a_cursor_that_moved_meanwhile_says_so() {
    let mut stage = open(80, 24);
    stage.press("tab @").types("end");
    stage.answers = Box::new(|ask| match ask {
        Ask::Tail(TailAsk::Move { .. }) => Err(shop::broken()),
        ask => shop::answer(ask),
    });
    stage.press("enter");
    let Some(Overlay::Cursor(cursor)) = &stage.model.overlay else { panic!("the line stays") };
    assert!(cursor.line.error.is_some());
    stage.press("esc");
    assert!(stage.model.overlay.is_none());
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
fn what_is_looked_at_is_copied() {
    let mut stage = open(80, 24);
    stage.press("y y y i y j y c");
    let copied: Vec<String> = stage
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Copy(text) => text.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(copied[0], "{\n  \"status\": \"shipped\",\n  \"carrier\": \"DHL\"\n}");
    assert_eq!(copied[1], "customer/customer-40@37");
    assert!(copied[2].starts_with("{\"aggregate_type\""), "{}", copied[2]);
    assert_eq!(copied[3], "dbx events show '#4211'");
    stage.press("tab y y y i Y");
    let copied: Vec<&Effect> = stage.effects.iter().skip(4).collect();
    let copy = |text: &str| Effect::Copy(text.into());
    let wanted = [copy("3303"), copy("audit"), copy("dbx outbox cursor audit")];
    assert_eq!(copied, wanted.iter().collect::<Vec<_>>());
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

#[test]
fn a_page_that_is_ahead_of_what_is_known_of_the_log_is_no_other_history() {
    let mut stage = open(80, 24);
    stage.answers = Box::new(|ask| match ask {
        Ask::Tail(TailAsk::Newer { scope, after, revision, .. }) => {
            let (scope, after, end, revision) = (scope.clone(), *after, 4_300, *revision);
            Ok(Answer::Tail(tail::tail(&TailAsk::Newer { scope, after, end, revision })))
        }
        ask => shop::answer(ask),
    });
    stage.press("space");
    grow(&mut stage, 4_250);
    grow(&mut stage, 4_260);
    assert_eq!(stage.model.tail.came(), (89, false));
    assert_eq!(stage.model.tail.read_to, Some(4_300));
}

#[test]
fn another_history_is_begun_anew() {
    let mut stage = open(80, 24);
    grow(&mut stage, 50);
    assert_eq!(selected(&stage), 50, "a log that became shorter is another one");
    assert_eq!(stage.model.tail.here, None);
}
