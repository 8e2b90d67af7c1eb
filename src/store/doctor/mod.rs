//! The doctor: what is wrong with a store, whatever state its files are in, and what can be done about it.
//!
//! It never opens the store itself. It looks at the files, then lets the storage engine open a copy in `.dbx/salvage/`
//! ([`copy`]), without the keyspaces that it cannot open and with what the journals hold behind damage. From that copy it
//! reads every record and verifies everything ([`exam`]).
//!
//! A repair of records makes a whole new store beside the old one ([`rebuild`]): the longest good prefix of the log, the
//! records beside it that fit it, and what follows from both. The old files go to `.dbx/salvage/`, and so do the events
//! behind the prefix that can still be read. Only then does the new store take the place of the old one.

mod copy;
mod exam;
mod files;
mod lost;
mod plan;
mod rebuild;
mod records;
mod repair;
mod report;

pub(super) use copy::Copy;
pub(crate) use exam::examine;
pub(crate) use repair::{Salvage, repair};
