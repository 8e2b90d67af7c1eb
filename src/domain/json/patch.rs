//! JSON patches: RFC 6902.

use super::pointer::{Lost, array_index, get_mut};
use super::{DEPTH_MAX, Json, Object, Pointer, same_value};

/// How much a patch may copy, in bytes of JSON text (roughly). Without a bound, sixty `copy` operations that each
/// double a value would fill any memory.
const COPY_BYTES_MAX: usize = 2 << 20;

/// One operation of a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Sets a member or inserts an item; the place above must exist.
    Add {
        /// Where.
        path: Pointer,
        /// What.
        value: Json,
    },
    /// Takes a value away; it must exist.
    Remove {
        /// Where.
        path: Pointer,
    },
    /// Puts another value in the place of one that must exist.
    Replace {
        /// Where.
        path: Pointer,
        /// What.
        value: Json,
    },
    /// Takes a value away and adds it elsewhere.
    Move {
        /// Where from.
        from: Pointer,
        /// Where to.
        path: Pointer,
    },
    /// Adds a value once more.
    Copy {
        /// Where from.
        from: Pointer,
        /// Where to.
        path: Pointer,
    },
    /// Fails the patch unless the value is there: numbers by value, objects in any order.
    Test {
        /// Where.
        path: Pointer,
        /// What must be there.
        value: Json,
    },
}

/// Operations that are applied in order, all or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patch {
    operations: Vec<Operation>,
}

/// Why a patch cannot be read or applied. Indices of operations count from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// A patch is an array.
    #[error("a patch is an array of operations, not {found}")]
    NotAnArray {
        /// What it is instead, such as `object`.
        found: &'static str,
    },
    /// An operation that RFC 6902 does not know.
    #[error("operation {index} of the patch is invalid: {reason}")]
    Invalid {
        /// The operation.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A `test` found something else, or nothing.
    #[error("operation {index} of the patch failed its test: `{pointer}` has another value")]
    TestFailed {
        /// The operation.
        index: usize,
        /// What it looked at.
        pointer: Pointer,
    },
    /// A place that must exist does not.
    #[error("operation {index} of the patch needs `{pointer}`, which does not exist")]
    PathMissing {
        /// The operation.
        index: usize,
        /// The place.
        pointer: Pointer,
    },
    /// An array was asked for something that is no index.
    #[error(
        "operation {index} of the patch gives `{pointer}`, but an array is indexed by a number without leading zeros"
    )]
    BadIndex {
        /// The operation.
        index: usize,
        /// The place.
        pointer: Pointer,
    },
    /// The document would nest deeper than [`DEPTH_MAX`].
    #[error(
        "operation {index} of the patch would nest the document deeper than {DEPTH_MAX} levels"
    )]
    TooDeep {
        /// The operation.
        index: usize,
    },
    /// The `copy` operations together copy too much.
    #[error("operation {index} of the patch copies more than 2 MiB together with those before it")]
    TooLarge {
        /// The operation.
        index: usize,
    },
}

impl Patch {
    /// A patch of these operations.
    pub fn new(operations: Vec<Operation>) -> Self {
        Self { operations }
    }

    /// The operations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Reads a patch. Members that an operation does not know are ignored, as RFC 6902 section 4 says.
    ///
    /// # Errors
    /// [`PatchError::NotAnArray`], or [`PatchError::Invalid`] for the first operation that is none.
    pub fn from_json(json: &Json) -> Result<Self, PatchError> {
        let items = json.as_array().ok_or(PatchError::NotAnArray { found: json.kind() })?;
        let operations = items.iter().enumerate().map(|(index, item)| {
            Operation::from_json(item).map_err(|reason| PatchError::Invalid { index, reason })
        });
        Ok(Self { operations: operations.collect::<Result<_, _>>()? })
    }

