//! Looking ahead, and finding the next place where reading can go on.

use super::super::ast::BlockKind;
use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::lexer::{Token, TokenKind, token_at};
use super::Parser;

impl Parser<'_> {
    /// Whether one of `kinds` follows `token`.
    pub(super) fn next_is(&self, token: &Token, kinds: &[TokenKind]) -> bool {
        kinds.contains(&token_at(self.text, token.span.end).kind)
    }

    /// Whether `token` is the key of a property.
    pub(super) fn key_follows(&self, token: &Token) -> bool {
        token.kind == TokenKind::Word && self.next_is(token, &[TokenKind::Equals])
    }

    /// Whether a name and an opening brace follow `token`.
    pub(super) fn block_follows(&self, token: &Token) -> bool {
        let name = token_at(self.text, token.span.end);
        matches!(name.kind, TokenKind::Word | TokenKind::Text)
            && self.next_is(&name, &[TokenKind::Open])
    }

    /// Whether what follows `token` looks like the value of a property whose `=` is missing or a `:`.
    pub(super) fn value_follows(&self, token: &Token) -> bool {
        let next = token_at(self.text, token.span.end);
        match next.kind {
            TokenKind::Text => !self.next_is(&next, &[TokenKind::Equals]),
            TokenKind::Other(':' | '[') => true,
            TokenKind::Word => {
                let word = self.slice(&next.span);
                matches!(word, "true" | "false" | "null")
                    || word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            }
            _ => false,
        }
    }

    /// A comma or semicolon between items.
    pub(super) fn separator(&mut self, token: &Token) {
        let found = self.shown(token);
        self.report(
            Diagnostic::new(
                Code::Separator,
                token.span.clone(),
                format!("items are not separated by {found}"),
            )
            .label("nothing stands between items")
            .help("white space is enough between items")
            .fix(token.span.clone(), "", "remove it"),
        );
        self.at = token.span.end;
        // A run of them is one mistake.
        while matches!(self.peek().kind, TokenKind::Other(',' | ';')) {
            self.at = self.peek().span.end;
        }
    }

    /// Something that starts no item: one report, then on to the next anchor.
    pub(super) fn junk(&mut self, kind: BlockKind, token: &Token) {
        let found = self.shown(token);
        let help = match (token.kind, kind) {
            (TokenKind::OpenText, _) => "a string ends on the line on which it starts",
            _ if self.slice(&token.span).starts_with("/*") => {
                "a comment starts with `#` or `//` and ends with its line"
            }
            (_, BlockKind::Aggregate) => {
                "an aggregate holds `key = value`, `field NAME { … }` and `event NAME { … }`"
            }
            _ => "this block holds properties only: `key = value`",
        };
        self.report(
            Diagnostic::new(
                Code::UnexpectedToken,
                token.span.clone(),
                format!("expected {}, found {found}", expected_in(kind)),
            )
            .label("unexpected")
            .help(help),
        );
        if token.kind != TokenKind::Open {
            self.at = token.span.end;
        }
        self.skip_to_anchor();
    }

    /// Goes to the next anchor, or to the closing brace of the block that the parser is in.
    pub(super) fn skip_to_anchor(&mut self) {
        let mut depth = 0_usize;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::End => return,
                TokenKind::Close if depth == 0 => return,
                TokenKind::Open | TokenKind::Other('[') => depth += 1,
                TokenKind::Close | TokenKind::Other(']') => depth = depth.saturating_sub(1),
                TokenKind::Word if self.is_anchor(&token) => return,
                _ => {}
            }
            self.at = token.span.end;
        }
    }

    pub(super) fn is_anchor(&self, token: &Token) -> bool {
        self.key_follows(token)
            || (BlockKind::from_keyword(self.slice(&token.span)).is_some()
                && self.block_follows(token))
    }

    /// Goes behind the block whose first token is `token`, or to an aggregate that starts before it ends.
    pub(super) fn skip_block(&mut self, token: &Token) {
        self.at = token.span.end;
        let mut depth = 0_usize;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::End => return,
                TokenKind::Open => depth += 1,
                TokenKind::Close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.at = token.span.end;
                        return;
                    }
                }
                TokenKind::Word if self.starts_aggregate() => return,
                _ => {}
            }
            self.at = token.span.end;
        }
    }

    /// Goes to the next aggregate, however deep the braces are.
    pub(super) fn skip_to_aggregate(&mut self) {
        loop {
            let token = self.peek();
            if self.starts_aggregate() || token.kind == TokenKind::End {
                return;
            }
            self.at = token.span.end;
        }
    }
}

fn expected_in(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Aggregate => "a property, a field or an event",
        BlockKind::Field | BlockKind::Event => "a property or `}`",
    }
}
