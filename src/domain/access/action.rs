//! What may be done.

use super::{AccessError, nearest, shown};
use std::fmt;
use std::str::FromStr;

/// Something that a token may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Seeing states, events and proofs.
    AggregateRead,
    /// Seeing what the schema hides.
    AggregateReadHidden,
    /// Writing events to aggregates that exist.
    AggregateAppend,
    /// Writing the first event of an aggregate.
    AggregateCreate,
    /// Archiving and restoring.
    AggregateArchive,
    /// Destroying the contents of an aggregate.
    AggregateErase,
    /// Seeing the schema in force and those before it.
    SchemaRead,
    /// Applying a schema.
    SchemaWrite,
    /// Pulling events.
    OutboxRead,
    /// Making, seeing and revoking tokens.
    TokenManage,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 10] = [
        Self::AggregateRead,
        Self::AggregateReadHidden,
        Self::AggregateAppend,
        Self::AggregateCreate,
        Self::AggregateArchive,
        Self::AggregateErase,
        Self::SchemaRead,
        Self::SchemaWrite,
        Self::OutboxRead,
        Self::TokenManage,
    ];

    /// The name of the action, as `aggregate.read`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AggregateRead => "aggregate.read",
            Self::AggregateReadHidden => "aggregate.read_hidden",
            Self::AggregateAppend => "aggregate.append",
            Self::AggregateCreate => "aggregate.create",
            Self::AggregateArchive => "aggregate.archive",
            Self::AggregateErase => "aggregate.erase",
            Self::SchemaRead => "schema.read",
            Self::SchemaWrite => "schema.write",
            Self::OutboxRead => "outbox.read",
            Self::TokenManage => "token.manage",
        }
    }

    fn family(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One action, all of a family, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPattern(Pattern);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    All,
    Family(&'static str),
    One(Action),
}

impl ActionPattern {
    /// `*.*`: every action.
    pub fn all() -> Self {
        Self(Pattern::All)
    }

    /// Whether it stands for the action.
    pub fn matches(&self, action: Action) -> bool {
        match self.0 {
            Pattern::All => true,
            Pattern::Family(family) => action.family() == family,
            Pattern::One(one) => one == action,
        }
    }

    /// Whether it stands for whatever `other` stands for.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Pattern::All, _) => true,
            (_, Pattern::All) => false,
            (own, Pattern::Family(_)) => *own == other.0,
            (_, Pattern::One(action)) => self.matches(*action),
        }
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Pattern::All => f.write_str("*.*"),
            Pattern::Family(family) => write!(f, "{family}.*"),
            Pattern::One(action) => action.fmt(f),
        }
    }
}

const FAMILIES: [(&str, &str); 4] = [
    ("aggregate.*", "aggregate"),
    ("schema.*", "schema"),
    ("outbox.*", "outbox"),
    ("token.*", "token"),
];

impl FromStr for ActionPattern {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        if text == "*.*" {
            return Ok(Self::all());
        }
        if let Some((_, family)) = FAMILIES.iter().find(|(name, _)| *name == text) {
            return Ok(Self(Pattern::Family(family)));
        }
        if let Some(action) = Action::ALL.into_iter().find(|action| action.as_str() == text) {
            return Ok(Self(Pattern::One(action)));
        }
        let names = Action::ALL.map(Action::as_str);
        let families = FAMILIES.iter().map(|(name, _)| *name).filter(|_| text.ends_with('*'));
        let near = match text {
            "*" => Some("*.*"),
            _ => nearest(text, families.chain(names)),
        };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("there are {}, `aggregate.*` and its like, and `*.*`", names.join(", "))
            }
        };
        Err(AccessError { message: format!("`{}` is not an action", shown(text)), help })
    }
}
