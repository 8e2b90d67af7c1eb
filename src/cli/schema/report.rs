//! Findings about schema files in the forms that programs read.

use super::source::Source;
use crate::domain::Json;
use crate::domain::json::Object;
use crate::schema::{self, Diagnostic, Severity};
use crate::wire::SchemaFinding;
use serde::Serialize;

/// What was found in one file, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct FileReport {
    file: String,
    ok: bool,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<SchemaFinding>,
}

/// What was found in one file.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) source: Source,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) aggregates: usize,
}

impl Checked {
    /// Compiles a source.
    pub(super) fn new(source: Source) -> Self {
        let compiled = schema::compile(&source.text);
        let aggregates = compiled.schema.map_or(0, |schema| schema.aggregates.len());
        Self { source, diagnostics: compiled.diagnostics, aggregates }
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    pub(super) fn warnings(&self) -> usize {
        self.diagnostics.len() - self.errors()
    }

    /// One line for each finding, as compilers write them.
    pub(super) fn concise(&self) -> Vec<String> {
        let places = schema::Source::new(&self.source.text);
        let line = |found: &Diagnostic| {
            let place = places.place(found.span.start);
            format!(
                "{}:{}:{}: {}[{}]: {}",
                self.source.name,
                place.line,
                place.column,
                found.severity.as_str(),
                found.code,
                found.message
            )
        };
        self.diagnostics.iter().map(line).collect()
    }

    /// Workflow commands of GitHub Actions.
    pub(super) fn github(&self) -> Vec<String> {
        let places = schema::Source::new(&self.source.text);
        let line = |found: &Diagnostic| {
            let (start, end) = (places.place(found.span.start), places.place(found.span.end));
            let help = found.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
            format!(
                "::{} file={},line={},col={},endLine={},endColumn={},title={}::{}",
                found.severity.as_str(),
                property(&self.source.name),
                start.line,
                start.column,
                end.line,
                end.column,
                found.code,
                data(&format!("{}{help}", found.message)),
            )
        };
        self.diagnostics.iter().map(line).collect()
    }

    /// The document of `--format json`.
    pub(super) fn json(&self) -> FileReport {
        let places = schema::Source::new(&self.source.text);
        let found = self.diagnostics.iter().map(|found| SchemaFinding::new(found, &places));
        FileReport {
            file: self.source.name.clone(),
            ok: self.errors() == 0,
            errors: self.errors(),
            warnings: self.warnings(),
            diagnostics: found.collect(),
        }
    }
}

pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    let object: Object = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    object.into()
}

pub(super) fn count(number: usize) -> Json {
    u64::try_from(number).unwrap_or(u64::MAX).into()
}

/// Escapes the data of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Checked {
        Checked::new(Source { name: "a,b.dbx".into(), text: text.into() })
    }

    #[test]
    fn a_finding_in_every_form() {
        let found = checked("aggregate order {\n  lokced = true\n  event placed {}\n}\n");
        assert_eq!((found.errors(), found.warnings()), (1, 0));
        let concise = found.concise();
        assert_eq!(concise.len(), 1);
        assert!(concise[0].starts_with("a,b.dbx:2:3: error[E012]: "), "{concise:?}");
        let github = found.github();
        assert!(github[0].starts_with("::error file=a%2Cb.dbx,line=2,col=3,"), "{github:?}");
        let json = serde_json::to_value(found.json()).unwrap();
        assert_eq!(json["ok"], false);
        let start = &json["diagnostics"][0]["span"]["start"];
        assert_eq!(start.to_string(), r#"{"column":3,"line":2,"offset":20}"#);
    }

    #[test]
    fn what_is_right_says_nothing() {
        let found = checked("aggregate order {\n  event placed {}\n}\n");
        assert_eq!((found.errors(), found.warnings(), found.aggregates), (0, 0, 1));
        assert!(found.concise().is_empty());
    }
}
