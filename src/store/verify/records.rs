//! The indexes beside the log as a whole: what an aggregate's own pass cannot see, since nothing leads to it.

use super::{Faults, Part, fault};
use crate::store::error::StoreError;
use crate::store::keys;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};
use std::collections::BTreeMap;
use std::iter::Peekable;

/// One look at all records of a kind.
type Pass<'a> = &'a dyn Fn(&mut Faults) -> Result<(), StoreError>;

/// Names records that belong to no aggregate, and a dictionary of types that contradicts itself.
///
/// # Errors
/// What keeps it from reading at all; damage is a fault.
pub(super) fn check(view: &View, events: u64, faults: &mut Faults) -> Result<(), StoreError> {
    let parts: [(Part, Pass<'_>); 3] = [
        (Part::Records, &|faults| types(view, faults)),
        (Part::Derived, &|faults| versions(view, events, faults)),
        (Part::Derived, &|faults| snapshots(view, faults)),
    ];
    for (part, pass) in parts {
        faults.part = part;
        match pass(faults) {
            Err(error) if error.is_damage() => {
                faults.add_new(fault(FaultKind::Unreadable, error.to_string()));
            }
            other => other?,
        }
    }
    Ok(())
}

fn types(view: &View, faults: &mut Faults) -> Result<(), StoreError> {
    let last = view.end().map(|end| end.type_number).ok();
    let mut names = BTreeMap::new();
    let mut say = |message: String| faults.add(fault(FaultKind::Types, message));
    for (name, number) in view.types()? {
        if let Some(other) = names.insert(number, name.clone()) {
            say(format!("the types `{other}` and `{name}` have the same number, {number}"));
        }
        if number == 0 || last.is_some_and(|last| number > last) {
            say(format!("the type `{name}` has the number {number}, which was never given"));
        }
    }
    let given = u32::try_from(names.len()).unwrap_or(u32::MAX);
    if let Some(last) = last.filter(|last| given < *last) {
        say(format!("{last} types have a number, the dictionary names {given}"));
    }
    Ok(())
}

fn versions(view: &View, events: u64, faults: &mut Faults) -> Result<(), StoreError> {
    let mut heads = Heads::new(view);
    let mut count = 0_u64;
    for key in view.version_keys() {
        let key = key?;
        count += 1;
        let owner = keys::aggregate_end(&key).and_then(|end| key.get(..end));
        if !heads.has(owner)? {
            faults.add(stray("a place of a version", owner));
        }
    }
    if count != events {
        let message =
            format!("the log has {events} events, the index of versions has {count} places");
        faults.add(fault(FaultKind::Index, message));
    }
    Ok(())
}

fn snapshots(view: &View, faults: &mut Faults) -> Result<(), StoreError> {
    let mut heads = Heads::new(view);
    for key in view.extra_keys() {
        let key = key?;
        if *key == *keys::LAST {
            continue;
        }
        let rest = key.strip_prefix(keys::SNAPSHOT_PREFIX);
        let owner = rest.and_then(|rest| rest.get(..keys::aggregate_end(rest)?));
        if !heads.has(owner)? {
            faults.add(Fault { kind: FaultKind::Snapshot, ..stray("a snapshot", owner) });
        }
    }
    Ok(())
}

fn stray(what: &str, owner: Option<&[u8]>) -> Fault {
    let of = match owner.and_then(keys::parse_aggregate) {
        Some((number, id)) => {
            format!("of an aggregate that is not there: `{id}` of type number {number}")
        }
        None => "with a broken key".to_owned(),
    };
    fault(FaultKind::Index, format!("there is {what} {of}"))
}

/// The keys of the heads, walked beside other keys in the same order.
struct Heads<I: Iterator> {
    keys: Peekable<I>,
    /// What was asked for last.
    last: Option<Vec<u8>>,
}

impl Heads<std::iter::Empty<()>> {
    fn new(view: &View) -> Heads<impl Iterator<Item = Result<fjall::Slice, StoreError>> + use<>> {
        Heads { keys: view.head_keys().peekable(), last: None }
    }
}

impl<I: Iterator<Item = Result<fjall::Slice, StoreError>>> Heads<I> {
    /// Whether the aggregate has a head. A stray one is answered true the next time: it was named.
    fn has(&mut self, key: Option<&[u8]>) -> Result<bool, StoreError> {
        let Some(key) = key else { return Ok(false) };
        if self.last.as_deref() == Some(key) {
            return Ok(true);
        }
        while self.keys.next_if(|next| next.as_ref().is_ok_and(|next| **next < *key)).is_some() {}
        let known = match self.keys.peek() {
            Some(Ok(next)) => **next == *key,
            Some(Err(error)) => return Err(error.clone()),
            None => false,
        };
        self.last = Some(key.to_vec());
        Ok(known)
    }
}
