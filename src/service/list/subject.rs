//! An aggregate, as a filter sees it.

use crate::domain::filter::FilterSubject;
use crate::domain::json::Json;
use crate::domain::{AggregateKey, Body, Event, Filter, Timestamp};
use crate::error::Result;
use crate::service::found::lost;
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
        let looks = filter.looks_at_event();
        let last = looks.then(|| last_event(view, (name, head), filter)).transpose()?;
        Ok(Self { name, head, last, eyes })
    }
}

/// What happened to an aggregate last, and of the body what the filter asks for: opening one that is sealed takes longer
/// than all the rest. One that is not there is damage, and no event that the filter does not let through.
fn last_event(view: &View, (name, head): (&AggregateKey, &Head), filter: &Filter) -> Result<Event> {
    let body = filter.looks_at_correlation();
    let found = view.with_event(head.position, |event| {
        Ok(Event {
            position: event.position(),
            header: event.header()?,
            body: if body { event.body()? } else { Body::default() },
            leaf: event.leaf(),
            merkle_root: event.merkle_root(),
        })
    })?;
    Ok(found.ok_or_else(|| lost(name, head.version))?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Position;
    use crate::service::found::find;
    use crate::service::testing;

    #[test]
    fn an_event_that_is_not_there_is_damage_and_no_answer_to_a_filter() {
        let (_dir, local, ada) = testing::local();
        testing::commit(&local, &ada, vec![testing::operation("order/1", "placed")]);
        let (view, schema) = (local.view().unwrap(), local.store().schema());
        let eyes = Eyes::new(&schema.schema, &ada);
        let mut found = find(&view, "order", "1").unwrap();
        found.head.position = Position(2);
        let read = |filter: &str| {
            let filter = Filter::parse(filter).unwrap();
            let subject = Subject::read(&view, (&found.name, &found.head), &filter, &eyes);
            subject.map(|subject| filter.matches(&subject)).map_err(|error| error.to_string())
        };
        for filter in ["event:placed", "-event:placed", "actor:ada", "-corr:x"] {
            let error = read(filter).unwrap_err();
            assert!(error.contains("version 1 of `order/1` is missing"), "{filter}: {error}");
        }
        assert_eq!(read("id:1"), Ok(true), "what needs no event reads none");
    }
}
