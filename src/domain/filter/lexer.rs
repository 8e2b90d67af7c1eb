//! Characters to tokens.

use super::FilterError;
use super::expr::is_special;
use std::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    Open,
    Close,
    Or,
    Not,
    Word(Word),
}

/// Bare and quoted text without white space between: `name:"Jane Doe"*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) atoms: Vec<Atom>,
    pub(super) span: Range<usize>,
}

/// A run of bare text, which is the source itself, or a quoted one with its escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) start: usize,
}

impl Word {
    pub(super) fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    /// The whole text, without the quotes.
    pub(super) fn text(&self) -> String {
        self.atoms.iter().map(|atom| atom.text.as_str()).collect()
    }

    pub(super) fn has_quotes(&self) -> bool {
        self.atoms.iter().any(|atom| atom.quoted)
    }

    pub(super) fn has_bare(&self, c: char) -> bool {
        self.atoms.iter().any(|atom| !atom.quoted && atom.text.contains(c))
    }

    /// What comes before and after the first bare `separator`.
    pub(super) fn split_once(&self, separator: &str) -> Option<(Self, Self)> {
        let found = self.atoms.iter().enumerate().find_map(|(index, atom)| {
            let at = if atom.quoted { None } else { atom.text.find(separator) };
            at.map(|at| (index, atom, at))
        });
        let (index, atom, at) = found?;
        let (before, after) = atom.text.split_at_checked(at)?;
        let after = after.strip_prefix(separator)?;
        let middle = atom.start + at;
        let next = middle + separator.len();
        let bare = |text: &str, start: usize| {
            let text = text.to_owned();
            (!text.is_empty()).then_some(Atom { text, quoted: false, start })
        };
        let mut left: Vec<Atom> = self.atoms.iter().take(index).cloned().collect();
        left.extend(bare(before, atom.start));
        let mut right: Vec<Atom> = bare(after, next).into_iter().collect();
        right.extend(self.atoms.iter().skip(index + 1).cloned());
        Some((
            Self { atoms: left, span: self.span.start..middle },
            Self { atoms: right, span: next..self.span.end },
        ))
    }

    /// The rest of a word that starts with the bare `prefix`.
    pub(super) fn strip_prefix(&self, prefix: &str) -> Option<Self> {
        let first = self.atoms.first()?;
        if first.quoted || !first.text.starts_with(prefix) {
            return None;
        }
        self.split_once(prefix).map(|(_, rest)| rest)
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(c) = lexer.skip_space() {
        let start = lexer.at;
        let kind = match c {
            '(' => lexer.take(c, TokenKind::Open),
            ')' => lexer.take(c, TokenKind::Close),
            '|' => lexer.take(c, TokenKind::Or),
            '-' => {
                let not = lexer.take(c, TokenKind::Not);
                if lexer.peek().is_none_or(|c| c.is_whitespace() || matches!(c, ')' | '|')) {
                    let help = "write `-` right before what must not be: `-status:paid`";
                    return Err(FilterError::new(start..lexer.at, "`-` negates nothing", help));
                }
                not
            }
            _ => TokenKind::Word(lexer.word()?),
        };
        tokens.push(Token { kind, span: start..lexer.at });
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn take(&mut self, c: char, kind: TokenKind) -> TokenKind {
        self.at += c.len_utf8();
        kind
    }

    fn skip_space(&mut self) -> Option<char> {
        loop {
            match self.peek()? {
                c if c.is_whitespace() => self.at += c.len_utf8(),
                c => return Some(c),
            }
        }
    }

    fn word(&mut self) -> Result<Word, FilterError> {
        let begin = self.at;
        let mut atoms = Vec::new();
        while let Some(c) = self.peek() {
            let start = self.at;
            let (text, quoted) = match c {
                '"' => (self.quoted()?, true),
                c if is_special(c) => break,
                _ => (self.bare(), false),
            };
            atoms.push(Atom { text, quoted, start });
        }
        Ok(Word { atoms, span: begin..self.at })
    }

    fn bare(&mut self) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let run = rest.split(is_special).next().unwrap_or_default();
        self.at += run.len();
        run.to_owned()
    }

    /// A quoted text; a backslash takes the next character as it is.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let mut next = self.peek();
            if next == Some('"') {
                self.at += 1;
                return Ok(out);
            }
            if next == Some('\\') {
                self.at += 1;
                next = self.peek();
            }
            let Some(c) = next else {
                let help = "close it with `\"`; within quotes write `\\\"` for a quote";
                return Err(FilterError::new(start..self.at, "this quote is never closed", help));
            };
            self.at += c.len_utf8();
            out.push(c);
        }
    }
}
