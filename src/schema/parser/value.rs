//! Values: JSON, read by the reader of payloads, with the usual slips told apart and read over.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::lexer::{Token, TokenKind, token_at};
use super::super::suggest;
use super::Parser;
use crate::domain::json::spanned::{Node, Value, read_at};
use crate::domain::json::{DEPTH_MAX, Limits, ReadError, ReadErrorKind};
use std::ops::Range;

/// How many slips in one value are read over: each costs one more reading of the value.
const REPAIRS_MAX: usize = 16;

const LIMITS: Limits = Limits { depth_max: DEPTH_MAX, comments: true };

/// Blanks in a copy of the value that make it readable, byte for byte in place.
struct Repair {
    blank: Range<usize>,
    with: &'static str,
}

impl Parser<'_> {
    /// The value after `=`. Reports what is wrong with it and goes behind it.
    pub(super) fn value(&mut self, key: &str, key_span: &Range<usize>) -> Option<Node> {
        let first = self.peek();
        let start = first.span.start;
        if self.value_is_missing(&first) {
            self.report(
                Diagnostic::new(
                    Code::InvalidValue,
                    key_span.clone(),
                    format!("`{}` has no value", suggest::shortened(key)),
                )
                .label("expected a value after `=`")
                .help("a value is JSON: a string, number, `true`, `false`, `null`, `[…]` or `{…}`"),
            );
            return None;
        }
        let error = match read_at(self.text, start, LIMITS) {
            Ok((node, end)) => {
                self.at = end;
                return Some(node);
            }
            Err(error) => error,
        };
        if matches!(first.kind, TokenKind::Word | TokenKind::Other('\'' | '`'))
            && error.offset == start
        {
            self.bare_value(&first);
            return None;
        }
        // The copy ends where reading goes on, so that each byte is copied for one value only.
        self.at = start;
        self.skip_to_anchor_after_value(&first);
        let end = self.at.max(error.offset).min(self.text.len());
        self.read_over(start..end, &first, error)
    }

    /// Reads a copy of the value, in which each slip that was reported is blanked.
    fn read_over(&mut self, region: Range<usize>, first: &Token, error: ReadError) -> Option<Node> {
        let base = region.start;
        let mut copy = self.slice(&region).to_owned();
        let mut error = ReadError { offset: error.offset.saturating_sub(base), ..error };
        if let ReadErrorKind::DuplicateKey { first, .. } = &mut error.kind {
            *first = first.start.saturating_sub(base)..first.end.saturating_sub(base);
        }
        for _ in 0..REPAIRS_MAX {
            let repair = find_repair(&copy, &error);
            self.value_error(base, first, &error, repair.as_ref());
            let repair = repair?;
            let blank = " ".repeat(repair.blank.len().saturating_sub(repair.with.len()));
            copy.replace_range(repair.blank, &format!("{}{blank}", repair.with));
            match read_at(&copy, 0, LIMITS) {
                Ok((mut node, end)) => {
                    shift(&mut node, base);
                    self.at = base + end;
                    return Some(node);
                }
                Err(next) => error = next,
            }
        }
        None
    }

    fn value_is_missing(&self, first: &Token) -> bool {
        match first.kind {
            TokenKind::End | TokenKind::Close | TokenKind::Equals => true,
            TokenKind::Word => {
                self.key_follows(first)
                    || (matches!(self.slice(&first.span), "field" | "event" | "aggregate")
                        && self.block_follows(first))
            }
            _ => false,
        }
    }

    /// `text` or `'text'` or `True` where JSON was meant.
    fn bare_value(&mut self, first: &Token) {
        let quoted = first.kind != TokenKind::Word;
        let word = if quoted { "" } else { self.slice(&first.span) };
        let replacement = match word.to_ascii_lowercase().as_str() {
            "" => None,
            "true" | "yes" | "on" => Some("true".to_owned()),
            "false" | "no" | "off" => Some("false".to_owned()),
            "null" | "none" | "nil" => Some("null".to_owned()),
            _ if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => None,
            _ => Some(crate::domain::Json::from(word).to_string()),
        };
        let found = self.shown(first);
        let mut diagnostic = Diagnostic::new(
            Code::InvalidValue,
            first.span.clone(),
            format!("values are JSON, and {found} is not"),
        )
        .label("not a JSON value")
        .help(if quoted {
            "JSON strings have double quotes"
        } else {
            "strings need double quotes, numbers look like `1`, `-2.5` or `1e9`"
        });
        if let Some(replacement) = replacement {
            let title = format!("write `{}`", suggest::shortened(&replacement));
            diagnostic = diagnostic.fix(first.span.clone(), replacement, title);
        }
        self.report(diagnostic);
        self.at = first.span.end;
        if quoted {
            self.skip_quoted(first);
        }
    }

    /// Goes behind `'…'` if its line closes it.
    fn skip_quoted(&mut self, first: &Token) {
        let rest = self.text.get(first.span.end..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let quote = self.slice(&first.span);
        if let Some(at) = line.find(quote) {
            self.at += at + quote.len();
        } else {
            self.skip_to_anchor();
        }
    }

    /// Goes behind the value that starts with `first`, as far as its brackets tell.
    fn skip_to_anchor_after_value(&mut self, first: &Token) {
        let brackets = matches!(first.kind, TokenKind::Open | TokenKind::Other('['));
        self.at = first.span.end;
        if !brackets {
            self.skip_to_anchor();
            return;
        }
        let mut depth = 1_usize;
        while depth > 0 {
            let token = self.peek();
            match token.kind {
                TokenKind::End => return,
                TokenKind::Open | TokenKind::Other('[') => depth += 1,
                TokenKind::Close | TokenKind::Other(']') => depth -= 1,
                TokenKind::Word if self.anchors(&token) => return,
                _ => {}
            }
            self.at = token.span.end;
        }
    }

    fn anchors(&self, token: &Token) -> bool {
        self.key_follows(token)
            || (matches!(self.slice(&token.span), "field" | "event" | "aggregate")
                && self.block_follows(token))
    }

    fn value_error(
        &mut self,
        base: usize,
        first: &Token,
        error: &ReadError,
        repair: Option<&Repair>,
    ) {
        let at = base + error.offset;
        let token = token_at(self.text, at);
        let span =
            if token.kind == TokenKind::End { first.span.clone() } else { token.span.clone() };
        let found = self.shown(&token);
        let shifted = |range: &Range<usize>| range.start + base..range.end + base;
        let diagnostic = match &error.kind {
            ReadErrorKind::DuplicateKey { key, first } => Diagnostic::new(
                Code::DuplicateKey,
                span,
                format!("the key `{}` is given twice", suggest::shortened(key)),
            )
            .label("given again")
            .secondary(shifted(first), "given first here")
            .help("keep one of the two"),
            ReadErrorKind::TooDeep { max } => Diagnostic::new(
                Code::TooDeep,
                span,
                format!("this value nests deeper than {max} levels"),
            )
            .label("one level too deep")
            .help("flatten the value"),
            ReadErrorKind::Expected { .. } if is_trailing_comma(self.text, at, token.kind) => {
                let comma = comma_before(self.text, at).unwrap_or(span);
                Diagnostic::new(
                    Code::TrailingComma,
                    comma.clone(),
                    format!("there is a comma before {found}"),
                )
                .label("JSON has no trailing commas")
                .help("remove the comma")
                .fix(comma, "", "remove the comma")
            }
            ReadErrorKind::Expected { expected } => {
                let message = format!("expected {expected}, found {found}");
                let mut diagnostic = Diagnostic::new(Code::InvalidValue, span, message)
                    .label(format!("expected {expected}"))
                    .help("values are JSON; comments are allowed inside them");
                if let Some(repair) = repair.filter(|repair| repair.with == ",") {
                    let at = base + repair.blank.start;
                    diagnostic = diagnostic.fix(at..at, ",", "separate them with a comma");
                }
                diagnostic
            }
            ReadErrorKind::UnexpectedEnd => Diagnostic::new(
                Code::InvalidValue,
                first.span.clone(),
                "the brackets or quotes of this value are never closed",
            )
            .label("starts here")
            .help("close every bracket and quote of the value"),
            ReadErrorKind::ControlCharacter => Diagnostic::new(
                Code::InvalidValue,
                span_at(self.text, at),
                "a string does not end on its line, or holds a control character",
            )
            .label("not allowed inside a string")
            .help("close the string with `\"`; write line breaks as `\\n`"),
            other => Diagnostic::new(Code::InvalidValue, span_at_or(self.text, at, span), other.to_string())
                .label(match other {
                    ReadErrorKind::Number => "not a JSON number",
                    ReadErrorKind::Escape => "unknown escape",
                    _ => "not JSON",
                })
                .help(match other {
                    ReadErrorKind::Number => "JSON numbers look like `1`, `-2.5` or `1e9`",
                    ReadErrorKind::Escape => {
                        "JSON escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX; write a backslash as `\\\\`"
                    }
                    _ => "values are JSON",
                }),
        };
        self.report(diagnostic);
    }
}

