//! Backups, and stores restored from them.

use super::caller::Caller;
use super::export::{ExportError, ExportProgress};
use super::{Local, OpenOptions};
use crate::domain::{Actor, AggregateKey, Erasure, Position, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::store::{
    BackupError, BackupInput, BackupSummary, CheckedBackup, RestoreProgress as Step, Store,
    check_chain,
};
use crate::wire::{BackupReport, ErasedAggregate, Issuer, RestoreReport};
use crate::workspace::files::{Access, create_atomic};
use std::io::{Read, Write};

/// A backup to read.
pub struct BackupSource<'a> {
    /// What errors call it.
    pub name: String,
    /// Its bytes.
    pub bytes: Box<dyn Read + 'a>,
}

/// How far a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreProgress {
    /// So many bytes of the backups were read and checked.
    Read(u64),
    /// The states, indexes and trees of `done` of `of` events were made anew.
    Rebuilt {
        /// Events that are done.
        done: u64,
        /// All events.
        of: u64,
    },
}

impl Local {
    /// Writes everything that the store holds at this moment into `sink`: the log, the records beside it and the wrapped
    /// data keys, and no key that opens or signs anything. With `since`, an earlier backup of this store, only what came
    /// after it, once its root is seen to be that of this log. Writes may go on meanwhile.
    ///
    /// `progress` is told about events, and may stop it by answering false.
    ///
    /// # Errors
    /// A token that does not allow everything, damage in the log, a `since` of another history, or what the sink says: it holds no backup then.
    pub fn backup(
        &self,
        caller: &Caller,
        since: Option<BackupSource<'_>>,
        sink: &mut dyn Write,
        progress: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<BackupReport, ExportError> {
        self.gate(caller)?.everything()?;
        let started = self.inner.options.clock.now();
        let base = match since {
            Some(BackupSource { name, bytes }) => {
                let of = BackupError::of(&name);
                let read = CheckedBackup::open(bytes).and_then(|base| base.finish(&mut |_| true));
                Some(read.map_err(of).map_err(Error::from)?)
            }
            None => None,
        };
        let mut told = |done, of| progress(ExportProgress { done, of });
        let made = self.store().backup(base.as_ref(), sink, &mut told);
        let took_ms = Some(since_ms(started, self.inner.options.clock.now()));
        made.map(|made| BackupReport { took_ms, ..report(&made) }).map_err(|error| match error {
            BackupError::Write(error) => ExportError::Output(error),
            error => ExportError::Service(error.into()),
        })
    }

    /// Restores the workspace's store from a whole backup and the increments that follow it, in their order. The new store
    /// has the identity of the one that was backed up; configuration and keys of the workspace stay. Every hash is
    /// recomputed before it takes the place of the old store, and until then the old one is untouched, whatever happens.
    ///
    /// What was erased or revoked in the store that is replaced stays so; `erasures` names what was erased elsewhere.
    ///
    /// The workspace must exist; its store may not. One that holds events or a schema is replaced only with `force`.
    ///
    /// # Errors
    /// A caller with a token, backups that are damaged or do not go on from each other, a store that holds something, or
    /// what the disk says.
    pub fn restore_backups(
        caller: &Caller,
        options: &OpenOptions,
        backups: Vec<BackupSource<'_>>,
        force: bool,
        erasures: &[ErasedAggregate],
        progress: &(dyn Fn(RestoreProgress) + Sync),
    ) -> Result<RestoreReport> {
        // No store is open that could say whether a token still holds: access to the files is the authority.
        if caller.rights().is_some() {
            let message = "a store is restored by whoever may use its files, and not with a token";
            return Err(Error::new(Kind::Forbidden, "dbx::token::forbidden", message)
                .kept("nothing was read or written")
                .help("leave `--token` out, and `DBX_TOKEN` and `EVENTDBX_TOKEN` unset"));
        }
        let started = options.clock.now();
        let inputs = backups
            .into_iter()
            .map(|backup| BackupInput { name: backup.name, source: backup.bytes })
            .collect();
        let told = |step| {
            progress(match step {
                Step::Read(bytes) => RestoreProgress::Read(bytes),
                Step::Rebuilt(done, of) => RestoreProgress::Rebuilt { done, of },
            });
        };
        let erasures = erasures.iter().map(erasure).collect::<Result<_>>()?;
        let made = Store::restore(&options.store(), inputs, force, erasures, &told)?;
        let path = &options.paths.schema_file;
        let schema_written = match &made.schema {
            Some(source) => {
                create_atomic(path, source.as_bytes(), Access::Shared).map_err(|error| {
                    let message = format!(
                        "the store was restored, but `{}` could not be written: {error}",
                        path.display()
                    );
                    Error::new(Kind::Unavailable, "dbx::restore::schema_file", message)
                        .help("`dbx schema show` prints the schema in force")
                })?
            }
            None => false,
        };
        Ok(RestoreReport {
            store: made.store.to_string(),
            position: made.position.to_string(),
            root: made.root.to_string(),
            aggregates: made.aggregates,
            bytes: made.bytes,
            took_ms: since_ms(started, options.clock.now()),
            schema_written,
            damage: made.damage,
            erased: made.erased,
            old_unread: force && made.old_unread,
        })
    }
}

/// Reads backups and checks everything about them that can be checked without restoring: checksums, bodies against their
/// headers, the root of the log from its events, and that each goes on where the one before it ended. The first may be an
/// increment. Needs no workspace.
///
/// `progress` is told how many bytes were read, and may stop it by answering false.
///
/// # Errors
/// What is wrong with them, and in which.
pub fn check_backups(
    backups: Vec<BackupSource<'_>>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<BackupReport>> {
    let (mut before, mut reports, mut done): (Option<(String, BackupSummary)>, Vec<_>, u64) =
        (None, Vec::new(), 0);
    for BackupSource { name, bytes } in backups {
        let reader = CheckedBackup::open(bytes).map_err(BackupError::of(&name))?;
        if let Some((before, summary)) = &before {
            check_chain(Some((before, summary)), (&name, reader.header()))?;
        }
        let read = reader.finish(&mut |bytes| progress(done + bytes));
        let summary = read.map_err(BackupError::of(&name))?;
        done += summary.bytes;
        reports.push(report(&summary));
        before = Some((name, summary));
    }
    Ok(reports)
}

/// An erasure as `dbx aggregate erasures --json` names it.
fn erasure(named: &ErasedAggregate) -> Result<(AggregateKey, Erasure)> {
    let name = AggregateKey::new(&named.aggregate_type, &named.aggregate_id)?;
    let bad = |what: &str| {
        let message = format!("the erasure of `{name}` has {what}");
        Error::new(Kind::Invalid, "dbx::restore::erasures", message)
            .kept("nothing was read or written")
            .help("`dbx aggregate erasures --json` prints what is expected")
    };
    let position = named.erased.position.parse().map_err(|_| bad("a position that is none"))?;
    let at = named.erased.at.parse().map_err(|_| bad("a time that is none"))?;
    let Issuer { group, user, uid } = named.erased.by.clone();
    let erasure = Erasure { position: Position(position), at, actor: Actor { group, user, uid } };
    Ok((name, erasure))
}

/// Milliseconds between two looks at a clock, which may have been set back.
fn since_ms(started: Timestamp, now: Timestamp) -> u64 {
    now.as_millis().saturating_sub(started.as_millis())
}

fn report(made: &BackupSummary) -> BackupReport {
    let after = made.header.base.as_ref().map_or(0, |base| base.position.get());
    BackupReport {
        store: made.header.store.to_string(),
        taken_at: made.header.taken.to_string(),
        after: after.to_string(),
        position: made.trailer.position.to_string(),
        root: made.trailer.root.to_string(),
        events: made.trailer.events,
        bytes: made.bytes,
        took_ms: None,
        damage: made.header.damage.clone(),
    }
}

/// What is said of a backup whose caller said stop.
pub(super) fn stopped() -> Error {
    BackupError::Stopped.into()
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        let message = error.to_string();
        named(error, message)
    }
}

