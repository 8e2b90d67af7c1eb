//! The view at every size and in every state.

use crate::tui::msg::{Effect, Msg};
use crate::tui::testing::{Stage, shop, snap};
use crate::tui::worker::{AggregatesAnswer, AggregatesAsk, AggregatesPage, Answer, Ask, Slot};
use crate::wire::{Sort, StatusReport};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

#[test]
fn data_at_every_size() {
    snap("tui__aggregates__80x24", &shop::open(80, 24).screen());
    snap("tui__aggregates__160x48", &shop::open(160, 48).screen());
    snap("tui__aggregates__100x20", &shop::open(100, 20).screen());
    snap("tui__aggregates__70x20", &shop::open(70, 20).screen());
    snap("tui__aggregates__40x10", &shop::open(40, 10).screen());
    snap("tui__aggregates__32x8", &shop::open(32, 8).screen());
    assert_eq!(shop::open(20, 5).screen(), "dbx needs 40x10 (now\n20x5)\nq quits\n\n\n");
    assert_eq!(shop::open(1, 1).screen(), "…\n");
}

#[test]
fn how_it_looks_with_and_without_colours() {
    let mut stage = shop::open(80, 24);
    snap("tui__aggregates__styles", &stage.styled());
    stage.without_colours();
    snap("tui__aggregates__ascii", &stage.without_unicode());
    stage.model.look.plain = true;
    snap("tui__aggregates__plain", &stage.screen());
}

#[test]
fn nothing_that_matches() {
    let mut stage = shop::open(80, 24);
    stage.press("/").types("status:nobody").press("enter");
    snap("tui__aggregates__no_match", &stage.screen());
}

#[test]
fn an_error_says_what_to_do() {
    let mut stage = Stage::new(80, 24, Box::new(|_| Err(shop::broken())));
    stage.send(Msg::Status(Box::new(shop::status())));
    assert!(stage.screen().contains("^r tries again"), "{}", stage.screen());
    stage.answers = Box::new(shop::answer);
    stage.press("ctrl-r");
    assert!(stage.screen().contains("order-42"), "what works again is shown again");
}

#[test]
fn reading_that_takes_long_is_said() {
    let mut model = shop::open(80, 24).model;
    model.aggregates = crate::tui::model::Aggregates::default();
    model.asks.forget_all();
    let never = |_: &Ask| {
        Err(crate::error::Error::new(crate::error::Kind::Internal, "dbx::test", "never asked"))
    };
    let mut stage = Stage {
        model,
        answers: Box::new(never),
        silent: false,
        jumbled: false,
        effects: Vec::new(),
    };
    let ask = crate::tui::update::update(
        Msg::Tick(stage.model.now, stage.model.elapsed),
        &mut stage.model,
    );
    assert!(matches!(ask.as_slice(), [Effect::Ask { .. }]), "{ask:?}");
    assert!(!stage.screen().contains("reading"), "at first nothing flickers");
    let elapsed = stage.model.elapsed + Duration::from_millis(400);
    crate::tui::update::update(Msg::Tick(stage.model.now, elapsed), &mut stage.model);
    assert!(stage.screen().contains("reading for 400 ms"), "{}", stage.screen());
}

#[test]
fn the_filter_bar_counts_completes_and_points() {
    let mut stage = shop::open(80, 24);
    stage.press("/").types("sta");
    stage.press("tab");
    stage.types("paid");
    snap("tui__filter__live", &stage.screen());
    stage.types(" total:>");
    snap("tui__filter__error", &stage.screen());
    assert_eq!(stage.model.aggregates.filter, "status:paid total", "the last good one holds");
    stage.press("enter");
    assert!(stage.model.overlay.is_some(), "one that is wrong is not kept");
    stage.press("ctrl-w ctrl-w enter");
    assert!(stage.model.overlay.is_none());
    stage.press("esc");
    assert_eq!(stage.model.aggregates.filter, "", "Esc takes the filter away");
}

