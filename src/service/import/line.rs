//! One line of an import.

use crate::domain::Json;
use crate::domain::json::spanned::{Node, Value, read_at};
use crate::domain::json::{Limits, Pointer, ReadError};
use crate::error::{Error, Kind, Result};
use crate::wire::Operation;

/// A line of the source.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes, the line break included.
    pub(super) text: Vec<u8>,
}

/// What a line says.
pub(super) struct Parsed {
    pub(super) operation: Operation,
    pub(super) idempotency_key: Option<String>,
}

/// Why a line cannot be read, and the byte at which that shows.
pub(super) struct Unreadable {
    pub(super) error: Error,
    pub(super) offset: usize,
}

impl From<Error> for Unreadable {
    fn from(error: Error) -> Self {
        Self { error, offset: 0 }
    }
}

/// The members that a line may have.
const MEMBERS: [&str; 8] = [
    "aggregate_type",
    "aggregate_id",
    "event_type",
    "payload",
    "patch",
    "metadata",
    "note",
    "idempotency_key",
];

fn bad(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, code, message)
}

impl Line {
    pub(super) fn is_blank(&self) -> bool {
        self.text.iter().all(u8::is_ascii_whitespace)
    }

    /// Reads the line.
    pub(super) fn parse(&self) -> Result<Parsed, Unreadable> {
        let unreadable = |error: ReadError| Unreadable {
            error: bad("dbx::import::json", error.kind.to_string()),
            offset: error.offset,
        };
        let json = Json::parse_bytes(&self.text).map_err(unreadable)?;
        let Json::Object(mut object) = json else {
            return Err(bad(
                "dbx::import::line",
                format!("a line is a JSON object, not {}", json.kind()),
            )
            .into());
        };
        if let Some(unknown) = object.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            let near = MEMBERS
                .iter()
                .map(|member| (strsim::jaro_winkler(member, unknown), member))
                .filter(|(similarity, _)| *similarity >= 0.8)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let error = bad("dbx::import::member", format!("unknown member `{unknown}`"));
            return Err(match near {
                Some((_, near)) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("a line may have {}", MEMBERS.join(", "))),
            }
            .into());
        }
        let mut text = |key: &str| match object.shift_remove(key) {
            Some(Json::String(text)) => Ok(Some(text)),
            None | Some(Json::Null) => Ok(None),
            Some(other) => Err(bad(
                "dbx::import::member",
                format!("`{key}` is a string, not {}", other.kind()),
            )),
        };
        let need = |key: &str, value: Option<String>| {
            value.ok_or_else(|| bad("dbx::import::member", format!("`{key}` is missing")))
        };
        let operation = Operation {
            aggregate_type: need("aggregate_type", text("aggregate_type")?)?,
            aggregate_id: need("aggregate_id", text("aggregate_id")?)?,
            event_type: need("event_type", text("event_type")?)?,
            note: text("note")?,
            ..Operation::default()
        };
        let idempotency_key = text("idempotency_key")?;
        let operation = Operation {
            payload: object.shift_remove("payload"),
            patch: object.shift_remove("patch"),
            metadata: object.shift_remove("metadata"),
            ..operation
        };
        Ok(Parsed { operation, idempotency_key })
    }
}

/// The column of a byte, in characters, from 1.
pub(super) fn column_of(text: &[u8], offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    String::from_utf8_lossy(before).chars().count() + 1
}

/// The column of the value that a JSON pointer names; of its nearest parent where there is none.
pub(super) fn column(text: &[u8], pointer: &str) -> usize {
    let Ok(source) = std::str::from_utf8(text) else { return 1 };
    let Ok((root, _)) = read_at(source, 0, Limits::default()) else { return 1 };
    let Ok(pointer) = pointer.parse::<Pointer>() else { return 1 };
    let mut at: &Node = &root;
    for key in pointer.segments() {
        let next = match &at.value {
            Value::Object(members) => {
                members.iter().find(|one| one.key == *key).map(|one| &one.value)
            }
            Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    column_of(text, at.span.start)
}
