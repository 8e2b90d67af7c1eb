//! `dbx verify` of what comes from elsewhere: proofs and checkpoints.

mod checkpoint;
mod proof;

pub(super) use checkpoint::checkpoint;
pub(super) use proof::proof;
