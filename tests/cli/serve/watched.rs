//! Health, readiness, metrics and the ids of requests.

use super::Served;
use crate::cli::shop;

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn those_who_watch_over_it_need_no_token() {
    let served = Served::new(&[]);
    for path in ["/health", "/livez", "/readyz"] {
        let answer = served.tcp(&format!("GET {path}"));
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains(r#"{"status":"ok","version":""#), "{answer}");
    }
    let answer = served.tcp("GET /v1/status");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn what_happens_shows_in_the_metrics() {
    let served = Served::of(shop());
    let generate = ["token", "generate", "--group", "g", "--user", "u", "-a", "aggregate.read"];
    let some = [&generate[..], &["-r", "aggregate:note:a"]].concat();
    let [some, all] =
        [&some[..], &generate].map(|args| served.sandbox.dbx(args).ok().stdout.trim().to_owned());
    served.start(&[]);
    for id in ["a", "b", "c"] {
        served.sandbox.dbx(&["aggregate", "create", "note", id, "-e", "written"]).ok();
    }
    let answer = served.tcp("GET /metrics");
    assert_eq!(header(&answer, "content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "dbx_events_appended_total 3",
        "dbx_commits_total 3",
        "dbx_commit_duration_seconds_count 3",
        "dbx_log_position 7",
        "dbx_store_read_only 0",
        "dbx_streams 0",
        r#"dbx_connections{listener="tcp"} 1"#,
        r#"dbx_http_requests_total{method="POST",route="/v1/commits",status="201"} 3"#,
    ] {
        assert!(answer.lines().any(|it| it == line), "no `{line}` in\n{answer}");
    }
    let report = served.status().unwrap();
    assert_eq!((&report["appended"], &report["position"]), (&3.into(), &"7".into()));
    // A token is held to what it allows, here as everywhere.
    let ask = |token: &str| served.tcp(&format!("GET /metrics\nauthorization: Bearer {token}"));
    assert!(ask(&some).starts_with("HTTP/1.1 403"), "{}", ask(&some));
    assert!(ask(&all).starts_with("HTTP/1.1 200"), "{}", ask(&all));
}

#[test]
fn a_request_keeps_its_id_or_gets_one() {
    let served = Served::new(&[]);
    let id = |given: &str| {
        let answer = served.tcp(&format!("GET /v1/root{given}"));
        header(&answer, "x-request-id").unwrap().to_owned()
    };
    assert_eq!(id("\nx-request-id: 4bf92f35-77b3"), "4bf92f35-77b3");
    let made = id("\nx-request-id: <script>");
    assert!(made.len() == 32 && made != id(""), "{made}");
    assert!(served.log().iter().any(|line| line["id"] == made.as_str()));
}
