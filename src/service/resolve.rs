//! Following the references of a state.

use super::Local;
use super::aggregates::get_in;
use super::caller::Caller;
use super::found::{Found, find};
use super::record::Eyes;
use super::room::Room;
use crate::domain::AggregateKey;
use crate::domain::access::Action;
use crate::domain::json::Json;
use crate::error::{Error, Kind, Result};
use crate::schema::values::{reference_text, references};
use crate::store::{AppliedSchema, View};
use crate::wire::{AggregateRecord, GetQuery, Resolution, Resolved};

/// How deep references are followed unless the caller says.
pub const RESOLVE_DEPTH: u8 = 2;

/// The deepest that references are followed.
pub const RESOLVE_DEPTH_MAX: u8 = 5;

/// The most aggregates that one answer embeds.
const RESOLVED_MAX: usize = 1000;

impl Local {
    /// As [`Local::get`], with the aggregates that the state refers to, and those that they refer to, down to `depth`
    /// levels (1 to [`RESOLVE_DEPTH_MAX`]). They are embedded as they are now, whatever moment was asked for.
    ///
    /// # Errors
    /// As [`Local::get`], or another depth. A target that is missing, hidden or above itself is none: it is named.
    pub fn get_resolved(
        &self,
        caller: &Caller,
        query: &GetQuery,
        depth: u8,
    ) -> Result<AggregateRecord> {
        if !(1..=RESOLVE_DEPTH_MAX).contains(&depth) {
            let message = format!(
                "references are followed over 1 to {RESOLVE_DEPTH_MAX} levels, not {depth}"
            );
            return Err(Error::new(Kind::Invalid, "dbx::query::depth", message));
        }
        let gate = self.gate(caller)?;
        gate.aggregate(Action::AggregateRead, &query.aggregate_type, &query.aggregate_id)?;
        let schema = self.store().schema();
        let view = self.view()?;
        let eyes = Eyes::new(&schema.schema, caller);
        let mut record = get_in(&view, &eyes, query, self.config().page_limit)?;
        let name = AggregateKey::new(&record.aggregate_type, &record.aggregate_id)?;
        let (above, room) = (vec![name], Room::page());
        let mut walk = Walk { view: &view, schema: &schema, eyes, above, embedded: 0, room };
        record.resolved = Some(walk.follow(&record, depth)?);
        Ok(record)
    }
}

/// The way down from the aggregate that was asked for.
struct Walk<'a> {
    view: &'a View,
    schema: &'a AppliedSchema,
    eyes: Eyes<'a>,
    /// The aggregates from there to here.
    above: Vec<AggregateKey>,
    embedded: usize,
    room: Room,
}

impl Walk<'_> {
    /// What the references in a record's state lead to. The state has no hidden fields in it any more, so that none is
    /// followed.
    fn follow(&mut self, record: &AggregateRecord, depth: u8) -> Result<Vec<Resolved>> {
        let declared = self.schema.schema.aggregates.get(&record.aggregate_type);
        let (Some(declared), Json::Object(state)) = (declared, &record.state) else {
            return Ok(Vec::new());
        };
        let used = references(declared, state);
        used.into_iter().map(|one| self.resolve(one.pointer, &one.target, depth)).collect()
    }

    fn resolve(&mut self, path: String, target: &AggregateKey, depth: u8) -> Result<Resolved> {
        let (outcome, aggregate) = match self.outcome(target)? {
            Ok(found) => {
                self.embedded += 1;
                let mut record = found.record(self.view, &self.eyes)?;
                self.room.take_json(&record.state);
                if depth > 1 {
                    self.above.push(target.clone());
                    record.resolved = Some(self.follow(&record, depth - 1)?);
                    self.above.pop();
                }
                (Resolution::Found, Some(Box::new(record)))
            }
            Err(outcome) => (outcome, None),
        };
        Ok(Resolved { path, target: reference_text(target), outcome, aggregate })
    }

    fn outcome(&self, target: &AggregateKey) -> Result<std::result::Result<Found, Resolution>> {
        if self.above.contains(target) {
            return Ok(Err(Resolution::Cycle));
        }
        // Before the look: whether a hidden aggregate exists is hidden too.
        if !self.eyes.lists(target) {
            return Ok(Err(Resolution::Hidden));
        }
        if self.embedded >= RESOLVED_MAX || self.room.is_full() {
            return Ok(Err(Resolution::TooMany));
        }
        match find(self.view, target.aggregate_type.as_str(), target.id.as_str()) {
            Ok(found) => Ok(Ok(found)),
            Err(error) if error.kind() == Kind::NotFound => Ok(Err(Resolution::Missing)),
            Err(error) => Err(error),
        }
    }
}
