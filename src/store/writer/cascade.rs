//! What archiving an aggregate does to those that point at it.
//!
//! It is decided in the writer, where nothing can slip between the look and the commit. Only active referrers count:
//! an archived one takes no events, so it neither keeps another from being archived nor is changed; and an aggregate
//! that points at itself goes with its own archiving. What becomes null does not cascade further.

use super::heads::LiveHead;
use super::judge::Judged;
use super::proposal::{Expected, Proposed, Ticket};
use super::tail::{Records, Space};
use crate::domain::json::{Json, Object, Pointer};
use crate::domain::{AggregateId, AggregateKey, Body, EventType, Kind};
use crate::schema::values::references;
use crate::schema::{Aggregate, Cascade, Field, Schema};
use crate::store::error::{Refusal, StoreError, Unseen};
use crate::store::keys::AggregateBytes;
use crate::store::view::View;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most operations in one commit.
pub(crate) const OPERATIONS_MAX: usize = 1000;

/// The most bytes of bodies in one commit.
pub(crate) const COMMIT_BYTES_MAX: usize = 8 << 20;

/// What a proposal comes to: its operations so far with those that follow from them, judged.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// With which token it is proposed.
    pub(super) ticket: Option<Ticket>,
    pub(super) operations: Vec<Proposed>,
    pub(super) judged: Vec<Judged>,
    pub(super) heads: HashMap<AggregateKey, LiveHead>,
}

/// Where the references to an aggregate are looked for.
pub(super) struct Index<'a> {
    pub(super) view: &'a View,
    /// The records of the batch, which the view does not have yet.
    pub(super) records: &'a Records,
    pub(super) types: &'a HashMap<String, u32>,
    pub(super) schema: &'a Schema,
}

impl Index<'_> {
    /// Who may point at `target` from a field that has a cascade. Some of them may have stopped to: their states tell.
    pub(super) fn candidates(
        &self,
        target: &AggregateKey,
        done: &Done,
    ) -> Result<BTreeSet<AggregateKey>, StoreError> {
        let mut sources: BTreeSet<(u32, AggregateId)> = BTreeSet::new();
        if let Some(number) = self.types.get(target.aggregate_type.as_str()) {
            let key = AggregateBytes::new(*number, &target.id);
            let known = self.view.referrers(&key)?;
            sources.extend(known.into_iter().map(|(number, id, _)| (number, id)));
            let prefix = self.view.referrers_prefix(&key)?;
            for ((space, key), value) in self.records.range((Space::Ix, prefix.clone())..) {
                if *space != Space::Ix || !key.starts_with(&prefix) {
                    break;
                }
                // One that is gone points nowhere any more.
                let Some(value) = value else { continue };
                let (number, id, _) = self.view.referrer(&prefix, key, value)?;
                sources.insert((number, id));
            }
        }
        let names: BTreeMap<u32, &Aggregate> = self
            .schema
            .aggregates
            .values()
            .filter(|aggregate| aggregate.fields.values().any(has_cascade))
            .filter_map(|aggregate| Some((*self.types.get(&aggregate.name)?, aggregate)))
            .collect();
        let mut found = BTreeSet::new();
        for (number, id) in sources {
            if let Some(aggregate) = names.get(&number) {
                let name = AggregateKey::new(&aggregate.name, id.as_str())
                    .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
                found.insert(name);
            }
        }
        // Types that this very proposal writes for the first time have no number yet.
        let of_proposal = done.operations.iter().zip(&done.judged);
        found.extend(
            of_proposal
                .filter(|(_, judged)| judged.relinked.new.iter().any(|link| link.0 == *target))
                .map(|(operation, _)| operation.aggregate.clone()),
        );
        Ok(found)
    }
}

/// Whether a field is a reference that does something when its target is archived.
fn has_cascade(field: &Field) -> bool {
    field.shape.rules.reference.as_ref().is_some_and(|rule| rule.cascade != Cascade::None)
}

/// What has to happen with `target`.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// References that refuse it.
    restricting: Vec<(AggregateKey, String)>,
    /// The events that make references null, one per aggregate.
    nullifying: Vec<Proposed>,
}

impl Verdict {
    /// Looks at one candidate.
    pub(super) fn look(
        &mut self,
        target: &AggregateKey,
        (name, head): (&AggregateKey, &LiveHead),
        schema: &Schema,
    ) -> Result<(), StoreError> {
        let Some(aggregate) = schema.aggregates.get(name.aggregate_type.as_str()) else {
            return Ok(());
        };
        if head.archived || name == target {
            return Ok(());
        }
        let mut nulls = Object::new();
        for used in references(aggregate, &head.state).into_iter().filter(|it| it.target == *target)
        {
            match used.rule.cascade {
                Cascade::None => {}
                Cascade::Restrict => self.restricting.push((name.clone(), used.pointer)),
                Cascade::Nullify => {
                    // The schema allows a cascade on whole fields only, so this is the pointer's one segment.
                    let pointer: Option<Pointer> = used.pointer.parse().ok();
                    if let Some(field) = pointer.as_ref().and_then(Pointer::first) {
                        nulls.insert(field.to_owned(), Json::Null);
                    }
                }
            }
        }
        if let (false, Some(event_type)) = (nulls.is_empty(), EventType::system(Kind::Nullify)) {
            let body = Body { content: Json::Object(nulls), ..Body::default() };
            let kind = Kind::Nullify;
            let event = Proposed::new(name.clone(), event_type, kind, body, Expected::Present)?;
            self.nullifying.push(event);
        }
        Ok(())
    }

    /// The events that have to follow the archiving, unless something keeps it from happening. `done` is what the
    /// commit has already, `more` how many of the caller's operations are to come.
    pub(super) fn events(
        self,
        target: &AggregateKey,
        done: &Done,
        more: usize,
    ) -> Result<Vec<Proposed>, Refusal> {
        let target = target.clone();
        if !self.restricting.is_empty() {
            return Err(Refusal::Restricted {
                target,
                referrers: self.restricting,
                unseen: Unseen::Count(0),
            });
        }
        let count = done.operations.len() + more + self.nullifying.len();
        let bytes: usize =
            done.operations.iter().chain(&self.nullifying).map(Proposed::body_bytes).sum();
        let needs = match (count, bytes) {
            (count, _) if count > OPERATIONS_MAX => {
                format!("{count} events, at most {OPERATIONS_MAX} are allowed")
            }
            (_, bytes) if bytes > COMMIT_BYTES_MAX => {
                format!("{bytes} bytes, at most {COMMIT_BYTES_MAX} are allowed")
            }
            _ => return Ok(self.nullifying),
        };
        Err(Refusal::Cascade { target, needs })
    }
}
