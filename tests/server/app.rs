//! An application that uses dbx as its store, over HTTP, while the server is killed under it.

use super::process::Daemon;
use crate::common::Running;
use serde_json::{Value, json};
use std::process::Command;

const SCHEMA: &str = r#"
aggregate order {
  field total { type = "integer" }
  field status { type = "text" }
  event order_placed {}
  event order_changed {}
  event order_paid {}
}
"#;

const ORDERS: u64 = 120;

/// What the store itself says that the application did.
fn totals(daemon: &Daemon) -> Value {
    let orders = daemon.sandbox.dbx(&["aggregate", "list", "order", "--take", "all", "--json"]);
    let states: Vec<Value> =
        orders.ok().ndjson().into_iter().map(|record| record["state"].clone()).collect();
    let events = daemon.sandbox.dbx(&["events", "order", "--json"]).ok().ndjson().len();
    json!({
        "orders": states.len(),
        "paid": states.iter().filter(|state| state["status"] == "paid").count(),
        "total": states.iter().map(|state| state["total"].as_u64().unwrap()).sum::<u64>(),
        "events": events,
        "written": events,
    })
}

#[test]
fn an_application_survives_restarts_and_its_table_is_what_the_log_says() {
    let mut daemon = Daemon::with_schema(SCHEMA);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop_app.py");
    // Python 3, in which the application is written, has to be there.
    let mut app = Running::out(
        Command::new("python3")
            .args([script, &daemon.base(), "shop.sqlite", &ORDERS.to_string(), "4"])
            .env("DBX_TOKEN", daemon.token())
            .current_dir(daemon.sandbox.root()),
    );
    let mut last = String::new();
    for line in app.by_ref() {
        last = line;
        // In the middle of its work: once without a word, once as `serve stop` does it.
        match last.trim_end() {
            "written 50" => daemon.kill(),
            "written 100" => daemon.interrupt(),
            _ => continue,
        }
        daemon.start();
    }
    assert_eq!(app.wait(), 0, "{last}");
    let said: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(said, totals(&daemon));
    assert_eq!(said["orders"], json!(ORDERS));
    daemon.interrupt();
    daemon.sandbox.dbx(&["verify"]).ok();
}
