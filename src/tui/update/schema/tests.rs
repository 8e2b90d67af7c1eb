//! What is done in the view of the schema: diagnostics, fixes, differences, and putting it into force.

use crate::tui::model::{Overlay, SchemaPart, View};
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::schema::{
    APPLIED, CHANGED, WRONG, compared, listen, open, saved, version,
};
use crate::tui::testing::{shop, snap};
use crate::tui::worker::{Answer, Ask, SchemaAnswer, SchemaAsk};
use std::time::Duration;

#[test]
fn diagnostics_are_gone_through_and_explained() {
    let mut stage = open(80, 24, WRONG);
    assert_eq!(
        (stage.model.schema.line, stage.model.schema.diagnostic),
        (4, 0),
        "at the first one"
    );
    stage.press("n");
    assert_eq!((stage.model.schema.line, stage.model.schema.diagnostic), (5, 1));
    stage.press("n n");
    assert_eq!(stage.model.schema.diagnostic, 0, "they go around");
    stage.press("G N");
    assert_eq!(stage.model.schema.diagnostic, 2, "from where the cursor is");
    stage.press("g g x");
    assert!(matches!(&stage.model.overlay, Some(Overlay::Explain(it)) if it.what == "W001"));
    snap("tui__schema__explain", &stage.screen());
    stage.press("j j k q");
    assert!(stage.model.overlay.is_none());
    stage.press("tab j enter");
    assert_eq!((stage.model.schema.focus, stage.model.schema.line), (SchemaPart::Source, 11));
    stage.press("y i y j Y");
    let [Effect::Copy(place), Effect::Copy(json), Effect::Copy(command)] = stage.effects.as_slice()
    else {
        panic!("{:?}", stage.effects)
    };
    assert_eq!((place.as_str(), command.as_str()), ("schema.dbx:12:25", "dbx schema validate"));
    assert!(json.contains("\"W001\""));
}

