//! What the view that verifies knows.

use super::Name;
use crate::domain::Timestamp;
use crate::wire::{AggregateVerdict, Fault, InclusionProof, LogVerdict, ProofVerdict};
use std::time::Duration;

/// The parts of the view that can have the focus, in the order in which Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Part {
    /// The way from a leaf to the root.
    #[default]
    Tree,
    /// The hashes of that way, or what is wrong with the leaf.
    Steps,
}

impl Part {
    pub(crate) const ALL: [Self; 2] = [Self::Tree, Self::Steps];

    /// Its number, for the mouse.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Tree => 0,
            Self::Steps => 1,
        }
    }
}

/// A proof that an event is in the log, and what checking it found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proven {
    pub(crate) name: Name,
    pub(crate) version: u64,
    /// The proof as it is written into a file.
    pub(crate) text: String,
    pub(crate) proof: InclusionProof,
    pub(crate) verdict: ProofVerdict,
}

/// Whether the log at one size is the beginning of the log at another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Consistent {
    pub(crate) old_size: u64,
    pub(crate) new_size: u64,
    /// Why it is not; `None` where it is.
    pub(crate) reason: Option<String>,
}

/// What is being recomputed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Running {
    Log,
    Aggregate(Name),
}

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) what: Running,
    pub(crate) since: Duration,
    /// How many events of how many.
    pub(crate) events: (u64, u64),
    /// When it last said how far it is.
    pub(crate) told: Duration,
    /// Since when aggregates are folded anew, and how many of how many are.
    pub(crate) states: Option<(Duration, u64, u64)>,
}

/// A verdict, when it came, and how long it took.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked<T> {
    pub(crate) verdict: T,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
}

/// What the view that verifies knows.
#[derive(Debug, Default)]
pub(crate) struct Verify {
    pub(crate) focus: Part,
    /// The aggregate whose event is proven, and which event: `None` for the newest.
    pub(crate) subject: Option<(Name, Option<u64>)>,
    /// What was selected among the aggregates when that was decided.
    pub(crate) picked: Option<Name>,
    pub(crate) proven: Option<Proven>,
    /// Why there is no proof.
    pub(crate) unproven: Option<crate::error::Error>,
    pub(crate) run: Option<Run>,
    pub(crate) log: Option<Checked<LogVerdict>>,
    pub(crate) aggregate: Option<Checked<AggregateVerdict>>,
    /// The fault that is looked at, among [`Verify::faults`]; `None` where the proof is.
    pub(crate) fault: Option<usize>,
    /// The size and the root of the log when it was first seen.
    pub(crate) remembered: Option<(u64, String)>,
    pub(crate) consistent: Option<Consistent>,
    /// Where on the way from the root to the leaf the cursor is: 0 is the root.
    pub(crate) cursor: usize,
    /// How far the steps are scrolled.
    pub(crate) scroll: usize,
    /// Whether every step is shown, where there is room for a few only.
    pub(crate) unfolded: bool,
}

impl Verify {
    /// What is wrong, by the verdict on the log and by that on the aggregate that was looked at later.
    pub(crate) fn faults(&self) -> Vec<&Fault> {
        let log = self.log.iter().flat_map(|checked| &checked.verdict.faults);
        let mut faults: Vec<&Fault> = log.collect();
        for fault in self.aggregate.iter().flat_map(|checked| &checked.verdict.faults) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        faults
    }

    /// How many faults there are, with those that are not listed one by one.
    pub(crate) fn fault_count(&self) -> u64 {
        let listed = self.faults().len();
        let of_log = self.log.as_ref().map(|checked| &checked.verdict);
        let more = of_log.map_or(0, |log| {
            log.fault_count.saturating_sub(u64::try_from(log.faults.len()).unwrap_or(u64::MAX))
        });
        u64::try_from(listed).unwrap_or(u64::MAX).saturating_add(more)
    }

    /// The fault that is looked at.
    pub(crate) fn selected(&self) -> Option<&Fault> {
        self.faults().get(self.fault?).copied()
    }

    /// Begins at the root of what is shown now.
    pub(crate) fn rewind(&mut self) {
        (self.cursor, self.scroll) = (0, 0);
    }
}
