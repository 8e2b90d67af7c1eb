//! Appending, commits, and what is done to aggregates as a whole, as other programs see it.

use super::same::SHOP;
use super::{Client, Reply, Request, Serving, Setup};
use dbx::service::Restrict;
use serde_json::{Value, json};

#[expect(clippy::needless_pass_by_value, reason = "it is made where it is passed")]
fn event(name: &str, event: &str, payload: Value) -> Value {
    let (aggregate_type, id) = name.split_once('/').unwrap();
    json!({"aggregate_type": aggregate_type, "aggregate_id": id, "event_type": event, "payload": payload})
}

/// Sends an event with headers.
#[track_caller]
fn append(client: &Client, body: &Value, headers: &[(&str, &str)]) -> Reply {
    let request = Request::new("POST", "/v1/events").json(body);
    client.send(headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
}

/// Where an answer points, with the codes.
#[track_caller]
fn pointers(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{}", reply.text());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let problem = reply.json();
    assert_eq!(problem["status"], json!(reply.status));
    let errors =
        problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {problem}")).clone();
    errors.iter().map(|one| (text(&one["pointer"]), text(&one["code"]))).collect()
}

#[track_caller]
fn points_at(reply: &Reply, status: u16, pointer: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let found = pointers(reply);
    assert!(found.iter().any(|(at, _)| at == pointer), "{pointer} is not in {found:?}");
}

#[test]
fn an_event_is_made_and_has_a_place() {
    let serving = Serving::with_schema(SHOP);
    for (client, user) in [(serving.tcp(), "tess"), (serving.socket(), "ada")] {
        let name = format!("order/{user}");
        let reply = append(&client, &event(&name, "placed", json!({"total": 5})), &[]).is(201);
        let made = reply.json();
        assert_eq!(reply.header("etag"), Some("\"v1\""));
        let place = format!("/v1/events/{}", made["position"].as_str().unwrap());
        assert_eq!(reply.header("location"), Some(place.as_str()));
        assert_eq!(reply.header("idempotency-replayed"), None);
        assert_eq!(made["metadata"]["issued_by"]["user"], json!(user));
        assert_eq!(made["payload"], json!({"total": 5}));
        let patch = json!([{"op": "replace", "path": "/total", "value": 6}]);
        let body = json!({"aggregate_type": "order", "aggregate_id": user, "event_type": "changed",
            "patch": patch, "note": "as agreed", "metadata": {"@source": "test"}, "expected_version": 1});
        let reply = append(&client, &body, &[]).is(201);
        assert_eq!(reply.header("etag"), Some("\"v2\""));
        assert_eq!(reply.json()["metadata"]["@source"], json!("test"));
        let state = client.get(&format!("/v1/aggregates/{name}")).is(200).json();
        assert_eq!(state["state"]["total"], json!(6));
    }
}

#[test]
fn conditions_hold_or_answer_with_what_is_there() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let placed = event("order/o1", "placed", json!({"total": 5}));
    // What is not there has no version, and no ETag.
    let reply = append(&client, &placed, &[("if-match", "\"v3\"")]).is(412);
    assert_eq!(
        (reply.header("etag"), pointers(&reply)),
        (None, vec![(String::new(), "version".into())])
    );
    let reply = append(&client, &placed, &[("if-match", "*")]);
    points_at(&reply, 404, "/aggregate_id");
    append(&client, &placed, &[("if-none-match", "*")]).is(201);
    let reply = append(&client, &placed, &[("if-none-match", "*")]);
    points_at(&reply, 409, "/aggregate_id");
    assert_eq!(reply.header("etag"), Some("\"v1\""));
    append(&client, &placed, &[("if-match", "\"v1\"")]).is(201);
    let reply = append(&client, &placed, &[("if-match", "\"v1\"")]).is(412);
    assert_eq!(reply.header("etag"), Some("\"v2\""));
    assert_eq!(reply.json()["code"], json!("dbx::conflict::version"));
    append(&client, &placed, &[("if-match", reply.header("etag").unwrap())]).is(201);
    append(&client, &placed, &[("if-match", "*")]).is(201);
    // The same in the body.
    let mut late = placed.clone();
    late["expected_version"] = json!(2);
    let reply = append(&client, &late, &[]);
    points_at(&reply, 412, "/expected_version");
    assert_eq!(reply.header("etag"), Some("\"v4\""));
    let reply = append(&client, &late, &[("if-match", "\"v3\"")]);
    points_at(&reply, 400, "/expected_version");
    for bad in ["v4", "\"4\"", "\"v4\", \"v5\""] {
        append(&client, &placed, &[("if-match", bad)]).is(400);
    }
    append(&client, &placed, &[("if-none-match", "\"v4\"")]).is(400);
    append(&client, &placed, &[("if-match", "*"), ("if-none-match", "*")]).is(400);
    // Where a condition means nothing it is no condition that holds.
    let commit = Request::new("POST", "/v1/commits").json(&json!({"operations": [placed]}));
    client.send(commit.header("if-match", "\"v1\"")).is(400);
    assert_eq!(client.get("/v1/aggregates/order/o1").is(200).json()["version"], json!(4));
}

