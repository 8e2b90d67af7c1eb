//! Every route against every kind of caller. The routes are those of the description: one that is not in the table fails.

use super::guard::problem;
use super::{Client, Connection, Reply, Request, Serving, Setup, ada, token_request};
use crate::common::NOW;
use dbx::clock::Clock;
use dbx::domain::Timestamp;
use dbx::domain::access::Action;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What a route wants of a token.
enum Needs {
    /// None at all.
    NoToken,
    /// These actions. Without the first of them it refuses, whatever else is allowed.
    Actions(&'static [&'static str]),
    /// Everything on everything.
    Everything,
}

/// What is sent to a route, so that nothing but the caller can be wrong with it.
enum Sends {
    Nothing,
    Json(Value),
    Lines,
}

use Needs::{Actions, Everything, NoToken};
use Sends::{Json, Lines, Nothing};

type Row = (&'static str, &'static str, Needs, Sends);

const READ: Needs = Actions(&["aggregate.read"]);
const ARCHIVE: Needs = Actions(&["aggregate.archive"]);
const KEEP_STAGE: Needs = Actions(&["aggregate.append", "aggregate.read"]);
const SCHEMA: Needs = Actions(&["schema.read"]);
const OUTBOX: Needs = Actions(&["outbox.read"]);
const TOKENS: Needs = Actions(&["token.manage"]);

fn operation() -> Value {
    json!({"aggregate_type": "team", "aggregate_id": "red", "event_type": "noted", "payload": {}, "expected_version": 1})
}

fn named() -> Value {
    json!({"aggregate_type": "team", "aggregate_id": "red"})
}

fn of_the_server() -> Vec<Row> {
    ["/health", "/livez", "/readyz", "/version", "/openapi.json", "/docs", "/metrics"]
        .map(|path| ("get", path, NoToken, Nothing))
        .into()
}

fn of_aggregates() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("get", "/v1/aggregates", READ, Nothing),
        ("get", "/v1/aggregates/{type}/{id}", READ, Nothing),
        ("post", "/v1/aggregates/{type}/{id}/archive", ARCHIVE, Json(json!({}))),
        ("post", "/v1/aggregates/{type}/{id}/restore", ARCHIVE, Json(json!({}))),
        ("post", "/v1/aggregates/{type}/{id}/erase", Everything, Json(json!({}))),
    ];
    let parts = [
        "/v1/aggregates/{type}/{id}/events",
        "/v1/aggregates/{type}/{id}/replay",
        "/v1/aggregates/{type}/{id}/diff?from=1&to=1",
        "/v1/aggregates/{type}/{id}/blame",
        "/v1/aggregates/{type}/{id}/referrers",
        "/v1/aggregates/{type}/{id}/snapshots",
        "/v1/aggregates/{type}/{id}/verify",
        "/v1/aggregates/{type}/{id}/proof?version=1",
    ];
    rows.extend(parts.map(|path| ("get", path, READ, Nothing)));
    rows
}

fn of_the_log() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("post", "/v1/events", Actions(&["aggregate.append"]), Json(operation())),
        (
            "post",
            "/v1/commits",
            Actions(&["aggregate.append"]),
            Json(json!({"operations": [operation()]})),
        ),
        ("post", "/v1/commits/{commit}/revert", READ, Json(json!({}))),
        ("post", "/v1/verify", READ, Json(json!({"events": true}))),
        ("post", "/v1/checkpoint", READ, Json(json!({}))),
        ("post", "/v1/checkpoint/verify", READ, Json(json!({"note": "none"}))),
        ("post", "/v1/import", Actions(&["aggregate.create", "aggregate.append"]), Lines),
        ("post", "/v1/backup", Everything, Nothing),
    ];
    let reads = [
        "/v1/events",
        "/v1/events/{position}",
        "/v1/events/by-id/{event_id}",
        "/v1/commits",
        "/v1/commits/{commit}",
        "/v1/erasures",
        "/v1/status",
        "/v1/root",
        "/v1/checkpoint/key",
        "/v1/proofs/inclusion?type=team&id=red&version=1",
        "/v1/proofs/consistency?from=1&to=1",
        "/v1/export?format=ndjson",
        "/v1/export/events",
    ];
    rows.extend(reads.map(|path| ("get", path, READ, Nothing)));
    rows
}

