//! What changed between two values.

use super::json::{Json, Object, Pointer};

/// One place at which two values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The place.
    pub pointer: Pointer,
    /// What was there; `None` where there was nothing.
    pub before: Option<Json>,
    /// What is there; `None` where there is nothing any more.
    pub after: Option<Json>,
}

/// The places at which `after` differs from `before`, as deep as both are objects or both are arrays.
///
/// Numbers differ when their texts do: `1` and `1.0` are different facts. The order of keys is no difference. Arrays
/// are compared index by index: an item that is inserted at the front changes every index, which is what the pointers
/// of a patch and of a schema violation mean too, and needs no guess at which item "is" which.
///
/// The order is that of the keys of `before`, then of the new keys of `after`.
pub fn diff(before: &Json, after: &Json) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&Pointer::root(), Some(before), Some(after), &mut changes);
    changes
}

/// [`diff`] of two states.
pub fn diff_objects(before: &Object, after: &Object) -> Vec<Change> {
    let mut changes = Vec::new();
    members(&Pointer::root(), before, after, &mut changes);
    changes
}

fn compare(at: &Pointer, before: Option<&Json>, after: Option<&Json>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(Json::Object(before)), Some(Json::Object(after))) => {
            members(at, before, after, changes);
        }
        (Some(Json::Array(before)), Some(Json::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                let place = at.child(index.to_string());
                compare(&place, before.get(index), after.get(index), changes);
            }
        }
        (before, after) if before == after => {}
        (before, after) => changes.push(Change {
            pointer: at.clone(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn members(at: &Pointer, before: &Object, after: &Object, changes: &mut Vec<Change>) {
    for (key, value) in before {
        compare(&at.child(key.clone()), Some(value), after.get(key), changes);
    }
    for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        compare(&at.child(key.clone()), None, Some(value), changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::{Operation, Patch};
    use proptest::prelude::*;

    fn shown(before: &str, after: &str) -> Vec<String> {
        let side = |value: &Option<Json>| value.as_ref().map_or("-".to_owned(), Json::to_string);
        diff(&Json::parse(before).unwrap(), &Json::parse(after).unwrap())
            .iter()
            .map(|c| format!("{} {} {}", c.pointer, side(&c.before), side(&c.after)))
            .collect()
    }

    #[test]
    fn changes_are_found_where_they_are() {
        let changes = shown(
            r#"{"name":"Jane","total":1,"gone":{"x":1},"tags":["a","b","c"],"lines":[{"sku":"k","n":1}]}"#,
            r#"{"total":1.0,"lines":[{"sku":"k","n":2}],"tags":["b","b"],"name":"Jane","new":[1]}"#,
        );
        insta::assert_snapshot!(changes.join("\n"), @r#"
        /total 1 1.0
        /gone {"x":1} -
        /tags/0 "a" "b"
        /tags/2 "c" -
        /lines/0/n 1 2
        /new - [1]
        "#);
    }

    #[test]
    fn other_kinds_differ_as_a_whole_and_the_order_of_keys_does_not() {
        assert_eq!(shown("1", r#""1""#), [" 1 \"1\""]);
        assert_eq!(shown(r#"{"a":[]}"#, r#"{"a":{}}"#), ["/a [] {}"]);
        assert_eq!(shown(r#"{"a":null}"#, "{}"), ["/a null -"]);
        assert!(shown(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#).is_empty());
        assert_eq!(shown(r#"{"a/b":1}"#, r#"{"a/b":2}"#), ["/a~1b 1 2"]);
    }

    fn arbitrary_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![Just(Json::Null), (0_i64..3).prop_map(Json::from)];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                prop::collection::vec(("[abc]", inner), 0..4)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Applying the changes to what was gives what is: nothing is forgotten and nothing made up.
        #[test]
        fn the_changes_lead_from_one_to_the_other(a in arbitrary_json(), b in arbitrary_json()) {
            let changes = diff(&a, &b);
            prop_assert_eq!(changes.is_empty(), a == b);
            let (gone, set): (Vec<_>, Vec<_>) = changes.iter().partition(|c| c.after.is_none());
            // From the back, so that the indices of an array hold until they are used.
            let mut operations: Vec<Operation> = gone
                .iter()
                .rev()
                .map(|change| Operation::Remove { path: change.pointer.clone() })
                .collect();
            operations.extend(set.iter().map(|change| {
                let (path, value) = (change.pointer.clone(), change.after.clone().unwrap());
                match change.before {
                    Some(_) => Operation::Replace { path, value },
                    None => Operation::Add { path, value },
                }
            }));
            let mut result = a.clone();
            prop_assert_eq!(Patch::new(operations).apply(&mut result), Ok(()));
            prop_assert_eq!(&result, &b);
            for change in &changes {
                prop_assert_eq!(change.pointer.get(&a), change.before.as_ref());
                prop_assert_eq!(change.pointer.get(&b), change.after.as_ref());
            }
        }
    }
}
