//! To what something may be done.

use super::{AccessError, glob, nearest, shown};
use std::fmt;
use std::str::FromStr;

/// A set of things that something may be done to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// Everything there is.
    All,
    /// The schema.
    Schema,
    /// Aggregates, by patterns of type and id.
    Aggregates {
        /// A pattern of types.
        aggregate_type: String,
        /// A pattern of ids.
        id: String,
    },
}

impl Resource {
    pub(super) fn is_aggregate(&self, name: &str, wanted: &str) -> bool {
        match self {
            Self::All => true,
            Self::Schema => false,
            Self::Aggregates { aggregate_type, id } => {
                glob::matches(aggregate_type, name) && glob::matches(id, wanted)
            }
        }
    }

    /// Whether every aggregate of the type is in it.
    pub(super) fn is_whole_type(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Schema => false,
            Self::Aggregates { aggregate_type, id } => {
                glob::matches(aggregate_type, name) && glob::is_any(id)
            }
        }
    }

    /// Whether an aggregate of the type may be in it, or any aggregate.
    pub(super) fn is_in_type(&self, name: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Schema => false,
            Self::Aggregates { aggregate_type, .. } => {
                name.is_none_or(|name| glob::matches(aggregate_type, name))
            }
        }
    }

    pub(super) fn is_every_aggregate(&self) -> bool {
        match self {
            Self::All => true,
            Self::Schema => false,
            Self::Aggregates { aggregate_type, id } => {
                glob::is_any(aggregate_type) && glob::is_any(id)
            }
        }
    }

    /// Whether whatever is in `other` is in this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) | (Self::Schema, Self::Schema) => true,
            // A star of the other pattern is a character here, which only a star matches: whatever it stands for, that
            // star stands for as well.
            (own, Self::Aggregates { aggregate_type, id }) => own.is_aggregate(aggregate_type, id),
            _ => false,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Schema => f.write_str("schema"),
            Self::Aggregates { aggregate_type, id } => write!(f, "aggregate:{aggregate_type}:{id}"),
        }
    }
}

/// The longest type or id in a pattern: that of a name, with room for stars.
const PART_CHARS_MAX: usize = 160;

fn is_type(text: &str) -> bool {
    is_part(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_id(text: &str) -> bool {
    is_part(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn is_part(text: &str, of_name: impl Fn(u8) -> bool) -> bool {
    (1..=PART_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte == b'*' || of_name(byte))
}

impl FromStr for Resource {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        match text {
            "*" => return Ok(Self::All),
            "schema" => return Ok(Self::Schema),
            _ => {}
        }
        let parts: Vec<&str> = text.split(':').collect();
        if let ["aggregate", aggregate_type, id] = parts.as_slice()
            && is_type(aggregate_type)
            && is_id(id)
        {
            return Ok(Self::Aggregates {
                aggregate_type: (*aggregate_type).to_owned(),
                id: (*id).to_owned(),
            });
        }
        let help = match meant(text) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                "write `aggregate:TYPE:ID` with `*` for any characters, `schema`, or `*`".into()
            }
        };
        Err(AccessError { message: format!("`{}` is not a resource", shown(text)), help })
    }
}

/// What was most likely meant.
fn meant(text: &str) -> Option<String> {
    if text == "*.*" || text == "*:*" || text == "*:*:*" {
        return Some("*".to_owned());
    }
    if !text.contains([':', '/']) {
        return nearest(text, ["schema"].into_iter()).map(str::to_owned);
    }
    let parts: Vec<&str> = text.split([':', '/']).collect();
    let (aggregate_type, id) = match parts.as_slice() {
        ["aggregate" | "aggregates", aggregate_type] => (*aggregate_type, "*"),
        ["aggregate" | "aggregates", aggregate_type, id] | [aggregate_type, id] => {
            (*aggregate_type, *id)
        }
        _ => return None,
    };
    (is_type(aggregate_type) && is_id(id)).then(|| format!("aggregate:{aggregate_type}:{id}"))
}