#[test]
fn what_is_pasted_is_no_keys() {
    let mut stage = shop::open(80, 24);
    let paste = |text: &str| Msg::Input(ratatui::crossterm::event::Event::Paste(text.to_owned()));
    stage.send(paste("qqv/"));
    assert!(!stage.model.quit && stage.model.overlay.is_none());
    stage.press("/");
    stage.send(paste("status:\npaid"));
    assert!(stage.screen().contains("status: paid"));
}

#[test]
fn keys_do_what_the_table_says() {
    let mut stage = shop::open(80, 24);
    stage.press("j j space");
    let marked: Vec<String> =
        stage.model.aggregates.marks.iter().map(ToString::to_string).collect();
    assert_eq!(
        (marked, stage.model.aggregates.list.cursor),
        (vec!["order/order-40".to_owned()], 3)
    );
    stage.press("y i");
    assert_eq!(stage.effects, [Effect::Copy("order/order-40".into())]);
    stage.press("esc y c");
    assert_eq!(stage.effects[1], Effect::Copy("dbx show order/order-39".into()));
    stage.press("v");
    assert!(stage.screen().contains("order/order-39: 7 events, every hash is right"));
    stage.press("o");
    assert_eq!(stage.model.aggregates.sort, Sort::Updated);
    stage.press("O G");
    assert_eq!(stage.model.aggregates.list.cursor, 41);
    stage.press("g g y p");
    assert_eq!(stage.effects[2], Effect::Copy("{\"proof\":\"order/order-42\"}".into()));
    stage.press("shift-tab j j j");
    assert_eq!(stage.model.aggregates.group.title(), "order");
    stage.press("q q q");
    assert!(stage.model.quit, "q goes up, and out at the top");
}

#[test]
fn a_row_stays_selected_when_others_come_before_it() {
    let mut stage = shop::open(80, 24);
    stage.press("j j");
    let selected = |stage: &Stage| stage.model.aggregates.selected().unwrap().aggregate_id.clone();
    assert_eq!(selected(&stage), "order-40");
    stage.answers = Box::new(|ask| {
        use crate::tui::worker::{AggregatesAnswer as A, Answer};
        match shop::answer(ask) {
            Ok(Answer::Aggregates(A::Page(mut page))) => {
                page.rows.insert(0, shop::order(43));
                Ok(Answer::Aggregates(A::Page(page)))
            }
            other => other,
        }
    });
    let status = crate::wire::StatusReport { position: "4212".into(), ..shop::status() };
    stage.send(Msg::Status(Box::new(status)));
    assert_eq!((selected(&stage).as_str(), stage.model.aggregates.list.cursor), ("order-40", 3));
    assert!(stage.screen().contains("order-43"));
}

#[test]
fn overlays() {
    let mut stage = shop::open(80, 24);
    stage.press("?");
    snap("tui__help__80x24", &stage.screen());
    stage.types("copy");
    snap("tui__help__searched", &stage.screen());
    stage.press("esc :");
    snap("tui__palette__80x24", &stage.screen());
    stage.types("veri");
    snap("tui__palette__searched", &stage.screen());
    stage.press("enter");
    assert!(stage.screen().contains("every hash is right"), "the palette runs what is selected");
    stage.press(": ").types("type inv").press("enter");
    assert_eq!(stage.model.aggregates.group.title(), "invoice");
    let mut stage = shop::open(80, 24);
    stage.press("y").wait(Duration::from_millis(400));
    snap("tui__which__copy", &stage.screen());
}

