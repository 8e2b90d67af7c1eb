//! One style for schema files.
//!
//! Two spaces a level, `key = value`, comments kept where they stand, at most one blank line between items, one
//! between aggregates. A block stays on one line if it is on one line, has no comment and fits; so does a value. Nothing
//! is reordered, and names, numbers and strings keep their text.

mod value;

use super::ast::{Ast, Block, Item, Name};
use super::diagnostic::Diagnostic;
use super::parser::parse;
use std::ops::Range;

/// The most columns of a line, where breaking it helps.
const COLUMNS_MAX: usize = 100;

/// Formats a source. Only its syntax must be right: what the checker says does not matter.
///
/// # Errors
/// The syntax errors.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let (ast, diagnostics) = parse(source);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let mut printer = Printer::new(source, &ast);
    printer.document(&ast);
    Ok(printer.out)
}

struct Printer<'a> {
    source: &'a str,
    comments: &'a [Range<usize>],
    /// How many comments are printed.
    next: usize,
    /// The byte behind what was printed last.
    last: usize,
    /// Whether nothing was printed yet in the block at hand: no blank line comes first.
    first: bool,
    level: usize,
    out: String,
}

impl<'a> Printer<'a> {
    fn new(source: &'a str, ast: &'a Ast) -> Self {
        Self {
            source,
            comments: &ast.comments,
            next: 0,
            last: 0,
            first: true,
            level: 0,
            out: String::new(),
        }
    }

    fn slice(&self, span: &Range<usize>) -> &'a str {
        self.source.get(span.clone()).unwrap_or_default()
    }

    fn document(&mut self, ast: &Ast) {
        let mut before = false;
        for block in &ast.aggregates {
            // The comments right above an aggregate belong to it: the blank line goes before them.
            let above =
                self.comments.get(self.next).filter(|comment| comment.start < block.span.start);
            if before && above.is_none() {
                self.out.push('\n');
                self.first = true;
            } else if before {
                self.force_blank(block.span.start);
            }
            self.own_comments(block.span.start);
            self.separate(block.span.start);
            self.block(block);
            self.trailing_comment();
            before = true;
        }
        self.own_comments(self.source.len());
    }

    /// Puts a blank line before the comments above an aggregate if there is none among them.
    fn force_blank(&mut self, start: usize) {
        let above = self.comments.get(self.next..).unwrap_or_default();
        let above = above.iter().take_while(|comment| comment.start < start);
        let mut at = self.last;
        let mut blank = false;
        for span in above.cloned().chain(std::iter::once(start..start)) {
            blank |= self.is_blank_between(at, span.start);
            at = span.end;
        }
        if !blank {
            self.out.push('\n');
            self.first = true;
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.level {
            self.out.push_str("  ");
        }
    }

    fn is_blank_between(&self, from: usize, to: usize) -> bool {
        self.slice(&(from..to.max(from))).bytes().filter(|byte| *byte == b'\n').count() > 1
    }

    /// Keeps one blank line before what starts at `start`, if there was any.
    fn separate(&mut self, start: usize) {
        if !self.first && self.is_blank_between(self.last, start) {
            self.out.push('\n');
        }
        self.first = false;
    }

    /// Prints the comments that start before `end`, each on a line of its own.
    fn own_comments(&mut self, end: usize) {
        while let Some(comment) = self.comments.get(self.next).filter(|span| span.start < end) {
            self.separate(comment.start);
            self.indent();
            self.out.push_str(self.slice(comment));
            self.out.push('\n');
            self.last = comment.end;
            self.next += 1;
        }
    }

    /// Ends the line; a comment on the line of what was printed last goes before its end.
    fn trailing_comment(&mut self) {
        if let Some(comment) = self.comments.get(self.next)
            && self.slice(&(self.last..comment.start)).chars().all(|c| " \t\r,".contains(c))
        {
            self.out.push(' ');
            self.out.push_str(self.slice(comment));
            self.last = comment.end;
            self.next += 1;
        }
        self.out.push('\n');
    }

    fn name(&self, name: &Name) -> &'a str {
        let text = self.slice(&name.span);
        let bare = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        let plain = text.starts_with('"')
            && bare.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if plain { bare } else { text }
    }

    fn block(&mut self, block: &Block) {
        // Comments between the keyword and the brace go above the block.
        self.own_comments_packed(block.body_start.saturating_sub(1));
        self.indent();
        let head = format!("{} {} {{", block.kind.as_str(), self.name(&block.name));
        if let Some(line) = self.one_line(block, &head) {
            self.out.push_str(&line);
            self.last = block.span.end;
            return;
        }
        self.out.push_str(&head);
        self.last = block.body_start;
        self.trailing_comment();
        self.level += 1;
        self.first = true;
        for item in &block.items {
            let start = item.span().start;
            self.own_comments(start);
            self.separate(start);
            match item {
                Item::Property(property) => {
                    if let Some(value) = &property.value {
                        self.property(&property.key, value);
                    }
                }
                Item::Block(inner) => self.block(inner),
            }
            self.trailing_comment();
        }
        self.own_comments(block.span.end);
        self.level -= 1;
        self.first = false;
        self.indent();
        self.out.push('}');
        self.last = block.span.end;
    }

    /// The block on one line; `None` when it is not to be on one.
    fn one_line(&self, block: &Block, head: &str) -> Option<String> {
        let comment = self.comments.get(self.next).is_some_and(|span| span.start < block.span.end);
        if comment {
            return None;
        }
        if block.items.is_empty() {
            return Some(format!("{head}}}"));
        }
        if self.slice(&block.span).contains('\n') {
            return None;
        }
        let mut line = head.to_owned();
        for item in &block.items {
            line.push(' ');
            match item {
                Item::Property(property) => {
                    line.push_str(&property.key);
                    line.push_str(" = ");
                    self.flat(property.value.as_ref()?, &mut line);
                }
                // A block in a block reads badly on one line.
                Item::Block(_) => return None,
            }
        }
        line.push_str(" }");
        (self.level * 2 + line.chars().count() <= COLUMNS_MAX).then_some(line)
    }
}

#[cfg(test)]
mod tests;
