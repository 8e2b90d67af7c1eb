//! The table: what can be done in the view of the log as it grows.

use super::{Action, Group, PLAIN};
use crate::tui::model::View;
use crate::tui::update::tail::{act as run, copy};

const DO: Action = Action {
    group: Group::Do,
    view: Some(View::Tail),
    twin: |model| Some(run::events_command(model)),
    ..PLAIN
};
const COPY: Action = Action { disabled: copy::nothing, twin: copy::command, ..DO };

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "pause",
        title: "stand still, go on",
        short: "pause",
        keys: &["space"],
        bar: Some(5),
        disabled: run::cannot_pause,
        twin: |_| None,
        run: run::pause,
        ..DO
    },
    Action {
        name: "follow",
        title: "follow one, or all",
        short: "follow",
        keys: &["f"],
        bar: Some(40),
        disabled: run::nobody_to_follow,
        run: run::follow,
        ..DO
    },
    Action {
        name: "newest",
        title: "newest event",
        short: "newest",
        keys: &["G"],
        bar: Some(45),
        group: Group::Move,
        run: run::newest,
        ..DO
    },
    Action {
        name: "set-cursor",
        title: "set the cursor",
        short: "set cursor",
        keys: &["@"],
        pair: Some(("forget-cursor", "set, forget cursor")),
        bar: Some(60),
        disabled: run::cannot_write,
        twin: |model| run::cursor_command(model, "--set"),
        run: run::move_cursor,
        ..DO
    },
    Action {
        name: "forget-cursor",
        title: "forget the cursor",
        short: "forget cursor",
        keys: &["D"],
        disabled: run::cannot_write,
        twin: |model| run::cursor_command(model, "--delete"),
        run: run::forget_cursor,
        ..DO
    },
    Action {
        name: "metrics",
        far: true,
        title: "what the daemon measured",
        short: "metrics",
        keys: &["m"],
        pair: Some(("daemon-log", "metrics, log")),
        bar: Some(50),
        disabled: run::no_daemon,
        twin: |_| Some("dbx serve status --json".to_owned()),
        run: run::metrics,
        ..DO
    },
    Action {
        name: "daemon-log",
        far: true,
        title: "what the daemon wrote down",
        short: "log",
        keys: &["l"],
        bar: Some(55),
        twin: |_| Some("dbx serve logs".to_owned()),
        run: run::log,
        ..DO
    },
    Action {
        name: "copy-tail-value",
        title: "copy its contents",
        short: "value",
        keys: &["y y"],
        run: copy::value,
        ..COPY
    },
    Action {
        name: "copy-tail-id",
        title: "copy its name",
        short: "id",
        keys: &["y i"],
        run: copy::name,
        ..COPY
    },
    Action {
        name: "copy-tail-json",
        title: "copy as JSON",
        short: "JSON",
        keys: &["y j"],
        run: copy::json,
        ..COPY
    },
    Action {
        name: "copy-tail-command",
        title: "copy dbx command",
        short: "command",
        keys: &["Y", "y c"],
        run: copy::copy_command,
        ..COPY
    },
    Action {
        name: "filter-tail",
        far: true,
        title: "filter",
        short: "filter",
        keys: &["/"],
        bar: Some(20),
        group: Group::Find,
        run: run::filter,
        ..DO
    },
];
