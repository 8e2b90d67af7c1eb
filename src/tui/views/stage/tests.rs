//! The view at every size and in every state, and every way of changing and committing what is staged.

use crate::error::{Error, Kind};
use crate::tui::model::StagePane;
use crate::tui::msg::{Effect, Msg, Reply};
use crate::tui::testing::stage::{self as data, changes, listen, open, with};
use crate::tui::testing::{Stage, shop, snap};
use crate::tui::update::update;
use crate::tui::worker::{Answer, Ask, Slot, StageAnswer, StageAsk, StageChange};
use crate::wire::StatusReport;
use std::time::Duration;

#[test]
fn data_at_every_size() {
    for (name, width, height) in [
        ("tui__stage__80x24", 80, 24),
        ("tui__stage__160x48", 160, 48),
        ("tui__stage__70x20", 70, 20),
        ("tui__stage__40x10", 40, 10),
    ] {
        snap(name, &open(width, height).screen());
    }
    let mut stage = open(70, 20);
    stage.press("tab");
    snap("tui__stage__preview_70x20", &stage.screen());
    stage.press("tab");
    snap("tui__stage__detail_70x20", &stage.screen());
}

#[test]
fn states_of_an_operation() {
    let mut stage = with(80, 24, data::refused());
    snap("tui__stage__refused_80x24", &stage.screen());
    let mut stage = with(160, 48, data::refused());
    snap("tui__stage__refused_160x48", &stage.screen());
    let mut stage = with(80, 24, data::rebased());
    stage.press("j j d");
    snap("tui__stage__split", &stage.screen());
}

#[test]
fn nothing_there_and_nothing_to_be_had() {
    snap("tui__stage__emptied_80x24", &with(80, 24, Vec::new()).screen());
    snap("tui__stage__emptied_160x48", &with(160, 48, Vec::new()).screen());
    snap("tui__stage__empty_40x10", &with(40, 10, Vec::new()).screen());
    let mut stage = with(80, 24, Vec::new());
    let read_only = Some("the log is damaged".to_owned());
    stage.send(Msg::Status(Box::new(StatusReport { read_only, ..data::status() })));
    snap("tui__stage__read_only", &stage.screen());
    stage.press("n");
    assert!(stage.screen().contains("read only: the log is damaged"), "{}", stage.screen());
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|_| Err(shop::broken()));
    stage.press("4");
    assert!(stage.screen().contains("^r tries again"), "{}", stage.screen());
    stage.answers = Box::new(shop::answer);
    stage.press("ctrl-r");
    assert!(stage.screen().contains("4 of 4 selected"), "{}", stage.screen());
}

#[test]
fn what_takes_long_is_said_after_a_while() {
    let mut stage = shop::open(80, 24);
    // The question is sent, and the answer does not come.
    let key =
        ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::Char('4'));
    update(Msg::Input(ratatui::crossterm::event::Event::Key(key)), &mut stage.model);
    assert!(!stage.screen().contains("reading"), "at first nothing flickers");
    let later = stage.model.elapsed + Duration::from_millis(400);
    update(Msg::Tick(stage.model.now, later), &mut stage.model);
    assert!(stage.screen().contains("reading what is staged"), "{}", stage.screen());
}

#[test]
fn how_it_looks_with_and_without_colours() {
    let mut stage = open(80, 24);
    snap("tui__stage__styles", &stage.styled());
    snap("tui__stage__none", &stage.without_colours());
    snap("tui__stage__ascii", &stage.without_unicode());
    stage.press("c");
    assert!(stage.screen().is_ascii());
    stage.model.look.plain = true;
    snap("tui__stage__plain", &stage.screen());
}

#[test]
fn selecting_says_what_would_be_left() {
    let mut stage = open(80, 24);
    assert_eq!(stage.model.stage.only().unwrap(), ["s1", "s2", "s3"]);
    stage.press("a");
    assert!(stage.model.stage.only() == Some(Vec::new()) && stage.model.stage.left_out.is_empty());
    stage.press("a");
    assert_eq!(stage.model.stage.chosen().count(), 0);
    assert!(stage.screen().contains("nothing is selected"));
    stage.press("c");
    assert!(stage.screen().contains("nothing is selected: Space selects"), "{}", stage.screen());
    assert!(stage.model.overlay.is_none());
    stage.press("a c");
    assert!(
        stage.screen().contains("s3 is in conflict: r rebases it, Space leaves it out"),
        "{}",
        stage.screen()
    );
    assert!(stage.model.overlay.is_none());
}

