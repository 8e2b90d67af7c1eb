//! The view at every size and in every state, and every way of changing what is staged.

use crate::error::{Error, Kind};
use crate::tui::model::{Overlay, StagePane};
use crate::tui::msg::{Effect, Msg, Reply};
use crate::tui::testing::stage as data;
use crate::tui::testing::{Stage, shop, snap};
use crate::tui::theme::Theme;
use crate::tui::update::update;
use crate::tui::worker::{Answer, Ask, Slot, StageAnswer, StageAsk, StageChange};
use crate::wire::{StageSummary, StagedOperation, StatusReport};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// The workspace with four operations on the stage.
fn status() -> StatusReport {
    let stage = StageSummary { operations: 4, conflicts: 1, revision: 7 };
    StatusReport { stage, ..shop::status() }
}

/// A dashboard whose stage is made of these.
fn with(width: u16, height: u16, operations: Vec<StagedOperation>) -> Stage {
    let answers = move |ask: &Ask| match ask {
        Ask::Stage(StageAsk::Report { .. }) => {
            let report = data::report(operations.clone());
            Ok(Answer::Stage(StageAnswer::Report(Box::new(report))))
        }
        other => shop::answer(other),
    };
    let mut stage = Stage::new(width, height, Box::new(answers));
    stage.send(Msg::Status(Box::new(status())));
    stage.wait(Duration::from_secs(1));
    stage.press("4");
    stage
}

/// The view as the design has it: the third one selected, the fourth one left out.
fn open(width: u16, height: u16) -> Stage {
    let mut stage = with(width, height, data::operations());
    stage.press("j j j space k");
    stage
}

/// Remembers what is asked from now on.
fn listen(stage: &mut Stage) -> Rc<RefCell<Vec<StageAsk>>> {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let heard = asked.clone();
    let before = std::mem::replace(&mut stage.answers, Box::new(shop::answer));
    stage.answers = Box::new(move |ask| {
        if let Ask::Stage(ask) = ask {
            heard.borrow_mut().push(ask.clone());
        }
        before(ask)
    });
    asked
}

/// The changes among what was asked.
fn changes(asked: &Rc<RefCell<Vec<StageAsk>>>) -> Vec<StageChange> {
    let change = |ask: &StageAsk| match ask {
        StageAsk::Change(change) => Some(change.clone()),
        _ => None,
    };
    asked.borrow().iter().filter_map(change).collect()
}

/// The text that the editor was opened with last.
fn text(stage: &Stage) -> String {
    match stage.effects.last() {
        Some(Effect::Compose(text, _)) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// Comes back from the editor.
fn saved(stage: &mut Stage, text: &str) {
    stage.send(Msg::Composed(Ok(Some(text.to_owned()))));
}

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
    snap("tui__stage__empty_80x24", &with(80, 24, Vec::new()).screen());
    snap("tui__stage__empty_160x48", &with(160, 48, Vec::new()).screen());
    snap("tui__stage__empty_40x10", &with(40, 10, Vec::new()).screen());
    let mut stage = with(80, 24, Vec::new());
    let read_only = Some("the log is damaged".to_owned());
    stage.send(Msg::Status(Box::new(StatusReport { read_only, ..status() })));
    snap("tui__stage__read_only", &stage.screen());
    stage.press("n");
    assert!(stage.screen().contains("read only: the log is damaged"), "{}", stage.screen());
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|_| Err(shop::broken()));
    stage.press("4");
    snap("tui__stage__error", &stage.screen());
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
    snap("tui__stage__loading", &stage.screen());
}

