//! What the store says, as errors that a person can act on.

use crate::domain::AggregateKey;
use crate::error::{Detail, Error, Kind};
use crate::store::disk::DiskError;
use crate::store::{Holder, Refusal, Rejection, StoreError, Unseen};
use crate::wire::Operation;

pub(super) const NOTHING: &str = "nothing was written";

/// What became of events whatever happens to the process.
const ON_DISK: &str = "everything acknowledged before is on disk";

/// What became of events whose folder is no longer where it was.
const IN_THE_FOLDER: &str = "what was acknowledged is in the folder that was there";

const FIND_ANEW: &str = "run the command again: it finds what is there now";

/// The way from a workspace in the clear to one that is encrypted.
const MOVE: &str = "take the history out with `dbx aggregate export --format ndjson --events --output history.ndjson`, make an encrypted \
                    workspace elsewhere with `dbx init --encrypt DIR`, and bring it in there with `dbx import`";

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (message, gone) = (error.to_string(), error.is_gone());
        match error {
            StoreError::Disk(inner) => disk(&inner),
            StoreError::Engine(_) if is_no_space(&message) => no_space(message),
            StoreError::Engine(_) => Self::new(Kind::Unavailable, "dbx::store::engine", message)
                .kept(ON_DISK)
                .help("run the command again; `dbx doctor` says whether anything is damaged"),
            StoreError::Damaged(_) | StoreError::Record { .. } | StoreError::Inconsistent(_) => {
                Self::new(Kind::Corrupt, "dbx::store::damaged", message)
                    .kept("dbx changed nothing")
                    .help("run `dbx doctor`: it says what is damaged and how to repair it")
            }
            StoreError::ReadOnly { .. } => {
                Self::new(Kind::Corrupt, "dbx::store::read_only", message)
                    .kept("nothing was written; everything that is readable can still be read")
                    .help("run `dbx doctor`: it says what is damaged and how to repair it")
            }
            StoreError::Poisoned(_) => {
                let kept = if gone { IN_THE_FOLDER } else { ON_DISK };
                Self::new(Kind::Unavailable, "dbx::store::poisoned", message)
                    .kept(kept)
                    .help("start the process again")
            }
            StoreError::OutcomeUnknown(_) => outcome_unknown(message, gone),
            StoreError::NotBuilt(_) => Self::new(Kind::Invalid, "dbx::store::not_built", message)
                .help("run `dbx init`: it finishes what is missing and changes nothing else"),
            StoreError::NoKey(error) => Self::from(&*error),
            StoreError::Erased(name) => Refusal::Erased(name).into(),
            StoreError::NotEncrypted => {
                Self::new(Kind::Invalid, "dbx::seal::not_encrypted", message)
                    .kept(NOTHING)
                    .help(MOVE)
            }
            StoreError::PlainContents => {
                Self::new(Kind::Invalid, "dbx::seal::plain_contents", message)
                    .kept(NOTHING)
                    .help(MOVE)
            }
            StoreError::BeingRead => {
                Self::new(Kind::Unavailable, "dbx::store::being_read", message).kept(ON_DISK).help(
                    "try again when nothing reads the store for long; the next opening does it too",
                )
            }
            StoreError::Unanswered => Self::new(Kind::Internal, "dbx::store::panicked", message)
                .kept(ON_DISK)
                .help("this is a bug in dbx: please report it with what is printed above"),
            StoreError::Closed => Self::new(Kind::Unavailable, "dbx::store::closed", message)
                .help("open the workspace again"),
            StoreError::Stopped => {
                Self::new(Kind::Interrupted, "dbx::verify::stopped", "the verification was stopped")
                    .kept("dbx changed nothing")
            }
            StoreError::Panicked => Self::new(Kind::Internal, "dbx::store::panicked", message)
                .kept("dbx changed nothing")
                .help("this is a bug in dbx: please report it with what is printed above"),
            StoreError::Random(_) => Self::new(Kind::Unavailable, "dbx::store::random", message)
                .kept(NOTHING)
                .help("try again; without random bytes no event can be written"),
        }
    }
}

fn outcome_unknown(message: String, gone: bool) -> Error {
    let again = "look at `dbx log -n 1`, or try again with the same idempotency key: the event is then there exactly once";
    let (kept, help) = if gone {
        (IN_THE_FOLDER, FIND_ANEW.to_owned())
    } else if is_no_space(&message) {
        (ON_DISK, format!("free some space, then {again}"))
    } else {
        (ON_DISK, again.to_owned())
    };
    Error::new(Kind::Unavailable, "dbx::store::outcome_unknown", message).kept(kept).help(help)
}

