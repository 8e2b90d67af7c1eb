//! The stage, as other programs see it.

use super::same::SHOP;
use super::{Request, Serving};
use serde_json::{Value, json};

#[expect(clippy::needless_pass_by_value, reason = "it is made where it is passed")]
fn operation(id: &str, event: &str, payload: Value) -> Value {
    json!({"aggregate_type": "order", "aggregate_id": id, "event_type": event, "payload": payload})
}

#[test]
fn operations_are_staged_changed_and_committed() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let add = |operations: Value| client.post("/v1/stage", &json!({"operations": operations}));
    let ids = |reply: Value| {
        reply["stage"]["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect::<Vec<_>>()
    };
    let staged = add(json!([
        operation("o1", "placed", json!({"total": 1})),
        operation("o2", "placed", json!({}))
    ]));
    let staged = staged.is(200).json();
    assert_eq!(staged["ids"], json!(["s1", "s2"]));
    let dry = json!({"operations": [operation("o3", "placed", json!({}))], "dry_run": true});
    assert_eq!(client.post("/v1/stage", &dry).is(200).json()["changed"], json!(false));
    let moved = client.post("/v1/stage/move", &json!({"id": "s2", "to": 1})).is(200).json();
    assert_eq!(ids(moved), [json!("s2"), json!("s1")]);
    let edit = json!({"id": "s1", "operation": operation("o1", "placed", json!({"total": 2}))});
    assert_eq!(client.post("/v1/stage/edit", &edit).is(200).json()["changed"], json!(true));
    client.post("/v1/stage/drop", &json!({"ids": ["s2"]})).is(200);
    assert_eq!(ids(client.post("/v1/stage/undo", &json!({"steps": 1})).is(200).json()).len(), 2);
    assert_eq!(
        ids(client.post("/v1/stage/redo", &json!({"steps": 1})).is(200).json()),
        [json!("s1")]
    );
    let stage = client.get("/v1/stage").is(200).json();
    assert_eq!(stage["operations"][0]["changes"][0]["after"], json!(2), "{stage}");
    let dry = client.post("/v1/stage/commit", &json!({"dry_run": true})).is(200);
    assert_eq!(dry.header("location"), None);
    let made = client.post("/v1/stage/commit", &json!({"message": "at last"})).is(201);
    assert_eq!(made.header("location"), Some("/v1/commits/c1"));
    assert_eq!(client.get("/v1/stage").is(200).json()["operations"], json!([]));
    client.post("/v1/stage/commit", &json!({})).is(409);
    client
        .post("/v1/stage/archive", &json!({"aggregate_type": "order", "aggregate_id": "o1"}))
        .is(200);
    client.delete("/v1/stage").is(200);
    let reverted = client.post("/v1/commits/c1/revert", &json!({})).is(200).json();
    assert_eq!(reverted["staged"], json!(true), "{reverted}");
    client.post("/v1/stage/commit", &json!({})).is(201);
    client
        .post("/v1/stage/restore", &json!({"aggregate_type": "order", "aggregate_id": "o1"}))
        .is(200);
    client.post("/v1/stage/rebase", &json!({})).is(200);
}

#[test]
fn refusals_point_into_the_body() {
    let serving = Serving::with_schema(SHOP);
    let client = serving.tcp();
    let refused = |target: &str, body: Value, status: u16, pointers: &[&str]| {
        let reply = client.post(target, &body).is(status).json();
        let found = reply["errors"].as_array().unwrap_or_else(|| panic!("{reply}"));
        let found: Vec<&str> = found.iter().map(|one| one["pointer"].as_str().unwrap()).collect();
        for pointer in pointers {
            assert!(found.contains(pointer), "{pointer} is not in {found:?}: {reply}");
        }
    };
    let (good, bad) = (
        operation("o1", "placed", json!({})),
        operation("o2", "placed", json!({"total": "x", "status": 1})),
    );
    refused(
        "/v1/stage",
        json!({"operations": [bad]}),
        422,
        &["/operations/0/payload/total", "/operations/0/payload/status"],
    );
    refused("/v1/stage", json!({"operations": [good, bad]}), 422, &["/operations/1/payload/total"]);
    refused("/v1/stage", json!({"operations": []}), 400, &["/operations"]);
    client.post("/v1/stage", &json!({"operations": [good]})).is(200);
    let edit =
        |payload: Value| json!({"id": "s1", "operation": operation("o1", "placed", payload)});
    refused("/v1/stage/edit", edit(json!({"total": "x"})), 422, &["/operation/payload/total"]);
    refused("/v1/stage/edit", json!({"id": "s9", "operation": good}), 404, &["/id"]);
    refused(
        "/v1/stage/edit",
        json!({"id": "s1", "operation": operation("o5", "placed", json!({}))}),
        400,
        &["/operation"],
    );
    refused("/v1/stage/move", json!({"id": "s1", "to": 0}), 400, &["/to"]);
    refused(
        "/v1/stage/archive",
        json!({"aggregate_type": "order", "aggregate_id": "o7"}),
        404,
        &["/aggregate_id"],
    );
    serving.append("order/o1", "placed", &json!({}));
    refused("/v1/stage/commit", json!({}), 409, &["/operations/0"]);
    client.post("/v1/stage/undo", &json!({"steps": 5})).is(200);
    refused("/v1/stage/undo", json!({"steps": 1}), 409, &[""]);
    refused("/v1/stage/undo", json!({"steps": -1}), 400, &["/steps"]);
}

#[test]
fn a_token_that_may_not_write_stages_nothing() {
    let serving = Serving::with_schema(SHOP);
    let token = serving.token(&["aggregate.read"], &["aggregate:*:*"]);
    let client = serving.stranger().bearing(&token);
    let body = json!({"operations": [operation("o1", "placed", json!({}))]});
    client.post("/v1/stage", &body).is(403);
    serving.stranger().post("/v1/stage", &body).is(401);
    serving.stranger().send(Request::new("DELETE", "/v1/stage")).is(401);
    assert_eq!(serving.tcp().get("/v1/stage").is(200).json()["operations"], json!([]));
}
