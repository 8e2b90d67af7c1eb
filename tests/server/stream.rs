//! The log as it grows, over real sockets.

use super::sse::{Stream, position};
use super::{Client, Door, Request, Serving, Setup, ada};
use crate::common::{PATIENCE, until};
use dbx::clock::Clock;
use dbx::domain::Timestamp;
use dbx::service::Local;
use dbx::wire::{CommitRequest, EventsQuery, Operation};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

fn joined(local: &Local, name: &str, payload: &Value) {
    let operation = Operation {
        aggregate_type: name.split_once('/').unwrap().0.into(),
        aggregate_id: name.split_once('/').unwrap().1.into(),
        event_type: "joined".into(),
        payload: Some(payload.to_string().parse_json()),
        ..Operation::default()
    };
    let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
    local.commit(&ada(), &request).unwrap();
}

trait ParseJson {
    fn parse_json(&self) -> dbx::domain::Json;
}

impl ParseJson for String {
    fn parse_json(&self) -> dbx::domain::Json {
        dbx::domain::Json::parse(self).unwrap()
    }
}

/// The log as it is stored, without the server between.
pub(super) fn log(serving: &Serving, filter: Option<&str>) -> Vec<Value> {
    let mut query =
        EventsQuery { filter: filter.map(str::to_owned), after: Some(0), ..EventsQuery::default() };
    let mut events = Vec::new();
    loop {
        let page = serving.local().events(&ada(), &query).unwrap();
        events.extend(page.events.iter().map(|event| serde_json::to_value(event).unwrap()));
        query.after = page.next.parse().ok();
        if !page.more {
            return events;
        }
    }
}

#[test]
fn a_stream_catches_up_says_so_once_and_goes_on() {
    let serving = Serving::new();
    for number in 1..=3 {
        serving.append("team/red", "scored", &json!({ "number": number }));
    }
    for client in [serving.socket(), serving.tcp()] {
        let before = log(&serving, None);
        let mut stream = Stream::open(&client, "/v1/events", None);
        assert_eq!(stream.head.header("cache-control"), Some("no-cache"));
        assert!(stream.block().unwrap().retry.is_some());
        for event in &before {
            let block = stream.block().unwrap();
            assert_eq!(block.id, Some(position(event)));
            assert_eq!(block.record().as_ref(), Some(event));
        }
        let said = stream.block().unwrap();
        assert!(said.is("caught_up"), "{said:?}");
        let last = before.len() as u64;
        assert_eq!(said.data.unwrap(), format!("{{\"position\":\"{last}\"}}"));
        for more in 1..=3 {
            serving.append("team/blue", "scored", &json!({}));
            let block = stream.block().unwrap();
            assert_eq!(block.id, Some(last + more));
            assert_eq!(block.record().unwrap(), *log(&serving, None).last().unwrap());
        }
    }
}

#[test]
fn a_stream_starts_behind_a_place_and_ends_after_so_many() {
    let serving = Serving::new();
    for number in 1..=9 {
        serving.append("team/red", "scored", &json!({ "number": number }));
    }
    let positions = |target: &str, last_id: Option<u64>| -> Vec<u64> {
        let mut stream = Stream::open(&serving.tcp(), target, last_id);
        std::iter::from_fn(|| stream.event()).map(|event| position(&event)).collect()
    };
    assert_eq!(positions("/v1/events?after=7&take=2", None), [8, 9]);
    assert_eq!(positions("/v1/events?after=2&take=3", Some(4)), [5, 6, 7], "the client knows best");
}

