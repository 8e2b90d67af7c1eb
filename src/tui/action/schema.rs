//! The table: what can be done to the schema.

use super::{Action, Group, PLAIN};
use crate::tui::model::View;
use crate::tui::update::schema::{act, apply, words};

const DO: Action = Action {
    group: Group::Do,
    view: Some(View::Schema),
    disabled: act::no_text,
    twin: words::shown_command,
    ..PLAIN
};
const FIND: Action = Action { group: Group::Find, ..DO };
const COPY: Action = Action { disabled: |_| None, ..DO };

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "next-diagnostic",
        title: "next diagnostic",
        short: "diagnostic",
        keys: &["n"],
        bar: Some(5),
        disabled: act::no_diagnostic,
        pair: Some(("diagnostic-before", "diagnostic")),
        run: |model| act::step(model, 1),
        ..FIND
    },
    Action {
        name: "diagnostic-before",
        title: "diagnostic before",
        keys: &["N"],
        disabled: act::no_diagnostic,
        run: |model| act::step(model, -1),
        ..FIND
    },
    Action {
        name: "next-difference",
        title: "next difference",
        keys: &["]"],
        disabled: act::no_hunk,
        pair: Some(("difference-before", "difference")),
        run: |model| act::hunk(model, true),
        ..FIND
    },
    Action {
        name: "difference-before",
        title: "difference before",
        keys: &["["],
        disabled: act::no_hunk,
        run: |model| act::hunk(model, false),
        ..FIND
    },
    Action {
        name: "find-in-schema",
        title: "find a text",
        short: "find",
        keys: &["/"],
        bar: Some(60),
        run: act::ask_what,
        ..FIND
    },
    Action {
        name: "edit-schema",
        far: true,
        title: "open in $EDITOR",
        short: "edit",
        keys: &["e"],
        bar: Some(15),
        disabled: |model| {
            model.schema.seen.is_none().then(|| "the file was not looked at yet".to_owned())
        },
        run: act::edit,
        ..DO
    },
    Action {
        name: "fix-diagnostic",
        title: "fix the diagnostic",
        short: "fix",
        keys: &["f"],
        bar: Some(16),
        disabled: act::no_fix,
        run: act::fix,
        ..DO
    },
    Action {
        name: "format-schema",
        title: "format the file",
        short: "format",
        keys: &["F"],
        bar: Some(25),
        twin: |_| Some("dbx schema fmt".to_owned()),
        run: act::format,
        ..DO
    },
    Action {
        name: "explain-diagnostic",
        title: "explain diagnostic",
        short: "explain",
        keys: &["x"],
        bar: Some(20),
        disabled: act::no_explanation,
        twin: words::explain_command,
        run: act::explain,
        ..DO
    },
    Action {
        name: "schema-difference",
        title: "diff with applied",
        short: "diff",
        keys: &["d"],
        bar: Some(35),
        disabled: act::no_difference,
        twin: words::difference_command,
        run: act::difference,
        ..DO
    },
    Action {
        name: "schema-history",
        far: true,
        title: "applied schemas",
        short: "history",
        keys: &["h"],
        bar: Some(50),
        disabled: act::no_history,
        twin: |_| Some("dbx schema history".to_owned()),
        run: act::history,
        ..DO
    },
    Action {
        name: "apply-schema",
        title: "apply the file",
        short: "apply",
        keys: &["A"],
        bar: Some(12),
        disabled: apply::cannot,
        twin: words::apply_command,
        run: apply::ask,
        ..DO
    },
    Action {
        name: "undo-write",
        title: "undo a write",
        short: "undo",
        keys: &["u"],
        bar: Some(40),
        disabled: |model| {
            model.schema.written.is_empty().then(|| "nothing was written from here".to_owned())
        },
        pair: Some(("redo-write", "undo, redo a write")),
        run: act::undo,
        ..DO
    },
    Action {
        name: "redo-write",
        title: "write it again",
        keys: &["U"],
        disabled: |model| {
            model.schema.undone.is_empty().then(|| "nothing was taken back".to_owned())
        },
        run: act::redo,
        ..DO
    },
    Action {
        name: "line-left",
        title: "lines to the left",
        keys: &["left"],
        group: Group::Move,
        pair: Some(("line-right", "long lines")),
        run: |model| act::side(model, false),
        ..COPY
    },
    Action {
        name: "line-right",
        title: "lines to the right",
        keys: &["right"],
        group: Group::Move,
        run: |model| act::side(model, true),
        ..COPY
    },
    Action {
        name: "copy-schema-value",
        title: "copy what is shown",
        short: "value",
        keys: &["y y"],
        run: words::copy_shown,
        ..COPY
    },
    Action {
        name: "copy-schema-place",
        title: "copy the place",
        short: "place",
        keys: &["y i"],
        run: words::copy_place,
        ..COPY
    },
    Action {
        name: "copy-schema-json",
        title: "diagnostics as JSON",
        short: "JSON",
        keys: &["y j"],
        run: words::copy_json,
        ..DO
    },
    Action {
        name: "copy-schema-command",
        title: "copy dbx command",
        short: "command",
        keys: &["Y", "y c"],
        run: words::copy_command,
        ..COPY
    },
];
