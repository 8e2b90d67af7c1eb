//! What a repair cannot keep, by name.

use crate::domain::Position;
use crate::store::error::StoreError;
use crate::store::format::StEntry;
use crate::store::keys;
use crate::store::view::View;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// How many events are named one by one.
const NAMED_MAX: usize = 20;

/// Events behind the good part of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Those that can be read.
    pub(crate) readable: Vec<(u64, String)>,
    /// Those that can be read, but are not what was committed.
    pub(crate) suspect: Vec<(u64, String)>,
    /// Those that cannot, with the aggregate and version where the index knows them.
    pub(crate) gone: Vec<(u64, Option<String>)>,
}

impl Lost {
    /// Looks at every position behind `good` up to `last`.
    pub(super) fn behind(
        view: &View,
        good: Position,
        last: u64,
        suspects: &BTreeSet<u64>,
    ) -> Result<Self, StoreError> {
        let mut found = Self::default();
        // Without the key nobody can say more of a body that is sealed than that it is there.
        let opens = view.opens().is_ok();
        let mut next = good.get() + 1;
        while next <= last {
            match view.with_event(Position(next), |event| {
                let header = event.header()?;
                if opens {
                    event.body()?;
                }
                Ok(format!("{}@{}", header.aggregate, header.version))
            }) {
                Ok(Some(name)) if suspects.contains(&next) => found.suspect.push((next, name)),
                Ok(Some(name)) => found.readable.push((next, name)),
                Ok(None) => found.gone.push((next, None)),
                Err(error) if error.is_damage() => found.gone.push((next, None)),
                Err(error) => return Err(error),
            }
            next += 1;
        }
        found.name(view);
        Ok(found)
    }

    /// The index of versions may still know what stood at a position that cannot be read.
    fn name(&mut self, view: &View) {
        if self.gone.is_empty() {
            return;
        }
        let types: BTreeMap<u32, String> = view
            .types()
            .unwrap_or_default()
            .into_iter()
            .map(|(name, number)| (number, name.to_string()))
            .collect();
        let mut names = BTreeMap::new();
        // The index is only asked for names: what of it cannot be read has none.
        drop(view.places(|key, value| {
            let end = keys::aggregate_end(key).unwrap_or_default();
            let owner = key.get(..end).and_then(keys::parse_aggregate);
            let version = key.get(end..).and_then(|bytes| bytes.try_into().ok());
            if let (Some((number, id)), Some(version), Ok(entry)) =
                (owner, version.map(u64::from_be_bytes), StEntry::decode(value))
                && self.gone.binary_search_by_key(&entry.position.get(), |one| one.0).is_ok()
            {
                let name = types.get(&number).cloned().unwrap_or_else(|| format!("type {number}"));
                names.insert(entry.position.get(), format!("{name}/{id}@{version}"));
            }
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        }));
        for (position, name) in &mut self.gone {
            *name = names.remove(position);
        }
    }

    /// Whether there is no such event.
    pub(crate) fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.suspect.is_empty() && self.readable.is_empty()
    }

    /// The positions of those that are saved.
    pub(crate) fn saved(&self) -> Vec<u64> {
        let mut saved: Vec<u64> =
            self.readable.iter().chain(&self.suspect).map(|(position, _)| *position).collect();
        saved.sort_unstable();
        saved
    }

    /// One line for each event that is lost, or for what is left beyond those that are named.
    pub(crate) fn lines(&self) -> Vec<String> {
        let gone = self.gone.iter().map(|(position, name)| match name {
            Some(name) => format!("#{position} {name}: cannot be read"),
            None => format!("#{position}: cannot be read, and nothing says what it was"),
        });
        let readable = self.readable.iter().map(|(position, name)| {
            format!("#{position} {name}: readable, is saved as a line to import")
        });
        let suspect = self.suspect.iter().map(|(position, name)| {
            format!("#{position} {name}: is not what was committed, is saved as it stands")
        });
        let mut lines: Vec<String> = gone.chain(suspect).take(NAMED_MAX).collect();
        let room = (2 * NAMED_MAX).saturating_sub(lines.len());
        lines.extend(readable.take(room));
        let all = self.gone.len() + self.suspect.len() + self.readable.len();
        if lines.len() < all {
            lines.push(format!("… and {} more", all - lines.len()));
        }
        lines
    }
}
