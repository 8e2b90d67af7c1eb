//! Two schemas side by side: what differs, and what breaks.

mod breaking;
mod diff;
mod shapes;

pub use breaking::{Break, Class, breaking};
pub use diff::{Change, ChangeKind, diff};

#[cfg(test)]
mod tests;
