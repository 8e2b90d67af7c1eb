//! Verification: reading the bytes and recomputing, never repeating a stored answer.
//!
//! The log is read in windows. Within a window the events are hashed on all cores (bodies, leaves and the tiles of the
//! log's tree), then the trees of the aggregates go on, each core with the aggregates that fall to it. So memory is
//! bounded by the number of aggregates and the window, not by the log.
//!
//! With a schema in the [`Check`], everything beside the log follows: the records of commits in step with the log, then
//! each aggregate by itself with its state and snapshots, then the indexes, which are small beside both.

mod aggregate;
mod archived;
mod commits;
mod ends;
mod forest;
mod hashing;
mod log;
mod records;
mod references;
mod states;
mod tiles;
mod window;

#[cfg(test)]
pub(crate) use aggregate::verify_aggregate;
pub(crate) use aggregate::verify_aggregate_while;
pub(super) use ends::whole_commits;

use crate::domain::{Hash, Position, Version};
use crate::schema::Schema;
use crate::store::disk::anchor::State;
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind, LogVerdict};

/// What is verified, and against what.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    /// How many threads work.
    pub(crate) cores: usize,
    /// What ANCHOR said when the store was opened; `None` where it could not be read.
    pub(crate) anchor: Option<&'a State>,
    /// The schema in force, to hold everything beside the log against the log; `None` for the log and the trees alone.
    pub(crate) beside: Option<&'a Schema>,
    /// Whether the answer is still wanted, which is looked at between the pieces of the work.
    pub(crate) wanted: Wanted<'a>,
}

/// Says whether an answer is still wanted.
pub(crate) type Wanted<'a> = &'a (dyn Fn() -> bool + Sync);

/// It is, to the end.
pub(crate) const TO_THE_END: Wanted<'static> = &|| true;

impl Check<'_> {
    /// Ends the work where nobody wants its answer any more.
    fn goes_on(&self) -> Result<(), StoreError> {
        if (self.wanted)() { Ok(()) } else { Err(StoreError::Stopped) }
    }

    /// The log and the trees alone.
    #[cfg(test)]
    pub(crate) fn log(cores: usize) -> Self {
        Self { cores, anchor: None, beside: None, wanted: TO_THE_END }
    }
}

/// Recomputes everything: bodies, leaves, the trees of all aggregates, the log's tree with its tiles and its root; and
/// with a schema what is derived from it. `progress` is told how many events of how many are done, `refolded` how many
/// aggregates.
///
/// # Errors
/// What keeps it from reading at all; damage is in the verdict.
pub(crate) fn verify_log(
    view: &View,
    check: &Check<'_>,
    progress: Progress<'_>,
    refolded: Progress<'_>,
) -> Result<LogVerdict, StoreError> {
    examine(view, check, progress, refolded).map(|(verdict, _)| verdict)
}

/// As [`verify_log`], and says which parts of the store are at fault.
///
/// # Errors
/// As [`verify_log`].
pub(super) fn examine(
    view: &View,
    check: &Check<'_>,
    progress: Progress<'_>,
    refolded: Progress<'_>,
) -> Result<(LogVerdict, Tally), StoreError> {
    let mut faults = Faults::default();
    let read = log::read(view, check, progress, &mut faults)?;
    let anchor = ends::check(view, check.anchor, &read, &mut faults);
    let mut left_out = None;
    if let Some(schema) = check.beside {
        left_out = view.opens().err().map(|error| error.to_string());
        let archived = states::check(view, check, read.aggregates, refolded, &mut faults)?;
        check.goes_on()?;
        records::check(view, read.last, &mut faults)?;
        check.goes_on()?;
        if let Some(archived) = archived {
            archived::check(view, (read.last, archived), &mut faults)?;
        }
        if left_out.is_none() {
            references::check(view, schema, &mut faults)?;
        }
    }
    let mut tally = faults.tally;
    tally.trees_broken = faults.list.iter().any(|fault| {
        matches!(fault.kind, FaultKind::LogRoot | FaultKind::LogTree | FaultKind::Anchor)
    });
    let good = ends::good(view, &read, check.anchor.zip(anchor.as_ref()), &faults);
    let (faults, fault_count) = faults.sorted();
    let verdict = LogVerdict {
        count: read.last,
        aggregates: read.aggregates,
        root: read.root.to_string(),
        good_up_to: good.0.to_string(),
        good_up_to_commit: format!("c{}", good.1),
        anchor,
        refolded: check.beside.is_some(),
        states_left_out: left_out,
        ok: fault_count == 0,
        faults,
        fault_count,
        kept: "dbx changed nothing".into(),
    };
    Ok((verdict, tally))
}

