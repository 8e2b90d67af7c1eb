//! Source to tree, in one pass that goes on after every error.
//!
//! ```text
//! document  := aggregate*
//! aggregate := "aggregate" name "{" (property | field | event)* "}"
//! field     := "field" name "{" property* "}"
//! event     := "event" name "{" property* "}"
//! property  := key "=" JSON
//! name      := bare token | JSON string
//! ```
//!
//! `#` and `//` start a comment to the end of the line, inside values too. White space separates, nothing else does.
//!
//! The grammar has two levels of blocks, so nothing here recurses. After an error the parser looks for an *anchor*: a
//! `key =`, or a keyword with a name and a brace. Such a thing cannot stand inside a JSON value, so even a value whose
//! brackets do not match cannot swallow what follows it.

mod blocks;
mod fault;
mod recover;
mod value;

use super::ast::{Ast, Block, BlockKind};
use super::codes::Code;
use super::diagnostic::Diagnostic;
use super::lexer::{self, Token, TokenKind};
use super::source::Source;
use super::suggest;
use std::ops::Range;

/// Reads a schema source. The tree holds everything that could be made out; the diagnostics are all syntax errors, in
/// the order of the source.
pub fn parse(source: &str) -> (Ast, Vec<Diagnostic>) {
    let mut parser = Parser {
        source: Source::new(source),
        text: source,
        at: 0,
        diagnostics: Vec::new(),
        aggregates: Vec::new(),
        last_close: None,
    };
    parser.document();
    let Parser { mut diagnostics, aggregates, .. } = parser;
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    (Ast { aggregates, comments: lexer::comments(source) }, diagnostics)
}

struct Parser<'s> {
    source: Source<'s>,
    text: &'s str,
    at: usize,
    diagnostics: Vec<Diagnostic>,
    aggregates: Vec<Block>,
    /// The brace that closed the last aggregate.
    last_close: Option<Range<usize>>,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> Token {
        lexer::token_at(self.text, self.at)
    }

    fn slice(&self, span: &Range<usize>) -> &'s str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn shown(&self, token: &Token) -> String {
        shown(self.text, token)
    }

    fn document(&mut self) {
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::End => return,
                TokenKind::Close => self.stray_brace(&token),
                TokenKind::Word => self.top_level_word(&token),
                _ => {
                    let found = self.shown(&token);
                    self.report(
                        Diagnostic::new(
                            Code::NotAnAggregate,
                            token.span.clone(),
                            format!("expected an aggregate, found {found}"),
                        )
                        .label("not an aggregate")
                        .help("a schema is a list of `aggregate NAME { … }` blocks"),
                    );
                    self.at = token.span.end;
                    self.skip_to_aggregate();
                }
            }
        }
    }

    fn stray_brace(&mut self, token: &Token) {
        let mut diagnostic = Diagnostic::new(
            Code::StrayBrace,
            token.span.clone(),
            "this `}` closes nothing: every block before it is closed already",
        )
        .label("no block is open here")
        .help("remove the brace, or look for a block that was closed too early")
        .fix(token.span.clone(), "", "remove the brace");
        if let Some(close) = self.last_close.clone() {
            diagnostic = diagnostic.secondary(close, "the last aggregate was closed here");
        }
        self.report(diagnostic);
        self.at = token.span.end;
        // More braces after the first say nothing new.
        while self.peek().kind == TokenKind::Close {
            self.at = self.peek().span.end;
        }
    }

    fn top_level_word(&mut self, token: &Token) {
        let word = self.slice(&token.span);
        let block = self.block_follows(token);
        match BlockKind::from_keyword(word) {
            Some(BlockKind::Aggregate) => self.aggregate(token),
            Some(kind) if block => self.orphan(kind, token),
            _ if block && suggest::nearest(word, &["aggregate"]).is_some() => {
                self.report(
                    Diagnostic::new(
                        Code::NotAnAggregate,
                        token.span.clone(),
                        format!("`{}` is not a keyword", suggest::shortened(word)),
                    )
                    .label("not a keyword")
                    .help("did you mean `aggregate`?")
                    .fix(token.span.clone(), "aggregate", "write `aggregate`"),
                );
                self.aggregate(token);
            }
            _ => {
                let shown = suggest::shortened(word);
                let message = if self.key_follows(token) {
                    format!("`{shown}` stands outside of an aggregate")
                } else {
                    format!("expected an aggregate, found `{shown}`")
                };
                self.report(
                    Diagnostic::new(Code::NotAnAggregate, token.span.clone(), message)
                        .label("only `aggregate` blocks stand at the top level")
                        .help("a schema is a list of `aggregate NAME { … }` blocks"),
                );
                self.at = token.span.end;
                self.skip_to_aggregate();
            }
        }
    }

    fn aggregate(&mut self, keyword: &Token) {
        let mut block = self.header(BlockKind::Aggregate, keyword);
        self.items(&mut block);
        self.close_aggregate(block);
    }

    fn close_aggregate(&mut self, block: Block) {
        let end = block.span.end;
        self.last_close = Some(end.saturating_sub(1).max(block.span.start)..end);
        self.aggregates.push(block);
    }

    /// A field or event after the last aggregate was closed: most likely one brace too many stands before it, so what
    /// follows is read as part of that aggregate.
    fn orphan(&mut self, kind: BlockKind, keyword: &Token) {
        let kind = kind.as_str();
        let mut diagnostic = Diagnostic::new(
            Code::MisplacedBlock,
            keyword.span.clone(),
            format!("this `{kind}` stands outside of an aggregate"),
        )
        .label("not inside an aggregate")
        .help(format!("move the `{kind}` into the braces of its aggregate"));
        if let Some(close) = self.last_close.clone() {
            diagnostic =
                diagnostic.secondary(close, "this brace closed the aggregate: is it one too many?");
        }
        self.report(diagnostic);
        let Some(mut block) = self.aggregates.pop() else {
            self.skip_block(keyword);
            return;
        };
        block.damaged = true;
        self.items_of_closed(&mut block);
        self.close_aggregate(block);
    }
}

/// A token as messages name it.
fn shown(source: &str, token: &Token) -> String {
    match token.kind {
        TokenKind::End => "the end of the file".to_owned(),
        TokenKind::Other(c) if c.is_control() || c.is_whitespace() || c == '\u{feff}' => {
            format!("the character U+{:04X}", u32::from(c))
        }
        _ => {
            let text = source.get(token.span.clone()).unwrap_or_default();
            format!("`{}`", suggest::shortened(text))
        }
    }
}

/// The character at `at`; empty at the end.
fn span_at(text: &str, at: usize) -> Range<usize> {
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    at..at + length
}

#[cfg(test)]
pub(in crate::schema) mod tests;