#[test]
fn changes_are_made_one_after_the_other_and_say_how_they_are_taken_back() {
    let mut stage = open(80, 24);
    let asked = listen(&mut stage);
    stage.press("r");
    assert!(stage.screen().contains("rebased s3 onto v11 · u takes it back"), "{}", stage.screen());
    snap("tui__stage__rebased", &stage.screen());
    stage.press("J");
    assert!(stage.screen().contains("s3 is number 4 now · u takes it back"), "{}", stage.screen());
    assert_eq!(stage.model.stage.selected().unwrap().id, "s3", "the cursor stays on it");
    stage.press("K D");
    assert!(stage.screen().contains("s3 is off the stage: points_added on customer-7"));
    stage.press("u");
    assert!(stage.screen().contains("taken back: s4 off the stage · U makes it again"));
    stage.press("U");
    assert!(stage.screen().contains("made again: the order · u takes it back"));
    let wanted = [
        StageChange::Rebase,
        StageChange::Shift("s3".into(), 1),
        StageChange::Shift("s3".into(), -1),
        StageChange::Drop("s3".into()),
        StageChange::Undo,
        StageChange::Redo,
    ];
    assert_eq!(changes(&asked), wanted);
}

#[test]
fn keys_that_come_while_a_change_is_made_wait_for_it() {
    let mut stage = open(80, 24);
    let send = |stage: &mut Stage, key: char| {
        let key = ratatui::crossterm::event::KeyEvent::from(
            ratatui::crossterm::event::KeyCode::Char(key),
        );
        update(Msg::Input(ratatui::crossterm::event::Event::Key(key)), &mut stage.model)
    };
    let first = send(&mut stage, 'J');
    let [Effect::Ask { slot: Slot::Change, generation, ask }] = &first[..] else {
        panic!("{first:?}")
    };
    assert!(send(&mut stage, 'J').is_empty() && send(&mut stage, 'D').is_empty());
    let (generation, result) = (*generation, shop::answer(ask));
    let reply = Reply { slot: Slot::Change, generation, last: true, result };
    let next = update(Msg::Reply(reply), &mut stage.model);
    let again = Ask::Stage(StageAsk::Change(StageChange::Shift("s3".into(), 1)));
    assert!(matches!(&next[..], [Effect::Ask { ask, .. }] if *ask == again), "{next:?}");
    assert_eq!(stage.model.stage.waiting.len(), 1);
}

#[test]
fn a_change_that_fails_is_said_and_the_stage_is_read_again() {
    let mut stage = open(80, 24);
    stage.answers = Box::new(|ask| match ask {
        Ask::Stage(StageAsk::Change(_)) => Err(shop::broken()),
        other => shop::answer(other),
    });
    let asked = listen(&mut stage);
    stage.press("D");
    assert!(stage.screen().contains("the disk does not answer"));
    let read = asked.borrow().iter().any(|ask| matches!(ask, StageAsk::Report { turn: 2, .. }));
    assert!(read, "{:?}", asked.borrow());
}

#[test]
fn enter_opens_the_history_and_copies_are_what_they_say() {
    let mut stage = open(80, 24);
    stage.press("y y y i y j Y");
    let copied: Vec<&str> = stage
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Copy(text) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(copied[0], "{\n  \"points\": 100\n}");
    assert_eq!(copied[1], "customer/customer-7");
    assert!(copied[2].starts_with("{\"aggregate_type\":\"customer\""));
    let command = "dbx stage add customer customer-7 points_added --payload '{\"points\":100}'";
    assert_eq!(copied[3], command);
    stage.press("k k enter");
    assert!(stage.screen().contains("[2 Timeline]"));
    assert_eq!(stage.model.timeline.version, 48);
    stage.press("<");
    assert!(stage.screen().contains("[4 Stage(4)]"), "{}", stage.screen());
}

#[test]
fn panes_and_sizes() {
    let mut stage = open(80, 24);
    stage.press("tab");
    assert_eq!(stage.model.stage.focus, StagePane::Preview);
    stage.press("j G g g tab j q");
    assert_eq!(stage.model.stage.focus, StagePane::List);
    stage.press("+");
    snap("tui__stage__half", &stage.screen());
    stage.press("+ _ _ G");
    assert_eq!(stage.model.stage.cursor, 3);
    let mut stage = with(80, 18, data::operations());
    stage.press("tab tab");
    assert!(stage.screen().contains("payload"), "{}", stage.screen());
}

#[test]
fn a_commit_says_what_it_writes_and_gives_a_receipt() {
    let mut stage = with(80, 24, data::rebased());
    stage.press("G space c");
    let asked = listen(&mut stage);
    stage.types("ship order 42 and thank customer 7");
    snap("tui__stage__commit_80x24", &stage.screen());
    stage.press("enter");
    assert!(stage.screen().contains("Enter does not"), "{}", stage.screen());
    stage.press("esc");
    assert!(stage.model.overlay.is_none());
    stage.press("c");
    assert!(stage.screen().contains("ship order 42 and thank customer 7"), "the message is kept");
    stage.press("ctrl-s");
    let request = asked.borrow().iter().find_map(|ask| match ask {
        StageAsk::Commit { request, seen } => Some((request.clone(), seen.0)),
        _ => None,
    });
    let (request, seen) = request.unwrap();
    assert_eq!(request.message.as_deref(), Some("ship order 42 and thank customer 7"));
    assert_eq!(
        (request.only.join(","), request.revision, seen),
        ("s1,s2,s3".into(), Some(7), 4_211)
    );
    assert_eq!(request.idempotency_key.as_deref(), Some("dbx-tui-stage-7"));
    assert!(stage.model.overlay.is_none() && stage.model.stage.message.is_empty());
    snap("tui__stage__receipt", &stage.screen());
    stage.press("y r");
    assert!(
        matches!(stage.effects.last(), Some(Effect::Copy(text)) if text.starts_with("c8 #4212..#4214 root "))
    );
    snap("tui__stage__commit_160x48", &{
        let mut stage = with(160, 48, data::rebased());
        stage.press("c");
        stage.screen()
    });
    let mut stage = with(40, 10, data::rebased());
    stage.press("c");
    snap("tui__stage__commit_40x10", &stage.screen());
}

