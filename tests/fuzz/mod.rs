//! What fuzzing asks of dbx: one function for each target, which takes any bytes and panics where a promise is broken.
//!
//! ```console
//! $ cargo +nightly fuzz run --fuzz-dir tests/fuzz schema tests/fuzz/corpus/schema tests/fuzz/seeds/schema
//! ```
//!
//! The same functions run over their seeds, and over small changes of them, with every `cargo test`.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a library to the fuzzer, a module to the tests; a broken promise is a panic"
)]

pub mod access;
pub mod address;
pub mod backup;
pub mod files;
pub mod filter;
pub mod history;
pub mod journal;
pub mod json;
pub mod note;
pub mod patch;
pub mod payload;
pub mod proof;
pub mod record;
pub mod schema;
#[cfg(test)]
mod seeds;
pub mod table;
pub mod token;

/// What separates the parts of an input that has several.
const PARTS: &str = "\n===\n";

/// The input as text in `N` parts; those that are missing are empty.
fn parts<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let mut parts = std::str::from_utf8(data).ok()?.splitn(N, PARTS);
    Some(std::array::from_fn(|_| parts.next().unwrap_or_default()))
}

/// Holds a place that an error names against the text that it is about.
fn assert_within(text: &str, span: &std::ops::Range<usize>) {
    assert!(text.get(span.clone()).is_some(), "{span:?} is no part of {text:?}");
}
