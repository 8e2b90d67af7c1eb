//! Applied schemas, and what a change of them concerns.

use super::event::Issuer;
use crate::schema::{Break, Diagnostic, Source};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use utoipa::ToSchema;

/// One applied version of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaVersion {
    /// 1, 2, 3 …
    pub version: u64,
    /// SHA-256 of the source, in hex.
    pub hash: String,
    /// When it was applied.
    pub applied_at: String,
    /// Who applied it.
    pub applied_by: Issuer,
    /// The source; only where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What an application of a schema did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaApplied {
    /// The version now in force.
    pub version: u64,
    /// SHA-256 of its source, in hex.
    pub hash: String,
    /// False when the same source was in force already and nothing was stored.
    pub changed: bool,
}

/// Every applied version, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaHistory {
    /// The versions.
    pub versions: Vec<SchemaVersion>,
}

/// What a break of the schema concerns among what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Impact {
    /// The code of the break, such as `B103`.
    pub code: String,
    /// The path of the break, which is unique among those with the code.
    pub path: String,
    /// How many events.
    pub events: u64,
    /// How many aggregates.
    pub aggregates: u64,
    /// Some of them, at most 3: `type/id@version` for an event, `type/id` for an aggregate.
    pub examples: Vec<String>,
}

impl Impact {
    /// Whether nothing that is stored is concerned.
    pub fn is_nothing(&self) -> bool {
        self.events == 0 && self.aggregates == 0
    }
}

/// A change of the schema, to see what it concerns among what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpactRequest {
    /// The source before; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The source after.
    pub new: String,
}

/// What applying a schema would mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaCheck {
    /// Whether it has no errors and breaks nothing.
    pub ok: bool,
    /// The version in force, against which it was held; 0 for none.
    pub against: u64,
    /// Whether its source differs from the one in force.
    pub changed: bool,
    /// What is wrong with it, warnings included, in the order of the source.
    pub diagnostics: Vec<SchemaFinding>,
    /// What it would break, and what of that is stored; empty where it has errors.
    pub breaking: Vec<SchemaBreak>,
}

/// One finding about the source of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaFinding {
    /// Its stable code, such as `E012`.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// The same in few words, for beside the source.
    pub label: String,
    /// Where.
    pub span: Span,
    /// Other places that matter.
    pub secondary: Vec<SchemaLabel>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change that does it.
    pub fix: Option<SchemaFix>,
}

/// Words at a place of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaLabel {
    /// The place.
    pub span: Span,
    /// The words.
    pub text: String,
}

/// A change of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaFix {
    /// What it does.
    pub title: String,
    /// What it replaces.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// A part of a text: its end is the place behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// Where it begins.
    pub start: Place,
    /// Where it ends.
    pub end: Place,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Bytes before it.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Something that a change of the schema breaks, in one of its effects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaBreak {
    /// `READ`: old events no longer decode. `FOLD`: their replay no longer gives a valid state. `WRITE`: a writer that
    /// was right yesterday is refused today.
    pub class: String,
    /// A stable code, such as `B103`.
    pub code: String,
    /// The aggregate type concerned.
    pub aggregate: String,
    /// The field concerned.
    pub field: Option<String>,
    /// The event type concerned.
    pub event: Option<String>,
    /// The path of what changed.
    pub path: String,
    /// What happens.
    pub message: String,
    /// How the change can be made without breaking.
    pub help: Option<String>,
    /// How many stored events it concerns; null where that is not known, or not to be told.
    pub events: Option<u64>,
    /// How many aggregates.
    pub aggregates: Option<u64>,
    /// Some of them, at most 3.
    pub examples: Option<Vec<String>>,
}

impl SchemaFinding {
    /// A finding about the source that `places` counts in.
    pub fn new(found: &Diagnostic, places: &Source<'_>) -> Self {
        let span = |span: &Range<usize>| Span::new(span, places);
        let label = |label: &crate::schema::Label| SchemaLabel {
            span: span(&label.span),
            text: label.text.clone(),
        };
        let fix = |fix: &crate::schema::Fix| SchemaFix {
            title: fix.title.clone(),
            span: span(&fix.span),
            replacement: fix.replacement.clone(),
        };
        Self {
            code: found.code.as_str().to_owned(),
            severity: found.severity.as_str().to_owned(),
            message: found.message.clone(),
            label: found.label.clone(),
            span: span(&found.span),
            secondary: found.secondary.iter().map(label).collect(),
            help: found.help.clone(),
            fix: found.fix.as_ref().map(fix),
        }
    }
}

impl Span {
    fn new(span: &Range<usize>, places: &Source<'_>) -> Self {
        let end = |offset: usize| {
            let place = places.place(offset);
            Place { offset, line: place.line, column: place.column }
        };
        Self { start: end(span.start), end: end(span.end) }
    }
}

impl SchemaBreak {
    /// A break with what is known of what it concerns.
    pub fn new(found: &Break, impacts: &[Impact]) -> Self {
        let concerns = |impact: &&Impact| impact.code == found.code && impact.path == found.path;
        let impact = impacts.iter().find(concerns);
        Self {
            class: found.class.as_str().to_owned(),
            code: found.code.to_owned(),
            aggregate: found.aggregate.clone(),
            field: found.field.clone(),
            event: found.event.clone(),
            path: found.path.clone(),
            message: found.message.clone(),
            help: found.help.clone(),
            events: impact.map(|it| it.events),
            aggregates: impact.map(|it| it.aggregates),
            examples: impact.map(|it| it.examples.clone()),
        }
    }
}
