//! Calls that take their time, and those that do not wait for them.

use super::guard::{SOON, limited, problem};
use super::{Connection, Request, Serving, ada};
use crate::common::awaited;
use serde_json::json;

const NDJSON: &str = "application/x-ndjson";

/// An import at the socket that has its turn, and whose body goes on.
fn importing(serving: &Serving) -> Connection {
    let mut connection = Connection::open(serving.socket().door());
    // RFC 9110, 10.1.1: the server says to go on when it begins to read the body, and it does that in its turn.
    let head = Request::new("POST", "/v1/import")
        .header("dbx-user", "ada")
        .header("content-type", NDJSON)
        .header("transfer-encoding", "chunked")
        .header("expect", "100-continue");
    connection.write(&head.bytes()).unwrap();
    assert_eq!(connection.head().unwrap().status, 100);
    connection
}

#[test]
fn what_takes_its_time_takes_none_of_the_turns_of_the_rest() {
    let serving = limited(|limits| {
        limits.calls = 1;
        limits.long_calls = 1;
        limits.turn_within = SOON;
    });
    serving.append("team/red", "founded", &json!({}));
    let socket = serving.socket();
    let import = Request::new("POST", "/v1/import").header("content-type", NDJSON).body("");
    let going = importing(&serving);
    problem(socket.send(import), 503, "dbx::serve::busy");
    let verify = |events: bool| socket.post("/v1/verify", &json!({ "events": events }));
    problem(verify(true), 503, "dbx::serve::busy");
    socket.get("/v1/aggregates/team/red").is(200);
    serving.tcp().post("/v1/verify", &json!({})).is(200);
    // It ends with its client, and the turn is free.
    drop(going);
    let free = || Some(verify(false)).filter(|reply| reply.status != 503);
    assert_eq!(awaited("its turn is free", free).is(200).json()["ok"], json!(true));
}

/// The library, in a program that is asynchronous itself: it blocks there, and nothing else.
#[tokio::test]
async fn the_service_of_another_process_is_used_from_an_asynchronous_program() {
    let serving = Serving::new();
    serving.append("team/red", "founded", &json!({"colour": "red"}));
    let service = serving.service();
    assert_eq!(service.status(&ada()).unwrap().position, "1");
    assert!(service.verify(&ada(), &|_, _| {}).unwrap().ok);
    let again = service.clone();
    let at = tokio::spawn(async move { again.status(&ada()).unwrap().position });
    assert_eq!(at.await.unwrap(), "1");
    assert_eq!(service.wait_beyond(0, SOON).unwrap(), 1);
    service.close().unwrap();
}
