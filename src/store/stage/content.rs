//! What a staged operation says, as bytes: the only place through which contents of the stage pass.

use crate::domain::Json;
use crate::domain::json::Object;
use crate::store::error::StoreError;
use crate::wire::Operation;

/// The bytes of everything in a staged operation that may be nobody else's business: payload or patch, metadata, note,
/// and why it was staged. What it expects stands beside them.
pub(super) fn encode_staged(operation: &Operation, remark: Option<&str>) -> Vec<u8> {
    let mut object = Object::new();
    let mut add = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    add("payload", operation.payload.clone());
    add("patch", operation.patch.clone());
    add("metadata", operation.metadata.clone());
    add("note", operation.note.as_deref().map(Json::from));
    add("exists", operation.exists.map(Json::from));
    add("remark", remark.map(Json::from));
    crate::domain::json::object_to_string(&object).into_bytes()
}

/// Adds to `operation` what [`encode_staged`] made bytes of, and gives why it was staged.
pub(super) fn decode_staged(
    bytes: &[u8],
    operation: Operation,
) -> Result<(Operation, Option<String>), StoreError> {
    let bad = |what: &str| {
        let name = format!("{}/{}", operation.aggregate_type, operation.aggregate_id);
        StoreError::Inconsistent(format!("a staged operation on `{name}` has {what}"))
    };
    let Ok(Json::Object(mut object)) = Json::parse_bytes(bytes) else {
        return Err(bad("content that is no JSON object"));
    };
    let mut take = |key: &str| object.shift_remove(key);
    let (payload, patch, metadata) = (take("payload"), take("patch"), take("metadata"));
    let mut text = |key: &str| match take(key) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad("a note that is no text")),
    };
    let (note, remark) = (text("note")?, text("remark")?);
    let exists = match take("exists") {
        None => None,
        Some(Json::Bool(exists)) => Some(exists),
        Some(_) => return Err(bad("an expectation that is neither true nor false")),
    };
    if let Some(unknown) = object.keys().next() {
        return Err(bad(&format!("an unknown member `{unknown}`")));
    }
    Ok((Operation { payload, patch, metadata, note, exists, ..operation }, remark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation() -> Operation {
        Operation {
            aggregate_type: "order".into(),
            aggregate_id: "o-1".into(),
            event_type: "order_paid".into(),
            ..Operation::default()
        }
    }

    #[test]
    fn an_operation_reads_back_to_the_last_digit() {
        let whole = Operation {
            payload: Some(Json::parse(r#"{"total":19.90,"gone":null}"#).unwrap()),
            metadata: Some(Json::parse(r#"{"@source":"phone"}"#).unwrap()),
            note: Some("why".into()),
            exists: Some(true),
            ..operation()
        };
        let bytes = encode_staged(&whole, Some("revert of c7"));
        let found = decode_staged(&bytes, operation()).unwrap();
        assert_eq!(found, (whole, Some("revert of c7".to_owned())));
        let bare = decode_staged(&encode_staged(&operation(), None), operation()).unwrap();
        assert_eq!(bare, (operation(), None));
    }

    #[test]
    fn what_is_no_content_is_damage() {
        for bytes in [&b""[..], b"[]", br#"{"note":1}"#, br#"{"exists":0}"#, br#"{"more":1}"#] {
            assert!(decode_staged(bytes, operation()).is_err());
        }
    }
}
