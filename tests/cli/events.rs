use super::shop;
use crate::common::{Running, snap};
use rustix::process::Signal;
use std::io::Read as _;
use std::process::Stdio;

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
    for more in [&["--follow"][..], &[]] {
        let told = sandbox.dbx(&[&["events", "--after", "5"], more].concat()).exits(3).stderr;
        assert!(told.contains("the log ends at #4, before #5"), "{told}");
    }
    assert_eq!(positions(&["--after", "9", "--reverse", "--take", "1"]), ["4"]);
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
    let mut follow = Running::out(&mut sandbox.command(&args));
    assert!(follow.next().unwrap().contains(r#""position":"4""#), "it catches up");
    sandbox.dbx(&["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"]).ok();
    assert!(follow.next().unwrap().contains(r#""position":"5""#), "it goes on");
    assert_eq!(follow.wait(), 0, "it ends when it has printed what was asked for");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_following() {
    let sandbox = shop();
    let mut command = sandbox.command(&["events", "--follow", "--json"]);
    let mut follow = Running::out(command.stderr(Stdio::piped()));
    assert_eq!(follow.by_ref().take(4).count(), 4);
    follow.signal(Signal::INT);
    let (code, mut said) = (follow.wait(), String::new());
    follow.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((code, said.as_str()), (130, ""));
}

#[test]
fn while_another_command_has_the_store_it_says_which_one_and_waits() {
    let sandbox = shop();
    let mut holder = super::holder(&sandbox);
    let mut follow = sandbox.command(&["events", "--follow", "--take", "1"]);
    let mut follow = Running::err(follow.stdout(Stdio::piped()));
    let said = follow.next().unwrap();
    let who = format!("`dbx import`, process {}", holder.id());
    assert!(said.contains(&who), "{said}");
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    let (code, mut shown) = (follow.wait(), String::new());
    follow.child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert!(code == 0 && shown.starts_with("#1"), "{shown}");
}
