//! Tokens, as other programs see them.

use super::Serving;
use serde_json::json;

#[test]
fn tokens_are_made_renewed_and_revoked() {
    let serving = Serving::new();
    let admin = serving.tcp();
    let wanted = json!({"group": "audit", "user": "eve", "actions": ["aggregate.read"],
        "resources": ["aggregate:order:*"], "ttl": 3600});
    let made = admin.post("/v1/tokens", &wanted).is(201);
    let issued = made.json();
    let place = format!("/v1/tokens/{}", issued["id"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(place.as_str()));
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let eve = serving.stranger().bearing(issued["token"].as_str().unwrap());
    eve.get("/v1/aggregates?type=order").is(200);
    eve.get("/v1/tokens").is(403);
    eve.post("/v1/tokens", &wanted).is(403);
    let list = admin.get("/v1/tokens").is(200);
    assert!(list.text().contains("\"eve\"") && !list.text().contains("eyJ"), "{}", list.text());
    assert_eq!(admin.get(&place).is(200).json()["status"], json!("active"));
    let renewed = admin.post(&format!("{place}/refresh"), &json!({"ttl": "2h"})).is(201);
    assert_eq!(renewed.json()["replaces"], issued["id"]);
    assert_eq!(renewed.header("cache-control"), Some("no-store"));
    // The old one ends with the answer, the new one when it is revoked.
    eve.get("/v1/aggregates?type=order").is(401);
    let again = serving.stranger().bearing(renewed.json()["token"].as_str().unwrap());
    again.get("/v1/aggregates?type=order").is(200);
    admin.post("/v1/tokens/revoke", &json!({"ids": [renewed.json()["id"]]})).is(200);
    again.get("/v1/aggregates?type=order").is(401);
    admin.post("/v1/tokens", &wanted).is(201);
    let revoked = admin.post("/v1/tokens/revoke", &json!({"who": "audit/eve"})).is(200).json();
    assert_eq!(revoked["tokens"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let serving = Serving::new();
    let admin = serving.tcp();
    let ask = |member: &str, value: serde_json::Value| {
        let mut body = json!({"group": "g", "user": "u", "actions": ["*.*"], "resources": ["*"]});
        body[member] = value;
        admin.post("/v1/tokens", &body).is(400).json()["errors"][0]["pointer"].clone()
    };
    assert_eq!(ask("actions", json!(["aggregate.fly"])), json!("/actions"));
    assert_eq!(ask("user", json!("a/b")), json!("/user"));
    assert_eq!(ask("group", json!("a/b")), json!("/group"));
    assert_eq!(ask("resources", json!(["nonsense"])), json!("/resources"));
    assert_eq!(ask("ttl", json!(0)), json!("/ttl"));
    assert_eq!(ask("limit", json!("many")), json!("/limit"));
    admin.post("/v1/tokens/revoke", &json!({"ids": ["0000"], "who": "u"})).is(400);
    admin.post("/v1/tokens/revoke", &json!({"ids": ["00000000"]})).is(404);
    admin.post("/v1/tokens/00000000/refresh", &json!({})).is(404);
    let reply = admin.post("/v1/tokens/00000000/refresh", &json!({"ttl": "soon"})).is(400).json();
    assert_eq!(reply["errors"][0]["pointer"], json!("/ttl"));
    admin.get("/v1/tokens/00000000").is(404);
}

#[test]
fn the_file_of_the_token_is_for_the_user_of_the_machine() {
    let serving = Serving::new();
    let file = &serving.paths().cli_token;
    let before = std::fs::read_to_string(file).ok();
    let wanted = json!({"ttl": "1h", "file": true});
    serving.tcp().post("/v1/tokens/bootstrap", &wanted).is(403);
    assert_eq!(std::fs::read_to_string(file).ok(), before);
    let made = serving.socket().post("/v1/tokens/bootstrap", &wanted).is(201).json();
    assert_eq!(std::fs::read_to_string(file).unwrap().trim(), made["token"].as_str().unwrap());
    serving.tcp().post("/v1/tokens/bootstrap", &json!({"ttl": "1h"})).is(201);
    let less = serving.token(&["token.manage"], &["*"]);
    serving.stranger().bearing(&less).post("/v1/tokens/bootstrap", &json!({"ttl": "1h"})).is(403);
}
