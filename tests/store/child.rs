//! A process that writes until it is ended: this very test binary, started again.
//!
//! It writes to the workspace that the environment names, from many threads, and says on its standard output what was
//! acknowledged, one line each: `ack FIRST COUNT AGGREGATE VERSION`. A write that failed is `fail CODE`, and ends its
//! thread.

use dbx::domain::Json;
use dbx::service::{Caller, OpenOptions, Restrict, Service};
use dbx::wire::{CommitRequest, Operation};
use dbx::workspace::{Config, Paths};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

const DIR: &str = "DBX_TEST_CHILD_DIR";
const THREADS: &str = "DBX_TEST_CHILD_THREADS";
const SEED: &str = "DBX_TEST_CHILD_SEED";
const STAGES: &str = "DBX_TEST_CHILD_STAGES";

#[expect(clippy::disallowed_methods, reason = "a child is told by its parent what to do")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The command that stages and commits from this round on, in a process of its own.
pub(super) fn stager(root: &Path, first: u64) -> Command {
    let mut command = command(root, 1, first, &[]);
    command.env(STAGES, "yes");
    command
}

/// The command that runs [`the_child_writes`] alone, in a process of its own; `before` comes before it on the command
/// line.
pub(super) fn command(root: &Path, threads: usize, seed: u64, before: &[&str]) -> Command {
    let own = std::env::current_exe().unwrap();
    let mut words = before.iter().map(std::ffi::OsString::from).chain([own.into_os_string()]);
    let mut command = Command::new(words.next().unwrap());
    command
        .args(words)
        .args(["--exact", "store::child::the_child_writes", "--nocapture", "--test-threads=1"])
        .env(DIR, root)
        .env(THREADS, threads.to_string())
        .env(SEED, seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// A workspace without a schema.
pub(super) fn workspace(root: &Path) {
    let options = options(root, "dbx init");
    std::fs::create_dir_all(&options.paths.dot).unwrap();
    assert!(Service::create(&options).unwrap());
}

pub(super) fn options(root: &Path, command: &str) -> OpenOptions {
    OpenOptions::new(Paths::at(root), Config::default(), command)
}

pub(super) fn caller() -> Caller {
    Caller::local("ada", Restrict::Default)
}

/// The commit with this number of a thread: one to four events, of an aggregate of its own, of two that it shares with
/// everyone, and of one that is new.
fn request(seed: u64, thread: usize, number: u64) -> CommitRequest {
    let names = [
        ("order", format!("s{seed}-t{thread}")),
        ("shared", format!("{}", number % 3)),
        ("line", format!("s{seed}-t{thread}-n{number}")),
        ("shared", "all".to_owned()),
    ];
    let count = 1 + usize::try_from(number % 4).unwrap();
    let text = "x".repeat(100 + 40 * usize::try_from(number % 20).unwrap());
    let operations =
        names.into_iter().take(count).map(|(aggregate_type, aggregate_id)| Operation {
            aggregate_type: aggregate_type.into(),
            aggregate_id,
            event_type: "changed".into(),
            payload: Some(
                Json::parse(&format!(r#"{{"number":{number},"text":"{text}"}}"#)).unwrap(),
            ),
            ..Operation::default()
        });
    CommitRequest {
        operations: operations.collect(),
        message: number.is_multiple_of(5).then(|| format!("commit {number} of thread {thread}")),
        idempotency_key: number.is_multiple_of(3).then(|| format!("{seed}-{thread}-{number}")),
        dry_run: false,
    }
}

/// Not a test by itself: without its environment it has nothing to do.
#[test]
fn the_child_writes() {
    let Some(root) = variable(DIR) else { return };
    let threads: usize = variable(THREADS).unwrap().parse().unwrap();
    let seed: u64 = variable(SEED).unwrap().parse().unwrap();
    let service = Service::open(options(Path::new(&root), "dbx child")).unwrap();
    if variable(STAGES).is_some() {
        super::stage::stage_and_commit(&service, seed);
    }
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (service, failed) = (&service, &failed);
            scope.spawn(move || {
                for number in 0.. {
                    if failed.load(Ordering::Relaxed) || !write(service, seed, thread, number) {
                        failed.store(true, Ordering::Relaxed);
                        break;
                    }
                }
            });
        }
    });
    say(&format!("end {}", service.close().map_or_else(|error| error.code(), |()| "closed")));
}

fn write(service: &Service, seed: u64, thread: usize, number: u64) -> bool {
    match service.commit(&caller(), &request(seed, thread, number)) {
        Ok(receipt) => {
            let first = receipt.events.first().unwrap();
            say(&format!(
                "ack {} {} {}/{} {}",
                first.position,
                receipt.events.len(),
                first.aggregate_type,
                first.aggregate_id,
                first.version
            ));
            true
        }
        Err(error) => {
            say(&format!("fail {} {:?}", error.code(), error.kind()));
            false
        }
    }
}

pub(super) fn say(line: &str) {
    // One write for each line, so that the last one is whole however the process ends.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// An acknowledged commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) aggregate: String,
    pub(super) version: u64,
}

impl Ack {
    /// Reads a whole line; `None` for one that was cut off or says something else.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.strip_suffix('\n')?.strip_prefix("ack ")?.split(' ').collect();
        let [first, count, aggregate, version] = words[..] else { return None };
        Some(Self {
            first: first.parse().ok()?,
            count: count.parse().ok()?,
            aggregate: aggregate.to_owned(),
            version: version.parse().ok()?,
        })
    }
}