fn of_the_stage() -> Vec<Row> {
    let edit = json!({"id": "s1", "operation": operation()});
    vec![
        ("get", "/v1/stage", READ, Nothing),
        ("delete", "/v1/stage", KEEP_STAGE, Nothing),
        ("post", "/v1/stage", KEEP_STAGE, Json(json!({"operations": [operation()]}))),
        (
            "post",
            "/v1/stage/archive",
            Actions(&["aggregate.archive", "aggregate.read"]),
            Json(named()),
        ),
        (
            "post",
            "/v1/stage/restore",
            Actions(&["aggregate.archive", "aggregate.read"]),
            Json(named()),
        ),
        ("post", "/v1/stage/edit", KEEP_STAGE, Json(edit)),
        ("post", "/v1/stage/drop", KEEP_STAGE, Json(json!({"ids": ["s1"]}))),
        ("post", "/v1/stage/move", KEEP_STAGE, Json(json!({"id": "s1", "to": 1}))),
        ("post", "/v1/stage/undo", KEEP_STAGE, Json(json!({"steps": 1}))),
        ("post", "/v1/stage/redo", KEEP_STAGE, Json(json!({"steps": 1}))),
        ("post", "/v1/stage/rebase", KEEP_STAGE, Json(json!({}))),
        ("post", "/v1/stage/commit", READ, Json(json!({}))),
    ]
}

fn of_others() -> Vec<Row> {
    let source = json!({"source": "schema 1\n"});
    let token = json!({"group": "g", "user": "u", "actions": ["token.manage"], "resources": ["*"]});
    vec![
        ("get", "/v1/schema", SCHEMA, Nothing),
        ("put", "/v1/schema", Actions(&["schema.write"]), Json(source.clone())),
        ("post", "/v1/schema/check", SCHEMA, Json(source)),
        ("post", "/v1/schema/impact", SCHEMA, Json(json!({"new": ""}))),
        ("get", "/v1/schema/versions", SCHEMA, Nothing),
        ("get", "/v1/schema/versions/{version}", SCHEMA, Nothing),
        ("get", "/v1/outbox", OUTBOX, Nothing),
        ("get", "/v1/outbox/cursors", OUTBOX, Nothing),
        ("get", "/v1/outbox/cursors/{name}", OUTBOX, Nothing),
        ("put", "/v1/outbox/cursors/{name}", OUTBOX, Json(json!({"position": "0"}))),
        ("delete", "/v1/outbox/cursors/{name}", OUTBOX, Nothing),
        ("get", "/v1/tokens", TOKENS, Nothing),
        ("post", "/v1/tokens", TOKENS, Json(token)),
        ("get", "/v1/tokens/{id}", TOKENS, Nothing),
        ("post", "/v1/tokens/revoke", TOKENS, Json(json!({"ids": ["00000000"]}))),
        ("post", "/v1/tokens/{id}/refresh", TOKENS, Json(json!({}))),
        ("post", "/v1/tokens/bootstrap", Everything, Json(json!({"ttl": "24h"}))),
    ]
}

fn table() -> Vec<Row> {
    [of_the_server(), of_aggregates(), of_the_log(), of_the_stage(), of_others()]
        .into_iter()
        .flatten()
        .collect()
}

/// Routes that a server may have or not.
const UNDESCRIBED: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// The request of a row, for things that are there where there can be any.
fn request(method: &str, path: &str, sends: &Sends) -> Request {
    let names = [
        ("{type}", "team"),
        ("{id}", if path.contains("/tokens/") { "00000000" } else { "red" }),
        ("{commit}", "c1"),
        ("{position}", "1"),
        ("{event_id}", "1"),
        ("{version}", "1"),
        ("{name}", "x"),
    ];
    let target =
        names.iter().fold(path.to_owned(), |target, (name, value)| target.replace(name, value));
    let request = Request::new(&method.to_uppercase(), &target);
    match sends {
        Nothing => request,
        Json(body) => request.json(body),
        Lines => request.header("content-type", "application/x-ndjson").body("\n"),
    }
}

