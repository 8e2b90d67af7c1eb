//! The tree of a schema file: what stands where, before anything is checked.

use crate::domain::json::spanned::Node;
use std::ops::Range;

/// A parsed file.
#[derive(Debug, Clone, Default)]
pub struct Ast {
    /// The aggregates, in the order of the source.
    pub aggregates: Vec<Block>,
    /// The bytes of every comment, those inside values included, in the order of the source.
    pub comments: Vec<Range<usize>>,
}

/// What a block declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// `aggregate NAME { … }`
    Aggregate,
    /// `field NAME { … }`
    Field,
    /// `event NAME { … }`
    Event,
}

impl BlockKind {
    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Field => "field",
            Self::Event => "event",
        }
    }

    /// The kind that `keyword` starts.
    pub(super) fn from_keyword(keyword: &str) -> Option<Self> {
        [Self::Aggregate, Self::Field, Self::Event]
            .into_iter()
            .find(|kind| kind.as_str() == keyword)
    }
}

/// A keyword, a name and what stands between the braces.
#[derive(Debug, Clone)]
pub struct Block {
    /// What it declares.
    pub kind: BlockKind,
    /// From the keyword to the closing brace.
    pub span: Range<usize>,
    /// The name.
    pub name: Name,
    /// The byte after the opening brace.
    pub body_start: usize,
    /// Properties and, in an aggregate, fields and events.
    pub items: Vec<Item>,
    /// Whether a syntax error inside may have hidden items: then nothing is said about what is missing.
    pub damaged: bool,
}

/// What stands in a block.
#[derive(Debug, Clone)]
pub enum Item {
    /// `key = value`
    Property(Property),
    /// A field or an event.
    Block(Block),
}

/// A name, bare or in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name itself, escapes resolved.
    pub text: String,
    /// Its bytes, quotes included.
    pub span: Range<usize>,
}

/// `key = value`
#[derive(Debug, Clone)]
pub struct Property {
    /// The key.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Range<usize>,
    /// The value; `None` when it is not JSON, which has been reported.
    pub value: Option<Node>,
}

impl Property {
    /// From the key to the end of the value.
    pub(super) fn span(&self) -> Range<usize> {
        let end = self.value.as_ref().map_or(self.key_span.end, |value| value.span.end);
        self.key_span.start..end
    }
}

impl Item {
    /// The bytes of the item.
    pub(super) fn span(&self) -> Range<usize> {
        match self {
            Self::Property(property) => property.span(),
            Self::Block(block) => block.span.clone(),
        }
    }
}
