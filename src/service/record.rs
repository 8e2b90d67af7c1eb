//! Stored events as records.

use super::caller::Caller;
use crate::domain::json::{Json, Object, Pointer};
use crate::domain::{Actor, Event, Kind};
use crate::schema::values::visible;
use crate::schema::{Aggregate, Schema};
use crate::store::{Refusal, Rejection};
use crate::wire::{EventMetadata, EventRecord, Issuer};

/// What a caller may see.
pub(super) struct Eyes<'a> {
    schema: &'a Schema,
    show_hidden: bool,
}

impl<'a> Eyes<'a> {
    pub(super) fn new(schema: &'a Schema, caller: &Caller) -> Self {
        Self { schema, show_hidden: caller.show_hidden }
    }

    /// The type's rules, where they hide anything from this caller.
    fn hiding(&self, aggregate_type: &str) -> Option<&'a Aggregate> {
        if self.show_hidden {
            return None;
        }
        self.schema.aggregates.get(aggregate_type).filter(|aggregate| {
            aggregate.hidden
                || !aggregate.hidden_fields.is_empty()
                || aggregate.fields.values().any(|field| field.hidden)
        })
    }

    /// Whether aggregates of the type are left out of lists and searches.
    pub(super) fn is_hidden(&self, aggregate_type: &str) -> bool {
        self.hiding(aggregate_type).is_some_and(|aggregate| aggregate.hidden)
    }

    /// Whether the field that holds the place `pointer` (RFC 6901) is left out of states and payloads.
    pub(super) fn is_hidden_place(&self, aggregate_type: &str, pointer: &str) -> bool {
        self.hiding(aggregate_type).is_some_and(|aggregate| !shows(aggregate, pointer))
    }

    /// Whether a field is left out of states and payloads.
    pub(super) fn is_hidden_field(&self, aggregate_type: &str, field: &str) -> bool {
        self.hiding(aggregate_type).is_some_and(|aggregate| aggregate.is_hidden_field(field))
    }

    /// Whether anything of a type is left out for the caller.
    pub(super) fn hides_of(&self, aggregate_type: &str) -> bool {
        self.hiding(aggregate_type).is_some()
    }

    /// A refusal that names no aggregate and no field that the caller may not see.
    pub(super) fn rejection(&self, mut rejection: Rejection) -> Rejection {
        if let Refusal::Restricted { referrers, unseen, .. } = &mut rejection.refusal {
            let before = referrers.len();
            referrers
                .retain(|(name, field)| self.shows_reference(name.aggregate_type.as_str(), field));
            *unseen += before - referrers.len();
        }
        rejection
    }

    /// Whether the caller may know that an aggregate of the type has a reference in a field, a JSON pointer.
    pub(super) fn shows_reference(&self, aggregate_type: &str, pointer: &str) -> bool {
        !self.is_hidden(aggregate_type) && !self.is_hidden_place(aggregate_type, pointer)
    }

    /// A state or payload without what the caller may not see.
    pub(super) fn object(&self, aggregate_type: &str, object: Object) -> Object {
        match self.hiding(aggregate_type) {
            Some(aggregate) => visible(aggregate, &object),
            None => object,
        }
    }

    /// The content of an event without what the caller may not see.
    fn content(&self, aggregate_type: &str, content: Json) -> Json {
        match content {
            Json::Object(object) => Json::Object(self.object(aggregate_type, object)),
            Json::Array(operations) => match self.hiding(aggregate_type) {
                Some(aggregate) => {
                    let seen = |one: &Json| {
                        ["path", "from"]
                            .iter()
                            .filter_map(|key| one.get(key).and_then(Json::as_str))
                            .all(|pointer| shows(aggregate, pointer))
                    };
                    Json::Array(operations.into_iter().filter(seen).collect())
                }
                None => Json::Array(operations),
            },
            other => other,
        }
    }

    /// Whether the caller may see everything that an event of the type says.
    pub(super) fn sees_all(&self, aggregate_type: &str, content: &Json) -> bool {
        self.content(aggregate_type, content.clone()) == *content
    }

    /// The record of a stored event.
    pub(super) fn event(&self, event: Event) -> EventRecord {
        let header = event.header;
        let aggregate_type = header.aggregate.aggregate_type.to_string();
        let content = self.content(&aggregate_type, event.body.content);
        let (payload, patch) = match header.kind {
            Kind::Patch => (None, Some(content)),
            _ if content.is_null() => (Some(Json::Object(Object::new())), None),
            _ => (Some(content), None),
        };
        let extensions = match event.body.metadata {
            Json::Object(object) => object,
            _ => Object::new(),
        };
        EventRecord {
            aggregate_type,
            aggregate_id: header.aggregate.id.to_string(),
            event_type: header.event_type.to_string(),
            version: header.version.get(),
            position: event.position.to_string(),
            payload,
            patch,
            metadata: EventMetadata {
                event_id: header.event_id.to_string(),
                created_at: header.created_at.to_string(),
                commit: format!("c{}", header.commit),
                schema_version: header.schema_version,
                issued_by: issuer(header.actor),
                note: event.body.note,
                extensions,
            },
            hash: event.leaf.to_string(),
            merkle_root: event.merkle_root.to_string(),
        }
    }
}

/// Whether the field that a pointer starts at is visible. A text that is no pointer names no field, so nothing vouches
/// for it.
fn shows(aggregate: &Aggregate, pointer: &str) -> bool {
    let pointer = pointer.parse::<Pointer>();
    pointer.is_ok_and(|place| place.first().is_none_or(|field| !aggregate.is_hidden_field(field)))
}

pub(super) fn issuer(actor: Actor) -> Issuer {
    Issuer { group: actor.group, user: actor.user, uid: actor.uid }
}
