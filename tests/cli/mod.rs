//! The command line, one file per verb: whole outputs, as people and as programs get them.

mod aggregate;
mod archive;
mod backup;
mod blame;
mod checkpoint;
mod completions;
mod config;
mod demo;
mod diff;
mod doctor;
mod encrypt;
mod errors;
mod events;
mod export;
mod help;
mod hostile;
mod import;
mod init;
mod limits;
mod log;
mod man;
mod mutation;
mod outbox;
#[cfg(unix)]
mod owner;
mod prove;
#[cfg(unix)]
mod pty;
mod root;
mod schema;
mod serve;
mod show;
mod stage;
mod status;
mod token;
mod tui;
mod verify;

use crate::common::{Sandbox, until};
use std::process::{Child, Stdio};

/// A command that has the store until its standard input is dropped.
pub(super) fn holder(sandbox: &Sandbox) -> Child {
    let mut import = sandbox.command(&["import", "-"]);
    let import = import.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = import.spawn().unwrap();
    let held = || std::fs::read_to_string(sandbox.path(".dbx/lock")).unwrap_or_default();
    until("it has the store", || held().contains("dbx import"));
    child
}

/// A shop with one customer and one order of three events.
pub(super) fn shop() -> Sandbox {
    let sandbox = Sandbox::with_schema(include_str!("../../templates/demo.dbx"));
    let customer =
        r#"{"name":"Ada","email":"ada@example.org","country":"GB","city":"York","tier":"gold"}"#;
    sandbox
        .dbx(&[
            "aggregate",
            "create",
            "customer",
            "c-1",
            "-e",
            "customer_registered",
            "-p",
            customer,
        ])
        .ok();
    let order =
        r#"{"customer":"customer#c-1","items":[{"sku":"beans","quantity":2}],"total":"12.50"}"#;
    sandbox
        .dbx(&[
            "aggregate",
            "create",
            "order",
            "o-1",
            "--event",
            "order_placed",
            "--payload",
            order,
            "--field",
            "status=placed",
            "--field",
            "currency=EUR",
            "--note",
            "called in by phone",
            "--metadata",
            r#"{"@source":"phone"}"#,
        ])
        .ok();
    sandbox.dbx(&["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"]).ok();
    let patch = r#"[{"op":"replace","path":"/total","value":"11.00"}]"#;
    sandbox.dbx(&["aggregate", "patch", "order", "o-1", "order_changed", "--patch", patch]).ok();
    sandbox
}
