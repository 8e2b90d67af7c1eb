//! What the present state says about a request that is refused anyway.

use super::operation::{expected, system};
use super::{Present, Rules};
use crate::domain::json::Json;
use crate::domain::{AggregateKey, Kind, Version};
use crate::error::{Error, Result};
use crate::schema::values::{Violation, check_references, check_state};
use crate::service::errors::{as_stored, rejected};
use crate::store::{Expected, Refusal, Rejection};
use crate::wire::Operation;

/// The first expectation that fails by what is stored now. Whether the others hold is for the writer to say.
pub(super) fn conflict(operations: &[Operation], present: &dyn Present) -> Result<Option<Error>> {
    let mut appended: Vec<(AggregateKey, Option<Kind>)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let aggregate = AggregateKey::new(&operation.aggregate_type, &operation.aggregate_id)?;
        let head = present.standing(&aggregate)?;
        let stored = head.as_ref().map_or(0, |head| head.version.get());
        let earlier = || appended.iter().filter(|(known, _)| *known == aggregate);
        let actual = Version(stored + earlier().count() as u64);
        let erased = head.as_ref().is_some_and(|head| head.erased);
        let archived = earlier().fold(head.is_some_and(|head| head.archived), |was, (_, kind)| {
            *kind == Some(Kind::Archive) || (was && *kind != Some(Kind::Restore))
        });
        let kind = system(&operation.event_type);
        appended.push((aggregate.clone(), kind));
        let refusal = match expected(operation)? {
            _ if erased => Refusal::Erased(aggregate),
            Expected::Absent if actual > Version(0) => Refusal::Exists { aggregate, actual },
            Expected::Present if actual == Version(0) => Refusal::Unknown(aggregate),
            Expected::Exact(expected) if expected != actual => {
                Refusal::Version { aggregate, expected, actual }
            }
            _ if kind == Some(Kind::Restore) && !archived => Refusal::NotArchived(aggregate),
            _ if kind != Some(Kind::Restore) && archived => Refusal::Archived(aggregate),
            _ => continue,
        };
        let rejection = Rejection { refusal, operation: Some(index) };
        return Ok(Some(as_stored(rejected(rejection, operations.len()), operations)));
    }
    Ok(None)
}

/// Adds what the present state would refuse, for an operation that is refused already.
pub(super) fn foresee(
    aggregate: &AggregateKey,
    content: &Json,
    rules: &Rules<'_>,
    violations: &mut Vec<Violation>,
) -> Result<()> {
    let declared = rules.schema.schema.aggregates.get(aggregate.aggregate_type.as_str());
    let (Some(declared), Json::Object(payload)) = (declared, content) else { return Ok(()) };
    let before = rules.present.standing(aggregate)?.map(|head| head.state).unwrap_or_default();
    let mut after = before.clone();
    after.extend(payload.clone());
    let touched: Vec<String> = payload.keys().cloned().collect();
    let mut found = Vec::new();
    check_state(declared, &before, &after, &touched, &mut found);
    let mut failed = None;
    let mut exists = |target: &AggregateKey| match rules.present.standing(target) {
        Ok(head) => head.is_some() && rules.caller.reads(target),
        Err(error) => {
            failed = Some(error);
            true
        }
    };
    check_references(declared, payload, &mut exists, &mut found);
    if let Some(error) = failed {
        return Err(error.into());
    }
    for violation in found {
        let violation = violation.under("/payload");
        if !violations.iter().any(|known| known.pointer == violation.pointer) {
            violations.push(violation);
        }
    }
    Ok(())
}
