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

/// Of how many stretches of positions the ends are said.
const STRETCHES_MAX: usize = 20;

/// Events behind the good part of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Those that can be read.
    pub(crate) readable: Vec<(u64, String)>,
    /// Those that can be read, but are not what was committed.
    pub(crate) suspect: Vec<(u64, String)>,
    /// Those that cannot, with the aggregate and version where the index knows them.
    pub(crate) gone: Vec<(u64, Option<String>)>,
    /// The first and the last commit of them, as far as is known.
    pub(crate) commits: Option<(u64, u64)>,
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
        let kept = match view.with_event(good, |event| Ok(event.header()?.commit.get())) {
            Ok(commit) => commit.unwrap_or_default(),
            Err(error) if error.is_damage() => 0,
            Err(error) => return Err(error),
        };
        // The recorded end of the log names its last commit, whatever became of its events.
        let mut last_commit = view.end().map_or(0, |end| end.commit.get());
        while next <= last {
            match view.with_event(Position(next), |event| {
                let header = event.header()?;
                last_commit = last_commit.max(header.commit.get());
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
        if !found.is_empty() && last_commit > kept {
            found.commits = Some((kept + 1, last_commit));
        }
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

    /// One line for each event that is lost, and for those beyond the first few where they are.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let gone = self.gone.iter().map(|(position, name)| {
            let line = match name {
                Some(name) => format!("#{position} {name}: cannot be read"),
                None => format!("#{position}: cannot be read, and nothing says what it was"),
            };
            (*position, line)
        });
        named(&mut lines, NAMED_MAX, gone, "that cannot be read");
        let suspect = self.suspect.iter().map(|(position, name)| {
            let line =
                format!("#{position} {name}: is not what was committed, is saved as it stands");
            (*position, line)
        });
        named(&mut lines, NAMED_MAX, suspect, "that are not what was committed, and are saved");
        let readable = self.readable.iter().map(|(position, name)| {
            (*position, format!("#{position} {name}: readable, is saved as a line to import"))
        });
        named(&mut lines, 2 * NAMED_MAX, readable, "that are readable and saved");
        match self.commits {
            Some((first, last)) if first == last => {
                lines.push(format!("commit c{first} is not in the log any more"));
            }
            Some((first, last)) => {
                lines.push(format!("commits c{first} to c{last} are not in the log any more"));
            }
            None => {}
        }
        lines
    }
}

/// Adds lines until there are `room` of them, and for the rest one that says where they are.
fn named(
    lines: &mut Vec<String>,
    room: usize,
    mut events: impl Iterator<Item = (u64, String)>,
    what: &str,
) {
    let room = room.saturating_sub(lines.len());
    lines.extend(events.by_ref().take(room).map(|(_, line)| line));
    let rest: Vec<u64> = events.map(|(position, _)| position).collect();
    if !rest.is_empty() {
        lines.push(format!("… {}: {} more {what}", stretches(&rest), rest.len()));
    }
}

/// Ascending positions as stretches, the first few of them.
fn stretches(positions: &[u64]) -> String {
    let mut found: Vec<(u64, u64)> = Vec::new();
    for position in positions {
        match found.last_mut().filter(|(_, last)| *last + 1 == *position) {
            Some((_, last)) => *last = *position,
            None => found.push((*position, *position)),
        }
    }
    let more = found.len() > STRETCHES_MAX;
    found.truncate(STRETCHES_MAX);
    let stretch = |(first, last): (u64, u64)| {
        if first == last { format!("#{first}") } else { format!("#{first} to #{last}") }
    };
    let mut texts: Vec<String> = found.into_iter().map(stretch).collect();
    texts.extend(more.then(|| "…".to_owned()));
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_said() {
        let name = |position: u64| (position, format!("thing/{position}@1"));
        let lost = Lost {
            gone: (10..40).chain(50..51).map(|position| (position, None)).collect(),
            suspect: vec![name(60)],
            readable: (40..50).chain(61..99).map(name).collect(),
            commits: Some((3, 9)),
        };
        let lines = lost.lines();
        assert_eq!(lines[0], "#10: cannot be read, and nothing says what it was");
        assert_eq!(lines[20], "… #30 to #39, #50: 11 more that cannot be read");
        assert_eq!(lines[21], "… #60: 1 more that are not what was committed, and are saved");
        assert_eq!(lines[22], "#40 thing/40@1: readable, is saved as a line to import");
        assert_eq!(lines[40], "… #69 to #98: 30 more that are readable and saved");
        assert_eq!(lines[41..], ["commits c3 to c9 are not in the log any more"]);
        let all: Vec<u64> = (0..60).map(|number| number * 2).collect();
        assert!(stretches(&all).ends_with("#36, #38, …"));
    }
}
