//! The table: what can be done in every view.

use super::{Action, Group, PLAIN};
use crate::tui::model::View;
use crate::tui::update::everywhere as run;
use crate::tui::update::motion::{self, Move};

const MOVE: Action = Action { group: Group::Move, ..PLAIN };
const ALWAYS: Action = Action { group: Group::Always, ..PLAIN };

macro_rules! moves {
    ($way:expr) => {
        |model| {
            motion::go(model, $way);
            Vec::new()
        }
    };
}

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "up",
        title: "row up",
        short: "move",
        keys: &["up", "k"],
        bar: Some(0),
        pair: Some(("down", "row")),
        run: moves!(Move::Rows(-1)),
        ..MOVE
    },
    Action {
        name: "down",
        title: "row down",
        keys: &["down", "j"],
        run: moves!(Move::Rows(1)),
        ..MOVE
    },
    Action {
        name: "page-up",
        title: "page up",
        keys: &["pgup", "ctrl-b"],
        pair: Some(("page-down", "page")),
        run: moves!(Move::Halves(-2)),
        ..MOVE
    },
    Action {
        name: "page-down",
        title: "page down",
        keys: &["pgdn", "ctrl-f"],
        run: moves!(Move::Halves(2)),
        ..MOVE
    },
    Action {
        name: "half-up",
        title: "half a page up",
        keys: &["ctrl-u"],
        pair: Some(("half-down", "half a page")),
        run: moves!(Move::Halves(-1)),
        ..MOVE
    },
    Action {
        name: "half-down",
        title: "half a page down",
        keys: &["ctrl-d"],
        run: moves!(Move::Halves(1)),
        ..MOVE
    },
    Action {
        name: "top",
        title: "first row",
        short: "top",
        keys: &["home", "g g"],
        pair: Some(("end", "first, last row")),
        run: moves!(Move::Top),
        ..MOVE
    },
    Action { name: "end", title: "last row", keys: &["end", "G"], run: moves!(Move::End), ..MOVE },
    Action {
        name: "next-pane",
        title: "next pane",
        short: "pane",
        keys: &["tab"],
        bar: Some(30),
        pair: Some(("pane-before", "pane")),
        run: |model| {
            motion::pane(model, 1);
            Vec::new()
        },
        ..MOVE
    },
    Action {
        name: "pane-before",
        title: "pane before",
        keys: &["shift-tab"],
        run: |model| {
            motion::pane(model, -1);
            Vec::new()
        },
        ..MOVE
    },
    Action {
        name: "enter",
        title: "open",
        short: "open",
        keys: &["enter", "l", "right"],
        bar: Some(10),
        run: motion::enter,
        ..MOVE
    },
    Action {
        name: "leave",
        title: "close, or stop",
        keys: &["esc", "h", "left"],
        run: run::escape,
        ..MOVE
    },
    Action {
        name: "view-aggregates",
        title: "aggregates",
        keys: &["1"],
        pair: Some(("view-timeline", "the views")),
        run: |model| {
            crate::tui::update::open(model, View::Aggregates);
            Vec::new()
        },
        ..MOVE
    },
    Action {
        name: "view-timeline",
        title: "timeline",
        keys: &["2"],
        pair: Some(("view-verify", "the views")),
        disabled: |model| {
            let any = model.timeline.name.is_some() || model.aggregates.selected().is_some();
            (!any).then(|| "no aggregate is selected".to_owned())
        },
        run: run::timeline,
        ..MOVE
    },
    Action {
        name: "view-verify",
        title: "verify",
        keys: &["3"],
        pair: Some(("view-stage", "the views")),
        run: |model| {
            crate::tui::update::open(model, View::Verify);
            Vec::new()
        },
        ..MOVE
    },
    Action {
        name: "view-stage",
        title: "stage",
        keys: &["4"],
        pair: Some(("view-schema", "the views")),
        run: crate::tui::update::stage::open,
        ..MOVE
    },
    Action {
        name: "view-schema",
        title: "schema",
        keys: &["5"],
        pair: Some(("view-tail", "the views")),
        run: crate::tui::update::schema::open,
        ..MOVE
    },
    Action {
        name: "view-tail",
        title: "tail",
        keys: &["6"],
        run: |model| {
            crate::tui::update::open(model, View::Tail);
            Vec::new()
        },
        ..MOVE
    },
    Action {
        name: "next-view",
        title: "next view",
        short: "next view",
        keys: &["g t"],
        pair: Some(("view-before", "next view")),
        run: |model| run::view(model, 1),
        ..MOVE
    },
    Action {
        name: "view-before",
        title: "view before",
        short: "view before",
        keys: &["g T"],
        run: |model| run::view(model, -1),
        ..MOVE
    },
    Action {
        name: "back",
        title: "back to the view before",
        keys: &["ctrl-o", "<"],
        disabled: |model| model.back.is_empty().then(|| "there is none".to_owned()),
        pair: Some(("forward", "views before")),
        run: run::back,
        ..MOVE
    },
    Action {
        name: "forward",
        title: "forward again",
        keys: &[">"],
        disabled: |model| model.forward.is_empty().then(|| "there is none".to_owned()),
        run: run::forward,
        ..MOVE
    },
    Action {
        name: "palette",
        title: "every command",
        short: "cmd",
        keys: &[":", "ctrl-p"],
        bar: Some(90),
        run: run::palette,
        ..ALWAYS
    },
    Action {
        name: "help",
        title: "this help",
        short: "help",
        keys: &["?", "f1"],
        bar: Some(99),
        run: run::help,
        ..ALWAYS
    },
    Action {
        name: "larger",
        title: "pane larger",
        keys: &["+"],
        pair: Some(("smaller", "pane size")),
        run: run::larger,
        ..ALWAYS
    },
    Action { name: "smaller", title: "pane smaller", keys: &["_"], run: run::smaller, ..ALWAYS },
    Action {
        name: "reload",
        title: "read again",
        keys: &["ctrl-r"],
        pair: Some(("redraw", "read, draw again")),
        run: run::reload,
        ..ALWAYS
    },
    Action { name: "redraw", title: "draw again", keys: &["ctrl-l"], run: run::redraw, ..ALWAYS },
    Action { name: "theme", title: "next theme", run: run::theme, ..ALWAYS },
    Action {
        name: "suspend",
        title: "to the shell",
        keys: &["ctrl-z"],
        disabled: |_| cfg!(not(unix)).then(|| "this system has no job control".to_owned()),
        run: run::suspend,
        ..ALWAYS
    },
    Action {
        name: "quit",
        title: "up, or quit",
        short: "quit",
        keys: &["q"],
        run: run::quit,
        ..ALWAYS
    },
];
