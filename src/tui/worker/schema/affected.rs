//! What of what is stored a change of the schema concerns.

use super::super::queue::Job;
use crate::domain::Json;
use crate::error::Result;
use crate::service::{Caller, Service};
use crate::tui::model::{Affected, Declared, Name};
use crate::wire::{EventsQuery, GetQuery};

/// How many events are looked for: more than fit on a screen.
const EVENTS: usize = 64;

pub(super) fn affected(
    service: &Service,
    caller: &Caller,
    (aggregate, declared): (&str, &Declared),
    states: &[Name],
    job: &Job<'_>,
) -> Result<Affected> {
    let mut found = Affected { states: Vec::new(), events: Vec::new(), more: false };
    for name in states {
        let (aggregate_type, aggregate_id) = (name.aggregate_type.clone(), name.id.clone());
        let query = GetQuery { aggregate_type, aggregate_id, at: None, include_events: false };
        found.states.push((name.clone(), service.get(caller, &query)?.version));
    }
    let mut query = EventsQuery {
        aggregate_type: Some(aggregate.to_owned()),
        filter: filter(declared),
        take: Some(EVENTS),
        reverse: true,
        ..EventsQuery::default()
    };
    while found.events.len() < EVENTS {
        let page = service.events(caller, &query)?;
        let room = EVENTS - found.events.len();
        found.more = page.more || page.events.len() > room;
        found.events.extend(page.events.into_iter().take(room));
        query.after = page.next.parse().ok();
        if !page.more || query.after.is_none() || job.cancelled() {
            break;
        }
    }
    Ok(found)
}

/// What lets through the events that a part of the schema is about.
fn filter(declared: &Declared) -> Option<String> {
    match declared {
        Declared::Aggregate => None,
        // A name in quotes is a path, whatever else it might mean.
        Declared::Field(name) => Some(format!("{}:*", Json::from(name.as_str()))),
        Declared::Event(name) => Some(format!("event:{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Filter;

    #[test]
    fn any_name_makes_a_filter() {
        for declared in [
            Declared::Field("type".into()),
            Declared::Field("a.b \"c\"".into()),
            Declared::Event("order_paid".into()),
        ] {
            let filter = filter(&declared).unwrap();
            assert!(Filter::parse(&filter).is_ok(), "{filter}");
        }
    }
}
