//! The rows about writing.

use crate::Bench;
use crate::clients::{self, Look, rate};
use crate::dbx::{Dbx, operation};
use crate::references::Raw;
use crate::sqlite::{self, Sqlite};
use crate::table::{Bar, per_second};
use crate::workload::{self, Chance, payload};
use std::sync::Mutex;
use std::time::Duration;

/// Over how many aggregates writes are spread.
const ACCOUNTS: u64 = 10_000;

pub(crate) fn run(bench: &mut Bench) {
    if bench.wants("append: one client") {
        one_client(bench);
    }
    if bench.wants("append: 64 clients") {
        many_clients(bench);
    }
    if bench.wants("commits of 100 events") {
        for (clients, bar) in [(1, 5.0), (8, 9.0)] {
            batches(bench, clients, bar);
        }
    }
    if bench.wants("conditional") {
        conditional(bench);
    }
}

/// dbx with `clients` clients, each commit with `size` events.
pub(crate) fn dbx(db: &Dbx, clients: usize, size: usize, time: Duration) -> Look {
    clients::run(clients, time, |number| {
        let (db, mut chance) = (db.clone(), Chance::new(number as u64 + 1));
        move || {
            let one = |_| operation(chance.below(ACCOUNTS), &payload(&mut chance), None);
            db.commit((0..size).map(one).collect());
        }
    })
}

/// SQLite with `clients` clients that take turns at one connection: it has one writer, whoever queues.
fn sqlite(database: Sqlite, clients: usize, size: usize, time: Duration) -> Look {
    let database = Mutex::new(database);
    clients::run(clients, time, |number| {
        let (database, mut chance) = (&database, Chance::new(number as u64 + 1));
        move || {
            let one = |_| (workload::id(chance.below(ACCOUNTS)), payload(&mut chance));
            let events: Vec<(String, String)> = (0..size).map(one).collect();
            let events = events.iter().map(|(id, payload)| (id.as_str(), payload.as_str()));
            database.lock().unwrap().append(events);
        }
    })
}

/// How many events a second SQLite takes from `clients` clients, a transaction each.
pub(crate) fn sqlite_appends(bench: &Bench, clients: usize, time: Duration) -> f64 {
    let database = Sqlite::create(&bench.fresh("appends.sqlite"));
    sqlite(database, clients, 1, time).rate
}

/// SQLite behind a thread that commits for all clients.
fn sqlite_grouped(database: Sqlite, clients: usize, time: Duration) -> Look {
    let (queue, taken) = sqlite::queue();
    let writer = std::thread::spawn(move || sqlite::group_commits(database, &taken));
    let look = clients::run(clients, time, |number| {
        let (queue, mut chance) = (queue.clone(), Chance::new(number as u64 + 1));
        let (done, answer) = std::sync::mpsc::channel();
        move || {
            let event = (workload::id(chance.below(ACCOUNTS)), payload(&mut chance));
            queue.send((event, done.clone())).unwrap();
            answer.recv().unwrap();
        }
    });
    drop(queue);
    writer.join().unwrap();
    look
}

