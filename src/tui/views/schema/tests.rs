//! The view at every size and in every state.

use crate::error::{Error, Kind};
use crate::tui::model::{Content, SchemaPart, View};
use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::schema::{APPLIED, CHANGED, WRONG, compared, open, saved, seen};
use crate::tui::testing::{Stage, shop, snap};
use crate::tui::update::update;
use crate::tui::worker::{Answer, Ask, SchemaAnswer, SchemaAsk, Slot};
use std::time::Duration;

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
fn with_and_without_colours_and_unicode() {
    let mut stage = open(80, 24, WRONG);
    snap("tui__schema__styles", &stage.styled());
    snap("tui__schema__none_80x24", &stage.without_colours());
    stage.model.look.plain = true;
    snap("tui__schema__ascii_80x24", &stage.without_unicode());
    snap("tui__schema__ascii_160x48", &open(160, 48, WRONG).without_unicode());
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
    assert!(stage.screen().contains("^r tries again"), "{}", stage.screen());
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
    assert_eq!((stage.model.schema.diagnostic, stage.model.schema.line), (2, 11));
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