#[test]
fn ids_move_past_what_is_left_out() {
    let serving = Serving::new();
    let client = serving.tcp();
    for name in ["team/red", "person/ada", "person/bob", "team/red", "person/cy"] {
        serving.append(name, "joined", &json!({}));
    }
    let mut stream = Stream::open(&client, "/v1/events?type=team", None);
    assert_eq!(stream.caught_up(), [1, 4]);
    assert_eq!(stream.last_id, Some(5), "the end of what was looked at");
    serving.append("person/dan", "joined", &json!({}));
    let block = stream.block().unwrap();
    assert_eq!((block.id, block.data), (Some(6), None), "an id alone");
    serving.append("team/red", "joined", &json!({}));
    assert_eq!(stream.event().map(|event| position(&event)), Some(7));
    // Of one aggregate, and by the words of a filter.
    for (target, found) in
        [("/v1/events?type=person&id=bob", vec![3]), ("/v1/events?where=id%3Abob", vec![3, 8])]
    {
        let mut stream = Stream::open(&client, target, None);
        assert_eq!(stream.caught_up(), found, "{target}");
        assert_eq!(stream.last_id, Some(6 + found.len() as u64), "{target}");
        serving.append("person/bob", "joined", &json!({}));
        assert_eq!(stream.event().unwrap()["aggregate_id"], "bob", "{target}");
    }
}

#[test]
fn what_is_no_stream_is_refused_before_it_begins() {
    let serving = Serving::new();
    serving.append("team/red", "joined", &json!({}));
    let client = serving.tcp();
    for (target, last_id, status, code) in [
        ("/v1/events?reverse=true", None, 400, "dbx::request::reverse"),
        ("/v1/events?where=total%3A%3E", None, 400, "dbx::query::filter"),
        ("/v1/events?id=red", None, 400, "dbx::query::type_missing"),
        ("/v1/events?take=0", None, 400, "dbx::query::take"),
        ("/v1/events?type=team&id=blue", None, 404, "dbx::aggregate::unknown"),
        ("/v1/events?after=2", None, 409, "dbx::outbox::beyond"),
        ("/v1/events", Some("2"), 409, "dbx::outbox::beyond"),
        ("/v1/events", Some("one"), 400, "dbx::request::last_event_id"),
        ("/v1/events", Some("-1"), 400, "dbx::request::last_event_id"),
    ] {
        let mut request = Request::new("GET", target).header("accept", "text/event-stream");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let reply = client.send(request).is(status);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{target}");
        assert_eq!(reply.json()["code"], code, "{target}");
    }
    // What is next would be passed over by a page, too.
    let page = client.get("/v1/events?after=2").is(409).json();
    assert_eq!(page["code"], "dbx::outbox::beyond");
    let reader = serving.token(&["outbox.read"], &["*"]);
    assert_eq!(
        Stream::ask(&serving.stranger().bearing(&reader), "/v1/events", None).head.status,
        403
    );
    assert_eq!(Stream::ask(&serving.stranger(), "/v1/events", None).head.status, 401);
}

#[test]
fn a_token_sees_what_it_may_and_no_more() {
    let serving = Serving::new();
    let token = serving.token(&["aggregate.read"], &["aggregate:team:red"]);
    let client = serving.stranger().bearing(&token);
    for name in ["team/red", "team/blue", "person/ada", "team/red"] {
        serving.append(name, "joined", &json!({}));
    }
    let mut stream = Stream::open(&client, "/v1/events", None);
    assert_eq!(stream.caught_up(), [1, 4]);
}

/// A clock that a test moves.
#[derive(Debug, Default)]
pub(super) struct Moving(AtomicI64);

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000 + self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn a_token_that_ends_ends_its_streams() {
    let clock = Arc::new(Moving::default());
    let serving = Serving::start(Setup { clock: Some(clock.clone()), ..Setup::default() });
    serving.append("team/red", "joined", &json!({}));
    let mut codes = Vec::new();
    for end in ["revoked while something is written", "revoked in silence", "expired"] {
        let wanted = dbx::wire::TokenRequest {
            group: "g".into(),
            user: "u".into(),
            actions: vec!["aggregate.read".into()],
            resources: vec!["*".into()],
            ttl: Some(60),
            ..Default::default()
        };
        let token = serving.local().token_generate(&ada(), &wanted).unwrap();
        let mut stream =
            Stream::open(&serving.stranger().bearing(&token.token), "/v1/events", None);
        stream.caught_up();
        if end == "expired" {
            clock.0.fetch_add(61_000_000, Ordering::Relaxed);
        } else {
            serving.local().token_revoke(&ada(), &[token.id]).unwrap();
        }
        if end.contains("written") {
            serving.append("team/red", "joined", &json!({}));
        }
        let said = stream.block().unwrap();
        assert!(said.is("problem"), "{end}: {said:?}");
        let problem: Value = serde_json::from_str(&said.data.unwrap()).unwrap();
        assert_eq!(problem["status"], 401, "{end}");
        codes.push(problem["code"].as_str().unwrap().to_owned());
        assert_eq!(stream.block(), None, "{end}");
    }
    assert_eq!(codes, ["dbx::token::revoked", "dbx::token::revoked", "dbx::token::expired"]);
}

