//! What a server takes in.

use super::ACCOUNTS;
use super::door::{Door, Line};
use crate::Bench;
use crate::clients::{self, Look};
use crate::dbx::{Dbx, Server};
use crate::table::{Bar, per_second};
use crate::workload::{self, Chance, payload};
use crate::writes;
use std::time::Duration;

/// Clients that append one event each time.
fn append(server: &Server, door: Door, clients: usize, time: Duration) -> Look {
    clients::run_together(clients, time, async |number| {
        let mut line = Line::open(server, door).await;
        let mut chance = Chance::new(number as u64 + 1);
        async move || {
            let (id, payload) = (workload::id(chance.below(ACCOUNTS)), payload(&mut chance));
            let (kind, event) = (workload::TYPE, workload::EVENT);
            line.post("/v1/events", &format!(
                r#"{{"aggregate_type":"{kind}","aggregate_id":"{id}","event_type":"{event}","payload":{payload}}}"#
            )).await;
        }
    })
}

pub(super) fn waits(look: &Look) -> String {
    format!("p50 {:.2} ms, p99 {:.2} ms", look.wait(0.5), look.wait(0.99))
}

/// Looks at the same work in process, over the socket and over TCP, one after the other in every round: of each the one
/// in the middle.
fn looks(bench: &Bench, clients: usize, time: Duration) -> [Look; 3] {
    let mut all = [const { Vec::new() }; 3];
    for _ in 0..bench.scale.rounds {
        let [within, socket, tcp] = &mut all;
        let db = Dbx::create(&bench.fresh("within"));
        within.push(writes::dbx(&db, clients, 1, time));
        db.close();
        for (door, looks) in [(Door::Socket, socket), (Door::Tcp, tcp)] {
            let server = Server::start(&bench.fresh("served"));
            looks.push(append(&server, door, clients, time));
            server.stop();
        }
    }
    all.map(clients::median)
}

pub(super) fn run(bench: &mut Bench) {
    bench.say("served: appends");
    let time = bench.scale.sustained / 4;
    let sqlite = writes::sqlite_appends(bench, 64, time);
    for clients in [1, 16, 64] {
        let [within, socket, tcp] = looks(bench, clients, time);
        for (door, look) in [(Door::Socket, socket), (Door::Tcp, tcp)] {
            let what =
                format!("append over {}, {clients} connections, over in process", door.name());
            let bar = match (door, clients) {
                (Door::Socket, 64) => Bar::AtLeast(0.5, " x"),
                _ => Bar::None,
            };
            let (ours, theirs) = (per_second(look.rate, ""), per_second(within.rate, ""));
            bench.table.ratio(&what, ours.clone(), theirs, look.rate / within.rate, bar);
            let what = format!("append over {}, {clients} connections, waiting", door.name());
            bench.table.figure(&what, waits(&look), look.wait(0.99), Bar::None);
            if matches!((door, clients), (Door::Socket, 64)) {
                let what =
                    "append over the socket, 64 connections, over SQLite (a transaction each)";
                let bar = Bar::AtLeast(2.4, " x");
                bench.table.ratio(what, ours, per_second(sqlite, ""), look.rate / sqlite, bar);
            }
        }
    }
}
