//! The event record: everywhere the same.

use crate::domain::json::{Json, Object};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// One event of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventRecord {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// What happened.
    pub event_type: String,
    /// The place in the aggregate, from 1.
    pub version: u64,
    /// The place in the log, from 1, as a decimal string.
    pub position: String,
    /// The payload; absent on a patch event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Json>,
    /// The RFC 6902 patch; present on a patch event only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Json>,
    /// When and by whom the contents were destroyed; then there is neither payload nor patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// Who, when, in which commit.
    pub metadata: EventMetadata,
    /// The leaf: the hash of the stored header, in hex.
    pub hash: String,
    /// The root of the aggregate's tree after this event, in hex.
    pub merkle_root: String,
}

/// Who wrote an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Issuer {
    /// The group.
    pub group: String,
    /// The user.
    pub user: String,
    /// The operating system's number of the user, where there was no token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

/// When and by whom the contents of an aggregate were destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// When.
    pub at: String,
    /// By whom.
    pub by: Issuer,
    /// The position of the erasing event, as a decimal string; after a restore, in the history that was replaced.
    pub position: String,
}

/// An aggregate whose contents were destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedAggregate {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// When and by whom.
    pub erased: Erased,
}

/// What dbx and the writer say about an event. In JSON the writer's extensions (`@source`) stand beside dbx's own
/// members.
#[derive(Debug, Clone, PartialEq)]
pub struct EventMetadata {
    /// The Snowflake id, as a decimal string.
    pub event_id: String,
    /// When it was committed.
    pub created_at: String,
    /// The commit, as `c7`.
    pub commit: String,
    /// The schema version that admitted it; 0 where none did.
    pub schema_version: u64,
    /// Who wrote it.
    pub issued_by: Issuer,
    /// The note.
    pub note: Option<String>,
    /// The writer's extensions; every key starts with `@`.
    pub extensions: Object,
}

impl EventMetadata {
    fn to_object(&self) -> Object {
        let mut issuer = Object::new();
        issuer.insert("group".into(), self.issued_by.group.as_str().into());
        issuer.insert("user".into(), self.issued_by.user.as_str().into());
        if let Some(uid) = self.issued_by.uid {
            issuer.insert("uid".into(), u64::from(uid).into());
        }
        let mut object = Object::new();
        object.insert("event_id".into(), self.event_id.as_str().into());
        object.insert("created_at".into(), self.created_at.as_str().into());
        object.insert("commit".into(), self.commit.as_str().into());
        object.insert("schema_version".into(), self.schema_version.into());
        object.insert("issued_by".into(), issuer.into());
        object.insert("note".into(), self.note.as_deref().map_or(Json::Null, Json::from));
        for (key, value) in &self.extensions {
            object.insert(key.clone(), value.clone());
        }
        object
    }

    fn from_object(mut object: Object) -> Result<Self, String> {
        let mut text = |key: &str| match object.shift_remove(key) {
            Some(Json::String(text)) => Ok(text),
            _ => Err(format!("metadata.{key}: a string is expected")),
        };
        let (event_id, created_at, commit) =
            (text("event_id")?, text("created_at")?, text("commit")?);
        let schema_version = object
            .shift_remove("schema_version")
            .and_then(|value| value.as_number()?.as_str().parse().ok())
            .ok_or("metadata.schema_version: a whole number is expected")?;
        let issuer =
            object.shift_remove("issued_by").ok_or("metadata.issued_by: an object is expected")?;
        let issued_by =
            serde_json::from_str(&issuer.to_string()).map_err(|error| error.to_string())?;
        let note = match object.shift_remove("note") {
            Some(Json::String(text)) => Some(text),
            Some(Json::Null) | None => None,
            Some(_) => return Err("metadata.note: a string is expected".into()),
        };
        object.retain(|key, _| key.starts_with('@'));
        Ok(Self {
            event_id,
            created_at,
            commit,
            schema_version,
            issued_by,
            note,
            extensions: object,
        })
    }
}

impl Serialize for EventMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json::Object(self.to_object()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for EventMetadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Object(object) => Self::from_object(object).map_err(D::Error::custom),
            other => Err(D::Error::custom(format!(
                "metadata: an object is expected, found {}",
                other.kind()
            ))),
        }
    }
}

/// Some events, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The events, in the order that was asked for.
    pub events: Vec<EventRecord>,
    /// The position to give as `after` for the next page: past everything that was looked at, whether or not it
    /// passed the filter. As a decimal string.
    pub next: String,
    /// Whether there may be more behind `next`.
    pub more: bool,
}