#[test]
fn a_version_that_is_told_is_that_of_the_log() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    serving.append("order/o1", "placed", &json!({"total": 1}));
    let mut last = event("order/o1", "changed", json!({"total": 3}));
    last["expected_version"] = json!(9);
    let operations = json!([
        event("order/o1", "changed", json!({"total": 2})),
        event("order/o2", "placed", json!({})),
        last,
    ]);
    let reply = client.post("/v1/commits", &json!({"operations": operations}));
    points_at(&reply, 412, "/operations/2/expected_version");
    assert_eq!(reply.header("etag"), Some("\"v1\""));
}

#[test]
fn dry_runs_write_nothing() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let mut placed = event("order/o1", "placed", json!({"total": 5}));
    let operations = json!({"operations": [placed.clone()], "dry_run": true});
    placed["dry_run"] = json!(true);
    let reply = append(&client, &placed, &[("idempotency-key", "later")]).is(200);
    assert_eq!((reply.header("location"), reply.header("etag")), (None, None));
    assert_eq!((&reply.json()["position"], &reply.json()["version"]), (&json!("1"), &json!(1)));
    let reply = client.post("/v1/commits", &operations).is(200);
    assert_eq!(reply.json()["dry_run"], json!(true));
    assert_eq!(reply.header("location"), None);
    placed["payload"]["total"] = json!("much");
    points_at(&append(&client, &placed, &[]), 422, "/payload/total");
    assert_eq!(serving.tcp().get("/v1/status").is(200).json()["position"], json!("0"));
    // The key is free.
    placed["payload"]["total"] = json!(7);
    placed["dry_run"] = json!(false);
    let reply = append(&client, &placed, &[("idempotency-key", "later")]).is(201);
    assert_eq!(reply.header("idempotency-replayed"), None);
}

#[test]
fn every_violation_points_into_the_body() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let bad = event("order/o1", "placed", json!({"total": "x", "status": 4}));
    for (alone, prefix) in [(true, "/operations/0"), (false, "/operations/1")] {
        let good = event("order/o0", "placed", json!({}));
        let list = if alone { json!([bad]) } else { json!([good, bad]) };
        let reply = client.post("/v1/commits", &json!({"operations": list}));
        points_at(&reply, 422, &format!("{prefix}/payload/total"));
        points_at(&reply, 422, &format!("{prefix}/payload/status"));
    }
    let reply = append(&client, &bad, &[]);
    points_at(&reply, 422, "/payload/total");
    points_at(&reply, 422, "/payload/status");
    append(&client, &event("order/o1", "placed", json!({"total": 5, "status": "new"})), &[])
        .is(201);
    let patched = |steps: Value| json!({"aggregate_type": "order", "aggregate_id": "o1", "event_type": "changed", "patch": steps});
    let steps = json!([
        {"op": "replace", "path": "/status", "value": "old"},
        {"op": "replace", "path": "/total", "value": 4000},
    ]);
    points_at(&append(&client, &patched(steps), &[]), 422, "/patch/1");
    let steps = json!([{"op": "test", "path": "/total", "value": 6}]);
    points_at(&append(&client, &patched(steps), &[]), 409, "/patch");
    points_at(&append(&client, &patched(json!({})), &[]), 400, "/patch");
    let mut both = patched(json!([]));
    both["payload"] = json!({});
    points_at(&append(&client, &both, &[]), 400, "/patch");
    for (member, value, status, pointer) in [
        ("aggregate_type", json!("No Type"), 400, "/aggregate_type"),
        ("aggregate_id", json!(""), 400, "/aggregate_id"),
        ("event_type", json!("dbx_archived"), 400, "/event_type"),
        ("payload", json!([]), 400, "/payload"),
        ("metadata", json!([]), 400, "/metadata"),
        ("metadata", json!({"plain": 1}), 422, "/metadata/plain"),
        ("note", json!("n".repeat(129)), 422, "/note"),
        // What has not even the shape.
        ("aggregate_type", json!(7), 400, "/aggregate_type"),
        ("expected_version", json!(-1), 400, "/expected_version"),
        ("dry_run", json!("yes"), 400, "/dry_run"),
        ("surprise", json!(1), 400, "/surprise"),
    ] {
        let mut body = event("order/o1", "changed", json!({"total": 5}));
        body[member] = value;
        points_at(&append(&client, &body, &[]), status, pointer);
        let reply = client.post("/v1/commits", &json!({"operations": [body]}));
        if member != "dry_run" {
            points_at(&reply, status, &format!("/operations/0{pointer}"));
        }
    }
    points_at(&client.post("/v1/commits", &json!({"operations": []})), 400, "/operations");
    let missing = client.post("/v1/commits", &json!({}));
    assert_eq!((missing.status, pointers(&missing).len()), (400, 1));
}

