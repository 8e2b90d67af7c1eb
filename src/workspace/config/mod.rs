//! The configuration: its keys, where values come from, and edits that keep comments.
//!
//! Flags win over the environment, the environment over `.dbx/config.toml`, the file over the defaults. Problems of the
//! file are data ([`ConfigProblem`]), so that each surface shows them in its own way.

mod edit;
mod key;
mod problem;
mod read;
mod resolve;

pub use edit::{set, set_filter, value_of};
pub use key::{Key, PAYLOAD_LIMIT_MAX, Value};
pub use problem::{ConfigError, ConfigProblem, ConfigSource, Severity};
pub use read::read_file;
pub use resolve::{Config, Entry, Loaded, Origin, Overrides, load};