/// What comes until the other end closes, as bytes.
fn raw(client: &Client, target: &str) -> TcpStream {
    let Door::Tcp(address) = client.door() else { panic!("over TCP only") };
    let mut request = Request::new("GET", target).header("accept", "text/event-stream");
    request.headers.extend(client.headers().iter().cloned());
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&request.bytes()).unwrap();
    stream
}

/// How many requests have no answer yet.
pub(super) fn open_requests(client: &Client) -> u64 {
    let metrics = client.get("/metrics").is(200);
    let mut lines = metrics.text().lines();
    let open = lines.find_map(|line| line.strip_prefix("dbx_http_requests_in_flight "));
    open.unwrap().parse().unwrap()
}

#[test]
fn streams_and_polls_end_with_the_server_and_in_order() {
    let serving = Serving::new();
    serving.append("team/red", "joined", &json!({}));
    let client = serving.tcp();
    let mut streams: Vec<TcpStream> = (0..5).map(|_| raw(&client, "/v1/events")).collect();
    // Each of the streams has begun, and so has the wait.
    let mut said = vec![Vec::new(); streams.len()];
    for (stream, said) in streams.iter_mut().zip(&mut said) {
        while !said.windows(9).any(|part| part == b"caught_up") {
            let mut some = [0; 512];
            let read = stream.read(&mut some).unwrap();
            assert_ne!(read, 0);
            said.extend_from_slice(&some[..read]);
        }
    }
    let open = open_requests(&client);
    let mut poll = raw(&client, "/v1/outbox?after=1&wait=60s");
    until("the wait has begun", || open_requests(&client) > open);
    serving.stopper.stop();
    for (stream, said) in streams.iter_mut().zip(&mut said) {
        stream.read_to_end(said).unwrap();
        assert!(said.ends_with(b"\r\n0\r\n\r\n"), "{}", String::from_utf8_lossy(said));
    }
    let mut answer = String::new();
    poll.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    serving.stop();
}

#[test]
fn a_slow_client_lags_and_lacks_nothing() {
    let serving = Serving::new();
    let mut stream = Stream::open(&serving.tcp(), "/v1/events", None);
    assert_eq!(stream.caught_up(), [0; 0]);
    // More than the buffers of both ends and of what is between them hold, while nobody reads.
    let text = "x".repeat(30_000);
    let operations: Vec<Operation> = (0..100)
        .map(|number| Operation {
            aggregate_type: "team".into(),
            aggregate_id: format!("t{number}"),
            event_type: "joined".into(),
            payload: Some(json!({ "text": text }).to_string().parse_json()),
            ..Operation::default()
        })
        .collect();
    for _ in 0..8 {
        let operations = operations.clone();
        let request = CommitRequest { operations, ..CommitRequest::default() };
        serving.local().commit(&ada(), &request).unwrap();
    }
    assert_eq!(serving.tcp().get("/v1/status").is(200).json()["position"], "800");
    for expected in 1..=800 {
        let event = stream.event().unwrap();
        assert_eq!(position(&event), expected);
        assert_eq!(event["payload"]["text"], text.as_str());
    }
}

