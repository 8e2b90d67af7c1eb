//! A text on its way: begun by picking, written in the editor, refused and given back, or staged.

use crate::error::{Error, Kind};
use crate::tui::model::Overlay;
use crate::tui::msg::{Effect, Msg, Reply};
use crate::tui::testing::stage::{self as data, changes, listen, open, saved, text, with};
use crate::tui::testing::{shop, snap};
use crate::tui::update::stage::commit::left;
use crate::tui::worker::{Answer, Ask, Slot, StageAnswer, StageAsk, StageChange, StageChanged};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

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
fn a_text_is_begun_behind_the_changes_before_it() {
    let mut stage = open(80, 24);
    let asked = listen(&mut stage);
    stage.silent = true;
    stage.press("k k D e");
    let seen = |ask: &Ask| matches!(ask, Ask::Stage(StageAsk::Seen(_)));
    let sent = |effect: &Effect| matches!(effect, Effect::Ask { ask, .. } if seen(ask));
    assert!(!stage.effects.iter().any(sent), "it would show what is being changed");
    assert!(stage.screen().contains("the editor opens when"), "{}", stage.screen());
    stage.hear();
    let asked = asked.borrow();
    let change = asked.iter().position(|ask| matches!(ask, StageAsk::Change(_)));
    let seen = asked.iter().position(|ask| matches!(ask, StageAsk::Seen(_)));
    assert!(change.is_some() && change < seen, "{asked:?}");
}

#[test]
fn a_commit_on_its_way_is_told_of_at_the_end_and_one_that_is_made_is_not() {
    let mut stage = with(80, 24, data::rebased());
    stage.press("c").types("why").wait(Duration::from_secs(3));
    stage.silent = true;
    stage.press("ctrl-s");
    assert!(left(&stage.model).is_some());
    stage.hear();
    assert_eq!(left(&stage.model), None);
}

#[test]
fn changes_that_had_no_time_are_told_of_at_the_end() {
    let mut stage = open(80, 24);
    assert_eq!(stage.model.stage.unmade(), None);
    stage.silent = true;
    stage.press("D u");
    let told = "2 changes of the stage had no answer in time: `dbx stage list` shows what is there";
    assert_eq!(stage.model.stage.unmade().as_deref(), Some(told));
}

#[test]
fn who_drops_faster_than_the_store_drops_one_after_the_other() {
    let mut stage = open(80, 24);
    stage.silent = true;
    stage.press("k k k D D D");
    let view = &stage.model.stage;
    let dropped: Vec<_> = view.making.iter().chain(&view.waiting).cloned().collect();
    assert_eq!(dropped, ["s1", "s2", "s3"].map(|id| StageChange::Drop(id.to_owned())));
}

/// What was read while a change was made may be what was there before it, and comes after it.
#[test]
fn what_was_read_before_a_change_does_not_undo_it_on_the_screen() {
    let mut stage = open(80, 24);
    stage.silent = true;
    stage.model.stage.turn += 1;
    stage.press("D");
    let late = std::mem::take(&mut stage.effects);
    let generation = |of: Slot| {
        let found = late.iter().find_map(|effect| match effect {
            Effect::Ask { slot, generation, .. } if *slot == of => Some(*generation),
            _ => None,
        });
        found.unwrap()
    };
    let before = stage.model.stage.report.clone().unwrap();
    let mut after = before.clone();
    let dropped = after.operations.remove(stage.model.stage.cursor).id;
    let mut answer = |slot, answer| {
        let result = Ok(Answer::Stage(answer));
        stage.send(Msg::Reply(Reply { slot, generation: generation(slot), last: true, result }));
    };
    let changed = StageChanged {
        id: Some(dropped.clone()),
        moved: true,
        before: Some(before.clone()),
        after,
        rebase: None,
    };
    answer(Slot::Change, StageAnswer::Changed(Box::new(changed)));
    answer(Slot::Stage, StageAnswer::Report(Box::new(before)));
    assert!(stage.model.stage.operations().iter().all(|one| one.id != dropped));
    let again = |effect: &Effect| matches!(effect, Effect::Ask { slot: Slot::Stage, .. });
    assert!(stage.effects.iter().any(again), "it is read again");
}

#[test]
fn a_commit_whose_answer_was_lost_is_asked_for_again_as_it_was() {
    let mut stage = with(80, 24, data::rebased());
    let asked = listen(&mut stage);
    let answers = std::mem::replace(&mut stage.answers, Box::new(|_| Err(shop::broken())));
    let told = asked.clone();
    let lost = || {
        Error::new(Kind::Unavailable, "dbx::daemon::lost", "the connection was lost")
            .kept("whether it was done is not known")
            .help("repeat it")
    };
    stage.answers = Box::new(move |ask| match ask {
        Ask::Stage(commit @ StageAsk::Commit { .. }) => {
            told.borrow_mut().push(commit.clone());
            Err(lost())
        }
        // It was made: nothing is staged any more.
        Ask::Stage(StageAsk::Report { .. }) if !commits(&told).is_empty() => {
            let report = data::report(Vec::new());
            Ok(Answer::Stage(StageAnswer::Report(Box::new(report))))
        }
        ask => answers(ask),
    });
    stage.press("c").types("why").press("ctrl-s");
    assert!(stage.model.stage.operations().is_empty());
    assert!(stage.screen().contains("^s again is safe"), "{}", stage.screen());
    let told = "whether the commit was made is not known: `dbx log` shows the last ones";
    assert_eq!(left(&stage.model).as_deref(), Some(told), "who leaves now is told");
    stage.types("!").press("ctrl-s");
    let commits = commits(&asked);
    assert_eq!(commits.len(), 2);
    assert_eq!(commits[0], commits[1]);
}

fn commits(asked: &Rc<RefCell<Vec<StageAsk>>>) -> Vec<StageAsk> {
    let commit = |ask: &&StageAsk| matches!(ask, StageAsk::Commit { .. });
    asked.borrow().iter().filter(commit).cloned().collect()
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
fn the_message_is_written_in_the_editor() {
    let mut stage = with(80, 24, data::rebased());
    stage.press("c").types("ship").press("ctrl-e");
    snap("tui__stage__message", &text(&stage));
    saved(&mut stage, "ship it\n\nThe customer waits.\n# a comment\n");
    assert!(stage.screen().contains("ship it") && stage.screen().contains("+2 lines"));
    let Some(Overlay::Commit(form)) = &stage.model.overlay else { panic!() };
    assert_eq!(form.message(), "ship it\n\nThe customer waits.");
}
