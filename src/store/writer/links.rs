//! The reverse index of references: who points at whom.
//!
//! It follows the states under the schema in force, whether or not a write was checked against it: an event that
//! does not mention a field leaves its links, and a schema that makes a field a reference links what is there.

use super::tail::{Records, Space, Tail};
use crate::domain::AggregateKey;
use crate::domain::json::Object;
use crate::schema::values::references;
use crate::schema::{Aggregate, Schema};
use crate::store::error::StoreError;
use crate::store::keys::AggregateBytes;
use crate::store::view::View;
use std::ops::ControlFlow;

/// A target and the field that points at it, as a JSON pointer.
pub(in crate::store) type Link = (AggregateKey, String);

/// What becomes of the links of one aggregate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Relinked {
    /// Links that are gone.
    pub(super) gone: Vec<Link>,
    /// Links that are new.
    pub(super) new: Vec<Link>,
}

/// The links of a state.
pub(in crate::store) fn links(aggregate: Option<&Aggregate>, state: &Object) -> Vec<Link> {
    let used = aggregate.map(|aggregate| references(aggregate, state)).unwrap_or_default();
    used.into_iter().map(|one| (one.target, one.pointer)).collect()
}

/// What changes between two states, each under its declaration.
pub(super) fn relink(
    before: (Option<&Aggregate>, &Object),
    after: (Option<&Aggregate>, &Object),
) -> Relinked {
    let (old, new) = (links(before.0, before.1), links(after.0, after.1));
    Relinked {
        gone: old.iter().filter(|link| !new.contains(link)).cloned().collect(),
        new: new.iter().filter(|link| !old.contains(link)).cloned().collect(),
    }
}

impl Tail {
    /// Adds the records of an aggregate's changed links.
    pub(super) fn link(
        &mut self,
        source: &AggregateBytes,
        relinked: &Relinked,
        records: &mut Records,
    ) -> Result<(), StoreError> {
        let gone = relinked.gone.iter().map(|link| (link, false));
        let new = relinked.new.iter().map(|link| (link, true));
        for ((target, field), there) in gone.chain(new) {
            let target = self.key(target, records);
            let (key, value) = self.reference(&target, source, field, there)?;
            records.insert((Space::Ix, key), value);
        }
        Ok(())
    }

    /// Adds the records that a change of the schema asks for: fields that became references, or stopped to be.
    /// `linked` is called after each aggregate, and may take records away that need not wait for the others.
    pub(super) fn link_all(
        &mut self,
        view: &View,
        old: &Schema,
        new: &Schema,
        records: &mut Records,
        mut linked: impl FnMut(&mut Records) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for (aggregate_type, _) in view.types()? {
            let name = aggregate_type.as_str();
            let (before, after) = (old.aggregates.get(name), new.aggregates.get(name));
            let refers = |one: Option<&Aggregate>| one.is_some_and(may_refer);
            if !refers(before) && !refers(after) {
                continue;
            }
            view.heads(Some(&aggregate_type), None, |aggregate, head| {
                let relinked = relink((before, &head.state), (after, &head.state));
                let key = self.key(&aggregate, records);
                self.link(&key, &relinked, records)?;
                linked(records)?;
                Ok::<_, StoreError>(ControlFlow::Continue(()))
            })?;
        }
        Ok(())
    }
}

/// Whether any field of the aggregate may hold a reference; objects may within.
fn may_refer(aggregate: &Aggregate) -> bool {
    aggregate
        .fields
        .values()
        .any(|field| field.shape.is_reference() || !field.shape.rules.properties.is_empty())
}
