//! Many processes at one store: they take turns, and each event is there once.

use crate::common::{Output, Sandbox, awaited};
use std::collections::BTreeSet;

const PROCESSES: usize = 6;
const COMMITS: usize = 5;

/// Runs a command until it had the store: whoever does not get it is told by whom it is held.
fn in_turn(sandbox: &Sandbox, args: &[&str]) -> Output {
    awaited("it had the store", || {
        let output = sandbox.dbx(args);
        if output.code == 0 {
            return Some(output);
        }
        let told = output.exits(4).stderr;
        assert!(told.starts_with("dbx::store::locked"), "{told}");
        assert!(told.contains("process"), "{told}");
        None
    })
}

#[test]
fn processes_that_write_at_once_take_turns() {
    let sandbox = Sandbox::workspace();
    sandbox.dbx(&["aggregate", "create", "counter", "c", "-e", "made"]).ok();
    let write = |process: usize| {
        for number in 0..COMMITS {
            let name = format!("{process}-{number}");
            let field = format!("name={name}");
            let apply = ["aggregate", "apply", "counter", "c", "ticked", "-f", &field];
            in_turn(&sandbox, &[&apply[..], &["--idempotency-key", &name]].concat());
            // Somebody who looks on is in nobody's way for long.
            in_turn(&sandbox, &["status"]);
        }
    };
    std::thread::scope(|scope| {
        for process in 0..PROCESSES {
            scope.spawn(move || write(process));
        }
    });
    let events = sandbox.dbx(&["events", "--json"]).ok().ndjson();
    let names: Vec<String> = events
        .iter()
        .filter_map(|event| Some(event["payload"]["name"].as_str()?.to_owned()))
        .collect();
    assert_eq!(names.len(), PROCESSES * COMMITS, "each event once");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let verdict = sandbox.dbx(&["verify", "--json"]).ok().json();
    assert_eq!(verdict["count"], PROCESSES * COMMITS + 1);
}

#[test]
fn of_those_who_make_the_workspace_at_once_none_harms_it() {
    let sandbox = Sandbox::new();
    std::thread::scope(|scope| {
        for _ in 0..PROCESSES {
            scope.spawn(|| in_turn(&sandbox, &["init"]));
        }
    });
    sandbox.dbx(&["aggregate", "create", "counter", "c", "-e", "made"]).ok();
    assert_eq!(sandbox.dbx(&["verify", "--json"]).ok().json()["count"], 1);
}
