//! What is different about the parts of the schema.

use crate::schema::{Break, ChangeKind};
use crate::wire::Impact;

/// What a change does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Nothing that was right is wrong after it.
    Additive,
    /// Writers may be refused, or something is no longer declared.
    Risky,
    /// What is stored is no longer right.
    Breaking,
    /// It has errors.
    Invalid,
}

impl Verdict {
    pub(crate) const ALL: [Self; 4] = [Self::Additive, Self::Risky, Self::Breaking, Self::Invalid];

    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Risky => "risky",
            Self::Breaking => "BREAKING",
            Self::Invalid => "invalid",
        }
    }
}

/// A part of a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Declared {
    Aggregate,
    Field(String),
    Event(String),
}

/// What is different about a part of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangeRow {
    pub(crate) aggregate: String,
    pub(crate) declared: Declared,
    pub(crate) kind: ChangeKind,
    /// What, in words.
    pub(crate) what: String,
    pub(crate) verdict: Verdict,
    pub(crate) breaks: Vec<Break>,
}

impl ChangeRow {
    /// The part in words: `field status`.
    pub(crate) fn part(&self) -> String {
        match &self.declared {
            Declared::Aggregate => "aggregate".to_owned(),
            Declared::Field(name) => format!("field {name}"),
            Declared::Event(name) => format!("event {name}"),
        }
    }

    /// How the sign before it is written.
    pub(crate) fn sign(&self) -> &'static str {
        match self.kind {
            ChangeKind::Added => "+",
            ChangeKind::Removed => "-",
            ChangeKind::Changed => "~",
        }
    }

    /// Whether it can concern what is stored.
    pub(crate) fn concerns(&self) -> bool {
        match self.verdict {
            Verdict::Invalid => false,
            Verdict::Additive => self.kind != ChangeKind::Added,
            Verdict::Risky | Verdict::Breaking => true,
        }
    }

    /// What of `impacts` is about it.
    pub(crate) fn impacts<'a>(&self, impacts: &'a [Impact]) -> Vec<&'a Impact> {
        let about = |impact: &&Impact| {
            self.breaks.iter().any(|one| one.code == impact.code && one.path == impact.path)
        };
        impacts.iter().filter(about).collect()
    }
}
