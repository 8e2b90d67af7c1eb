//! The integration tests: one binary, so that they link once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says so by panicking"
)]

mod cli;
mod common;
mod docs;
mod fuzz;
mod layers;
mod schema;
#[cfg(unix)]
mod server;
mod service;
#[cfg(unix)]
mod store;
mod tree;
