//! The filter language: one for the command line, the dashboard and HTTP.
//!
//! ```text
//! type:order status:paid          both: a space is "and"
//! status:paid | status:open       one of them; `a b | c` is `(a b) | c`
//! -status:paid  -(a | b)          not
//! total:>100  v:3..7  at:-2h..    comparisons and ranges; an end may be left out, both ends are included
//! customer.name:Jane*  "odd key".x:"quoted text"
//! ord42                           the letters of the id in this order, as fuzzy finders do; `order/4` names the type too
//! ```
//!
//! | key | what it looks at |
//! | --- | --- |
//! | `type:` `id:` | the aggregate |
//! | `v:` | the version |
//! | `event:` | the event's type; dots count as underscores |
//! | `actor:` | `user` or `group/user` |
//! | `corr:` | the event's `@correlation` |
//! | `at:` | the time: `2026-11-20` is the whole day, `-2h` needs a range or a comparison |
//! | `is:` | `archived` or `active` |
//! | anything else | a path into the state (of an event: its payload); a quoted key is always one: `"type":x` |
//!
//! Values of a state compare as what they are: numbers by exact value, also where a string holds them; times as
//! instants; other strings by their characters. A quoted value is text and nothing else. `name:*` asks whether there
//! is a value other than null. An array fits when one of its items does.

mod expr;
mod lexer;
mod matcher;
mod parser;

pub use matcher::FilterSubject;

use super::time::Timestamp;
use expr::{Expr, Term, Text, TextKey};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The longest filter, in bytes.
pub const FILTER_BYTES_MAX: usize = 8192;

/// How deep parentheses and negations may nest.
pub const FILTER_DEPTH_MAX: usize = 32;

/// A question that a record answers with yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    expr: Expr,
    now: Option<Timestamp>,
}

/// Where a filter is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// The bytes of the token at fault.
    pub span: Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl FilterError {
    fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into() }
    }
}

impl Filter {
    /// Reads a filter that has no relative times. The empty text is the filter that lets everything through.
    ///
    /// # Errors
    /// The first token that is wrong; a relative time such as `at:-2h..` is one here.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { expr: parser::parse(text, None)?, now: None })
    }

    /// Reads a filter; relative times such as `at:-2h..` count back from `now`.
    ///
    /// # Errors
    /// The first token that is wrong.
    pub fn parse_at(text: &str, now: Timestamp) -> Result<Self, FilterError> {
        Ok(Self { expr: parser::parse(text, Some(now))?, now: Some(now) })
    }

    /// Whether the filter lets `record` through.
    pub fn matches(&self, record: &dyn FilterSubject) -> bool {
        matcher::matches(&self.expr, record, self.now.unwrap_or_default())
    }

    /// Whether the filter lets everything through because it asks nothing.
    pub fn is_empty(&self) -> bool {
        matches!(&self.expr, Expr::All(parts) if parts.is_empty())
    }

    /// The aggregate type that every match has, if the filter names one: a reader can then skip all others.
    pub fn required_type(&self) -> Option<&str> {
        let parts = match &self.expr {
            Expr::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        parts.iter().find_map(|part| match part {
            Expr::Term(Term::Text(TextKey::Type, Text::Is(name))) => Some(name.text.as_str()),
            _ => None,
        })
    }

    /// Whether the filter looks into states or payloads: a reader that need not load them is faster.
    pub fn looks_into_state(&self) -> bool {
        self.has(|term| matches!(term, Term::State(..)))
    }

    /// Whether the filter asks what happened, by whom or with what: a list of aggregates has to read an event for that.
    pub fn looks_at_event(&self) -> bool {
        let of_event =
            |key: &TextKey| matches!(key, TextKey::Event | TextKey::Actor | TextKey::Correlation);
        self.has(|term| matches!(term, Term::Text(key, _) if of_event(key)))
    }

    /// Whether the filter asks for a correlation, which stands in an event's body and not in its header.
    pub fn looks_at_correlation(&self) -> bool {
        self.has(|term| matches!(term, Term::Text(TextKey::Correlation, _)))
    }

    /// Whether a term of it is such a one.
    fn has(&self, wanted: impl Fn(&Term) -> bool) -> bool {
        fn any(expr: &Expr, wanted: &dyn Fn(&Term) -> bool) -> bool {
            match expr {
                Expr::All(parts) | Expr::Any(parts) => parts.iter().any(|part| any(part, wanted)),
                Expr::Not(inner) => any(inner, wanted),
                Expr::Term(term) => wanted(term),
            }
        }
        any(&self.expr, &wanted)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

/// The filter in its shortest spelling, which reads back as the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

#[cfg(test)]
mod tests;
