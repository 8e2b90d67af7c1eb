//! The rows about a daemon: the same store, over its socket and over TCP.
//!
//! Server and clients share this machine, so that each figure holds the work of both ends.

mod appends;
mod door;
mod outbox;
mod reads;

use crate::Bench;
use crate::dbx::{Dbx, Server};
use crate::workload::{Chance, payload};

/// Over how many aggregates writes are spread.
const ACCOUNTS: u64 = 10_000;

/// How many events the log has that is read.
const EVENTS: u64 = 100_000;

pub(crate) fn run(bench: &mut Bench) {
    if bench.wants("served: appends") {
        appends::run(bench);
    }
    if bench.wants("served: reads") {
        reads::run(bench);
    }
    if bench.wants("served: outbox") {
        outbox::run(bench);
    }
}

/// Serves a log that is there to be read, and what `more` adds to it.
fn filled(bench: &Bench, name: &str, more: impl FnOnce(&Dbx)) -> Server {
    let folder = bench.fresh(name);
    let db = Dbx::create(&folder);
    fill(&db, EVENTS.min(bench.scale.events));
    more(&db);
    db.close();
    Server::open(&folder)
}

/// Writes until the log has so many events, each aggregate being there.
fn fill(db: &Dbx, events: u64) {
    let mut chance = Chance::new(7);
    for start in (0..events.max(ACCOUNTS)).step_by(500) {
        let one = |number: u64| {
            crate::dbx::operation((start + number) % ACCOUNTS, &payload(&mut chance), None)
        };
        db.commit((0..500).map(one).collect());
    }
}
