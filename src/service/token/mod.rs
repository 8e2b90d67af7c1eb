//! Tokens: who else than the local user may do what, and how they prove it.
//!
//! A token is a JWT (RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037) by the workspace's key in `.dbx/keys/`. It says
//! who its holder is and what that one may do; the words are those of [`domain::access`](crate::domain::access). The
//! store has a record of each that was handed out, without the token itself: a token without a record does not hold,
//! one that was revoked neither. What was written with it is counted there too, in the very batch of the commit, so that
//! two writers never spend the same.
//!
//! ```text
//! {"iss":"dbx/STORE","jti":ID,"group":…,"user":…,"actions":[…],"resources":[…],"iat":…,"exp":…,"limit":…,"keep_alive":…}
//! ```
//!
//! - `exp` is the end, whatever happens: the token holds before that second and not from it on.
//! - `keep_alive` is how many seconds a token holds without being used: each use puts its end off by as much again, but
//!   never beyond `exp`. Uses are written down when a tenth of that time went by since the last one that was, so that
//!   reading does not wait for the disk each time: a token may end up to a tenth early, and never late.
//! - `limit` is how many events may be written with it. Dry runs, replays of an idempotency key and events that follow by
//!   a cascade do not count.
//!
//! Without a token the access to the files is the authority, and everything is allowed.

mod bearer;
mod claims;
mod jwt;
mod known;
mod manage;

pub use bearer::{Bearer, identify};
pub use claims::{Claims, TOKEN_BYTES_MAX};
pub(crate) use known::Known;

/// The group of the bootstrap token.
pub const BOOTSTRAP_GROUP: &str = "cli";

/// The user of the bootstrap token.
pub const BOOTSTRAP_USER: &str = "bootstrap";
