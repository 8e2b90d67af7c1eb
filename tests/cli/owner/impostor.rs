//! What is at the socket and is not what a command takes it for.

use super::{create, dbx, dot, events, says};
use crate::cli::holder;
use crate::common::Sandbox;
use serde_json::json;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

/// Something at the socket that has not the store; it gives every connection to `talk`.
fn impostor(sandbox: &Sandbox, talk: impl Fn(usize, UnixStream) + Send + 'static) {
    let path = dot(sandbox, "dbx.sock");
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(path).unwrap();
    // It goes with the process of the test.
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            talk(number, stream.unwrap());
        }
    });
}

/// Reads a request to the end of its head.
fn request(stream: &mut UnixStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8(head).unwrap())
}

fn introduce(stream: &mut UnixStream, version: &str) {
    let daemon =
        json!({"pid": 4711, "instance": "x", "version": version, "socket": "s", "tls": false,
        "started_at": "2026-11-20T12:00:00Z", "restrict": "default"})
        .to_string();
    answer(stream, "200 OK", &daemon);
}

/// Answers a request, and has no second one on this connection: a command that keeps a connection may begin another one
/// meanwhile, and wait there until this end is done with the first.
fn answer(stream: &mut UnixStream, status: &str, document: &str) {
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ndbx-exit-code: 1\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{document}",
        document.len()
    );
}

#[test]
fn an_owner_of_another_version_is_said_and_nothing_is_done() {
    let sandbox = Sandbox::workspace();
    impostor(&sandbox, |_, mut stream| {
        if request(&mut stream).is_some() {
            introduce(&mut stream, "99.0.0");
        }
    });
    for output in [dbx(&sandbox, &["status"]), create(&sandbox, "red")] {
        let texts = ["dbx::daemon::version", "dbx 99.0.0", "nothing was done", "dbx serve restart"];
        says(output, 4, &texts);
    }
    std::fs::remove_file(dot(&sandbox, "dbx.sock")).unwrap();
    assert_eq!(events(&sandbox), json!("0"));
}

#[test]
fn who_is_at_the_socket_without_the_store_is_in_nobodys_way() {
    let sandbox = Sandbox::workspace();
    let talks: [fn(usize, UnixStream); 5] = [
        |_, stream| drop(stream),
        |_, mut stream| {
            // What is asked is read first: an end that goes with it unread breaks the connection, and that is another
            // matter than an answer without sense.
            if request(&mut stream).is_some() {
                let _ = stream.write_all(b"what?\r\n\r\n");
            }
        },
        |_, mut stream| {
            // Heads and bodies without end, until the other end has had enough.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            while stream
                .write_all(b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n")
                .is_ok()
            {}
        },
        |_, mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n");
            while stream.write_all(&[b' '; 4096]).is_ok() {}
        },
        // Nothing at all: it is waited for, for a while.
        |_, stream| std::mem::forget(stream),
    ];
    for (number, talk) in talks.into_iter().enumerate() {
        impostor(&sandbox, talk);
        create(&sandbox, &format!("t{number}")).ok();
    }
    std::fs::remove_file(dot(&sandbox, "dbx.sock")).unwrap();
    assert_eq!(events(&sandbox), json!("5"));
    // Where somebody has the store, what makes no sense at the socket is said.
    impostor(&sandbox, talks[1]);
    let mut holder = holder(&sandbox);
    says(create(&sandbox, "t5"), 4, &["dbx::daemon::answer"]);
    drop(holder.stdin.take());
    holder.wait().unwrap();
}

#[test]
fn a_call_that_is_cut_off_says_what_is_known_of_it() {
    let sandbox = Sandbox::workspace();
    // It introduces itself and ends when it is asked for something.
    impostor(&sandbox, |_, mut stream| {
        if request(&mut stream).is_some_and(|head| head.contains(" /v1/daemon ")) {
            introduce(&mut stream, env!("CARGO_PKG_VERSION"));
        }
    });
    says(
        dbx(&sandbox, &["status"]),
        4,
        &["dbx::daemon::lost", "nothing was changed", "repeat the command"],
    );
    let texts =
        ["dbx::daemon::lost", "whether the call was done is not known", "--idempotency-key"];
    says(create(&sandbox, "red"), 4, &texts);
    // It introduces itself and says nothing more, to nobody.
    impostor(&sandbox, |number, mut stream| {
        // The first connection only asks whether somebody listens; the second is that of the command.
        if number <= 1 && request(&mut stream).is_some() {
            introduce(&mut stream, env!("CARGO_PKG_VERSION"));
        }
        std::mem::forget(stream);
    });
    says(create(&sandbox, "red"), 4, &["dbx::daemon::wedged", "process 4711", "is not known"]);
}

#[test]
fn what_was_printed_before_a_cut_is_not_printed_again() {
    let sandbox = Sandbox::workspace().unshared();
    for id in ["red", "blue", "green"] {
        create(&sandbox, id).ok();
    }
    let events = dbx(&sandbox, &["events", "--json"]).ok().stdout;
    let first: Vec<&str> = events.lines().take(2).collect();
    let page = format!(
        r#"{{"events":[{}],"next":"2","next_after_event_id":"2","filtered":0,"more":true}}"#,
        first.join(",")
    );
    let socket = dot(&sandbox, "dbx.sock");
    // An owner that gives a page, and ends when it is told that the cursor is behind it.
    impostor(&sandbox, move |_, mut stream| {
        let Some(head) = request(&mut stream) else { return };
        if head.starts_with("GET /v1/daemon ") {
            introduce(&mut stream, env!("CARGO_PKG_VERSION"));
        } else if head.starts_with("GET /v1/outbox/cursors/") {
            let unknown = json!({"type": "about:blank", "title": "none", "status": 404,
                "detail": "there is none", "code": "dbx::cursor::unknown", "errors": []});
            answer(&mut stream, "404 Not Found", &unknown.to_string());
        } else if head.starts_with("GET /v1/outbox?") {
            answer(&mut stream, "200 OK", &page);
        } else {
            let _ = std::fs::remove_file(&socket);
        }
    });
    let read = ["outbox", "read", "--cursor", "mail", "--advance", "--follow", "-n", "3", "--json"];
    assert_eq!(dbx(&sandbox, &read).ok().stdout, events);
    let cursor = dbx(&sandbox, &["outbox", "cursor", "mail", "--json"]).ok().json();
    assert_eq!(cursor["position"], json!("3"));
}
