//! `kill -9` of the daemon under many writers that repeat what was not answered.

use super::process::Daemon;
use super::{Connection, Request};
use crate::common::{AtEnd, PATIENCE, awaited};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};

const KILLS: u64 = 20;
const WRITERS: u64 = 64;

/// How many writes were acknowledged, for whoever waits for more of them.
#[derive(Default)]
struct Counter {
    acknowledged: Mutex<u64>,
    more: Condvar,
}

impl Counter {
    fn count(&self) {
        *self.acknowledged.lock().unwrap() += 1;
        self.more.notify_all();
    }

    fn wait_for(&self, wanted: u64) {
        let enough = self.more.wait_timeout_while(
            self.acknowledged.lock().unwrap(),
            PATIENCE,
            |acknowledged| *acknowledged < wanted,
        );
        assert!(*enough.unwrap().0 >= wanted, "the writers came to a stop");
    }
}

/// One write, repeated with the same key until it is answered. Gives the position and how often it was sent.
fn write(socket: &Path, writer: u64, number: u64) -> (u64, u64) {
    let body = json!({
        "aggregate_type": "counter",
        "aggregate_id": format!("w-{writer}"),
        "event_type": "counted",
        "payload": {"number": number},
    });
    let request = Request::new("POST", "/v1/events")
        .header("idempotency-key", &format!("{writer}-{number}"))
        .header("dbx-user", "ada")
        .header("connection", "close")
        .json(&body);
    let mut sent = 0;
    awaited(&format!("write {number} of {writer} was answered"), || {
        sent += 1;
        let reply =
            Connection::try_open(socket).and_then(|mut connection| connection.try_send(&request));
        match reply {
            Some(reply) if reply.status == 201 => {
                Some((reply.json()["position"].as_str().unwrap().parse().unwrap(), sent))
            }
            Some(reply) => {
                assert_eq!(reply.status, 503, "{}", reply.text());
                None
            }
            None => None,
        }
    })
}

#[test]
fn every_acknowledged_event_is_there_exactly_once_over_twenty_kills() {
    let mut daemon = Daemon::with_schema("aggregate counter {\n  event counted {}\n}\n");
    let socket = daemon.socket();
    let (counter, done, repeated) = (Counter::default(), AtomicBool::new(false), AtomicU64::new(0));
    let acknowledged: Vec<BTreeMap<u64, u64>> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (socket, counter, done, repeated) = (&socket, &counter, &done, &repeated);
                scope.spawn(move || {
                    let mut mine = BTreeMap::new();
                    for number in 0.. {
                        if done.load(Ordering::Relaxed) {
                            break;
                        }
                        let (position, sent) = write(socket, writer, number);
                        mine.insert(number, position);
                        repeated.fetch_add(sent - 1, Ordering::Relaxed);
                        counter.count();
                    }
                    mine
                })
            })
            .collect();
        let over = AtEnd(&done);
        for round in 1..=KILLS {
            let so_far = *counter.acknowledged.lock().unwrap();
            counter.wait_for(so_far + 40 + round * 7);
            daemon.kill();
            daemon.start();
        }
        drop(over);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    daemon.interrupt();
    let events = daemon.sandbox.dbx(&["events", "--json"]).ok().ndjson();
    let mut found: Vec<BTreeMap<u64, u64>> = vec![BTreeMap::new(); acknowledged.len()];
    for event in &events {
        let writer: usize = text(&event["aggregate_id"])[2..].parse().unwrap();
        let number = event["payload"]["number"].as_u64().unwrap();
        let twice = found[writer].insert(number, text(&event["position"]).parse().unwrap());
        assert_eq!(twice, None, "number {number} of {writer} is there twice");
    }
    // Every write was repeated until it was acknowledged: what is there is what was acknowledged, where it was said to be.
    assert_eq!(found, acknowledged);
    daemon.sandbox.dbx(&["verify"]).ok();
    let (kept, repeated) = (events.len(), repeated.into_inner());
    assert!(repeated > 0, "no write was ever cut off");
    println!("{KILLS} kills, {kept} events acknowledged and kept, {repeated} repetitions");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
