//! What a daemon writes down, and what it never does.

use super::{Served, calm, read, until};
use crate::cli::shop;
use crate::common::Running;
use rustix::process::Signal;
use std::process::Stdio;

#[test]
fn the_log_for_people_and_for_programs() {
    let served = Served::of(shop());
    calm("cli__serve__no_logs", &served.serve(&["logs"]).ok());
    served.start(&[]);
    served.tcp("GET /v1/nothing?name=o-1\nx-request-id: mine-1");
    served.serve(&["stop"]).ok();
    calm("cli__serve__logs", &served.serve(&["logs"]).ok());
    let all = served.serve(&["logs", "--json", "-n", "all"]).ok();
    assert_eq!(all.stdout, served.sandbox.read(".dbx/log/dbx.log"));
    let request = all.ndjson().into_iter().find(|line| line["target"] == "dbx::request");
    let request = request.unwrap();
    for (name, value) in [("method", "GET"), ("route", "unknown"), ("id", "mine-1")] {
        assert_eq!(request[name], value, "{request}");
    }
    assert_eq!(
        (&request["status"], &request["code"]),
        (&404.into(), &"dbx::request::route".into())
    );
    assert_eq!(request["timestamp"], "2026-11-20T12:00:00.000000Z");
    let last = served.serve(&["logs", "--json", "-n", "1"]).ok();
    assert_eq!(last.ndjson()[0]["message"], "stopped");
}

#[test]
fn older_files_count_and_what_follows_goes_on_in_the_next() {
    let served = Served::new(&[]);
    let log = |name: &str| served.sandbox.path(".dbx/log").join(name);
    // From the first line on: it may begin to listen behind the first request.
    let mut command = served.sandbox.command(&["serve", "logs", "--follow", "--json", "-n", "all"]);
    let mut follow = Running::out(command.stderr(Stdio::null()));
    let mut comes = |id: &str| {
        served.tcp(&format!("GET /v1/nothing\nx-request-id: {id}"));
        let line = follow.find(|line| line.contains(id));
        assert!(line.is_some(), "the log ended before `{id}`");
    };
    comes("first");
    // Whoever moves logs away says so with a signal.
    std::fs::rename(log("dbx.log"), log("dbx.log.1")).unwrap();
    served.signal(Signal::HUP);
    until("the log is opened anew", || served.logs("the log was opened anew"));
    comes("second");
    follow.signal(Signal::INT);
    assert_eq!(follow.wait(), 130);
    let all = served.serve(&["logs", "--json", "-n", "all"]).ok();
    let ids = all.ndjson().into_iter().filter_map(|line| Some(line["id"].as_str()?.to_owned()));
    let ids: Vec<String> = ids.filter(|id| ["first", "second"].contains(&id.as_str())).collect();
    assert_eq!(ids, ["first", "second"]);
}

#[test]
fn no_secret_is_in_what_it_writes_down_or_says() {
    let served = Served::of(shop());
    let token = ["token", "bootstrap", "--stdout"];
    let token = served.sandbox.dbx(&token).ok().stdout.trim().to_owned();
    assert!(token.starts_with("eyJ"), "{token}");
    served.start(&["--log", "debug"]);
    let asked = format!("GET /v1/aggregates/order/o-1\nauthorization: Bearer {token}");
    let answer = served.tcp(&asked);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    served.tcp(&format!("GET /v1/status\nauthorization: Bearer {token}x"));
    served.tcp("GET /v1/o-1/geheim\nx-request-id: geheim o-1");
    let metrics = served.tcp("GET /metrics");
    served.serve(&["stop"]).ok();
    let log = served.sandbox.read(".dbx/log/dbx.log");
    assert!(log.contains(r#""route":"/v1/aggregates/{type}/{id}","status":200"#), "{log}");
    assert!(log.contains(r#""actor":"cli/bootstrap""#), "{log}");
    assert!(metrics.contains(r#"route="/v1/aggregates/{type}/{id}""#), "{metrics}");
    let start = served.sandbox.read(".dbx/log/start.log");
    for secret in
        [&token[..20], token.rsplit('.').next().unwrap(), "o-1", "geheim", "ada@example.org"]
    {
        for text in [&log, &metrics, &start] {
            assert!(!text.contains(secret), "`{secret}` is in\n{text}");
        }
    }
}

#[test]
fn an_answer_that_was_cut_off_is_written_down_with_the_reason() {
    use std::io::Read as _;
    let served = Served::of(shop());
    // More than what is on its way at a time: the export waits for whoever reads it.
    let noise = "x".repeat(50 << 10);
    let line = format!(
        r#"{{"aggregate_type":"noise","aggregate_id":"n-1","event_type":"made","payload":{{"x":"{noise}"}}}}"#
    );
    let import = vec![line; 200].join("\n");
    served.sandbox.dbx_stdin(&["import", "-"], &import).ok();
    served.start(&[]);
    let run = "8e03978e-40d5-43e8-bc93-6894a57f9324";
    for accept in ["application/x-ndjson", "application/vnd.dbx.frames"] {
        let id = format!("cut-{}", accept.len());
        let mut export = served.socket(&format!(
            "GET /v1/export/events\ndbx-run: {run}\naccept: {accept}\nx-request-id: {id}"
        ));
        export.read_exact(&mut [0; 64]).unwrap();
        let answer = read(served.socket(&format!("POST /v1/daemon/runs/{run}/stop")));
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
        export.read_to_end(&mut Vec::new()).unwrap();
    }
    served.serve(&["stop"]).ok();
    let all = served.serve(&["logs", "--json", "-n", "all"]).ok().ndjson();
    let cut =
        |line: &&serde_json::Value| line["id"].as_str().is_some_and(|id| id.starts_with("cut-"));
    let cut: Vec<&serde_json::Value> = all.iter().filter(cut).collect();
    assert_eq!(cut.len(), 2);
    for line in cut {
        assert_eq!((&line["status"], &line["code"]), (&200.into(), &"dbx::export::stopped".into()));
    }
}