#[test]
fn how_it_looks_without_colours() {
    let mut stage = open(80, 24);
    stage.model.look.theme = Theme::None;
    let styles = stage.styled();
    assert!(!styles.contains("Red") && styles.contains("REVERSED"), "{styles}");
    snap("tui__stage__none", &styles);
    stage.model.look.glyphs = &crate::tui::glyphs::ASCII;
    let ascii = stage.screen();
    assert!(ascii.is_ascii(), "{ascii}");
    snap("tui__stage__ascii", &ascii);
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
fn an_event_is_picked_written_and_staged() {
    let mut stage = open(80, 24);
    let asked = listen(&mut stage);
    stage.press("n");
    snap("tui__stage__pick_type", &stage.screen());
    stage.types("ord").press("enter");
    snap("tui__stage__pick_id", &stage.screen());
    stage.types("order-42").press("enter");
    snap("tui__stage__pick_event", &stage.screen());
    stage.types("ship").press("enter");
    snap("tui__stage__template", &text(&stage));
    assert!(stage.model.overlay.is_none());
    let written = text(&stage).replace("\"carrier\": \"\"", "\"carrier\": \"DHL\"");
    saved(&mut stage, &written);
    assert!(
        stage.screen().contains("staged s5 order_shipped on order-42 v50→51 · u takes it back"),
        "{}",
        stage.screen()
    );
    let [StageChange::Add { operation, .. }] = &changes(&asked)[..] else { panic!("{asked:?}") };
    assert_eq!((operation.expected_version, operation.exists), (Some(50), None));
    let payload = operation.payload.as_ref().unwrap();
    assert_eq!(*payload, data::json(r#"{"status":"paid","carrier":"DHL"}"#));
    assert_eq!(stage.model.stage.selected().unwrap().id, "s5");
}

#[test]
fn steps_of_picking_are_gone_back() {
    let mut stage = open(80, 24);
    stage.press("n").types("cust").press("tab enter").types("new-1").press("enter");
    stage.press("esc");
    assert!(stage.screen().contains("id > new-1"), "{}", stage.screen());
    stage.press("esc");
    assert!(stage.screen().contains("type > customer"));
    stage.press("esc");
    assert!(stage.model.overlay.is_none());
    stage.press("n").types("parcel").press("enter").types("p-1").press("enter");
    stage.types("parcel_sent").press("enter");
    let text = text(&stage);
    assert!(text.contains("which does not exist yet") && text.contains("\"exists\": false"));
}

#[test]
fn other_views_stage_too() {
    let mut stage = shop::open(80, 24);
    stage.press("s");
    snap("tui__stage__pick_from_aggregates", &stage.screen());
    stage.types("order_cr").press("enter");
    snap("tui__stage__template_any_fields", &text(&stage));
    let written = text(&stage);
    saved(&mut stage, &written);
    assert!(stage.screen().contains("staged s5 order_created on order-42"));
    assert!(stage.screen().contains("[1 Aggregates]"), "one stays where one is");
    stage.press("u");
    assert!(stage.screen().contains("taken back"));
    stage.press("enter").wait(Duration::from_millis(50));
    stage.press("end left left").wait(Duration::from_millis(50));
    stage.press("s").types("note").press("enter");
    assert!(text(&stage).contains("The values are those of v46."), "{}", text(&stage));
}

#[test]
fn a_staged_event_is_edited() {
    let mut stage = open(80, 24);
    let asked = listen(&mut stage);
    stage.press("k k e");
    snap("tui__stage__template_edit", &text(&stage));
    let text = text(&stage).replace("DHL", "UPS");
    saved(&mut stage, &text);
    assert!(stage.screen().contains("s1 says something else now · u takes it back"));
    let [StageChange::Edit { edit, .. }] = &changes(&asked)[..] else { panic!("{asked:?}") };
    assert_eq!(edit.operation.payload.as_ref().unwrap().get("carrier").unwrap(), &"UPS".into());
    stage.press("e");
    stage.send(Msg::Composed(Ok(None)));
    assert!(stage.screen().contains("it was not saved: s1 is as it was"));
    stage.press("e");
    saved(&mut stage, "// nothing\n");
    assert!(stage.screen().contains("the text says nothing"));
    stage.press("e");
    stage.send(Msg::Composed(Err("`vi` cannot be started; set $EDITOR".into())));
    assert!(stage.screen().contains("set $EDITOR"));
    assert_eq!(changes(&asked).len(), 1);
}

#[test]
fn a_bad_text_is_pointed_at_and_comes_back() {
    let mut stage = open(80, 24);
    stage.press("k k e");
    let bad = text(&stage).replace("\"DHL\"", "DHL");
    saved(&mut stage, &bad);
    snap("tui__stage__no_event", &stage.screen());
    stage.press("enter");
    snap("tui__stage__no_event_again", &text(&stage));
    // What was put in about the fault is no part of the text.
    let mended = text(&stage).replace(": DHL", ": \"DHL\"").replace("\"note\"", "\"nota\"");
    let mended = mended.replace("  // \"nota\"", "  \"nota\"");
    saved(&mut stage, &mended);
    snap("tui__stage__unknown_member", &stage.screen());
    stage.press("esc");
    assert!(stage.screen().contains("the text is kept"));
    stage.press("e");
    assert!(text(&stage).contains("  \"nota\""), "{}", text(&stage));
    assert!(!text(&stage).contains("//!"));
    let unchanged = text(&stage);
    saved(&mut stage, &unchanged);
    stage.press("D e");
    assert!(!text(&stage).contains("nota"), "what was thrown away does not come back");
}

#[test]
fn what_the_rules_refuse_is_pointed_at_and_comes_back() {
    let mut stage = open(80, 24);
    stage.answers = Box::new(|ask| match ask {
        Ask::Stage(StageAsk::Change(_)) => {
            let message = "the schema refuses `order_shipped` on `order/order-42`";
            let detail = |pointer: &str, message: &str| crate::error::Detail {
                pointer: pointer.into(),
                code: "x".into(),
                message: message.into(),
            };
            Err(Error::new(Kind::Violation, "dbx::schema::violation", message)
                .kept("nothing was written")
                .help("`dbx schema show` prints what the schema allows")
                .details(vec![
                    detail("/payload/carrier", "has 60 characters, and needs 1 to 40"),
                    detail("/payload/total", "is required"),
                ]))
        }
        other => shop::answer(other),
    });
    stage.press("k k e");
    let written = text(&stage);
    saved(&mut stage, &written);
    snap("tui__stage__violation", &stage.screen());
    stage.press("e");
    snap("tui__stage__violation_again", &text(&stage));
    stage.press(":");
    let written = text(&stage);
    saved(&mut stage, &written);
    assert!(matches!(stage.model.overlay, Some(Overlay::Palette(_))), "nobody is interrupted");
    assert!(stage.screen().contains("s1 was not staged, and its text is kept"));
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
fn the_message_is_written_in_the_editor() {
    let mut stage = with(80, 24, data::rebased());
    stage.press("c").types("ship").press("ctrl-e");
    snap("tui__stage__message", &text(&stage));
    saved(&mut stage, "ship it\n\nThe customer waits.\n# a comment\n");
    assert!(stage.screen().contains("ship it") && stage.screen().contains("+2 lines"));
    let Some(Overlay::Commit(form)) = &stage.model.overlay else { panic!() };
    assert_eq!(form.message(), "ship it\n\nThe customer waits.");
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
