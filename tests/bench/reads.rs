//! The rows about a large log: bringing it in, verifying, scanning, paging, opening it, and what it takes.

use crate::dbx::Dbx;
use crate::sqlite::Sqlite;
use crate::table::{Bar, median, per_second};
use crate::workload::{self, Chance, TYPE, line};
use crate::{Bench, disk, footprint, references};
use dbx::service::ImportOptions;
use dbx::wire::{At, EventsQuery, GetQuery, ListQuery};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// Events per aggregate: enough for pages of 128.
const EVENTS_EACH: u64 = 200;

/// Events per commit of an import.
const BATCH: usize = 256;

/// The snapshot threshold of the workload's schema, which names none.
const THRESHOLD: u64 = 100;

pub(crate) fn run(bench: &mut Bench) {
    let sections = ["import", "verify", "scan", "page, head, state", "cold open", "memory", "disk"];
    let wanted: Vec<&str> = sections.into_iter().filter(|section| bench.wants(section)).collect();
    if wanted.is_empty() {
        return;
    }
    let folder = bench.fresh("large");
    bench.say("import");
    import(bench, &folder);
    let db = Dbx::open(&folder);
    for section in &wanted {
        bench.say(section);
        match *section {
            "verify" => verify(bench, &db),
            "scan" => scan(bench, &db),
            "page, head, state" => points(bench, &db),
            _ => {}
        }
    }
    db.close();
    for section in &wanted {
        bench.say(section);
        match *section {
            "disk" => size(bench, &folder),
            "cold open" => footprint::open(bench, &folder),
            "memory" => footprint::memory(bench, &folder),
            _ => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of events")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Lines of an import that end when they were asked for often enough.
struct Lines {
    chance: Chance,
    accounts: u64,
    left: u64,
    line: Vec<u8>,
    at: usize,
}

impl Read for Lines {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.line.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.left -= 1;
            self.line = line(&mut self.chance, self.accounts).into_bytes();
            self.at = 0;
        }
        let rest = self.line.get(self.at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

fn lines(events: u64) -> BufReader<Lines> {
    let accounts = events / EVENTS_EACH;
    BufReader::new(Lines { chance: Chance::new(7), accounts, left: events, line: vec![], at: 0 })
}

/// Builds the large log, and lets SQLite import as many events in half the time that is meant for it.
fn import(bench: &mut Bench, folder: &Path) {
    let events = bench.scale.events;
    let db = Dbx::create(folder);
    let start = Instant::now();
    let options =
        ImportOptions { name: "bench".into(), batch: BATCH, dry_run: false, skip_existing: false };
    let report =
        db.service.import(&db.caller, &mut lines(events), &options, &mut |_| true).unwrap();
    let ours = float(events) / start.elapsed().as_secs_f64();
    assert_eq!(report.events, events);
    db.close();

    let mut database = Sqlite::create(&bench.fresh("import.sqlite"));
    let mut lines = lines(events).lines();
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < bench.scale.sustained / 2 {
        let batch: Vec<_> = lines.by_ref().take(BATCH).map(|line| parts(&line.unwrap())).collect();
        if batch.is_empty() {
            break;
        }
        count += batch.len() as u64;
        database.append(batch.iter().map(|(id, payload)| (id.as_str(), payload.as_str())));
    }
    let theirs = float(count) / start.elapsed().as_secs_f64();
    bench.table.ratio(
        &format!("import of {events} events in commits of {BATCH}, over SQLite"),
        per_second(ours, "events"),
        per_second(theirs, "events"),
        ours / theirs,
        Bar::AtLeast(2.0, " x"),
    );
}

/// The id and the payload of a line.
fn parts(line: &str) -> (String, String) {
    #[derive(serde::Deserialize)]
    struct Line<'a> {
        aggregate_id: String,
        #[serde(borrow)]
        payload: &'a serde_json::value::RawValue,
    }
    let line: Line<'_> = serde_json::from_str(line).unwrap();
    (line.aggregate_id, line.payload.get().to_owned())
}

/// What verification hashes: of every event these pieces, body and header, and so many nodes of trees besides.
fn hashed(events: u64) -> (Vec<usize>, u64) {
    let payload = workload::payload(&mut Chance::new(7)).len();
    // A body is a map of the salt and the payload; a header of fourteen names, numbers and hashes, behind a zero.
    let pieces = vec![payload + 24, 163];
    // Each event adds a node to the log's tree, as good as. To its aggregate's tree and the root after it, which is stored
    // with it, it adds one node for every peak before it: as many as bits are set in the version before.
    let ones: u32 = (0..EVENTS_EACH).map(u64::count_ones).sum();
    (pieces, events + u64::from(ones) * (events / EVENTS_EACH))
}

fn verify(bench: &mut Bench, db: &Dbx) {
    let (scale, cores) = (bench.scale, std::thread::available_parallelism().unwrap().get());
    let (pieces, nodes) = hashed(scale.events);
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..scale.rounds {
        let start = Instant::now();
        let verdict = db.service.verify(&db.caller, &|_, _| {}).unwrap();
        let ours = start.elapsed();
        assert!(verdict.ok && verdict.count == scale.events);
        let of_log = references::hash(cores, scale.events, &pieces, 0);
        let of_all = references::hash(cores, scale.events, &pieces, nodes);
        for (times, time) in times.iter_mut().zip([ours, of_log, of_all]) {
            times.push(time.as_secs_f64());
        }
    }
    let [ours, of_log, of_all] = times.map(|times| float(scale.events) / median(times));
    for (what, reference, bar) in [
        (
            "verify, over hashing all that it hashes (log and nodes)",
            of_all,
            Bar::AtLeast(0.7, " x"),
        ),
        ("verify, over hashing the log's bytes alone", of_log, Bar::None),
    ] {
        let (ours_shown, shown) = (per_second(ours, "events"), per_second(reference, "events"));
        bench.table.ratio(what, ours_shown, shown, ours / reference, bar);
    }
}

/// Reads the whole log in pages; gives events looked at per second.
fn pages(db: &Dbx, aggregate_type: Option<&str>, events: u64) -> f64 {
    let (start, mut after, mut more) = (Instant::now(), 0, true);
    while more {
        let query = EventsQuery {
            aggregate_type: aggregate_type.map(str::to_owned),
            after: Some(after),
            take: Some(10_000),
            ..EventsQuery::default()
        };
        let page = db.service.events(&db.caller, &query).unwrap();
        (after, more) = (page.next.parse().unwrap(), page.more);
    }
    assert_eq!(after, events);
    float(events) / start.elapsed().as_secs_f64()
}

fn scan(bench: &mut Bench, db: &Dbx) {
    let events = bench.scale.events;
    let (mut records, mut looks) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        records.push(pages(db, None, events));
        looks.push(pages(db, Some("other"), events));
    }
    let (records, looks) = (median(records), median(looks));
    let bar = Bar::AtLeast(1e6, "/s");
    let what = "scan of the log, looking at every event";
    bench.table.figure(what, per_second(looks, "events"), looks, bar);
    let what = "scan of the log, a record of every event";
    bench.table.figure(what, per_second(records, "events"), records, Bar::None);
}

/// The median time of a thing done 200 times.
fn time_of(mut thing: impl FnMut()) -> Duration {
    let times = (0..200).map(|_| {
        let start = Instant::now();
        thing();
        start.elapsed().as_secs_f64()
    });
    Duration::from_secs_f64(median(times.collect()))
}

fn points(bench: &mut Bench, db: &Dbx) {
    let accounts = bench.scale.events / EVENTS_EACH;
    let mut chance = Chance::new(11);
    let mut any = || workload::id(chance.below(accounts));
    let page = time_of(|| {
        let query = EventsQuery {
            aggregate_type: Some(TYPE.into()),
            aggregate_id: Some(any()),
            take: Some(128),
            ..EventsQuery::default()
        };
        assert!(db.service.events(&db.caller, &query).unwrap().events.len() > 64);
    });
    let page = page.as_secs_f64() * 1e3;
    let what = "page of 128 events of one aggregate";
    bench.table.figure(what, format!("{page:.2} ms"), page, Bar::Below(5.0, " ms"));
    let get = |id: String, at: Option<u64>| {
        let query = GetQuery {
            aggregate_type: TYPE.into(),
            aggregate_id: id,
            at: at.map(At::Version),
            include_events: false,
        };
        db.service.get(&db.caller, &query).unwrap()
    };
    let head = time_of(|| drop(get(any(), None))).as_secs_f64() * 1e6;
    bench.table.figure("head", format!("{head:.1} us"), head, Bar::Below(20.0, " us"));
    let (mut versions, mut most) = (Chance::new(13), 0);
    let state = time_of(|| {
        let record = get(any(), Some(1 + versions.below(140)));
        most = most.max(record.rebuilt_from.unwrap().events);
    });
    let shown = format!("{most} replayed at most, {:.2} ms", state.as_secs_f64() * 1e3);
    let bar = Bar::Below(float(THRESHOLD) + 1.0, " replayed");
    bench.table.figure("state at any version", shown, float(most), bar);
    let list = ListQuery { take: Some(100), ..ListQuery::default() };
    let list = time_of(|| drop(db.service.list(&db.caller, &list).unwrap())).as_secs_f64() * 1e3;
    bench.table.figure("list of 100 aggregates", format!("{list:.2} ms"), list, Bar::None);
}

fn size(bench: &mut Bench, folder: &Path) {
    let bytes = float(disk::table_bytes(&folder.join(".dbx/store"))) / float(bench.scale.events);
    let what = "disk per event of 200 B, after a close";
    // A small log is mostly the frames of its files.
    let bar = if bench.scale.rounds == 1 { Bar::None } else { Bar::Below(300.0, " B") };
    bench.table.figure(what, format!("{bytes:.0} B"), bytes, bar);
}
