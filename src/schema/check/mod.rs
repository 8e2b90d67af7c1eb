//! Tree to schema: every check that needs no store.

mod aggregate;
mod bounds;
mod cross;
mod field;
mod properties;
mod reference;
mod rules;
mod text_rules;
mod types;
mod values;

use super::ast::{Ast, BlockKind};
use super::codes::Code;
use super::diagnostic::{Diagnostic, Severity};
use super::model::Schema;
use super::parser::parse;
use super::suggest;
use std::collections::HashMap;
use std::ops::Range;

pub(super) use bounds::compare_bounds;
pub(super) use text_rules::format_name;
pub(super) use types::type_name;

/// What became of a source.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The schema; there is one if and only if no diagnostic is an error.
    pub schema: Option<Schema>,
    /// Everything that was found, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses and checks a source. All errors are reported in one run.
pub fn compile(source: &str) -> Compiled {
    let (ast, mut diagnostics) = parse(source);
    let schema = check(&ast, source, &mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    let errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Compiled { schema: (!errors).then_some(schema), diagnostics }
}

fn check(ast: &Ast, source: &str, out: &mut Vec<Diagnostic>) -> Schema {
    let mut schema = Schema::default();
    if ast.aggregates.is_empty() && out.is_empty() {
        let end = source.trim_end().len();
        out.push(
            Diagnostic::new(
                Code::NoAggregate,
                end..end,
                "the file declares no aggregate: applying it would drop every schema",
            )
            .label("expected an aggregate")
            .help("declare at least one: `aggregate order { event created {} }`"),
        );
    }
    let mut known = Names::new(BlockKind::Aggregate);
    let mut notes = Vec::new();
    for block in &ast.aggregates {
        if !known.claim(&block.name.text, &block.name.span, out) {
            // Checked all the same, so that one run shows all errors.
            let _ = aggregate::aggregate(block, out);
            continue;
        }
        let (aggregate, note) = aggregate::aggregate(block, out);
        notes.push(note);
        schema.aggregates.insert(block.name.text.clone(), aggregate);
    }
    cross::check(&schema, &notes, out);
    schema
}

/// The names of one kind that were seen, each with its first place.
struct Names {
    kind: BlockKind,
    seen: HashMap<String, Range<usize>>,
}

impl Names {
    fn new(kind: BlockKind) -> Self {
        Self { kind, seen: HashMap::new() }
    }

    /// Notes a name; reports it and returns false when it was seen before. A name that is missing is no name.
    fn claim(&mut self, name: &str, span: &Range<usize>, out: &mut Vec<Diagnostic>) -> bool {
        if name.is_empty() {
            return true;
        }
        let Some(first) = self.seen.get(name) else {
            self.seen.insert(name.to_owned(), span.clone());
            return true;
        };
        let (code, kind) = match self.kind {
            BlockKind::Aggregate => (Code::DuplicateAggregate, "aggregate"),
            BlockKind::Field => (Code::DuplicateField, "field"),
            BlockKind::Event => (Code::DuplicateEvent, "event"),
        };
        out.push(
            Diagnostic::new(
                code,
                span.clone(),
                format!("the {kind} `{}` is declared twice", suggest::shortened(name)),
            )
            .label("declared again")
            .secondary(first.clone(), "declared first here")
            .help(format!("rename one {kind}, or merge the two")),
        );
        false
    }
}

#[cfg(test)]
mod tests;
