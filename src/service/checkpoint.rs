//! Checkpoints: what the log is now, signed, and whether it still is what it was.

use super::Local;
use super::caller::Caller;
use super::check::{read_checkpoint, read_key};
use super::prove::size;
use crate::domain::access::Action;
use crate::domain::{Hash, Position};
use crate::error::{Error, Kind, Result};
use crate::proof::{Checkpoint, Frontier, NoteError, SignedNote, VerifierKey, body_hash};
use crate::store::{Progress, StoreError, View};
use crate::wire::{CheckpointVerdict, SignedCheckpoint};
use crate::workspace::CheckpointKey;
use std::ops::ControlFlow;

/// After how many events it is told how far a verification is.
const PACE: u64 = 256;

/// What every store's own origin begins with.
const ORIGIN: &str = "dbx/";

impl Local {
    /// The log as it is now, signed with the workspace's key, which is made where there is none yet.
    ///
    /// # Errors
    /// A store that is damaged, a name that cannot sign, or a key that cannot be used.
    pub fn checkpoint(&self, caller: &Caller, origin: Option<&str>) -> Result<SignedCheckpoint> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        if let Some(reason) = self.store().read_only() {
            let error = Error::from(StoreError::ReadOnly { reason: reason.to_owned() });
            return Err(error.kept("nothing was signed"));
        }
        let view = self.view()?;
        let (size, root) = (size(&view, None)?, view.end()?.root);
        let (secret, key) = self.signer(origin)?;
        let checkpoint = Checkpoint { origin: key.name().to_owned(), size, root };
        let note = SignedNote::sign(checkpoint.to_string(), &key, |bytes| secret.sign(bytes));
        Ok(SignedCheckpoint {
            origin: checkpoint.origin,
            size,
            root: root.to_string(),
            note: note.to_string(),
            verifier_key: key.to_string(),
        })
    }

    /// What others need to check the signatures of the workspace's checkpoints.
    ///
    /// # Errors
    /// A name that cannot sign, or a key that cannot be used.
    pub fn checkpoint_key(&self, caller: &Caller, origin: Option<&str>) -> Result<String> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        Ok(self.signer(origin)?.1.to_string())
    }

    /// Holds the log against a checkpoint from earlier: recomputes, from the bytes of every event, the root that it had
    /// then and the root that it has now. Of the signatures that of `key` counts, or that of the workspace's own key.
    ///
    /// # Errors
    /// No checkpoint, no key, or a log that cannot be read. A log that is another one is no error but in the verdict.
    pub fn verify_checkpoint(
        &self,
        caller: &Caller,
        note: &str,
        key: Option<&str>,
        progress: Progress<'_>,
    ) -> Result<CheckpointVerdict> {
        self.verify_checkpoint_while(caller, note, key, &|done, of| {
            progress(done, of);
            true
        })
    }

    /// As [`Local::verify_checkpoint`], for as long as `told` says that the answer is wanted.
    ///
    /// # Errors
    /// As there, and that the answer is not wanted any more.
    pub(crate) fn verify_checkpoint_while(
        &self,
        caller: &Caller,
        note: &str,
        key: Option<&str>,
        told: &dyn Fn(u64, u64) -> bool,
    ) -> Result<CheckpointVerdict> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let (note, checkpoint) = read_checkpoint(note)?;
        let mut faults: Vec<String> =
            self.store().read_only().map(str::to_owned).into_iter().collect();
        let signed_by = self.signed_by(&note, key, &mut faults)?;
        let view = self.view()?;
        let log = recompute(&view, checkpoint.size, &mut faults, told)?;
        let Checkpoint { origin, size, root } = checkpoint;
        let own = self.origin();
        if origin.starts_with(ORIGIN) && origin != own {
            faults.push(format!("the checkpoint is one of `{origin}`, and this log is `{own}`"));
        } else if let Some(then) = log.then {
            if then != root {
                faults.push(format!(
                    "the first {size} events are not those of the checkpoint: they were rewritten"
                ));
            }
        } else {
            faults.push(format!(
                "the checkpoint is ahead of the log, which has {} of its {size} events: it was rolled back or cut",
                log.size
            ));
        }
        let end = view.end()?;
        if (end.position.get(), end.root) != (log.size, log.root) {
            faults
                .push(format!("the root {} that is recorded is not that of the events", end.root));
        }
        Ok(CheckpointVerdict {
            ok: faults.is_empty(),
            origin,
            size,
            root: root.to_string(),
            recomputed: log.then.map(|hash| hash.to_string()),
            log_size: log.size,
            log_root: log.root.to_string(),
            signed_by,
            faults,
        })
    }

    fn origin(&self) -> String {
        format!("{ORIGIN}{}", self.store().uuid())
    }

    fn signer(&self, origin: Option<&str>) -> Result<(CheckpointKey, VerifierKey)> {
        let name = origin.map_or_else(|| self.origin(), str::to_owned);
        let named = |public| {
            VerifierKey::new(&name, public).map_err(|error: NoteError| {
                Error::new(Kind::Invalid, "dbx::checkpoint::origin", format!("`{name}`: {error}"))
                    .help("an origin is like `example.com/orders`")
            })
        };
        // The name is looked at before a key is made.
        named([0; 32])?;
        let secret = CheckpointKey::ensure(self.paths())?;
        let key = named(secret.public_key())?;
        Ok((secret, key))
    }

    /// Whose signature was checked.
    fn signed_by(
        &self,
        note: &SignedNote,
        key: Option<&str>,
        faults: &mut Vec<String>,
    ) -> Result<Option<String>> {
        let known: Vec<VerifierKey> = match key {
            Some(key) => vec![read_key(key)?],
            // The own key may have signed under any name.
            None => match CheckpointKey::find(self.paths())? {
                Some(own) => {
                    let names = note.signatures.iter().map(|signature| signature.name.as_str());
                    names.filter_map(|name| VerifierKey::new(name, own.public_key()).ok()).collect()
                }
                None => Vec::new(),
            },
        };
        for known in known {
            match note.verify(&known) {
                Ok(()) => return Ok(Some(known.to_string())),
                Err(NoteError::Unsigned) if key.is_none() => {}
                Err(error) => faults.push(format!("{}: {error}", known.name())),
            }
        }
        Ok(None)
    }
}

