//! The serde shapes of `--json`, HTTP and streams.
