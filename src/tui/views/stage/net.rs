//! What several operations change together: one change for each place, from what was there before the first of them to
//! what is there behind the last.

use crate::domain::Json;
use crate::domain::json::{Object, Pointer};
use crate::tui::model::{Name, Stage, name_of};
use crate::wire::{Change, StagedOperation};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// What becomes of one aggregate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Net {
    pub(crate) name: Name,
    /// The versions before and behind it.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// What happens, in order.
    pub(crate) events: Vec<String>,
    pub(crate) changes: Vec<Change>,
    /// Whether it only follows from what happens to another one.
    pub(crate) follows: bool,
}

/// The value before and behind; `None` where there is none.
type Ends = (Option<Json>, Option<Json>);

/// What is put together of one aggregate.
#[derive(Debug, Default)]
struct Sum {
    from: u64,
    events: Vec<String>,
    /// What was there before operations that are left out: that is what those behind them find.
    before: IndexMap<String, Option<Json>>,
    ends: IndexMap<String, Ends>,
    /// Everything that places of `ends` were ever inside of: most changes are beside all others, and need no search.
    wholes: BTreeSet<String>,
    follows: bool,
}

/// What becomes of each aggregate that a selected operation is on, or follows from one.
pub(crate) fn net(stage: &Stage) -> Vec<Net> {
    let mut sums: IndexMap<Name, Sum> = IndexMap::new();
    for operation in stage.operations() {
        let chosen = stage.is_chosen(operation);
        let sum = sums.entry(name_of(operation)).or_default();
        if sum.events.is_empty() {
            sum.from = base(operation);
        }
        sum.add(&operation.changes, chosen);
        if !chosen {
            continue;
        }
        sum.events.push(operation.operation.event_type.clone());
        for effect in &operation.effects {
            let (aggregate_type, id) = (effect.aggregate_type.clone(), effect.aggregate_id.clone());
            let sum = sums.entry(Name { aggregate_type, id }).or_default();
            if sum.events.is_empty() {
                (sum.from, sum.follows) = (effect.version.saturating_sub(1), true);
            }
            sum.add(&effect.changes, true);
            sum.events.push(effect.event_type.clone());
        }
    }
    sums.retain(|_, sum| !sum.events.is_empty());
    sums.into_iter().map(|(name, sum)| sum.done(name)).collect()
}

/// The version that an operation's aggregate has in the log.
fn base(operation: &StagedOperation) -> u64 {
    operation.conflict.as_ref().map_or(operation.base, |conflict| conflict.head)
}

impl Sum {
    fn done(self, name: Name) -> Net {
        let events = u64::try_from(self.events.len()).unwrap_or(0);
        let ends = self.ends.into_iter().filter(|(_, (before, after))| before != after);
        let changes = ends.map(|(path, (before, after))| Change { path, before, after });
        Net {
            name,
            from: self.from,
            to: self.from + events,
            events: self.events,
            changes: changes.collect(),
            follows: self.follows,
        }
    }

    fn add(&mut self, changes: &[Change], chosen: bool) {
        for change in changes {
            if chosen {
                self.change(change);
            } else {
                self.before.entry(change.path.clone()).or_insert_with(|| change.before.clone());
            }
        }
    }

    fn change(&mut self, change: &Change) {
        let path = &change.path;
        if let Some((_, after)) = self.ends.get_mut(path) {
            after.clone_from(&change.after);
            return;
        }
        // Inside of something that changed as a whole.
        let above = wholes(path).find(|whole| self.ends.contains_key(*whole));
        if let Some(known) = above
            && let Some((_, Some(whole))) = self.ends.get_mut(known)
        {
            let rest = path.get(known.len()..).unwrap_or_default();
            put(whole, &segments(rest), change.after.clone());
            return;
        }
        let mut before = self.before.get(path).cloned().unwrap_or_else(|| change.before.clone());
        // As a whole what changed in parts already: what was there before has those parts as they were.
        let below: Vec<String> = if self.wholes.contains(path) {
            self.ends.keys().filter(|known| is_below(known, path)).cloned().collect()
        } else {
            Vec::new()
        };
        let mut parts: Vec<(Vec<String>, Option<Json>)> = Vec::new();
        for part in below {
            let Some((was, _)) = self.ends.shift_remove(&part) else { continue };
            parts.push((segments(part.get(path.len()..).unwrap_or_default()), was));
        }
        // Lists lose what was not there, then get back what was: from their start to their end.
        parts.sort_by_key(|(place, was)| (was.is_some(), in_order(place)));
        for (place, was) in parts {
            if let Some(whole) = before.as_mut() {
                put(whole, &place, was);
            }
        }
        self.wholes.extend(wholes(path).map(str::to_owned));
        self.ends.insert(path.clone(), (before, change.after.clone()));
    }
}

/// Everything that a place is inside of, the nearest first; the state itself is none.
fn wholes(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').filter_map(|(at, _)| path.get(..at)).filter(|whole| !whole.is_empty())
}

