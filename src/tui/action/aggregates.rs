//! The table: what can be done to aggregates.

use super::{Action, Group, PLAIN};
use crate::tui::model::View;
use crate::tui::update::select as run;

const DO: Action = Action {
    group: Group::Do,
    view: Some(View::Aggregates),
    disabled: run::nothing_selected,
    twin: run::show_command,
    ..PLAIN
};

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "verify-selection",
        title: "verify selection",
        short: "verify",
        keys: &["v"],
        bar: Some(50),
        twin: run::verify_command,
        run: run::verify,
        ..DO
    },
    Action {
        name: "mark",
        title: "mark",
        short: "mark",
        keys: &["space"],
        bar: Some(70),
        twin: |_| None,
        pair: Some(("mark-all", "mark, mark all")),
        run: run::mark,
        ..DO
    },
    Action {
        name: "mark-all",
        title: "mark all, or none",
        keys: &["a"],
        twin: |_| None,
        run: run::mark_all,
        ..DO
    },
    Action {
        name: "next-order",
        title: "next sort order",
        short: "sort",
        keys: &["o"],
        bar: Some(60),
        disabled: |_| None,
        twin: |model| Some(run::list_command(model)),
        pair: Some(("order-before", "sort order")),
        run: run::next_order,
        ..DO
    },
    Action {
        name: "order-before",
        title: "sort order before",
        keys: &["O"],
        disabled: |_| None,
        twin: |model| Some(run::list_command(model)),
        run: run::order_before,
        ..DO
    },
    Action {
        name: "tail-selection",
        title: "tail this one",
        short: "tail",
        keys: &["t"],
        bar: Some(65),
        run: crate::tui::update::tail::act::follow_selected,
        ..DO
    },
    Action { name: "edit", title: "state in $EDITOR", keys: &["e"], run: run::edit_state, ..DO },
    Action {
        name: "copy-value",
        title: "copy state",
        short: "value",
        keys: &["y y"],
        pair: Some(("copy-id", "copy value, id, …")),
        run: run::copy_state,
        ..DO
    },
    Action {
        name: "copy-id",
        title: "copy id",
        short: "id",
        keys: &["y i"],
        pair: Some(("copy-json", "copy id, JSON, …")),
        run: run::copy_names,
        ..DO
    },
    Action {
        name: "copy-json",
        title: "copy as JSON",
        short: "JSON",
        keys: &["y j"],
        pair: Some(("copy-proof", "copy JSON, proof")),
        run: run::copy_json,
        ..DO
    },
    Action {
        name: "copy-proof",
        title: "copy a proof",
        short: "proof",
        keys: &["y p"],
        twin: run::prove_command,
        run: run::copy_proof,
        ..DO
    },
    Action {
        name: "copy-command",
        title: "copy dbx command",
        short: "command",
        keys: &["Y", "y c"],
        run: run::copy_command,
        ..DO
    },
    Action {
        name: "save-filter",
        title: "save the filter by a name",
        keys: &["F"],
        pair: Some(("remove-filter", "save, drop filter")),
        run: run::name_filter,
        group: Group::Find,
        disabled: run::nothing_filtered,
        twin: |_| None,
        ..DO
    },
    Action {
        name: "remove-filter",
        title: "remove this saved filter",
        keys: &["D"],
        run: run::remove_filter,
        group: Group::Find,
        disabled: run::no_saved_filter,
        twin: |_| None,
        ..DO
    },
    Action {
        name: "filter",
        title: "filter",
        short: "filter",
        keys: &["/"],
        bar: Some(20),
        twin: |model| Some(run::list_command(model)),
        run: crate::tui::update::everywhere::filter,
        group: Group::Find,
        disabled: |_| None,
        ..DO
    },
];
