//! The strict JSON reader (RFC 8259) behind payloads and schema values.
//!
//! One reader makes both plain values and values with spans, by way of [`Build`]. It works on bytes, never recurses
//! deeper than its limit, and reports the first fault with its byte offset.

use super::{Json, Number, Object};
use std::ops::Range;

/// What a read may contain.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep arrays and objects may nest.
    pub depth_max: usize,
    /// Whether `#` and `//` start a comment to the end of the line, as they do in `schema.dbx`.
    pub comments: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth_max: super::DEPTH_MAX, comments: false }
    }
}

/// Where and why text is not JSON that dbx accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// The byte at which it was noticed, from 0.
    pub offset: usize,
}

/// What is wrong with a JSON text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadErrorKind {
    /// The text stops inside a value.
    #[error("unexpected end of the JSON text")]
    UnexpectedEnd,
    /// A byte that cannot stand here.
    #[error("expected {expected}")]
    Expected {
        /// What could stand here instead.
        expected: &'static str,
    },
    /// A number that the grammar does not allow: `01`, `1.`, `+1`, `.5`.
    #[error("not a JSON number")]
    Number,
    /// A control character inside a string.
    #[error("control character in a string, write it as \\u00XX")]
    ControlCharacter,
    /// An escape that JSON does not know, or half of a surrogate pair.
    #[error("bad escape in a string")]
    Escape,
    /// A key that the object already has.
    #[error("duplicate key `{key}`")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stood first.
        first: Range<usize>,
    },
    /// Nesting beyond the limit.
    #[error("nested deeper than {max} levels")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// Something after the value.
    #[error("unexpected text after the JSON value")]
    Trailing,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
}

/// Makes values out of what the reader sees. `span` is the bytes of the value in the text.
pub(super) trait Build {
    type Value;
    type Members;
    fn null(&mut self, span: Range<usize>) -> Self::Value;
    fn bool(&mut self, value: bool, span: Range<usize>) -> Self::Value;
    fn number(&mut self, text: &str, span: Range<usize>) -> Self::Value;
    fn string(&mut self, value: String, span: Range<usize>) -> Self::Value;
    fn array(&mut self, items: Vec<Self::Value>, span: Range<usize>) -> Self::Value;
    fn members(&mut self) -> Self::Members;
    /// The span of the key if the object has it already.
    fn first_span(&self, members: &Self::Members, key: &str) -> Option<Range<usize>>;
    fn member(
        &mut self,
        members: &mut Self::Members,
        key: String,
        key_span: Range<usize>,
        value: Self::Value,
    );
    fn object(&mut self, members: Self::Members, span: Range<usize>) -> Self::Value;
}

/// Builds plain [`Json`].
pub(super) struct Plain;

impl Build for Plain {
    type Value = Json;
    type Members = Object;

    fn null(&mut self, _: Range<usize>) -> Json {
        Json::Null
    }

    fn bool(&mut self, value: bool, _: Range<usize>) -> Json {
        Json::Bool(value)
    }

    fn number(&mut self, text: &str, _: Range<usize>) -> Json {
        Json::Number(Number(text.into()))
    }

    fn string(&mut self, value: String, _: Range<usize>) -> Json {
        Json::String(value)
    }

    fn array(&mut self, items: Vec<Json>, _: Range<usize>) -> Json {
        Json::Array(items)
    }

    fn members(&mut self) -> Object {
        Object::new()
    }

    fn first_span(&self, members: &Object, key: &str) -> Option<Range<usize>> {
        members.contains_key(key).then_some(0..0)
    }

    fn member(&mut self, members: &mut Object, key: String, _: Range<usize>, value: Json) {
        members.insert(key, value);
    }

    fn object(&mut self, members: Object, _: Range<usize>) -> Json {
        Json::Object(members)
    }
}

/// Reads one value that fills the whole of `text`.
pub(super) fn parse<B: Build>(
    text: &str,
    limits: Limits,
    build: &mut B,
) -> Result<B::Value, ReadError> {
    let (value, end) = parse_prefix(text, 0, limits, build)?;
    let mut reader = Reader { text, at: end, limits };
    reader.skip_space();
    if reader.at < text.len() {
        return Err(ReadError { kind: ReadErrorKind::Trailing, offset: reader.at });
    }
    Ok(value)
}

/// Reads one value that starts at `offset` (after white space) and says where it ends.
pub(super) fn parse_prefix<B: Build>(
    text: &str,
    offset: usize,
    limits: Limits,
    build: &mut B,
) -> Result<(B::Value, usize), ReadError> {
    let mut reader = Reader { text, at: offset, limits };
    reader.skip_space();
    let value = reader.value(build, 0)?;
    Ok((value, reader.at))
}