    /// The patch as JSON: only the members that RFC 6902 knows, in one order.
    pub fn to_json(&self) -> Json {
        Json::Array(self.operations.iter().map(Operation::to_json).collect())
    }

    /// Applies the patch; after an error the document is what it was.
    ///
    /// No operation may nest the document deeper than [`DEPTH_MAX`], not even for the next one to undo.
    ///
    /// # Errors
    /// The first operation that cannot be applied.
    pub fn apply(&self, document: &mut Json) -> Result<(), PatchError> {
        let mut copy_bytes_left = COPY_BYTES_MAX;
        let mut patched = document.clone();
        for (index, operation) in self.operations.iter().enumerate() {
            operation.apply(&mut patched, &mut copy_bytes_left).map_err(|fault| fault.at(index))?;
        }
        *document = patched;
        Ok(())
    }

    /// The top-level keys that the patch may change, each once, in the order of their first touch.
    pub fn touched(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for pointer in self.operations.iter().flat_map(Operation::touched) {
            if let Some(first) = pointer.first()
                && !keys.iter().any(|key| key == first)
            {
                keys.push(first.to_owned());
            }
        }
        keys
    }

    /// Whether the patch changes the document as a whole: such a one has no top-level keys to check.
    pub fn touches_root(&self) -> bool {
        self.operations.iter().flat_map(Operation::touched).any(Pointer::is_root)
    }
}

/// What went wrong in an operation, before its index is known.
enum Fault {
    Test(Pointer),
    Lost(Pointer, Lost),
    TooDeep,
    TooLarge,
}

impl Fault {
    fn at(self, index: usize) -> PatchError {
        match self {
            Self::Test(pointer) => PatchError::TestFailed { index, pointer },
            Self::Lost(pointer, Lost::Missing) => PatchError::PathMissing { index, pointer },
            Self::Lost(pointer, Lost::Index) => PatchError::BadIndex { index, pointer },
            Self::TooDeep => PatchError::TooDeep { index },
            Self::TooLarge => PatchError::TooLarge { index },
        }
    }
}

impl Operation {
    fn from_json(json: &Json) -> Result<Self, String> {
        let Json::Object(object) = json else {
            return Err(format!("an operation is an object, not {}", json.kind()));
        };
        let text = |key: &str| match object.get(key) {
            Some(Json::String(text)) => Ok(text.as_str()),
            Some(other) => Err(format!("`{key}` is a string, not {}", other.kind())),
            None => Err(format!("`{key}` is missing")),
        };
        let pointer = |key: &str| text(key)?.parse().map_err(|error| format!("`{key}`: {error}"));
        let value = || object.get("value").cloned().ok_or_else(|| "`value` is missing".to_owned());
        match text("op")? {
            "add" => Ok(Self::Add { path: pointer("path")?, value: value()? }),
            "remove" => Ok(Self::Remove { path: pointer("path")? }),
            "replace" => Ok(Self::Replace { path: pointer("path")?, value: value()? }),
            "copy" => Ok(Self::Copy { from: pointer("from")?, path: pointer("path")? }),
            "test" => Ok(Self::Test { path: pointer("path")?, value: value()? }),
            "move" => {
                let (from, path): (Pointer, Pointer) = (pointer("from")?, pointer("path")?);
                if from.contains(&path) {
                    return Err(format!("`{from}` cannot move into itself"));
                }
                Ok(Self::Move { from, path })
            }
            other => {
                let shown: String = other.chars().take(24).collect();
                Err(format!("`{shown}` is none of add, remove, replace, move, copy, test"))
            }
        }
    }