#[test]
fn the_mouse_selects_and_scrolls() {
    use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = shop::open(80, 24);
    let at = |kind, column, row| {
        Msg::Input(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    };
    stage.screen();
    stage.send(at(MouseEventKind::Down(MouseButton::Left), 40, 5));
    assert_eq!(stage.model.aggregates.list.cursor, 2);
    stage.send(at(MouseEventKind::ScrollDown, 40, 5));
    assert_eq!(stage.model.aggregates.list.cursor, 5);
    stage.send(at(MouseEventKind::Down(MouseButton::Left), 5, 5));
    assert_eq!(stage.model.aggregates.group.title(), "order");
}

#[test]
fn a_filter_is_kept_by_a_name_and_removed() {
    let mut stage = shop::open(80, 24);
    assert!(stage.press("F").screen().contains("there is no filter"), "{}", stage.screen());
    stage.press("/").types("status:paid").press("enter F").types("paid");
    snap("tui__aggregates__name_filter", &stage.screen());
    stage.press("enter");
    let edit = |name: &str, text: Option<&str>| crate::tui::msg::FilterEdit {
        name: name.to_owned(),
        text: text.map(str::to_owned),
    };
    let saved = edit("paid", Some("status:paid"));
    assert_eq!(stage.effects.pop(), Some(Effect::SaveFilter(saved.clone())));
    stage.model.filter_saved(&saved);
    stage.wait(Duration::from_millis(200));
    snap("tui__aggregates__saved_filter", &stage.screen());
    assert_eq!(stage.model.aggregates.query().filter.as_deref(), Some("status:paid"));
    // A type and what is filtered in it are one filter that can be kept.
    stage.model.aggregates.group = crate::tui::model::Group::Type("order".to_owned());
    stage.press("/").types("total:>100").press("enter F enter");
    assert!(stage.screen().contains("a filter is kept by a name"), "{}", stage.screen());
    stage.types("big orders").press("enter");
    let big = edit("big orders", Some("type:\"order\" (total:>100)"));
    assert_eq!(stage.effects.pop(), Some(Effect::SaveFilter(big.clone())));
    stage.model.filter_saved(&big);
    stage.press("D");
    let removed = edit("big orders", None);
    assert_eq!(stage.effects.pop(), Some(Effect::SaveFilter(removed.clone())));
    stage.model.filter_saved(&removed);
    let names: Vec<&str> =
        stage.model.aggregates.saved.iter().map(|filter| filter.name.as_str()).collect();
    assert_eq!(names, ["paid"]);
    assert_eq!(stage.model.aggregates.group, crate::tui::model::Group::All);
}

/// A list whose end is nowhere near.
fn more(ask: &Ask) -> crate::error::Result<Answer> {
    match shop::answer(ask) {
        Ok(Answer::Aggregates(AggregatesAnswer::Page(page))) => {
            let page = AggregatesPage { next: Some("more".into()), ..page };
            Ok(Answer::Aggregates(AggregatesAnswer::Page(page)))
        }
        other => other,
    }
}

#[test]
fn how_many_match_is_counted_for_the_list_on_the_screen_alone() {
    let counts = |effect: &Effect| {
        let slot = match effect {
            Effect::Ask { slot, .. } | Effect::Cancel(slot) => *slot,
            _ => return None,
        };
        (slot == Slot::Count).then_some(matches!(effect, Effect::Ask { .. }))
    };
    for leaves in ["2", "ctrl-u"] {
        let mut stage = Stage::new(80, 24, Box::new(more));
        stage.send(Msg::Status(Box::new(shop::status())));
        stage.press("/").types("status:paid").press("enter");
        stage.silent = true;
        stage.wait(Duration::from_secs(1));
        match leaves {
            "2" => stage.press("2"),
            clears => stage.press("/").press(clears).press("enter"),
        };
        let counted: Vec<bool> = stage.effects.iter().filter_map(counts).collect();
        assert_eq!(counted, [true, false], "{leaves}: asked, then told to stop");
    }
}

#[test]
fn the_end_can_be_gone_to_as_soon_as_it_is_known_how_many_there_are() {
    let mut stage = Stage::new(80, 24, Box::new(more));
    // The first page is there before the workspace says how many aggregates it has.
    stage.wait(Duration::from_secs(1));
    assert!(stage.model.status.is_none() && stage.model.aggregates.list.is_loaded());
    stage.send(Msg::Status(Box::new(shop::status())));
    stage.press("G");
    assert_eq!(stage.model.aggregates.list.cursor, 2_504);
}

#[test]
fn a_page_is_read_from_where_it_is_known_to_begin_unless_rows_change_places() {
    let asked = Rc::new(RefCell::new(None));
    let told = asked.clone();
    let pages = move |ask: &Ask| match (ask, shop::answer(ask)) {
        (
            Ask::Aggregates(AggregatesAsk::Page { query, page: index, .. }),
            Ok(Answer::Aggregates(AggregatesAnswer::Page(page))),
        ) => {
            told.replace(Some((*index, query.after.clone(), query.skip)));
            let start = (*index > 0).then(|| format!("at {index}"));
            let page = AggregatesPage { start, next: Some("behind".to_owned()), ..page };
            Ok(Answer::Aggregates(AggregatesAnswer::Page(page)))
        }
        (_, other) => other,
    };
    let mut stage = Stage::new(80, 24, Box::new(pages));
    let grown = |commits| Msg::Status(Box::new(StatusReport { commits, ..shop::status() }));
    stage.send(grown(1));
    stage.wait(Duration::from_secs(1));
    // 2,505 rows of which 128 are a page: of the last one only the beginning of the list is known.
    stage.press("G");
    assert_eq!(asked.take(), Some((19, Some("behind".to_owned()), 17 * 128)));
    stage.send(grown(2));
    assert_eq!(asked.take(), Some((19, Some("at 19".to_owned()), 0)), "it was found since");
    stage.press("o").wait(Duration::from_secs(1)).press("G");
    assert_eq!(asked.take(), Some((19, None, 19 * 128)), "the row before it may be anywhere");
}

#[test]
fn a_state_with_more_fields_than_there_is_room_says_so() {
    let answers = |ask: &Ask| match shop::answer(ask) {
        Ok(Answer::Aggregates(AggregatesAnswer::Page(mut page))) => {
            let fields: Vec<String> =
                (0..3_000).map(|at| format!("\"f{at}\":\"{}\"", "x".repeat(30))).collect();
            let state = format!("{{{}}}", fields.join(","));
            page.rows[0].state = crate::domain::Json::parse(&state).unwrap();
            Ok(Answer::Aggregates(AggregatesAnswer::Page(page)))
        }
        other => other,
    };
    let mut stage = Stage::new(80, 24, Box::new(answers));
    stage.send(Msg::Status(Box::new(shop::status())));
    stage.wait(Duration::from_secs(1));
    let screen = stage.screen();
    let shown = screen.lines().filter(|line| line.contains("\"x")).count();
    let below = format!("… {} more", crate::tui::words::thousands(3_001 - shown as u64));
    assert!(screen.contains(&below), "{below}: {screen}");
    stage.press("tab G");
    assert!(!stage.screen().contains(" more "), "{}", stage.screen());
}

#[test]
fn a_page_behind_where_the_list_was_thought_to_end_is_looked_for_anew() {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let told = asked.clone();
    // So many rows came in before the last page that what was its beginning is the end now.
    let pages = move |ask: &Ask| match (ask, shop::answer(ask)) {
        (
            Ask::Aggregates(AggregatesAsk::Page { query, page: index, .. }),
            Ok(Answer::Aggregates(AggregatesAnswer::Page(page))),
        ) => {
            told.borrow_mut().push((*index, query.after.clone(), query.skip));
            let lost = query.after.as_deref() == Some("at 19") && *index > 19;
            let rows = if lost { Vec::new() } else { page.rows };
            let start = (*index > 0 && !lost).then(|| format!("at {index}"));
            let next = (*index < 19).then(|| "behind".to_owned());
            Ok(Answer::Aggregates(AggregatesAnswer::Page(AggregatesPage {
                rows,
                start,
                next,
                ..page
            })))
        }
        (_, other) => other,
    };
    let mut stage = Stage::new(80, 24, Box::new(pages));
    let grown = |more| {
        let mut status = StatusReport { commits: more, ..shop::status() };
        status.types[0].aggregates += more;
        Msg::Status(Box::new(status))
    };
    stage.send(grown(0));
    stage.wait(Duration::from_secs(1)).press("G").press("g g");
    asked.borrow_mut().clear();
    stage.send(grown(200));
    stage.wait(Duration::from_secs(1)).press("G").wait(Duration::from_secs(1));
    let asked = asked.borrow();
    let lost = asked.iter().position(|page| *page == (21, Some("at 19".to_owned()), 2 * 128));
    let found = asked.iter().rposition(|page| *page == (21, None, 21 * 128));
    assert!(lost.is_some() && lost < found, "{asked:?}");
    assert!(stage.model.aggregates.list.selected().is_some(), "the end is on the screen");
}