fn no_space(message: String) -> Error {
    Error::new(Kind::Unavailable, "dbx::store::no_space", message)
        .kept(ON_DISK)
        .help("free some space, then run the command again")
}

fn is_full(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
}

/// The storage engine's own words: it does not hand out the kind of an error of the file system everywhere.
fn is_no_space(message: &str) -> bool {
    ["StorageFull", "No space left", "FileTooLarge", "File too large", "QuotaExceeded"]
        .iter()
        .any(|words| message.contains(words))
}

fn disk(error: &DiskError) -> Error {
    let message = error.to_string();
    match error {
        DiskError::Locked { holder } => {
            // A daemon is not done before somebody stops it; what comes here needs the store for itself.
            let command = holder.as_ref().map_or("", |holder: &Holder| holder.command.as_str());
            let first = match command {
                daemon if daemon.starts_with("dbx serve start") => "stop it with `dbx serve stop`",
                // What opens a dashboard is done when that is closed.
                "dbx tui" | "dbx demo" => "close the dashboard",
                _ => "wait until the other process is done",
            };
            Error::new(Kind::Unavailable, "dbx::store::locked", message)
                .kept(NOTHING)
                .help(format!("{first}, then run the command again"))
        }
        DiskError::NewerFormat { .. } | DiskError::UnknownFeature { .. } => {
            Error::new(Kind::Invalid, "dbx::store::newer_format", message)
                .kept("the store was left untouched")
                .help("install the version of dbx that the message names")
        }
        DiskError::Foreign { .. } => Error::new(Kind::Invalid, "dbx::workspace::foreign", message)
            .kept("the folder was left untouched")
            .help("move that folder away, or make the workspace elsewhere with `dbx -C DIR init`"),
        DiskError::LockGone { .. } => Error::new(Kind::Unavailable, "dbx::store::gone", message)
            .kept(IN_THE_FOLDER)
            .help(FIND_ANEW),
        DiskError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Error::new(Kind::Invalid, "dbx::store::permission", message)
                .kept(NOTHING)
                .help("dbx locks the store even to read it: check who owns `.dbx/`, and who may write there")
        }
        DiskError::Io { source, .. } if is_full(source.kind()) => no_space(message),
        DiskError::Io { source, .. } if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(Kind::Invalid, "dbx::store::read_only_disk", message).kept(NOTHING).help(
                "dbx needs to lock the store even to read it: mount the disk writable or copy it",
            )
        }
        error if error.is_corruption() => Error::new(Kind::Corrupt, "dbx::store::damaged", message)
            .kept("dbx changed nothing, and did not let the storage engine see the folder")
            .help("run `dbx doctor`: it says what is damaged and how to repair it"),
        _ => Error::new(Kind::Unavailable, "dbx::store::io", message)
            .kept(ON_DISK)
            .help("check the disk and who owns `.dbx/`, then run the command again"),
    }
}

/// As an error; `operations` is how many the commit has, which decides how its parts are pointed at.
pub(super) fn rejected(rejection: Rejection, operations: usize) -> Error {
    let Some(index) = rejection.operation else { return rejection.refusal.into() };
    let place = if operations == 1 { String::new() } else { format!("/operations/{index}") };
    let refusal = match rejection.refusal {
        Refusal::Schema { aggregate, event_type, violations } => {
            let under = format!("{place}/payload");
            let violations = violations.into_iter().map(|one| one.under(&under)).collect();
            Refusal::Schema { aggregate, event_type, violations }
        }
        other => other,
    };
    Error::from(refusal).operation(index)
}

/// Counts what the commit itself would have appended before its operation at fault out of the version that is told.
pub(super) fn as_stored(error: Error, operations: &[Operation]) -> Error {
    let (Some(version), Some(index)) = (error.version(), error.operation_index()) else {
        return error;
    };
    let name = |one: &Operation| (one.aggregate_type.clone(), one.aggregate_id.clone());
    let own = operations.get(index).map(name);
    let before = operations.iter().take(index).filter(|one| Some(name(one)) == own).count();
    error.at_version(version.saturating_sub(before as u64))
}

