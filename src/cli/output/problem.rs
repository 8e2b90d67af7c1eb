//! Errors and findings, as people read them and as programs do.

use super::excerpt::Excerpts;
use super::fold::fold;
use super::style::{Meaning, Painter, visible};
use super::table::{Align, Cell, Table};
use super::terminal::Terminal;
use super::value::quantity;
use crate::cli::failure::Failure;
use crate::error::Error;
use crate::wire::Problem;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};
use std::fmt::{self, Write as _};
use std::ops::Range;

/// The most findings about one source that are shown with their places; the other formats name every one.
const FINDINGS_SHOWN: usize = 200;

/// One thing that is wrong at a place of a source.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// Its stable code.
    pub(crate) code: String,
    /// Whether it is an error rather than a warning.
    pub(crate) error: bool,
    /// The bytes of the source; `None` for the whole of it.
    pub(crate) span: Option<Range<usize>>,
    /// What is wrong.
    pub(crate) message: String,
    /// The words at the span.
    pub(crate) label: String,
    /// Other places that matter.
    pub(crate) secondary: Vec<(Range<usize>, String)>,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

/// What is wrong with a source.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    /// The name of the source, for people.
    pub(crate) name: String,
    /// The source.
    pub(crate) source: String,
    /// What is wrong, in the order of the source.
    pub(crate) list: Vec<Finding>,
}

/// The text for standard error; `None` where there is nothing to say.
pub(super) fn render(failure: &Failure, json: bool, terminal: &Terminal) -> Option<String> {
    let (error, source) = match failure {
        Failure::Closed => return None,
        Failure::Error(error) => (error, None),
        Failure::Source(error, source) => (error, Some(source)),
    };
    if json {
        let problem = serde_json::to_string(&Problem::from(error)).unwrap_or_default();
        return Some(format!("{problem}\n"));
    }
    let (width, color) = (terminal.prose_width(), terminal.color_stderr);
    let shown = source.map(|source| findings(source, width, color, terminal.unicode));
    let details = source.is_none();
    let text = error_text(error, details, width, color, terminal.unicode);
    Some(format!("{}{text}", shown.unwrap_or_default()))
}

/// The findings, each with its piece of the source.
pub(super) fn findings(findings: &Findings, width: usize, color: bool, unicode: bool) -> String {
    let handler = handler(width, color, unicode);
    let name = visible(&findings.name);
    let source = Excerpts::new(&name, &findings.source);
    let mut out = String::new();
    for finding in findings.list.iter().take(FINDINGS_SHOWN) {
        let shown = Shown {
            code: finding.code.clone(),
            message: visible(&finding.message),
            help: finding.help.as_deref().map(visible),
            severity: if finding.error { Severity::Error } else { Severity::Warning },
            source: Some(&source),
            labels: labels(finding, &source),
        };
        // Writing to a string cannot fail; the renderer itself gives up on a span outside of the source.
        if handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&finding.message);
        }
        out.push('\n');
    }
    let more = findings.list.len().saturating_sub(FINDINGS_SHOWN);
    if more > 0 {
        let more = quantity(u64::try_from(more).unwrap_or(u64::MAX), "finding", "findings");
        let _ = writeln!(out, "… and {more} more in {name}\n");
    }
    out
}

fn labels(finding: &Finding, source: &Excerpts<'_>) -> Vec<LabeledSpan> {
    let label = |range: &Range<usize>, text: &str, primary: bool| {
        let range = source.within(range);
        let (span, text) = ((range.start, range.len()), Some(visible(text)));
        if primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        }
    };
    let primary = finding.span.iter().map(|span| label(span, &finding.label, true));
    primary.chain(finding.secondary.iter().map(|(span, text)| label(span, text, false))).collect()
}