#[test]
fn bodies_that_are_none() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let post = |media: &str, body: &str| {
        client.send(Request::new("POST", "/v1/events").header("content-type", media).body(body))
    };
    post("application/json", "{").is(400);
    post("application/json", "").is(400);
    post("application/json", "[]").is(400);
    post("application/json", r#"{"aggregate_type":"order","aggregate_type":"order"}"#).is(400);
    let twice = r#"{"aggregate_type":"order","aggregate_id":"o","event_type":"placed","payload":{"a":1,"a":2}}"#;
    points_at(&post("application/json", twice), 400, "/payload");
    post("text/plain", "{}").is(415);
    client.send(Request::new("POST", "/v1/events").body("{}")).is(415);
    let large = event("order/o1", "placed", json!({"status": "x".repeat(300_000)}));
    points_at(&append(&client, &large, &[]), 413, "/payload");
    assert_eq!(client.get("/v1/status").is(200).json()["position"], json!("0"));
}

#[test]
fn a_commit_is_made_whole_or_not_at_all() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let body = json!({
        "message": "the first",
        "operations": [
            event("customer/a", "joined", json!({"name": "Ada"})),
            event("order/o1", "placed", json!({"customer": "customer#a"})),
        ],
    });
    let reply = client.post("/v1/commits", &body).is(201);
    assert_eq!(reply.header("location"), Some("/v1/commits/c1"));
    let made = reply.json();
    assert_eq!((&made["commit"], made["events"].as_array().unwrap().len()), (&json!("c1"), 2));
    let record = client.get(reply.header("location").unwrap()).is(200).json();
    assert_eq!(record["message"], json!("the first"));
    assert_eq!(record["events"], made["events"]);
    let body = json!({"operations": [
        event("order/o2", "placed", json!({})),
        event("order/o3", "placed", json!({"customer": "customer#nobody"})),
    ]});
    points_at(&client.post("/v1/commits", &body), 422, "/operations/1/payload/customer");
    client.get("/v1/aggregates/order/o2").is(404);
    let log = client.get("/v1/commits?take=5").is(200).json();
    assert_eq!(log["commits"].as_array().unwrap().len(), 1);
    for path in ["/v1/commits/7", "/v1/commits/c", "/v1/commits/cx", "/v1/commits/c-1"] {
        client.get(path).is(400);
    }
    client.get("/v1/commits/c7").is(404);
}

#[test]
fn many_operations_are_more_than_a_mebibyte() {
    let serving = Serving::with_schema(SHOP);
    let status = "s".repeat(4000);
    let one = |index: u32| event(&format!("order/o{index}"), "placed", json!({"status": status}));
    let operations: Vec<Value> = (0..1000).map(one).collect();
    let reply = serving.tcp().post("/v1/commits", &json!({"operations": operations})).is(201);
    assert_eq!(reply.json()["events"].as_array().unwrap().len(), 1000);
    let operations: Vec<Value> = (0..1001).map(one).collect();
    points_at(
        &serving.tcp().post("/v1/commits", &json!({"operations": operations})),
        413,
        "/operations",
    );
}

#[test]
fn aggregates_are_archived_and_restored() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    serving.append("customer/a", "joined", &json!({}));
    serving.append("order/o-1", "placed", &json!({"customer": "customer#a"}));
    let post = |target: &str, headers: &[(&str, &str)], body: Value| {
        let request = Request::new("POST", target).json(&body);
        client.send(headers.iter().fold(request, |all, (name, value)| all.header(name, value)))
    };
    let (archive, restore) =
        ("/v1/aggregates/order/o%2d1/archive", "/v1/aggregates/order/o%2d1/restore");
    points_at(&post("/v1/aggregates/customer/a/archive", &[], json!({})), 409, "");
    points_at(&post("/v1/aggregates/customer/b/archive", &[], json!({})), 404, "");
    let reply = post(archive, &[("if-match", "\"v4\"")], json!({})).is(412);
    assert_eq!(reply.header("etag"), Some("\"v1\""));
    points_at(&post(archive, &[], json!({"expected_version": 4})), 412, "/expected_version");
    points_at(
        &post(archive, &[("if-match", "\"v1\"")], json!({"expected_version": 4})),
        400,
        "/expected_version",
    );
    points_at(&post(archive, &[], json!({"note": "n".repeat(129)})), 422, "/note");
    post(archive, &[("if-none-match", "*")], json!({})).is(400);
    let reply = post(archive, &[], json!({"dry_run": true})).is(200);
    assert_eq!((reply.header("etag"), reply.header("location")), (None, None));
    let reply = post(archive, &[("if-match", "\"v1\"")], json!({"note": "done"})).is(201);
    assert_eq!(reply.header("etag"), Some("\"v2\""));
    assert_eq!(reply.header("location"), Some("/v1/commits/c3"));
    assert_eq!(reply.json()["events"][0]["event_type"], json!("dbx_archived"));
    points_at(&post(archive, &[], json!({})), 409, "");
    let changed = event("order/o-1", "changed", json!({}));
    points_at(&append(&client, &changed, &[]), 409, "/aggregate_id");
    post(restore, &[], json!({})).is(201);
    points_at(&post(restore, &[], json!({})), 409, "");
    points_at(&post(restore, &[], json!({"aggregate_id": "x"})), 400, "/aggregate_id");
    client.send(Request::new("POST", restore)).is(415);
}

