//! JSON exactly as it was written.
//!
//! A payload is a fact, so nothing of it may change on its way through dbx: the text of a number survives to its
//! last digit, the order of keys is kept, `1` is never `"1"`, and `null` is a value. General-purpose JSON types go
//! through floats or silently keep the last of two equal keys; this one refuses what is ambiguous (RFC 8259 leaves
//! duplicate keys and depth to the implementation) and points at the byte.
//!
//! The same reader serves `schema.dbx`, whose values are JSON with a span on every key and value: see [`spanned`].

mod compare;
mod patch;
mod pointer;
mod read;
mod serde;
pub mod spanned;
mod write;

#[cfg(test)]
mod tests;

pub use compare::{compare_numbers, same_value};
pub use patch::{Operation, Patch, PatchError};
pub use pointer::{Pointer, PointerError};
pub use read::{Limits, ReadError, ReadErrorKind};

use std::fmt;

/// A JSON object: its keys in the order in which they were written, each once.
pub type Object = indexmap::IndexMap<String, Json>;

/// How deep a value may nest: `[]` is one level.
pub const DEPTH_MAX: usize = 64;

/// One JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its own text.
    Number(Number),
    /// A string, with its escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object. Equality ignores the order of keys, as JSON does.
    Object(Object),
}

/// The text of a JSON number. Equality compares the text: `1` and `1.0` are different facts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// The number whose text is `text`; `None` unless it follows the grammar of RFC 8259 section 6.
    pub fn new(text: &str) -> Option<Self> {
        read::is_number(text).then(|| Self(text.into()))
    }

    /// The text of the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string().into())
    }
}

impl Json {
    /// Reads one value that fills the whole of `text`, at most [`DEPTH_MAX`] deep.
    ///
    /// # Errors
    /// The first place where `text` is not strict JSON, has a duplicate key or nests too deep.
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        read::parse(text, Limits::default(), &mut read::Plain)
    }

    /// Reads one value from bytes: they must be UTF-8 too.
    ///
    /// # Errors
    /// As [`Json::parse`]; bytes that are not UTF-8 are an error at the first such byte.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, ReadError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(error) => {
                Err(ReadError { kind: ReadErrorKind::NotUtf8, offset: error.valid_up_to() })
            }
        }
    }

    /// A string value.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// What kind of value this is, as a word for messages: `null`, `boolean`, `number`, `string`, `array`, `object`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The member `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.as_object().and_then(|object| object.get(key))
    }

    /// The value over several lines, two spaces a level, for people to read.
    pub fn to_pretty(&self) -> String {
        let mut out = String::new();
        write::pretty(self, 0, &mut out);
        out
    }
}

/// Room for the text of a common value, so that most are written without growing.
const TEXT_BYTES: usize = 256;

/// The minified text: no white space, keys in their order, numbers as written.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::with_capacity(TEXT_BYTES);
        write::minified(self, &mut out);
        f.write_str(&out)
    }
}

/// The minified text of an object: see [`Json`]'s `Display`.
pub fn object_to_string(object: &Object) -> String {
    let mut out = String::with_capacity(TEXT_BYTES);
    write::minified_object(object, &mut out);
    out
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Object> for Json {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}
