//! A store in a temporary folder, with a clock that can be set.

use crate::clock::Clock;
use crate::domain::{Actor, AggregateKey, Body, EventType, Json, Kind, Timestamp};
use crate::proof::sha256;
use crate::seal::Secret;
use crate::store::disk::journal;
use crate::store::keyspaces::Keyspaces;
use crate::store::verify::Check;
use crate::store::{
    Accepted, Admission, Expected, Idempotency, Options, Proposal, Proposed, Rejection, Store,
    StoreError, verify_log,
};
use crate::wire::LogVerdict;
use crate::workspace::{DataKeys, Paths};
use fjall::Readable;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;

/// 2026-11-20T12:00:00Z in microseconds.
pub(super) const NOON: i64 = 1_795_176_000_000_000;

/// Orders that point at customers, with a snapshot at every second version.
pub(super) const SCHEMA: &str = "\
aggregate order {
  snapshot_threshold = 2

  field customer {
    type = \"reference\"
    rules = {\"reference\": {\"aggregate_type\": \"customer\"}}
  }

  event changed {}
}

aggregate customer {
  event changed {}
}
";

/// A clock that stands where it was put. A negative time makes it panic.
#[derive(Debug)]
pub(super) struct Hands(AtomicI64);

impl Hands {
    pub(super) fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        let micros = self.0.load(Ordering::SeqCst);
        assert!(micros >= 0, "the clock is broken");
        Timestamp::from_micros(micros)
    }
}

/// A `.dbx/` with a store.
pub(super) struct Desk {
    _folder: TempDir,
    pub(super) dot: PathBuf,
    pub(super) clock: Arc<Hands>,
}

impl Desk {
    /// An empty store.
    pub(super) fn new() -> Self {
        let desk = Self::bare();
        assert!(Store::build(&desk.options()).unwrap());
        desk
    }

    /// An empty store as well, copied: making one waits for the disk many times.
    pub(super) fn again() -> Self {
        static EMPTY: LazyLock<Desk> = LazyLock::new(Desk::new);
        EMPTY.copy()
    }

    /// An empty encrypted store.
    pub(super) fn sealed() -> Self {
        let desk = Self::bare();
        assert!(Store::build_encrypted(&desk.options()).unwrap());
        desk
    }

    /// No store yet.
    pub(super) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dot = folder.path().join(".dbx");
        std::fs::create_dir(&dot).unwrap();
        Self { _folder: folder, dot, clock: Arc::new(Hands(AtomicI64::new(NOON))) }
    }

    /// A store with `count` events, of the aggregates `order/0` to `order/4` in turn; closed.
    pub(super) fn filled(count: u64) -> Self {
        let desk = Self::new();
        let store = desk.open();
        fill(&store, 0..count);
        store.close().unwrap();
        desk
    }

    /// The files as they are now, whoever has them open: what a crash would leave.
    pub(super) fn copy(&self) -> Self {
        Self::copy_of(&self.dot)
    }

    /// The files of a `.dbx/` as they are now.
    pub(super) fn copy_of(dot: &Path) -> Self {
        // A flush in the background may take a file away between the look at its folder and the copy: begin again then.
        loop {
            let copy = Self::bare();
            let before = lists(dot);
            match try_copy_dir(dot, &copy.dot) {
                // A list of tables that was written meanwhile may name a file that was not there yet: no crash does that.
                Ok(()) if lists(dot) == before => return copy,
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(super) fn options(&self) -> Options {
        Options {
            dot: self.dot.clone(),
            store: self.store(),
            lock_wait: Duration::ZERO,
            command: "dbx test".into(),
            clock: self.clock.clone(),
            worker: 1,
            cache_heads: 100,
            keys: self.keys(None),
        }
    }

    /// Where its master key is, if it has one.
    pub(super) fn keys(&self, secret: Option<Secret>) -> DataKeys {
        DataKeys::of(&Paths::at(self.dot.parent().unwrap()), secret)
    }

    pub(super) fn store(&self) -> PathBuf {
        self.dot.join("store")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.store().join("0.jnl")
    }

    #[track_caller]
    pub(super) fn open(&self) -> Store {
        let store = self.try_open().unwrap();
        assert_eq!(store.read_only(), None);
        store
    }

    pub(super) fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.options())
    }

    /// Opens fjall's folder past everything that guards it. The store must be closed.
    pub(super) fn keyspaces(&self) -> Keyspaces {
        Keyspaces::open(&self.store()).unwrap()
    }
}

pub(super) fn copy_dir(from: &Path, to: &Path) {
    try_copy_dir(from, to).unwrap();
}

