//! The tokens between the JSON values.
//!
//! The parser asks for one token at a time, because a JSON value may start after any `=` and is read by
//! [`crate::domain::json::spanned`]. Comments are the same inside and outside values, so one pass finds them all.

use super::source::BOM;
use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A bare token: a keyword, a key or a name.
    Word,
    /// A string in double quotes, closed on its line.
    Text,
    /// A string that its line does not close.
    OpenText,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `=`
    Equals,
    /// Any other character.
    Other(char),
    /// The end of the source.
    End,
}

/// A token and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

/// The first token at or after `offset`, white space and comments left out.
pub(super) fn token_at(source: &str, offset: usize) -> Token {
    let start = skip_space(source, offset);
    let rest = source.get(start..).unwrap_or_default();
    let Some(first) = rest.chars().next() else {
        return Token { kind: TokenKind::End, span: source.len()..source.len() };
    };
    let (kind, length) = match first {
        '{' => (TokenKind::Open, 1),
        '}' => (TokenKind::Close, 1),
        '=' => (TokenKind::Equals, 1),
        '"' => match string_length(rest) {
            (length, true) => (TokenKind::Text, length),
            (length, false) => (TokenKind::OpenText, length),
        },
        _ => match word_length(rest) {
            0 => (TokenKind::Other(first), first.len_utf8()),
            length => (TokenKind::Word, length),
        },
    };
    Token { kind, span: start..start + length }
}

/// The bytes of all comments, without their line ends and the white space before those.
pub(super) fn comments(source: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = source.as_bytes().get(at) {
        let rest = source.get(at..).unwrap_or_default();
        match byte {
            b'"' => at += string_length(rest).0,
            _ if starts_comment(rest) => {
                let text = rest.split('\n').next().unwrap_or_default();
                found.push(at..at + text.trim_end().len());
                at += text.len();
            }
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

fn starts_comment(rest: &str) -> bool {
    rest.starts_with('#') || rest.starts_with("//")
}

fn skip_space(source: &str, offset: usize) -> usize {
    let mut at = offset;
    loop {
        let rest = source.get(at..).unwrap_or_default();
        if starts_comment(rest) {
            at += rest.split('\n').next().unwrap_or_default().len();
            continue;
        }
        let bom = at == 0 && rest.starts_with(BOM);
        match rest.bytes().next() {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            _ if bom => at += BOM.len_utf8(),
            _ => return at,
        }
    }
}

/// How many bytes the string at the start of `rest` has, and whether its line closes it.
fn string_length(rest: &str) -> (usize, bool) {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' | b'\r' => return (at, false),
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (at + 1, true),
            _ => {}
        }
    }
    (rest.len(), false)
}

fn word_length(rest: &str) -> usize {
    let ends = |(at, c): (usize, char)| {
        let special = "{}[]=\",:;#'`".contains(c) || c.is_whitespace() || c.is_control();
        let comment = c == '/' && rest.get(at..).is_some_and(starts_comment);
        (special || c == BOM || comment).then_some(at)
    };
    rest.char_indices().find_map(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(source: &str) -> Vec<(TokenKind, &str)> {
        let (mut at, mut tokens) = (0, Vec::new());
        loop {
            let token = token_at(source, at);
            if token.kind == TokenKind::End {
                return tokens;
            }
            at = token.span.end;
            tokens.push((token.kind, &source[token.span]));
        }
    }

    #[test]
    fn tokens_need_no_space_between_them() {
        use TokenKind::{Close, Equals, Open, OpenText, Other, Text, Word};
        assert_eq!(
            all("\u{feff}a{b-c=\"x\\\"y\"}#z\r\n[é//w\n\"open"),
            [
                (Word, "a"),
                (Open, "{"),
                (Word, "b-c"),
                (Equals, "="),
                (Text, "\"x\\\"y\""),
                (Close, "}"),
                (Other('['), "["),
                (Word, "é"),
                (OpenText, "\"open"),
            ]
        );
    }

    #[test]
    fn a_byte_order_mark_is_only_white_space_at_the_start() {
        assert_eq!(all("\u{feff}"), []);
        assert_eq!(all(" \u{feff}"), [(TokenKind::Other(BOM), "\u{feff}")]);
    }

    #[test]
    fn comments_are_found_outside_of_strings_only() {
        let source = "# one \r\na = \"# no // no\" // two\n\"open # in string\n/ #three";
        let texts: Vec<&str> = comments(source).into_iter().map(|span| &source[span]).collect();
        assert_eq!(texts, ["# one", "// two", "#three"]);
    }
}
