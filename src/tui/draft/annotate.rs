//! Faults in a text: as they are shown, and as they are put into the text for the next try.

use super::read::Fault;
use std::fmt::Write as _;
use std::ops::Range;
use unicode_width::UnicodeWidthStr as _;

/// What lines begin with that say what is wrong. They are taken out again before the text is read.
const MARK: &str = "//!";

/// Faults of a text that are pointed at: more are mended in as many tries.
const FAULTS: usize = 20;

/// Bytes of a line that are kept on either side of a fault: the whole of a long line would be kept for each of them.
const AROUND: usize = 512;

/// Cells before a fault that are left free in front of its mark; behind a longer line its column is said.
const INDENT: usize = 200;

/// A fault with the line that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointed {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// The line, or what is around the place where it is long.
    pub(crate) source: String,
    /// Where in that the place begins, in bytes.
    pub(crate) at: usize,
    /// Cells of the line before the place, and how many the place takes, as an editor shows it.
    pub(crate) cells: (usize, usize),
    pub(crate) message: String,
}

/// The first faults with their lines. The last one says how many there are besides.
pub(crate) fn pointed(text: &str, faults: &[Fault]) -> Vec<Pointed> {
    let shown = faults.iter().take(FAULTS);
    let mut shown: Vec<Pointed> = shown.map(|(span, what)| at(text, span, what)).collect();
    let more = faults.len() - shown.len();
    if let Some(last) = shown.last_mut().filter(|_| more > 0) {
        let _ = write!(last.message, " (and {more} more places are wrong)");
    }
    shown
}

fn at(text: &str, span: &Range<usize>, message: &str) -> Pointed {
    let before = text.get(..span.start).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let source = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let inside = before.get(start..).unwrap_or_default();
    let end = span.end.min(start + source.len()).max(span.start);
    let marked = text.get(span.start..end).unwrap_or_default();
    let whole = |at: &usize| source.is_char_boundary(*at);
    let from =
        (inside.len().saturating_sub(AROUND)..inside.len()).find(whole).unwrap_or(inside.len());
    let to = (inside.len()..=source.len().min(inside.len() + AROUND)).rfind(whole);
    let to = to.unwrap_or(source.len());
    Pointed {
        line: before.matches('\n').count() + 1,
        column: inside.chars().count() + 1,
        source: source.get(from..to).unwrap_or_default().to_owned(),
        at: inside.len() - from,
        cells: (inside.width(), marked.width().max(1)),
        message: message.to_owned(),
    }
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
            if indent > INDENT {
                let _ = writeln!(out, "{MARK} column {}: {message}", fault.column);
                continue;
            }
            let (gap, marks) = (" ".repeat(indent), "^".repeat(wide.min(INDENT)));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of a megabyte in which every key is wrong, in Chinese for the sake of its borders.
    #[test]
    fn of_a_long_line_with_many_faults_a_part_is_kept_of_each_of_a_few() {
        let member = "\"\u{4ef7}\":1,";
        let text = format!("{{{}}}", member.repeat(100_000));
        let fault = |number: usize| {
            let from = 1 + number * member.len();
            (from..from + 5, format!("fault {number}"))
        };
        let faults: Vec<Fault> = (0..100_000).map(fault).collect();
        let found = pointed(&text, &faults);
        assert_eq!(found.len(), FAULTS);
        assert!(found.iter().all(|one| one.source.len() <= 2 * AROUND));
        assert!(found.iter().all(|one| one.source[one.at..].starts_with("\"\u{4ef7}\"")));
        assert_eq!(found[19].message, "fault 19 (and 99980 more places are wrong)");
        let far = pointed(&text, &faults[99_999..]);
        let next = annotated(&text, "", &far);
        assert!(next.len() < text.len() + 100);
        assert!(next.ends_with("//! column 599996: fault 99999\n"), "{}", &next[text.len()..]);
        assert_eq!(stripped(&next), text + "\n");
    }
}