/// Which part of the store a fault is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// The log itself, by its own bytes.
    Log,
    /// The records beside it that cannot be made from it.
    Records,
    /// What can be made from the log.
    #[default]
    Derived,
    /// What is known of the log from outside of it.
    Anchor,
}

/// How many faults there are in which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// In the log itself.
    pub(super) log: u64,
    /// The first position of them.
    pub(super) log_first: Option<u64>,
    /// In the records beside the log.
    pub(super) records: u64,
    /// In what can be made from the log.
    pub(super) derived: u64,
    /// Whether the log's tree is not the one that is stored, or that ANCHOR knew.
    pub(super) trees_broken: bool,
}

/// Adds what the opening of the store found to a verdict.
pub(super) fn add_to(verdict: &mut LogVerdict, reason: &str) {
    verdict.ok = false;
    verdict.fault_count += 1;
    verdict.faults.insert(0, fault(FaultKind::Unreadable, reason));
}

/// Told how many events of how many were verified.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// The most faults that are listed one by one.
const FAULTS_MAX: usize = 1000;

/// The faults found so far, with the first position that any of them touches.
#[derive(Debug, Default)]
struct Faults {
    list: Vec<Fault>,
    count: u64,
    first: Option<u64>,
    /// What is looked at now.
    part: Part,
    tally: Tally,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        self.count += 1;
        let position: Option<u64> = fault.position.as_ref().and_then(|text| text.parse().ok());
        let earlier = |first: Option<u64>| first.into_iter().chain(position).min();
        self.first = earlier(self.first);
        match self.part {
            Part::Log => {
                self.tally.log += 1;
                self.tally.log_first = earlier(self.tally.log_first);
            }
            Part::Records => self.tally.records += 1,
            Part::Derived => self.tally.derived += 1,
            Part::Anchor => {}
        }
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        }
    }

    fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.add(fault);
        }
    }

    /// Adds a fault unless one of its kind is known at its place: what two passes find would only be said twice.
    fn add_new(&mut self, fault: Fault) {
        let same = |one: &Fault| {
            one.kind == fault.kind
                && one.position == fault.position
                && (fault.position.is_some() || one.message == fault.message)
        };
        if !self.list.iter().any(same) {
            self.add(fault);
        }
    }

    /// The faults in the order of the log, those without a position last.
    fn sorted(mut self) -> (Vec<Fault>, u64) {
        let place = |fault: &Fault| {
            fault.position.as_ref().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
        };
        self.list.sort_by_key(place);
        (self.list, self.count)
    }
}

/// What a thread of a verification gave. One that panicked looked at part of the bytes only, so there is no verdict.
fn joined<T>(result: std::thread::Result<T>) -> Result<T, StoreError> {
    result.map_err(|_| StoreError::Panicked)
}

/// A fault without a place.
fn fault(kind: FaultKind, message: impl Into<String>) -> Fault {
    Fault {
        kind,
        message: message.into(),
        position: None,
        aggregate: None,
        version: None,
        stored: None,
        recomputed: None,
    }
}

/// Where a fault is.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    position: Position,
    /// `type/id`
    aggregate: &'a str,
    version: Version,
}

impl Place<'_> {
    fn fault(&self, kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault {
            position: Some(self.position.to_string()),
            aggregate: Some(self.aggregate.to_owned()),
            version: Some(self.version.get()),
            ..fault(kind, message)
        }
    }

    fn hashes(&self, kind: FaultKind, message: &str, stored: Hash, recomputed: Hash) -> Fault {
        Fault {
            stored: Some(stored.to_string()),
            recomputed: Some(recomputed.to_string()),
            ..self.fault(kind, message)
        }
    }
}
