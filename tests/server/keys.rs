//! `Idempotency-Key`: a retry is answered as the first time, and nothing ignores a key.

use super::same::SHOP;
use super::{Reply, Request, Serving};
use serde_json::{Value, json};

fn placed(id: &str) -> Value {
    json!({"aggregate_type": "order", "aggregate_id": id, "event_type": "placed", "payload": {"total": 5}})
}

/// What of an answer has to be the same, whenever it is given.
fn answer(reply: &Reply) -> (u16, Option<&str>, Option<&str>, &[u8]) {
    (reply.status, reply.header("location"), reply.header("etag"), &reply.body)
}

#[test]
fn a_retry_is_answered_as_the_first_time() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let keyed = |target: &str, key: &str, body: &Value| {
        client.send(Request::new("POST", target).header("Idempotency-Key", key).json(body))
    };
    client.post("/v1/stage", &json!({"operations": [placed("staged")]})).is(200);
    let calls = [
        ("/v1/events", placed("o1"), placed("o2")),
        (
            "/v1/commits",
            json!({"operations": [placed("o3")]}),
            json!({"operations": [placed("o3"), placed("o4")]}),
        ),
        ("/v1/aggregates/order/o1/archive", json!({}), json!({"note": "other"})),
        ("/v1/aggregates/order/o1/restore", json!({}), json!({"note": "other"})),
        ("/v1/stage/commit", json!({}), json!({"message": "other"})),
    ];
    for (index, (target, body, other)) in calls.iter().enumerate() {
        let key = format!("key-{index}");
        let first = keyed(target, &key, body).is(201);
        assert_eq!(first.header("idempotency-replayed"), None, "{target}");
        let before = client.get("/v1/status").json();
        // As a string of the structured fields too, and from a body that is written otherwise.
        for said in [key.clone(), format!("\"{key}\"")] {
            let again = keyed(target, &said, body);
            assert_eq!(answer(&again), answer(&first), "{target}");
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "{target}");
        }
        let mut in_body = body.clone();
        in_body["idempotency_key"] = json!(key);
        let again = client.post(target, &in_body);
        assert_eq!(answer(&again), answer(&first), "{target}: the key in the body");
        assert_eq!(answer(&keyed(target, &key, &in_body)), answer(&first), "{target}: in both");
        let reused = keyed(target, &key, other).is(422);
        assert_eq!(reused.json()["code"], json!("dbx::conflict::idempotency_key"), "{target}");
        assert_eq!(reused.json()["errors"][0]["pointer"], json!("/idempotency_key"));
        let differs = keyed(target, "another", &in_body).is(400);
        assert_eq!(differs.json()["errors"][0]["pointer"], json!("/idempotency_key"), "{target}");
        assert_eq!(client.get("/v1/status").json()["position"], before["position"], "{target}");
    }
    // Whoever else uses the key has another one.
    let other = serving.socket();
    let request = Request::new("POST", "/v1/events").header("idempotency-key", "key-0");
    let reply = other.send(request.json(&placed("o1"))).is(201);
    assert_eq!(reply.header("idempotency-replayed"), None);
}

#[test]
fn a_condition_is_part_of_what_is_repeated() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let send = |condition: (&str, &str)| {
        let request = Request::new("POST", "/v1/events").header("idempotency-key", "once");
        client.send(request.header(condition.0, condition.1).json(&placed("o1")))
    };
    let first = send(("if-none-match", "*")).is(201);
    assert_eq!(answer(&send(("if-none-match", "*"))), answer(&first));
    send(("if-match", "\"v1\"")).is(422);
}

#[test]
fn a_key_that_is_none_is_refused() {
    let serving = Serving::with_schema(SHOP);
    let long = "k".repeat(256);
    for key in ["", "\"open", "\"\"", "ümlaut", &long] {
        let request = Request::new("POST", "/v1/events").header("idempotency-key", key);
        let reply = serving.tcp().send(request.json(&placed("o1"))).is(400);
        assert_eq!(reply.json()["code"], json!("dbx::request::idempotency_key"), "{key}");
    }
    let twice = Request::new("POST", "/v1/events").header("idempotency-key", "a");
    serving.tcp().send(twice.header("idempotency-key", "a").json(&placed("o1"))).is(400);
    assert_eq!(serving.tcp().get("/v1/status").json()["position"], json!("0"));
}

