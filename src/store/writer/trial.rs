//! What the writer would say to operations, one after the other, without asking it: everything is judged as it judges,
//! from a view, and nothing is written.
//!
//! Where a proposal ends with its first refusal, a trial goes on behind it, as if the refused operation were not there.

use super::batch::Batch;
use super::cascade::Done;
use super::heads::{HeadCache, LiveHead, cache};
use super::proposal::{AppliedSchema, Proposed, Ticket};
use super::tail::Tail;
use crate::domain::json::Object;
use crate::domain::{AggregateKey, EventType, Kind, Version};
use crate::proof::LogTree;
use crate::store::error::{Refusal, StoreError};
use crate::store::format::End;
use crate::store::view::View;
use std::sync::Arc;

/// A trial in its course.
pub(crate) struct Trial {
    view: View,
    schema: Arc<AppliedSchema>,
    checked: bool,
    tail: Tail,
    cache: HeadCache,
    done: Done,
}

/// An event that an operation would become.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub(crate) aggregate: AggregateKey,
    pub(crate) event_type: EventType,
    /// The version that it would make.
    pub(crate) version: Version,
    /// The state before it.
    pub(crate) before: Object,
    /// The state after it.
    pub(crate) after: Object,
}

/// Where an aggregate stands in a trial, or in the log.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) version: Version,
    pub(crate) archived: bool,
    pub(crate) erased: bool,
    pub(crate) state: Object,
}

impl Trial {
    /// A trial on what `view` sees. `checked` says whether the schema may refuse, `ticket` what may be pointed at.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub(crate) fn new(
        view: View,
        schema: Arc<AppliedSchema>,
        checked: bool,
        ticket: Option<Ticket>,
    ) -> Result<Self, StoreError> {
        let types = view.types()?;
        let types =
            types.into_iter().map(|(name, number)| (name.as_str().to_owned(), number)).collect();
        let (end, tree) = (End::default(), LogTree::default());
        let ring = view.ring().cloned();
        let tail = Tail { end, tree, types, worker: 0, ring, index_tried: true };
        Ok(Self {
            view,
            schema,
            checked,
            tail,
            cache: cache(1),
            done: Done { ticket, ..Done::default() },
        })
    }

    /// What it is tried on.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// Where an aggregate stands now; `None` where it has no event.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub(crate) fn standing(&self, name: &AggregateKey) -> Result<Option<Standing>, StoreError> {
        let head = if let Some(head) = self.done.heads.get(name) {
            Some(head.clone())
        } else {
            let head = self.view.head(name)?;
            head.map(|head| LiveHead::from_record(name, head, None)).transpose()?
        };
        let standing = |head: LiveHead| Standing {
            version: head.version,
            archived: head.archived,
            erased: head.erased,
            state: head.state,
        };
        Ok(head.map(standing))
    }

    /// The bytes of the bodies of all events that were accepted so far.
    pub(crate) fn weight(&self) -> usize {
        self.done.operations.iter().map(Proposed::body_bytes).sum()
    }

    /// Judges an operation and, if it may happen, goes on from what it leads to. Gives its event, then those that would
    /// follow from it. `more` is how many operations are to come.
    ///
    /// # Errors
    /// Why it may not happen: then it counts for nothing.
    pub(crate) fn step(&mut self, operation: Proposed, more: usize) -> Result<Vec<Tried>, Refusal> {
        let Self { view, schema, checked, tail, cache, done } = self;
        let rules = (&**schema, *checked);
        let batch = Batch::new(tail, cache, rules.0, view.clone());
        let start = done.operations.len();
        let target = operation.aggregate.clone();
        let cascades = rules.1 && operation.kind == Kind::Archive;
        let before = batch.head(&target, done)?;
        // Only a cascade can fail half-way, or touch aggregates that are not named.
        let saved = cascades.then(|| done.heads.clone());
        let mut result = batch.step(operation, rules, done);
        if cascades && result.is_ok() {
            result = batch.cascade(&target, rules, done, more);
        }
        if let Err(refusal) = result {
            done.operations.truncate(start);
            done.judged.truncate(start);
            if let Some(saved) = saved {
                done.heads = saved;
            }
            return Err(refusal);
        }
        let mut tried = Vec::new();
        for event in done.operations.iter().skip(start) {
            let before = if event.aggregate == target {
                before.clone()
            } else {
                match saved.as_ref().and_then(|saved| saved.get(&event.aggregate)) {
                    Some(head) => head.clone(),
                    None => batch.load(&event.aggregate)?.unwrap_or_default(),
                }
            };
            let after = done.heads.get(&event.aggregate).cloned().unwrap_or_default();
            tried.push(Tried {
                aggregate: event.aggregate.clone(),
                event_type: event.event_type.clone(),
                version: after.version,
                before: before.state,
                after: after.state,
            });
        }
        Ok(tried)
    }
}