fn one_client(bench: &mut Bench) {
    bench.say("append: one client");
    let scale = bench.scale;
    let db = Dbx::create(&bench.fresh("dbx"));
    let (mut raws, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..scale.rounds {
        let raw = Mutex::new(Raw::create(&bench.fresh(&format!("raw-{round}"))));
        raws.push(clients::run(1, scale.look, |_| || raw.lock().unwrap().append()));
        ours.push(dbx(&db, 1, 1, scale.look));
        let database = Sqlite::create(&bench.fresh(&format!("one-{round}.sqlite")));
        theirs.push(sqlite(database, 1, 1, scale.look));
    }
    db.close();
    let (raw, ours, theirs) = (rate(&raws), rate(&ours), rate(&theirs));
    let what = "append, 1 client, over 4 KiB append + fdatasync";
    let bar = Bar::AtLeast(0.6, " x");
    bench.table.ratio(what, per_second(ours, ""), per_second(raw, ""), ours / raw, bar);
    let what = "append, 1 client, over SQLite (WAL, FULL)";
    let bar = Bar::AtLeast(1.5, " x");
    bench.table.ratio(what, per_second(ours, ""), per_second(theirs, ""), ours / theirs, bar);
}

fn many_clients(bench: &mut Bench) {
    bench.say("append: 64 clients");
    let scale = bench.scale;
    let db = Dbx::create(&bench.fresh("dbx"));
    let ours = dbx(&db, 64, 1, scale.sustained);
    db.close();
    let database = Sqlite::create(&bench.fresh("many.sqlite"));
    let theirs = sqlite(database, 64, 1, scale.sustained / 2);
    let database = Sqlite::create(&bench.fresh("grouped.sqlite"));
    let grouped = sqlite_grouped(database, 64, scale.sustained / 2);
    let seconds = scale.sustained.as_secs();
    // The bar is about programs that use SQLite as it comes; sharing transactions is what dbx does for its callers.
    for (how, reference, bar) in [
        ("a transaction each", theirs, Bar::AtLeast(4.0, " x")),
        ("transactions shared", grouped, Bar::None),
    ] {
        bench.table.ratio(
            &format!("append, 64 clients, {seconds} s, over SQLite ({how})"),
            per_second(ours.rate, ""),
            per_second(reference.rate, ""),
            ours.rate / reference.rate,
            bar,
        );
    }
    let p99 = ours.wait(0.99);
    let waits = format!("{:.2} ms (p50 {:.2})", p99, ours.wait(0.5));
    bench.table.figure("append, 64 clients, p99", waits, p99, Bar::Below(8.0, " ms"));
    let longest = ours.longest();
    let shown = format!("{longest:.0} ms");
    bench.table.figure("append, 64 clients, longest", shown, longest, Bar::Below(1000.0, " ms"));
}

fn batches(bench: &mut Bench, clients: usize, bar: f64) {
    bench.say("commits of 100 events");
    let scale = bench.scale;
    let db = Dbx::create(&bench.fresh("dbx"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..scale.rounds {
        ours.push(dbx(&db, clients, 100, scale.look));
        let file = bench.fresh(&format!("batches-{clients}-{round}.sqlite"));
        theirs.push(sqlite(Sqlite::create(&file), clients, 100, scale.look));
    }
    db.close();
    let (ours, theirs) = (100.0 * rate(&ours), 100.0 * rate(&theirs));
    bench.table.ratio(
        &format!("commits of 100, {clients} client(s), over SQLite"),
        per_second(ours, "events"),
        per_second(theirs, "events"),
        ours / theirs,
        Bar::AtLeast(bar, " x"),
    );
}

/// Clients that each have accounts of their own, with or without saying which version they expect.
fn own_accounts(db: &Dbx, conditional: bool, seed: u64, time: Duration) -> Look {
    const OWN: u64 = 100;
    clients::run(64, time, |number| {
        let number = number as u64;
        let mut versions = vec![0_u64; usize::try_from(OWN).unwrap()];
        let (db, mut chance) = (db.clone(), Chance::new(number + seed));
        move || {
            let own = chance.below(OWN);
            let version = versions.get_mut(usize::try_from(own).unwrap()).unwrap();
            let account = (seed * 64 + number) * OWN + own;
            let expected = conditional.then_some(*version);
            *version += 1;
            db.commit(vec![operation(account, &payload(&mut chance), expected)]);
        }
    })
}

fn conditional(bench: &mut Bench) {
    bench.say("conditional");
    let scale = bench.scale;
    let db = Dbx::create(&bench.fresh("dbx"));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..scale.rounds as u64 {
        without.push(own_accounts(&db, false, 2 * round + 1, scale.look));
        with.push(own_accounts(&db, true, 2 * round + 2, scale.look));
    }
    db.close();
    let (with, without) = (rate(&with), rate(&without));
    bench.table.ratio(
        "append at an expected version, 64 clients, over append",
        per_second(with, ""),
        per_second(without, ""),
        with / without,
        Bar::AtLeast(0.9, " x"),
    );
}
