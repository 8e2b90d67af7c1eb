use super::shop;
use crate::common::{Daemon, Output, Running, Sandbox, snap};

#[test]
fn a_consumer_reads_and_is_told_where_to_go_on() {
    let sandbox = shop();
    snap("cli__outbox__read", &sandbox.dbx(&["outbox", "read", "--take", "2"]).ok());
    let records = sandbox.dbx(&["outbox", "read", "--json"]).ok();
    assert_eq!(records.stdout, sandbox.dbx(&["events", "--json"]).ok().stdout);
    let ids: Vec<String> = records
        .ndjson()
        .iter()
        .map(|event| event["metadata"]["event_id"].as_str().unwrap().to_owned())
        .collect();
    let positions = |args: &[&str]| -> Vec<String> {
        let output = sandbox.dbx(&[&["outbox", "read", "--json"], args].concat()).ok();
        let text = |event: serde_json::Value| event["position"].as_str().unwrap().to_owned();
        output.ndjson().into_iter().map(text).collect()
    };
    assert_eq!(positions(&["--after", &ids[1]]), ["3", "4"]);
    assert_eq!(positions(&["--after", "#3"]), ["4"]);
    assert_eq!(positions(&["--after", "0", "-n", "1"]), ["1"]);
    assert_eq!(positions(&["customer"]), ["1"]);
    assert_eq!(positions(&["--where", "event:order_paid"]), ["3"]);
    sandbox.dbx(&["aggregate", "archive", "order", "o-1"]).ok();
    snap("cli__outbox__archived", &sandbox.dbx(&["outbox", "read"]).ok());
    assert_eq!(positions(&["--archived"]), ["1", "2", "3", "4", "5"]);
    snap("cli__outbox__beyond", &sandbox.dbx(&["outbox", "read", "--after", "#9"]).exits(3));
    for wrong in ["c3", "#", "+1", "-1"] {
        sandbox.dbx(&["outbox", "read", &format!("--after={wrong}")]).exits(2);
    }
    sandbox.dbx(&["outbox", "read", "--advance"]).exits(2);
    sandbox.dbx(&["outbox", "read", "--cursor", "a", "--after", "1"]).exits(2);
}

#[test]
fn a_cursor_is_made_moved_shown_and_forgotten() {
    let sandbox = shop();
    let cursor = |args: &[&str]| sandbox.dbx(&[&["outbox", "cursor"], args].concat());
    snap("cli__outbox__cursors_none", &cursor(&[]).ok());
    snap("cli__outbox__cursor_unknown", &cursor(&["billing"]).exits(1));
    snap("cli__outbox__cursor_set", &cursor(&["billing", "--set", "#3", "--expect", "0"]).ok());
    cursor(&["mail", "--set", "4"]).ok();
    snap("cli__outbox__cursors", &cursor(&[]).ok());
    snap("cli__outbox__cursors_json", &cursor(&["--json"]).ok());
    snap("cli__outbox__cursor_back", &cursor(&["billing", "--set", "2"]).exits(3));
    snap(
        "cli__outbox__cursor_moved",
        &cursor(&["billing", "--set", "4", "--expect", "2"]).exits(3),
    );
    snap("cli__outbox__cursor_beyond", &cursor(&["billing", "--set", "9"]).exits(3));
    let back = cursor(&["billing", "--set", "2", "--rewind", "--json"]).ok().json();
    assert_eq!((&back["position"], &back["lag"]), (&"2".into(), &2.into()));
    assert_eq!(cursor(&["billing", "--json"]).ok().json(), back);
    snap("cli__outbox__cursor_name", &cursor(&["a/b"]).exits(2));
    snap("cli__outbox__cursor_deleted", &cursor(&["mail", "--delete"]).ok());
    cursor(&["mail", "--delete"]).exits(1);
    assert_eq!(
        cursor(&["billing", "--delete", "--json"]).ok().stdout,
        "{\"name\":\"billing\",\"deleted\":true}\n"
    );
    cursor(&["--delete"]).exits(2);
    cursor(&["billing", "--rewind"]).exits(2);
}

#[test]
fn reading_with_a_cursor_goes_on_where_it_ended() {
    let sandbox = shop();
    let read = |args: &[&str]| -> Output {
        sandbox.dbx(&[&["outbox", "read", "--cursor", "billing"], args].concat()).ok()
    };
    let positions = |args: &[&str]| -> Vec<String> {
        let events = read(&[args, &["--json"]].concat()).ndjson();
        events.iter().map(|event| event["position"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(positions(&["--take", "2"]), ["1", "2"]);
    assert_eq!(positions(&["--take", "2", "--advance"]), ["1", "2"], "it was not moved before");
    snap("cli__outbox__advanced", &read(&["order", "--where", "event:order_paid", "--advance"]));
    assert_eq!(positions(&["--advance"]), [""; 0], "what was left out is passed too");
    let cursor = sandbox.dbx(&["outbox", "cursor", "billing", "--json"]).ok().json();
    assert_eq!((&cursor["position"], &cursor["lag"]), (&"4".into(), &0.into()));
}

fn daemon(sandbox: &Sandbox) -> Daemon {
    Daemon::start(&mut sandbox.command(&["serve", "start", "--foreground"]))
}

const PAY: [&str; 6] = ["aggregate", "apply", "order", "o-1", "order_paid", "-f"];

fn pay(sandbox: &Sandbox) {
    sandbox.dbx(&[&PAY[..], &["status=paid"]].concat()).ok();
}

#[test]
fn following_goes_on_through_a_daemon_without_one_and_through_the_next() {
    let sandbox = shop().unshared();
    let mut owner = daemon(&sandbox);
    let events = ["events", "--follow", "--after", "3", "--take", "4", "--json"];
    let mut follow = Running::out(&mut sandbox.command(&events));
    let advance =
        ["outbox", "read", "--cursor", "c", "--advance", "--follow", "--take", "7", "--json"];
    let mut pull = Running::out(&mut sandbox.command(&advance));
    let mut next = |expected: u64| {
        let has = |line: String| {
            let position =
                serde_json::from_str::<serde_json::Value>(&line).unwrap()["position"].clone();
            assert_eq!(position, expected.to_string());
        };
        if expected > 3 {
            has(follow.next().unwrap());
        }
        has(pull.next().unwrap());
    };
    (1..=4).for_each(&mut next);
    pay(&sandbox);
    next(5);
    sandbox.dbx(&["serve", "stop"]).ok();
    assert_eq!(owner.wait(), 0);
    pay(&sandbox);
    next(6);
    let mut owner = daemon(&sandbox);
    pay(&sandbox);
    next(7);
    assert_eq!((follow.wait(), pull.wait()), (0, 0));
    let cursor = sandbox.dbx(&["outbox", "cursor", "c", "--json"]).ok().json();
    assert_eq!(cursor["position"], "7");
    sandbox.dbx(&["serve", "stop"]).ok();
    assert_eq!(owner.wait(), 0);
}