fn error_text(error: &Error, details: bool, width: usize, color: bool, unicode: bool) -> String {
    let shown = Shown {
        code: error.code().to_owned(),
        message: visible(error.message()),
        help: None,
        severity: Severity::Error,
        source: None,
        labels: Vec::new(),
    };
    let mut out = String::new();
    if handler(width, color, unicode).render_report(&mut out, &shown).is_err() {
        out.push_str(error.message());
    }
    let paint = Painter { on: color };
    if details {
        for line in detail_lines(error, paint) {
            out.push_str("    ");
            out.push_str(&line);
            out.push('\n');
        }
    }
    for (word, text) in [("help", error.help_text()), ("note", error.kept_text())] {
        let Some(text) = text else { continue };
        out.push_str(&wrapped(word, &visible(text), width, paint));
    }
    out
}

fn wrapped(word: &str, text: &str, width: usize, paint: Painter) -> String {
    let indent = word.len() + 4;
    format!("  {} {}\n", paint.accent(format!("{word}:")), fold(text, indent, indent, width))
}

fn detail_lines(error: &Error, paint: Painter) -> Vec<String> {
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left), ("", Align::Left)]);
    for detail in error.detail_list() {
        // Where nothing is pointed at, the words say where it is.
        let says_where =
            detail.message.starts_with("line ") || error.code().starts_with("dbx::config::");
        let pointer = match (detail.pointer.as_str(), says_where) {
            ("", true) => "-",
            ("", false) => "(all)",
            (pointer, _) => pointer,
        };
        table.row(vec![
            Cell::new(Meaning::Accent, pointer),
            Cell::dim(&detail.code),
            Cell::plain(&detail.message),
        ]);
    }
    table.drain(paint, None)
}

fn handler(width: usize, color: bool, unicode: bool) -> GraphicalReportHandler {
    let theme = match (color, unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (true, false) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false)
}

/// What miette draws.
#[derive(Debug)]
struct Shown<'a> {
    code: String,
    message: String,
    help: Option<String>,
    severity: Severity,
    source: Option<&'a Excerpts<'a>>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Detail, Kind};

    #[test]
    fn an_error_says_what_happened_what_was_kept_and_what_to_do() {
        let detail = |pointer: &str, message: &str| Detail {
            pointer: pointer.into(),
            code: "range".into(),
            message: message.into(),
        };
        let error = Error::new(Kind::Violation, "dbx::schema::violation", "the event is refused")
            .kept("nothing was written")
            .help("see `dbx schema show order`")
            .details(vec![detail("/total", "at least 0"), detail("/customer/age", "at most 150")]);
        insta::assert_snapshot!(error_text(&error, true, 80, false, true), @r"
        dbx::schema::violation

          × the event is refused
            /total         range  at least 0
            /customer/age  range  at most 150
          help: see `dbx schema show order`
          note: nothing was written
        ");
    }

    #[test]
    fn what_is_wrong_with_the_configuration_is_not_all_of_it() {
        let detail = Detail { pointer: String::new(), code: "x".into(), message: "wrong".into() };
        let text = |code| {
            let error = Error::new(Kind::Invalid, code, "no").details(vec![detail.clone()]);
            error_text(&error, true, 80, false, true)
        };
        assert!(text("dbx::config::invalid").contains("-  x  wrong"));
        assert!(text("dbx::access::forbidden").contains("(all)  x  wrong"));
    }

    #[test]
    fn a_finding_points_at_its_source_and_survives_a_span_outside_of_it() {
        let source = "aggregate órder {\n}\n".to_owned();
        let finding = |span| Finding {
            code: "E017".into(),
            error: true,
            span: Some(span),
            message: "unusable name".into(),
            label: "here".into(),
            secondary: vec![],
            help: Some("rename it".into()),
        };
        let name = "schema.dbx".to_owned();
        let list = vec![finding(10..16), finding(11..900)];
        let all = Findings { name, source, list };
        let text = findings(&all, 80, false, true);
        assert!(text.contains("schema.dbx:1:11"), "{text}");
        assert_eq!(text.matches("unusable name").count(), 2);
        assert_eq!(text.matches("help: rename it").count(), 2);
    }
}