/// As an error, with the message of what stands around it.
fn named(error: BackupError, message: String) -> Error {
    match error {
        BackupError::In { source, .. } => named(*source, message),
        BackupError::Store(error) => error.into(),
        BackupError::NotABackup => Error::new(Kind::Invalid, "dbx::backup::unknown", message)
            .kept("dbx changed nothing")
            .help("name a file that `dbx backup` wrote"),
        BackupError::NewerFormat { .. } => {
            Error::new(Kind::Invalid, "dbx::backup::newer_format", message)
                .kept("dbx changed nothing")
                .help("install a later version of dbx")
        }
        BackupError::Damaged { .. } | BackupError::CutShort { .. } => {
            Error::new(Kind::Corrupt, "dbx::backup::damaged", message)
                .kept("dbx changed nothing")
                .help("take another copy of the file; `dbx backup verify FILE` says whether one is whole")
        }
        BackupError::Chain(_) => Error::new(Kind::Invalid, "dbx::backup::chain", message)
            .kept("dbx changed nothing")
            .help("name a whole backup first, then every increment in the order in which they were made"),
        BackupError::OtherStore(_) => Error::new(Kind::Invalid, "dbx::backup::other_store", message)
            .kept("dbx changed nothing")
            .help("name a backup of this store, or make a whole one without `--since`"),
        BackupError::Rewritten(_) => Error::new(Kind::Corrupt, "dbx::backup::rewritten", message)
            .kept("dbx changed nothing")
            .help("keep the earlier backup: `dbx verify` says whether the store is sound in itself"),
        BackupError::NotEmpty { .. } => Error::new(Kind::Conflict, "dbx::restore::not_empty", message)
            .kept("the store was left as it is")
            .help("back it up, then replace it with `--force`; or restore into another folder with `dbx -C DIR restore`"),
        BackupError::Read(_) => Error::new(Kind::Unavailable, "dbx::backup::read", message)
            .kept("dbx changed nothing")
            .help("check the disk that it lies on, then run the command again"),
        BackupError::Write(_) => Error::new(Kind::Unavailable, "dbx::backup::write", message)
            .kept("the store was not touched"),
        BackupError::Stopped => Error::new(Kind::Interrupted, "dbx::backup::stopped", message)
            .kept("the store was not touched"),
    }
}
