//! The view at every size and in every state.

use crate::error::{Error, Kind};
use crate::tui::glyphs::ASCII;
use crate::tui::model::{Content, Overlay, SchemaPart, View};
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::schema::{APPLIED, CHANGED, WRONG, compared, saved, seen, version};
use crate::tui::testing::{Stage, shop, snap};
use crate::tui::theme::Theme;
use crate::tui::update::update;
use crate::tui::worker::{Answer, Ask, SchemaAnswer, SchemaAsk, Slot};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// The view with the file as it was saved.
fn open(width: u16, height: u16, text: &str) -> Stage {
    let mut stage = shop::open(width, height);
    stage.send(saved(text));
    stage.press("5").wait(Duration::from_secs(1)).wait(Duration::from_secs(1));
    stage
}

/// What is asked of the schema from here on.
fn listen(stage: &mut Stage) -> Rc<RefCell<Vec<SchemaAsk>>> {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let seen = asked.clone();
    stage.answers = Box::new(move |ask| {
        if let Ask::Schema(ask) = ask {
            seen.borrow_mut().push(ask.clone());
        }
        shop::answer(ask)
    });
    asked
}

#[test]
fn a_file_with_errors() {
    snap("tui__schema__80x24", &open(80, 24, WRONG).screen());
    snap("tui__schema__160x48", &open(160, 48, WRONG).screen());
    snap("tui__schema__120x30", &open(120, 30, WRONG).screen());
    snap("tui__schema__70x20", &open(70, 20, WRONG).screen());
    snap("tui__schema__40x10", &open(40, 10, WRONG).screen());
}

#[test]
fn a_file_that_changes_something() {
    let mut stage = open(80, 24, CHANGED);
    snap("tui__schema__changed_80x24", &stage.screen());
    stage.press("tab tab");
    snap("tui__schema__changes_80x24", &stage.screen());
    stage.press("enter").wait(Duration::from_secs(1));
    snap("tui__schema__affected_80x24", &stage.screen());
    let mut stage = open(160, 48, CHANGED);
    stage.press("tab tab").wait(Duration::from_secs(1));
    snap("tui__schema__changed_160x48", &stage.screen());
    let mut stage = open(70, 20, CHANGED);
    stage.press("tab tab");
    snap("tui__schema__changes_70x20", &stage.screen());
    let mut stage = open(40, 10, CHANGED);
    stage.press("tab tab");
    snap("tui__schema__changes_40x10", &stage.screen());
}

#[test]
fn without_colours_and_without_unicode() {
    let mut stage = open(80, 24, WRONG);
    stage.model.look.theme = Theme::None;
    snap("tui__schema__none_80x24", &stage.styled());
    stage.model.look.glyphs = &ASCII;
    stage.model.look.plain = true;
    snap("tui__schema__ascii_80x24", &stage.screen());
    let mut stage = open(160, 48, WRONG);
    stage.model.look.glyphs = &ASCII;
    snap("tui__schema__ascii_160x48", &stage.screen());
}

#[test]
fn every_state_of_the_file() {
    let mut stage = shop::open(80, 24);
    stage.press("5");
    assert!(stage.screen().contains("looking"), "nobody has looked yet");
    stage.send(seen(Content::Missing));
    snap("tui__schema__missing", &stage.screen());
    stage.send(seen(Content::Unreadable(
        "it is not UTF-8: line 3 has a byte that no text has".into(),
    )));
    snap("tui__schema__unreadable", &stage.screen());
    stage.send(saved(""));
    stage.wait(Duration::from_secs(1));
    snap("tui__schema__empty_file", &stage.screen());
    snap("tui__schema__applied", &open(80, 24, APPLIED).screen());
    snap("tui__schema__unclosed", &open(80, 24, "aggregate order {\n  field status {\n").screen());
}

#[test]
fn nothing_applied_yet() {
    let mut stage = shop::open(160, 48);
    stage.answers = Box::new(|ask| match ask {
        Ask::Schema(SchemaAsk::Compare { text, .. }) => {
            let mut compared = compared(text);
            (compared.history, compared.old) = (Vec::new(), None);
            compared.unchanged.clear();
            for row in &mut compared.rows {
                row.breaks.clear();
            }
            compared.rows.retain(|row| row.kind == crate::schema::ChangeKind::Added);
            Ok(Answer::Schema(SchemaAnswer::Compared(Box::new(compared))))
        }
        other => shop::answer(other),
    });
    stage.send(saved(CHANGED));
    stage.press("5").wait(Duration::from_secs(1));
    snap("tui__schema__nothing_applied", &stage.screen());
    stage.press("h d");
    assert!(stage.screen().contains("no schema was applied yet"));
}

#[test]
fn a_store_that_cannot_be_read() {
    let mut stage = shop::open(80, 24);
    stage.answers = Box::new(|_| Err(shop::broken()));
    stage.send(saved(WRONG));
    stage.press("5").wait(Duration::from_secs(1));
    snap("tui__schema__error", &stage.screen());
    stage.answers = Box::new(shop::answer);
    stage.press("ctrl-r").wait(Duration::from_secs(1));
    assert!(stage.screen().contains("order.status"), "{}", stage.screen());
}

