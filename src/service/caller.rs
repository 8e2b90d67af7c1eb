//! Who asks, and how strictly.

use super::token::Bearer;
use crate::domain::access::{Action, Rights};
use crate::domain::{Actor, AggregateKey, Hash};
use crate::store::{Manager, Ticket};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use uuid::Uuid;

/// The group of those who use the files without a token.
pub(super) const LOCAL_GROUP: &str = "local";

/// How writes are held against the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restrict {
    /// Everything is accepted.
    Off,
    /// Aggregates that have a schema are checked.
    #[default]
    Default,
    /// Aggregates without a schema are refused.
    Strict,
}

impl Restrict {
    /// The word for the mode.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Default => "default",
            Self::Strict => "strict",
        }
    }
}

impl fmt::Display for Restrict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Restrict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Off, Self::Default, Self::Strict]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a mode: use off, default or strict"))
    }
}

/// Who asks, and what that one may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name under which events are written.
    pub actor: Actor,
    /// How writes are held against the schema.
    pub restrict: Restrict,
    /// Whether hidden aggregates and fields are asked for.
    pub show_hidden: bool,
    /// What it may do; `None` where the files are the authority.
    grant: Option<Grant>,
}

/// What a caller may do.
#[derive(Clone, PartialEq, Eq)]
struct Grant {
    /// The id of its token and the hash of what is signed; `None` for whoever has none that holds.
    token: Option<(Uuid, Hash)>,
    rights: Arc<Rights>,
    /// The token itself, for the process that has the store.
    text: Arc<str>,
}

/// Without the secret.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.token.map(|(id, _)| id);
        let mut shown = f.debug_struct("Grant");
        shown.field("token", &id).field("rights", &self.rights).finish_non_exhaustive()
    }
}

impl Caller {
    /// The local user: without a token, access to the files is the authority.
    pub fn local(user: impl Into<String>, restrict: Restrict) -> Self {
        let uid = rustix::process::getuid().as_raw();
        let actor = Actor { group: LOCAL_GROUP.into(), user: user.into(), uid: Some(uid) };
        Self { actor, restrict, show_hidden: false, grant: None }
    }

    /// The user at the other end of the socket, as the operating system and the user's own command name that one.
    pub fn peer(user: impl Into<String>, uid: u32, restrict: Restrict) -> Self {
        let actor = Actor { group: LOCAL_GROUP.into(), user: user.into(), uid: Some(uid) };
        Self { actor, restrict, show_hidden: false, grant: None }
    }

    /// Whoever came with a token.
    pub fn bearing(bearer: &Bearer, restrict: Restrict) -> Self {
        let grant = Grant {
            token: Some((bearer.token, bearer.hash)),
            rights: bearer.rights.clone(),
            text: bearer.text.clone(),
        };
        Self { actor: bearer.actor.clone(), restrict, show_hidden: false, grant: Some(grant) }
    }

    /// Somebody who may do nothing: whoever came with a token that does not hold.
    pub fn nobody() -> Self {
        let grant = Grant { token: None, rights: Arc::new(Rights::none()), text: Arc::from("") };
        let actor = Actor { group: "nobody".into(), user: "nobody".into(), uid: None };
        Self { actor, restrict: Restrict::Strict, show_hidden: false, grant: Some(grant) }
    }

    /// What its token allows; `None` where everything is.
    pub(crate) fn rights(&self) -> Option<&Arc<Rights>> {
        self.grant.as_ref().map(|grant| &grant.rights)
    }

    /// The id of its token, and the hash of what is signed.
    pub(super) fn token(&self) -> Option<(Uuid, Hash)> {
        self.grant.as_ref()?.token
    }

    /// Whether it came with a token, which may end.
    pub(crate) fn has_token(&self) -> bool {
        self.grant.is_some()
    }

    /// Its token as it came in, a secret; `None` where there is none.
    pub(super) fn token_text(&self) -> Option<&str> {
        Some(&*self.grant.as_ref()?.text)
    }

    /// Whether it may see an aggregate.
    pub(super) fn reads(&self, aggregate: &AggregateKey) -> bool {
        self.rights().is_none_or(|rights| rights.allow(Action::AggregateRead, aggregate))
    }

    /// What the writer has to know of its token.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        let (token, _) = self.token()?;
        Some(Ticket { token, rights: self.rights()?.clone() })
    }

    /// On whose behalf tokens are changed.
    pub(super) fn manager(&self) -> Manager {
        let token = self.token().map(|(id, _)| id);
        Manager { actor: self.actor.clone(), token }
    }
}
