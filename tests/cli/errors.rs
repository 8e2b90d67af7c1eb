//! What every command has in common when something is wrong.

use super::shop;
use crate::common::{Sandbox, snap};
use std::io::Read as _;
use std::process::Stdio;

#[test]
fn usage_errors_exit_with_2_and_suggest() {
    let sandbox = Sandbox::new();
    snap("cli__errors__command", &sandbox.dbx(&["statsu"]).exits(2));
    snap("cli__errors__command_json", &sandbox.dbx(&["statsu", "--json"]).exits(2));
    snap("cli__errors__flag", &sandbox.dbx(&["log", "--tkae", "3"]).exits(2));
    snap("cli__errors__value", &sandbox.dbx(&["log", "--take", "three", "--json"]).exits(2));
    let bare = sandbox.dbx(&[""; 0]).exits(2);
    assert!(bare.stdout.is_empty() && bare.stderr.contains("Usage: dbx"), "{bare:?}");
}

#[test]
fn without_a_workspace() {
    let sandbox = Sandbox::new();
    snap("cli__errors__no_workspace", &sandbox.dbx(&["log"]).exits(2));
    let json = sandbox.dbx(&["log", "--json"]).exits(2);
    assert_eq!(json.stdout, "");
    snap("cli__errors__no_workspace_json", &json);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let args = [OsStr::new("show"), OsStr::from_bytes(b"order/\xff")];
    snap("cli__errors__not_utf8", &Sandbox::new().dbx(&args).exits(2));
}

#[test]
fn colour_is_for_those_who_want_it() {
    let sandbox = shop();
    let coloured = |output: crate::common::Output| output.stdout.contains('\u{1b}');
    assert!(!coloured(sandbox.dbx(&["log"]).ok()));
    assert!(coloured(sandbox.dbx(&["log", "--color", "always"]).ok()));
    assert!(!coloured(sandbox.dbx(&["log", "--color", "always", "--json"]).ok()));
    let force = [("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")];
    assert!(coloured(sandbox.dbx_env(&force, &["log"]).ok()));
    assert!(!coloured(sandbox.dbx_env(&force, &["log", "--color", "never"]).ok()));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let sandbox = Sandbox::workspace();
    let line = r#"{"aggregate_type":"thing","aggregate_id":"t-1","event_type":"seen"}"#;
    let many = format!("{line}\n").repeat(3_000);
    sandbox.dbx_stdin(&["import", "-"], many).ok();
    let mut command = sandbox.command(&["events", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn what_a_payload_holds_never_steers_the_terminal() {
    let sandbox = Sandbox::workspace();
    let payload = "{\"x\":\"a\\u001b[31mred\\u009b2J\\u202e\"}";
    let create = ["aggregate", "create", "thing", "t-1", "-e", "seen", "-p", payload];
    sandbox.dbx(&[&create[..], &["--note", "\u{1b}]0;title\u{7}"]].concat()).ok();
    for command in [
        &["events"][..],
        &["log"],
        &["show", "#1"],
        &["show", "thing/t-1"],
        &["blame", "thing/t-1"],
        &["aggregate", "list"],
        &["aggregate", "replay", "thing/t-1"],
    ] {
        let output = sandbox.dbx(command).ok();
        let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!output.stdout.contains(hostile), "{command:?}: {output:?}");
    }
}

#[test]
fn quiet_leaves_data_and_errors() {
    let sandbox = Sandbox::new();
    let quiet = sandbox.dbx(&["init", "--quiet"]).ok();
    assert_eq!(quiet.stderr, "");
    assert!(!sandbox.dbx(&["show", "c1", "--quiet"]).exits(1).stderr.is_empty());
}
