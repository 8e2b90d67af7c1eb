//! Faults in a text: as they are shown, and as they are put into the text for the next try.

use super::read::Fault;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// What lines begin with that say what is wrong. They are taken out again before the text is read.
const MARK: &str = "//!";

/// A fault with the line that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointed {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// The line.
    pub(crate) source: String,
    /// Cells of the line before the place, and how many the place takes, as an editor shows it.
    pub(crate) cells: (usize, usize),
    pub(crate) message: String,
}

/// The faults with their lines.
pub(crate) fn pointed(text: &str, faults: &[Fault]) -> Vec<Pointed> {
    faults
        .iter()
        .map(|(span, message)| {
            let before = text.get(..span.start).unwrap_or(text);
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            let source = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
            let inside = before.get(start..).unwrap_or_default();
            let end = span.end.min(start + source.len()).max(span.start);
            let marked = text.get(span.start..end).unwrap_or_default();
            Pointed {
                line: before.matches('\n').count() + 1,
                column: inside.chars().count() + 1,
                source: source.to_owned(),
                cells: (inside.width(), marked.width().max(1)),
                message: message.clone(),
            }
        })
        .collect()
}

/// The text with what is wrong below each line that has a fault, and above all of it what is wrong as a whole.
pub(crate) fn annotated(text: &str, whole: &str, faults: &[Pointed]) -> String {
    let mut out = String::new();
    for line in whole.lines() {
        let _ = writeln!(out, "{MARK} {line}");
    }
    for (index, line) in text.lines().enumerate() {
        out.push_str(line);
        out.push('\n');
        for fault in faults.iter().filter(|fault| fault.line == index + 1) {
            let (before, wide) = fault.cells;
            // The sign of the comment takes room of its own.
            let indent = before.saturating_sub(MARK.len());
            let message = fault.message.lines().collect::<Vec<_>>().join(" ");
            let (gap, marks) = (" ".repeat(indent), "^".repeat(wide));
            let _ = writeln!(out, "{MARK}{gap}{marks} {message}");
        }
    }
    out
}

/// The text without what was put into it about faults.
pub(crate) fn stripped(text: &str) -> String {
    let own = text.split_inclusive('\n').filter(|line| !line.starts_with(MARK));
    own.collect()
}
