//! The outbox and its cursors, over real sockets.

use super::sse::position;
use super::stream::open_requests;
use super::{Connection, Request, Serving, Setup, ada};
use crate::common::until;
use dbx::domain::Json;
use dbx::service::{Caller, Restrict};
use dbx::wire::{
    ArchiveRequest, CommitRequest, EventsQuery, Include, Operation, OutboxPage, OutboxQuery,
};
use dbx::workspace::Key;
use proptest::prelude::*;
use serde_json::{Value, json};

const SCHEMA: &str = r#"
aggregate secret {
  hidden = true
  field name { type = "text" }
  event noted {}
}
aggregate person {
  field name { type = "text" }
  field salary {
    type = "integer"
    hidden = true
  }
  event hired {}
}
"#;

fn archive(serving: &Serving, name: &str, restore: bool) {
    let (aggregate_type, aggregate_id) = name.split_once('/').unwrap();
    let request = ArchiveRequest {
        aggregate_type: aggregate_type.into(),
        aggregate_id: aggregate_id.into(),
        note: Some("enough \"of\" it\n".into()),
        ..ArchiveRequest::default()
    };
    if restore {
        serving.local().restore(&ada(), &request).unwrap();
    } else {
        serving.local().archive(&ada(), &request).unwrap();
    }
}

