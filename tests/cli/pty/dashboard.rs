//! The dashboard on a real terminal.

use super::{Pty, run, run_with, spawn};
use crate::cli::shop;
use crate::common::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const ORDER: &str = r#"{"customer":"customer#c-1","items":[{"sku":"beans","quantity":1}],"total":"6.25","currency":"EUR","status":"placed"}"#;

fn create(sandbox: &Sandbox, id: &str) {
    sandbox.dbx(&["aggregate", "create", "order", id, "-e", "order_placed", "-p", ORDER]).ok();
}

/// A dashboard with room for all that it says of who has the store.
fn open(sandbox: &Sandbox) -> Pty {
    run_with(sandbox, &["tui"], &[], 100)
}

/// A dashboard on a store that nobody else has.
fn alone(sandbox: &Sandbox) -> Pty {
    open(sandbox).shows("● local").shows("order/o-1")
}

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

/// Who serves the store.
fn status(sandbox: &Sandbox) -> Value {
    sandbox.dbx(&["serve", "status", "--json"]).json()
}

#[test]
fn it_shows_what_others_write_and_gives_the_terminal_back() {
    let sandbox = shop();
    let dashboard = run(&sandbox, &["tui"]).shows("[1 Aggregates]").shows("order/o-1");
    create(&sandbox, "o-2");
    let history = dashboard.shows("order/o-2").types("\r").shows("[2 Timeline]").shows("v1");
    let back = history.types("q").shows("[1 Aggregates]").types("?").shows("help");
    let ended = back.types("\x1b").types("\x03").ends(0);
    let last = |sequence| ended.text.rfind(sequence).unwrap_or(0);
    assert!(last("\x1b[?1049l") > last("\x1b[?1049h"), "the screen from before is back");
    assert!(last("\x1b[?25h") > last("\x1b[?25l"), "the cursor is seen");
    assert!(last("\x1b[?2004l") > last("\x1b[?2004h"), "pastes are keys again");
    assert!(last("\x1b[?1000l") > last("\x1b[?1000h"), "the mouse is the terminal's");
}

#[test]
fn without_colours_it_still_shows_what_is_selected() {
    let sandbox = shop();
    let dashboard = run_with(&sandbox, &["tui"], &[("NO_COLOR", "1")], 80);
    let ended = dashboard.shows("order/o-1").types("j").types("\x03").ends(0);
    assert!(ended.text.contains("\x1b[7m"), "{ended:#?}");
    assert!(!ended.text.contains("38;") && !ended.text.contains("48;"), "{ended:#?}");
}

#[test]
fn it_ends_properly_when_it_is_told_to() {
    let sandbox = shop();
    let dashboard = run(&sandbox, &["tui"]).shows("order/o-1");
    kill(dashboard.child.process_id().unwrap(), Signal::TERM);
    let ended = dashboard.ends(0);
    assert!(ended.text.ends_with("\x1b[?25h"), "{ended:#?}");
}