#[test]
fn nothing_ignores_a_key() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    for (target, body) in [
        ("/v1/stage", json!({"operations": [placed("o1")]})),
        ("/v1/stage/edit", json!({"id": "s1", "operation": placed("o1")})),
        ("/v1/stage/drop", json!({"ids": []})),
        ("/v1/stage/archive", json!({"aggregate_type": "order", "aggregate_id": "o1"})),
        ("/v1/commits/c1/revert", json!({})),
        ("/v1/tokens", json!({"group": "g", "user": "u", "actions": ["*.*"], "resources": ["*"]})),
        ("/v1/tokens/bootstrap", json!({"ttl": "1h"})),
        ("/v1/import", json!({})),
        ("/v1/backup", json!({})),
        ("/v1/verify", json!({})),
    ] {
        let request = Request::new("POST", target).header("idempotency-key", "k").json(&body);
        let reply = client.send(request).is(400);
        assert_eq!(reply.json()["code"], json!("dbx::request::idempotency_key"), "{target}");
    }
    let staged = json!({"aggregate_type": "order", "aggregate_id": "o1", "idempotency_key": "k"});
    let reply = client.post("/v1/stage/archive", &staged).is(400);
    assert_eq!(reply.json()["errors"][0]["pointer"], json!("/idempotency_key"));
    // A call that there is not says so.
    client.send(Request::new("POST", "/v1/nowhere").header("idempotency-key", "k")).is(404);
}

#[test]
fn retries_at_once_write_once() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let send = |_| {
            let client = client.clone();
            scope.spawn(move || {
                let request = Request::new("POST", "/v1/events").header("idempotency-key", "race");
                client.send(request.json(&placed("o1")))
            })
        };
        let threads: Vec<_> = (0..16).map(send).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let fresh = replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    for reply in &replies {
        assert_eq!(answer(reply), answer(&replies[0]));
    }
    assert_eq!(client.get("/v1/status").json()["position"], json!("1"));
}

#[test]
fn the_description_says_which_calls_take_a_key_and_a_condition() {
    let serving = Serving::with_schema(SHOP);
    let api = serving.stranger().get("/openapi.json").is(200).json();
    let mut taken = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        let Some(operation) = item.get("post") else { continue };
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let said = |name: &str| {
            parameters.iter().any(|one| one["in"] == json!("header") && one["name"] == json!(name))
        };
        let target =
            path.replace("{type}", "order").replace("{id}", "o1").replace("{commit}", "c1");
        assert!(!target.contains('{'), "{target}");
        // Without a body none of them does anything.
        let code = |name: &str, value: &str| {
            let reply = serving.tcp().send(Request::new("POST", &target).header(name, value));
            reply.json()["code"].as_str().unwrap_or_default().to_owned()
        };
        let key = code("idempotency-key", "k") != "dbx::request::idempotency_key";
        let condition = code("if-match", "\"v1\"") != "dbx::request::condition";
        assert_eq!((key, condition), (said("Idempotency-Key"), said("If-Match")), "{path}");
        taken.extend(key.then(|| path.clone()));
    }
    assert_eq!(taken.len(), 6, "{taken:?}");
}

#[test]
fn what_changes_something_heeds_a_condition_or_refuses_it() {
    let serving = Serving::with_schema(SHOP);
    let schema = json!({"source": "aggregate other {}"});
    let calls = [
        Request::new("DELETE", "/v1/stage"),
        Request::new("PUT", "/v1/schema").json(&schema),
        Request::new("PUT", "/v1/outbox/cursors/mine").json(&json!({"position": "0"})),
        Request::new("DELETE", "/v1/outbox/cursors/mine"),
    ];
    for call in calls {
        for (name, value, code) in [
            ("if-match", "\"v1\"", "dbx::request::condition"),
            ("idempotency-key", "k", "dbx::request::idempotency_key"),
        ] {
            let reply = serving.tcp().send(call.clone().header(name, value)).is(400);
            assert_eq!(reply.json()["code"], json!(code), "{call:?}");
        }
    }
    let schema = serving.tcp().get("/v1/schema").is(200).json();
    assert_eq!(schema["version"], json!(1), "nothing was applied");
}
