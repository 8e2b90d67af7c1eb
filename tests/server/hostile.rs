//! Clients that mean harm: the server stays up and answers others.

use super::guard::{SOON, limited, problem, raw};
use super::{Client, Connection, Door, Request, Serving};
use crate::common::PATIENCE;
use serde_json::Value;
use std::io::Write as _;
use std::net::TcpStream;

/// Asserts that others are answered, at both doors.
#[track_caller]
fn answers_others(serving: &Serving) {
    serving.tcp().get("/v1/status").is(200);
    serving.socket().get("/v1/status").is(200);
}

#[test]
fn a_slowloris_takes_nobodys_place() {
    let serving = limited(|limits| limits.connections = 8);
    let mut slow: Vec<Connection> =
        (0..64).map(|_| Connection::open(serving.tcp().door())).collect();
    for (number, connection) in slow.iter_mut().enumerate() {
        // Who was sent away already cannot write any more.
        let _ = connection.write(
            format!("GET /v1/status HTTP/1.1\r\nhost: localhost\r\nx-{number}: ").as_bytes(),
        );
        if number % 16 == 0 {
            answers_others(&serving);
        }
    }
    for _ in 0..4 {
        for connection in &mut slow {
            let _ = connection.write(b"x");
        }
        answers_others(&serving);
    }
}

#[test]
fn thousands_of_connections_that_say_nothing() {
    let serving = Serving::new();
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    // Each is a file at both ends, which are both in this process.
    let most = files.map_or(2000, |files| (files.saturating_sub(500) / 2).min(2000));
    let Door::Tcp(address) = serving.tcp().door().clone() else { panic!("no address") };
    let idle: Vec<TcpStream> = (0..most).map(|_| TcpStream::connect(address).unwrap()).collect();
    answers_others(&serving);
    drop(idle);
    answers_others(&serving);
}

#[test]
fn a_body_of_a_gigabyte_is_refused_early() {
    let serving = Serving::new();
    let token = serving.token(&["*.*"], &["*"]);
    let Door::Tcp(address) = serving.tcp().door().clone() else { panic!("no address") };
    let head = format!(
        "POST /v1/verify HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Connection::over(stream.try_clone().unwrap(), stream.try_clone().unwrap());
    let mut chunk = b"100000\r\n".to_vec();
    chunk.resize(chunk.len() + (1 << 20), b' ');
    chunk.extend(b"\r\n");
    let sent = (0..1024).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent < 256, "{sent} MiB were taken");
    let mut reply = answer.head().expect("the refusal is not lost");
    reply.body = answer.rest(&reply);
    problem(reply, 413, "dbx::request::body_too_long");
    answers_others(&serving);
}

#[test]
fn what_is_no_http_ends_its_connection_and_nothing_else() {
    let serving = limited(|limits| limits.body_within = SOON);
    let token = serving.token(&["*.*"], &["*"]);
    let head = |more: &str| {
        format!(
            "POST /v1/verify HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{more}\r\n\r\n"
        )
    };
    let chunked = "transfer-encoding: chunked";
    for bytes in [
        // Chunks that are none.
        head(chunked) + "zz\r\n{}\r\n0\r\n\r\n",
        head(chunked) + "-1\r\n{}\r\n0\r\n\r\n",
        head(chunked) + "ffffffffffffffffff\r\n{}",
        head(chunked) + "2\r\n{}X\r\n0\r\n\r\n",
        head(chunked) + "5\r\n{}\r\n",
        head(chunked) + &format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000)),
        head(chunked) + "2\r\n{}\r\n0\r\n" + &"x: y\r\n".repeat(10_000),
        // Lengths that are none, or two.
        head("content-length: -1") + "{}",
        head("content-length: +2") + "{}",
        head("content-length: 0x2") + "{}",
        head("content-length: 2\r\ncontent-length: 3") + "{}",
        head("content-length: 99999999999999999999") + "{}",
        // What ends where is not clear.
        head("transfer-encoding: xchunked") + "2\r\n{}\r\n0\r\n\r\n",
        head("transfer-encoding: chunked, identity") + "2\r\n{}\r\n0\r\n\r\n",
        head("transfer-encoding:\x0bchunked") + "2\r\n{}\r\n0\r\n\r\n",
        head("transfer-encoding: chunked").replace("HTTP/1.1", "HTTP/1.0") + "0\r\n\r\n",
    ] {
        let reply = raw(&serving.tcp(), bytes.as_bytes());
        let refused = reply.is_none_or(|reply| (400..500).contains(&reply.status));
        assert!(refused, "{:.300}", bytes.replace(&token, "…"));
    }
    answers_others(&serving);
}

