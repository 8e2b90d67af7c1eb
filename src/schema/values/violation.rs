//! One thing that is wrong with an event.

use crate::domain::Json;
use crate::error::Detail;

/// One thing that is wrong with an event, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A JSON pointer (RFC 6901) into the payload; empty for the event as a whole.
    pub pointer: String,
    /// A stable code: `aggregate_locked`, `event`, `fields`, `locked`, `type`, `required`, `contains`,
    /// `does_not_contain`, `regex`, `length`, `range`, `format`, `reference`, `note` or `metadata`.
    pub code: &'static str,
    /// The rule as the schema has it, such as `range max 9.99`; `None` where no single rule is behind it.
    pub rule: Option<String>,
    /// What was found and what would do, without a full stop.
    pub message: String,
}

impl Violation {
    pub(super) fn new(
        pointer: impl Into<String>,
        code: &'static str,
        rule: Option<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { pointer: pointer.into(), code, rule, message: message.into() }
    }

    /// The violation seen from a document that holds the payload at `prefix`, a JSON pointer such as `/payload`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

impl From<Violation> for Detail {
    fn from(violation: Violation) -> Self {
        Self {
            pointer: violation.pointer,
            code: violation.code.to_owned(),
            message: violation.message,
        }
    }
}

/// The pointer to the member `key` of what `pointer` points at (RFC 6901 section 3).
pub(super) fn member(pointer: &str, key: &str) -> String {
    let mut out = String::with_capacity(pointer.len() + key.len() + 1);
    out.push_str(pointer);
    out.push('/');
    for character in key.chars() {
        match character {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            other => out.push(other),
        }
    }
    out
}

/// A value for a message, cut so that a hostile megabyte does not become an error of a megabyte.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => format!("`{}`", Json::String(cut(text))),
        Json::Array(items) => format!("an array of {}", counted(items.len(), "item")),
        Json::Object(object) => format!("an object of {}", counted(object.len(), "key")),
        other => format!("`{}`", cut(&other.to_string())),
    }
}

/// At most 48 characters of a text, for a message.
pub(super) fn cut(text: &str) -> String {
    const CHARS: usize = 48;
    let mut out: String = text.chars().take(CHARS).collect();
    if text.chars().nth(CHARS).is_some() {
        out.push('…');
    }
    out
}

/// `1 key`, `2 keys`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The known name that is nearest to `name`, as words to put behind a message; empty if none is near.
pub(super) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    // Longer names are no typing mistakes, and distances cost the product of both lengths.
    const BYTES_MAX: usize = 64;
    if name.len() > BYTES_MAX {
        return String::new();
    }
    let allowed = (name.len() / 3).max(1);
    known
        .filter(|candidate| candidate.len() <= BYTES_MAX)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| format!(", did you mean `{candidate}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_tilde_and_slash() {
        assert_eq!(member("", "a"), "/a");
        assert_eq!(member("/a", ""), "/a/");
        assert_eq!(member("/a", "b/c~d~1"), "/a/b~1c~0d~01");
        let at = Violation::new("/v", "type", None, "x").under("/operations/0/payload");
        assert_eq!(at.pointer, "/operations/0/payload/v");
    }

    #[test]
    fn messages_stay_short_whatever_the_value() {
        let long = Json::String("é".repeat(100_000));
        assert!(shown(&long).chars().count() < 60);
        assert_eq!(shown(&Json::from("a\"b")), r#"`"a\"b"`"#);
        assert_eq!(shown(&Json::Array(vec![Json::Null])), "an array of 1 item");
        assert_eq!(shown(&Json::Object(crate::domain::json::Object::new())), "an object of 0 keys");
        assert_eq!(shown(&Json::Null), "`null`");
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["created", "updated", "deleted"];
        assert_eq!(did_you_mean("craeted", known.into_iter()), ", did you mean `created`?");
        assert_eq!(did_you_mean("archived", known.into_iter()), "");
        assert_eq!(did_you_mean(&"x".repeat(1_000_000), known.into_iter()), "");
    }

    #[test]
    fn becomes_a_detail() {
        let detail: Detail = Violation::new("/v", "range", Some("range max 1".into()), "m").into();
        assert_eq!(
            (detail.pointer.as_str(), detail.code.as_str(), detail.message.as_str()),
            ("/v", "range", "m")
        );
    }
}
