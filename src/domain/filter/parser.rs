//! Tokens to meaning.

use super::expr::{Comparison, Expr, Literal, Pattern, RESERVED, StateTest, Term, Test, Text};
use super::lexer::{Token, TokenKind, Word, tokens};
use super::{FILTER_BYTES_MAX, FILTER_DEPTH_MAX, FilterError, TextKey};
use crate::domain::json::Number;
use crate::domain::moment::Moment;
use crate::domain::time::Timestamp;
use std::ops::Range;

pub(super) fn parse(text: &str, now: Option<Timestamp>) -> Result<Expr, FilterError> {
    if text.len() > FILTER_BYTES_MAX {
        let message = format!("a filter has at most {FILTER_BYTES_MAX} bytes");
        let end = (0..=FILTER_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        return Err(FilterError::new(end..text.len(), message, "shorten it"));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Expr::All(Vec::new()));
    }
    let mut parser = Parser { tokens: &tokens, at: 0, now };
    let expr = parser.any(0)?;
    match parser.peek() {
        // `any` stops at a parenthesis that it did not open, and nowhere else.
        Some(token) => {
            let help = "take it away, or open it with `(`";
            Err(FilterError::new(token.span.clone(), "`)` closes nothing", help))
        }
        None => Ok(expr),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    now: Option<Timestamp>,
}

/// One part as it is, several as what `join` makes of them.
fn joined(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn any(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while let Some(Token { kind: TokenKind::Or, .. }) = self.peek() {
            self.at += 1;
            parts.push(self.all(depth)?);
        }
        Ok(joined(parts, Expr::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut parts = Vec::new();
        while let Some(token) = self.peek() {
            if matches!(token.kind, TokenKind::Or | TokenKind::Close) {
                break;
            }
            self.at += 1;
            parts.push(self.part(token, depth)?);
        }
        if parts.is_empty() {
            return Err(self.nothing_here());
        }
        Ok(joined(parts, Expr::All))
    }

    /// The error for an empty side of `|` or empty parentheses; it points at the token that made the gap.
    fn nothing_here(&self) -> FilterError {
        let is_or =
            |at: usize| self.tokens.get(at).filter(|token| matches!(token.kind, TokenKind::Or));
        let before = self.at.checked_sub(1);
        let or = before.and_then(is_or).or_else(|| is_or(self.at));
        if let Some(or) = or {
            let help = "write something on both sides: `status:paid | status:open`";
            return FilterError::new(or.span.clone(), "`|` lacks a side", help);
        }
        match (before.and_then(|at| self.tokens.get(at)), self.peek()) {
            (Some(open), Some(close)) => {
                let span = open.span.start..close.span.end;
                FilterError::new(span, "nothing between the parentheses", "take them away")
            }
            (Some(open), None) => never_closed(open.span.clone()),
            (None, token) => {
                let span = token.map_or(0..0, |token| token.span.clone());
                FilterError::new(span, "`)` closes nothing", "take it away, or open it with `(`")
            }
        }
    }

    fn part(&mut self, token: &Token, depth: usize) -> Result<Expr, FilterError> {
        if depth >= FILTER_DEPTH_MAX {
            let message = format!("nested deeper than {FILTER_DEPTH_MAX} levels");
            return Err(FilterError::new(token.span.clone(), message, "take parentheses away"));
        }
        match &token.kind {
            TokenKind::Word(word) => Ok(Expr::Term(self.term(word)?)),
            TokenKind::Open => {
                let inner = self.any(depth + 1)?;
                // `any` stops at `)` or at the end.
                match self.peek() {
                    Some(_) => self.at += 1,
                    None => return Err(never_closed(token.span.clone())),
                }
                Ok(inner)
            }
            TokenKind::Not => {
                // The lexer has seen to it that something follows.
                let Some(next) = self.peek() else {
                    return Err(FilterError::new(token.span.clone(), "`-` negates nothing", ""));
                };
                self.at += 1;
                Ok(Expr::Not(Box::new(self.part(next, depth + 1)?)))
            }
            TokenKind::Or | TokenKind::Close => Err(self.nothing_here()),
        }
    }

    fn term(&self, word: &Word) -> Result<Term, FilterError> {
        let Some((key, value)) = word.split_once(":") else { return id(word) };
        if value.is_empty() {
            let help =
                format!("write `{0}:value`, `{0}:*` for any, `{0}:\"\"` for no text", key.text());
            return Err(FilterError::new(word.span.clone(), "a value is missing", help));
        }
        let name = key.text();
        if key.has_quotes() || !RESERVED.contains(&name.as_str()) {
            return Ok(Term::State(path(&key)?, self.state_test(&value)?));
        }
        match name.as_str() {
            "type" => Ok(Term::Text(TextKey::Type, text(&name, &value)?)),
            "id" => Ok(Term::Text(TextKey::Id, text(&name, &value)?)),
            "actor" => Ok(Term::Text(TextKey::Actor, text(&name, &value)?)),
            "corr" => Ok(Term::Text(TextKey::Correlation, text(&name, &value)?)),
            "event" => {
                let underscored = |text: String| text.replace('.', "_");
                let test = match text(&name, &value)? {
                    Text::Is(name) => Text::Is(Literal { text: underscored(name.text), ..name }),
                    Text::Like(pattern) => {
                        Text::Like(Pattern(pattern.0.into_iter().map(underscored).collect()))
                    }
                };
                Ok(Term::Text(TextKey::Event, test))
            }
            "v" => Ok(Term::Version(test(&value, version)?)),
            "at" => self.at_test(&value),
            _ => match value.text().as_str() {
                "archived" => Ok(Term::Archived(true)),
                "active" => Ok(Term::Archived(false)),
                other => Err(FilterError::new(
                    value.span.clone(),
                    format!("`{other}` is nothing that an aggregate is"),
                    "write `is:archived` or `is:active`; `\"is\":x` looks into the state",
                )),
            },
        }
    }

    fn at_test(&self, value: &Word) -> Result<Term, FilterError> {
        let test = test(value, |word| self.moment(word))?;
        if let Test::Is(moment @ Moment::Ago(_)) = test {
            let help = format!("write `at:{moment}..` for everything since");
            let message = format!("`{moment}` is one instant, at which hardly anything happened");
            return Err(FilterError::new(value.span.clone(), message, help));
        }
        Ok(Term::At(test))
    }

    fn moment(&self, word: &Word) -> Result<Moment, FilterError> {
        let shown: String = word.text().chars().take(48).collect();
        match word.text().parse() {
            Ok(Moment::Ago(_)) if self.now.is_none() => Err(FilterError::new(
                word.span.clone(),
                format!("`{shown}` is relative, which has no meaning here"),
                "write a fixed time, such as 2026-11-20 or 2026-11-20T14:00Z",
            )),
            Ok(moment) => Ok(moment),
            Err(_) => Err(FilterError::new(
                word.span.clone(),
                format!("`{shown}` is not a time"),
                "write 2026-11-20, 2026-11-20T14:00Z or -2h (s, m, h, d, w)",
            )),
        }
    }

    fn state_test(&self, value: &Word) -> Result<StateTest, FilterError> {
        let compares = Comparison::ALL.iter().any(|(_, sign)| value.strip_prefix(sign).is_some());
        if value.has_bare('*') && !compares && value.split_once("..").is_none() {
            return Ok(StateTest::Like(pattern(value)));
        }
        Ok(StateTest::Value(test(value, |word| self.literal(word))?))
    }

    fn literal(&self, word: &Word) -> Result<Literal, FilterError> {
        if word.has_bare('*') {
            let help = "write a whole value here, or `\"*\"` for a star";
            let message = "`*` has no place in a comparison or a range";
            return Err(FilterError::new(word.span.clone(), message, help));
        }
        let literal = literal(word);
        // Without a now, `-2h` is text like any other.
        let relative = matches!(literal.moment, Some(Moment::Ago(_)));
        let moment = literal.moment.filter(|_| !relative || self.now.is_some());
        Ok(Literal { moment, ..literal })
    }
}

fn never_closed(span: Range<usize>) -> FilterError {
    FilterError::new(span, "`(` is never closed", "close it with `)`")
}

fn literal(word: &Word) -> Literal {
    let (text, quoted) = (word.text(), word.has_quotes());
    let number = if quoted { None } else { Number::new(&text) };
    let moment = if quoted { None } else { text.parse().ok() };
    Literal { text, quoted, number, moment }
}

/// The texts between the bare stars; stars side by side are one.
fn pattern(word: &Word) -> Pattern {
    let mut pieces = Vec::new();
    let mut rest = word.clone();
    while let Some((piece, after)) = rest.split_once("*") {
        let piece = piece.text();
        if pieces.is_empty() || !piece.is_empty() {
            pieces.push(piece);
        }
        rest = after;
    }
    pieces.push(rest.text());
    Pattern(pieces)
}

/// A word without a key: part of an id.
fn id(word: &Word) -> Result<Term, FilterError> {
    let text = word.text();
    let star = word.has_bare('*');
    let strange = |c: char| match c {
        '_' | '-' | '/' => false,
        '*' => !star,
        c => !c.is_ascii_alphanumeric(),
    };
    if let Some(c) = text.chars().find(|c| strange(*c)) {
        let help = if matches!(c, '<' | '>' | '=') {
            "to compare a value write `total:>100`"
        } else {
            "to look into the state write `name:value`"
        };
        let message = format!("a word without a key looks for an id, and no id has a `{c}`");
        return Err(FilterError::new(word.span.clone(), message, help));
    }
    if text.is_empty() {
        let help = "write a part of an id, or `name:value`";
        return Err(FilterError::new(word.span.clone(), "an empty word", help));
    }
    Ok(if star {
        Term::Text(TextKey::Id, Text::Like(pattern(word)))
    } else {
        Term::Fuzzy(Literal { number: None, moment: None, ..literal(word) })
    })
}

fn path(key: &Word) -> Result<Vec<String>, FilterError> {
    let mut path = Vec::new();
    let mut rest = Some(key.clone());
    while let Some(word) = rest {
        let (segment, after) = match word.split_once(".") {
            Some((segment, after)) => (segment, Some(after)),
            None => (word, None),
        };
        if segment.is_empty() {
            let help = "write a path as `customer.name`, and odd names in quotes: `\"a.b\".c`";
            return Err(FilterError::new(key.span.clone(), "a name is missing", help));
        }
        if segment.has_bare('*') {
            let help = "name the key; `*` belongs to the right of the colon";
            return Err(FilterError::new(segment.span, "a key takes no `*`", help));
        }
        path.push(segment.text());
        rest = after;
    }
    Ok(path)
}

fn text(key: &str, value: &Word) -> Result<Text, FilterError> {
    let compares = Comparison::ALL.iter().any(|(_, sign)| value.strip_prefix(sign).is_some());
    if compares || value.split_once("..").is_some() {
        let message = format!("`{key}` is a name and takes no comparison or range");
        let help =
            format!("write `{key}:name` or `{key}:na*`; `\"{key}\":>5` looks into the state");
        return Err(FilterError::new(value.span.clone(), message, help));
    }
    Ok(if value.has_bare('*') {
        Text::Like(pattern(value))
    } else {
        Text::Is(Literal { number: None, moment: None, ..literal(value) })
    })
}

fn version(word: &Word) -> Result<u64, FilterError> {
    let text = word.text();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let shown: String = text.chars().take(48).collect();
        let help = "write a whole number: `v:5`, `v:3..7`, `v:>=3`";
        FilterError::new(word.span.clone(), format!("`{shown}` is not a version"), help)
    })
}

fn test<T>(
    value: &Word,
    read: impl Fn(&Word) -> Result<T, FilterError>,
) -> Result<Test<T>, FilterError> {
    let bad = |message: &str, help: &str| FilterError::new(value.span.clone(), message, help);
    for (comparison, sign) in Comparison::ALL {
        let Some(rest) = value.strip_prefix(sign) else { continue };
        if rest.is_empty() {
            return Err(bad("a value is missing after the comparison", "write `total:>100`"));
        }
        if rest.split_once("..").is_some() {
            return Err(bad("a comparison or a range, not both", "write `3..7` or `>=3`"));
        }
        return Ok(Test::Compare(comparison, read(&rest)?));
    }
    let Some((from, to)) = value.split_once("..") else { return Ok(Test::Is(read(value)?)) };
    if from.is_empty() && to.is_empty() {
        return Err(bad("a range without ends", "write `3..7`, `3..` or `..7`"));
    }
    if to.split_once("..").is_some() {
        return Err(bad("a range has two ends", "write `3..7`, or quote a value that has dots"));
    }
    let end = |word: &Word| if word.is_empty() { Ok(None) } else { read(word).map(Some) };
    Ok(Test::Between(end(&from)?, end(&to)?))
}
