//! What the view that verifies asks.

use super::queue::Job;
use crate::domain::Hash;
use crate::error::{Error, Kind, Result};
use crate::service::{Caller, Service, Trusted, check_proof};
use crate::tui::model::{Consistent, Name, Proven};
use crate::wire::{AggregateVerdict, At, LogVerdict, Proof, ProveQuery};
use std::sync::atomic::{AtomicBool, Ordering};

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// Whether all that is stored is what was written.
    Log,
    /// Whether an aggregate is.
    Aggregate(Name),
    /// The proof that an event is in the log, which has so many events and this root; the newest event where no version
    /// is named.
    Prove { name: Name, version: Option<u64>, size: u64, root: String, epoch: u64 },
    /// Whether the log only grew: since it had this size and root, or over its last commit where none are known.
    Consistency { old: Option<(u64, String)>, size: u64, root: String },
}

impl Ask {
    /// The question without how long the log is.
    pub(super) fn of_no_log(&self) -> Self {
        match self.clone() {
            Self::Prove { name, version, .. } => {
                Self::Prove { name, version, size: 0, root: String::new(), epoch: 0 }
            }
            ask => ask,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// How many events, or with `states` aggregates, of how many are done.
    At {
        states: bool,
        done: u64,
        of: u64,
    },
    Log(Box<LogVerdict>),
    Aggregate(Box<AggregateVerdict>),
    Proven(Box<Proven>),
    Consistent(Consistent),
}

pub(super) fn answer(
    service: &Service,
    caller: &Caller,
    ask: &Ask,
    job: &Job<'_>,
) -> Result<Answer> {
    match ask {
        Ask::Log => log(service, caller, job),
        Ask::Aggregate(name) => {
            let name = (name.aggregate_type.as_str(), name.id.as_str());
            let verdict = service.verify_aggregate_while(caller, name, &|| !job.cancelled())?;
            Ok(Answer::Aggregate(Box::new(verdict)))
        }
        Ask::Prove { name, version, size, root, .. } => {
            let query = ProveQuery {
                aggregate_type: name.aggregate_type.clone(),
                aggregate_id: name.id.clone(),
                at: version.map(At::Version),
                log_size: Some(*size),
                with_body: false,
            };
            prove(service, caller, &query, root)
        }
        Ask::Consistency { old, size, root } => {
            let old_size = match old {
                Some((size, _)) => *size,
                None => before_last_commit(service, caller, job)?,
            };
            let known = old.as_ref().map(|(_, root)| root.as_str());
            let found = consistency(service, caller, (old_size, known), *size, root)?;
            Ok(Answer::Consistent(found))
        }
    }
}

/// Recomputes the log in slices, and stops between two of them when nobody waits any more.
fn log(service: &Service, caller: &Caller, job: &Job<'_>) -> Result<Answer> {
    let stop = AtomicBool::new(false);
    let tell = |states, done, of| {
        stop.store(job.cancelled(), Ordering::Relaxed);
        job.part(super::Answer::Verify(Answer::At { states, done, of }));
    };
    let (events, states) = (|done, of| tell(false, done, of), |done, of| tell(true, done, of));
    let verdict = service.verify_all_until(caller, &events, &states, &stop)?;
    Ok(Answer::Log(Box::new(verdict)))
}

fn prove(service: &Service, caller: &Caller, query: &ProveQuery, root: &str) -> Result<Answer> {
    let proof = service.prove_inclusion(caller, query)?;
    let text = super::document(&proof)?;
    let root = root.parse::<Hash>().ok();
    let verdict = check_proof(&text, &Trusted { root, ..Trusted::default() })?;
    let Proof::Inclusion(proof) = proof else { return Err(other()) };
    let name =
        Name { aggregate_type: query.aggregate_type.clone(), id: query.aggregate_id.clone() };
    let version = proof.aggregate.index + 1;
    Ok(Answer::Proven(Box::new(Proven { name, version, text, proof, verdict })))
}

fn other() -> Error {
    Error::new(Kind::Internal, "dbx::tui::proof", "another kind of proof came than was asked for")
}

fn consistency(
    service: &Service,
    caller: &Caller,
    (old_size, old_root): (u64, Option<&str>),
    new_size: u64,
    new_root: &str,
) -> Result<Consistent> {
    let proof = service.prove_consistency(caller, old_size, Some(new_size))?;
    let verdict = check_proof(&super::document(&proof)?, &Trusted::default())?;
    let Proof::Consistency(proof) = proof else { return Err(other()) };
    // The proof holds between the roots that it names: those have to be the ones that were seen.
    let was = old_root.is_none_or(|root| root == proof.old_root.to_string());
    let reason = match verdict.checks.into_iter().find_map(|check| check.reason) {
        Some(reason) => Some(reason),
        None if !verdict.ok => Some("the proof does not hold".to_owned()),
        None if !was => Some("the log had another root at that size".to_owned()),
        None if new_root != proof.new_root.to_string() => {
            Some("the log has another root now".to_owned())
        }
        None => None,
    };
    Ok(Consistent { old_size, new_size, reason })
}

/// How many events the log had before its last commit.
fn before_last_commit(service: &Service, caller: &Caller, job: &Job<'_>) -> Result<u64> {
    let commits = super::last_commits(service, caller, 1, job)?;
    let first = commits.first().and_then(|commit| commit.first_position.parse::<u64>().ok());
    Ok(first.unwrap_or(1).saturating_sub(1))
}
