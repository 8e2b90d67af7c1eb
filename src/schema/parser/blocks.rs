//! Blocks: headers, items, closing braces.

use super::super::ast::{Block, BlockKind, Item, Name, Property};
use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::lexer::{Token, TokenKind};
use super::super::suggest;
use super::Parser;
use crate::domain::Json;

impl Parser<'_> {
    /// The keyword, the name and the opening brace.
    pub(super) fn header(&mut self, kind: BlockKind, keyword: &Token) -> Block {
        self.at = keyword.span.end;
        let name = self.name(kind, keyword);
        let mut block = Block {
            kind,
            span: keyword.span.clone(),
            damaged: name.is_none(),
            name: name.unwrap_or_else(|| Name { text: String::new(), span: keyword.span.clone() }),
            body_start: self.at,
            items: Vec::new(),
        };
        let token = self.peek();
        if token.kind == TokenKind::Open {
            self.at = token.span.end;
        } else {
            block.damaged = true;
            let found = self.shown(&token);
            let (kind, at) = (kind.as_str(), self.at);
            self.report(
                Diagnostic::new(
                    Code::UnexpectedToken,
                    if token.kind == TokenKind::End { keyword.span.clone() } else { token.span },
                    format!("expected `{{` after the name of this {kind}, found {found}"),
                )
                .label("expected `{`")
                .help(format!("a block reads `{kind} NAME {{ … }}`"))
                .fix(at..at, " {", "open the block"),
            );
        }
        block.body_start = self.at;
        block
    }

    fn name(&mut self, kind: BlockKind, keyword: &Token) -> Option<Name> {
        let token = self.peek();
        match token.kind {
            TokenKind::Word => {
                self.at = token.span.end;
                Some(Name { text: self.slice(&token.span).to_owned(), span: token.span })
            }
            TokenKind::Text => {
                self.at = token.span.end;
                if let Ok(Json::String(text)) = Json::parse(self.slice(&token.span)) {
                    return Some(Name { text, span: token.span });
                }
                self.report(
                    Diagnostic::new(
                        Code::InvalidValue,
                        token.span,
                        format!("the name of this {} is not a JSON string", kind.as_str()),
                    )
                    .label("bad escape or control character")
                    .help("escapes in names are those of JSON strings"),
                );
                None
            }
            _ => {
                let found = self.shown(&token);
                let kind = kind.as_str();
                self.report(
                    Diagnostic::new(
                        Code::UnexpectedToken,
                        keyword.span.clone(),
                        format!("this {kind} has no name: expected one, found {found}"),
                    )
                    .label("expected a name after this")
                    .help(format!("a block reads `{kind} NAME {{ … }}`")),
                );
                if token.kind == TokenKind::OpenText {
                    self.at = token.span.end;
                }
                None
            }
        }
    }

    /// Everything up to the closing brace, that included.
    pub(super) fn items(&mut self, block: &mut Block) {
        while self.item(block, true) {}
    }

    /// More items of an aggregate that was closed before them: nothing needs to end them.
    pub(super) fn items_of_closed(&mut self, block: &mut Block) {
        while !self.starts_aggregate() && self.item(block, false) {}
    }

    /// Whether an aggregate with a name and a brace comes next.
    pub(super) fn starts_aggregate(&self) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Word
            && self.slice(&token.span) == BlockKind::Aggregate.as_str()
            && self.block_follows(&token)
    }

    /// One item; `false` when the block is over.
    fn item(&mut self, block: &mut Block, must_close: bool) -> bool {
        let token = self.peek();
        match token.kind {
            TokenKind::Close => {
                self.at = token.span.end;
                block.span.end = token.span.end;
                return false;
            }
            TokenKind::End => {
                if must_close {
                    self.unclosed(block, None);
                }
                return false;
            }
            TokenKind::Word => return self.word_item(block, &token),
            TokenKind::Other(',' | ';') => self.separator(&token),
            TokenKind::Text
                if self.next_is(&token, &[TokenKind::Equals, TokenKind::Other(':')]) =>
            {
                self.quoted_key(block, &token);
            }
            _ => {
                block.damaged = true;
                self.junk(block.kind, &token);
            }
        }
        true
    }

    fn word_item(&mut self, block: &mut Block, token: &Token) -> bool {
        let word = self.slice(&token.span);
        if self.next_is(token, &[TokenKind::Equals]) {
            let property = self.property(token, word.to_owned());
            block.items.push(Item::Property(property));
            return true;
        }
        let kind = BlockKind::from_keyword(word);
        if self.block_follows(token) {
            return self.inner_block(block, token, kind);
        }
        if let Some(kind) =
            kind.filter(|kind| *kind != BlockKind::Aggregate && block.kind == BlockKind::Aggregate)
        {
            // A keyword that is not followed by a name and a brace: the header says which of both is missing.
            let inner = self.header(kind, token);
            self.body(block, inner);
            return true;
        }
        if self.value_follows(token) {
            self.missing_equals(block, token, word);
            return true;
        }
        block.damaged = true;
        self.junk(block.kind, token);
        true
    }

    /// A keyword or another word, then a name and a brace.
    fn inner_block(&mut self, block: &mut Block, token: &Token, kind: Option<BlockKind>) -> bool {
        let in_aggregate = block.kind == BlockKind::Aggregate;
        match kind {
            Some(BlockKind::Field | BlockKind::Event) if in_aggregate => {
                let kind = kind.unwrap_or(BlockKind::Field);
                let inner = self.header(kind, token);
                self.body(block, inner);
                true
            }
            Some(kind) if self.is_nested(block, token) => {
                block.damaged = true;
                self.nested(block.kind, kind, token);
                true
            }
            Some(_) => {
                // A block of an outer level starts: the brace of this one is missing.
                self.unclosed(block, Some(token));
                false
            }
            None => {
                block.damaged = true;
                self.unknown_block(block, token);
                true
            }
        }
    }

    fn body(&mut self, outer: &mut Block, mut inner: Block) {
        while self.item(&mut inner, true) {}
        inner.span.end = inner.span.end.max(inner.name.span.end);
        outer.damaged |= inner.damaged;
        outer.items.push(Item::Block(inner));
    }

    /// Whether the block at `token` was meant to stand inside `outer`, rather than after it with a brace missing:
    /// it starts on the line of `outer`, or further right.
    fn is_nested(&self, outer: &Block, token: &Token) -> bool {
        self.source.line_of(token.span.start) == self.source.line_of(outer.span.start)
            || self.source.indent_of(token.span.start) > self.source.indent_of(outer.span.start)
    }

    fn nested(&mut self, outer: BlockKind, kind: BlockKind, token: &Token) {
        let (outer, kind) = (outer.as_str(), kind.as_str());
        self.report(
            Diagnostic::new(
                Code::MisplacedBlock,
                token.span.clone(),
                format!("this `{kind}` stands inside of a block that cannot hold it: `{outer}`"),
            )
            .label(format!("not allowed inside `{outer}`"))
            .help(match kind {
                "aggregate" => {
                    "close the block before it, or remove the braces around it".to_owned()
                }
                _ => format!("move the `{kind}` out of the `{outer}`, into the aggregate itself"),
            }),
        );
        self.skip_block(token);
    }

    fn unknown_block(&mut self, block: &mut Block, token: &Token) {
        let word = self.slice(&token.span);
        let keywords: &[&str] =
            if block.kind == BlockKind::Aggregate { &["field", "event"] } else { &[] };
        let nearest = suggest::nearest(word, keywords);
        let mut diagnostic = Diagnostic::new(
            Code::UnexpectedToken,
            token.span.clone(),
            format!("`{}` is not a keyword", suggest::shortened(word)),
        )
        .label("not a keyword")
        .help(match block.kind {
            BlockKind::Aggregate => "an aggregate holds `field NAME { … }` and `event NAME { … }`",
            _ => "this block holds properties only: `key = value`",
        });
        if let Some(keyword) = nearest {
            diagnostic = diagnostic.fix(token.span.clone(), keyword, format!("write `{keyword}`"));
        }
        self.report(diagnostic);
        match nearest.and_then(BlockKind::from_keyword) {
            Some(kind) => {
                let inner = self.header(kind, token);
                self.body(block, inner);
            }
            None => self.skip_block(token),
        }
    }

    fn unclosed(&mut self, block: &mut Block, next: Option<&Token>) {
        block.damaged = true;
        block.span.end = block.span.end.max(self.at);
        let kind = block.kind.as_str();
        let end = self.text.len();
        // What a field or event leaves open, its aggregate leaves open too.
        let braces = if block.kind == BlockKind::Aggregate { "}\n" } else { "}\n}\n" };
        let start = if self.text.ends_with('\n') { "" } else { "\n" };
        let braces = format!("{start}{braces}");
        let name = suggest::shortened(&block.name.text);
        let mut diagnostic = Diagnostic::new(
            Code::UnclosedBlock,
            block.span.start..block.name.span.end,
            format!("the {kind} `{name}` is not closed"),
        )
        .label("this block has no closing brace")
        .help("add a `}` where the block ends");
        diagnostic = match next {
            Some(token) => self
                .swallowed_brace(block, diagnostic)
                .secondary(token.span.clone(), "this cannot stand inside it")
                .fix(self.at..self.at, "\n}", "close the block"),
            None => diagnostic.secondary(end..end, "the file ends here").fix(
                end..end,
                braces,
                "close what is open",
            ),
        };
        // Several blocks that the end of the file leaves open are one mistake.
        let again = next.is_none()
            && self.diagnostics.last().is_some_and(|last| {
                last.code == Code::UnclosedBlock
                    && last.fix.as_ref().is_some_and(|fix| fix.span == (end..end))
            });
        if !again {
            self.report(diagnostic);
        }
    }

    /// A value of several lines that ends right before may have taken the brace of its block.
    fn swallowed_brace(&self, block: &Block, diagnostic: Diagnostic) -> Diagnostic {
        let last = match block.items.last() {
            Some(Item::Property(property)) => property.value.as_ref(),
            _ => None,
        };
        match last.map(|value| &value.span) {
            Some(span) if self.slice(span).ends_with('}') && self.slice(span).contains('\n') => {
                let brace = span.end - 1..span.end;
                diagnostic.secondary(brace, "this brace ends the value: is one missing before it?")
            }
            _ => diagnostic,
        }
    }

    fn property(&mut self, key: &Token, text: String) -> Property {
        let equals = super::lexer::token_at(self.text, key.span.end);
        self.at = equals.span.end;
        let value = self.value(&text, &key.span);
        Property { key: text, key_span: key.span.clone(), value }
    }

    fn quoted_key(&mut self, block: &mut Block, token: &Token) {
        let text = match Json::parse(self.slice(&token.span)) {
            Ok(Json::String(text)) => text,
            _ => String::new(),
        };
        self.report(
            Diagnostic::new(
                Code::UnexpectedToken,
                token.span.clone(),
                "the key of a property is written without quotes",
            )
            .label("no quotes here")
            .help("only names and the keys inside JSON values have quotes")
            .fix(token.span.clone(), text.clone(), "remove the quotes"),
        );
        let property = self.property(token, text);
        block.items.push(Item::Property(property));
    }

    fn missing_equals(&mut self, block: &mut Block, token: &Token, word: &str) {
        let next = super::lexer::token_at(self.text, token.span.end);
        let colon = next.kind == TokenKind::Other(':');
        let found = self.shown(&next);
        let (span, replacement) =
            if colon { (next.span.clone(), " =") } else { (token.span.end..token.span.end, " =") };
        self.report(
            Diagnostic::new(
                Code::UnexpectedToken,
                next.span.clone(),
                format!("expected `=` after `{}`, found {found}", suggest::shortened(word)),
            )
            .label("expected `=`")
            .help(format!("a property reads `{} = VALUE`", suggest::shortened(word)))
            .fix(span, replacement, "write `=`"),
        );
        self.at = if colon { next.span.end } else { token.span.end };
        let value = self.value(word, &token.span);
        block.items.push(Item::Property(Property {
            key: word.to_owned(),
            key_span: token.span.clone(),
            value,
        }));
    }
}
