//! Values: JSON, read by the reader of payloads, with the usual slips told apart and read over.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::lexer::{Token, TokenKind, token_at};
use super::super::suggest;
use super::Parser;
use super::fault::Fault;
use crate::domain::json::spanned::{Node, Value, read_at};
use crate::domain::json::{DEPTH_MAX, Limits, ReadError, ReadErrorKind};
use std::ops::Range;

/// How many slips in one value are read over: each costs one more reading of the value.
const REPAIRS_MAX: usize = 16;

const LIMITS: Limits = Limits { depth_max: DEPTH_MAX, comments: true };

/// Blanks in a copy of the value that make it readable, byte for byte in place.
pub(super) struct Repair {
    pub(super) blank: Range<usize>,
    pub(super) with: &'static str,
}

impl<'s> Parser<'s> {
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
            let found = Fault { source: self.text, base, first: &first.span, error: &error };
            let found = found.diagnostic(repair.as_ref());
            self.report(found);
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
            TokenKind::Word => self.is_anchor(first),
            _ => false,
        }
    }

    /// `text` or `'text'` or `True` where JSON was meant.
    fn bare_value(&mut self, first: &Token) {
        let quoted = first.kind != TokenKind::Word;
        let inside = if quoted { self.quoted(first) } else { None };
        let word = if quoted { "" } else { self.slice(&first.span) };
        let replacement = match word.to_ascii_lowercase().as_str() {
            "" => inside.map(|text| crate::domain::Json::from(text).to_string()),
            "true" | "yes" | "on" => Some("true".to_owned()),
            "false" | "no" | "off" => Some("false".to_owned()),
            "null" | "none" | "nil" => Some("null".to_owned()),
            _ if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => None,
            _ => Some(crate::domain::Json::from(word).to_string()),
        };
        let span = first.span.start..first.span.end + inside.map_or(0, |text| text.len() + 1);
        let found = self.shown(first);
        let mut diagnostic = Diagnostic::new(
            Code::InvalidValue,
            span.clone(),
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
            diagnostic = diagnostic.fix(span.clone(), replacement, title);
        }
        self.report(diagnostic);
        self.at = span.end;
        if quoted && inside.is_none() {
            self.skip_to_anchor();
        }
    }

    /// The text inside of `'…'`, if its line closes it.
    fn quoted(&self, first: &Token) -> Option<&'s str> {
        let rest = self.text.get(first.span.end..)?;
        let quote = self.slice(&first.span);
        let end = rest.find(|c| c == '\n' || quote.starts_with(c))?;
        rest.get(end..)?.starts_with(quote).then(|| rest.get(..end)).flatten()
    }

    /// Goes behind the value that starts with `first`, as far as its brackets tell.
    fn skip_to_anchor_after_value(&mut self, first: &Token) {
        let brackets = matches!(first.kind, TokenKind::Open | TokenKind::Other('['));
        self.at = first.span.end;
        if !brackets {
            self.skip_to_anchor();
            return;
        }
        let mut open = vec![first.kind];
        while !open.is_empty() {
            let token = self.peek();
            match token.kind {
                TokenKind::End => return,
                TokenKind::Open | TokenKind::Other('[') => open.push(token.kind),
                // A brace closes the arrays that were left open inside it; one that has no partner is not the value's.
                TokenKind::Close => loop {
                    match open.pop() {
                        None => return,
                        Some(TokenKind::Open) => break,
                        Some(_) => {}
                    }
                },
                TokenKind::Other(']') => {
                    open.pop_if(|kind| *kind != TokenKind::Open);
                }
                TokenKind::Word if self.is_anchor(&token) => return,
                _ => {}
            }
            self.at = token.span.end;
        }
    }
}

pub(super) fn is_trailing_comma(text: &str, at: usize, found: TokenKind) -> bool {
    matches!(found, TokenKind::Close | TokenKind::Other(']')) && comma_before(text, at).is_some()
}

/// The comma before `at`, with nothing but white space between.
pub(super) fn comma_before(text: &str, at: usize) -> Option<Range<usize>> {
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