#[test]
fn a_comparison_on_its_way_is_said_after_a_while() {
    let mut stage = shop::open(80, 24);
    stage.send(saved(WRONG));
    stage.answers = Box::new(|_| Err(Error::new(Kind::Internal, "dbx::test", "never asked")));
    let key =
        ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::Char('5'));
    let message = Msg::Input(ratatui::crossterm::event::Event::Key(key));
    let asked = update(message, &mut stage.model);
    assert!(matches!(asked.as_slice(), [Effect::Ask { slot: Slot::InForce, .. }]), "{asked:?}");
    assert!(!stage.screen().contains("comparing"), "at first nothing flickers");
    let later = Msg::Tick(stage.model.now, stage.model.elapsed + Duration::from_millis(400));
    update(later, &mut stage.model);
    assert!(stage.screen().contains("comparing"));
}

#[test]
fn the_tab_says_what_is_wrong_whatever_view_is_open() {
    let mut stage = shop::open(120, 30);
    let tab = |stage: &mut Stage| {
        let screen = stage.screen();
        let line = screen.lines().next().unwrap_or_default().to_owned();
        line.split("5 Schema").nth(1).and_then(|it| it.split(' ').next().map(str::to_owned))
    };
    assert_eq!(tab(&mut stage).as_deref(), Some(""));
    stage.send(saved(WRONG));
    assert_eq!(tab(&mut stage).as_deref(), Some("✗2"));
    stage.send(saved(&WRONG.replace("tex\"", "text\"").replace("requird", "required")));
    assert_eq!(tab(&mut stage).as_deref(), Some("!1"));
    stage.send(saved(APPLIED));
    assert_eq!(tab(&mut stage).as_deref(), Some(""));
}

#[test]
fn findings_are_gone_through_and_explained() {
    let mut stage = open(80, 24, WRONG);
    assert_eq!((stage.model.schema.line, stage.model.schema.finding), (4, 0), "at the first one");
    stage.press("n");
    assert_eq!((stage.model.schema.line, stage.model.schema.finding), (5, 1));
    stage.press("n n");
    assert_eq!(stage.model.schema.finding, 0, "they go around");
    stage.press("G N");
    assert_eq!(stage.model.schema.finding, 2, "from where the cursor is");
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

#[test]
fn the_mouse_selects_and_opens() {
    use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = open(160, 48, WRONG);
    let click = |stage: &mut Stage, column, row| {
        stage.screen();
        let kind = MouseEventKind::Down(MouseButton::Left);
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        stage.send(Msg::Input(Event::Mouse(event)));
    };
    click(&mut stage, 100, 4);
    assert_eq!((stage.model.schema.finding, stage.model.schema.line), (2, 11));
    click(&mut stage, 10, 2);
    assert_eq!((stage.model.schema.focus, stage.model.schema.line), (SchemaPart::Source, 0));
}

#[test]
fn a_long_file_is_scrolled_with_what_stands_below_its_lines() {
    let fields = (0..200).map(|number| format!("  field f{number} {{ type = \"tex\" }}"));
    let fields = fields.collect::<Vec<_>>().join("\n");
    let text = format!("aggregate order {{\n  event made {{}}\n{fields}\n}}\n");
    let mut stage = open(80, 24, &text);
    for keys in ["G", "pgup", "k", "ctrl-u", "n", "N", "g g", "pgdn", "j", "50", "n"] {
        stage.press(if keys == "50" { "j j j j j" } else { keys });
        let (line, screen) = (stage.model.schema.line + 1, stage.screen());
        assert!(screen.contains(&format!("▸{line:>3} ")), "{keys}: {line}\n{screen}");
    }
    snap("tui__schema__long", &stage.screen());
}

mod properties {
    use super::*;
    use crate::tui::action;
    use proptest::prelude::*;
    use ratatui::crossterm::event::Event;

    fn names() -> Vec<String> {
        let own = action::of(View::Schema).flat_map(|action| action.keys.iter());
        let mut names: Vec<String> = own.map(|keys| (*keys).to_owned()).collect();
        names.retain(|keys| keys != "ctrl-z");
        names.extend(["5", "5", "enter", "esc", "x", "f5", "/"].map(str::to_owned));
        names
    }

    fn texts() -> impl Strategy<Value = String> {
        let known = [APPLIED, CHANGED, WRONG, "", "\u{feff}aggregate \t{", "x\n\n\n"];
        let odd = "[a-zé世\u{202e}\t\"{}=\\[\\]#:, \n\r]{0,200}";
        prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), odd]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// No keys, no size and no text break it, and the cursor is always on a line that there is.
        #[test]
        fn any_keys_any_text_any_size(
            steps in proptest::collection::vec(
                (proptest::sample::select(names()), texts(), 1_u16..170, 1_u16..50), 1..30),
        ) {
            let mut stage = shop::open(80, 24);
            stage.press("5");
            for (keys, text, width, height) in steps {
                if width.is_multiple_of(3) {
                    stage.send(saved(&text));
                }
                if width.is_multiple_of(5) {
                    stage.send(Msg::Input(Event::Resize(width, height)));
                }
                stage.press(&keys);
                stage.screen();
                let view = &stage.model.schema;
                prop_assert!(view.line < view.lines().max(1));
                prop_assert!(view.top <= view.line);
            }
        }
    }
}
