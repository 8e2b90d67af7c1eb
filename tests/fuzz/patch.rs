//! JSON patches: they are all or nothing, say what they touch, and leave what can be read again.

use super::parts;
use dbx::domain::json::{DEPTH_MAX, Object, Patch, object_to_string};
use dbx::domain::{Json, Kind, diff, fold};

/// A document, and a patch of it.
pub fn run(data: &[u8]) {
    let Some([document, patch]) = parts(data) else { return };
    let (Ok(before), Ok(json)) = (Json::parse(document), Json::parse(patch)) else { return };
    let Ok(patch) = Patch::from_json(&json) else { return };
    assert_eq!(Patch::from_json(&patch.to_json()).as_ref(), Ok(&patch), "it reads back");
    let mut after = before.clone();
    match patch.apply(&mut after) {
        Err(error) => {
            assert_eq!(after.to_string(), before.to_string(), "nothing of it was applied");
            assert!(!error.to_string().is_empty());
        }
        Ok(()) => applied(&before, &patch, &after),
    }
    if let Json::Object(state) = &before {
        folded(state, &json, &patch, &after);
    }
}

fn applied(before: &Json, patch: &Patch, after: &Json) {
    let text = after.to_string();
    assert!(depth(after) <= DEPTH_MAX);
    assert_eq!(Json::parse(&text).as_ref(), Ok(after), "a state that can be read again");
    let touched = patch.touched();
    for change in diff(before, after) {
        let named = change.pointer.first().is_none_or(|key| touched.iter().any(|it| it == key));
        assert!(named || patch.touches_root(), "{} was not said to be touched", change.pointer);
    }
}

/// As an event, a patch does the same to a state, and leaves it whole where it fails.
fn folded(before: &Object, json: &Json, patch: &Patch, after: &Json) {
    let mut state = before.clone();
    match fold(&mut state, Kind::Patch, json) {
        Ok(()) => assert_eq!(object_to_string(&state), after.to_string()),
        Err(_) => assert_eq!(object_to_string(&state), object_to_string(before)),
    }
    if patch.touches_root() {
        assert!(fold(&mut state, Kind::Patch, json).is_err(), "a state is never replaced");
    }
}

fn depth(json: &Json) -> usize {
    match json {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
