//! What a daemon writes down, and what it never does.

use super::{Served, calm, send, until};
use crate::cli::shop;
use rustix::process::Signal;
use std::io::{BufRead as _, BufReader};
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
    let mut command = served.sandbox.command(&["serve", "logs", "--follow", "--json", "-n", "0"]);
    let mut follow = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut comes = |id: &str| {
        served.tcp(&format!("GET /v1/nothing\nx-request-id: {id}"));
        let line = lines.find(|line| line.contains(id));
        assert!(line.is_some(), "the log ended before `{id}`");
    };
    // Asked until it is heard: the command may begin to listen after the first.
    comes("first");
    // Whoever moves logs away says so with a signal.
    std::fs::rename(log("dbx.log"), log("dbx.log.1")).unwrap();
    served.signal(Signal::HUP);
    until("the log is opened anew", || served.logs("the log was opened anew"));
    comes("second");
    send(follow.id().try_into().unwrap(), Signal::INT);
    assert_eq!(follow.wait().unwrap().code(), Some(130));
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
