//! Everything around fjall's folder that protects it: who may touch it, what it must look like before fjall sees it,
//! and how it is left behind.
//!
//! fjall recreates what it misses and cuts its journal at the first thing that it cannot read, without a word. So an
//! opening runs in this order, all of it under the lock:
//!
//! ```text
//! StoreLock::acquire     .dbx/lock        one process at a time, from before the first look until ANCHOR is written
//! Format::read           .dbx/FORMAT      is it ours, and can this version read it
//! Anchor::open           .dbx/ANCHOR      how far the log was, and whether the last close was clean
//! preflight::check       .dbx/store/      is everything there that fjall would otherwise recreate empty
//! journal::scan          .dbx/store/*.jnl unless `Anchor::trusts` the journals: is every batch whole, in order
//! journal::cut           …                a torn tail only; anything worse is for a person to decide
//! tables::inspect        .dbx/store/keyspaces/N/  would fjall open each table that is in force, and not panic
//! fjall opens, then Anchor::write with `clean: false` before the first write
//! ```
//!
//! A new store: `format_file::inspect`, `Format::begin`, build `store/`, `fs::sync_tree`, `Anchor::create`, and last of all
//! `Format::write`.
//!
//! A clean close: `close::flush`, drop every handle of fjall, `close::flush_and_truncate`, `Anchor::write` with
//! `clean: true`, drop the lock.

pub mod anchor;
pub mod close;
mod error;
pub mod format_file;
pub mod fs;
pub mod journal;
pub mod lock;
pub mod preflight;
pub mod tables;

pub use anchor::Anchor;
pub use error::DiskError;
pub use format_file::Format;
pub use lock::{Holder, StoreLock, is_held};

/// The folder of fjall, in `.dbx/`. No file of dbx may be in it.
pub const STORE: &str = "store";
/// The lock of a whole store, in `.dbx/`.
pub const LOCK: &str = "lock";
/// Where damaged files are copied before anything is repaired, in `.dbx/`.
pub const SALVAGE: &str = "salvage";
