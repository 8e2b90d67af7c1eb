//! The stage: operations that wait for their commit, each bound to the version that it was written against.
//!
//! Staging judges an operation by the rules of a commit, behind everything that is staged before it: see
//! [`Bench`](bench::Bench). A commit judges all of it again, and refuses where an aggregate went on meanwhile; a rebase
//! says what the operations come to on what is there now, and binds them to that.

mod bench;
mod change;
mod commit;
mod conflict;
mod rebase;
mod report;
mod revert;
mod survey;

pub(super) use report::summary;

use super::Local;
use super::caller::Caller;
use super::gate::Gate;
use super::record::Eyes;
use crate::domain::access::Action;
use crate::error::{Error, Kind, Result};
use crate::store::Refusal;
use crate::wire::Operation;

impl Local {
    /// Lets in whoever may look at the stage: it is one for all, so it takes the right to read everything.
    fn stage_reader<'c>(&self, caller: &'c Caller) -> Result<Gate<'c>> {
        let gate = self.gate(caller)?;
        gate.whole_log(Action::AggregateRead)?;
        Ok(gate)
    }

    /// Lets in whoever may change what others staged: whoever may write to every aggregate.
    fn stage_keeper(&self, caller: &Caller) -> Result<()> {
        self.stage_reader(caller)?.whole_log(Action::AggregateAppend)
    }

    /// Lets in whoever may stage these operations: whoever may commit them.
    fn stage_writer(&self, caller: &Caller, operations: &[Operation]) -> Result<()> {
        let (gate, schema) = (self.stage_reader(caller)?, self.store().schema());
        gate.writes(operations, caller.restrict, &Eyes::new(&schema.schema, caller))
    }
}

/// How often a change is tried anew because somebody else changed the stage meanwhile.
const TRIES: usize = 5;

/// Does something that fails when the stage moves in between, until it does not.
fn settled<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 1..TRIES {
        match attempt() {
            Err(error) if error.code() == moved().code() => {}
            other => return other,
        }
    }
    attempt()
}

/// The stage is not what it was a moment ago.
fn moved() -> Error {
    Refusal::StageMoved.into()
}

/// The number in `s3`.
fn number(id: &str) -> Result<u64> {
    let digits = id.strip_prefix('s').filter(|digits| !digits.starts_with(['0', '+']));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            "dbx::stage::id",
            format!("`{id}` is no name of a staged operation"),
        )
        .kept("nothing was changed")
        .help("write it as s3; `dbx stage list` prints the names")
    })
}

/// There is no such operation on the stage.
fn unknown(id: u64) -> Error {
    Error::new(Kind::NotFound, "dbx::stage::unknown", format!("nothing is staged as s{id}"))
        .kept("nothing was changed")
        .help("`dbx stage list` prints what is staged")
}

/// `type/id`.
fn name(operation: &Operation) -> String {
    format!("{}/{}", operation.aggregate_type, operation.aggregate_id)
}
