//! What a server hands on to consumers.

use super::door::{Connection, Door, header};
use super::{ACCOUNTS, filled};
use crate::Bench;
use crate::dbx::Server;
use crate::table::{Bar, median, per_second};
use std::time::{Duration, Instant};

/// The ways to pull everything, and the bar of each.
const WAYS: [(Door, &str, &str, Bar); 4] = [
    (Door::Socket, "JSON", "application/json", Bar::None),
    (Door::Socket, "NDJSON", NDJSON, Bar::AtLeast(150_000.0, "/s")),
    (Door::Tcp, "JSON", "application/json", Bar::None),
    (Door::Tcp, "NDJSON", NDJSON, Bar::AtLeast(150_000.0, "/s")),
];

/// Where some aggregates are archived, one in so many.
const ARCHIVED_EVERY: usize = 16;

const NDJSON: &str = "application/x-ndjson";

pub(super) fn run(bench: &mut Bench) {
    bench.say("served: outbox");
    let server = filled(bench, "served-outbox", |_| {});
    measure(bench, server, "");
    // Whether an event is given hangs on whether its aggregate is archived: all of them are asked about.
    let server = filled(bench, "served-outbox-archived", |db| {
        for account in (0..ACCOUNTS).step_by(ARCHIVED_EVERY) {
            db.archive(account);
        }
    });
    measure(bench, server, &format!(", one in {ARCHIVED_EVERY} archived"));
}

/// Pulls everything in every way.
fn measure(bench: &mut Bench, server: Server, of: &str) {
    let mut rates = WAYS.map(|_| Vec::new());
    // The first round is to warm up.
    for round in 0..=bench.scale.rounds {
        for ((door, _, accept, _), rates) in WAYS.into_iter().zip(&mut rates) {
            let rate = pull(&server, door, accept, bench.scale.look);
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    server.stop();
    for ((door, form, _, bar), rates) in WAYS.into_iter().zip(rates) {
        let rate = median(rates);
        let what = format!("outbox over {}, from the first event{of}, {form}", door.name());
        bench.table.figure(&what, per_second(rate, "events"), rate, bar);
    }
}

/// Pulls everything, as a consumer does that starts anew, again and again for so long, and gives the events a second.
fn pull(server: &Server, door: Door, accept: &str, time: Duration) -> f64 {
    let mut connection = Connection::open(server, door);
    let (start, end, mut pulled) = (Instant::now(), server.position(), 0);
    while start.elapsed() < time {
        let mut after = 0;
        while after < end {
            let path = format!("/v1/outbox?after={after}&take=1000");
            let (head, body) = connection.get(&path, accept);
            let [next, filtered] = ["next", "filtered"].map(|name| said(head, body, name));
            assert!(next > after, "it goes on");
            pulled += next - after - filtered;
            after = next;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of events")]
    let rate = pulled as f64 / start.elapsed().as_secs_f64();
    rate
}

/// A number that a page says of itself. Nothing else is done with what came.
fn said(head: &str, body: &[u8], name: &str) -> u64 {
    if let Some(said) = header(head, &format!("dbx-{name}")) {
        return said.parse().unwrap();
    }
    let end = std::str::from_utf8(&body[body.len().saturating_sub(256)..]).unwrap();
    let (_, rest) = end.rsplit_once(&format!(r#""{name}":"#)).unwrap();
    let digits = rest.trim_start_matches('"');
    digits.split(|end: char| !end.is_ascii_digit()).next().unwrap().parse().unwrap()
}