/// An archiving that references refuse, each of them a detail.
fn restricted(message: String, referrers: Vec<(AggregateKey, String)>, unseen: Unseen) -> Error {
    let detail = |message| Detail { pointer: String::new(), code: "restrict".into(), message };
    let named = referrers.into_iter().map(|(name, field)| detail(format!("`{name}` at `{field}`")));
    let rest = match unseen {
        Unseen::Count(0) => None,
        Unseen::Count(more) => Some(detail(format!("{more} more that are hidden from you"))),
        Unseen::Untold => Some(detail("others that you may not see".to_owned())),
    };
    Error::new(Kind::Conflict, "dbx::reference::restricted", message)
        .kept(NOTHING)
        .help("archive these first, or let them point elsewhere")
        .details(named.chain(rest).collect())
}

fn unpatched(message: String, test_failed: bool) -> Error {
    if !test_failed {
        return Error::new(Kind::Violation, "dbx::patch::invalid", message).kept(NOTHING);
    }
    Error::new(Kind::Conflict, "dbx::patch::test_failed", message)
        .kept(NOTHING)
        .help("look at the state as it is now, then make the patch anew")
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::Empty => Self::new(Kind::Invalid, "dbx::commit::empty", message).kept(NOTHING),
            Refusal::Version { aggregate, actual, .. } => Self::new(Kind::Version, "dbx::conflict::version", message)
                .kept(NOTHING)
                .at_version(actual.get())
                .help(format!(
                    "look at what happened with `dbx log {} {}`, then try again with the new version",
                    aggregate.aggregate_type, aggregate.id
                )),
            Refusal::Exists { aggregate, actual } => Self::new(Kind::Conflict, "dbx::conflict::exists", message)
                .kept(NOTHING)
                .at_version(actual.get())
                .help(format!(
                    "append to it with `dbx aggregate apply {} {} EVENT`",
                    aggregate.aggregate_type, aggregate.id
                )),
            Refusal::Unknown(aggregate) => Self::new(Kind::NotFound, "dbx::aggregate::unknown", message)
                .kept(NOTHING)
                .help(format!(
                    "make it with `dbx aggregate create {} {} --event EVENT`",
                    aggregate.aggregate_type, aggregate.id
                )),
            Refusal::Archived(aggregate) => {
                Self::new(Kind::Conflict, "dbx::aggregate::archived", message).kept(NOTHING).help(format!(
                    "an archived aggregate takes no events until it is restored: `dbx aggregate restore {} {}`",
                    aggregate.aggregate_type, aggregate.id
                ))
            }
            Refusal::Erased(_) => {
                Self::new(Kind::Conflict, "dbx::aggregate::erased", message)
                    .kept(NOTHING)
                    .help("its contents are gone for good, and it takes no events any more: choose another id")
            }
            Refusal::NotArchived(_) => {
                Self::new(Kind::Conflict, "dbx::aggregate::active", message).kept(NOTHING)
            }
            Refusal::Restricted { referrers, unseen, .. } => {
                restricted(message, referrers, unseen)
            }
            Refusal::Cascade { target, .. } => Self::new(Kind::TooLarge, "dbx::limit::cascade", message)
                .kept(NOTHING)
                .help(format!(
                    "let some of those that `dbx aggregate referrers {} {}` names point elsewhere first",
                    target.aggregate_type, target.id
                )),
            Refusal::Schema { violations, .. } => {
                let details = violations.into_iter().map(Detail::from).collect();
                Self::new(Kind::Violation, "dbx::schema::violation", message)
                    .kept(NOTHING)
                    .help("`dbx schema show` prints what the schema allows")
                    .details(details)
            }
            Refusal::Patch { test_failed, .. } => unpatched(message, test_failed),
            Refusal::KeyReused { first } => {
                Self::new(Kind::KeyReused, "dbx::conflict::idempotency_key", message)
                    .kept(NOTHING)
                    .help(format!("`dbx show '#{first}'` prints what the key was used for; take a new key for a new request"))
            }
            Refusal::StaleSchema { .. } => Self::new(Kind::Unavailable, "dbx::schema::moving", message)
                .kept(NOTHING)
                .help("the schema is being changed right now: try again"),
            Refusal::Token(refusal) => refusal.into(),
            Refusal::StageMoved => Self::new(Kind::Conflict, "dbx::stage::moved", message)
                .kept(NOTHING)
                .help("look at it with `dbx stage list`, then try again"),
            Refusal::TooLarge { .. } => Self::new(Kind::TooLarge, "dbx::limit::state", message).kept(NOTHING),
        }
    }
}