    fn to_json(&self) -> Json {
        let (op, from, path, value) = match self {
            Self::Add { path, value } => ("add", None, path, Some(value)),
            Self::Remove { path } => ("remove", None, path, None),
            Self::Replace { path, value } => ("replace", None, path, Some(value)),
            Self::Move { from, path } => ("move", Some(from), path, None),
            Self::Copy { from, path } => ("copy", Some(from), path, None),
            Self::Test { path, value } => ("test", None, path, Some(value)),
        };
        let mut object = Object::new();
        object.insert("op".to_owned(), op.into());
        if let Some(from) = from {
            object.insert("from".to_owned(), from.to_string().into());
        }
        object.insert("path".to_owned(), path.to_string().into());
        if let Some(value) = value {
            object.insert("value".to_owned(), value.clone());
        }
        object.into()
    }

    /// The places that the operation changes.
    fn touched(&self) -> impl Iterator<Item = &Pointer> {
        let (first, second) = match self {
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Copy { path, .. } => (Some(path), None),
            Self::Move { from, path } => (Some(from), Some(path)),
            Self::Test { .. } => (None, None),
        };
        first.into_iter().chain(second)
    }

    fn apply(&self, document: &mut Json, copy_bytes_left: &mut usize) -> Result<(), Fault> {
        match self {
            Self::Add { path, value } => add(document, path, value.clone()),
            Self::Remove { path } => remove(document, path).map(drop),
            Self::Replace { path, value } => {
                check_depth(path, value)?;
                let place = get_mut(document, path.segments())
                    .map_err(|lost| Fault::Lost(path.clone(), lost))?;
                *place = value.clone();
                Ok(())
            }
            Self::Move { from, path } if from == path => look_up(document, from).map(drop),
            Self::Move { from, path } => {
                let value = remove(document, from)?;
                add(document, path, value)
            }
            Self::Copy { from, path } => {
                let value = look_up(document, from)?;
                *copy_bytes_left =
                    copy_bytes_left.checked_sub(weight(value)).ok_or(Fault::TooLarge)?;
                let value = value.clone();
                add(document, path, value)
            }
            Self::Test { path, value } => match path.get(document) {
                Some(found) if same_value(found, value) => Ok(()),
                _ => Err(Fault::Test(path.clone())),
            },
        }
    }
}

fn look_up<'a>(document: &'a Json, path: &Pointer) -> Result<&'a Json, Fault> {
    path.get(document).ok_or_else(|| Fault::Lost(path.clone(), Lost::Missing))
}

fn add(document: &mut Json, path: &Pointer, value: Json) -> Result<(), Fault> {
    check_depth(path, &value)?;
    let Some((above, key)) = path.split_last() else {
        *document = value;
        return Ok(());
    };
    let lost = |lost| Fault::Lost(path.clone(), lost);
    match get_mut(document, above).map_err(lost)? {
        Json::Object(object) => {
            object.insert(key.to_owned(), value);
            Ok(())
        }
        Json::Array(items) if key == "-" => {
            items.push(value);
            Ok(())
        }
        Json::Array(items) => {
            let at = array_index(key).map_err(lost)?;
            if at > items.len() {
                return Err(lost(Lost::Missing));
            }
            items.insert(at, value);
            Ok(())
        }
        _ => Err(lost(Lost::Missing)),
    }
}

/// Takes a value out; the whole document leaves null behind.
fn remove(document: &mut Json, path: &Pointer) -> Result<Json, Fault> {
    let Some((above, key)) = path.split_last() else {
        return Ok(std::mem::take(document));
    };
    let lost = |lost| Fault::Lost(path.clone(), lost);
    match get_mut(document, above).map_err(lost)? {
        Json::Object(object) => object.shift_remove(key).ok_or_else(|| lost(Lost::Missing)),
        Json::Array(items) => {
            let at = array_index(key).map_err(lost)?;
            if at < items.len() { Ok(items.remove(at)) } else { Err(lost(Lost::Missing)) }
        }
        _ => Err(lost(Lost::Missing)),
    }
}

fn check_depth(path: &Pointer, value: &Json) -> Result<(), Fault> {
    let levels = path.segments().len().saturating_add(depth(value));
    if levels > DEPTH_MAX { Err(Fault::TooDeep) } else { Ok(()) }
}

