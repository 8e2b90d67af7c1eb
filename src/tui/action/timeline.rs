//! The table: what can be done in an aggregate's history.

use super::{Action, Group, PLAIN};
use crate::tui::model::{Model, View};
use crate::tui::update::{copy, scrub as run};

const DO: Action = Action {
    group: Group::Do,
    view: Some(View::Timeline),
    disabled: |model: &Model| {
        model.timeline.name.is_none().then(|| "no aggregate is looked at".to_owned())
    },
    twin: copy::version_command,
    ..PLAIN
};
const MOVE: Action = Action { group: Group::Move, ..DO };
const FIND: Action = Action { group: Group::Find, ..DO };

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "older",
        title: "one event older",
        short: "step",
        keys: &["left", "h"],
        pair: Some(("newer", "one event")),
        bar: Some(5),
        run: |model| run::by(model, -1),
        ..MOVE
    },
    Action {
        name: "newer",
        title: "one event newer",
        keys: &["right", "l"],
        run: |model| run::by(model, 1),
        ..MOVE
    },
    Action {
        name: "much-older",
        title: "ten events older",
        keys: &["shift-left", "H"],
        pair: Some(("much-newer", "ten events")),
        run: |model| run::by(model, -10),
        ..MOVE
    },
    Action {
        name: "much-newer",
        title: "ten events newer",
        keys: &["shift-right", "L"],
        run: |model| run::by(model, 10),
        ..MOVE
    },
    Action {
        name: "snapshot-before",
        title: "snapshot before",
        keys: &["["],
        pair: Some(("snapshot-behind", "snapshot")),
        run: |model| run::snapshot(model, true),
        ..MOVE
    },
    Action {
        name: "snapshot-behind",
        title: "snapshot behind",
        keys: &["]"],
        run: |model| run::snapshot(model, false),
        ..MOVE
    },
    Action {
        name: "day-before",
        title: "day before",
        keys: &["{"],
        pair: Some(("day-behind", "day")),
        run: |model| run::day(model, true),
        ..MOVE
    },
    Action {
        name: "day-behind",
        title: "day behind",
        keys: &["}"],
        run: |model| run::day(model, false),
        ..MOVE
    },
    Action {
        name: "first-version",
        title: "first version",
        keys: &["home"],
        pair: Some(("last-version", "first, last one")),
        run: run::first,
        ..MOVE
    },
    Action { name: "last-version", title: "last version", keys: &["end"], run: run::last, ..MOVE },
    Action {
        name: "compare-here",
        title: "compare with here",
        short: "mark",
        keys: &["m"],
        bar: Some(40),
        twin: copy::diff_command,
        run: run::mark,
        ..DO
    },
    Action {
        name: "swap",
        title: "swap the two ends",
        keys: &["M"],
        disabled: |model| {
            model.timeline.compare.is_none().then(|| "`m` marks the other end".to_owned())
        },
        twin: copy::diff_command,
        run: run::swap,
        ..DO
    },
    Action {
        name: "next-detail",
        title: "state, diff, event, raw",
        short: "view",
        keys: &["d"],
        bar: Some(45),
        pair: Some(("detail-before", "state, diff, …")),
        run: |model| run::shows(model, 1),
        ..DO
    },
    Action {
        name: "detail-before",
        title: "raw, event, diff, state",
        keys: &["D"],
        run: |model| run::shows(model, -1),
        ..DO
    },
    Action {
        name: "live",
        title: "follow what comes",
        short: "live",
        keys: &["T"],
        bar: Some(70),
        run: run::live,
        ..DO
    },
    Action {
        name: "prove",
        title: "prove this event",
        short: "prove",
        keys: &["v"],
        bar: Some(60),
        twin: copy::version_proof_command,
        run: run::prove,
        ..DO
    },
    Action {
        name: "correlation",
        title: "all of its correlation",
        keys: &["c"],
        disabled: run::no_correlation,
        pair: Some(("cause", "correlation, cause")),
        twin: run::correlated_command,
        run: run::correlated,
        ..DO
    },
    Action {
        name: "cause",
        title: "go to its cause",
        keys: &["C"],
        disabled: run::no_cause,
        run: run::cause,
        ..DO
    },
    Action {
        name: "copy-version-value",
        title: "copy what is shown",
        short: "value",
        keys: &["y y"],
        run: copy::shown,
        ..DO
    },
    Action {
        name: "copy-version-id",
        title: "copy its name",
        short: "id",
        keys: &["y i"],
        run: copy::version_name,
        ..DO
    },
    Action {
        name: "copy-version-json",
        title: "copy event as JSON",
        short: "JSON",
        keys: &["y j"],
        run: copy::event_json,
        ..DO
    },
    Action {
        name: "copy-version-command",
        title: "copy dbx command",
        short: "command",
        keys: &["Y", "y c"],
        run: copy::command,
        ..DO
    },
    Action {
        name: "goto",
        title: "go to a moment",
        short: "goto",
        keys: &["@"],
        bar: Some(50),
        run: run::ask_where,
        ..FIND
    },
    Action {
        name: "find",
        title: "find an event",
        short: "find",
        keys: &["/"],
        bar: Some(55),
        run: run::ask_what,
        ..FIND
    },
    Action {
        name: "find-older",
        title: "next older one",
        keys: &["n"],
        disabled: run::no_search,
        pair: Some(("find-newer", "older, newer one")),
        run: |model| run::find(model, true),
        ..FIND
    },
    Action {
        name: "find-newer",
        title: "next newer one",
        keys: &["N"],
        disabled: run::no_search,
        run: |model| run::find(model, false),
        ..FIND
    },
];
