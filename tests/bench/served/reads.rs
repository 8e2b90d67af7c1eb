//! What a server answers about aggregates.

use super::appends::waits;
use super::door::{Connection, Door};
use super::{ACCOUNTS, filled};
use crate::Bench;
use crate::clients;
use crate::table::{Bar, per_second};
use crate::workload::{self, Chance};

/// How many events are in a page of one aggregate.
const PAGE: usize = 128;

pub(super) fn run(bench: &mut Bench) {
    bench.say("served: reads");
    let server = filled(bench, "served-reads", |_| {});
    let time = bench.scale.look;
    for door in [Door::Socket, Door::Tcp] {
        let state = clients::run(16, time, |number| {
            let mut connection = Connection::open(&server, door);
            let mut chance = Chance::new(number as u64 + 1);
            move || {
                let id = workload::id(chance.below(ACCOUNTS));
                let path = format!("/v1/aggregates/{}/{id}", workload::TYPE);
                connection.get(&path, "application/json");
            }
        });
        let what = format!("state over {}, 16 connections", door.name());
        let shown = format!("{}, {}", per_second(state.rate, ""), waits(&state));
        bench.table.figure(&what, shown, state.rate, Bar::None);
        let page = clients::run(4, time, |number| {
            let mut connection = Connection::open(&server, door);
            let (mut chance, end) = (Chance::new(number as u64 + 1), server.position());
            move || {
                let after = chance.below(end - PAGE as u64);
                let path = format!("/v1/events?after={after}&take={PAGE}");
                connection.get(&path, "application/json");
            }
        });
        let what = format!("page of {PAGE} events over {}, 4 connections", door.name());
        let shown = format!("{}, {}", per_second(page.rate, ""), waits(&page));
        bench.table.figure(&what, shown, page.rate, Bar::None);
    }
    server.stop();
}