#[test]
fn nothing_is_smuggled_behind_a_body() {
    let serving = Serving::new();
    for lengths in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "transfer-encoding: chunked\r\ncontent-length: 60",
    ] {
        let mut connection = Connection::open(serving.tcp().door());
        let bytes = format!(
            "POST /version HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{lengths}\r\n\r\n\
             0\r\n\r\nGET /version HTTP/1.1\r\nhost: localhost\r\n\r\n"
        );
        connection.write(bytes.as_bytes()).unwrap();
        let mut reply = connection.head().unwrap();
        reply.body = connection.rest(&reply);
        assert!(reply.status >= 400, "{reply:?}");
        // What stands behind it is not taken for a request: the two lengths disagree about where it begins.
        assert!(connection.head().is_none(), "{lengths}");
    }
    answers_others(&serving);
}

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    let serving = Serving::new();
    let mut connection = Connection::open(serving.tcp().door());
    let mut bytes = Vec::new();
    for path in ["/version", "/nowhere", "/version"] {
        bytes.extend(Request::new("GET", path).bytes());
    }
    connection.write(&bytes).unwrap();
    for status in [200, 404, 200] {
        let mut reply = connection.head().unwrap();
        reply.body = connection.rest(&reply);
        reply.is(status);
    }
}

/// Values of which none is the name of anything, and some would lead out of where a name belongs.
fn evil() -> Vec<String> {
    let mut evil: Vec<String> = [
        "..",
        ".",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%2f..%2f.dbx%2fkeys",
        "%2fetc%2fpasswd",
        "..%5c..%5cwindows",
        "%00",
        "a%00b",
        "%c0%ae%c0%ae%c0%af",
        "%ff%fe",
        "%ed%a0%80",
        "%0d%0aset-cookie:%20x=1",
        "%0a",
        "%zz",
        "%",
        "%25%32%65",
        "a%2fb",
        "a;b",
        "'%20or%201=1--",
        "-1",
        "18446744073709551616",
        "%e2%80%ae",
    ]
    .map(str::to_owned)
    .to_vec();
    evil.push("x".repeat(10 << 10));
    evil.push("%41".repeat(5 << 10));
    evil
}

#[test]
fn no_part_of_a_path_leads_anywhere_else() {
    let serving = Serving::new();
    let api: Value = serving.tcp().get("/openapi.json").is(200).json();
    let mut asked = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        let parts: Vec<&str> = path.split('/').filter(|part| part.starts_with('{')).collect();
        for (method, part) in methods
            .as_object()
            .unwrap()
            .keys()
            .flat_map(|method| parts.iter().map(move |part| (method, part)))
        {
            for evil in evil() {
                let target = parts.iter().fold(path.replacen(part, &evil, 1), |target, other| {
                    target.replacen(*other, "x", 1)
                });
                let request = Request::new(&method.to_uppercase(), &target);
                let body = ["POST", "PUT"].contains(&request.method.as_str());
                let request = if body { request.json(&serde_json::json!({})) } else { request };
                refuses(&serving.tcp(), request);
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "the description names {asked} of them only");
    answers_others(&serving);
}

/// Asserts that a request is neither obeyed nor a fault of the server's.
#[track_caller]
fn refuses(client: &Client, request: Request) {
    let named = format!("{} {:.200}", request.method, request.target);
    let reply = client.send(request);
    // Some of these are names that an aggregate could have, of which nothing is known: an empty answer is none of theirs.
    assert!(reply.status < 500, "{named}: {reply:?}");
    assert!(reply.header("set-cookie").is_none(), "{named}");
    let text = String::from_utf8_lossy(&reply.body);
    assert!(!text.contains("PRIVATE KEY") && !text.contains("root:"), "{named}");
    if reply.status >= 400 && reply.header("content-length") != Some("0") {
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{named}");
    }
}
