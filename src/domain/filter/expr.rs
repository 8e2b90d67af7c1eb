//! What a filter means, and how it is written.

use crate::domain::json::Number;
use crate::domain::moment::Moment;
use std::fmt;

/// Keys that are not paths into a state unless they are quoted.
pub(super) const RESERVED: [&str; 8] = ["type", "id", "v", "event", "actor", "corr", "at", "is"];

/// Characters that end a bare word or mean something in it.
pub(super) fn is_special(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '(' | ')' | '|')
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// Every part; none for the empty filter, otherwise at least two.
    All(Vec<Expr>),
    /// One of at least two parts.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Term(Term),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    Fuzzy(Literal),
    Text(TextKey, Text),
    Version(Test<u64>),
    At(Test<Moment>),
    Archived(bool),
    State(Vec<String>, StateTest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKey {
    Type,
    Id,
    Event,
    Actor,
    Correlation,
}

impl TextKey {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Id => "id",
            Self::Event => "event",
            Self::Actor => "actor",
            Self::Correlation => "corr",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    Is(Literal),
    Like(Pattern),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StateTest {
    Like(Pattern),
    Value(Test<Literal>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test<T> {
    Is(T),
    Compare(Comparison, T),
    /// At least one end is given.
    Between(Option<T>, Option<T>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
}

impl Comparison {
    /// The longer ones first, so that `>=` is not read as `>`.
    pub(super) const ALL: [(Self, &'static str); 4] =
        [(Self::AtLeast, ">="), (Self::AtMost, "<="), (Self::Above, ">"), (Self::Below, "<")];

    fn as_str(self) -> &'static str {
        let found = Self::ALL.iter().find(|(comparison, _)| *comparison == self);
        found.map_or("", |(_, text)| text)
    }
}

/// A value as it was written, and what else it may be read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) text: String,
    /// Whether it is text only.
    pub(super) quoted: bool,
    pub(super) number: Option<Number>,
    pub(super) moment: Option<Moment>,
}

/// The texts between the stars: at least two, of which any may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(pub(super) Vec<String>);

impl Pattern {
    /// Whether this is nothing but stars.
    pub(super) fn is_anything(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { write_quoted(f, &self.text) } else { f.write_str(&self.text) }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, piece) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("*")?;
            }
            let special = piece.contains(|c| is_special(c) || c == '*') || piece.contains("..");
            if special || (index == 0 && piece.starts_with(['<', '>'])) {
                write_quoted(f, piece)?;
            } else {
                f.write_str(piece)?;
            }
        }
        Ok(())
    }
}

impl<T: fmt::Display> fmt::Display for Test<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => value.fmt(f),
            Self::Compare(comparison, value) => write!(f, "{}{value}", comparison.as_str()),
            Self::Between(from, to) => {
                if let Some(from) = from {
                    from.fmt(f)?;
                }
                f.write_str("..")?;
                to.as_ref().map_or(Ok(()), |to| to.fmt(f))
            }
        }
    }
}

fn write_path(f: &mut fmt::Formatter<'_>, path: &[String]) -> fmt::Result {
    let only_one = path.len() == 1;
    for (index, segment) in path.iter().enumerate() {
        if index > 0 {
            f.write_str(".")?;
        }
        let special = |c| is_special(c) || matches!(c, '*' | ':' | '.');
        let needs_quotes = segment.is_empty()
            || segment.contains(special)
            || (index == 0 && segment.starts_with('-'))
            || (only_one && RESERVED.contains(&segment.as_str()));
        if needs_quotes {
            write_quoted(f, segment)?;
        } else {
            f.write_str(segment)?;
        }
    }
    f.write_str(":")
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fuzzy(word) => word.fmt(f),
            Self::Text(key, Text::Is(value)) => write!(f, "{}:{value}", key.as_str()),
            Self::Text(key, Text::Like(pattern)) => write!(f, "{}:{pattern}", key.as_str()),
            Self::Version(test) => write!(f, "v:{test}"),
            Self::At(test) => write!(f, "at:{test}"),
            Self::Archived(true) => f.write_str("is:archived"),
            Self::Archived(false) => f.write_str("is:active"),
            Self::State(path, test) => {
                write_path(f, path)?;
                match test {
                    StateTest::Like(pattern) => pattern.fmt(f),
                    StateTest::Value(test) => test.fmt(f),
                }
            }
        }
    }
}

impl Expr {
    fn write_inside(&self, f: &mut fmt::Formatter<'_>, bare: bool) -> fmt::Result {
        if bare { write!(f, "{self}") } else { write!(f, "({self})") }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, separator) = match self {
            Self::Term(term) => return term.fmt(f),
            Self::Not(inner) => {
                f.write_str("-")?;
                return inner.write_inside(f, matches!(**inner, Self::Term(_) | Self::Not(_)));
            }
            Self::All(parts) => (parts, " "),
            Self::Any(parts) => (parts, " | "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(separator)?;
            }
            let binds_tighter = match part {
                Self::Term(_) | Self::Not(_) => true,
                Self::All(_) => matches!(self, Self::Any(_)),
                Self::Any(_) => false,
            };
            part.write_inside(f, binds_tighter)?;
        }
        Ok(())
    }
}