/// A token for all actions but one.
fn all_but(serving: &Serving, left_out: &str) -> String {
    // Whoever may change the schema has to see what it is.
    let gives =
        |name: &str| name == left_out || (left_out, name) == ("schema.read", "schema.write");
    let actions: Vec<&str> =
        Action::ALL.iter().map(|action| action.as_str()).filter(|name| !gives(name)).collect();
    assert!(actions.len() < Action::ALL.len(), "there is no action `{left_out}`");
    serving.token(&actions, &["*"])
}

fn described(serving: &Serving) -> BTreeSet<(String, String)> {
    let api: Value = serving.tcp().get("/openapi.json").is(200).json();
    let paths = api["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
    });
    routes.collect()
}

#[test]
fn each_route_lets_in_whom_it_should() {
    let serving = Serving::new();
    serving.append("team/red", "founded", &json!({"colour": "red"}));
    let described = described(&serving);
    let mut left = described.clone();
    for (method, path, needs, sends) in table() {
        let plain = path.split('?').next().unwrap();
        let route = (method.to_owned(), plain.to_owned());
        if !described.contains(&route) {
            assert!(UNDESCRIBED.contains(&plain), "{method} {plain} is not described");
            continue;
        }
        assert!(left.remove(&route), "{method} {plain} is in the table twice");
        let ask = |client: Client| client.send(request(method, path, &sends));
        let shut = |reply: &Reply| [401, 403].contains(&reply.status);
        let stranger = ask(serving.stranger());
        let (right, wrong) = match needs {
            NoToken => {
                assert!(!shut(&stranger), "{method} {path}: {stranger:?}");
                continue;
            }
            Actions(actions) => (serving.token(actions, &["*"]), all_but(&serving, actions[0])),
            Everything => (serving.token(&["*.*"], &["*"]), all_but(&serving, "token.manage")),
        };
        assert_eq!(stranger.header("www-authenticate"), Some("Bearer"), "{method} {path}");
        problem(stranger, 401, "dbx::token::missing");
        let garbled = ask(serving.stranger().bearing(&right.replace('.', "..")));
        problem(garbled, 401, "dbx::token::malformed");
        let wrong = ask(serving.stranger().bearing(&wrong));
        assert_eq!(wrong.status, 403, "{method} {path}: {}", String::from_utf8_lossy(&wrong.body));
        let right = ask(serving.stranger().bearing(&right));
        assert!(!shut(&right), "{method} {path}: {}", String::from_utf8_lossy(&right.body));
        let local = ask(serving.socket());
        assert!(!shut(&local), "{method} {path}: {}", String::from_utf8_lossy(&local.body));
    }
    assert!(left.is_empty(), "these routes are not in the table: {left:?}");
}

#[test]
fn what_is_for_the_socket_alone_takes_no_token() {
    let serving = Serving::new();
    for path in ["/v1/daemon", "/v1/position?beyond=0&wait_ms=0"] {
        serving.socket().get(path).is(200);
        problem(serving.tcp().get(path), 403, "dbx::serve::socket_only");
        problem(serving.stranger().get(path), 403, "dbx::serve::socket_only");
    }
    problem(serving.tcp().post("/v1/daemon/stop", &json!({})), 403, "dbx::serve::socket_only");
    serving.tcp().get("/version").is(200);
}

