//! Erasing: destroying what an aggregate holds, while its place in history stays.
//!
//! The events stay, sealed with a key that is destroyed, so that every hash still holds and nothing can be read. What
//! other aggregates hold is theirs: references to it stay, and messages of commits stay.

use super::Local;
use super::archive::operation;
use super::caller::{Caller, Restrict};
use super::errors::rejected;
use super::prepare::{Key, idempotency};
use super::record::{Eyes, erased};
use crate::domain::access::Action;
use crate::domain::{AggregateKey, Body, EventType, Json, Kind as EventKind};
use crate::error::{Error, Kind, Result};
use crate::schema::values::{Violation, check_note};
use crate::store::{
    Accepted, Admission, Expected, Proposal, Proposed, Refusal, Rejection, SALT_BYTES, Store,
    StoreError,
};
use crate::wire::{ArchiveRequest, CommitReceipt, CommitRequest, ErasedAggregate};
use crate::workspace::Protection;

/// How often an erasing is judged anew because the schema changed under it.
const SCHEMA_TRIES: usize = 3;

impl Local {
    /// Destroys the contents of an aggregate: an event says so, its data key, state and snapshots are removed, the master
    /// key is replaced, and the files are cleaned of all that. Returns when nothing is left in the store that could be
    /// read; copies in `.dbx/salvage/` and elsewhere are not reached. It cannot be taken back.
    ///
    /// # Errors
    /// The caller may not do everything, the workspace is not encrypted, there is no such aggregate, it is erased already,
    /// its type is locked, there is no key. Where the event is written and the cleaning fails, the next opening goes on with it.
    pub fn erase(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        self.gate(caller)?.everything()?;
        if !self.store().is_encrypted() {
            return Err(not_encrypted());
        }
        if let Some(reason) = self.unfinished() {
            return Err(unfinished(reason));
        }
        let receipt = self.commit_erasure(caller, request)?;
        if !request.dry_run {
            self.store().finish_erasure().map_err(|error| {
                Error::from(error)
                    .kept("the aggregate is erased and stays so")
                    .help("old copies of its key may still be in the files: the next command finishes the cleaning")
            })?;
        }
        Ok(receipt)
    }

    fn commit_erasure(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        let name = AggregateKey::new(&request.aggregate_type, &request.aggregate_id)?;
        if let Some(note) = &request.note {
            let mut found: Vec<Violation> = Vec::new();
            check_note(note, &mut found);
            if let Some(first) = found.first() {
                return Err(Error::new(
                    Kind::Violation,
                    "dbx::note::invalid",
                    first.message.clone(),
                )
                .kept("nothing was written"));
            }
        }
        let said = CommitRequest {
            operations: vec![operation(request, EventKind::Erase)],
            idempotency_key: request.idempotency_key.clone(),
            ..CommitRequest::default()
        };
        let key = Key::of(&said, caller)?;
        if let Some(receipt) = key.map(|key| self.answered(caller, key)).transpose()?.flatten() {
            return Ok(CommitReceipt { dry_run: request.dry_run, ..receipt });
        }
        let mut last = None;
        for _ in 0..SCHEMA_TRIES {
            let schema = self.store().schema();
            let operations = vec![erasing(&name, request)?];
            let idempotency = key.map(|key| idempotency(&said, &operations, key));
            let proposal = Proposal {
                unstage: None,
                operations,
                actor: caller.actor.clone(),
                message: None,
                idempotency,
                admission: match caller.restrict {
                    Restrict::Off => Admission::Unchecked,
                    Restrict::Default | Restrict::Strict => Admission::Checked(schema.version),
                },
                import: None,
                ticket: caller.ticket(),
                dry_run: request.dry_run,
            };
            match self.store().propose(proposal) {
                Ok(Accepted::Committed { commit, events }) => {
                    let eyes = Eyes::new(&schema.schema, caller);
                    return Ok(CommitReceipt {
                        commit: format!("c{commit}"),
                        events: events.into_iter().map(|event| eyes.event(event)).collect(),
                        replayed: false,
                        dry_run: request.dry_run,
                    });
                }
                // The same request was answered between the look and the writing: look again.
                Ok(Accepted::Replayed { .. }) => {
                    let again = key.map(|key| self.answered(caller, key)).transpose()?.flatten();
                    return again.ok_or_else(|| StoreError::Closed.into());
                }
                Err(Rejection { refusal: refusal @ Refusal::StaleSchema { .. }, .. }) => {
                    last = Some(refusal);
                }
                Err(rejection) => return Err(rejected(rejection, 1)),
            }
        }
        Err(last.map_or_else(|| StoreError::Closed.into(), Error::from))
    }

    /// Every aggregate that was erased, by type and id: what has to be erased again where an older copy comes back.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn erasures(&self, caller: &Caller) -> Result<Vec<ErasedAggregate>> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let found = self.view()?.erasures()?.into_iter();
        Ok(found
            .map(|(name, erasure)| ErasedAggregate {
                aggregate_type: name.aggregate_type.to_string(),
                aggregate_id: name.id.to_string(),
                erased: erased(&erasure),
            })
            .collect())
    }

    /// Replaces the master key by a new one, which wraps all data keys from then on; no event is touched. The file of the
    /// key is protected as `protection` says.
    ///
    /// # Errors
    /// The caller may not do everything, the workspace is not encrypted, there is no key, or something in this process reads the store all the time.
    pub fn rotate_key(&self, caller: &Caller, protection: &Protection) -> Result<()> {
        self.gate(caller)?.everything()?;
        if !self.store().is_encrypted() {
            return Err(not_encrypted());
        }
        Ok(self.store().rotate(protection)?)
    }

    /// Turns encryption on in a workspace that holds no event yet; nothing where it is on.
    ///
    /// # Errors
    /// There is something in the store already, or the key cannot be made.
    pub fn encrypt(options: &super::OpenOptions) -> Result<()> {
        Ok(Store::encrypt(options.store())?)
    }

    /// Whether what is in the workspace is sealed.
    pub fn is_encrypted(&self) -> bool {
        self.store().is_encrypted()
    }
}

fn erasing(name: &AggregateKey, request: &ArchiveRequest) -> Result<Proposed> {
    let event_type = EventType::system(EventKind::Erase).ok_or(StoreError::Closed)?;
    let body = Body { content: Json::Null, note: request.note.clone(), ..Body::default() };
    let expected = match request.expected_version {
        Some(version) => Expected::Exact(crate::domain::Version(version)),
        None => Expected::Present,
    };
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Random(error.to_string()))?;
    // The writer seals it with the key of the store: it has to be readable when that of the aggregate is gone.
    Ok(Proposed::with_salt(name.clone(), event_type, EventKind::Erase, body, expected, salt))
}

/// Another erasure is due before: nothing is called erased whose key may still be in the files.
fn unfinished(reason: &str) -> Error {
    Error::new(Kind::Unavailable, "dbx::store::unfinished", reason)
        .kept("nothing was written; what was erased before is erased, and its key may still be in the files")
        .help("see to what the message says, a full disk as a rule, and run the command again")
}

fn not_encrypted() -> Error {
    StoreError::NotEncrypted.into()
}
