//! A text with errors, and what can be told of it all the same: what is wrong in it counts as it was before.

use crate::schema::{Ast, Block, BlockKind, Code, Diagnostic, Item, Severity, compile, parse};
use crate::tui::model::Declared;
use std::collections::BTreeMap;
use std::ops::Range;

/// How often a text is mended: a part that is wrong beside the old ones too goes away in the second round.
const ROUNDS: usize = 4;

/// Errors beyond which nobody wants to know what else is different.
const ERRORS_MAX: usize = 500;

/// A part of a schema that has errors.
#[derive(Debug)]
pub(super) struct Invalid {
    pub(super) aggregate: String,
    pub(super) declared: Declared,
    /// What is different about it, or what is wrong.
    pub(super) what: String,
}

/// A part that has errors: where it is, and how often it was mended.
struct Part {
    what: String,
    mended: usize,
}

/// The text with every part that has errors as it is in `old`, and those parts; `None` where it cannot be told what
/// stands where.
pub(super) fn legible(old: &str, text: &str) -> Option<(String, Vec<Invalid>)> {
    let (before, _) = parse(old);
    let mut text = text.to_owned();
    let mut parts: BTreeMap<(String, Declared), Part> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let compiled = compile(&text);
        if compiled.schema.is_some() {
            return Some((text, parts.into_iter().map(invalid).collect()));
        }
        let errors = compiled.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        if errors.clone().nth(ERRORS_MAX).is_some() {
            return None;
        }
        let (ast, _) = parse(&text);
        let mut places: BTreeMap<usize, (Range<usize>, String)> = BTreeMap::new();
        for error in errors {
            if is_structural(error.code) {
                return None;
            }
            let (aggregate, owner) = owner(&ast, error)?;
            let key = (aggregate.name.text.clone(), owner.declared());
            if places.contains_key(&owner.span().start) {
                continue;
            }
            let what = what(old, &before, &text, &key, &owner, error);
            let part = parts.entry(key.clone()).or_insert(Part { what, mended: 0 });
            part.mended += 1;
            let replacement = match (part.mended, &owner) {
                // A property that is wrong is left out: the others of the aggregate stay.
                (_, Owner::Property(_)) => String::new(),
                (1, _) => block(&before, &key)
                    .and_then(|it| old.get(it.span.clone()))
                    .unwrap_or_default()
                    .to_owned(),
                _ => String::new(),
            };
            places.insert(owner.span().start, (owner.span(), replacement));
        }
        // From the end, so that the places before it stay. What lies in another that is replaced goes with it.
        let mut lowest = usize::MAX;
        let outer: Vec<_> = outermost(places);
        for (span, replacement) in outer.into_iter().rev() {
            if span.end <= lowest && text.get(span.clone()).is_some() {
                lowest = span.start;
                text.replace_range(span, &replacement);
            }
        }
    }
    None
}

fn outermost(places: BTreeMap<usize, (Range<usize>, String)>) -> Vec<(Range<usize>, String)> {
    let mut outer: Vec<(Range<usize>, String)> = Vec::new();
    for (span, replacement) in places.into_values() {
        if outer.last().is_none_or(|(last, _)| last.end <= span.start) {
            outer.push((span, replacement));
        }
    }
    outer
}

fn invalid(((aggregate, declared), part): ((String, Declared), Part)) -> Invalid {
    Invalid { aggregate, declared, what: part.what }
}

/// Whether an error is about where parts begin and end: what is told of them then is a guess.
fn is_structural(code: Code) -> bool {
    matches!(
        code,
        Code::UnclosedBlock
            | Code::StrayBrace
            | Code::MisplacedBlock
            | Code::NotAnAggregate
            | Code::NoAggregate
    )
}

/// What an error is in.
enum Owner<'a> {
    Block(&'a Block),
    Property(Range<usize>),
}

impl Owner<'_> {
    fn span(&self) -> Range<usize> {
        match self {
            Self::Block(block) => block.span.clone(),
            Self::Property(span) => span.clone(),
        }
    }

    fn declared(&self) -> Declared {
        match self {
            Self::Block(block) if block.kind == BlockKind::Field => {
                Declared::Field(block.name.text.clone())
            }
            Self::Block(block) if block.kind == BlockKind::Event => {
                Declared::Event(block.name.text.clone())
            }
            _ => Declared::Aggregate,
        }
    }
}

/// The aggregate that an error is in, and the smallest part of it.
fn owner<'a>(ast: &'a Ast, error: &Diagnostic) -> Option<(&'a Block, Owner<'a>)> {
    let at = error.span.start;
    let aggregate = ast.aggregates.iter().find(|block| block.span.contains(&at))?;
    // The name and what stands before it are those of the whole.
    if at < aggregate.body_start {
        return Some((aggregate, Owner::Block(aggregate)));
    }
    let owner = aggregate.items.iter().find_map(|item| match item {
        Item::Block(block) => block.span.contains(&at).then_some(Owner::Block(block)),
        Item::Property(property) => {
            let end = property.value.as_ref().map_or(property.key_span.end, |value| value.span.end);
            let span = property.key_span.start..end;
            span.contains(&at).then_some(Owner::Property(span))
        }
    });
    Some((aggregate, owner.unwrap_or(Owner::Block(aggregate))))
}

/// The block that declares a part.
fn block<'a>(ast: &'a Ast, (aggregate, declared): &(String, Declared)) -> Option<&'a Block> {
    let aggregate = ast.aggregates.iter().find(|block| block.name.text == *aggregate)?;
    let (kind, name) = match declared {
        Declared::Aggregate => return Some(aggregate),
        Declared::Field(name) => (BlockKind::Field, name),
        Declared::Event(name) => (BlockKind::Event, name),
    };
    aggregate.items.iter().find_map(|item| match item {
        Item::Block(block) if block.kind == kind && block.name.text == *name => Some(block),
        _ => None,
    })
}

/// The type that a block gives, as it is written.
fn type_of(block: &Block) -> Option<String> {
    block.items.iter().find_map(|item| match item {
        Item::Property(property) if property.key == "type" => {
            property.value.as_ref()?.to_json().as_str().map(str::to_owned)
        }
        _ => None,
    })
}

/// What is different about a part: another type, or else what is wrong with it.
fn what(
    old: &str,
    before: &Ast,
    text: &str,
    key: &(String, Declared),
    owner: &Owner<'_>,
    error: &Diagnostic,
) -> String {
    let known = block(before, key);
    if let (Owner::Block(now), Declared::Field(_)) = (owner, &key.1) {
        match (known.and_then(type_of), type_of(now)) {
            (Some(was), Some(is)) if was != is => return format!("{was} → {is}"),
            (None, Some(is)) => return is,
            _ => {}
        }
    }
    // What is written as it was is wrong because of something else.
    let same = known.is_some_and(|known| old.get(known.span.clone()) == text.get(owner.span()));
    if same { format!("as before; {}", error.message) } else { error.message.clone() }
}
