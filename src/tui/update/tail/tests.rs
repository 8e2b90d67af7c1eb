//! What is done in the view of the tail, and a log that grows meanwhile.

use crate::error::Result;
use crate::tui::model::{Mark, Overlay, Row};
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::tail::{self, calm, grow, open, quiet, selected};
use crate::tui::testing::{shop, snap};
use crate::tui::worker::{Answer, Ask, TailAsk};
use std::cell::RefCell;
use std::rc::Rc;

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
