//! Tokens: asking for one, and what is known of those that were handed out.

use super::event::Issuer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The group under which its holder writes.
    pub group: String,
    /// The user under which its holder writes.
    pub user: String,
    /// What it allows: `aggregate.read`, `aggregate.*`, `*.*`.
    pub actions: Vec<String>,
    /// To what: `aggregate:order:*`, `schema`, `*`.
    pub resources: Vec<String>,
    /// After how many seconds it expires; absent where it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// How many events may be written with it; absent for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// For how many seconds it holds without being used; absent for any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<u64>,
}

/// A token that was just made: the only time that it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenIssued {
    /// The token, a secret.
    pub token: String,
    /// Its id, by which it is revoked.
    pub id: String,
    /// The group under which its holder writes.
    pub group: String,
    /// The user under which its holder writes.
    pub user: String,
    /// What it allows.
    pub actions: Vec<String>,
    /// To what.
    pub resources: Vec<String>,
    /// When it expires; null where it never does.
    pub expires_at: Option<String>,
    /// How many events may be written with it; absent for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// For how many seconds it holds without being used; absent for any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<u64>,
    /// The id of the token whose place it takes, which was revoked with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// Without the secret.
impl std::fmt::Debug for TokenIssued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenIssued").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenStatus {
    /// It holds.
    Active,
    /// Its time is over.
    Expired,
    /// It was not used for longer than it is kept alive.
    Idle,
    /// It was revoked.
    Revoked,
    /// It holds, but as many events were written with it as it allows.
    UsedUp,
}

/// A token that was handed out. The token itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenInfo {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: TokenStatus,
    /// The group under which its holder writes.
    pub group: String,
    /// The user under which its holder writes.
    pub user: String,
    /// What it allows.
    pub actions: Vec<String>,
    /// To what.
    pub resources: Vec<String>,
    /// When it was made.
    pub issued_at: String,
    /// Who made it.
    pub issued_by: Issuer,
    /// When it expires; null where it never does.
    pub expires_at: Option<String>,
    /// For how many seconds it holds without being used; null for any time.
    pub keep_alive: Option<u64>,
    /// When it ends if it is not used again; null without a keep-alive.
    pub idle_at: Option<String>,
    /// When it was used last, as far as that is kept: at every write, and at reads with a keep-alive.
    pub last_used_at: Option<String>,
    /// How many events were written with it. Events that followed by a cascade do not count.
    pub written: u64,
    /// How many may be written; null for any number.
    pub limit: Option<u64>,
    /// When it was revoked; null where it was not.
    pub revoked_at: Option<String>,
    /// Who revoked it.
    pub revoked_by: Option<Issuer>,
    /// The id of the token that took its place.
    pub replaced_by: Option<String>,
}

/// Tokens, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenList {
    /// The tokens.
    pub tokens: Vec<TokenInfo>,
}