/// A log in which everything occurs that a record can hold.
fn everything(serving: &Serving) {
    let payloads = [
        "{}",
        r#"{"n":1.50,"big":123456789012345678901234567890,"e":-1E+400,"null":null}"#,
        r#"{"text":"\"\\\/\u0000\u001f\u007f\u2028é😀\ud83d\ude00","a b":[[],{},[{"":0}]]}"#,
        "{\"ключ\":\"\\r\\n\\t\\b\\f\"}",
    ];
    for (number, payload) in payloads.iter().enumerate() {
        let operation = Operation {
            aggregate_type: "thing".into(),
            aggregate_id: format!("T-{number}_x"),
            event_type: "seen".into(),
            payload: Some(Json::parse(payload).unwrap()),
            metadata: (number != 1)
                .then(|| Json::parse(r#"{"@source":"é\n\"","@n":1.0,"@o":{"x":[]}}"#).unwrap()),
            note: (number != 2).then(|| "a \"note\" \\ ü\n\u{1}".to_owned()),
            ..Operation::default()
        };
        let caller = Caller::peer("zoë \"z\" \\", 7, Restrict::Default);
        let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
        serving.local().commit(&caller, &request).unwrap();
    }
    let patch = Operation {
        aggregate_type: "thing".into(),
        aggregate_id: "T-0_x".into(),
        event_type: "changed".into(),
        patch: Some(Json::parse(r#"[{"op":"add","path":"/ä","value":[1.0,null]}]"#).unwrap()),
        ..Operation::default()
    };
    let request = CommitRequest {
        operations: vec![patch],
        message: Some("with a message".into()),
        ..CommitRequest::default()
    };
    serving.local().commit(&ada(), &request).unwrap();
    serving.append("secret/s-1", "noted", &json!({"name": "none of yours"}));
    serving.append("person/ada", "hired", &json!({"name": "Ada", "salary": 7}));
    archive(serving, "thing/T-1_x", false);
    archive(serving, "thing/T-2_x", false);
    archive(serving, "thing/T-2_x", true);
}

#[test]
fn a_page_is_byte_for_byte_what_its_records_are() {
    let serving = Serving::with_schema(SCHEMA);
    everything(&serving);
    let mut seeing = ada();
    for (hidden, archived) in [(false, false), (false, true), (true, true)] {
        let client =
            if hidden { serving.socket().with("dbx-hidden", "true") } else { serving.socket() };
        seeing.show_hidden = hidden;
        let query = OutboxQuery {
            include: archived.then_some(Include::Archived),
            ..OutboxQuery::default()
        };
        let page = serving.local().outbox(&seeing, &query).unwrap();
        let expected = 10 - usize::from(!archived) - usize::from(!hidden);
        assert_eq!(page.events.len(), expected);
        let target = if archived { "/v1/outbox?include=archived" } else { "/v1/outbox" };
        let reply = client.get(target).is(200);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.text(), serde_json::to_string(&page).unwrap());
        assert_eq!(serde_json::from_str::<OutboxPage>(reply.text()).unwrap(), page);
        let lines = Request::new("GET", target).header("accept", "application/x-ndjson");
        let reply = client.send(lines).is(200);
        let expected: Vec<String> =
            page.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        assert_eq!(reply.text().lines().collect::<Vec<_>>(), expected);
        for (name, value) in [
            ("content-type", "application/x-ndjson".to_owned()),
            ("dbx-next", page.next.clone()),
            ("dbx-next-event-id", page.next_after_event_id.clone()),
            ("dbx-filtered", page.filtered.to_string()),
            ("dbx-more", page.more.to_string()),
        ] {
            assert_eq!(reply.header(name), Some(value.as_str()), "{name}");
        }
    }
    // The log has the same text.
    let lines = Request::new("GET", "/v1/events").header("accept", "application/x-ndjson");
    let reply = serving.socket().send(lines).is(200);
    let page = serving.local().events(&ada(), &EventsQuery::default()).unwrap();
    let expected: Vec<String> =
        page.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert_eq!(reply.text().lines().collect::<Vec<_>>(), expected);
    assert_eq!(reply.header("dbx-next"), Some(page.next.as_str()));
}

#[test]
fn what_is_left_out_is_counted_and_passed() {
    let serving = Serving::with_schema(SCHEMA);
    for name in ["thing/a", "secret/s-1", "thing/b", "person/ada", "thing/a", "thing/c"] {
        let event = match name.split_once('/').unwrap().0 {
            "secret" => "noted",
            "person" => "hired",
            _ => "seen",
        };
        serving.append(name, event, &json!({}));
    }
    archive(&serving, "thing/a", false);
    archive(&serving, "thing/b", false);
    archive(&serving, "thing/b", true);
    serving.append("thing/c", "seen", &json!({}));
    archive(&serving, "thing/c", false);
    // 1 a  2 secret  3 b  4 person  5 a  6 c  7 a archived  8 b archived  9 b restored  10 c  11 c archived
    let page = |more: &str| {
        let page = serving.socket().get(&format!("/v1/outbox?{more}")).is(200).json();
        let events: Vec<u64> = page["events"].as_array().unwrap().iter().map(position).collect();
        let next: u64 = page["next"].as_str().unwrap().parse().unwrap();
        (events, next, page["filtered"].as_u64().unwrap(), page["more"].as_bool().unwrap())
    };
    assert_eq!(page(""), (vec![3, 4, 7, 8, 9, 11], 11, 5, false));
    assert_eq!(page("include=archived"), (vec![1, 3, 4, 5, 6, 7, 8, 9, 10, 11], 11, 1, false));
    assert_eq!(page("take=1"), (vec![3], 3, 2, true), "up to what was given, not further");
    assert_eq!(page("after=4&take=1"), (vec![7], 7, 2, true));
    assert_eq!(page("after=11"), (vec![], 11, 0, false));
    assert_eq!(page("type=person"), (vec![4], 11, 10, false));
    assert_eq!(page("type=nothing"), (vec![], 11, 11, false));
    assert_eq!(
        page("type=secret"),
        (vec![], 11, 11, false),
        "whoever names it has no right by that"
    );
    assert_eq!(page("where=id%3Ab"), (vec![3, 8, 9], 11, 8, false));
    assert_eq!(page("where=id%3Ac&include=archived"), (vec![6, 10, 11], 11, 8, false));
    let hidden = serving.socket().with("dbx-hidden", "true");
    let seen = hidden.get("/v1/outbox?type=secret").is(200).json();
    assert_eq!(seen["events"].as_array().unwrap().len(), 1);
    // Who may pull a part is given that part, and counts the rest.
    let token = serving.token(&["outbox.read"], &["aggregate:thing:b"]);
    let part = serving.stranger().bearing(&token).get("/v1/outbox").is(200).json();
    let events: Vec<u64> = part["events"].as_array().unwrap().iter().map(position).collect();
    assert_eq!(
        (events, &part["filtered"], &part["next"]),
        (vec![3, 8, 9], &json!(8), &json!("11"))
    );
    for (actions, resource) in [(&["aggregate.read"][..], "*"), (&["outbox.read"], "schema")] {
        let token = serving.token(actions, &[resource]);
        serving.stranger().bearing(&token).get("/v1/outbox").is(403);
    }
}

#[test]
fn a_place_is_a_position_or_the_id_of_an_event() {
    let serving = Serving::new();
    let client = serving.tcp();
    let empty = client.get("/v1/outbox").is(200).json();
    assert_eq!((&empty["next"], &empty["next_after_event_id"]), (&json!("0"), &json!("0")));
    for _ in 0..5 {
        serving.append("team/red", "joined", &json!({}));
    }
    let all = client.get("/v1/outbox?after_event_id=0").is(200).json();
    let ids: Vec<u64> = all["events"].as_array().unwrap().iter().map(id).collect();
    for (place, one) in ids.iter().enumerate() {
        let by_id = client.get(&format!("/v1/outbox?after_event_id={one}&take=2")).is(200);
        let by_position = client.get(&format!("/v1/outbox?after={}&take=2", place + 1)).is(200);
        assert_eq!(by_id.text(), by_position.text());
        let page = by_id.json();
        let expected = ids.get(place + 1..ids.len().min(place + 3)).unwrap_or_default();
        let found: Vec<u64> = page["events"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(found, expected);
        let last = found.last().unwrap_or(one);
        assert_eq!(page["next_after_event_id"], last.to_string());
        // An id that no event has stands behind the last one before it.
        let between = client.get(&format!("/v1/outbox?after_event_id={}&take=2", one - 1));
        assert_eq!(between.is(200).json()["events"][0]["position"], (place + 1).to_string());
    }
    for (query, status, code) in [
        ("after=1&after_event_id=1".to_owned(), 400, "dbx::outbox::two_places"),
        ("after=6".to_owned(), 409, "dbx::outbox::beyond"),
        (format!("after_event_id={}", ids[4] + 1), 409, "dbx::outbox::beyond"),
        ("after=-1".to_owned(), 400, "dbx::request::query"),
        ("wait=soon".to_owned(), 400, "dbx::request::query"),
        ("include=all".to_owned(), 400, "dbx::request::query"),
        ("where=total%3A%3E".to_owned(), 400, "dbx::query::filter"),
        ("take=0".to_owned(), 400, "dbx::query::take"),
        ("type=Team".to_owned(), 400, "dbx::domain::id"),
    ] {
        let reply = client.get(&format!("/v1/outbox?{query}")).is(status);
        if code != "dbx::domain::id" {
            assert_eq!(reply.json()["code"], code, "{query}");
        }
    }
}

fn id(event: &Value) -> u64 {
    event["metadata"]["event_id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_page_ends_with_the_event_that_makes_it_large() {
    let keys = vec![(Key::PageLimit, "5")];
    let serving = Serving::start(Setup { keys, ..Setup::default() });
    for _ in 0..12 {
        serving.append("team/red", "joined", &json!({}));
    }
    let taken = |query: &str| {
        let page = serving.tcp().get(query).is(200).json();
        (page["events"].as_array().unwrap().len(), page["more"].as_bool().unwrap())
    };
    assert_eq!(taken("/v1/outbox"), (5, true));
    assert_eq!(taken("/v1/outbox?take=9"), (5, true));
    assert_eq!(taken("/v1/outbox?take=2"), (2, true));
    assert_eq!(taken("/v1/outbox?after=10"), (2, false));
    let serving = Serving::new();
    let text = "x".repeat(250_000);
    let operation = Operation {
        aggregate_type: "book".into(),
        aggregate_id: "b".into(),
        event_type: "written".into(),
        payload: Some(Json::parse(&json!({ "text": text }).to_string()).unwrap()),
        ..Operation::default()
    };
    for _ in 0..4 {
        let operations = vec![operation.clone(); 11];
        let request = CommitRequest { operations, ..CommitRequest::default() };
        serving.local().commit(&ada(), &request).unwrap();
    }
    let whole = serving.tcp().get("/v1/outbox").is(200);
    let (bytes, page) = (whole.body.len(), whole.json());
    assert!((8 << 20..9 << 20).contains(&bytes), "{bytes}");
    assert_eq!((&page["next"], &page["more"]), (&json!("34"), &json!(true)));
    let rest = serving.tcp().get("/v1/outbox?after=34").is(200).json();
    assert_eq!((rest["events"].as_array().unwrap().len(), &rest["more"]), (10, &json!(false)));
}

#[test]
fn pages_of_any_size_add_up_to_the_log() {
    let serving = Serving::with_schema(SCHEMA);
    for number in 0..50_u64 {
        let name = ["thing/a", "thing/b", "secret/s", "person/p"]
            [usize::try_from(number * 7 % 4).unwrap()];
        let event = match name.split_once('/').unwrap().0 {
            "secret" => "noted",
            "person" => "hired",
            _ => "seen",
        };
        serving.append(name, event, &json!({}));
    }
    archive(&serving, "thing/b", false);
    let client = serving.socket();
    let filters =
        ["", "&where=type%3Aperson", "&where=v%3A3..5", "&include=archived", "&type=thing"];
    let config = ProptestConfig { cases: 64, ..ProptestConfig::default() };
    proptest!(config, |(of in 0..filters.len(), takes in prop::collection::vec(1_usize..9, 1..5), by_id in any::<bool>())| {
        let whole = client.get(&format!("/v1/outbox?{}", filters[of])).is(200).json();
        prop_assert_eq!(&whole["more"], &json!(false));
        let (mut place, mut events, mut looked_at) = ("0".to_owned(), Vec::new(), 0);
        for take in takes.iter().cycle() {
            let name = if by_id { "after_event_id" } else { "after" };
            let target = format!("/v1/outbox?{name}={place}&take={take}{}", filters[of]);
            let page = client.get(&target).is(200).json();
            let found = page["events"].as_array().unwrap();
            prop_assert!(found.len() <= *take);
            looked_at += found.len() as u64 + page["filtered"].as_u64().unwrap();
            prop_assert_eq!(page["next"].as_str().unwrap(), looked_at.to_string(), "nothing is passed over");
            events.extend(found.iter().cloned());
            let next = if by_id { "next_after_event_id" } else { "next" };
            place = page[next].as_str().unwrap().to_owned();
            if page["more"] == false {
                break;
            }
        }
        prop_assert_eq!(looked_at, 51);
        prop_assert_eq!(&json!(events), &whole["events"]);
    });
}

#[test]
fn a_poll_is_answered_by_what_comes_or_by_the_end_of_its_time() {
    let serving = Serving::new();
    serving.append("team/red", "joined", &json!({}));
    let client = serving.tcp();
    let at_once = client.get("/v1/outbox?wait=60s").is(200).json();
    assert_eq!(at_once["events"].as_array().unwrap().len(), 1, "there is something already");
    for wait in ["0", "1ms", "20ms"] {
        let page = client.get(&format!("/v1/outbox?after=1&wait={wait}")).is(200).json();
        assert_eq!((&page["events"], &page["next"]), (&json!([]), &json!("1")));
    }
    // More than a server has threads for: nobody holds one.
    let request = |target: &str| {
        let mut request = Request::new("GET", target);
        request.headers.extend(client.headers().iter().cloned());
        request.bytes()
    };
    let polls: Vec<Connection> = (0..150)
        .map(|_| {
            let mut connection = Connection::open(client.door());
            connection.write(&request("/v1/outbox?after=1&type=person&wait=60s")).unwrap();
            connection
        })
        .collect();
    let mut waits: Vec<Connection> = (0..50)
        .map(|_| {
            let socket = serving.socket();
            let mut connection = Connection::open(socket.door());
            connection
                .write(&Request::new("GET", "/v1/position?beyond=2&wait_ms=60000").bytes())
                .unwrap();
            connection
        })
        .collect();
    serving.append("team/red", "joined", &json!({}));
    client.get("/v1/status").is(200);
    serving.append("person/ada", "joined", &json!({}));
    for mut poll in polls {
        let head = poll.head().unwrap().is(200);
        let page: Value = serde_json::from_slice(&poll.rest(&head)).unwrap();
        assert_eq!(
            page["events"].as_array().unwrap().iter().map(position).collect::<Vec<_>>(),
            [3]
        );
        assert_eq!((&page["filtered"], &page["next"]), (&json!(1), &json!("3")));
    }
    for wait in &mut waits {
        let head = wait.head().unwrap().is(200);
        assert_eq!(
            serde_json::from_slice::<Value>(&wait.rest(&head)).unwrap(),
            json!({"position": "3"})
        );
    }
}

#[test]
fn a_poll_is_answered_when_the_server_stops() {
    let serving = Serving::new();
    let client = serving.tcp();
    let mut poll = Connection::open(client.door());
    let mut request = Request::new("GET", "/v1/outbox?wait=60s");
    request.headers.extend(client.headers().iter().cloned());
    let open = open_requests(&client);
    poll.write(&request.bytes()).unwrap();
    until("it has the request", || open_requests(&client) > open);
    serving.stopper.stop();
    let head = poll.head().expect("an answer").is(200);
    let page: Value = serde_json::from_slice(&poll.rest(&head)).unwrap();
    assert_eq!((&page["events"], &page["next"]), (&json!([]), &json!("0")));
    serving.stop();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one conversation, in its order")]
fn a_cursor_goes_forward_unless_it_is_told_otherwise() {
    let serving = Serving::new();
    for _ in 0..9 {
        serving.append("team/red", "joined", &json!({}));
    }
    let client = serving.tcp();
    let path = "/v1/outbox/cursors/billing";
    assert_eq!(client.get(path).is(404).json()["code"], "dbx::cursor::unknown");
    assert_eq!(
        client.get("/v1/outbox/cursors").is(200).json(),
        json!({"cursors": [], "position": "9"})
    );
    let ids: Vec<u64> =
        client.get("/v1/outbox").json()["events"].as_array().unwrap().iter().map(id).collect();
    let made = client.put(path, &json!({"position": "4", "expected": "0"})).is(200).json();
    let expected = json!({
        "name": "billing", "position": "4", "event_id": ids[3].to_string(), "lag": 5,
        "moved_at": "2026-11-20T12:00:00.000000Z", "moved_by": {"group": "test", "user": "tess"},
    });
    assert_eq!(made, expected);
    assert_eq!(client.get(path).is(200).json(), expected);
    for (update, status, code) in [
        (json!({"position": 3}), 409, "dbx::cursor::backwards"),
        (json!({"position": 6, "expected": "3"}), 409, "dbx::cursor::moved"),
        (json!({"position": 6, "expected": 0}), 409, "dbx::cursor::moved"),
        (json!({"position": "10"}), 409, "dbx::cursor::beyond"),
        (json!({"event_id": (ids[8] + 1).to_string()}), 404, "dbx::event::unknown"),
        (json!({"event_id": "42"}), 404, "dbx::event::unknown"),
        (json!({}), 400, "dbx::cursor::place"),
        (json!({"position": 5, "event_id": 5}), 400, "dbx::cursor::place"),
        (json!({"position": "five"}), 400, "dbx::request::body"),
        (json!({"position": -1}), 400, "dbx::request::body"),
        (json!({"to": 1}), 400, "dbx::request::body"),
    ] {
        let problem = client.put(path, &update).is(status).json();
        assert_eq!(problem["code"], code, "{update}");
        assert_eq!(client.get(path).is(200).json(), expected, "it stays as it is");
    }
    let moved = |update: Value| client.put(path, &update).is(200).json()["position"].clone();
    assert_eq!(moved(json!({"position": 4})), "4", "where it is");
    assert_eq!(moved(json!({"event_id": ids[6].to_string()})), "7");
    assert_eq!(moved(json!({"position": "9", "expected": 7})), "9");
    assert_eq!(client.get(path).json()["lag"], 0);
    assert_eq!(moved(json!({"position": 0, "rewind": true})), "0");
    assert_eq!(client.get(path).json()["event_id"], "0");
    client.put("/v1/outbox/cursors/a.b-c_D", &json!({"event_id": 0})).is(200);
    let list = client.get("/v1/outbox/cursors").is(200).json();
    let names: Vec<&str> = list["cursors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a.b-c_D", "billing"]);
    client.delete(path).is(204);
    client.delete(path).is(404);
    client.get(path).is(404);
    for name in ["-a", "a%20b", "a%2Fb", "%2e%2e", &"a".repeat(65), "%C3%A4"] {
        let path = format!("/v1/outbox/cursors/{name}");
        for reply in
            [client.get(&path), client.put(&path, &json!({"position": 0})), client.delete(&path)]
        {
            assert_eq!(reply.is(400).json()["code"], "dbx::cursor::name", "{name}");
        }
    }
    // Who may pull a part only must not let others pass over anything.
    let token = serving.token(&["outbox.read"], &["aggregate:team:*"]);
    let part = serving.stranger().bearing(&token);
    part.get("/v1/outbox").is(200);
    part.get(path).is(403);
    part.get("/v1/outbox/cursors").is(403);
    part.put(path, &json!({"position": 1})).is(403);
    part.delete(path).is(403);
}

/// What the handle gives is the same with and without a server between.
#[test]
fn the_handle_is_the_same_here_and_there() {
    let serving = Serving::with_schema(SCHEMA);
    everything(&serving);
    let (there, here) = (serving.service(), serving.local());
    let query = OutboxQuery { take: Some(3), ..OutboxQuery::default() };
    assert_eq!(there.outbox(&ada(), &query).unwrap(), here.outbox(&ada(), &query).unwrap());
    let update =
        dbx::wire::CursorUpdate { position: Some(dbx::wire::Decimal64(3)), ..Default::default() };
    let made = there.outbox_cursor_set(&ada(), "one", &update).unwrap();
    assert_eq!(made, here.outbox_cursor(&ada(), "one").unwrap());
    assert_eq!(made, there.outbox_cursor(&ada(), "one").unwrap());
    assert_eq!(there.outbox_cursors(&ada()).unwrap(), here.outbox_cursors(&ada()).unwrap());
    there.outbox_cursor_delete(&ada(), "one").unwrap();
    let gone = there.outbox_cursor(&ada(), "one").unwrap_err();
    assert_eq!(gone.code(), here.outbox_cursor(&ada(), "one").unwrap_err().code());
    let beyond = OutboxQuery { after: Some(99), ..OutboxQuery::default() };
    let (far, near) =
        (there.outbox(&ada(), &beyond).unwrap_err(), here.outbox(&ada(), &beyond).unwrap_err());
    assert_eq!((far.code(), far.kind(), far.message()), (near.code(), near.kind(), near.message()));
}
