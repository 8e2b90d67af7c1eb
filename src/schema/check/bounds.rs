//! Comparing the bounds of `range`.

use super::super::model::FieldType;
use crate::domain::Json;
use crate::schema::values::{canonical_bound, compare_canonical};
use std::cmp::Ordering;

/// How two canonical bounds compare as values of a type; `None` when one is not a value of it, as when the type of a
/// field changed.
pub(in crate::schema) fn compare_bounds(
    field_type: FieldType,
    left: &str,
    right: &str,
) -> Option<Ordering> {
    let left = canonical_bound(field_type, &Json::from(left)).ok()?;
    let right = canonical_bound(field_type, &Json::from(right)).ok()?;
    Some(compare_canonical(field_type, &left, &right))
}
