use super::shop;
use crate::common::snap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_log_of_everything_a_type_or_an_aggregate() {
    let sandbox = shop();
    snap("cli__events__all", &sandbox.dbx(&["events"]).ok());
    let positions = |args: &[&str]| -> Vec<String> {
        let output = sandbox.dbx(&[&["events", "--json"], args].concat()).ok();
        let text = |event: serde_json::Value| event["position"].as_str().unwrap().to_owned();
        output.ndjson().into_iter().map(text).collect()
    };
    assert_eq!(positions(&["order"]), ["2", "3", "4"]);
    assert_eq!(positions(&["customer", "c-1"]), ["1"]);
    assert_eq!(positions(&["order/o-1", "--reverse"]), ["4", "3", "2"]);
    assert_eq!(positions(&["--after", "2"]), ["3", "4"]);
    assert_eq!(positions(&["--after", "#3", "--reverse", "--take", "1"]), ["2"]);
    assert_eq!(positions(&["--where", "event:order_paid"]), ["3"]);
    for command in ["events", "log", "outbox read", "aggregate list"] {
        let args: Vec<&str> = command.split(' ').chain(["--take", "0"]).collect();
        sandbox.dbx(&args).exits(2);
    }
    sandbox.dbx(&["events", "--after", "c3"]).exits(2);
    sandbox.dbx(&["events", "Order"]).exits(2);
}

#[test]
fn one_event_by_its_position_or_its_id() {
    let sandbox = shop();
    snap("cli__events__show", &sandbox.dbx(&["events", "show", "#2", "-v"]).ok());
    let record = sandbox.dbx(&["events", "show", "#2", "--json"]).ok();
    snap("cli__events__show_json", &record);
    let id = record.json()["metadata"]["event_id"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.dbx(&["events", "show", &id, "--json"]).ok().stdout, record.stdout);
    snap("cli__events__show_unknown", &sandbox.dbx(&["events", "show", "#9"]).exits(1));
    sandbox.dbx(&["events", "show", "17"]).exits(1);
    sandbox.dbx(&["events", "show", "c2"]).exits(2);
}

#[test]
fn following_catches_up_goes_on_and_lets_others_write() {
    let sandbox = shop();
    let args = ["events", "order", "--follow", "--after", "3", "--take", "2", "--json"];
    let mut command = sandbox.command(&args);
    let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains(r#""position":"4""#), "it catches up");
    sandbox.dbx(&["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"]).ok();
    assert!(lines.next().unwrap().unwrap().contains(r#""position":"5""#), "it goes on");
    assert!(child.wait().unwrap().success(), "it ends when it has printed what was asked for");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_following() {
    let sandbox = shop();
    let mut command = sandbox.command(&["events", "--follow", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.by_ref().take(4).count(), 4);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(130), &b""[..]));
}

#[test]
fn while_another_command_has_the_store_it_says_which_one_and_waits() {
    let sandbox = shop();
    let mut holder = super::holder(&sandbox);
    let mut follow = sandbox.command(&["events", "--follow", "--take", "1"]);
    let mut follow = follow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(follow.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    let who = format!("`dbx import`, process {}", holder.id());
    assert!(said.contains(&who), "{said}");
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    let output = follow.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"#1"), "{output:?}");
}
