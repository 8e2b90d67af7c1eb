//! The language of `schema.dbx`: reading, checking, formatting and comparing it, and checking payloads against it.

mod model;
pub mod values;

pub use model::{
    Aggregate, Bounds, Cascade, EventRule, Field, FieldType, Format, Length, ReferenceRule, Rules,
    SNAPSHOT_THRESHOLD_DEFAULT, Schema, Shape, Snapshot,
};