#[test]
fn a_commit_without_a_message_or_with_a_refusal_is_none() {
    let mut stage = with(80, 24, data::rebased());
    stage.press("c f5");
    assert!(stage.screen().contains("say why"), "{}", stage.screen());
    stage.answers = Box::new(|ask| match ask {
        Ask::Stage(StageAsk::Commit { .. }) => {
            let message = "s3: `points_added` on `customer/customer-7` was written against v11, and the log has v12";
            Err(Error::new(Kind::Version, "dbx::conflict::version", message)
                .kept("nothing was written")
                .help("`dbx stage rebase` binds it to what is there now"))
        }
        Ask::Stage(StageAsk::Report { .. }) => {
            let report = data::report(data::rebased());
            Ok(Answer::Stage(StageAnswer::Report(Box::new(report))))
        }
        other => shop::answer(other),
    });
    stage.types("why not").press("ctrl-s");
    snap("tui__stage__commit_failed", &stage.screen());
    stage.press("esc c");
    assert!(stage.screen().contains("why not"), "all is kept");
    stage.answers = Box::new(|ask| match ask {
        Ask::Stage(StageAsk::Plan { .. }) => Err(shop::broken()),
        other => shop::answer(other),
    });
    stage.press("esc c");
    snap("tui__stage__commit_refused", &stage.screen());
}

#[test]
fn a_stage_that_others_changed_is_read_again_before_it_is_committed() {
    let mut stage = with(80, 24, data::rebased());
    let asked = listen(&mut stage);
    let before = std::mem::replace(&mut stage.answers, Box::new(shop::answer));
    stage.answers = Box::new(move |ask| match ask {
        Ask::Stage(StageAsk::Plan { revision: 7, .. }) => {
            Err(Error::new(Kind::Conflict, "dbx::stage::moved", "the stage moved"))
        }
        Ask::Stage(StageAsk::Report { turn: 2, .. }) => {
            let report = crate::wire::StageReport { revision: 8, ..data::report(data::rebased()) };
            Ok(Answer::Stage(StageAnswer::Report(Box::new(report))))
        }
        other => before(other),
    });
    stage.press("c");
    assert!(stage.screen().contains("4,211 → 4,215"), "{}", stage.screen());
    let plans = asked.borrow().iter().filter(|ask| matches!(ask, StageAsk::Plan { .. })).count();
    assert_eq!(plans, 1, "the one for what is there now");
}

#[test]
fn leaving_is_asked_about_only_while_a_commit_is_made() {
    let mut stage = with(80, 24, data::rebased());
    stage.press("c").types("why");
    let key = |stage: &mut Stage, c: char| {
        use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        update(Msg::Input(Event::Key(key)), &mut stage.model)
    };
    let effects = key(&mut stage, 's');
    assert!(matches!(&effects[..], [Effect::Ask { slot: Slot::Commit, .. }]), "{effects:?}");
    snap("tui__stage__committing", &stage.screen());
    key(&mut stage, 'c');
    assert!(!stage.model.quit && stage.screen().contains("^c again leaves"), "{}", stage.screen());
    stage.press("esc");
    assert!(stage.screen().contains("committing"));
    stage.press("esc");
    assert!(stage.screen().contains("cannot be stopped"));
    key(&mut stage, 'c');
    key(&mut stage, 'c');
    assert!(stage.model.quit);
}

#[test]
fn a_lost_way_to_the_store_does_not_lose_the_receipt() {
    use crate::tui::model::Connection;
    let mut stage = with(80, 24, data::rebased());
    stage.press("c").types("why");
    let key = ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::F(5));
    let effects = update(Msg::Input(ratatui::crossterm::event::Event::Key(key)), &mut stage.model);
    let [Effect::Ask { slot, generation, ask }] = &effects[..] else { panic!("{effects:?}") };
    stage.send(Msg::Connection(Connection::Offline(shop::broken(), 1)));
    stage.send(Msg::Connection(Connection::Local));
    let (slot, generation) = (*slot, *generation);
    let reply = Reply { slot, generation, last: true, result: shop::answer(ask) };
    stage.send(Msg::Reply(reply));
    assert!(stage.screen().contains("c8 · 4,211→4,214"), "{}", stage.screen());
}
