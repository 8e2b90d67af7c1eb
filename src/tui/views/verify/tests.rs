//! The view at every size and in every state.

use crate::error::{Error, Kind};
use crate::tui::model::{Name, View};
use crate::tui::msg::{Effect, Msg, Reply};
use crate::tui::testing::{Stage, shop, snap, verify};
use crate::tui::update::update;
use crate::tui::worker::{Answer, Ask, Slot, VerifyAnswer, VerifyAsk};
use std::time::Duration;

/// The view with the proof of the fifth order.
fn open(width: u16, height: u16) -> Stage {
    let mut stage = shop::open(width, height);
    stage.press("j j j j 3");
    stage.wait(Duration::from_secs(1));
    stage
}

/// The view after the log was verified.
fn healthy(width: u16, height: u16) -> Stage {
    let mut stage = open(width, height);
    stage.press("R");
    stage.wait(Duration::from_secs(10));
    stage
}

/// The view after faults were found.
fn faulty(width: u16, height: u16) -> Stage {
    let mut stage = open(width, height);
    stage.answers = Box::new(|ask| match ask {
        Ask::Verify(VerifyAsk::Log) => {
            let verdict = verify::log(verify::faults());
            Ok(Answer::Verify(VerifyAnswer::Log(Box::new(verdict))))
        }
        other => shop::answer(other),
    });
    stage.press("R");
    stage.wait(Duration::from_secs(10));
    stage
}

