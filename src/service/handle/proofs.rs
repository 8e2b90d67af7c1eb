//! Proofs and checkpoints, and verifying the log.

use super::{At, Call, Caller, Going, Piece, Service};
use crate::error::{Error, Result};
use crate::store::{Progress, StoreError};
use crate::wire::{
    CheckpointCheck, CheckpointParams, CheckpointVerdict, ConsistencyParams, LogVerdict, Proof,
    ProveQuery, SignedCheckpoint, VerifyParams, VerifyProgress,
};
use std::sync::atomic::{AtomicBool, Ordering};

impl Service {
    /// As [`Local::prove_inclusion`](crate::service::Local::prove_inclusion).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn prove_inclusion(&self, caller: &Caller, query: &ProveQuery) -> Result<Proof> {
        match &self.at {
            At::Here(local) => local.prove_inclusion(caller, query),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", &query.aggregate_type, &query.aggregate_id, "proof"])
                    .query(query),
            ),
        }
    }

    /// As [`Local::prove_consistency`](crate::service::Local::prove_consistency).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn prove_consistency(
        &self,
        caller: &Caller,
        old_size: u64,
        new_size: Option<u64>,
    ) -> Result<Proof> {
        match &self.at {
            At::Here(local) => local.prove_consistency(caller, old_size, new_size),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["proofs", "consistency"])
                    .query(&ConsistencyParams { from: old_size, to: new_size }),
            ),
        }
    }

    /// As [`Local::checkpoint`](crate::service::Local::checkpoint).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn checkpoint(&self, caller: &Caller, origin: Option<&str>) -> Result<SignedCheckpoint> {
        match &self.at {
            At::Here(local) => local.checkpoint(caller, origin),
            At::There(remote) => {
                remote.ask(caller, Call::post(&["checkpoint"]).json(&CheckpointParams::of(origin)))
            }
        }
    }

    /// As [`Local::checkpoint_key`](crate::service::Local::checkpoint_key).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn checkpoint_key(&self, caller: &Caller, origin: Option<&str>) -> Result<String> {
        match &self.at {
            At::Here(local) => local.checkpoint_key(caller, origin),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["checkpoint", "key"]).query(&CheckpointParams::of(origin)),
            ),
        }
    }

    /// As [`Local::verify_checkpoint`](crate::service::Local::verify_checkpoint).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn verify_checkpoint(
        &self,
        caller: &Caller,
        note: &str,
        key: Option<&str>,
        progress: Progress<'_>,
    ) -> Result<CheckpointVerdict> {
        match &self.at {
            At::Here(local) => local.verify_checkpoint(caller, note, key, progress),
            At::There(remote) => {
                let check = CheckpointCheck { note: note.to_owned(), key: key.map(str::to_owned) };
                let call = Call::post(&["checkpoint", "verify"]).json(&check);
                remote.stream(caller, call, None, told(progress, &|_, _| {}))
            }
        }
    }

    /// As [`Local::verify`](crate::service::Local::verify).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn verify(&self, caller: &Caller, progress: Progress<'_>) -> Result<LogVerdict> {
        match &self.at {
            At::Here(local) => local.verify(caller, progress),
            At::There(remote) => {
                let call = Call::post(&["verify"]).json(&VerifyParams { events: true });
                remote.stream(caller, call, None, told(progress, &|_, _| {}))
            }
        }
    }

    /// As [`Local::verify_all`](crate::service::Local::verify_all).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn verify_all(
        &self,
        caller: &Caller,
        progress: Progress<'_>,
        refolded: Progress<'_>,
    ) -> Result<LogVerdict> {
        match &self.at {
            At::Here(local) => local.verify_all(caller, progress, refolded),
            At::There(remote) => {
                let call = Call::post(&["verify"]).json(&VerifyParams { events: false });
                remote.stream(caller, call, None, told(progress, refolded))
            }
        }
    }

    /// As [`Service::verify_all`], until `stop` is set.
    ///
    /// # Errors
    /// As there, and that it was stopped.
    pub fn verify_all_until(
        &self,
        caller: &Caller,
        progress: Progress<'_>,
        refolded: Progress<'_>,
        stop: &AtomicBool,
    ) -> Result<LogVerdict> {
        match &self.at {
            At::Here(local) => {
                let told =
                    |done, of, refold| if refold { refolded(done, of) } else { progress(done, of) };
                local.verify_while(caller, true, &told, &|| !stop.load(Ordering::Relaxed))
            }
            At::There(remote) => {
                let call = Call::post(&["verify"]).json(&VerifyParams { events: false });
                remote.stream(caller, call, None, told_until(progress, refolded, stop))
            }
        }
    }
}

/// As [`told`], until `stop` is set. The connection ends with the call, so that the other end has nobody to tell.
fn told_until(
    progress: Progress<'_>,
    refolded: Progress<'_>,
    stop: &AtomicBool,
) -> impl FnMut(Piece<VerifyProgress>) -> Result<Going, Error> {
    let mut told = told(progress, refolded);
    move |piece| {
        let going = told(piece)?;
        if stop.load(Ordering::Relaxed) { Err(StoreError::Stopped.into()) } else { Ok(going) }
    }
}

/// Passes on how far a verification is.
fn told(
    progress: Progress<'_>,
    refolded: Progress<'_>,
) -> impl FnMut(Piece<VerifyProgress>) -> Result<Going, Error> {
    move |piece| {
        if let Piece::Progress(at) = piece {
            let told = if at.refold { refolded } else { progress };
            told(at.done, at.of);
        }
        Ok(Going::On)
    }
}
