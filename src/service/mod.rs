//! The use cases, and the only door to the store.
