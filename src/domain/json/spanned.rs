//! JSON values that know where they stand: what the schema language reads, so that every key and value inside
//! `rules` can be pointed at.

use super::read::{Build, parse_prefix};
use super::{Json, Limits, Number, Object, ReadError};
use std::collections::HashMap;
use std::ops::Range;

/// A value and the bytes of the source that it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the value.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A JSON value whose parts have spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its own text.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object, its members in the order in which they were written.
    Object(Vec<Member>),
}

/// One `"key": value` of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key.
    pub key: String,
    /// The bytes of the key, quotes included.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value without its spans.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::String(text) => Json::String(text.clone()),
            Value::Array(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|member| (member.key.clone(), member.value.to_json()))
                    .collect::<Object>(),
            ),
        }
    }
}

/// Reads the value that starts at byte `offset` of `source`, after white space and comments, and says at which
/// byte it ends.
///
/// # Errors
/// The first place where the value is not JSON.
pub fn read_at(source: &str, offset: usize, limits: Limits) -> Result<(Node, usize), ReadError> {
    parse_prefix(source, offset, limits, &mut Spanned)
}

struct Spanned;

impl Build for Spanned {
    type Value = Node;
    type Members = (Vec<Member>, HashMap<String, Range<usize>>);

    fn null(&mut self, span: Range<usize>) -> Node {
        Node { span, value: Value::Null }
    }

    fn bool(&mut self, value: bool, span: Range<usize>) -> Node {
        Node { span, value: Value::Bool(value) }
    }

    fn number(&mut self, text: &str, span: Range<usize>) -> Node {
        Node { span, value: Value::Number(Number(text.into())) }
    }

    fn string(&mut self, value: String, span: Range<usize>) -> Node {
        Node { span, value: Value::String(value) }
    }

    fn array(&mut self, items: Vec<Node>, span: Range<usize>) -> Node {
        Node { span, value: Value::Array(items) }
    }

    fn members(&mut self) -> Self::Members {
        (Vec::new(), HashMap::new())
    }

    fn first_span(&self, members: &Self::Members, key: &str) -> Option<Range<usize>> {
        members.1.get(key).cloned()
    }

    fn member(
        &mut self,
        members: &mut Self::Members,
        key: String,
        key_span: Range<usize>,
        value: Node,
    ) {
        members.1.insert(key.clone(), key_span.clone());
        members.0.push(Member { key, key_span, value });
    }

    fn object(&mut self, members: Self::Members, span: Range<usize>) -> Node {
        Node { span, value: Value::Object(members.0) }
    }
}
