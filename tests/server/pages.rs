//! Long answers: pages end where they have enough bytes, and no more of them wait for their clients than there is room for.

use super::guard::problem;
use super::{Connection, Request, Serving, Setup, ada};
use crate::common::awaited;
use dbx::domain::Json;
use dbx::server::Access;
use dbx::wire::{CommitRequest, GetQuery, ListQuery, Operation, ReplayQuery, Sort};
use dbx::workspace::Key;
use serde_json::{Value, json};
use std::time::Duration;

/// Nine of them are less than a page, ten more.
const LONG: usize = 900 << 10;

/// A server that takes them.
fn of_long_events(access: Access) -> Serving {
    let keys = vec![(Key::PayloadLimit, "1048576")];
    let serving = Serving::start(Setup { keys, access, ..Setup::default() });
    long_events(&serving);
    serving
}

fn long(number: u8) -> Value {
    json!({ "text": char::from(b'a' + number).to_string().repeat(LONG) })
}

/// Twelve long events of one aggregate, and one of each of twelve others.
fn long_events(serving: &Serving) {
    for number in 0..12 {
        serving.append("team/red", "noted", &long(number));
        serving.append(&format!("page/{number:02}"), "noted", &long(number));
    }
}

#[test]
fn a_page_ends_with_the_item_that_reaches_its_end() {
    let serving = of_long_events(Access::default());
    let tcp = serving.tcp();
    for (target, items) in [
        ("/v1/events?reverse=true", "events"),
        ("/v1/outbox", "events"),
        ("/v1/aggregates/team/red/events", "events"),
    ] {
        let page = tcp.get(target).is(200).json();
        assert_eq!(page[items].as_array().unwrap().len(), 10, "{target}");
        assert_eq!(page["more"], json!(true), "{target}");
    }
    let mut after = String::new();
    let versions = std::iter::from_fn(|| {
        let page = tcp.get(&format!("/v1/aggregates/team/red/events?{after}")).is(200).json();
        after = format!("after={}", page["next"].as_str().unwrap());
        let events = page["events"].as_array().unwrap().clone();
        (!events.is_empty()).then_some(events)
    });
    let versions = versions.flatten().map(|event| event["version"].as_u64().unwrap());
    assert_eq!(versions.collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    for sort in [Sort::Id, Sort::Updated] {
        let mut query =
            ListQuery { aggregate_type: Some("page".into()), sort, ..ListQuery::default() };
        let first = serving.service().list(&ada(), &query).unwrap();
        query.after = first.next;
        let second = serving.service().list(&ada(), &query).unwrap();
        assert_eq!((first.items.len(), second.items.len(), second.next), (10, 2, None), "{sort:?}");
        let last = if sort == Sort::Id { "11" } else { "00" };
        let item = second.items.last().unwrap();
        assert_eq!(item.aggregate_id, last);
        assert_eq!(item.state.to_string().len(), LONG + r#"{"text":""}"#.len());
    }
}

#[test]
fn a_replay_goes_on_behind_the_version_where_its_page_ends() {
    let serving = of_long_events(Access::default());
    let query = |from| ReplayQuery {
        aggregate_type: "team".into(),
        aggregate_id: "red".into(),
        from: Some(from),
        to: None,
    };
    // A step has what was there before and what came after, beside the event.
    let (service, mut seen) = (serving.service(), Vec::new());
    while seen.last() != Some(&12) {
        let steps = service.replay(&ada(), &query(seen.last().map_or(1, |last| last + 1))).unwrap();
        assert!((1..=5).contains(&steps.len()), "{} long steps", steps.len());
        seen.extend(steps.iter().map(|step| step.event.version));
    }
    assert_eq!(seen, (1..=12).collect::<Vec<_>>());
}

#[test]
fn events_beside_a_state_are_all_of_them_or_none() {
    let serving = Serving::start(Setup { keys: vec![(Key::PageLimit, "3")], ..Setup::default() });
    for number in 0..4 {
        serving.append("team/red", "noted", &json!({ "number": number }));
    }
    let tcp = serving.tcp();
    let then = tcp.get("/v1/aggregates/team/red?events=true&version=3").is(200).json();
    assert_eq!(then["events"].as_array().unwrap().len(), 3);
    let refused = tcp.get("/v1/aggregates/team/red?events=true");
    let refused = problem(refused, 400, "dbx::query::events");
    assert_eq!(refused["errors"][0]["pointer"], json!("/events"));
    assert_eq!(
        tcp.get("/v1/aggregates/team/red/replay").is(200).json().as_array().unwrap().len(),
        3
    );
    let query = GetQuery {
        aggregate_type: "team".into(),
        aggregate_id: "red".into(),
        include_events: true,
        ..GetQuery::default()
    };
    let here = serving.local().get(&ada(), &query).unwrap_err();
    assert_eq!(here, serving.service().get(&ada(), &query).unwrap_err());
    // As it is with few events that are long.
    let serving = of_long_events(Access::default());
    let refused = serving.tcp().get("/v1/aggregates/team/red?events=true");
    problem(refused, 400, "dbx::query::events");
}

#[test]
fn a_page_of_nothing_is_refused() {
    let serving = Serving::new();
    serving.append("team/red", "founded", &json!({}));
    for target in [
        "/v1/aggregates",
        "/v1/aggregates?sort=updated",
        "/v1/aggregates/team/red/events",
        "/v1/commits",
        "/v1/events",
        "/v1/outbox",
    ] {
        let mark = if target.contains('?') { '&' } else { '?' };
        let refused = serving.tcp().get(&format!("{target}{mark}take=0"));
        let refused = problem(refused, 400, "dbx::query::take");
        assert_eq!(refused["errors"][0]["pointer"], json!("/take"), "{target}");
    }
}

/// Asks for something at the socket, and reads nothing but the head of the answer.
fn begin(serving: &Serving, target: &str) -> Connection {
    let mut connection = Connection::open(serving.socket().door());
    connection.write(&Request::new("GET", target).header("dbx-user", "ada").bytes()).unwrap();
    assert_eq!(connection.head().unwrap().status, 200, "{target}");
    connection
}

#[test]
fn who_takes_answers_slowly_leaves_room_to_others() {
    let mut access = Access::default();
    access.limits.answer_bytes = 17 << 20;
    access.limits.turn_within = Duration::from_secs(1);
    let serving = of_long_events(access);
    let operation = |number: u8| Operation {
        aggregate_type: "team".into(),
        aggregate_id: "blue".into(),
        event_type: "noted".into(),
        payload: Some(
            Json::parse(&json!({ format!("n{number}"): "x".repeat(LONG) }).to_string()).unwrap(),
        ),
        ..Operation::default()
    };
    let operations = (0..4).map(operation).collect();
    serving
        .local()
        .commit(&ada(), &CommitRequest { operations, ..CommitRequest::default() })
        .unwrap();
    let slow = [begin(&serving, "/v1/events"), begin(&serving, "/v1/aggregates/team/red/events")];
    let socket = serving.socket();
    for target in ["/v1/outbox", "/v1/events?take=1", "/v1/aggregates/team/blue"] {
        problem(socket.get(target), 503, "dbx::serve::busy");
    }
    // What is short needs no room, and the other door has its own.
    socket.get("/v1/status").is(200);
    serving.tcp().get("/v1/outbox").is(200);
    serving.tcp().get("/v1/aggregates/team/blue").is(200);
    // Room is there again once those have gone, or have taken what they asked for.
    drop(slow);
    let answered = || Some(socket.get("/v1/outbox")).filter(|reply| reply.status != 503);
    awaited("there is room", answered).is(200);
    for _ in 0..3 {
        socket.get("/v1/events").is(200);
    }
}
