//! The text of the file, and everything that is wrong with it.

use crate::schema::{Diagnostic, Place, Severity, Source, compile};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Words below a line of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// The line, from 0.
    pub(crate) line: usize,
    /// The bytes of the line that it is about.
    pub(crate) span: Range<usize>,
    /// The diagnostic that it belongs to, by its place in the list.
    pub(crate) diagnostic: usize,
    /// The words, where they are about another place than that of the diagnostic.
    pub(crate) beside: Option<String>,
}

/// A text and everything that is wrong with it.
#[derive(Debug, Clone)]
pub(crate) struct Working {
    pub(crate) text: Arc<str>,
    /// The bytes of each line, without its end.
    pub(crate) lines: Vec<Range<usize>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Where each diagnostic is.
    pub(crate) places: Vec<Place>,
    /// What stands below lines, by line.
    pub(crate) notes: Vec<Note>,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    /// How many aggregates it declares; 0 where there are errors.
    pub(crate) aggregates: usize,
    /// How long checking took, in microseconds.
    pub(crate) took: u64,
}

impl Working {
    /// Checks a text.
    pub(crate) fn new(text: String) -> Self {
        let compiled = compile(&text);
        let source = Source::new(&text);
        let mut lines: Vec<Range<usize>> = (1..=source.line_count())
            .scan(0, |next, number| {
                let at = *next;
                let whole = text.get(at..)?.find('\n').map_or(text.len(), |end| at + end);
                *next = (whole + 1).min(text.len());
                // A mark of the byte order and a carriage return are no part of a line.
                let shown = source.line_text(number);
                let skipped = text.get(at..whole)?.find(shown).unwrap_or(0);
                Some(at + skipped..at + skipped + shown.len())
            })
            .collect();
        // What ends with an end of line has no line behind it.
        if lines.len() > 1 && lines.last().is_some_and(Range::is_empty) {
            lines.pop();
        }
        let diagnostics = compiled.diagnostics;
        let of = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
        let mut checked = Self {
            lines,
            places: diagnostics.iter().map(|one| source.place(one.span.start)).collect(),
            notes: Vec::new(),
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            aggregates: compiled.schema.map_or(0, |schema| schema.aggregates.len()),
            took: 0,
            diagnostics,
            text: text.into(),
        };
        checked.notes = checked.place_notes();
        checked
    }

    fn place_notes(&self) -> Vec<Note> {
        let (mut notes, mut said) = (Vec::new(), BTreeSet::new());
        for (diagnostic, one) in self.diagnostics.iter().enumerate() {
            let (line, span) = self.within(&one.span);
            notes.push(Note { line, span, diagnostic, beside: None });
            for label in &one.secondary {
                let (line, span) = self.within(&label.span);
                // Several diagnostics may lead to one place: it is said once there.
                let note = Note { line, span, diagnostic, beside: Some(label.text.clone()) };
                let place = (note.line, note.span.start, label.text.as_str());
                if said.insert(place) {
                    notes.push(note);
                }
            }
        }
        notes.sort_by_key(|note| (note.line, note.span.start));
        notes
    }

    /// The line that a span begins in, and the bytes of it that it takes there.
    fn within(&self, span: &Range<usize>) -> (usize, Range<usize>) {
        let after = self.lines.partition_point(|line| line.start <= span.start);
        let at = after.saturating_sub(1);
        let Some(line) = self.lines.get(at) else { return (0, 0..0) };
        let inside = |offset: usize| offset.clamp(line.start, line.end) - line.start;
        (at, inside(span.start)..inside(span.end))
    }

    /// A line, counted from 0.
    pub(crate) fn line(&self, at: usize) -> &str {
        self.lines.get(at).and_then(|line| self.text.get(line.clone())).unwrap_or_default()
    }

    /// What stands below a line.
    pub(crate) fn notes_of(&self, line: usize) -> &[Note] {
        let from = self.notes.partition_point(|note| note.line < line);
        let to = self.notes.partition_point(|note| note.line <= line);
        self.notes.get(from..to).unwrap_or_default()
    }

    /// The first diagnostic of a line.
    pub(crate) fn diagnostic_of(&self, line: usize) -> Option<usize> {
        let own = |note: &&Note| note.beside.is_none();
        self.notes_of(line).iter().find(own).map(|note| note.diagnostic)
    }

    /// Where a diagnostic is: `5:13`.
    pub(crate) fn place(&self, diagnostic: usize) -> Option<String> {
        let place = self.places.get(diagnostic)?;
        Some(format!("{}:{}", place.line, place.column))
    }

    /// The line that a diagnostic is in, counted from 0.
    pub(crate) fn line_of(&self, diagnostic: usize) -> usize {
        self.places.get(diagnostic).map_or(0, |place| place.line.saturating_sub(1))
    }
}

/// Where a line has a text; letters are what they are where one of those searched for is large.
pub(crate) fn find_in(line: &str, wanted: &str) -> Option<usize> {
    if wanted.chars().any(char::is_uppercase) {
        return line.find(wanted);
    }
    // Places in another spelling are those of the line only where that is as long.
    let lower = line.to_lowercase();
    if lower.len() == line.len() { lower.find(wanted) } else { line.find(wanted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_that_an_editor_shows() {
        let checked = Working::new("\u{feff}a\r\n\r\n b\n".to_owned());
        let lines: Vec<&str> = (0..checked.lines.len()).map(|at| checked.line(at)).collect();
        assert_eq!(lines, ["a", "", " b"]);
        assert_eq!(Working::new(String::new()).lines.len(), 1);
        assert_eq!(Working::new("\n".to_owned()).lines.len(), 1);
    }

    #[test]
    fn notes_stand_below_their_lines() {
        let text = "aggregate a {\n  field x { type = \"tex\" }\n  event e {}\n  event e {}\n}\n";
        let checked = Working::new(text.to_owned());
        assert_eq!((checked.errors, checked.diagnostics.len()), (2, 2));
        let [note] = checked.notes_of(1) else { panic!("{:?}", checked.notes) };
        assert_eq!(&checked.line(1)[note.span.clone()], "\"tex\"");
        assert!(checked.notes_of(2)[0].beside.is_some(), "declared first here");
        assert_eq!((checked.diagnostic_of(2), checked.diagnostic_of(3)), (None, Some(1)));
        assert_eq!(checked.line_of(1), 3);
    }
}
