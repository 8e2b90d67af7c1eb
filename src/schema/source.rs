//! The text of a schema file and how people count in it.

/// A source text with an index of its lines.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

/// A place as editors show it: both numbers start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column in characters (Unicode scalar values), not bytes.
    pub column: usize,
}

/// The byte order mark that some editors put before UTF-8.
pub(super) const BOM: char = '\u{feff}';

impl<'a> Source<'a> {
    /// Indexes `text`. Lines end with `\n`; a `\r` before it belongs to the line's end.
    pub fn new(text: &'a str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(starts.map(|(at, _)| at + 1)).collect();
        Self { text, line_starts }
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// How many lines there are; an empty text has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// Where the byte `offset` stands. An offset inside a character counts as that character, one beyond the end as
    /// the end; a byte order mark has no column.
    pub fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.line_of(offset);
        let start = self.line_start(line);
        let before = self.text.get(start..).unwrap_or_default().char_indices();
        let column = before
            .take_while(|(at, c)| start + at + c.len_utf8() <= offset)
            .filter(|(_, c)| *c != BOM)
            .count();
        Place { line, column: column + 1 }
    }

    /// The text of a line, counted from 1, without its end; empty when there is no such line.
    pub fn line_text(&self, line: usize) -> &'a str {
        let Some(start) = line.checked_sub(1).and_then(|at| self.line_starts.get(at)) else {
            return "";
        };
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        let text = self.text.get(*start..end).unwrap_or_default();
        text.trim_end_matches(['\n', '\r']).trim_start_matches(BOM)
    }

    /// The number of the line that holds `offset`.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// How many bytes of white space the line of `offset` starts with.
    pub(super) fn indent_of(&self, offset: usize) -> usize {
        let text = self.text.get(self.line_start(self.line_of(offset))..).unwrap_or_default();
        let text = text.trim_start_matches(BOM);
        text.len() - text.trim_start_matches([' ', '\t']).len()
    }

    fn line_start(&self, line: usize) -> usize {
        line.checked_sub(1).and_then(|at| self.line_starts.get(at)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("aé世x\nzweite");
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place(3), Place { line: 1, column: 3 });
        assert_eq!(source.place(4), Place { line: 1, column: 3 }, "inside a character");
        assert_eq!(source.place(6), Place { line: 1, column: 4 });
        assert_eq!(source.place(8), Place { line: 2, column: 1 });
        assert_eq!(source.place(99), Place { line: 2, column: 7 });
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_do_not_count() {
        let source = Source::new("\u{feff}ab\r\ncd\r\n");
        assert_eq!(source.place(3), Place { line: 1, column: 1 });
        assert_eq!(source.place(4), Place { line: 1, column: 2 });
        assert_eq!(source.place(7), Place { line: 2, column: 1 });
        assert_eq!(source.line_text(1), "ab");
        assert_eq!(source.line_text(2), "cd");
        assert_eq!(source.line_text(3), "");
        assert_eq!(source.line_text(0), "");
        assert_eq!(source.line_count(), 3);
    }

    #[test]
    fn indents_are_those_of_the_line() {
        let source = Source::new("a\n    b c\n\td");
        assert_eq!(source.indent_of(8), 4);
        assert_eq!(source.indent_of(0), 0);
        assert_eq!(source.indent_of(11), 1);
    }
}
