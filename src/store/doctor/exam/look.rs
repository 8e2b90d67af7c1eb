//! The whole of it, from the lock to what was left behind.

use super::journals::journals;
use super::keyspaces::keyspaces;
use super::log::records;
use super::marks::{anchor, format};
use crate::domain::Position;
use crate::store::disk::anchor::State;
use crate::store::disk::journal::Scan;
use crate::store::disk::{DiskError, Format, LOCK, StoreLock};
use crate::store::doctor::beside::Beside;
use crate::store::doctor::copy::Copy;
use crate::store::doctor::files;
use crate::store::doctor::lost::Lost;
use crate::store::doctor::plan::Files;
use crate::store::error::StoreError;
use crate::store::verify::Progress;
use crate::store::{Options, swap};
use crate::wire::{Health, HealthCheck, Repair};

/// What the doctor found out about a store.
#[derive(Debug, Default)]
pub(crate) struct Examination {
    /// A line for each thing that was looked at.
    pub(crate) checks: Vec<HealthCheck>,
    /// What can be repaired, in the order of doing.
    pub(crate) repairs: Vec<Repair>,
    /// Whether another process has the store.
    pub(crate) locked: bool,
}

impl Examination {
    /// Adds a line.
    pub(in crate::store::doctor) fn add(&mut self, line: HealthCheck) {
        self.checks.push(line);
    }
}

/// What an examination leaves for a repair.
pub(in crate::store::doctor) struct Found {
    pub(in crate::store::doctor) format: Option<Format>,
    pub(in crate::store::doctor) anchor: Option<State>,
    pub(in crate::store::doctor) scan: Scan,
    pub(in crate::store::doctor) copy: Option<Copy>,
    /// The last position up to which the log is good and made of whole commits.
    pub(in crate::store::doctor) good: Position,
    pub(in crate::store::doctor) lost: Lost,
    /// Whether anything beside the log is at fault.
    pub(in crate::store::doctor) beside: bool,
    /// What is lost of the records beside the log, which nothing else holds.
    pub(in crate::store::doctor) beside_lost: Beside,
    /// Whether changes beside the log are gone that ANCHOR knows of.
    pub(in crate::store::doctor) undone: bool,
    /// Whether all is well but that ANCHOR knew more than there is.
    pub(in crate::store::doctor) whole_but_anchor: bool,
}

/// Looks at everything, and changes nothing but what any opening would finish: a swap that was begun.
///
/// # Errors
/// What keeps it from looking, such as a disk without room for the copy; damage is in the answer.
pub(crate) fn examine(
    options: &Options,
    progress: Progress<'_>,
) -> Result<Examination, StoreError> {
    let _lock = match lock(options) {
        Ok(lock) => lock,
        Err(DiskError::Locked { holder }) => {
            let mut exam = Examination { locked: true, ..Examination::default() };
            let by =
                holder.map_or_else(|| "another process".to_owned(), |holder| holder.to_string());
            exam.add(
                HealthCheck::new("lock", Health::Unknown, format!("the store is in use by {by}"))
                    .help("wait until it is done, or stop it, and run `dbx doctor` again"),
            );
            return Ok(exam);
        }
        Err(error) => return Err(error.into()),
    };
    look(options, progress).map(|(exam, _)| exam)
}

pub(in crate::store::doctor) fn lock(options: &Options) -> Result<StoreLock, DiskError> {
    StoreLock::acquire(
        &options.dot.join(LOCK),
        options.lock_wait,
        &options.command,
        options.clock.now(),
    )
}

/// As [`examine`], for the holder of the lock.
pub(in crate::store::doctor) fn look(
    options: &Options,
    progress: Progress<'_>,
) -> Result<(Examination, Found), StoreError> {
    swap::settle(options)?;
    let mut exam = Examination::default();
    exam.add(HealthCheck::new("lock", Health::Ok, "nobody else has the store"));
    let mut found = Found {
        format: None,
        anchor: None,
        scan: Scan::default(),
        copy: None,
        good: Position(0),
        lost: Lost::default(),
        beside: false,
        beside_lost: Beside::default(),
        undone: false,
        whole_but_anchor: false,
    };
    if !format(options, &mut exam, &mut found)? {
        return Ok((exam, found));
    }
    let anchor_lost = anchor(options, &mut exam, &mut found)?;
    let journals = journals(options, &mut exam, &mut found)?;
    let Some(broken) = keyspaces(options, &mut exam, &mut found)? else {
        files::leftovers(options, &mut exam);
        return Ok((exam, found));
    };
    let state = Files { anchor_lost, journals, broken };
    records(options, &state, &mut exam, &mut found, progress)?;
    files::leftovers(options, &mut exam);
    Ok((exam, found))
}

pub(in crate::store::doctor) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
