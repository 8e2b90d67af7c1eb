//! What is wrong with a schema, as data. Surfaces render it; nothing here knows about terminals.

use super::codes::Code;
use std::ops::Range;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The schema cannot be used.
    Error,
    /// The schema works, but probably not as meant.
    Warning,
}

impl Severity {
    /// The word for it: `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Words at a place of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bytes of the source.
    pub span: Range<usize>,
    /// The words.
    pub text: String,
}

/// A change of the source that does away with a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace; empty to insert.
    pub span: Range<usize>,
    /// What to put there.
    pub replacement: String,
    /// What the change does, as an imperative: ``use `required` ``.
    pub title: String,
}

impl Fix {
    /// The source with the change made; `None` when the span does not lie in it.
    pub fn apply(&self, source: &str) -> Option<String> {
        let (before, after) = (source.get(..self.span.start)?, source.get(self.span.end..)?);
        Some(format!("{before}{}{after}", self.replacement))
    }
}

/// One finding about a schema source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How bad it is; given by the code.
    pub severity: Severity,
    /// The bytes of the source that it is about.
    pub span: Range<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// The words at the span, shorter than the message.
    pub label: String,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change that does it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    pub(super) fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            span,
            message: message.into(),
            label: code.title().to_owned(),
            secondary: Vec::new(),
            help: None,
            fix: None,
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn secondary(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn fix(
        mut self,
        span: Range<usize>,
        replacement: impl Into<String>,
        title: impl Into<String>,
    ) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into(), title: title.into() });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_replace_their_span_and_refuse_spans_outside() {
        let fix = Fix { span: 2..4, replacement: "XYZ".into(), title: String::new() };
        assert_eq!(fix.apply("abcdef").as_deref(), Some("abXYZef"));
        assert_eq!(fix.apply("abc"), None);
        assert_eq!(fix.apply("a€€"), None, "inside a character");
    }
}
