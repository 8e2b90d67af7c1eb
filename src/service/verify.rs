//! Recomputing what is stored.

use super::Local;
use super::caller::Caller;
use super::found::unknown;
use crate::domain::AggregateKey;
use crate::domain::access::Action;
use crate::error::Result;
use crate::store::{Progress, TO_THE_END, Wanted, verify_aggregate_while};
use crate::wire::{AggregateVerdict, Fault, FaultKind, LogVerdict};
use std::thread;

impl Local {
    /// Recomputes one aggregate: bodies, leaves, roots, state and snapshots. A store that opened for reading only is
    /// never good: the aggregate may have had events behind the damage.
    ///
    /// # Errors
    /// There is none, or it cannot be read at all. Damage is no error but in the verdict.
    pub fn verify_aggregate(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
    ) -> Result<AggregateVerdict> {
        self.verify_aggregate_while(caller, (aggregate_type, id), TO_THE_END)
    }

    /// As [`Local::verify_aggregate`], for as long as the answer is wanted.
    ///
    /// # Errors
    /// As there, and that the answer is not wanted any more.
    pub(crate) fn verify_aggregate_while(
        &self,
        caller: &Caller,
        (aggregate_type, id): (&str, &str),
        wanted: Wanted<'_>,
    ) -> Result<AggregateVerdict> {
        self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;
        let name = AggregateKey::new(aggregate_type, id)?;
        let found = verify_aggregate_while(&self.view()?, &name, wanted)?;
        let mut verdict = found.ok_or_else(|| unknown(&name))?;
        if let Some(fault) = self.damage().filter(|_| verdict.ok) {
            verdict.ok = false;
            verdict.faults.push(fault);
        }
        Ok(verdict)
    }

    /// Recomputes the log and its trees on all cores; `progress` is told how many events of how many are done. A store
    /// that opened for reading only is never good, even where all that is left of the log is.
    ///
    /// # Errors
    /// The log cannot be read at all. Damage is no error but in the verdict.
    pub fn verify(&self, caller: &Caller, progress: Progress<'_>) -> Result<LogVerdict> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        Ok(self.store().verify(cores(), false, progress, &|_, _| {})?)
    }

    /// As [`Local::verify`], and then everything that stands beside the log: states, snapshots, archived flags and the
    /// index of versions are compared with a fold of the events, commits with their records, the index of references
    /// with the states, the numbers of the types with each other. `refolded` is told how many aggregates of how many
    /// are done.
    ///
    /// # Errors
    /// The log cannot be read at all. Damage is no error but in the verdict.
    pub fn verify_all(
        &self,
        caller: &Caller,
        progress: Progress<'_>,
        refolded: Progress<'_>,
    ) -> Result<LogVerdict> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        Ok(self.store().verify(cores(), true, progress, refolded)?)
    }

    /// As [`Local::verify`], or as [`Local::verify_all`] where `beside` says so, for as long as the answer is wanted. It
    /// is told how far it is, and then whether that is said of the aggregates.
    ///
    /// # Errors
    /// As there, and that the answer is not wanted any more.
    pub(crate) fn verify_while(
        &self,
        caller: &Caller,
        beside: bool,
        told: &(dyn Fn(u64, u64, bool) + Sync),
        wanted: &(dyn Fn() -> bool + Sync),
    ) -> Result<LogVerdict> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let progress = |done, of| told(done, of, false);
        let refolded = |done, of| told(done, of, true);
        Ok(self.store().verify_while(cores(), beside, (&progress, &refolded), wanted)?)
    }

    /// What the opening found: a log that lost its end has nothing in it any more that is wrong.
    fn damage(&self) -> Option<Fault> {
        self.read_only().map(|reason| Fault {
            kind: FaultKind::Unreadable,
            message: reason.to_owned(),
            position: None,
            aggregate: None,
            version: None,
            stored: None,
            recomputed: None,
        })
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;
    use crate::wire::{CommitRequest, Operation};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_verification_ends_between_its_pieces_where_nobody_wants_its_answer() {
        let (_dir, local, ada) = testing::local();
        let operation = |number: u64| Operation {
            aggregate_type: "team".into(),
            aggregate_id: format!("t-{number}"),
            event_type: "founded".into(),
            ..Operation::default()
        };
        let operations = (1..=100).map(operation).collect();
        local.commit(&ada, &CommitRequest { operations, ..CommitRequest::default() }).unwrap();
        let looked = AtomicUsize::new(0);
        let looks = |most: usize| {
            looked.store(0, Ordering::Relaxed);
            let wanted = || looked.fetch_add(1, Ordering::Relaxed) < most;
            local.verify_while(&ada, true, &|_, _, _| {}, &wanted).map(|verdict| verdict.ok)
        };
        assert_eq!(looks(usize::MAX), Ok(true));
        let all = looked.load(Ordering::Relaxed);
        assert!(all > 100, "each aggregate is a piece, and {all} were looked at");
        for most in [0, 1, all / 2, all - 1] {
            assert_eq!(looks(most).unwrap_err().code(), "dbx::verify::stopped", "{most} of {all}");
            assert!(looked.load(Ordering::Relaxed) <= most + 2 * cores() + 2);
        }
        let one = local.verify_aggregate_while(&ada, ("team", "t-1"), &|| false);
        assert_eq!(one.unwrap_err().code(), "dbx::verify::stopped");
        let note = local.checkpoint(&ada, None).unwrap().note;
        let stopped = local.verify_checkpoint_while(&ada, &note, None, &|_, _| false);
        assert_eq!(stopped.unwrap_err().code(), "dbx::verify::stopped");
    }
}
