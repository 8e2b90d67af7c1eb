//! What a request has to pass before it comes to its route: hosts, origins, media types, sizes, times.

use super::{Client, Connection, Reply, Request, Serving, Setup};
use dbx::server::{Access, Limits};
use serde_json::{Value, json};
use std::time::Duration;

/// A short time: what it limits is waited for, never timed.
pub(super) const SOON: Duration = Duration::from_millis(200);

/// A server with other limits.
pub(super) fn limited(change: impl FnOnce(&mut Limits)) -> Serving {
    let mut access = Access::default();
    change(&mut access.limits);
    Serving::start(Setup { access, ..Setup::default() })
}

/// Asserts that an answer is a problem with this status and code.
#[track_caller]
pub(super) fn problem(reply: Reply, status: u16, code: &str) -> Value {
    let reply = reply.is(status);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let body = reply.json();
    assert_eq!((body["status"].as_u64(), body["code"].as_str()), (Some(status.into()), Some(code)));
    assert!(body["detail"].is_string() && body["title"].is_string(), "{body}");
    body
}

/// Sends bytes as they are, and reads the answer; `None` where the connection was closed instead.
#[track_caller]
pub(super) fn raw(client: &Client, bytes: &[u8]) -> Option<Reply> {
    let mut connection = Connection::open(client.door());
    // A server that has had enough may close before it has read everything; what it said counts.
    let _ = connection.write(bytes);
    let mut reply = connection.head()?;
    reply.body = connection.rest(&reply);
    Some(reply)
}

#[test]
fn a_request_is_for_a_host_of_ours() {
    let access = Access { hosts: vec!["db.example".into()], ..Access::default() };
    let serving = Serving::start(Setup { access, ..Setup::default() });
    let ask = |client: Client, host: &str| {
        client.send(Request::new("GET", "/version").header("host", host))
    };
    for host in ["localhost", "127.0.0.1:7070", "[::1]:1", "db.example:80", "LOCALHOST"] {
        ask(serving.tcp(), host).is(200);
    }
    // A name of an attacker that was bent to point here; a token makes no difference.
    for host in ["evil.example", "localhost.evil.example:7070", "10.0.0.1"] {
        let refused = problem(ask(serving.tcp(), host), 403, "dbx::request::foreign_host");
        assert!(refused["hint"].as_str().unwrap().contains("--allow-host"));
        // No page leads anybody to a socket.
        ask(serving.socket(), host).is(200);
    }
    problem(ask(serving.tcp(), "a@localhost"), 400, "dbx::request::host");
    let twice =
        Request::new("GET", "/version").header("host", "localhost").header("host", "localhost");
    problem(serving.tcp().send(twice), 400, "dbx::request::host");
    let none = raw(&serving.tcp(), b"GET /version HTTP/1.1\r\nconnection: close\r\n\r\n").unwrap();
    problem(none, 400, "dbx::request::host");
    let other = Request::new("GET", "http://evil.example/version").header("host", "localhost");
    problem(serving.tcp().send(other), 400, "dbx::request::host");
}

#[test]
fn no_page_but_our_own_may_ask() {
    let serving = Serving::new();
    let address = serving.daemon.address.clone().unwrap();
    let ask = |client: Client, origin: &str| {
        let request = Request::new("POST", "/v1/verify").json(&json!({"events": true}));
        client.send(request.header("host", &address).header("origin", origin))
    };
    ask(serving.tcp(), &format!("http://{address}")).is(200);
    for origin in ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", "x"] {
        for client in [serving.tcp(), serving.socket()] {
            problem(ask(client, origin), 403, "dbx::request::foreign_origin");
        }
    }
    // What a browser asks before it sends anything that a page may not send unasked: it is told nothing that allows it.
    let preflight = Request::new("OPTIONS", "/v1/verify")
        .header("origin", &format!("http://{address}"))
        .header("host", &address)
        .header("access-control-request-method", "POST");
    let reply = serving.tcp().send(preflight);
    assert!(reply.status >= 400, "{reply:?}");
    for reply in [reply, serving.tcp().get("/version")] {
        assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn a_body_says_that_it_is_json() {
    let serving = Serving::new();
    let ask = |media: Option<&str>| {
        let request = Request::new("POST", "/v1/verify").body(r#"{"events":true}"#);
        serving.tcp().send(match media {
            Some(media) => request.header("content-type", media),
            None => request,
        })
    };
    for media in ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"] {
        ask(Some(media)).is(200);
    }
    let others = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/jsonx",
        "",
    ];
    for media in others.into_iter().map(Some).chain([None]) {
        problem(ask(media), 415, "dbx::request::media");
    }
    // A stream is what it says, and nothing that a page may send unasked.
    let stream = Request::new("POST", "/v1/import").header("content-type", "text/plain").body("{}");
    problem(serving.tcp().send(stream), 415, "dbx::request::media");
}

#[test]
fn a_body_is_an_object_and_no_list_of_members() {
    let serving = Serving::new();
    let post = Request::new("POST", "/v1/events").header("content-type", "application/json");
    let members = r#"["team","a","founded",{},null,null,null,null,null,false]"#;
    let refused = serving.tcp().send(post.body(members));
    assert!(
        refused.json()["title"].as_str().unwrap().contains("expected an object"),
        "{refused:?}"
    );
    problem(refused, 400, "dbx::request::body");
}

