//! Events in, state out.

use super::event::Kind;
use super::json::{Json, Object, Patch, PatchError};

/// Why an event cannot be folded into a state. The state is what it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The kind takes an object.
    #[error("a {kind} event holds an object, not {found}", kind = kind.as_str())]
    NotAnObject {
        /// The kind of the event.
        kind: Kind,
        /// What its content is instead, such as `array`.
        found: &'static str,
    },
    /// A patch of the document as a whole: it has no keys to check and may leave something other than an object.
    #[error("a patch changes the members of a state and never the state as a whole")]
    WholeState,
    /// The patch cannot be read or applied.
    #[error(transparent)]
    Patch(#[from] PatchError),
}

/// Folds one event into the state of its aggregate.
///
/// A key that a merge replaces keeps its place among the keys, so that a state reads the same from version to
/// version. Whether the aggregate is archived is no part of its state.
///
/// # Errors
/// Why the event does not fit; the state is left as it was.
pub fn fold(state: &mut Object, kind: Kind, content: &Json) -> Result<(), FoldError> {
    match kind {
        Kind::Merge | Kind::Nullify => {
            let members = content
                .as_object()
                .ok_or(FoldError::NotAnObject { kind, found: content.kind() })?;
            for (key, value) in members {
                state.insert(key.clone(), value.clone());
            }
            Ok(())
        }
        Kind::Patch => apply(state, &Patch::from_json(content)?),
        Kind::Archive | Kind::Restore => Ok(()),
        Kind::Erase => {
            state.clear();
            Ok(())
        }
    }
}

fn apply(state: &mut Object, patch: &Patch) -> Result<(), FoldError> {
    if patch.touches_root() {
        return Err(FoldError::WholeState);
    }
    let mut document = Json::Object(std::mem::take(state));
    let result = patch.apply(&mut document);
    // Without a change of the whole document it is still an object, patched or not.
    if let Json::Object(object) = document {
        *state = object;
    }
    Ok(result?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::object_to_string;
    use proptest::prelude::*;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    fn state(text: &str) -> Object {
        json(text).as_object().unwrap().clone()
    }

    fn folded(before: &str, kind: Kind, content: &str) -> Result<String, FoldError> {
        let mut after = state(before);
        let result = fold(&mut after, kind, &json(content));
        if result.is_err() {
            assert_eq!(object_to_string(&after), before, "a failed fold changes nothing");
        }
        result.map(|()| object_to_string(&after))
    }

    #[test]
    fn each_kind_does_what_it_says() {
        let before = r#"{"a":1,"b":{"x":1},"c":3.10}"#;
        for (kind, content, after) in [
            (Kind::Merge, r#"{"b":{"y":2},"d":null}"#, r#"{"a":1,"b":{"y":2},"c":3.10,"d":null}"#),
            (Kind::Merge, "{}", before),
            (Kind::Nullify, r#"{"a":null}"#, r#"{"a":null,"b":{"x":1},"c":3.10}"#),
            (Kind::Patch, r#"[{"op":"remove","path":"/b/x"}]"#, r#"{"a":1,"b":{},"c":3.10}"#),
            (Kind::Patch, r#"[{"op":"remove","path":"/a"}]"#, r#"{"b":{"x":1},"c":3.10}"#),
            (Kind::Archive, "null", before),
            (Kind::Restore, "null", before),
            (Kind::Erase, "null", "{}"),
        ] {
            assert_eq!(folded(before, kind, content).as_deref(), Ok(after), "{kind:?} {content}");
        }
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let before = r#"{"a":1}"#;
        assert_eq!(
            folded(before, Kind::Merge, "[1]").unwrap_err().to_string(),
            "a merge event holds an object, not array"
        );
        let whole = r#"[{"op":"replace","path":"","value":[]}]"#;
        assert_eq!(folded(before, Kind::Patch, whole), Err(FoldError::WholeState));
        let half = r#"[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]"#;
        assert!(matches!(
            folded(before, Kind::Patch, half),
            Err(FoldError::Patch(PatchError::PathMissing { index: 1, .. }))
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Merging is the last value of each key, in the order in which the keys came first.
        #[test]
        fn merges_fold_to_the_last_values(
            payloads in prop::collection::vec(
                prop::collection::vec(("[a-e]", -3_i64..3), 0..4), 0..6),
        ) {
            let mut folded = Object::new();
            let mut expected: Vec<(String, i64)> = Vec::new();
            for payload in payloads {
                let object: Object =
                    payload.iter().map(|(key, value)| (key.clone(), Json::from(*value))).collect();
                fold(&mut folded, Kind::Merge, &Json::Object(object)).unwrap();
                for (key, value) in payload {
                    match expected.iter_mut().find(|(known, _)| *known == key) {
                        Some(known) => known.1 = value,
                        None => expected.push((key, value)),
                    }
                }
            }
            let expected: Vec<_> =
                expected.into_iter().map(|(key, value)| (key, Json::from(value))).collect();
            prop_assert_eq!(folded.into_iter().collect::<Vec<_>>(), expected);
        }

        /// A fold that goes on from a stored state, at whichever event, ends where the whole fold ends, to the byte:
        /// what a snapshot promises. Events that do not fit change nothing on either way.
        #[test]
        fn a_fold_may_go_on_from_any_state_that_was_stored(
            events in prop::collection::vec(event(), 0..12),
            cut in any::<prop::sample::Index>(),
        ) {
            let all = |mut state: Object, events: &[(Kind, Json)]| {
                for (kind, content) in events {
                    let _ = fold(&mut state, *kind, content);
                }
                object_to_string(&state)
            };
            let (before, after) = events.split_at(cut.index(events.len() + 1));
            let stored = all(Object::new(), before);
            prop_assert_eq!(all(state(&stored), after), all(Object::new(), &events));
        }
    }

    /// An event of any kind, among few keys, so that events meet.
    fn event() -> impl Strategy<Value = (Kind, Json)> {
        let member =
            ("[a-c]", prop::sample::select(vec!["1", "1.0", "\"x\"", "null", "{\"d\":[1]}"]));
        let payload = prop::collection::vec(member, 0..3).prop_map(|members| {
            members.into_iter().map(|(key, text)| (key, json(text))).collect::<Object>().into()
        });
        let patch = prop::sample::select(vec![
            r#"[{"op":"add","path":"/a","value":2}]"#,
            r#"[{"op":"remove","path":"/b"}]"#,
            r#"[{"op":"move","from":"/a","path":"/c"}]"#,
            r#"[{"op":"copy","from":"/b","path":"/a"},{"op":"test","path":"/a","value":1}]"#,
            r#"[{"op":"add","path":"/a/d/-","value":3.50}]"#,
        ]);
        prop_oneof![
            4 => payload.prop_map(|payload| (Kind::Merge, payload)),
            4 => patch.prop_map(|patch| (Kind::Patch, json(patch))),
            1 => Just((Kind::Archive, Json::Null)),
            1 => Just((Kind::Erase, Json::Null)),
        ]
    }
}