#[test]
fn it_serves_the_store_that_it_has() {
    let sandbox = shop().unshared();
    let dashboard = alone(&sandbox);
    let pid = dashboard.child.process_id().unwrap();
    let nobody = sandbox.dbx(&["serve", "status", "--json"]).exits(1).json();
    assert_eq!(nobody, serde_json::json!({ "running": false, "dashboard": pid }));
    assert!(!sandbox.path(".dbx/daemon.json").exists(), "it is no daemon");
    let told = sandbox.dbx(&["serve", "stop"]).ok();
    assert!(told.stderr.contains("a dashboard has the store"), "{told:?}");
    create(&sandbox, "o-2");
    let dashboard = dashboard.shows("order/o-2");
    // A second one works through the first, and has the store when that is gone.
    let second = open(&sandbox).shows(&format!("◆ dashboard {pid}")).shows("order/o-2");
    create(&sandbox, "o-3");
    let (dashboard, second) = (dashboard.shows("order/o-3"), second.shows("order/o-3"));
    dashboard.types("q").ends(0);
    let second = second.shows("● local");
    create(&sandbox, "o-4");
    second.shows("order/o-4").types("\x03").ends(0);
    assert!(!sandbox.path(".dbx/dbx.sock").exists(), "nothing is left behind");
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn a_daemon_gets_the_store_from_it_and_it_gets_it_back() {
    let sandbox = shop().unshared();
    let (first, second) = (alone(&sandbox), open(&sandbox).shows("◆ dashboard"));
    let start = sandbox.dbx(&["serve", "start", "--no-tcp", "--restrict", "off", "--json"]).ok();
    let daemon = start.json()["pid"].as_u64().unwrap();
    let chip = format!("◆ daemon {daemon}");
    let (first, second) = (first.shows(&chip), second.shows(&chip));
    assert_eq!(status(&sandbox)["pid"].as_u64(), Some(daemon));
    create(&sandbox, "o-2");
    let (first, second) = (first.shows("order/o-2"), second.shows("order/o-2"));
    // Asked again for what runs, it runs already.
    sandbox.dbx(&["serve", "start", "--no-tcp", "--restrict", "off"]).ok();
    kill(daemon.try_into().unwrap(), Signal::KILL);
    let (first, second) = (first.hides(&chip), second.hides(&chip));
    create(&sandbox, "o-3");
    let (first, second) = (first.shows("order/o-3"), second.shows("order/o-3"));
    // What the daemon was started with is known still.
    assert_eq!(status(&sandbox)["lost"].as_u64(), Some(daemon));
    let again = sandbox.dbx(&["serve", "restart", "--json"]).ok().json();
    assert_eq!(again["flags"], serde_json::json!(["--restrict", "off", "--no-tcp"]));
    let chip = format!("◆ daemon {}", again["pid"]);
    let (first, second) = (first.shows(&chip), second.shows(&chip));
    sandbox.dbx(&["serve", "stop"]).ok();
    create(&sandbox, "o-4");
    first.shows("order/o-4").types("\x03").ends(0);
    second.shows("order/o-4").shows("● local").types("\x03").ends(0);
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn killed_it_leaves_a_store_that_others_can_use() {
    let sandbox = shop().unshared();
    let mut dashboard = alone(&sandbox);
    create(&sandbox, "o-2");
    kill(dashboard.child.process_id().unwrap(), Signal::KILL);
    dashboard.child.wait().unwrap();
    assert!(sandbox.path(".dbx/dbx.sock").exists(), "a socket that is left over");
    create(&sandbox, "o-3");
    sandbox.dbx(&["verify"]).ok();
    alone(&sandbox).shows("order/o-3").types("\x03").ends(0);
}

#[test]
fn any_size_will_do_while_it_is_open() {
    let sandbox = shop();
    let dashboard = run(&sandbox, &["tui"]).shows("order/o-1");
    let wide = dashboard.resize(160, 48).shows("[1 Aggregates] 2 Timeline");
    let narrow = wide.resize(40, 10).shows("dbx 1/").shows("order/o-1");
    let tiny = narrow.resize(12, 3).shows("dbx needs");
    let back = tiny.resize(80, 24).shows("[1 Aggregates] 2 Time");
    back.types("\x03").ends(0);
}

#[test]
fn a_shell_can_stop_it_and_let_it_go_on() {
    let sandbox = shop().unshared();
    let plain = ["--norc", "--noprofile"];
    let shell = spawn(&sandbox, &plain, &[("PS1", "shell> ")], 80, Some("/bin/bash"));
    let shell = shell.shows("shell>");
    let program = sandbox.command(&["tui"]).get_program().to_owned();
    let dashboard = shell.types(&format!("{} tui\n", program.display())).shows("order/o-1");
    let stopped = dashboard.types("\x1a").shows("Stopped");
    // A process that is stopped serves nobody, and keeps nobody from the store.
    create(&sandbox, "o-2");
    let again = stopped.types("fg\n").shows("[1 Aggregates]").shows("order/o-2");
    let shell = again.types("q").hides("[1 Aggregates]").types("echo it ended with $?\n");
    shell.shows("it ended with 0").types("exit\n").ends(0);
}