/// The character at `at`; empty at the end.
fn span_at(text: &str, at: usize) -> Range<usize> {
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    at..at + length
}

fn span_at_or(text: &str, at: usize, token: Range<usize>) -> Range<usize> {
    if token.start <= at && at < token.end { token } else { span_at(text, at) }
}

fn is_trailing_comma(text: &str, at: usize, found: TokenKind) -> bool {
    matches!(found, TokenKind::Close | TokenKind::Other(']')) && comma_before(text, at).is_some()
}

/// The comma before `at`, with nothing but white space between.
fn comma_before(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text.get(..at)?.trim_end_matches([' ', '\t', '\r', '\n']);
    before.ends_with(',').then(|| before.len() - 1..before.len())
}

/// What to blank so that reading can go on behind the slip.
fn find_repair(copy: &str, error: &ReadError) -> Option<Repair> {
    let at = error.offset;
    let token = token_at(copy, at);
    match &error.kind {
        ReadErrorKind::Expected { .. } if is_trailing_comma(copy, at, token.kind) => {
            Some(Repair { blank: comma_before(copy, at)?, with: "" })
        }
        ReadErrorKind::Expected { expected: "`,` or `}`" | "`,` or `]`" } => {
            let starts_value = matches!(
                token.kind,
                TokenKind::Text | TokenKind::Open | TokenKind::Other('[') | TokenKind::Word
            );
            let before = copy.get(..at)?.trim_end_matches([' ', '\t', '\r', '\n']).len();
            (starts_value && before < at).then_some(Repair { blank: before..before + 1, with: "," })
        }
        ReadErrorKind::DuplicateKey { .. } => {
            let colon = token_at(copy, token.span.end);
            let (_, end) = read_at(copy, colon.span.end, LIMITS).ok()?;
            Some(Repair { blank: comma_before(copy, at)?.start..end, with: "" })
        }
        _ => None,
    }
}

fn shift(node: &mut Node, by: usize) {
    let moved = |span: &Range<usize>| span.start + by..span.end + by;
    node.span = moved(&node.span);
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Object(members) => {
            for member in members {
                member.key_span = moved(&member.key_span);
                shift(&mut member.value, by);
            }
        }
        _ => {}
    }
}