/// A clock that is set by hand.
#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[test]
fn a_token_that_ended_is_refused_at_once() {
    let now: Timestamp = NOW.parse().unwrap();
    let clock = Arc::new(Hands(AtomicI64::new(now.as_micros())));
    let serving = Serving::start(Setup { clock: Some(clock.clone()), ..Setup::default() });
    let ask = |token: &str| {
        Request::new("GET", "/v1/status").header("authorization", &format!("Bearer {token}"))
    };
    let issue = |ttl: Option<u64>| {
        let texts = |text: &str| vec![text.to_owned()];
        let request = dbx::wire::TokenRequest {
            group: "test".into(),
            user: "tess".into(),
            actions: texts("*.*"),
            resources: texts("*"),
            ttl,
            ..Default::default()
        };
        serving.local().token_generate(&ada(), &request).unwrap()
    };
    let (revoked, expired) = (issue(None), issue(Some(600)));
    // On connections that were let in before, and at both doors: a token binds whoever shows it.
    for client in [serving.stranger(), serving.socket()] {
        let mut kept = Connection::open(client.door());
        kept.send(&ask(&revoked.token)).is(200);
    }
    let mut kept = Connection::open(serving.stranger().door());
    kept.send(&ask(&revoked.token)).is(200);
    kept.send(&ask(&expired.token)).is(200);
    serving.local().token_revoke(&ada(), &[revoked.id]).unwrap();
    problem(kept.send(&ask(&revoked.token)), 401, "dbx::token::revoked");
    kept.send(&ask(&expired.token)).is(200);
    clock.0.fetch_add(600 * 1_000_000, Ordering::SeqCst);
    problem(kept.send(&ask(&expired.token)), 401, "dbx::token::expired");
    let mut at_socket = Connection::open(serving.socket().door());
    problem(at_socket.send(&ask(&expired.token)), 401, "dbx::token::expired");
}

#[test]
fn a_token_that_ends_unused_lives_by_what_is_written_with_it() {
    let now: Timestamp = NOW.parse().unwrap();
    let clock = Arc::new(Hands(AtomicI64::new(now.as_micros())));
    let serving = Serving::start(Setup { clock: Some(clock.clone()), ..Setup::default() });
    let request =
        dbx::wire::TokenRequest { keep_alive: Some(100), ..token_request(&["*.*"], &["*"]) };
    let issued = serving.local().token_generate(&ada(), &request).unwrap();
    let client = serving.stranger().bearing(&issued.token);
    let event = json!({"aggregate_type": "order", "aggregate_id": "1", "event_type": "touched", "payload": {}});
    for _ in 0..4 {
        clock.0.fetch_add(90 * 1_000_000, Ordering::SeqCst);
        client.post("/v1/events", &event).is(201);
    }
    clock.0.fetch_add(100 * 1_000_000, Ordering::SeqCst);
    problem(client.post("/v1/events", &event), 401, "dbx::token::idle");
    assert_eq!(serving.tcp().get("/v1/aggregates/order/1").is(200).json()["version"], json!(4));
}

#[test]
fn of_two_tokens_none_counts() {
    let serving = Serving::new();
    let good = format!("Bearer {}", serving.token(&["*.*"], &["*"]));
    let good = good.as_str();
    for two in [[good, good], [good, "Bearer x"], ["Basic x", good]] {
        let request = two.into_iter().fold(Request::new("GET", "/v1/status"), |request, value| {
            request.header("authorization", value)
        });
        problem(serving.stranger().send(request), 400, "dbx::request::header");
    }
}

#[test]
fn no_answer_repeats_a_token() {
    let serving = Serving::new();
    let token = serving.token(&["schema.read"], &["schema"]);
    let secret = token.rsplit('.').next().unwrap();
    let broken = format!("{}x", &token[..token.len() - 1]);
    let mut answers = Vec::new();
    for value in [
        format!("Bearer {token}"),
        format!("Bearer {broken}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}.{token}"),
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer  {token}"),
        format!("Bearer {}", token.to_uppercase()),
    ] {
        let client = serving.stranger().with("authorization", &value);
        for path in ["/v1/status", "/v1/aggregates?where=:", "/nowhere", "/v1/events/x"] {
            answers.push(client.get(path));
        }
        answers.push(client.post("/v1/verify", &json!({"wrong": 1})));
    }
    assert!(answers.iter().all(|reply| reply.status >= 400));
    for reply in answers {
        let shown = format!("{:?}{}", reply.headers, String::from_utf8_lossy(&reply.body));
        assert!(
            !shown.contains(&secret[..20]) && !shown.contains(&broken[broken.len() - 20..]),
            "{shown}"
        );
    }
}
