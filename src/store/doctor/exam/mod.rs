//! The examination: one line for each thing that can be wrong, in the order in which an opening depends on them.

mod journals;
mod keyspaces;
mod log;
mod look;
mod marks;

pub(crate) use look::{Examination, examine};
pub(super) use look::{Found, lock, look, plural};
