//! JSON values in the one style.

use super::{COLUMNS_MAX, Printer};
use crate::domain::json::spanned::{Node, Value};
use std::ops::Range;

impl Printer<'_> {
    /// `key = value`, without the end of its line.
    pub(super) fn property(&mut self, key: &str, value: &Node) {
        // Comments between the key and the value go above the property.
        self.own_comments_packed(value.span.start);
        self.indent();
        self.out.push_str(key);
        self.out.push_str(" = ");
        self.value(value, self.level * 2 + key.chars().count() + 3);
    }

    /// A value that starts in column `column` (from 0).
    fn value(&mut self, node: &Node, column: usize) {
        let mut line = String::new();
        let broken = self.is_broken(node);
        if !broken {
            self.flat(node, &mut line);
        }
        let empty = match &node.value {
            Value::Array(items) => items.is_empty() && !self.has_comment(&node.span),
            Value::Object(members) => members.is_empty() && !self.has_comment(&node.span),
            _ => true,
        };
        if empty || (!broken && column + line.chars().count() <= COLUMNS_MAX) {
            if line.is_empty() {
                self.flat(node, &mut line);
            }
            self.out.push_str(&line);
        } else {
            self.broken(node);
        }
        self.last = node.span.end;
    }

    /// The value on one line, whatever its width.
    pub(super) fn flat(&self, node: &Node, out: &mut String) {
        match &node.value {
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.flat(item, out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (index, member) in members.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    out.push_str(self.slice(&member.key_span));
                    out.push_str(": ");
                    self.flat(&member.value, out);
                }
                out.push('}');
            }
            _ => out.push_str(self.slice(&node.span)),
        }
    }

    fn has_comment(&self, span: &Range<usize>) -> bool {
        self.comments.get(self.next).is_some_and(|comment| comment.start < span.end)
    }

    /// Whether the value must have several lines: one of its parts has a comment, or its author broke it after a
    /// bracket.
    fn is_broken(&self, node: &Node) -> bool {
        self.has_comment(&node.span) || self.breaks_after_bracket(node)
    }

    fn breaks_after_bracket(&self, node: &Node) -> bool {
        let breaks = |first: Option<usize>| {
            first.is_some_and(|first| self.slice(&(node.span.start..first)).contains('\n'))
        };
        match &node.value {
            Value::Array(items) => {
                breaks(items.first().map(|item| item.span.start))
                    || items.iter().any(|item| self.breaks_after_bracket(item))
            }
            Value::Object(members) => {
                breaks(members.first().map(|member| member.key_span.start))
                    || members.iter().any(|member| self.breaks_after_bracket(&member.value))
            }
            _ => false,
        }
    }

    /// One part a line.
    fn broken(&mut self, node: &Node) {
        let (open, close, count) = match &node.value {
            Value::Array(items) => ('[', ']', items.len()),
            Value::Object(members) => ('{', '}', members.len()),
            _ => {
                let text = self.slice(&node.span);
                self.out.push_str(text);
                return;
            }
        };
        self.out.push(open);
        self.last = node.span.start + 1;
        self.trailing_comment();
        self.level += 1;
        match &node.value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.part(None, item, index + 1 < count);
                }
            }
            Value::Object(members) => {
                for (index, member) in members.iter().enumerate() {
                    let key = member.key_span.clone();
                    self.part(Some(key), &member.value, index + 1 < count);
                }
            }
            _ => {}
        }
        // Blank lines inside values are not kept.
        self.first = true;
        self.own_comments_packed(node.span.end);
        self.level -= 1;
        self.indent();
        self.out.push(close);
    }

    fn part(&mut self, key: Option<Range<usize>>, value: &Node, more: bool) {
        self.own_comments_packed(value.span.start);
        self.indent();
        let mut column = self.level * 2 + usize::from(more);
        if let Some(key) = key {
            let key = self.slice(&key);
            self.out.push_str(key);
            self.out.push_str(": ");
            column += key.chars().count() + 2;
        }
        self.value(value, column);
        if more {
            self.out.push(',');
        }
        self.trailing_comment();
    }

    /// Comments on lines of their own, without blank lines.
    pub(super) fn own_comments_packed(&mut self, end: usize) {
        while self.has_comment(&(0..end)) {
            let Some(comment) = self.comments.get(self.next) else { return };
            self.indent();
            let text = self.slice(comment);
            self.out.push_str(text);
            self.out.push('\n');
            self.last = comment.end;
            self.next += 1;
        }
    }
}
