//! Schemas for the tests, built by hand: the values are checked without the language.

use super::violation::Violation;
use crate::domain::Json;
use crate::domain::json::Object;
use crate::schema::{
    Aggregate, Bounds, EventRule, Field, FieldType, Format, Length, ReferenceRule, Rules, Shape,
    Snapshot,
};

pub(super) fn json(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(super) fn object(text: &str) -> Object {
    match json(text) {
        Json::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

pub(super) fn shape(field_type: FieldType) -> Shape {
    Shape { field_type, rules: Rules::default() }
}

impl Shape {
    pub(super) fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    pub(super) fn required(self) -> Self {
        self.with(|rules| rules.required = true)
    }

    pub(super) fn format(self, format: Format) -> Self {
        self.with(|rules| rules.format = Some(format))
    }

    pub(super) fn length(self, min: Option<u64>, max: Option<u64>) -> Self {
        self.with(|rules| rules.length = Some(Length { min, max }))
    }

    pub(super) fn range(self, min: Option<&str>, max: Option<&str>) -> Self {
        let own = |bound: Option<&str>| {
            bound.map(|bound| super::canonical_bound(self.field_type, &Json::from(bound)).unwrap())
        };
        let bounds = Bounds { min: own(min), max: own(max) };
        self.with(|rules| rules.range = Some(bounds))
    }

    pub(super) fn pointing_at(self, aggregate_type: Option<&str>, strong: bool) -> Self {
        let rule = ReferenceRule {
            strong,
            aggregate_type: aggregate_type.map(str::to_owned),
            ..ReferenceRule::default()
        };
        self.with(|rules| rules.reference = Some(rule))
    }

    pub(super) fn property(self, name: &str, shape: Shape) -> Self {
        self.with(|rules| {
            rules.properties.insert(name.to_owned(), shape);
        })
    }
}

/// An aggregate `item` with the events `created` and `updated`, both open.
pub(super) fn item() -> Aggregate {
    let mut aggregate = Aggregate {
        name: "item".to_owned(),
        snapshot: Snapshot::Default,
        locked: false,
        hidden: false,
        hidden_fields: Vec::new(),
        field_locks: Vec::new(),
        fields: indexmap::IndexMap::new(),
        events: indexmap::IndexMap::new(),
    };
    for event in ["created", "updated"] {
        aggregate.events.insert(event.to_owned(), EventRule::default());
    }
    aggregate
}

impl Aggregate {
    pub(super) fn field(mut self, name: &str, shape: Shape) -> Self {
        self.fields.insert(name.to_owned(), Field { hidden: false, locked: false, shape });
        self
    }

    pub(super) fn event(mut self, name: &str, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        self.events.insert(name.to_owned(), EventRule { fields, note: None });
        self
    }
}

/// `pointer code` of each violation.
pub(super) fn told(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(|one| format!("{} {}", one.pointer, one.code)).collect()
}

/// What is stored for a value of a field `v`, or what is wrong with it.
pub(super) fn outcome(shape: &Shape, value: &str) -> Result<String, Vec<String>> {
    let mut violations = Vec::new();
    let stored = super::normalise(shape, "item", &json(value), "/v", &mut violations);
    if violations.is_empty() { Ok(stored.to_string()) } else { Err(told(&violations)) }
}

/// Asserts that each value is accepted, and stored as the second text.
pub(super) fn accepts(shape: &Shape, cases: &[(&str, &str)]) {
    for (value, stored) in cases {
        assert_eq!(outcome(shape, value), Ok((*stored).to_owned()), "{value} as {shape:?}");
        assert_eq!(outcome(shape, stored), Ok((*stored).to_owned()), "{stored} is not stable");
    }
}

/// Asserts that each value is refused for one reason, with this code.
pub(super) fn refuses(shape: &Shape, code: &str, values: &[&str]) {
    for value in values {
        assert_eq!(outcome(shape, value), Err(vec![format!("/v {code}")]), "{value} as {shape:?}");
    }
}
