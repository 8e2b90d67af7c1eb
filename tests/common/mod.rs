//! What integration tests share: a hermetic place to run `dbx` in, and snapshots of whole outputs.

mod copy;
mod damage;
mod owner;
mod process;
mod sandbox;
mod snap;
pub(crate) mod sources;
mod wait;

pub(crate) use copy::copy;
pub(crate) use damage::damage;
#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use process::{Daemon, Running};
#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use sandbox::{NOW, Output, Sandbox};
#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use snap::{redact, snap, snap_text};
#[allow(unused_imports, reason = "which of these a test needs changes with the tests")]
pub(crate) use wait::{AtEnd, PATIENCE, awaited, until};