#[test]
fn a_body_has_its_measure() {
    let serving = Serving::new();
    let post = |path: &str| Request::new("POST", path).header("content-type", "application/json");
    // What says of itself that it is too long is refused before it comes.
    let long = post("/v1/verify").header("content-length", "1048577").body("");
    problem(serving.tcp().send(long), 413, "dbx::request::body_too_long");
    let endless = post("/v1/verify").header("content-length", "18446744073709551614").body("");
    assert!(serving.tcp().send(endless).status >= 400);
    // What does not say so is read up to there.
    let mut chunked = b"100001\r\n".to_vec();
    chunked.resize(chunked.len() + 0x10_0001, b' ');
    chunked.extend(b"\r\n0\r\n\r\n");
    let chunks = post("/v1/verify").header("transfer-encoding", "chunked").body(chunked);
    problem(serving.tcp().send(chunks), 413, "dbx::request::body_too_long");
    // Commits are larger.
    let mut commit = vec![b' '; 3 << 20];
    commit.extend(br#"{"operations":[{"aggregate_type":"team","aggregate_id":"a","event_type":"founded","payload":{}}]}"#);
    let reply = serving.tcp().send(post("/v1/commits").body(commit));
    assert!(reply.status < 300, "{reply:?}");
    let huge = post("/v1/commits").header("content-length", "16777217").body("");
    problem(serving.tcp().send(huge), 413, "dbx::request::body_too_long");
    // Who may not ask is told so first, and nothing of the body is read.
    let mut connection = Connection::open(serving.stranger().door());
    let head = post("/v1/verify").header("content-length", "1000000").body("");
    let reply = connection.send(&head);
    problem(reply, 401, "dbx::token::missing");
}

#[test]
fn a_head_has_its_measure() {
    let serving = Serving::new();
    let long = |bytes: usize| "x".repeat(bytes);
    let path = serving.tcp().get(&format!("/version?{}", long(17 << 10)));
    problem(path, 414, "dbx::request::target_too_long");
    let headers = serving.tcp().with("x-much", &long(33 << 10)).get("/version");
    problem(headers, 431, "dbx::request::headers_too_long");
    // Beyond that nothing is read, and there is an answer or an end all the same.
    for bytes in [
        format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", long(70 << 10)),
        format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", long(70 << 10)),
        format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x: y\r\n".repeat(200)),
        "\0\x01\x02 / HTTP/1.1\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost : localhost\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: local\0host\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let reply = raw(&serving.tcp(), bytes.as_bytes());
        assert!(reply.is_none_or(|reply| (400..500).contains(&reply.status)), "{bytes:.40}");
    }
    serving.tcp().get("/version").is(200);
}

#[test]
fn who_is_slow_with_a_head_is_not_waited_for() {
    let serving = limited(|limits| limits.head_within = SOON);
    for client in [serving.tcp(), serving.socket()] {
        // Nothing, and half a head: the server ends it.
        for bytes in
            [&b""[..], b"GET /version HT", b"GET /version HTTP/1.1\r\nhost: localhost\r\nx:"]
        {
            assert!(raw(&client, bytes).is_none());
        }
    }
}

#[test]
fn who_asks_for_nothing_more_is_not_waited_for() {
    // This client itself has to be in time.
    let serving = limited(|limits| limits.head_within = Duration::from_secs(3));
    let mut kept = [serving.tcp(), serving.socket()].map(|client| {
        let mut connection = Connection::open(client.door());
        connection.send(&Request::new("GET", "/version")).is(200);
        connection
    });
    for connection in &mut kept {
        assert!(connection.head().is_none());
    }
}

#[test]
fn who_is_slow_with_a_body_is_not_waited_for() {
    let serving = limited(|limits| limits.body_within = SOON);
    // A body that stops is said to be one, where there is still somebody to hear it.
    let half = Request::new("POST", "/v1/verify")
        .header("content-type", "application/json")
        .header("content-length", "10")
        .body("{");
    problem(serving.tcp().send(half), 408, "dbx::request::timeout");
}

#[test]
fn who_never_reads_is_let_go() {
    let serving = limited(|limits| {
        limits.write_within = SOON;
        limits.connections = 1;
    });
    let text = "x".repeat(200 << 10);
    for _ in 0..64 {
        serving.append("team/red", "noted", &json!({ "text": text }));
    }
    let mut deaf = Connection::open(serving.tcp().door());
    let mut request = Request::new("GET", "/v1/events");
    request.headers =
        vec![("authorization".into(), format!("Bearer {}", serving.token(&["*.*"], &["*"])))];
    deaf.write(&request.bytes()).unwrap();
    // There is one place, which it keeps until it is let go.
    serving.tcp().get("/version").is(200);
}

#[test]
fn a_body_comes_as_it_is_and_no_other_expectation_is_kept() {
    let serving = Serving::new();
    let tcp = serving.tcp();
    let verify = Request::new("POST", "/v1/verify").json(&json!({ "events": true }));
    for coding in ["gzip", "identity, gzip", "br", "x"] {
        let packed = verify.clone().header("content-encoding", coding);
        problem(tcp.send(packed), 415, "dbx::request::coding");
    }
    tcp.send(verify.clone().header("content-encoding", "Identity")).is(200);
    // A request without a body has none that would be packed.
    tcp.with("content-encoding", "gzip").get("/v1/status").is(200);
    for expected in ["200-ok", "100-continue, more", "x"] {
        let expects = verify.clone().header("expect", expected);
        problem(tcp.send(expects), 417, "dbx::request::expectation");
    }
    tcp.with("expect", "100-continue").get("/v1/status").is(200);
}
