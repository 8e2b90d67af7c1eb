//! The newest events of the log, the newest first, and where some of them are missing.

use crate::tui::model::Name;
use crate::wire::EventRecord;
use std::collections::VecDeque;

/// Events that are kept: what one can look back at, in a few megabytes however large events are.
pub(crate) const RING: usize = 10_000;

/// Gaps that are remembered: a list with more of them says little anyway.
const GAPS: usize = 64;

/// What a list shows of an event. Its contents are read when it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tailed {
    pub(crate) position: u64,
    pub(crate) name: Name,
    pub(crate) version: u64,
    pub(crate) event_type: String,
    pub(crate) created_at: String,
    pub(crate) erased: bool,
}

impl Tailed {
    pub(crate) fn of(event: EventRecord) -> Self {
        Self {
            position: event.position.parse().unwrap_or(0),
            name: Name { aggregate_type: event.aggregate_type, id: event.aggregate_id },
            version: event.version,
            event_type: event.event_type,
            created_at: event.metadata.created_at,
            erased: event.erased.is_some(),
        }
    }
}

/// Positions between two events that were not taken in, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// The newest events.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ring {
    /// The newest at the front.
    events: VecDeque<Tailed>,
    /// The newest first.
    gaps: Vec<Gap>,
    /// Down to where the log was looked at; `None` where nothing lies before it.
    low: Option<u64>,
}

impl Ring {
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Tailed> {
        self.events.get(index)
    }

    pub(crate) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Whether no older ones can be taken in.
    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= RING
    }

    /// Down to where the log was looked at; `None` where nothing lies before it.
    pub(crate) fn low(&self) -> Option<u64> {
        self.low
    }

    /// The index of the newest event that is not beyond a position.
    pub(crate) fn index_of(&self, position: u64) -> usize {
        self.events.partition_point(|event| event.position > position)
    }

    /// Takes in older events, the newest of them first.
    pub(crate) fn older(&mut self, events: Vec<Tailed>, low: Option<u64>) {
        self.events.extend(events);
        self.low = low;
        self.truncate();
    }

    /// Takes in newer events, the oldest of them first. Those up to `held` are looked at and stay, as far as there is room
    /// for others beside them.
    pub(crate) fn newer(&mut self, events: Vec<Tailed>, held: Option<u64>) {
        for event in events {
            self.events.push_front(event);
        }
        let excess = self.events.len().saturating_sub(RING);
        if let Some(held) = held.filter(|_| excess > 0) {
            let came = self.index_of(held);
            let dropped = excess.min(came.saturating_sub(RING / 2));
            let ends = (self.get(came.wrapping_sub(1)), self.get(came - dropped));
            if let (Some(oldest), Some(newest)) = ends
                && dropped > 0
            {
                let (from, to) = (oldest.position, newest.position);
                self.events.drain(came - dropped..came);
                self.skip(from, to);
            }
        }
        self.truncate();
    }

    fn truncate(&mut self) {
        if self.events.len() <= RING {
            return;
        }
        self.events.truncate(RING);
        let oldest = self.events.back().map_or(0, |event| event.position);
        self.gaps.retain(|gap| gap.to > oldest);
        self.low = Some(oldest);
    }

    /// Remembers that positions were not taken in.
    pub(crate) fn skip(&mut self, from: u64, to: u64) {
        self.gaps.push(Gap { from, to });
        self.gaps.sort_unstable_by_key(|gap| std::cmp::Reverse(gap.from));
        let mut merged: Vec<Gap> = Vec::new();
        for gap in std::mem::take(&mut self.gaps) {
            let between = |newer: &Gap| {
                let next = self.events.get(self.index_of(newer.from.saturating_sub(1)));
                next.is_some_and(|event| event.position > gap.to)
            };
            match merged.last_mut() {
                // Nothing that is shown lies between the two: they are one.
                Some(newer) if !between(newer) => {
                    (newer.from, newer.to) = (gap.from, newer.to.max(gap.to));
                }
                _ => merged.push(gap),
            }
        }
        merged.truncate(GAPS);
        self.gaps = merged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tailed(position: u64) -> Tailed {
        let name = Name { aggregate_type: "order".into(), id: "1".into() };
        let (event_type, created_at) = ("paid".into(), String::new());
        Tailed { position, name, version: position, event_type, created_at, erased: false }
    }

    fn events(from: u64, to: u64) -> Vec<Tailed> {
        (from..=to).map(tailed).collect()
    }

    fn ends(ring: &Ring) -> (u64, u64) {
        (ring.get(0).unwrap().position, ring.get(ring.len() - 1).unwrap().position)
    }

    #[test]
    fn the_oldest_make_room_for_new_ones() {
        let mut ring = Ring::default();
        ring.older(events(1, 100).into_iter().rev().collect(), None);
        assert_eq!((ends(&ring), ring.low(), ring.index_of(98)), ((100, 1), None, 2));
        ring.newer(events(101, 10_050), None);
        assert_eq!((ends(&ring), ring.low()), ((10_050, 51), Some(51)));
        assert!(ring.is_full() && ring.gaps().is_empty());
    }

    #[test]
    fn what_is_looked_at_stays_and_what_came_meanwhile_has_a_gap() {
        let mut ring = Ring::default();
        ring.newer(events(1, 6_000), None);
        for page in 0..8 {
            ring.newer(events(6_001 + page * 1_000, 7_000 + page * 1_000), Some(6_000));
        }
        assert_eq!((ring.len(), ends(&ring)), (RING, (14_000, 1_001)));
        assert_eq!(ring.gaps(), [Gap { from: 6_001, to: 9_000 }], "many gaps are one");
        assert_eq!(ring.get(ring.index_of(6_000)).unwrap().position, 6_000);
        ring.newer(events(14_001, 23_000), None);
        assert!(ring.gaps().is_empty(), "what is no longer there has no gaps");
    }

    #[test]
    fn gaps_with_events_between_them_are_two() {
        let mut ring = Ring::default();
        ring.newer(events(1, 3), None);
        ring.skip(4, 9);
        ring.newer(events(10, 11), None);
        ring.skip(12, 20);
        ring.newer(events(21, 21), None);
        ring.skip(22, 30);
        ring.skip(31, 40);
        let gaps = [Gap { from: 22, to: 40 }, Gap { from: 12, to: 20 }, Gap { from: 4, to: 9 }];
        assert_eq!(ring.gaps(), gaps);
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_in_order(
            pages in proptest::collection::vec((1_u64..3_000, any::<bool>(), any::<bool>()), 1..20),
        ) {
            let (mut ring, mut at, mut held) = (Ring::default(), 0, None);
            for (many, hold, skip) in pages {
                held = hold.then(|| held.unwrap_or(at));
                if skip {
                    ring.skip(at + 1, at + many);
                    at += many;
                }
                ring.newer(events(at + 1, at + many), held);
                at += many;
                prop_assert!(ring.len() <= RING);
                let positions: Vec<u64> = (0..ring.len()).map(|i| ring.get(i).unwrap().position).collect();
                prop_assert!(positions.is_sorted_by(|newer, older| newer > older));
                // What is missing between two events is exactly what the gaps say.
                for pair in positions.windows(2) {
                    let between = ring.gaps().iter().filter(|gap| gap.from > pair[1] && gap.to < pair[0]);
                    let missing: Vec<&Gap> = between.collect();
                    prop_assert_eq!(missing.len(), usize::from(pair[0] - pair[1] > 1));
                    prop_assert!(missing.iter().all(|gap| gap.from == pair[1] + 1 && gap.to == pair[0] - 1));
                }
            }
        }
    }
}