/// Whether `text` is a number by RFC 8259 section 6, whole.
pub(super) fn is_number(text: &str) -> bool {
    let mut reader = Reader { text, at: 0, limits: Limits::default() };
    reader.number().is_ok() && reader.at == text.len()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    limits: Limits,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fail<T>(&self, kind: ReadErrorKind) -> Result<T, ReadError> {
        let kind = if self.at >= self.text.len() { ReadErrorKind::UnexpectedEnd } else { kind };
        Err(ReadError { kind, offset: self.at })
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'#' if self.limits.comments => self.skip_line(),
                b'/' if self.limits.comments
                    && self.text.as_bytes().get(self.at + 1) == Some(&b'/') =>
                {
                    self.skip_line();
                }
                _ => return,
            }
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn value<B: Build>(&mut self, build: &mut B, depth: usize) -> Result<B::Value, ReadError> {
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(build, depth),
            Some(b'[') => self.array(build, depth),
            Some(b'"') => {
                let value = self.string()?;
                Ok(build.string(value, start..self.at))
            }
            // `+1` and `.5` are numbers to most people: the number says that they are none.
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => {
                self.number()?;
                let text = self.text.get(start..self.at).unwrap_or_default();
                Ok(build.number(text, start..self.at))
            }
            Some(b'n') => self.word("null").map(|()| build.null(start..self.at)),
            Some(b't') => self.word("true").map(|()| build.bool(true, start..self.at)),
            Some(b'f') => self.word("false").map(|()| build.bool(false, start..self.at)),
            _ => self.fail(ReadErrorKind::Expected { expected: "a JSON value" }),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), ReadError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let after = rest.as_bytes().get(word.len()).copied();
        if rest.starts_with(word) && !after.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            self.at += word.len();
            return Ok(());
        }
        self.fail(ReadErrorKind::Expected { expected: "a JSON value" })
    }

    fn enter(&self, depth: usize) -> Result<usize, ReadError> {
        if depth >= self.limits.depth_max {
            return self.fail(ReadErrorKind::TooDeep { max: self.limits.depth_max });
        }
        Ok(depth + 1)
    }

    fn array<B: Build>(&mut self, build: &mut B, depth: usize) -> Result<B::Value, ReadError> {
        let (start, depth) = (self.at, self.enter(depth)?);
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(build.array(items, start..self.at));
        }
        loop {
            self.skip_space();
            items.push(self.value(build, depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(build.array(items, start..self.at));
                }
                _ => return self.fail(ReadErrorKind::Expected { expected: "`,` or `]`" }),
            }
        }
    }

    fn object<B: Build>(&mut self, build: &mut B, depth: usize) -> Result<B::Value, ReadError> {
        let (start, depth) = (self.at, self.enter(depth)?);
        self.at += 1;
        let mut members = build.members();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(build.object(members, start..self.at));
        }
        loop {
            self.skip_space();
            let key_start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail(ReadErrorKind::Expected { expected: "a key in double quotes" });
            }
            let key = self.string()?;
            let key_span = key_start..self.at;
            if let Some(first) = build.first_span(&members, &key) {
                let kind = ReadErrorKind::DuplicateKey { key, first };
                return Err(ReadError { kind, offset: key_start });
            }
            self.skip_space();
            if self.peek() != Some(b':') {
                return self.fail(ReadErrorKind::Expected { expected: "`:`" });
            }
            self.at += 1;
            self.skip_space();
            let value = self.value(build, depth)?;
            build.member(&mut members, key, key_span, value);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(build.object(members, start..self.at));
                }
                _ => return self.fail(ReadErrorKind::Expected { expected: "`,` or `}`" }),
            }
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<(), ReadError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return self.fail(ReadErrorKind::Number);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.fail(ReadErrorKind::Number);
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.fail(ReadErrorKind::Number);
            }
        }
        // `01`, `1x`: say that the number is wrong instead of complaining about what follows it.
        if self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
            return self.fail(ReadErrorKind::Number);
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, ReadError> {
        self.at += 1;
        let mut out = String::new();
        let mut clean_from = self.at;
        loop {
            match self.peek() {
                None => return self.fail(ReadErrorKind::UnexpectedEnd),
                Some(b'"') => {
                    out.push_str(self.text.get(clean_from..self.at).unwrap_or_default());
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(self.text.get(clean_from..self.at).unwrap_or_default());
                    out.push(self.escape()?);
                    clean_from = self.at;
                }
                Some(byte) if byte < 0x20 => return self.fail(ReadErrorKind::ControlCharacter),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, ReadError> {
        let start = self.at;
        self.at += 1;
        let simple = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape(start);
            }
            _ => return self.fail(ReadErrorKind::Escape),
        };
        self.at += 1;
        Ok(simple)
    }

    /// `\uXXXX`, or two of them for a character beyond the basic plane. Half a pair is no text and is refused.
    fn unicode_escape(&mut self, start: usize) -> Result<char, ReadError> {
        let bad = ReadError { kind: ReadErrorKind::Escape, offset: start };
        let first = self.four_hex().ok_or_else(|| bad.clone())?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or(bad);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        if first >= 0xDC00 || !rest.starts_with("\\u") {
            return Err(bad);
        }
        self.at += 2;
        match self.four_hex() {
            Some(second @ 0xDC00..0xE000) => {
                char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(bad)
            }
            _ => Err(bad),
        }
    }

    fn four_hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}
