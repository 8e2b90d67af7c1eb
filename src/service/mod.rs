//! The use cases, and the only door to the store.

pub mod token;
