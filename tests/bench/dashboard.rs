//! The dashboard on a terminal: how soon a key shows, on a large log while others write to it, and what it costs at rest.

use crate::Bench;
use crate::dbx::{Dbx, operation};
use crate::table::{Bar, grouped, median, per_second};
use crate::workload::{self, Chance, EVENT, TYPE, payload};
use dbx::service::{Caller, ImportOptions, OpenOptions, Restrict, Service};
use dbx::wire::CommitRequest;
use dbx::workspace::{Config, Paths};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{BufReader, Cursor, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const SECTION: &str = "dashboard";

/// Events per commit of the import.
const BATCH: usize = 256;

/// What others write: so many commits a second of so many events, which makes 5,000 events.
const COMMITS: f64 = 100.0;
const EACH: u32 = 50;

/// The size of a large terminal.
const SIZE: (u16, u16) = (160, 48);

/// How long the dashboard may take until the bench gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// The id of the aggregate with the long history: the last one in the list.
const LONG: &str = "z-long";

pub(crate) fn run(bench: &mut Bench) {
    if !bench.wants(SECTION) {
        return;
    }
    let events = bench.scale.events;
    bench.say("dashboard: a log for it");
    let folder = bench.fresh("dashboard");
    build(&folder, events);
    bench.say("dashboard: first frame");
    first_frame(bench, &folder, events);
    bench.say("dashboard: at rest");
    at_rest(bench, &folder, events);
    bench.say("dashboard: what others write");
    live(bench, &folder);
    for (what, arriving) in [("nobody writes", false), ("5,000 events/s arrive", true)] {
        bench.say(&format!("dashboard: keys while {what}"));
        keys(bench, &folder, events, what, arriving);
    }
}

/// As many aggregates of one event each as the scale has events, and one aggregate with as many events.
fn build(folder: &Path, events: u64) {
    let db = Dbx::create(folder);
    let mut chance = Chance::new(11);
    let mut line = |id: &str| {
        format!(
            "{{\"aggregate_type\":\"{TYPE}\",\"aggregate_id\":\"{id}\",\"event_type\":\"{EVENT}\",\"payload\":{}}}\n",
            payload(&mut chance)
        )
    };
    // In pieces: all of it at once is some hundred megabytes of text.
    for (name, long) in [("many", false), ("long", true)] {
        let mut done = 0;
        while done < events {
            let piece = (events - done).min(50_000);
            let lines = (done..done + piece)
                .map(|at| if long { line(LONG) } else { line(&workload::id(at)) });
            let text: String = lines.collect();
            let options = ImportOptions {
                name: format!("{name}-{done}"),
                batch: BATCH,
                dry_run: false,
                skip_existing: false,
            };
            let mut lines = BufReader::new(Cursor::new(text));
            db.service.import(&db.caller, &mut lines, &options, &mut |_| true).unwrap();
            done += piece;
        }
    }
    db.close();
}

/// A dashboard on a terminal of its own.
struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    chunks: Receiver<Vec<u8>>,
    terminal: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    fn open(folder: &Path) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dbx"));
        command.args(["tui", "--theme", "ansi"]);
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let size = PtySize { cols: SIZE.0, rows: SIZE.1, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let terminal = vt100::Parser::new(
            std::num::NonZeroU16::new(SIZE.1).unwrap(),
            std::num::NonZeroU16::new(SIZE.0).unwrap(),
            0,
        );
        Self { child, keys, chunks, terminal, _master: pair.master }
    }

    /// Waits until the screen is as it should be, and says how long that took.
    fn until(&mut self, done: impl Fn(&str) -> bool) -> Duration {
        let start = Instant::now();
        loop {
            let contents = self.terminal.screen().contents();
            if done(&contents) {
                return start.elapsed();
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            let chunk = self.chunks.recv_timeout(left);
            let Ok(chunk) = chunk else { panic!("the screen never changed:\n{contents}") };
            self.terminal.process(&chunk);
        }
    }

    /// Takes what it draws for a while, as a terminal would, and looks at the process now and then.
    fn watch(&mut self, time: Duration, mut look: impl FnMut(u32)) {
        let start = Instant::now();
        while let Some(left) = time.checked_sub(start.elapsed()) {
            if let Ok(chunk) = self.chunks.recv_timeout(left.min(Duration::from_millis(50))) {
                self.terminal.process(&chunk);
            }
            look(self.pid());
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// How long a key takes until what it changes is on the screen.
    fn key(&mut self, key: &str, selected: impl Fn(&str) -> Option<String>) -> f64 {
        let before = selected(&self.terminal.screen().contents());
        self.press(key);
        let took = self.until(|contents| {
            let now = selected(contents);
            now.is_some() && now != before
        });
        took.as_secs_f64() * 1e3
    }

    fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    fn close(mut self) {
        self.press("\x03");
        self.child.wait().unwrap();
    }
}

/// The row of a list that is selected: the first one with the sign for it behind the border of the pane with the focus.
fn selected(contents: &str) -> Option<String> {
    contents.lines().find_map(|line| {
        let from = line.find("┃ ▸")?;
        Some(line[from..].chars().take(24).collect())
    })
}

fn first_frame(bench: &mut Bench, folder: &Path, events: u64) {
    let mut times = Vec::new();
    for _ in 0..=bench.scale.rounds * 2 {
        let start = Instant::now();
        let mut screen = Screen::open(folder);
        screen.until(|contents| contents.contains("┃ ▸ "));
        times.push(start.elapsed().as_secs_f64() * 1e3);
        screen.close();
    }
    let time = median(times);
    let what = format!("dashboard: from the command to the first rows of {events} aggregates");
    bench.table.figure(&what, format!("{time:.0} ms"), time, Bar::Below(160.0, " ms"));
}

fn at_rest(bench: &mut Bench, folder: &Path, events: u64) {
    let mut screen = Screen::open(folder);
    // Not at rest before it has counted what there is.
    #[expect(clippy::cast_precision_loss, reason = "a count of aggregates")]
    let all = grouped((events + 1) as f64);
    screen.until(|contents| contents.contains("┃ ▸ ") && contents.contains(&all));
    screen.watch(Duration::from_secs(1), |_| ());
    let time = bench.scale.sustained;
    let before = cpu(screen.pid());
    let start = Instant::now();
    screen.watch(time, |_| ());
    let share = (cpu(screen.pid()) - before) / start.elapsed().as_secs_f64() * 100.0;
    let what = "dashboard: a core's time at rest";
    bench.table.figure(what, format!("{share:.1} %"), share, Bar::Below(1.0, " %"));
    screen.close();
}

/// A way to the store, which the dashboard has.
fn beside(folder: &Path) -> Service {
    let paths = Paths::at(folder.canonicalize().unwrap());
    let service = Service::connect(OpenOptions::new(paths, Config::default(), "bench")).unwrap();
    assert!(service.daemon().is_some(), "the dashboard has the store");
    service
}

/// How long it takes from the answer to a commit of another process until its event is on the screen.
fn live(bench: &mut Bench, folder: &Path) {
    let mut screen = Screen::open(folder);
    screen.until(|contents| contents.contains("┃ ▸ "));
    let service = beside(folder);
    let caller = Caller::local("bench", Restrict::Default);
    let mut times = Vec::new();
    for number in 0..200 {
        // The owner stands in the row of the first account, which is on the screen.
        let owner = format!("customer L{number:05}");
        let payload = format!(
            r#"{{"owner":"{owner}","status":"open","balance":"1.00","checked_at":"2026-03-01T00:00:00Z","remark":"seen"}}"#
        );
        let operations = vec![operation(0, &payload, None)];
        service.commit(&caller, &CommitRequest { operations, ..CommitRequest::default() }).unwrap();
        times.push(screen.until(|contents| contents.contains(&owner)).as_secs_f64() * 1e3);
        // Not in step with how often the dashboard looks.
        screen.watch(Duration::from_millis(20 + number % 37), |_| ());
    }
    drop(service);
    screen.close();
    let (middle, late) = (quantile(&times, 50), quantile(&times, 99));
    let shown = format!("p50 {middle:.0} p99 {late:.0} ms");
    let what = "dashboard: from another process's commit to the screen";
    bench.table.figure(what, shown, late, Bar::Below(100.0, " ms"));
}

/// Writes until it is told to stop, through whoever has the store; gives how many events were committed.
fn write(folder: &Path, stop: &AtomicBool, accounts: u64) -> u32 {
    let service = beside(folder);
    let (caller, mut chance) = (Caller::local("bench", Restrict::Default), Chance::new(5));
    let (start, mut commits) = (Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        let operations = (0..EACH)
            .map(|_| operation(chance.below(accounts), &payload(&mut chance), None))
            .collect();
        let request = CommitRequest { operations, ..CommitRequest::default() };
        service.commit(&caller, &request).unwrap();
        commits += 1;
        let due = Duration::from_secs_f64(f64::from(commits) / COMMITS);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
    commits * EACH
}

fn keys(bench: &mut Bench, folder: &Path, events: u64, what: &str, arriving: bool) {
    let presses = if events >= 1_000_000 { 400 } else { 100 };
    let mut screen = Screen::open(folder);
    screen.until(|contents| contents.contains("┃ ▸ "));
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let (list, history, memory, written) = std::thread::scope(|scope| {
        let writer = arriving.then(|| scope.spawn(|| write(folder, &stop, events)));
        let mut list = Vec::new();
        for at in 0..presses {
            list.push(screen.key(if at % 40 < 20 { "j" } else { "k" }, selected));
        }
        // To the end of the list, and into the long history that is there.
        screen.press("G");
        screen.until(|contents| contents.contains(LONG));
        screen.press("\r");
        screen.until(|contents| contents.contains("[2 Timeline]") && contents.contains("┃ ▸"));
        let mut history = Vec::new();
        for at in 0..presses {
            history.push(screen.key(if at % 40 < 20 { "\x1b[D" } else { "\x1b[C" }, selected));
        }
        // Whatever is kept in memory for a while, it is as much in the second half as in the first.
        let half = bench.scale.sustained;
        let halves = [half; 2].map(|time| {
            let mut most = 0.0_f64;
            screen.watch(time, |pid| most = most.max(resident(pid)));
            most
        });
        stop.store(true, Ordering::Relaxed);
        let written = writer.map(|writer| writer.join().unwrap());
        (list, history, halves, written)
    });
    let took = start.elapsed().as_secs_f64();
    screen.close();
    for (where_, times) in [("a list", list), ("a history", history)] {
        let what = format!("dashboard: key to frame in {where_} of {events}, {what}");
        let (middle, late) = (quantile(&times, 50), quantile(&times, 99));
        let shown = format!("p50 {middle:.1} p99 {late:.1} ms");
        bench.table.figure(&what, shown, late, Bar::Below(16.0, " ms"));
    }
    let [first, second] = memory;
    let shown = format!("{first:.0} then {second:.0} MiB");
    let what = format!("dashboard: the most memory, first and second half, {what}");
    bench.table.figure(&what, shown, second / first, Bar::Below(1.2, " x"));
    if let Some(written) = written {
        let rate = f64::from(written) / took;
        bench.table.figure("dashboard: what arrived", per_second(rate, "events"), rate, Bar::None);
    }
}

/// The time that so many of a hundred stay below.
fn quantile(times: &[f64], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() * percent).div_ceil(100);
    sorted[index.clamp(1, sorted.len()) - 1]
}

/// What the kernel counts CPU time in for programs, a second: the same on every architecture (`time(7)`).
const TICKS: f64 = 100.0;

/// Seconds of CPU time that a process took so far (`proc_pid_stat(5)`).
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let behind = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().map(|at| fields[*at].parse::<f64>().unwrap()).sum();
    ticks / TICKS
}

/// MiB of memory that a process has (`proc_pid_status(5)`).
fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
