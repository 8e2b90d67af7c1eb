//! Any keys, texts, sizes and messages in any order: nothing breaks the dashboard, no cursor leaves its list, and Esc
//! often enough always leads to the top. Ten thousand sequences, a sixth of them from each view.

use super::action;
use super::glyphs::ASCII;
use super::model::{Connection, Content, Model, View};
use super::msg::Msg;
use super::testing::schema::{CHANGED, WRONG, saved, seen};
use super::testing::{Stage, shop, verify};
use super::update::stage::commit::is_running;
use super::worker::{Answer, Ask, VerifyAnswer, VerifyAsk};
use crate::error::Result;
use crate::wire::{StageSummary, StatusReport};
use proptest::prelude::*;
use proptest::sample::select;
use ratatui::crossterm::event::{
    Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind as Mouse,
};
use std::time::Duration;

/// Sequences that begin in one view.
const CASES: u32 = 1_700;

/// How long the log is at first: a proof is made up of so many leaves, and a longer one is no other way through the code.
const EVENTS: u64 = 40;

/// Esc leads out of anything in so many steps: an overlay, a step of it, a pane, marks, a filter, a group.
const DEEPEST: usize = 10;

/// How the questions are answered.
#[derive(Debug, Clone, Copy)]
enum Answers {
    Well,
    Faulty,
    Broken,
    /// In parts, and late ones in another order.
    Jumbled,
    /// Not at all, until something else comes.
    Never,
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Types(&'static str),
    Paste(&'static str),
    Composed(&'static str),
    Resize(u16, u16),
    Wait(u64),
    Grow(u64),
    Mouse(Mouse, u16, u16),
    File(Option<&'static str>),
    Connection(bool),
    Answers(Answers),
}

/// The keys of a view three times as often as those of the others, and those that are typed in overlays.
fn keys(view: View) -> Vec<String> {
    let of = |actions: &mut dyn Iterator<Item = &'static action::Action>| -> Vec<String> {
        actions.flat_map(|action| action.keys.iter().map(|keys| (*keys).to_owned())).collect()
    };
    let mut names = of(&mut action::all());
    for _ in 0..2 {
        names.extend(of(&mut action::of(view)));
    }
    let typed = ["enter", "esc", "tab", "up", "down", "backspace", "ctrl-w", "ctrl-u", "ctrl-s"];
    let others = ["f5", "ctrl-e", "ctrl-y", "x", "D", "\"", "(", "9"];
    names.extend(typed.iter().chain(&typed).chain(&others).map(|key| (*key).to_owned()));
    // It stops a process.
    names.retain(|keys| keys != "ctrl-z");
    names
}

fn texts() -> impl Strategy<Value = &'static str> {
    select(vec![
        "status:paid",
        "total:>",
        "v7",
        "#12",
        "-2h",
        "soon",
        "allow-breaking",
        "end",
        "0 rewind",
        "order",
        "mail",
        "世é\u{202e}",
        "type:order",
        "field",
        "copy",
        "\"",
        " ",
    ])
}

fn step(view: View) -> impl Strategy<Value = Step> {
    let answers = [Answers::Well, Answers::Faulty, Answers::Broken, Answers::Jumbled];
    // Twice, so that there is something to be late.
    let answers = [&answers[..], &[Answers::Never; 2]].concat();
    let kinds = vec![
        Mouse::Down(MouseButton::Left),
        Mouse::Drag(MouseButton::Left),
        Mouse::ScrollDown,
        Mouse::ScrollUp,
    ];
    let files = vec![None, Some(WRONG), Some(CHANGED), Some(""), Some("\u{feff}aggregate \t{")];
    let written = vec!["", "{}", "// nothing", "{\"payload\": {\"status\": 1}}", "{\"a\": DHL}"];
    prop_oneof![
        60 => select(keys(view)).prop_map(Step::Key),
        6 => texts().prop_map(Step::Types),
        1 => texts().prop_map(Step::Paste),
        1 => select(written).prop_map(Step::Composed),
        4 => (1_u16..170, 1_u16..50).prop_map(|(width, height)| Step::Resize(width, height)),
        4 => select(vec![10, 60, 400, 9_000]).prop_map(Step::Wait),
        4 => (0_u64..60).prop_map(Step::Grow),
        6 => (select(kinds), 0_u16..170, 0_u16..50).prop_map(|(kind, x, y)| Step::Mouse(kind, x, y)),
        2 => select(files).prop_map(Step::File),
        1 => any::<bool>().prop_map(Step::Connection),
        4 => select(answers).prop_map(Step::Answers),
    ]
}

fn faulty(ask: &Ask) -> Result<Answer> {
    Ok(Answer::Verify(match ask {
        Ask::Verify(VerifyAsk::Log) => VerifyAnswer::Log(Box::new(verify::log(verify::faults()))),
        Ask::Verify(VerifyAsk::Aggregate(name)) => {
            VerifyAnswer::Aggregate(Box::new(verify::aggregate(name, verify::faults())))
        }
        other => return shop::answer(other),
    }))
}

/// The workspace when its log is so long.
fn status(events: u64) -> Msg {
    let stage = StageSummary { operations: 4, conflicts: 1, revision: 7 };
    let position = events.to_string();
    Msg::Status(Box::new(StatusReport { position, stage, ..shop::status() }))
}

fn run(stage: &mut Stage, step: Step) {
    match step {
        Step::Key(keys) => drop(stage.press(&keys)),
        Step::Types(text) => drop(stage.types(text)),
        Step::Paste(text) => stage.send(Msg::Input(Event::Paste(text.to_owned()))),
        Step::Composed(text) => stage.send(Msg::Composed(Ok(Some(text.to_owned())))),
        Step::Resize(width, height) => stage.send(Msg::Input(Event::Resize(width, height))),
        Step::Wait(millis) => drop(stage.wait(Duration::from_millis(millis))),
        Step::Grow(by) => stage.send(status(EVENTS + by)),
        Step::Mouse(kind, column, row) => {
            let modifiers = KeyModifiers::NONE;
            stage.send(Msg::Input(Event::Mouse(MouseEvent { kind, column, row, modifiers })));
        }
        Step::File(None) => stage.send(seen(Content::Missing)),
        Step::File(Some(text)) => stage.send(saved(text)),
        Step::Connection(true) => stage.send(Msg::Connection(Connection::Local)),
        Step::Connection(false) => {
            stage.send(Msg::Connection(Connection::Offline(shop::broken(), 1)));
        }
        Step::Answers(Answers::Never) => stage.silent = true,
        Step::Answers(how) => {
            stage.answers = match how {
                Answers::Faulty => Box::new(faulty),
                Answers::Broken => Box::new(|_| Err(shop::broken())),
                _ => Box::new(shop::answer),
            };
            stage.jumbled = matches!(how, Answers::Jumbled);
            stage.hear();
        }
    }
}

/// Whether every cursor is where something is.
fn cursors(model: &Model) -> std::result::Result<(), TestCaseError> {
    let (list, timeline) = (&model.aggregates.list, &model.timeline);
    prop_assert!(list.cursor < list.total().rows().max(1));
    prop_assert!(timeline.version <= timeline.last, "{} {}", timeline.version, timeline.last);
    prop_assert!(timeline.events.cursor < timeline.events.total().rows().max(1));
    let fault = model.verify.fault;
    prop_assert!(fault.is_none_or(|fault| fault < model.verify.faults().len()));
    let stage = &model.stage;
    prop_assert!(stage.cursor < stage.operations().len().max(1));
    let schema = &model.schema;
    prop_assert!(schema.line < schema.lines().max(1) && schema.top <= schema.line);
    let tail = &model.tail;
    prop_assert!(tail.index() < tail.ring.len().max(1));
    Ok(())
}

fn any_sequence(view: View) -> impl Strategy<Value = (Vec<Step>, bool)> {
    (proptest::collection::vec(step(view), 1..14), any::<bool>())
}

fn check(view: View, steps: Vec<Step>, plain: bool) -> std::result::Result<(), TestCaseError> {
    let mut stage = Stage::new(80, 24, Box::new(shop::answer));
    stage.send(status(EVENTS));
    stage.send(saved(WRONG));
    if plain {
        (stage.model.look.glyphs, stage.model.look.plain) = (&ASCII, true);
    }
    stage.press(&view.number().to_string()).wait(Duration::from_millis(60));
    let last = steps.len();
    for (at, step) in steps.into_iter().enumerate() {
        run(&mut stage, step);
        // To draw costs more than all the rest: what follows from a wrong state is mostly seen later too.
        if at % 4 == 3 || at + 1 == last {
            stage.paint();
        }
        cursors(&stage.model)?;
    }
    stage.answers = Box::new(shop::answer);
    stage.hear();
    stage.send(Msg::Input(Event::Resize(80, 24)));
    for key in ["esc", "1", "esc"] {
        for _ in 0..DEEPEST {
            stage.press(key);
        }
    }
    let model = &stage.model;
    prop_assert!(!is_running(model), "what was asked was answered");
    prop_assert!(model.overlay.is_none() && model.pending.is_none(), "{:?}", model.overlay);
    prop_assert_eq!(model.view, View::Aggregates);
    prop_assert!(!model.aggregates.is_filtered());
    prop_assert_eq!(model.aggregates.group.title(), "all");
    stage.paint();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn any_keys_from_aggregates((steps, plain) in any_sequence(View::Aggregates)) {
        check(View::Aggregates, steps, plain)?;
    }

    #[test]
    fn any_keys_from_timeline((steps, plain) in any_sequence(View::Timeline)) {
        check(View::Timeline, steps, plain)?;
    }

    #[test]
    fn any_keys_from_verify((steps, plain) in any_sequence(View::Verify)) {
        check(View::Verify, steps, plain)?;
    }

    #[test]
    fn any_keys_from_stage((steps, plain) in any_sequence(View::Stage)) {
        check(View::Stage, steps, plain)?;
    }

    #[test]
    fn any_keys_from_schema((steps, plain) in any_sequence(View::Schema)) {
        check(View::Schema, steps, plain)?;
    }

    #[test]
    fn any_keys_from_tail((steps, plain) in any_sequence(View::Tail)) {
        check(View::Tail, steps, plain)?;
    }
}