/// Whether one place is inside of another.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.parse::<Pointer>().map(|it| it.segments().to_vec()).unwrap_or_default()
}

/// A place such that those of a list are in their order.
fn in_order(place: &[String]) -> Vec<(usize, String)> {
    place.iter().map(|one| (one.parse().unwrap_or(usize::MAX), one.clone())).collect()
}

/// Puts a value at a place, or takes away what is there. Of a list only the end goes away: places are compared one by one.
fn put(whole: &mut Json, path: &[String], value: Option<Json>) {
    let Some((first, rest)) = path.split_first() else { return };
    match whole {
        Json::Object(object) => put_member(object, first, rest, value),
        Json::Array(items) => {
            let Ok(at) = first.parse::<usize>() else { return };
            match (items.get_mut(at), rest.is_empty(), value) {
                (Some(item), true, Some(value)) => *item = value,
                (Some(item), false, value) => put(item, rest, value),
                (Some(_), true, None) => items.truncate(at),
                (None, true, Some(value)) => items.push(value),
                (None, ..) => {}
            }
        }
        _ => {}
    }
}

fn put_member(object: &mut Object, key: &str, rest: &[String], value: Option<Json>) {
    if !rest.is_empty() {
        if let Some(member) = object.get_mut(key) {
            put(member, rest, value);
        }
        return;
    }
    match value {
        Some(value) => {
            object.insert(key.to_owned(), value);
        }
        None => {
            object.shift_remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff_objects;
    use proptest::prelude::*;

    fn object(text: &str) -> Object {
        Json::parse(text).unwrap().as_object().unwrap().clone()
    }

    fn wire(before: &Object, after: &Object) -> Vec<Change> {
        let change = |it: crate::domain::Change| Change {
            path: it.pointer.to_string(),
            before: it.before,
            after: it.after,
        };
        diff_objects(before, after).into_iter().map(change).collect()
    }

    fn sum(states: &[Object]) -> Vec<Change> {
        let mut sum = Sum::default();
        for pair in states.windows(2) {
            sum.add(&wire(&pair[0], &pair[1]), true);
        }
        let name = Name { aggregate_type: "a".into(), id: "1".into() };
        sum.done(name).changes
    }

    fn sorted(mut changes: Vec<Change>) -> Vec<String> {
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        let text = |value: &Option<Json>| value.as_ref().map_or("-".to_owned(), Json::to_string);
        let line = |it: &Change| format!("{} {} {}", it.path, text(&it.before), text(&it.after));
        changes.iter().map(line).collect()
    }

    #[test]
    fn what_is_changed_twice_changes_once_and_what_is_put_back_not_at_all() {
        let states = [
            r#"{"status":"open","total":1,"lines":[{"n":1}]}"#,
            r#"{"status":"paid","total":1,"lines":[{"n":2}],"note":{"a":1}}"#,
            r#"{"status":"sent","total":2,"lines":[{"n":2},{"n":5}],"note":{"a":1,"b":2}}"#,
            r#"{"status":"sent","total":1,"lines":[{"n":2},{"n":5}],"note":{"b":2}}"#,
        ];
        let changes = sum(&states.map(object));
        insta::assert_snapshot!(sorted(changes).join("\n"), @r#"
        /lines/0/n 1 2
        /lines/1 - {"n":5}
        /note - {"b":2}
        /status "open" "sent"
        "#);
    }

    #[test]
    fn what_is_left_out_is_not_what_was_there_before() {
        let (first, second) = (object(r#"{"points":88}"#), object(r#"{"points":100}"#));
        let mut sum = Sum::default();
        sum.add(&wire(&first, &second), false);
        sum.add(&wire(&second, &object(r#"{"points":112}"#)), true);
        let net = sum.done(Name { aggregate_type: "a".into(), id: "1".into() });
        assert_eq!(sorted(net.changes), ["/points 88 112"]);
    }

    fn arbitrary_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![Just(Json::Null), (0_i64..3).prop_map(Json::from)];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                prop::collection::vec(("[ab/]", inner), 0..3)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Each end of a sum is what stands there in the first state and in the last one.
        #[test]
        fn a_sum_leads_from_the_first_state_to_the_last(
            states in prop::collection::vec(prop::collection::vec(("[ab]", arbitrary_json()), 0..3), 2..5),
        ) {
            let states: Vec<Object> =
                states.into_iter().map(|members| members.into_iter().collect()).collect();
            let (first, last) = (states.first().unwrap(), states.last().unwrap());
            let (first, last) = (Json::Object(first.clone()), Json::Object(last.clone()));
            let changes = sum(&states);
            for change in &changes {
                let place: Pointer = change.path.parse().unwrap();
                prop_assert_eq!(place.get(&last), change.after.as_ref(), "{}", change.path);
                prop_assert_eq!(place.get(&first), change.before.as_ref(), "{}", change.path);
            }
            prop_assert_eq!(changes.is_empty(), first == last);
        }
    }
}