#[test]
fn what_is_erased_is_gone_and_a_key_makes_it_safe_to_repeat() {
    let serving = Serving::start(Setup { encrypted: true, schema: Some(SHOP), ..Setup::default() });
    serving.append("order/o1", "placed", &json!({"status": "secret"}));
    let client = serving.tcp();
    let target = "/v1/aggregates/order/o1/erase";
    let post = |key: &str, body: Value| {
        client.send(Request::new("POST", target).header("idempotency-key", key).json(&body))
    };
    client.post(target, &json!({"dry_run": true})).is(200);
    client.post(target, &json!({"expected_version": 4})).is(412);
    let first = post("forget", json!({"note": "asked for"})).is(201);
    assert_eq!(first.json()["events"][0]["event_type"], json!("dbx_erased"));
    let again = post("forget", json!({"note": "asked for"})).is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((&again.body, again.header("etag")), (&first.body, first.header("etag")));
    points_at(&post("forget", json!({"note": "another"})), 422, "/idempotency_key");
    client.post(target, &json!({})).is(409);
    let less = serving.token(&["aggregate.*"], &["aggregate:*:*"]);
    serving.stranger().bearing(&less).post(target, &json!({})).is(403);
    let page = client.get("/v1/events").is(200).text().to_owned();
    assert!(!page.contains("secret"), "{page}");
}

#[test]
fn the_mode_of_the_server_is_kept() {
    let pet = event("pet/rex", "adopted", json!({"name": "Rex"}));
    let wrong = event("order/o1", "placed", json!({"total": "x"}));
    let serve =
        |restrict| Serving::start(Setup { schema: Some(SHOP), restrict, ..Setup::default() });
    let strict = serve(Restrict::Strict);
    for client in [strict.tcp(), strict.socket()] {
        for mode in ["off", "default", "strict"] {
            let reply = append(&client, &pet, &[("dbx-restrict", mode)]);
            points_at(&reply, 422, "/aggregate_type");
        }
    }
    let usual = serve(Restrict::Default);
    append(&usual.tcp(), &pet, &[("dbx-restrict", "strict")]).is(422);
    // Only who could stop the server may be laxer than it.
    append(&usual.tcp(), &wrong, &[("dbx-restrict", "off")]).is(422);
    append(&usual.socket(), &wrong, &[("dbx-restrict", "off")]).is(201);
    append(&usual.tcp(), &pet, &[("dbx-restrict", "lax")]).is(400);
}

#[test]
fn a_token_writes_what_it_may() {
    let serving = Serving::with_schema(SHOP);
    let token = serving.token(&["aggregate.append"], &["aggregate:order:o1"]);
    let client = serving.stranger().bearing(&token);
    let placed = event("order/o1", "placed", json!({}));
    serving.append("order/o1", "placed", &json!({}));
    points_at(
        &append(&client, &event("order/o2", "placed", json!({})), &[("if-match", "*")]),
        403,
        "",
    );
    points_at(&append(&client, &placed, &[("if-none-match", "*")]), 403, "");
    append(&client, &placed, &[("if-match", "*")]).is(201);
    // It may not read, and is told the version that it needs all the same.
    client.get("/v1/aggregates/order/o1").is(403);
    let reply = append(&client, &placed, &[("if-match", "\"v1\"")]).is(412);
    assert_eq!(reply.header("etag"), Some("\"v2\""));
    serving.stranger().send(Request::new("POST", "/v1/events").json(&placed)).is(401);
    serving
        .stranger()
        .bearing("nonsense")
        .send(Request::new("POST", "/v1/events").json(&placed))
        .is(401);
}
