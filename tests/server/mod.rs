//! The server, over real sockets.
#![allow(dead_code, reason = "which of these a test needs changes with the tests")]

mod app;
mod browser;
mod client;
mod contract;
mod docs;
mod fixture;
mod guard;
mod hostile;
mod keys;
mod kill;
mod openapi;
mod outbox;
mod pages;
mod process;
mod reads;
mod same;
mod scopes;
mod sse;
mod stage;
mod stream;
mod tls;
mod tokens;
mod transcript;
mod transfer;
mod turns;
mod writes;

#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use client::{Client, Connection, Door, Reply, Request};
#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use fixture::{Serving, Setup, ada, token_request, workspace};
#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use transcript::Transcript;

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

#[test]
fn it_says_of_itself_how_it_does() {
    let serving = Serving::new();
    serving.append("team/red", "founded", &json!({"colour": "red"}));
    let service = serving.service();
    let said = service.owner_report().unwrap().expect("another process has the store");
    assert_eq!((said.report.position.as_str(), said.health.status.as_str()), ("1", "ok"));
    assert!(said.metrics.lines().any(|line| line == "dbx_log_position 1"), "{}", said.metrics);
    drop(service);
    serving.stop();
}
