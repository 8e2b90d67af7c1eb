//! The table: what can be done to verify.

use super::{Action, Group, PLAIN};
use crate::tui::model::View;
use crate::tui::update::verify::{self as run, copy};

const DO: Action =
    Action { group: Group::Do, view: Some(View::Verify), twin: copy::shown_command, ..PLAIN };

pub(super) const ACTIONS: &[Action] = &[
    Action {
        name: "verify-log",
        far: true,
        title: "verify the whole log",
        short: "all",
        keys: &["R"],
        bar: Some(40),
        disabled: run::cannot_check,
        twin: |_| Some("dbx verify".to_owned()),
        run: run::check_log,
        ..DO
    },
    Action {
        name: "verify-aggregate",
        title: "verify this aggregate",
        short: "this",
        keys: &["r"],
        bar: Some(45),
        disabled: run::no_subject,
        twin: copy::subject_command,
        run: run::check_subject,
        ..DO
    },
    Action {
        name: "next-fault",
        title: "next fault",
        short: "fault",
        keys: &["n"],
        bar: Some(15),
        group: Group::Find,
        disabled: run::no_fault,
        pair: Some(("fault-before", "fault")),
        run: run::next_fault,
        ..DO
    },
    Action {
        name: "fault-before",
        title: "fault before",
        keys: &["N"],
        group: Group::Find,
        disabled: run::no_fault,
        run: run::fault_before,
        ..DO
    },
    Action {
        name: "consistency",
        title: "check that the log only grew",
        short: "consistency",
        keys: &["c"],
        bar: Some(50),
        disabled: run::no_earlier,
        twin: copy::consistency_command,
        run: run::consistency,
        ..DO
    },
    Action {
        name: "save-proof",
        title: "write proof or report into a file",
        short: "save",
        keys: &["w"],
        bar: Some(55),
        disabled: copy::nothing_to_save,
        run: copy::save,
        ..DO
    },
    Action {
        name: "explain-fault",
        title: "explain this fault",
        short: "explain",
        keys: &["x"],
        bar: Some(52),
        disabled: run::no_selected_fault,
        run: run::explain,
        twin: |_| None,
        ..DO
    },
    Action {
        name: "event-in-timeline",
        title: "this event in its history",
        short: "timeline",
        keys: &["t"],
        bar: Some(60),
        disabled: run::no_event,
        run: run::timeline,
        ..DO
    },
    Action {
        name: "unfold",
        title: "every step, or a few",
        short: "unfold",
        keys: &["z"],
        bar: Some(70),
        disabled: copy::no_proof,
        twin: |_| None,
        run: run::unfold,
        ..DO
    },
    Action {
        name: "copy-this-proof",
        title: "copy the proof",
        short: "proof",
        keys: &["y p"],
        disabled: copy::no_proof,
        twin: copy::prove_command,
        run: copy::copy_proof,
        ..DO
    },
    Action {
        name: "copy-report",
        title: "copy the report as JSON",
        short: "JSON",
        keys: &["y j"],
        disabled: copy::no_report,
        run: copy::copy_report,
        ..DO
    },
    Action {
        name: "copy-verify-command",
        title: "copy dbx command",
        short: "command",
        keys: &["Y", "y c"],
        run: copy::copy_command,
        ..DO
    },
];
