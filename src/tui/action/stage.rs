//! The table: what can be done to what is staged, and what is staged from other views.

use super::{Action, Group, PLAIN};
use crate::tui::model::{Model, Name, View};
use crate::tui::update::select::nothing_selected;
use crate::tui::update::stage::{change, commit, copy, pick};

const DO: Action = Action {
    group: Group::Do,
    view: Some(View::Stage),
    disabled: change::nothing,
    twin: change::show_command,
    ..PLAIN
};
const WRITE: Action = Action { disabled: change::cannot_change, ..DO };

fn no_timeline(model: &Model) -> Option<String> {
    let none = model.timeline.name.is_none().then(|| "no aggregate is looked at".to_owned());
    none.or_else(|| model.cannot_write())
}

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "select",
        title: "select, or leave out",
        short: "select",
        keys: &["space"],
        bar: Some(4),
        twin: |_| None,
        pair: Some(("select-all", "select, all or none")),
        run: change::select,
        ..DO
    },
    Action {
        name: "select-all",
        title: "select all, or none",
        short: "all",
        keys: &["a"],
        bar: Some(45),
        twin: |_| None,
        run: change::select_all,
        ..DO
    },
    Action {
        name: "move-down",
        title: "further down",
        short: "order",
        keys: &["J"],
        bar: Some(50),
        twin: |model| change::move_command(model, 1),
        pair: Some(("move-up", "down, up in the order")),
        run: change::down,
        ..WRITE
    },
    Action {
        name: "move-up",
        title: "further up",
        keys: &["K"],
        twin: |model| change::move_command(model, -1),
        run: change::up,
        ..WRITE
    },
    Action {
        name: "new-event",
        title: "new event",
        short: "new",
        keys: &["n", "s"],
        bar: Some(46),
        disabled: Model::cannot_write,
        twin: |_| Some("dbx stage add TYPE ID EVENT".to_owned()),
        run: pick::for_any,
        ..DO
    },
    Action {
        name: "edit-event",
        title: "edit in $EDITOR",
        short: "edit",
        keys: &["e"],
        bar: Some(5),
        run: change::edit,
        ..WRITE
    },
    Action {
        name: "rebase",
        title: "rebase onto what there is now",
        short: "rebase",
        keys: &["r"],
        bar: Some(2),
        disabled: change::no_conflict,
        twin: |_| Some("dbx stage rebase --partial".to_owned()),
        run: change::rebase,
        ..DO
    },
    Action {
        name: "drop",
        title: "take off the stage",
        short: "drop",
        keys: &["D"],
        bar: Some(9),
        twin: change::drop_command,
        run: change::take_off,
        ..WRITE
    },
    Action {
        name: "undo",
        title: "undo",
        short: "undo",
        keys: &["u"],
        bar: Some(7),
        disabled: change::no_undo,
        twin: |_| Some("dbx stage undo".to_owned()),
        pair: Some(("redo", "undo, redo")),
        run: change::undo,
        ..DO
    },
    Action {
        name: "redo",
        title: "redo",
        short: "redo",
        keys: &["U"],
        bar: Some(8),
        disabled: change::no_redo,
        twin: |_| Some("dbx stage redo".to_owned()),
        run: change::redo,
        ..DO
    },
    Action {
        name: "commit",
        title: "commit",
        short: "commit",
        keys: &["c"],
        bar: Some(3),
        disabled: commit::cannot_commit,
        twin: copy::commit_command,
        run: commit::open,
        ..DO
    },
    Action {
        name: "split-changes",
        title: "changes in one line or two",
        short: "view",
        keys: &["d"],
        twin: |_| None,
        run: change::split,
        ..DO
    },
    Action {
        name: "copy-staged-value",
        title: "copy what it says",
        short: "value",
        keys: &["y y"],
        pair: Some(("copy-staged-id", "copy value, id")),
        run: copy::value,
        ..DO
    },
    Action {
        name: "copy-staged-id",
        title: "copy its aggregate's name",
        short: "id",
        keys: &["y i"],
        run: copy::name,
        ..DO
    },
    Action {
        name: "copy-staged-json",
        title: "copy as JSON",
        short: "JSON",
        keys: &["y j"],
        pair: Some(("copy-receipt", "copy JSON, receipt")),
        run: copy::json,
        ..DO
    },
    Action {
        name: "copy-staged-command",
        title: "copy dbx command",
        short: "command",
        keys: &["Y", "y c"],
        twin: copy::add_command,
        run: copy::command,
        ..DO
    },
    Action {
        name: "stage-event",
        title: "stage an event",
        short: "stage",
        keys: &["s"],
        bar: Some(40),
        view: Some(View::Aggregates),
        disabled: |model| nothing_selected(model).or_else(|| model.cannot_write()),
        twin: |model| Some(pick::command(&Name::of(model.aggregates.selected()?))),
        run: pick::for_selected,
        ..DO
    },
    Action {
        name: "stage-from-here",
        title: "stage an event from here",
        short: "stage",
        keys: &["s"],
        bar: Some(65),
        view: Some(View::Timeline),
        disabled: no_timeline,
        twin: |model| model.timeline.name.as_ref().map(pick::command),
        run: pick::for_version,
        ..DO
    },
    Action {
        name: "undo-staging",
        title: "undo staging",
        keys: &["u"],
        group: Group::Always,
        view: None,
        disabled: change::no_undo,
        twin: |_| Some("dbx stage undo".to_owned()),
        pair: Some(("redo-staging", "undo, redo staging")),
        run: change::undo,
        ..DO
    },
    Action {
        name: "redo-staging",
        title: "redo staging",
        keys: &["U"],
        group: Group::Always,
        view: None,
        disabled: change::no_redo,
        twin: |_| Some("dbx stage redo".to_owned()),
        run: change::redo,
        ..DO
    },
    Action {
        name: "copy-receipt",
        title: "copy the receipt of the commit",
        short: "receipt",
        keys: &["y r"],
        disabled: copy::no_receipt,
        twin: |_| None,
        run: copy::receipt,
        ..DO
    },
];