#[test]
fn a_fix_is_made_taken_back_and_made_again() {
    let mut stage = open(80, 24, WRONG);
    stage.press("u");
    assert!(stage.screen().contains("nothing was written from here"));
    let asked = listen(&mut stage);
    stage.press("f");
    let fixed = WRONG.replace("\"tex\"", "\"text\"");
    let wrote = |at: usize| match asked.borrow().get(at) {
        Some(SchemaAsk::Write { path, undo, written }) => {
            assert_eq!(path.to_string_lossy(), "/home/ada/shop/schema.dbx");
            (*undo, written.before.to_string(), written.after.to_string())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(wrote(0), (None, WRONG.to_owned(), fixed.clone()));
    stage.press("u");
    assert_eq!(wrote(1), (Some(true), fixed.clone(), WRONG.to_owned()));
    stage.press("U");
    assert_eq!(wrote(2), (Some(false), WRONG.to_owned(), fixed.clone()));
    assert_eq!((stage.model.schema.written.len(), stage.model.schema.undone.len()), (1, 0));
    stage.press("F");
    assert!(matches!(asked.borrow().last(), Some(SchemaAsk::Format { .. })));
    assert!(stage.screen().contains("it is formatted already"));
    stage.press("e");
    assert_eq!(stage.effects, [Effect::Open("/home/ada/shop/schema.dbx".into(), 5)]);
    stage.press("n n f");
    assert!(stage.screen().contains("no fix that is certain"), "{}", stage.screen());
}

#[test]
fn what_differs_is_shown_line_by_line() {
    let mut stage = open(80, 24, CHANGED);
    stage.press("d");
    snap("tui__schema__diff_80x24", &stage.screen());
    stage.press("] ]");
    assert_eq!(stage.model.schema.line, 9);
    stage.press("[ [ y y Y e");
    let [Effect::Copy(text), Effect::Copy(command), Effect::Open(_, line)] =
        stage.effects.as_slice()
    else {
        panic!("{:?}", stage.effects)
    };
    assert!(text.contains("\n+  field carrier { type = \"text\" }\n"), "{text}");
    assert_eq!((command.as_str(), *line), ("dbx schema diff", 6));
    stage.press("d");
    assert_eq!((stage.model.schema.against, stage.model.schema.line), (None, 5));
    stage.press("h j enter").wait(Duration::from_secs(1));
    assert_eq!(stage.model.schema.against, Some(6));
    stage.press("Y");
    assert_eq!(stage.effects.last(), Some(&Effect::Copy("dbx schema diff @6".into())));
    stage.press("esc h");
    snap("tui__schema__history_80x24", &stage.screen());
    stage.press("y y");
    assert!(matches!(stage.effects.last(), Some(Effect::Copy(text)) if text.starts_with("@7")));
}

#[test]
fn a_text_is_found_and_found_again() {
    let mut stage = open(80, 24, CHANGED);
    stage.press("/").types("field").press("enter");
    assert_eq!(stage.model.schema.line, 3);
    stage.press("/ enter");
    assert_eq!(stage.model.schema.line, 7);
    stage.press("/").types("zzz");
    snap("tui__schema__find", &stage.screen());
    stage.press("enter");
    assert!(stage.screen().contains("is nowhere in it"));
    stage.press("esc esc");
    assert!(stage.model.schema.search.is_empty());
    stage.press("right right left left left");
    assert_eq!(stage.model.schema.skip, 0);
}

#[test]
fn what_breaks_is_agreed_to_in_words() {
    let mut stage = open(80, 24, CHANGED);
    let asked = listen(&mut stage);
    stage.press("A");
    snap("tui__schema__apply_80x24", &stage.screen());
    stage.press("enter");
    assert!(stage.screen().contains("type `allow-breaking` to agree"));
    assert!(asked.borrow().is_empty());
    stage.types("allow-breaking").press("ctrl-s");
    let apply = SchemaAsk::Apply { over: 7, breaks: true, text: CHANGED.into() };
    assert_eq!(asked.borrow().first(), Some(&apply));
    assert!(stage.screen().contains("schema 8 is in force"));
    let again = |ask: &SchemaAsk| matches!(ask, SchemaAsk::Compare { tries: 1, .. });
    assert!(asked.borrow().iter().any(again), "what is in force is asked again");
    // A file that changes while it is asked is looked at first.
    stage.press("A");
    stage.send(saved(APPLIED));
    assert!(stage.model.overlay.is_none());
    stage.press("A");
    assert!(stage.screen().contains("it is schema 7, which is in force"), "{}", stage.screen());
    let mut stage = open(80, 24, WRONG);
    stage.press("A");
    assert!(stage.screen().contains("2 errors"));
    snap("tui__schema__apply_40x10", &open(40, 10, CHANGED).press("A").screen());
    snap("tui__schema__apply_160x48", &open(160, 48, CHANGED).press("A").screen());
}

#[test]
fn a_schema_that_others_apply_meanwhile_is_looked_at_first() {
    let mut stage = open(80, 24, CHANGED);
    stage.press("A");
    stage.answers = Box::new(|ask| match ask {
        Ask::Schema(SchemaAsk::Compare { text, .. }) => {
            let mut compared = compared(text);
            compared.history.push(version(8, "2026-11-20"));
            Ok(Answer::Schema(SchemaAnswer::Compared(Box::new(compared))))
        }
        other => shop::answer(other),
    });
    let status = crate::wire::StatusReport { schema_version: 8, ..shop::status() };
    stage.send(Msg::Status(Box::new(status)));
    assert!(stage.model.overlay.is_none());
    assert!(stage.screen().contains("another schema came into force"));
}

#[test]
fn what_breaks_nothing_is_applied_with_another_key() {
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|ask| match ask {
        Ask::Schema(SchemaAsk::Compare { text, .. }) => {
            let mut compared = compared(text);
            compared.rows.retain(|row| row.breaks.is_empty());
            Ok(Answer::Schema(SchemaAnswer::Compared(Box::new(compared))))
        }
        other => shop::answer(other),
    });
    stage.send(saved(CHANGED));
    stage.press("5 A");
    snap("tui__schema__apply_additive", &stage.screen());
    stage.press("A q A f5");
    assert!(stage.screen().contains("schema 8 is in force"));
}

#[test]
fn an_event_that_is_concerned_is_opened() {
    let mut stage = open(160, 48, CHANGED);
    stage.press("tab tab enter");
    stage.wait(Duration::from_secs(1));
    stage.press("y y j enter");
    assert!(
        matches!(&stage.effects[0], Effect::Copy(text) if text.starts_with("order/order-17@12"))
    );
    assert_eq!(stage.model.view, View::Timeline);
    let name = stage.model.timeline.name.as_ref().map(ToString::to_string);
    assert_eq!((name.as_deref(), stage.model.timeline.version), (Some("order/order-42"), 44));
    stage.press("ctrl-o tab tab tab j j q");
    assert!(!stage.model.quit);
}

#[test]
fn what_breaks_concern_is_counted_anew_now_and_then_while_the_log_grows() {
    let mut stage = open(80, 24, CHANGED);
    let asked = listen(&mut stage);
    let counts =
        || asked.borrow().iter().filter(|it| matches!(it, SchemaAsk::Impact { .. })).count();
    for position in 4_212..4_220 {
        let position = position.to_string();
        stage.send(Msg::Status(Box::new(crate::wire::StatusReport { position, ..shop::status() })));
    }
    assert_eq!(counts(), 0, "what was counted is good for a while");
    stage.wait(Duration::from_secs(6)).wait(Duration::from_secs(1));
    assert_eq!(counts(), 1);
    stage.wait(Duration::from_secs(60)).wait(Duration::from_secs(1));
    assert_eq!(counts(), 1, "a log that rests is not counted again");
}
