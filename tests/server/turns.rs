//! Calls that take their time, and those that do not wait for them.

use super::guard::{SOON, limited, problem};
use super::{Connection, Request, Serving, ada};
use crate::common::awaited;
use dbx::service::ImportOptions;
use dbx::wire::ListQuery;
use serde_json::json;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// So many events that looking at all of them takes longer than telling somebody to stop.
const MANY: u32 = 12_000;

/// Events of `MANY` aggregates, and as many of one.
fn fill(serving: &Serving) {
    let line = |name: &str| {
        format!(
            "{{\"aggregate_type\":\"item\",\"aggregate_id\":\"{name}\",\"event_type\":\"came\",\"payload\":{{}}}}\n"
        )
    };
    let text: String = (0..MANY).map(|number| line(&number.to_string()) + &line("one")).collect();
    let options =
        ImportOptions { name: "fill".into(), batch: 1000, dry_run: false, skip_existing: false };
    serving.local().import(&ada(), &mut text.as_bytes(), &options, &mut |_| true).unwrap();
}

#[test]
fn what_looks_at_much_ends_when_it_is_told_to() {
    let serving = Serving::new();
    fill(&serving);
    for (target, code) in [
        ("/v1/aggregates?where=colour:none", "dbx::query::stopped"),
        ("/v1/aggregates?where=colour:none&sort=updated", "dbx::query::stopped"),
        ("/v1/aggregates/item/one/verify", "dbx::verify::stopped"),
    ] {
        let run = uuid::Uuid::new_v4().to_string();
        let client = serving.tcp().with("dbx-run", &run);
        let asking = std::thread::spawn(move || client.get(target));
        let stop = Request::new("POST", &format!("/v1/daemon/runs/{run}/stop"));
        // Told before it is under way it would go on: it is told until it ends.
        while !asking.is_finished() {
            serving.socket().send(stop.clone()).is(202);
        }
        problem(asking.join().unwrap(), 503, code);
    }
}

#[test]
fn what_nobody_wants_any_more_is_not_waited_for() {
    let serving = Serving::new();
    fill(&serving);
    let service = serving.service();
    let filter = Some("colour:none".to_owned());
    let query = ListQuery { filter, ..ListQuery::default() };
    for asked in 0..2_usize {
        let left = Cell::new(asked);
        let wanted = || left.replace(left.get().saturating_sub(1)) > 0;
        let error = service.list_while(&ada(), &query, &wanted).unwrap_err();
        assert_eq!(error.code(), "dbx::query::stopped");
        let left = AtomicUsize::new(asked);
        let wanted = || {
            let less = |left: usize| left.checked_sub(1);
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
        };
        let error = service.verify_aggregate_while(&ada(), ("item", "one"), &wanted).unwrap_err();
        assert_eq!(error.code(), "dbx::verify::stopped");
    }
    // What is wanted is there all the same.
    let page = service.list_while(&ada(), &query, &|| true).unwrap();
    assert_eq!((page.items.len(), page.next, page.partial), (0, None, false));
    let one = service.verify_aggregate_while(&ada(), ("item", "one"), &|| true).unwrap();
    assert_eq!((one.ok, one.count), (true, u64::from(MANY)));
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