/// How many levels a value nests: none for a scalar, one for `[]`.
fn depth(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// About how many bytes a value is as text.
fn weight(value: &Json) -> usize {
    match value {
        Json::Null | Json::Bool(_) => 4,
        Json::Number(number) => number.as_str().len(),
        Json::String(text) => text.len() + 2,
        Json::Array(items) => 2 + items.iter().map(|item| 1 + weight(item)).sum::<usize>(),
        Json::Object(object) => {
            2 + object.iter().map(|(key, item)| key.len() + 4 + weight(item)).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    fn patch(text: &str) -> Result<Patch, PatchError> {
        Patch::from_json(&json(text))
    }

    fn applied(document: &str, operations: &str) -> Result<String, PatchError> {
        let before = json(document);
        let mut after = before.clone();
        let result = patch(operations).and_then(|patch| patch.apply(&mut after));
        if result.is_err() {
            assert_eq!(after.to_string(), before.to_string(), "a failed patch changes nothing");
        }
        result.map(|()| after.to_string())
    }

    /// RFC 6902 appendix A, the cases that succeed: name, document, patch, result.
    const APPENDIX_A: [[&str; 4]; 12] = [
        [
            "A.1",
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz","value":"qux"}]"#,
            r#"{"foo":"bar","baz":"qux"}"#,
        ],
        [
            "A.2",
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            r#"{"foo":["bar","qux","baz"]}"#,
        ],
        [
            "A.3",
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"remove","path":"/baz"}]"#,
            r#"{"foo":"bar"}"#,
        ],
        [
            "A.4",
            r#"{"foo":["bar","qux","baz"]}"#,
            r#"[{"op":"remove","path":"/foo/1"}]"#,
            r#"{"foo":["bar","baz"]}"#,
        ],
        [
            "A.5",
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            r#"{"baz":"boo","foo":"bar"}"#,
        ],
        [
            "A.6",
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
        ],
        [
            "A.7",
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            r#"{"foo":["all","cows","eat","grass"]}"#,
        ],
        [
            "A.8",
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
        ],
        [
            "A.10",
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            r#"{"foo":"bar","child":{"grandchild":{}}}"#,
        ],
        [
            "A.11",
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#,
            r#"{"foo":"bar","baz":"qux"}"#,
        ],
        [
            "A.14",
            r#"{"/":9,"~1":10}"#,
            r#"[{"op":"test","path":"/~01","value":10}]"#,
            r#"{"/":9,"~1":10}"#,
        ],
        [
            "A.16",
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            r#"{"foo":["bar",["abc","def"]]}"#,
        ],
    ];

    #[test]
    fn appendix_a_succeeds() {
        for [name, document, operations, result] in APPENDIX_A {
            assert_eq!(applied(document, operations).as_deref(), Ok(result), "{name}");
        }
    }

    #[test]
    fn appendix_a_fails() {
        let pointer = |text: &str| text.parse::<Pointer>().unwrap();
        let a9 = applied(r#"{"baz":"qux"}"#, r#"[{"op":"test","path":"/baz","value":"bar"}]"#);
        assert_eq!(a9, Err(PatchError::TestFailed { index: 0, pointer: pointer("/baz") }));
        let a12 = applied(r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz/bat","value":"qux"}]"#);
        assert_eq!(a12, Err(PatchError::PathMissing { index: 0, pointer: pointer("/baz/bat") }));
        let a15 = applied(r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":"10"}]"#);
        assert_eq!(a15, Err(PatchError::TestFailed { index: 0, pointer: pointer("/~01") }));
    }

    #[test]
    fn operations_beyond_the_appendix() {
        for (document, operations, result) in [
            ("{}", r#"[{"op":"add","path":"","value":[1]}]"#, "[1]"),
            (r#"{"a":1}"#, r#"[{"op":"remove","path":""}]"#, "null"),
            (r#"{"a":[1]}"#, r#"[{"op":"move","from":"/a","path":""}]"#, "[1]"),
            (r#"{"a":1,"b":2}"#, r#"[{"op":"add","path":"/a","value":3}]"#, r#"{"a":3,"b":2}"#),
            (r#"{"a":1,"b":2}"#, r#"[{"op":"move","from":"/a","path":"/a"}]"#, r#"{"a":1,"b":2}"#),
            (
                r#"{"a":{"x":1}}"#,
                r#"[{"op":"copy","from":"/a","path":"/b"},{"op":"remove","path":"/a/x"}]"#,
                r#"{"a":{},"b":{"x":1}}"#,
            ),
            (r#"{"a":1.50}"#, r#"[{"op":"test","path":"/a","value":15e-1}]"#, r#"{"a":1.50}"#),
            ("{}", "[]", "{}"),
        ] {
            assert_eq!(applied(document, operations).as_deref(), Ok(result), "{operations}");
        }
    }

    #[test]
    fn every_error_names_its_operation() {
        let skip = r#"{"op":"test","path":"/a/0","value":1}"#;
        let errors = [
            r#"{"op":"add","path":"/a/3","value":1}"#,
            r#"{"op":"add","path":"/a/01","value":1}"#,
            r#"{"op":"remove","path":"/a/-"}"#,
            r#"{"op":"remove","path":"/b"}"#,
            r#"{"op":"replace","path":"/a/x","value":1}"#,
            r#"{"op":"move","from":"/c","path":"/a/0"}"#,
            r#"{"op":"move","from":"/c","path":"/c"}"#,
            r#"{"op":"move","from":"/a","path":"/a/0"}"#,
            r#"{"op":"copy","from":"/a/7","path":"/b"}"#,
            r#"{"op":"test","path":"/b","value":null}"#,
            r#"{"op":"add","path":"/b"}"#,
            r#"{"op":"add","path":"b","value":1}"#,
            r#"{"op":"remove","path":"/~"}"#,
            r#"{"op":"merge","path":"/b"}"#,
            r#"{"path":"/b"}"#,
            r#"{"op":1,"path":"/b"}"#,
            r#""remove""#,
        ]
        .map(|operation| {
            let patch = format!("[{skip},{operation}]");
            applied(r#"{"a":[1,2]}"#, &patch).unwrap_err().to_string()
        });
        insta::assert_snapshot!(errors.join("\n"), @r"
        operation 1 of the patch needs `/a/3`, which does not exist
        operation 1 of the patch gives `/a/01`, but an array is indexed by a number without leading zeros
        operation 1 of the patch needs `/a/-`, which does not exist
        operation 1 of the patch needs `/b`, which does not exist
        operation 1 of the patch gives `/a/x`, but an array is indexed by a number without leading zeros
        operation 1 of the patch needs `/c`, which does not exist
        operation 1 of the patch needs `/c`, which does not exist
        operation 1 of the patch is invalid: `/a` cannot move into itself
        operation 1 of the patch needs `/a/7`, which does not exist
        operation 1 of the patch failed its test: `/b` has another value
        operation 1 of the patch is invalid: `value` is missing
        operation 1 of the patch is invalid: `path`: a JSON pointer is empty or starts with `/`
        operation 1 of the patch is invalid: `path`: `~` at byte 1 of a JSON pointer must be `~0` (a tilde) or `~1` (a slash)
        operation 1 of the patch is invalid: `merge` is none of add, remove, replace, move, copy, test
        operation 1 of the patch is invalid: `op` is missing
        operation 1 of the patch is invalid: `op` is a string, not number
        operation 1 of the patch is invalid: an operation is an object, not string
        ");
        assert_eq!(patch("{}"), Err(PatchError::NotAnArray { found: "object" }));
    }

    #[test]
    fn the_touched_keys_are_those_that_may_change() {
        let all = patch(
            r#"[{"op":"test","path":"/t","value":1},{"op":"move","from":"/from/x","path":"/to"},
                {"op":"copy","from":"/c","path":"/d/0"},{"op":"remove","path":"/to"},
                {"op":"add","path":"/~1s","value":1}]"#,
        )
        .unwrap();
        assert_eq!(all.touched(), ["from", "to", "d", "/s"]);
        assert!(!all.touches_root());
        for root in [
            r#"[{"op":"replace","path":"","value":{}}]"#,
            r#"[{"op":"move","from":"/a","path":""}]"#,
            r#"[{"op":"copy","from":"/a","path":""}]"#,
            r#"[{"op":"remove","path":""}]"#,
        ] {
            assert!(patch(root).unwrap().touches_root(), "{root}");
        }
        let test = patch(r#"[{"op":"test","path":"","value":{}}]"#).unwrap();
        assert!(!test.touches_root());
    }

    #[test]
    fn a_patch_cannot_nest_or_grow_without_bound() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let add = |levels| {
            applied("{}", &format!(r#"[{{"op":"add","path":"/a","value":{}}}]"#, nested(levels)))
        };
        assert!(add(60).is_ok());
        let mut object = json(&format!(r#"{{"a":{}}}"#, nested(62)));
        let deeper = patch(
            r#"[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/c","value":[]},
            {"op":"move","from":"/a","path":"/c/0"}]"#,
        )
        .unwrap();
        assert_eq!(deeper.apply(&mut object), Ok(()), "64 levels are allowed");
        let again = patch(
            r#"[{"op":"add","path":"/d","value":[]},{"op":"move","from":"/c","path":"/d/0"}]"#,
        );
        assert_eq!(again.unwrap().apply(&mut object), Err(PatchError::TooDeep { index: 1 }));

        let doubling: Vec<String> =
            (0..60).map(|_| r#"{"op":"copy","from":"/a","path":"/a/-"}"#.to_owned()).collect();
        let error = applied(r#"{"a":["x"]}"#, &format!("[{}]", doubling.join(","))).unwrap_err();
        assert!(matches!(error, PatchError::TooLarge { .. }), "{error}");
    }

    fn arbitrary_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (-5_i64..5).prop_map(Json::from),
            "[ab]{0,2}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
                prop::collection::vec(("[abc]", inner), 0..3)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    fn arbitrary_operation() -> impl Strategy<Value = Operation> {
        let pointer =
            || prop::collection::vec("a|b|c|0|1|-", 0..3).prop_map(Pointer::from_segments);
        (0..6, pointer(), pointer(), arbitrary_json()).prop_map(
            |(op, path, from, value)| match op {
                0 => Operation::Add { path, value },
                1 => Operation::Remove { path },
                2 => Operation::Replace { path, value },
                3 => Operation::Move { from, path },
                4 => Operation::Copy { from, path },
                _ => Operation::Test { path, value },
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn applying_is_all_or_nothing(
            document in arbitrary_json(),
            operations in prop::collection::vec(arbitrary_operation(), 0..4),
        ) {
            let patch = Patch::new(operations);
            let mut after = document.clone();
            if patch.apply(&mut after).is_err() {
                prop_assert_eq!(after.to_string(), document.to_string());
            } else if !patch.touches_root() {
                // What is not touched is what it was.
                let touched = patch.touched();
                if let (Json::Object(before), Json::Object(after)) = (&document, &after) {
                    for (key, value) in before.iter().filter(|(key, _)| !touched.contains(key)) {
                        prop_assert_eq!(after.get(key), Some(value));
                    }
                }
            }
            if let Ok(read) = Patch::from_json(&patch.to_json()) {
                prop_assert_eq!(read, patch);
            }
        }

        #[test]
        fn no_json_panics_the_reader(value in arbitrary_json()) {
            let _ = Patch::from_json(&Json::Array(vec![value]));
        }
    }
}
