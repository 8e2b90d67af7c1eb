//! What the JSON reader found wrong with a value, as a diagnostic.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::lexer::{Token, TokenKind, token_at};
use super::super::suggest::shortened;
use super::value::{Repair, comma_before, is_trailing_comma};
use super::{shown, span_at};
use crate::domain::json::{ReadError, ReadErrorKind};
use std::ops::Range;

/// An error of the reader, and where the text that it read stands in the source.
pub(super) struct Fault<'a> {
    pub(super) source: &'a str,
    /// The byte of the source at which the reader started.
    pub(super) base: usize,
    /// The first token of the value.
    pub(super) first: &'a Range<usize>,
    pub(super) error: &'a ReadError,
}

impl Fault<'_> {
    pub(super) fn diagnostic(&self, repair: Option<&Repair>) -> Diagnostic {
        let at = self.base + self.error.offset;
        let token = token_at(self.source, at);
        let span = match token.kind {
            TokenKind::End => self.first.clone(),
            _ => token.span.clone(),
        };
        let invalid = |span, message: &str| Diagnostic::new(Code::InvalidValue, span, message);
        match &self.error.kind {
            ReadErrorKind::DuplicateKey { key, first } => self.duplicate(key, first, span),
            ReadErrorKind::TooDeep { max } => Diagnostic::new(
                Code::TooDeep,
                span,
                format!("this value nests deeper than {max} levels"),
            )
            .label("one level too deep")
            .help("flatten the value"),
            ReadErrorKind::Expected { expected } => self.expected(expected, &token, span, repair),
            ReadErrorKind::UnexpectedEnd => {
                invalid(self.first.clone(), "the brackets or quotes of this value are never closed")
                    .label("starts here")
                    .help("close every bracket and quote of the value")
            }
            ReadErrorKind::ControlCharacter => invalid(
                span_at(self.source, at),
                "a string does not end on its line, or holds a control character",
            )
            .label("not allowed inside a string")
            .help("close the string with `\"`; write line breaks as `\\n`"),
            ReadErrorKind::Number => invalid(number_span(self.source, at), "not a JSON number")
                .label("not a JSON number")
                .help("JSON numbers look like `1`, `-2.5` or `1e9`"),
            ReadErrorKind::Escape => {
                let span = escape_span(self.source, at);
                let text = shortened(self.source.get(span.clone()).unwrap_or_default());
                let help = "escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX; a backslash itself is \\\\";
                invalid(span, &format!("`{text}` is not an escape of JSON strings"))
                    .label("unknown escape")
                    .help(help)
            }
            other => invalid(span, &other.to_string()).label("not JSON").help("values are JSON"),
        }
    }

    fn duplicate(&self, key: &str, first: &Range<usize>, span: Range<usize>) -> Diagnostic {
        let message = format!("the key `{}` is given twice", shortened(key));
        Diagnostic::new(Code::DuplicateKey, span, message)
            .label("given again")
            .secondary(first.start + self.base..first.end + self.base, "given first here")
            .help("keep one of the two")
    }

    fn expected(
        &self,
        expected: &str,
        token: &Token,
        span: Range<usize>,
        repair: Option<&Repair>,
    ) -> Diagnostic {
        let at = self.base + self.error.offset;
        let found = shown(self.source, token);
        if is_trailing_comma(self.source, at, token.kind) {
            let comma = comma_before(self.source, at).unwrap_or(span);
            let message = format!("there is a comma before {found}");
            return Diagnostic::new(Code::TrailingComma, comma.clone(), message)
                .label("JSON has no trailing commas")
                .help("remove the comma")
                .fix(comma, "", "remove the comma");
        }
        let message = format!("expected {expected}, found {found}");
        let diagnostic = Diagnostic::new(Code::InvalidValue, span.clone(), message)
            .label(format!("expected {expected}"))
            .help("values are JSON; comments are allowed inside them");
        let diagnostic = if span == *self.first {
            diagnostic
        } else {
            diagnostic.secondary(self.first.clone(), "the value starts here")
        };
        match repair.filter(|repair| repair.with == ",") {
            Some(repair) => {
                let at = self.base + repair.blank.start;
                diagnostic.fix(at..at, ",", "separate them with a comma")
            }
            None => diagnostic,
        }
    }
}

/// The number around `at`, however malformed it is.
fn number_span(text: &str, at: usize) -> Range<usize> {
    let part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.trim_end_matches(part).len();
    start..text.len() - after.trim_start_matches(part).len()
}

/// The backslash and what follows it: the reader stops at the one or at the other.
fn escape_span(text: &str, at: usize) -> Range<usize> {
    let here = text.get(at..).unwrap_or_default();
    if here.starts_with("\\u") {
        let digits = here.chars().skip(2).take(4).take_while(char::is_ascii_hexdigit).count();
        return at..at + 2 + digits;
    }
    at.saturating_sub(1)..span_at(text, at).end
}
