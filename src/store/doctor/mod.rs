//! The doctor: what is wrong with a store, whatever state its files are in, and what can be done about it.
//!
//! It never opens the store itself. It looks at the files, then lets the storage engine open a copy in `.dbx/salvage/`
//! ([`copy`]), without the keyspaces whose files are not what they should be and with what the journals hold behind damage.
//! What follows from no other record (the log, the records beside it, the keys) is gathered from each table by itself
//! ([`gather`]). From that copy it reads every record and verifies everything ([`exam`]), and says what is lost of the log
//! ([`lost`]) and beside it ([`beside`]).
//!
//! A repair of records makes a whole new store beside the old one ([`rebuild`]): the longest good prefix of the log, the
//! records beside it that fit it, and what follows from both. The old files go to `.dbx/salvage/`, and so do the events
//! behind the prefix that can still be read. Only then does the new store take the place of the old one.

mod beside;
mod copy;
mod exam;
mod files;
mod gather;
mod lost;
mod plan;
mod rebuild;
mod records;
mod repair;
mod report;
mod staged;

pub(super) use copy::Copy;
pub(crate) use exam::examine;
pub(crate) use repair::{Salvage, repair};

/// What a repair cannot keep of the log.
#[cfg(test)]
pub(super) fn lost(options: &super::Options) -> Result<lost::Lost, super::StoreError> {
    exam::look(options, &|_, _| {}).map(|(_, found)| found.lost)
}
