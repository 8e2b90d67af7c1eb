//! The piece of a source that stands beside a finding, whatever the source holds and however long it is.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;

/// The most bytes of a source that are shown before, after and within what a label points at: a line may have
/// megabytes, and so may a string that is not closed.
const WINDOW_BYTES: usize = 500;

/// Labels further apart than this do not share an excerpt.
const SPAN_BYTES_MAX: usize = 4096;

/// A source that is read by the line. Looking for a line takes time in the logarithm of their number, where the
/// renderer's own sources start at the first byte for every label.
#[derive(Debug)]
pub(super) struct Excerpts<'a> {
    name: &'a str,
    text: String,
    line_starts: Vec<usize>,
}

impl<'a> Excerpts<'a> {
    pub(super) fn new(name: &'a str, text: &str) -> Self {
        let text = harmless(text);
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        Self { name, text, line_starts }
    }

    /// `range` cut to the source, to whole characters (the renderer panics on anything else) and to what can be shown.
    pub(super) fn within(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.floor(range.start);
        let end = range.end.min(start.saturating_add(WINDOW_BYTES));
        start..self.floor(end).max(start)
    }

    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The index of the line that holds a byte.
    fn line_of(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// The bytes to show around `span`, with so many lines before and after it.
    fn around(&self, span: &Range<usize>, before: usize, after: usize) -> Range<usize> {
        if before == 0 && after == 0 {
            return span.clone();
        }
        let first = self.line_start(self.line_of(span.start).saturating_sub(before));
        let last = self.line_of(span.end.saturating_sub(1).max(span.start));
        let end = self.line_start(last.saturating_add(after).saturating_add(1));
        let start = first.max(span.start.saturating_sub(WINDOW_BYTES));
        self.floor(start)..self.floor(end.min(span.end.saturating_add(WINDOW_BYTES)))
    }
}

impl SourceCode for Excerpts<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let span = span.offset()..span.offset().saturating_add(span.len());
        if span.len() > SPAN_BYTES_MAX {
            return Err(MietteError::OutOfBounds);
        }
        let shown = self.around(&span, context_lines_before, context_lines_after);
        let data = self.text.get(shown.clone()).ok_or(MietteError::OutOfBounds)?;
        let line = self.line_of(shown.start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            data.as_bytes(),
            (shown.start, data.len()).into(),
            line,
            shown.start.saturating_sub(self.line_start(line)),
            self.line_of(shown.end),
        )))
    }
}

/// `text` with every character that could steer a terminal replaced by a harmless one of the same length, so that
/// spans still hold.
fn harmless(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\r' | '\t' => c,
        c if super::style::hostile(c) && c.len_utf8() == 1 => '?',
        c if super::style::hostile(c) && c.len_utf8() == 2 => '¿',
        c if super::style::hostile(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(replaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &Excerpts<'_>, span: Range<usize>, context: usize) -> (String, usize, usize) {
        let span = (span.start, span.len()).into();
        let contents = source.read_span(&span, context, context).unwrap();
        let text = String::from_utf8(contents.data().to_vec()).unwrap();
        (text, contents.line(), contents.column())
    }

    #[test]
    fn gives_the_lines_around_a_span() {
        let source = Excerpts::new("x", "one\ntwo\nthree\nfour\nfive");
        assert_eq!(read(&source, 8..13, 1), ("two\nthree\nfour\n".into(), 1, 0));
        assert_eq!(read(&source, 9..11, 0), ("hr".into(), 2, 1));
        assert_eq!(read(&source, 19..23, 1), ("four\nfive".into(), 3, 0));
        assert_eq!(read(&source, 0..0, 1), ("one\ntwo\n".into(), 0, 0));
    }

    #[test]
    fn a_line_without_end_is_cut_around_the_span() {
        let text = "ä".repeat(100_000);
        let source = Excerpts::new("x", &text);
        let (shown, line, column) = read(&source, 100_000..100_002, 1);
        assert!((900..=2 * WINDOW_BYTES + 4).contains(&shown.len()), "{}", shown.len());
        assert_eq!((line, column), (0, 99_500));
        assert_eq!(source.within(&(0..200_000)), 0..WINDOW_BYTES);
        assert_eq!(source.within(&(1..900_000)).start, 0);
        let far = SourceSpan::from((0, SPAN_BYTES_MAX + 1));
        assert!(source.read_span(&far, 1, 1).is_err());
    }

    #[test]
    fn what_steers_a_terminal_is_replaced_and_offsets_stay() {
        let text = "a\u{1b}[31m\u{9b}\u{202e}\tb\r\n";
        let safe = harmless(text);
        assert_eq!(safe, "a?[31m¿\u{fffd}\tb\r\n");
        assert_eq!(safe.len(), text.len());
    }
}