#[test]
fn every_stream_is_told_of_the_next_event() {
    let serving = Serving::new();
    let client = serving.tcp();
    let mut streams: Vec<Stream> =
        (0..100).map(|_| Stream::open(&client, "/v1/events", None)).collect();
    for stream in &mut streams {
        assert_eq!(stream.caught_up(), [0; 0]);
    }
    for expected in 1..=3 {
        serving.append("team/red", "joined", &json!({}));
        for stream in &mut streams {
            assert_eq!(stream.event().map(|event| position(&event)), Some(expected));
        }
    }
}

/// Writers append while one client streams and another one pulls, from the first event on and across the place where
/// what was there ends and what comes begins.
#[test]
fn nothing_is_lost_doubled_or_out_of_order_while_64_write() {
    const WRITERS: u64 = 64;
    const EACH: u64 = 12;
    let serving = Serving::new();
    for number in 0..40 {
        serving.append(&format!("team/t{}", number % 7), "joined", &json!({ "number": number }));
    }
    let total = 40 + WRITERS * EACH;
    let (streamed, pulled) = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let local = serving.local().clone();
            scope.spawn(move || {
                for number in 0..EACH {
                    joined(&local, &format!("person/p{}", writer % 9), &json!({ "n": number }));
                }
            });
        }
        let streaming = scope.spawn(|| {
            let mut stream = Stream::open(&serving.tcp(), "/v1/events", None);
            let mut blocks = Vec::new();
            while blocks.len() < usize::try_from(total).unwrap() {
                blocks.push(stream.event().expect("the stream goes on"));
            }
            blocks
        });
        let pulling = scope.spawn(|| {
            let (mut after, mut events) = ("0".to_owned(), Vec::new());
            let end = Instant::now() + PATIENCE;
            while events.len() < usize::try_from(total).unwrap() {
                // A wait that is shorter than that of this client.
                let target = format!("/v1/outbox?after_event_id={after}&take=50&wait=10s");
                let page = serving.socket().get(&target).is(200).json();
                assert_eq!(page["filtered"], 0);
                let came = page["events"].as_array().unwrap();
                assert!(!came.is_empty() || Instant::now() < end, "{} came", events.len());
                events.extend(came.iter().cloned());
                after = page["next_after_event_id"].as_str().unwrap().to_owned();
            }
            events
        });
        (streaming.join().unwrap(), pulling.join().unwrap())
    });
    let log = log(&serving, None);
    assert_eq!(log.len() as u64, total);
    assert_eq!(streamed, log);
    assert_eq!(pulled, log);
}

#[test]
fn whoever_resumes_where_it_was_cut_lacks_nothing_and_gets_nothing_twice() {
    let serving = Serving::new();
    for number in 0..40_u64 {
        let name =
            ["team/red", "person/ada", "team/blue"][usize::try_from(number * number % 3).unwrap()];
        let event = if number.is_multiple_of(4) { "left" } else { "joined" };
        serving.append(name, event, &json!({ "number": number }));
    }
    let client = serving.tcp();
    let targets = [
        ("/v1/events", None),
        ("/v1/events?where=event%3Aleft", Some("event:left")),
        ("/v1/events?type=person", Some("type:person")),
    ];
    let whole = targets.map(|(_, filter)| log(&serving, filter));
    let cuts = (0..targets.len(), prop::collection::vec(0_usize..25, 1..6));
    let config = ProptestConfig { cases: 64, ..ProptestConfig::default() };
    proptest!(config, |((of, cuts) in cuts)| {
        let (mut last, mut events) = (None, Vec::new());
        for cut in cuts {
            let mut stream = Stream::open(&client, targets[of].0, last);
            // So many blocks arrive, and the connection is cut there.
            for _ in 0..cut {
                let block = stream.block().unwrap();
                events.extend(block.record());
                if block.is("caught_up") {
                    break;
                }
            }
            last = stream.last_id;
        }
        let mut stream = Stream::open(&client, targets[of].0, last);
        loop {
            let block = stream.block().unwrap();
            events.extend(block.record());
            if block.is("caught_up") {
                break;
            }
        }
        prop_assert_eq!(&events, &whole[of]);
    });
}
