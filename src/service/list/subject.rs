//! An aggregate, as a filter sees it.

use crate::domain::filter::FilterSubject;
use crate::domain::json::Json;
use crate::domain::{AggregateKey, Body, Event, Filter, Timestamp};
use crate::error::Result;
use crate::service::record::Eyes;
use crate::store::{Head, View};

/// An aggregate, as a filter sees it.
pub(super) struct Subject<'a> {
    name: &'a AggregateKey,
    head: &'a Head,
    /// Its last event, where the filter asks for something of that.
    last: Option<Event>,
    eyes: &'a Eyes<'a>,
}

impl<'a> Subject<'a> {
    /// Reads what the filter asks for beside the head.
    pub(super) fn read(
        view: &View,
        (name, head): (&'a AggregateKey, &'a Head),
        filter: &Filter,
        eyes: &'a Eyes<'a>,
    ) -> Result<Self> {
        let last = if filter.looks_at_event() { last_event(view, head, filter)? } else { None };
        Ok(Self { name, head, last, eyes })
    }
}

/// What happened to an aggregate last, and of the body what the filter asks for: opening one that is sealed takes longer
/// than all the rest.
fn last_event(view: &View, head: &Head, filter: &Filter) -> Result<Option<Event>> {
    let body = filter.looks_at_correlation();
    Ok(view.with_event(head.position, |event| {
        Ok(Event {
            position: event.position(),
            header: event.header()?,
            body: if body { event.body()? } else { Body::default() },
            leaf: event.leaf(),
            merkle_root: event.merkle_root(),
        })
    })?)
}

impl FilterSubject for Subject<'_> {
    fn aggregate_type(&self) -> &str {
        self.name.aggregate_type.as_str()
    }

    fn id(&self) -> &str {
        self.name.id.as_str()
    }

    fn version(&self) -> u64 {
        self.head.version.get()
    }

    fn event_types(&self) -> Vec<&str> {
        self.last.as_ref().map(FilterSubject::event_types).unwrap_or_default()
    }

    fn actor(&self) -> Option<(&str, &str)> {
        self.last.as_ref().and_then(FilterSubject::actor)
    }

    fn correlation(&self) -> Option<&str> {
        self.last.as_ref().and_then(FilterSubject::correlation)
    }

    fn time(&self) -> Timestamp {
        self.head.updated_at
    }

    fn archived(&self) -> bool {
        self.head.archived
    }

    fn state(&self, key: &str) -> Option<&Json> {
        // What may not be seen may not be searched either.
        let visible = !self.eyes.is_hidden_field(self.name.aggregate_type.as_str(), key);
        self.head.state.get(key).filter(|_| visible)
    }
}
