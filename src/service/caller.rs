//! Who asks, and how strictly.

use crate::domain::Actor;
use std::fmt;
use std::str::FromStr;

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

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name under which events are written.
    pub actor: Actor,
    /// How writes are held against the schema.
    pub restrict: Restrict,
    /// Whether hidden aggregates and fields are shown.
    pub show_hidden: bool,
}

impl Caller {
    /// The local user: without a token, access to the files is the authority.
    pub fn local(user: impl Into<String>, restrict: Restrict) -> Self {
        let uid = rustix::process::getuid().as_raw();
        let actor = Actor { group: "local".into(), user: user.into(), uid: Some(uid) };
        Self { actor, restrict, show_hidden: false }
    }
}
