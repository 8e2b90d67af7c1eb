//! What the view of one aggregate's history knows.

use super::Name;
use crate::tui::window::Window;
use crate::wire::{AggregateRecord, Change, EventRecord};
use std::collections::VecDeque;

/// The parts that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TimelinePane {
    #[default]
    Events,
    Detail,
}

impl TimelinePane {
    /// Its number, for the mouse.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Events => 0,
            Self::Detail => 1,
        }
    }
}

/// What is shown of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shows {
    State,
    #[default]
    Diff,
    Event,
    Raw,
}

impl Shows {
    pub(crate) const ALL: [Self; 4] = [Self::State, Self::Diff, Self::Event, Self::Raw];

    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Diff => "diff",
            Self::Event => "event",
            Self::Raw => "raw",
        }
    }
}

/// When the versions of an aggregate came to be. Of a long history only some times are known; between two of them time is
/// taken to go by evenly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Track {
    /// The last version that it knows of.
    pub(crate) last: u64,
    /// Versions and their times in microseconds, both ascending, the first and the last version among them.
    pub(crate) times: Vec<(u64, i64)>,
    /// The versions whose states are kept as snapshots, ascending.
    pub(crate) snapshots: Vec<u64>,
}

/// Where `at` lies between `from` and `to`, as a place between `low` and `high`.
fn between(at: i128, (from, to): (i128, i128), (low, high): (i128, i128)) -> i128 {
    if to <= from {
        return high;
    }
    low + (at.clamp(from, to) - from) * (high - low) / (to - from)
}

impl Track {
    /// When the first and the last version came to be, in microseconds since 1970.
    pub(crate) fn ends(&self) -> Option<(i64, i64)> {
        Some((self.times.first()?.1, self.times.last()?.1))
    }

    /// When a version came to be.
    fn time(&self, version: u64) -> i128 {
        let after = self.times.partition_point(|(known, _)| *known < version);
        let next = self.times.get(after).or(self.times.last()).copied().unwrap_or_default();
        let before =
            after.checked_sub(1).and_then(|at| self.times.get(at)).copied().unwrap_or(next);
        between(version.into(), (before.0.into(), next.0.into()), (before.1.into(), next.1.into()))
    }

    /// The last version at a time.
    fn version(&self, time: i128) -> u64 {
        let after = self.times.partition_point(|(_, known)| i128::from(*known) <= time);
        let before = after.checked_sub(1).and_then(|at| self.times.get(at)).copied();
        let Some(before) = before else { return 0 };
        let Some(next) = self.times.get(after) else { return before.0 };
        let place =
            between(time, (before.1.into(), next.1.into()), (before.0.into(), next.0.into()));
        // The next one is not there before its time.
        u64::try_from(place).unwrap_or(before.0).min(next.0.saturating_sub(1)).max(before.0)
    }

    /// The column of a version on a track of `width`.
    pub(crate) fn column(&self, version: u64, width: u16) -> u16 {
        let right = i128::from(width.saturating_sub(1));
        let place = match self.ends() {
            Some((from, to)) if from < to => {
                between(self.time(version), (from.into(), to.into()), (0, right))
            }
            // All at once: by their order.
            _ => between(version.into(), (1, self.last.into()), (0, right)),
        };
        u16::try_from(place).unwrap_or(0)
    }

    /// The last version at a column of a track of `width`, at least the first one.
    pub(crate) fn at_column(&self, column: u16, width: u16) -> u64 {
        let right = i128::from(width.saturating_sub(1));
        let version = match self.ends() {
            Some((from, to)) if from < to => {
                self.version(between(column.into(), (0, right), (from.into(), to.into())))
            }
            _ => {
                let place = between(column.into(), (0, right), (1, self.last.into()));
                u64::try_from(place).unwrap_or(1)
            }
        };
        version.clamp(1, self.last.max(1))
    }

    /// How many versions each column of a track of `width` has.
    pub(crate) fn density(&self, width: u16) -> Vec<u64> {
        let mut counts = vec![0; usize::from(width)];
        let mut add = |column: u16, versions: u64| {
            if let Some(count) = counts.get_mut(usize::from(column)) {
                *count += versions;
            }
        };
        let mut before: Option<u64> = None;
        for (version, _) in &self.times {
            // Those between two known ones are spread over the columns between them.
            let from = before.map_or(*version, |before| before + 1);
            let (first, last) = (self.column(from, width), self.column(*version, width));
            let columns = u64::from(last.saturating_sub(first)) + 1;
            let versions = version.saturating_sub(from) + 1;
            if versions == 1 {
                add(last, 1);
            } else {
                for column in first..=last {
                    let index = u64::from(column - first);
                    add(column, versions * (index + 1) / columns - versions * index / columns);
                }
            }
            before = Some(*version);
        }
        counts
    }

    /// The snapshot before a version, or behind it.
    pub(crate) fn snapshot(&self, from: u64, older: bool) -> Option<u64> {
        let mut snapshots = self.snapshots.iter().copied();
        if older {
            snapshots.rfind(|version| *version < from)
        } else {
            snapshots.find(|version| *version > from)
        }
    }
}

