//! The index of references, held against the states.

use super::{Faults, fault};
use crate::domain::AggregateKey;
use crate::schema::Schema;
use crate::store::error::StoreError;
use crate::store::keys::{self, AggregateBytes};
use crate::store::view::View;
use crate::store::writer::links;
use crate::wire::{Fault, FaultKind};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Looks up every reference that a state holds, and counts what the index has beyond them.
///
/// # Errors
/// What keeps it from reading at all; damage is a fault.
pub(super) fn check(view: &View, schema: &Schema, faults: &mut Faults) -> Result<(), StoreError> {
    match compare(view, schema, faults) {
        // A head that cannot be read was named by the pass over the log.
        Err(error) if error.is_damage() => {
            faults.add_new(fault(FaultKind::Unreadable, error.to_string()));
            Ok(())
        }
        other => other,
    }
}

fn compare(view: &View, schema: &Schema, faults: &mut Faults) -> Result<(), StoreError> {
    let types = view.types()?;
    let numbers: HashMap<&str, u32> =
        types.iter().map(|(name, number)| (name.as_str(), *number)).collect();
    let key = |name: &AggregateKey| {
        let number = numbers.get(name.aggregate_type.as_str());
        number.map(|number| AggregateBytes::new(*number, &name.id))
    };
    let mut expected = 0_u64;
    view.heads(None, None, |name, head| {
        let declared = schema.aggregates.get(name.aggregate_type.as_str());
        for (target, field) in links(declared, &head.state) {
            expected += 1;
            let indexed = match (key(&target), key(&name)) {
                (Some(target), Some(source)) => {
                    indexed(view, &target, &keys::referrer(&target, &source, &field))?
                }
                _ => false,
            };
            if !indexed {
                let message = format!(
                    "`{field}` points at {target}, which the index of references does not know"
                );
                faults.add(about(&name, message));
            }
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    let mut found = 0_u64;
    for key in view.referrer_keys() {
        key?;
        found += 1;
    }
    if found > expected && view.ring().is_some() {
        // A sealed index does not say what its keys are about.
        let message =
            format!("the index of references has {found} entries, the states have {expected}");
        faults.add(fault(FaultKind::References, message));
    } else if found > expected {
        let names: HashMap<u32, &str> =
            types.iter().map(|(name, number)| (*number, name.as_str())).collect();
        stray(view, schema, &names, faults)?;
    }
    Ok(())
}

/// Whether the index has the reference whose plain key is given.
fn indexed(view: &View, target: &AggregateBytes, plain: &[u8]) -> Result<bool, StoreError> {
    match view.ring() {
        None => view.has_referrer(plain),
        Some(ring) => view.has_referrer(&ring.referrer(target, plain)?.0),
    }
}

/// Names what the index has and no state holds.
fn stray(
    view: &View,
    schema: &Schema,
    names: &HashMap<u32, &str>,
    faults: &mut Faults,
) -> Result<(), StoreError> {
    for key in view.referrer_keys() {
        let key = key?;
        let Some((target, source, field)) = parse(&key, names) else {
            faults.add(fault(FaultKind::References, "the index of references has a broken key"));
            continue;
        };
        let declared = schema.aggregates.get(source.aggregate_type.as_str());
        let state = view.head(&source)?.map(|head| head.state).unwrap_or_default();
        if !links(declared, &state).contains(&(target.clone(), field.clone())) {
            let message = format!("the index of references says that `{field}` points at {target}");
            faults.add(about(&source, message));
        }
    }
    Ok(())
}

fn parse(key: &[u8], names: &HashMap<u32, &str>) -> Option<(AggregateKey, AggregateKey, String)> {
    let rest = key.strip_prefix(keys::REFERRER_PREFIX)?;
    let (target, source) = rest.split_at_checked(keys::aggregate_end(rest)?)?;
    let name = |(number, id): (u32, crate::domain::AggregateId)| {
        AggregateKey::new(names.get(&number)?, id.as_str()).ok()
    };
    let target = name(keys::parse_aggregate(target)?)?;
    let (number, id, field) = keys::parse_referrer(source)?;
    Some((target, name((number, id))?, field))
}

fn about(name: &AggregateKey, message: String) -> Fault {
    Fault { aggregate: Some(name.to_string()), ..fault(FaultKind::References, message) }
}
