//! The server, over real sockets.
#![allow(dead_code, reason = "which of these a test needs changes with the tests")]

mod client;
mod fixture;
mod outbox;
mod sse;
mod stream;

pub(crate) use client::{Client, Connection, Door, Reply, Request};
pub(crate) use fixture::{Serving, Setup, ada};

use serde_json::json;

#[test]
fn the_fixture_serves_over_both_doors_and_stops() {
    let serving = Serving::new();
    let token = serving.token(&["aggregate.read"], &["aggregate:*:*"]);
    for client in [serving.socket(), serving.tcp(), serving.stranger().bearing(&token)] {
        assert_eq!(client.get("/v1/status").is(200).json()["position"], json!("0"));
    }
    serving.stranger().get("/v1/status").is(401);
    serving.append("team/red", "founded", &json!({"colour": "red"}));
    assert_eq!(serving.tcp().get("/v1/aggregates/team/red").is(200).json()["version"], json!(1));
    serving.stop();
}