/// The state of a version, and how long it took to rebuild, in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Folded {
    pub(crate) record: AggregateRecord,
    pub(crate) took: u64,
}

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changes {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) made: Vec<Change>,
    /// What was changed in between and is again what it was.
    pub(crate) touched: Vec<String>,
}

/// States that are remembered: going back and forth costs nothing.
const FOLDED: usize = 64;

/// What the view of one aggregate's history knows.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// The aggregate; `None` until one is looked at.
    pub(crate) name: Option<Name>,
    pub(crate) focus: TimelinePane,
    pub(crate) shows: Shows,
    /// The version that is looked at.
    pub(crate) version: u64,
    /// The last version.
    pub(crate) last: u64,
    /// The version that is compared with, where that is not the one before.
    pub(crate) compare: Option<u64>,
    /// Whether the last version is always the one that is looked at.
    pub(crate) live: bool,
    /// The events; row 0 is version 1.
    pub(crate) events: Window<EventRecord>,
    pub(crate) track: Option<Track>,
    folded: VecDeque<Folded>,
    pub(crate) changes: Option<Changes>,
    /// How far the detail is scrolled.
    pub(crate) scroll: usize,
    /// What is searched for.
    pub(crate) search: String,
}

impl Timeline {
    /// A history that nothing is known of yet.
    pub(crate) fn of(name: Name, version: u64, shows: Shows) -> Self {
        let mut view = Self { name: Some(name), version, last: version, shows, ..Self::default() };
        view.know(version);
        view
    }

    /// Says how many versions there are.
    pub(crate) fn know(&mut self, last: u64) {
        self.last = last;
        self.events.know(usize::try_from(last).unwrap_or(usize::MAX));
        self.version = if self.live { last } else { self.version.clamp(1, last.max(1)) };
    }

    /// The event of the version that is looked at, if it is in memory.
    pub(crate) fn event(&self) -> Option<&EventRecord> {
        self.events.get(row(self.version))
    }

    /// The state of a version, if it is remembered.
    pub(crate) fn state(&self, version: u64) -> Option<&Folded> {
        self.folded.iter().find(|folded| folded.record.version == version)
    }

    /// Remembers the state of a version.
    pub(crate) fn remember(&mut self, folded: Folded) {
        self.folded.retain(|other| other.record.version != folded.record.version);
        if self.folded.len() >= FOLDED {
            self.folded.pop_front();
        }
        self.folded.push_back(folded);
    }

    /// The two versions that a difference is shown of.
    pub(crate) fn compared(&self) -> (u64, u64) {
        let other = self.compare.filter(|other| *other != self.version);
        let other = other.unwrap_or(self.version.saturating_sub(1));
        (other.min(self.version), other.max(self.version))
    }
}

/// The row of a version in the list of events.
pub(crate) fn row(version: u64) -> usize {
    usize::try_from(version.saturating_sub(1)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn track(times: &[(u64, i64)]) -> Track {
        let last = times.last().map_or(0, |(version, _)| *version);
        Track { last, times: times.to_vec(), snapshots: vec![10, 20] }
    }

    #[test]
    fn columns_follow_time() {
        let track = track(&[(1, 0), (2, 100), (3, 200), (4, 1_000)]);
        assert_eq!([1, 2, 3, 4].map(|version| track.column(version, 11)), [0, 1, 2, 10]);
        assert_eq!([0, 1, 5, 9, 10].map(|column| track.at_column(column, 11)), [1, 2, 3, 3, 4]);
        assert_eq!(track.density(11), [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn what_happened_at_once_lies_by_its_order() {
        let track = track(&[(1, 5), (2, 5), (3, 5)]);
        assert_eq!([1, 2, 3].map(|version| track.column(version, 11)), [0, 5, 10]);
        assert_eq!(track.at_column(10, 11), 3);
    }

    #[test]
    fn snapshots_are_found_on_both_sides() {
        let track = track(&[(1, 0), (30, 10)]);
        assert_eq!((track.snapshot(20, true), track.snapshot(20, false)), (Some(10), None));
        assert_eq!(track.snapshot(9, false), Some(10));
    }

    proptest! {
        #[test]
        fn a_track_of_samples_loses_no_version_and_finds_each_again(
            steps in proptest::collection::vec((1_u64..50, 0_i64..1_000), 1..30),
            width in 1_u16..120,
        ) {
            let mut times = vec![(1, 0)];
            for (versions, time) in steps {
                let (version, at) = *times.last().unwrap();
                times.push((version + versions, at + time));
            }
            let track = track(&times);
            prop_assert_eq!(track.density(width).iter().sum::<u64>(), track.last);
            for version in 1..=track.last {
                prop_assert!(track.column(version, width) < width);
            }
            for column in 0..width {
                prop_assert!((1..=track.last).contains(&track.at_column(column, width)));
            }
        }
    }
}
