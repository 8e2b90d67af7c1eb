//! How the shapes that are not derived look in `OpenAPI`.

use super::event::EventMetadata;
use super::outbox::Wait;
use super::query::At;
use super::when::When;
use crate::domain::{Hash, Json};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema as AnySchema};
use utoipa::{PartialSchema, ToSchema};

/// Any JSON value.
impl PartialSchema for Json {
    fn schema() -> RefOr<AnySchema> {
        Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()).into()
    }
}

impl ToSchema for Json {}

/// A text.
impl PartialSchema for At {
    fn schema() -> RefOr<AnySchema> {
        Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()).into()
    }
}

impl ToSchema for At {}

/// A text too.
impl PartialSchema for When {
    fn schema() -> RefOr<AnySchema> {
        At::schema()
    }
}

impl ToSchema for When {}
/// A text, as `30s`.
impl PartialSchema for Wait {
    fn schema() -> RefOr<AnySchema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        Schema::Object(text.pattern(Some("^[0-9]+(ms|s|m)?$")).build()).into()
    }
}

impl ToSchema for Wait {}

/// 64 digits.
impl PartialSchema for Hash {
    fn schema() -> RefOr<AnySchema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9a-f]{64}$"));
        Schema::Object(text.build()).into()
    }
}

impl ToSchema for Hash {}

/// dbx's own members, and beside them the writer's, whose names begin with `@`.
impl PartialSchema for EventMetadata {
    fn schema() -> RefOr<AnySchema> {
        Members::schema()
    }
}

impl ToSchema for EventMetadata {}

/// The members of [`EventMetadata`] that dbx writes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is only described, never made")]
struct Members {
    /// The Snowflake id, as a decimal string.
    event_id: String,
    /// When it was committed.
    created_at: String,
    /// The commit, as `c7`.
    commit: String,
    /// The schema version that admitted it; 0 where none did.
    schema_version: u64,
    /// Who wrote it.
    issued_by: super::event::Issuer,
    /// The note.
    note: Option<String>,
}
