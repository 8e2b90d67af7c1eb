//! Finding `.dbx/`, its configuration, init and templates.
//!
//! A workspace is a folder with a `.dbx/` in it. This layer knows where everything in there lies and who may read it;
//! what the store keeps in `store/` is not its business.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`mod@env`] | the one place that reads the process's environment |
//! | [`mod@discover`] | the nearest `.dbx/`, walking up as git does |
//! | [`paths`] | where everything lies |
//! | [`config`] | keys, defaults, precedence, and edits that keep comments |
//! | [`mod@init`] | makes a workspace; safe to repeat |
//! | [`marks`] | what tells our `.dbx/` from another program's |
//! | [`keys`] | the Ed25519 key that signs tokens |
//! | [`checkpoint_key`] | the other Ed25519 key, which signs checkpoints |
//! | [`data_key`] | the master key of an encrypted workspace |
//! | [`socket`] | where the socket of a running owner is |
//! | [`ttl`] | how long a token holds |
//! | [`files`] | private files and folders, replaced atomically |
//! | [`log`] | the files of a daemon's log |
//! | [`schema_file`] | `schema.dbx` as a text |
//! | [`watch`] | being told when files change |

pub mod checkpoint_key;
pub mod config;
pub mod data_key;
pub mod discover;
pub mod env;
pub mod files;
pub mod init;
pub mod keys;
pub mod log;
pub mod marks;
pub mod paths;
pub mod schema_file;
pub mod socket;
pub mod ttl;
pub mod watch;

pub use checkpoint_key::CheckpointKey;
pub use config::{Config, ConfigError, ConfigProblem, Key, Origin, Overrides};
pub use data_key::{DataKeyError, DataKeys, Protection};
pub use discover::{DiscoverError, discover};
pub use env::Env;
pub use init::{InitError, InitOptions, InitReport, Template, init};
pub use keys::{KeyError, TokenKey};
pub use log::LogFile;
pub use paths::Paths;
pub use ttl::{Ttl, TtlError};
pub use watch::FileWatch;
