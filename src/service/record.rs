//! Stored events as records.

use super::caller::Caller;
use crate::domain::access::{Action, Rights};
use crate::domain::json::{Json, Object, Pointer};
use crate::domain::{Actor, AggregateKey, Erasure, Event, Kind};
use crate::schema::values::visible;
use crate::schema::{Aggregate, Schema};
use crate::store::{Refusal, Rejection, Unseen};
use crate::wire::{Erased, EventMetadata, EventRecord, Issuer};
use std::sync::Arc;

/// What a caller may see.
pub(super) struct Eyes<'a> {
    schema: &'a Schema,
    show_hidden: bool,
    rights: Option<Arc<Rights>>,
}

impl<'a> Eyes<'a> {
    pub(super) fn new(schema: &'a Schema, caller: &Caller) -> Self {
        Self { schema, show_hidden: caller.show_hidden, rights: caller.rights().cloned() }
    }

    /// The type's rules, where they hide anything from this caller.
    fn hiding(&self, aggregate_type: &str) -> Option<&'a Aggregate> {
        let allowed =
            |rights: &Arc<Rights>| rights.allow_type(Action::AggregateReadHidden, aggregate_type);
        if self.show_hidden && self.rights.as_ref().is_none_or(allowed) {
            return None;
        }
        self.schema.aggregates.get(aggregate_type).filter(|aggregate| {
            aggregate.hidden
                || !aggregate.hidden_fields.is_empty()
                || aggregate.fields.values().any(|field| field.hidden)
        })
    }

    /// Whether the caller may see an aggregate at all.
    pub(super) fn reads(&self, aggregate: &AggregateKey) -> bool {
        let allowed = |rights: &Arc<Rights>| rights.allow(Action::AggregateRead, aggregate);
        self.rights.as_ref().is_none_or(allowed)
    }

    /// Whether the caller may see every aggregate of a type.
    pub(super) fn reads_type(&self, aggregate_type: &str) -> bool {
        let allowed =
            |rights: &Arc<Rights>| rights.allow_type(Action::AggregateRead, aggregate_type);
        self.rights.as_ref().is_none_or(allowed)
    }

    /// Whether the caller may see some aggregates of a type.
    pub(super) fn reads_of(&self, aggregate_type: &str) -> bool {
        let allowed =
            |rights: &Arc<Rights>| rights.allow_some(Action::AggregateRead, Some(aggregate_type));
        self.rights.as_ref().is_none_or(allowed)
    }

    /// Whether the caller may see every aggregate there is.
    pub(super) fn reads_all(&self) -> bool {
        self.rights.as_ref().is_none_or(|rights| rights.allow_all(Action::AggregateRead))
    }

    /// Whether an aggregate stands in lists and searches.
    pub(super) fn lists(&self, aggregate: &AggregateKey) -> bool {
        !self.is_hidden(aggregate.aggregate_type.as_str()) && self.reads(aggregate)
    }

    /// Whether a patch leaves alone what the schema hides from the caller: it could copy it to where it shows.
    pub(super) fn lets_patch(&self, aggregate_type: &str, patch: &Json) -> bool {
        let whole = |one: &Json| {
            ["path", "from"].iter().any(|key| one.get(key).and_then(Json::as_str) == Some(""))
        };
        let operations = match patch {
            Json::Array(operations) => operations.as_slice(),
            _ => &[],
        };
        self.hiding(aggregate_type).is_none()
            || (self.sees_all(aggregate_type, patch) && !operations.iter().any(whole))
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
        // With a token, how many there are that one may not see is as little one's business as which.
        let told = self.rights.is_none();
        match &mut rejection.refusal {
            Refusal::Restricted { referrers, unseen, .. } => {
                let before = referrers.len();
                referrers.retain(|(name, field)| self.shows_reference(name, field));
                let more = before - referrers.len();
                *unseen = if told || more == 0 { Unseen::Count(more) } else { Unseen::Untold };
            }
            Refusal::Cascade { needs, .. } if !told => {
                "more than a commit holds".clone_into(needs);
            }
            _ => {}
        }
        rejection
    }

    /// Whether the caller may know that an aggregate of the type has a reference in a field, a JSON pointer.
    pub(super) fn shows_reference(&self, aggregate: &AggregateKey, pointer: &str) -> bool {
        self.lists(aggregate) && !self.is_hidden_place(aggregate.aggregate_type.as_str(), pointer)
    }

    /// A state or payload without what the caller may not see.
    pub(super) fn object(&self, aggregate_type: &str, object: Object) -> Object {
        match self.hiding(aggregate_type) {
            Some(aggregate) => visible(aggregate, &object),
            None => object,
        }
    }

    /// The content of an event without what the caller may not see.
    pub(super) fn content(&self, aggregate_type: &str, content: Json) -> Json {
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
            _ if event.body.erased.is_some() => (None, None),
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
            erased: event.body.erased.as_deref().map(erased),
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

/// When and by whom contents were destroyed.
pub(super) fn erased(erasure: &Erasure) -> Erased {
    Erased {
        at: erasure.at.to_string(),
        by: issuer(erasure.actor.clone()),
        position: erasure.position.to_string(),
    }
}

pub(super) fn issuer(actor: Actor) -> Issuer {
    Issuer { group: actor.group, user: actor.user, uid: actor.uid }
}