/// The view while the log is being verified, and the generation of the question.
fn running(width: u16, height: u16) -> (Stage, u64) {
    let mut stage = open(width, height);
    let key =
        ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::Char('R'));
    let effects = update(Msg::Input(ratatui::crossterm::event::Event::Key(key)), &mut stage.model);
    let [Effect::Ask { slot: Slot::Check, generation, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    (stage, *generation)
}

fn at(generation: u64, states: bool, done: u64, of: u64) -> Msg {
    let result = Ok(Answer::Verify(VerifyAnswer::At { states, done, of }));
    Msg::Reply(Reply { slot: Slot::Check, generation, last: false, result })
}

#[test]
fn a_log_that_is_what_was_written() {
    snap("tui__verify__unchecked_80x24", &open(80, 24).screen());
    snap("tui__verify__80x24", &healthy(80, 24).screen());
    snap("tui__verify__160x48", &healthy(160, 48).screen());
    snap("tui__verify__70x20", &healthy(70, 20).screen());
    snap("tui__verify__40x10", &healthy(40, 10).screen());
}

#[test]
fn a_log_that_is_not() {
    let mut stage = faulty(80, 24);
    snap("tui__verify__fault_80x24", &stage.screen());
    snap("tui__verify__fault_160x48", &faulty(160, 48).screen());
    snap("tui__verify__fault_40x10", &faulty(40, 10).screen());
    stage.press("n");
    assert!(stage.screen().contains("fault 2 of 3"));
    stage.press("n");
    snap("tui__verify__fault_nowhere", &stage.screen());
    stage.press("n N N");
    assert_eq!(stage.model.verify.fault, Some(1), "they go around");
    stage.press("esc");
    assert!(stage.screen().contains("path of order-38 v22"), "Esc goes back to the proof");
    stage.press("1");
    assert!(stage.screen().contains("Verify✗3"), "{}", stage.screen());
}

#[test]
fn how_it_looks_with_and_without_colours() {
    let mut stage = faulty(80, 24);
    snap("tui__verify__styles", &stage.styled());
    snap("tui__verify__none", &stage.without_colours());
    snap("tui__verify__ascii", &stage.without_unicode());
    stage.model.look.plain = true;
    snap("tui__verify__plain", &stage.screen());
}

#[test]
fn how_far_it_is_and_stopping_it() {
    let (mut stage, generation) = running(80, 24);
    stage.wait(Duration::from_secs(2));
    stage.send(at(generation, false, 2_048, 4_211));
    snap("tui__verify__running_80x24", &stage.screen());
    stage.send(at(generation, true, 1_000, 2_505));
    stage.wait(Duration::from_secs(1));
    snap("tui__verify__refolding_80x24", &stage.screen());
    stage.press("r");
    assert!(stage.screen().contains("Esc stops it"), "one at a time");
    stage.press("esc");
    assert_eq!(stage.effects.last(), Some(&Effect::Cancel(Slot::Check)));
    assert!(stage.model.verify.run.is_none() && stage.model.verify.log.is_none());
    let result = Ok(Answer::Verify(VerifyAnswer::Log(Box::new(verify::log(Vec::new())))));
    stage.send(Msg::Reply(Reply { slot: Slot::Check, generation, last: true, result }));
    assert!(stage.model.verify.log.is_none(), "what was stopped has no say any more");
    let (mut stage, generation) = running(160, 48);
    stage.wait(Duration::from_secs(2));
    stage.send(at(generation, false, 2_048, 4_211));
    snap("tui__verify__running_160x48", &stage.screen());
}

#[test]
fn a_proof_that_cannot_be_had() {
    let mut stage = open(80, 24);
    stage.answers = Box::new(|_| Err(shop::broken()));
    stage.press("ctrl-r").wait(Duration::from_secs(1));
    assert!(stage.screen().contains("there is no proof"), "{}", stage.screen());
    stage.press("R");
    assert!(stage.screen().contains("the disk does not answer"));
    assert!(stage.model.verify.run.is_none(), "what failed runs no more");
    stage.answers = Box::new(shop::answer);
    stage.press("ctrl-r").wait(Duration::from_secs(1));
    assert!(stage.screen().contains("the proof holds"));
}

#[test]
fn a_proof_on_its_way_is_said_after_a_while() {
    let mut stage = shop::open(80, 24);
    let never = |ask: &Ask| match ask {
        Ask::Verify(_) => Err(Error::new(Kind::Internal, "dbx::test", "never asked")),
        other => shop::answer(other),
    };
    stage.answers = Box::new(never);
    // The question is sent, and the answer does not come.
    stage.press("3");
    let tick = |stage: &Stage, time| Msg::Tick(stage.model.now, stage.model.elapsed + time);
    let message = tick(&stage, Duration::from_millis(50));
    let asked = update(message, &mut stage.model);
    assert!(matches!(asked.as_slice(), [Effect::Ask { slot: Slot::Way, .. }]), "{asked:?}");
    assert!(!stage.screen().contains("proving"), "at first nothing flickers");
    let message = tick(&stage, Duration::from_millis(400));
    update(message, &mut stage.model);
    assert!(stage.screen().contains("proving"));
}

#[test]
fn keys_do_what_the_table_says() {
    let mut stage = healthy(80, 24);
    stage.press("j j");
    assert_eq!(stage.model.verify.cursor, 2);
    stage.press("G");
    snap("tui__verify__at_the_leaf", &stage.screen());
    stage.press("g g z tab G");
    snap("tui__verify__unfolded", &stage.screen());
    stage.press("y p");
    assert!(matches!(&stage.effects[0], Effect::Copy(text) if text.contains("inclusion")));
    stage.press("w");
    let Effect::Save(name, ending, text) = &stage.effects[1] else { panic!("{:?}", stage.effects) };
    assert_eq!((name.as_str(), *ending), ("order-38.v22", ".proof.json"));
    assert!(text.contains("\"inclusion\""));
    stage.press("Y");
    assert_eq!(stage.effects[2], Effect::Copy("dbx prove order/order-38@22".into()));
    stage.press("r");
    assert!(stage.screen().contains("22 events, every hash is right"));
    stage.press("y j");
    assert!(matches!(&stage.effects[3], Effect::Copy(text) if text.contains("merkle_root")));
    stage.press("c");
    assert!(stage.screen().contains("only grew 4,210 → 4,211 ✓"), "{}", stage.screen());
    stage.press("tab tab + + _ _");
    stage.press("q");
    assert!(!stage.model.quit, "from the steps it goes back to the tree");
    stage.press("q");
    assert!(stage.model.quit);
}

#[test]
fn the_report_of_a_fault_is_saved_instead_of_a_proof() {
    let mut stage = faulty(80, 24);
    stage.press("w Y");
    let [Effect::Save(name, ".json", text), Effect::Copy(command)] = stage.effects.as_slice()
    else {
        panic!("{:?}", stage.effects)
    };
    assert_eq!((name.as_str(), command.as_str()), ("log.verify", "dbx verify"));
    assert!(text.contains("\"good_up_to\": \"1690\""));
}

#[test]
fn the_log_is_held_against_what_it_was_when_it_was_first_seen() {
    let mut stage = open(80, 24);
    let grown = crate::wire::StatusReport { position: "4300".into(), ..shop::status() };
    stage.send(Msg::Status(Box::new(grown)));
    let asked = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = asked.clone();
    stage.answers = Box::new(move |ask| {
        seen.borrow_mut().push(ask.clone());
        shop::answer(ask)
    });
    stage.press("c");
    let (old, root) = (Some((4_211, shop::status().root)), shop::status().root);
    let wanted = Ask::Verify(VerifyAsk::Consistency { old, size: 4_300, root });
    assert!(asked.borrow().contains(&wanted), "{:?}", asked.borrow());
    assert!(stage.screen().contains("4,211 → 4,300 ✓"));
}

#[test]
fn a_fault_that_the_list_of_aggregates_finds_is_shown_here() {
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|ask| {
        use crate::tui::worker::{AggregatesAnswer as A, AggregatesAsk};
        let Ask::Aggregates(AggregatesAsk::Verify(names)) = ask else { return shop::answer(ask) };
        let verdict = |name: &Name| verify::aggregate(name, verify::faults());
        Ok(Answer::Aggregates(A::Verified(names.iter().map(verdict).collect())))
    });
    stage.press("j j j j v 3");
    assert!(stage.screen().contains("fault 1 of 3"), "{}", stage.screen());
}

#[test]
fn the_event_is_one_key_away_in_its_history() {
    let mut stage = open(80, 24);
    let proven = stage.model.verify.proven.as_ref().unwrap();
    let (name, version) = (proven.name.clone(), proven.version);
    stage.press("enter");
    assert_eq!(stage.model.view, View::Timeline);
    assert_eq!(
        (stage.model.timeline.name.clone(), stage.model.timeline.version),
        (Some(name), version)
    );
    let mut stage = faulty(80, 24);
    let fault = stage.model.verify.selected().unwrap().clone();
    stage.press("x");
    snap("tui__verify__explain", &stage.screen());
    stage.press("esc t");
    assert_eq!(stage.model.view, View::Timeline);
    let name = stage.model.timeline.name.as_ref().map(ToString::to_string);
    assert_eq!((name, Some(stage.model.timeline.version)), (fault.aggregate, fault.version));
}
