//! A compiled schema: what the checker makes of a source without errors, and all that the write path reads.

use indexmap::IndexMap;
use regex::Regex;

/// How many events lie between two snapshots of an aggregate whose schema does not say.
pub const SNAPSHOT_THRESHOLD_DEFAULT: u64 = 100;

/// A whole `schema.dbx`, compiled. Order is that of the source.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The aggregates by their type.
    pub aggregates: IndexMap<String, Aggregate>,
}

/// What one aggregate type may hold.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// The aggregate type.
    pub name: String,
    /// When states are snapshot.
    pub snapshot: Snapshot,
    /// Whether every write is refused.
    pub locked: bool,
    /// Whether it is left out of lists, searches and the outbox.
    pub hidden: bool,
    /// Fields that are left out of states and payloads shown, from `hidden_fields`.
    pub hidden_fields: Vec<String>,
    /// Fields that never change once set, from `field_locks`.
    pub field_locks: Vec<String>,
    /// The declared fields by name.
    pub fields: IndexMap<String, Field>,
    /// The declared events by type.
    pub events: IndexMap<String, EventRule>,
}

/// When an aggregate's state is snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshot {
    /// The source does not say: every [`SNAPSHOT_THRESHOLD_DEFAULT`] events.
    Default,
    /// `snapshot_threshold = null`: never.
    Never,
    /// Every so many events, at least 1.
    Every(u64),
}

impl Snapshot {
    /// How many events lie between two snapshots; `None` for never.
    pub fn threshold(self) -> Option<u64> {
        match self {
            Self::Default => Some(SNAPSHOT_THRESHOLD_DEFAULT),
            Self::Never => None,
            Self::Every(events) => Some(events.max(1)),
        }
    }
}

/// A declared field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Whether it is left out of states and payloads shown.
    pub hidden: bool,
    /// Whether it never changes once set.
    pub locked: bool,
    /// What its values look like.
    pub shape: Shape,
}

/// The type and rules of a field, or of a property inside an object.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The type.
    pub field_type: FieldType,
    /// The rules.
    pub rules: Rules,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A whole number of 64 bits.
    Integer,
    /// A finite JSON number.
    Float,
    /// At most `precision` digits, `scale` of them behind the point.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u32,
        /// Digits behind the point, at most `precision`.
        scale: u32,
    },
    /// True or false.
    Boolean,
    /// A string.
    Text,
    /// An instant.
    Timestamp,
    /// A calendar day.
    Date,
    /// Any JSON value.
    Json,
    /// Bytes in padded standard base64.
    Binary,
    /// A JSON object.
    Object,
    /// A reference to an aggregate.
    Reference,
}

/// The rules of a shape. A rule that the source does not name is absent or empty.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Present and not null in the state after every event.
    pub required: bool,
    /// Substrings that the text must have, all of them.
    pub contains: Vec<String>,
    /// Substrings that the text must not have, none of them.
    pub does_not_contain: Vec<String>,
    /// Expressions that must each find a match.
    pub regex: Vec<Regex>,
    /// How long a text or binary may be.
    pub length: Option<Length>,
    /// Between which bounds a value lies.
    pub range: Option<Bounds>,
    /// The form of a text.
    pub format: Option<Format>,
    /// What a reference may point at. References without this rule are strong, to any type.
    pub reference: Option<ReferenceRule>,
    /// The known properties of an object, by name; not checked on `json`.
    pub properties: IndexMap<String, Shape>,
}

/// An inclusive length: Unicode scalar values of a text, decoded bytes of a binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// At least.
    pub min: Option<u64>,
    /// At most.
    pub max: Option<u64>,
}

/// Inclusive bounds, each in the canonical text of the field's type (see [`canonical_bound`](super::values::canonical_bound)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// At least.
    pub min: Option<String>,
    /// At most.
    pub max: Option<String>,
}

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `email`
    Email,
    /// `url`
    Url,
    /// `credit_card`
    CreditCard,
    /// `country_code`
    CountryCode,
    /// `iso8601`
    Iso8601,
    /// `wgs_84`
    Wgs84,
    /// `camel_case`
    CamelCase,
    /// `snake_case`
    SnakeCase,
    /// `kebab_case`
    KebabCase,
    /// `pascal_case`
    PascalCase,
    /// `upper_case_snake_case`
    UpperCaseSnakeCase,
    /// `reference`
    Reference,
}

/// What a reference may point at, and what happens when the target is archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRule {
    /// Whether the target must exist.
    pub strong: bool,
    /// The only type that it may point at.
    pub aggregate_type: Option<String>,
    /// What happens to it when the target is archived.
    pub cascade: Cascade,
}

impl Default for ReferenceRule {
    fn default() -> Self {
        Self { strong: true, aggregate_type: None, cascade: Cascade::None }
    }
}

/// What happens to a reference when its target is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cascade {
    /// Nothing.
    #[default]
    None,
    /// The archiving is refused.
    Restrict,
    /// The reference becomes null, in the same commit.
    Nullify,
}

/// A declared event.
#[derive(Debug, Clone, Default)]
pub struct EventRule {
    /// When not empty: these keys and no others, all present.
    pub fields: Vec<String>,
    /// The note that is stored when the writer gives none.
    pub note: Option<String>,
}

impl Aggregate {
    /// Whether `field` never changes once set.
    pub fn is_locked_field(&self, field: &str) -> bool {
        self.field_locks.iter().any(|name| name == field)
            || self.fields.get(field).is_some_and(|declared| declared.locked)
    }

    /// Whether `field` is left out of what is shown.
    pub fn is_hidden_field(&self, field: &str) -> bool {
        self.hidden_fields.iter().any(|name| name == field)
            || self.fields.get(field).is_some_and(|declared| declared.hidden)
    }
}

impl Shape {
    /// Whether values of this shape are references: by type, or by `format = "reference"` on a text.
    pub fn is_reference(&self) -> bool {
        self.field_type == FieldType::Reference || self.rules.format == Some(Format::Reference)
    }
}