fn try_copy_dir(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            try_copy_dir(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// What says which files of each keyspace are in force.
fn lists(dot: &Path) -> Vec<Option<Vec<u8>>> {
    let current = |id: u64| std::fs::read(dot.join(format!("store/keyspaces/{id}/current"))).ok();
    (0..=8).map(current).collect()
}

/// Where the last whole batch of a journal ends.
pub(super) fn journal_end(path: &Path) -> usize {
    usize::try_from(journal::scan_file(path, 0).unwrap().end).unwrap()
}

pub(super) fn actor() -> Actor {
    Actor { group: "local".into(), user: "ada".into(), uid: Some(1000) }
}

pub(super) fn name(aggregate: &str) -> AggregateKey {
    let (aggregate_type, id) = aggregate.split_once('/').unwrap();
    AggregateKey::new(aggregate_type, id).unwrap()
}

/// An event, with a salt that is always the same.
pub(super) fn event(aggregate: &str, kind: Kind, content: &str, expected: Expected) -> Proposed {
    let (event_type, content) = (EventType::new("changed").unwrap(), Json::parse(content).unwrap());
    let body = Body { content, ..Body::default() };
    Proposed::with_salt(name(aggregate), event_type, kind, body, expected, [7; 16])
}

/// An event that anything may precede.
pub(super) fn merge(aggregate: &str, content: &str) -> Proposed {
    event(aggregate, Kind::Merge, content, Expected::Any)
}

pub(super) fn proposal(operations: Vec<Proposed>) -> Proposal {
    Proposal {
        operations,
        actor: actor(),
        message: None,
        idempotency: None,
        admission: Admission::Unchecked,
        import: None,
        ticket: None,
        unstage: None,
        dry_run: false,
    }
}

/// The proposal with an idempotency key.
pub(super) fn keyed(mut proposal: Proposal, key: &str) -> Proposal {
    let mut operations = Vec::new();
    for operation in &proposal.operations {
        operation.fingerprint(&mut operations);
    }
    proposal.idempotency = Some(Idempotency {
        key: sha256(key.as_bytes()),
        operations: sha256(&operations),
        request: None,
    });
    proposal
}

/// Writes the events with these numbers, one commit each.
pub(super) fn fill(store: &Store, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let (aggregate, content) = (format!("order/{}", number % 5), content(number));
        store.propose(proposal(vec![merge(&aggregate, &content)])).unwrap();
    }
}

/// The payload of the event with this number.
pub(super) fn content(number: u64) -> String {
    format!(r#"{{"number":{number},"text":"the event with number {number} in the log"}}"#)
}

/// Proposes all of them in one batch: the writer is held until every one is queued.
pub(super) fn together(
    store: &Store,
    proposals: Vec<Proposal>,
) -> Vec<Result<Accepted, Rejection>> {
    let ((reached, at_gate), (open, opened)) = (channel(), channel());
    // Refused, so that nothing of it is written.
    let gate = event("gate/1", Kind::Merge, "{}", Expected::Present);
    let hold = move |verdict: Result<Accepted, Rejection>| {
        assert!(verdict.is_err());
        reached.send(()).unwrap();
        opened.recv().unwrap();
    };
    store.propose_then(proposal(vec![gate]), hold).unwrap();
    at_gate.recv().unwrap();
    let answers: Vec<_> = proposals
        .into_iter()
        .map(|proposal| {
            let (answer, answered) = channel();
            let then = move |verdict| answer.send(verdict).unwrap();
            store.propose_then(proposal, then).unwrap();
            answered
        })
        .collect();
    open.send(()).unwrap();
    answers.into_iter().map(|answer| answer.recv().unwrap()).collect()
}

/// Every record of every keyspace.
pub(super) fn records(keyspaces: &Keyspaces) -> BTreeMap<(&'static str, Vec<u8>), Vec<u8>> {
    let snapshot = keyspaces.db.snapshot();
    let mut found = BTreeMap::new();
    for (name, keyspace) in keyspaces.all() {
        for guard in snapshot.iter(keyspace) {
            let (key, value) = guard.into_inner().unwrap();
            found.insert((name, key.to_vec()), value.to_vec());
        }
    }
    found
}

pub(super) fn verdict(store: &Store) -> LogVerdict {
    let check = Check::log(2);
    verify_log(&store.view().unwrap(), &check, &|_, _| {}, &|_, _| {}).unwrap()
}

/// A proposal that the first applied schema admitted.
pub(super) fn checked(operations: Vec<Proposed>) -> Proposal {
    Proposal { admission: Admission::Checked(1), ..proposal(operations) }
}
