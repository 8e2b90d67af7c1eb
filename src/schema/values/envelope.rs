//! What travels beside a payload: the note and the metadata.

use super::violation::{Violation, cut, member};
use crate::domain::json::{Object, object_to_string};

/// The most characters (Unicode scalar values) that a note may have.
pub const NOTE_CHARS_MAX: usize = 128;

/// The most bytes that the metadata of an event may have, minified.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;

/// Checks the length of a writer's note. The pointer of a violation is empty: the note is not in the payload.
pub fn check_note(note: &str, violations: &mut Vec<Violation>) {
    let found = note.chars().count();
    if found > NOTE_CHARS_MAX {
        let message =
            format!("the note has {found} characters, at most {NOTE_CHARS_MAX} are allowed");
        violations.push(Violation::new("", "note", None, message));
    }
}

/// Checks the metadata's keys, `^@[A-Za-z0-9][A-Za-z0-9_-]*$`, and its size. Pointers are into the metadata.
pub fn check_metadata(metadata: &Object, violations: &mut Vec<Violation>) {
    for key in metadata.keys().filter(|key| !is_metadata_key(key)) {
        let message = format!(
            "`{}` is no metadata key: use `@`, a letter or digit, then letters, digits, `_` and `-`",
            cut(key)
        );
        violations.push(Violation::new(member("", key), "metadata", None, message));
    }
    let bytes = object_to_string(metadata).len();
    if bytes > METADATA_BYTES_MAX {
        let message =
            format!("the metadata has {bytes} bytes, at most {METADATA_BYTES_MAX} are allowed");
        violations.push(Violation::new("", "metadata", None, message));
    }
}

fn is_metadata_key(key: &str) -> bool {
    let Some(name) = key.strip_prefix('@') else { return false };
    name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::told;
    use super::*;
    use crate::domain::Json;

    #[test]
    fn notes_count_characters() {
        for (note, fine) in [
            (String::new(), true),
            ("n".repeat(128), true),
            ("é".repeat(128), true),
            ("👩".repeat(128), true),
            ("n".repeat(129), false),
            ("é".repeat(129), false),
        ] {
            let mut violations = Vec::new();
            check_note(&note, &mut violations);
            assert_eq!(told(&violations).is_empty(), fine, "{note}");
        }
    }

    #[test]
    fn metadata_keys_follow_their_rule() {
        let check = |key: &str| {
            let mut violations = Vec::new();
            check_metadata(&Object::from_iter([(key.to_owned(), Json::Null)]), &mut violations);
            told(&violations)
        };
        for key in ["@a", "@A-b_c", "@1", "@correlation", "@a-", "@a_"] {
            assert!(check(key).is_empty(), "{key}");
        }
        for key in ["", "@", "a", "@-a", "@_a", "@a.b", "@a b", "@é", "@@a", " @a", "@a\n"] {
            assert_eq!(check(key), [format!("/{key} metadata")], "{key:?}");
        }
        assert_eq!(check("@a/b"), ["/@a~1b metadata"]);
    }

    #[test]
    fn metadata_has_a_limit_in_minified_bytes() {
        let of = |bytes: usize| {
            // `{"@a":""}` is nine bytes.
            let text = Json::String("x".repeat(bytes - 9));
            let mut violations = Vec::new();
            check_metadata(&Object::from_iter([("@a".to_owned(), text)]), &mut violations);
            told(&violations)
        };
        assert!(of(METADATA_BYTES_MAX).is_empty());
        assert_eq!(of(METADATA_BYTES_MAX + 1), [" metadata"]);
    }
}
