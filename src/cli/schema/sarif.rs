//! Findings as SARIF 2.1.0 (OASIS), which code hosts read.

use super::report::{Checked, count, object};
use crate::domain::Json;
use crate::schema::{self, Code, Diagnostic, Severity};
use std::collections::BTreeSet;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One run over all files.
pub(super) fn log(files: &[Checked]) -> Json {
    let codes: BTreeSet<Code> =
        files.iter().flat_map(|file| &file.diagnostics).map(|found| found.code).collect();
    let rules = codes.iter().map(|code| {
        let title = object([("text", code.title().into())]);
        object([("id", code.as_str().into()), ("shortDescription", title)])
    });
    let driver = object([
        ("name", "dbx".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("rules", Json::Array(rules.collect())),
    ]);
    let results = files.iter().flat_map(results).collect();
    let run = object([
        ("tool", object([("driver", driver)])),
        ("columnKind", "unicodeCodePoints".into()),
        ("results", Json::Array(results)),
    ]);
    object([
        ("$schema", SCHEMA.into()),
        ("version", "2.1.0".into()),
        ("runs", Json::Array(vec![run])),
    ])
}

fn results(file: &Checked) -> Vec<Json> {
    let places = schema::Source::new(&file.source.text);
    file.diagnostics.iter().map(|found| result(file, found, &places)).collect()
}

fn result(file: &Checked, found: &Diagnostic, places: &schema::Source<'_>) -> Json {
    let (start, end) = (places.place(found.span.start), places.place(found.span.end));
    let region = object([
        ("startLine", count(start.line)),
        ("startColumn", count(start.column)),
        ("endLine", count(end.line)),
        ("endColumn", count(end.column)),
    ]);
    let artifact = object([("uri", file.source.name.replace('\\', "/").into())]);
    let place = object([("artifactLocation", artifact), ("region", region)]);
    let level = if found.severity == Severity::Error { "error" } else { "warning" };
    let help = found.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    object([
        ("ruleId", found.code.as_str().into()),
        ("level", level.into()),
        ("message", object([("text", format!("{}{help}", found.message).into())])),
        ("locations", Json::Array(vec![object([("physicalLocation", place)])])),
    ])
}