/// What the events themselves say.
struct Recomputed {
    size: u64,
    root: Hash,
    /// The root at the size of the checkpoint; `None` where the log is shorter.
    then: Option<Hash>,
}

fn recompute(
    view: &View,
    size: u64,
    faults: &mut Vec<String>,
    told: &dyn Fn(u64, u64) -> bool,
) -> Result<Recomputed> {
    let mut frontier = Frontier::new();
    let mut then = (size == 0).then(|| frontier.root());
    let mut foreign = None;
    let last = view.last_chunk()?.map_or(0, |chunk| chunk.first() + chunk.count() as u64 - 1);
    view.scan(Position(1), Position(last), false, |event| {
        let (expected, place) = (frontier.size() + 1, event.position());
        if place.get() != expected {
            return Err(StoreError::Inconsistent(format!("event #{expected} is missing")));
        }
        if foreign.is_none() && body_hash(event.body_bytes()) != event.header()?.body_hash {
            foreign = Some(place);
        }
        frontier.push(event.leaf());
        if frontier.size() == size {
            then = Some(frontier.root());
        }
        let stop = expected.is_multiple_of(PACE) || expected == last;
        if stop && !told(expected, last) {
            return Err(StoreError::Stopped);
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    if let Some(place) = foreign {
        faults.push(format!("the body of event #{place} is not the one that was committed"));
    }
    Ok(Recomputed { size: frontier.size(), root: frontier.root(), then })
}
