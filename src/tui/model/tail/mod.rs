//! What the view of the log as it grows knows: its newest events, who pulls them, who serves them.

mod figures;
mod rates;
mod ring;

pub(crate) use figures::Figures;
pub(crate) use rates::Rates;
pub(crate) use ring::{Gap, RING, Ring, Tailed};

use super::{Line, Name};
use crate::domain::{FilterError, Timestamp};
use crate::error::Error;
use crate::wire::{Change, CursorRecord, Daemon, DaemonReport, EventRecord, ServerHealth};
use std::collections::BTreeMap;

/// The parts of the view, in the order in which Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TailPane {
    #[default]
    Live,
    Outbox,
    Event,
    Daemon,
}

impl TailPane {
    pub(crate) const ALL: [Self; 4] = [Self::Live, Self::Outbox, Self::Event, Self::Daemon];

    /// Its number, for the mouse.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Outbox => 1,
            Self::Event => 2,
            Self::Daemon => 3,
        }
    }
}

/// Which events are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scope {
    /// Those of one aggregate.
    pub(crate) follow: Option<Name>,
    /// Those that a filter lets through: always one that can be read.
    pub(crate) filter: String,
}

impl Scope {
    /// Whether something is left out.
    pub(crate) fn is_narrow(&self) -> bool {
        self.follow.is_some() || !self.filter.trim().is_empty()
    }
}

/// Something that changed, in a few letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Short {
    /// The place in the state, as people write it.
    pub(crate) path: String,
    pub(crate) before: Side,
    pub(crate) after: Side,
}

/// A value before or after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    /// There was none.
    Absent,
    /// A short one.
    Value(String),
    /// One that is too long for a few letters.
    Long,
}

/// The view stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    /// The last position that is shown.
    pub(crate) position: u64,
    pub(crate) since: Timestamp,
}

/// A line between events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Where one looked last, and when.
    Here(Timestamp),
    Gap(Gap),
    /// No older ones are kept.
    Full,
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row<'a> {
    Event(usize, &'a Tailed),
    Mark(Mark),
}

/// Who serves the store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Served {
    /// Nobody; the last one that did and did not say that it ended.
    Nobody(Option<Box<Daemon>>),
    By(Box<Server>),
}

/// A daemon, as it speaks of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Server {
    pub(crate) report: DaemonReport,
    pub(crate) health: ServerHealth,
    pub(crate) figures: Figures,
}

/// What is shown over the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SheetOf {
    /// What the daemon measured.
    Metrics,
    /// What it wrote down.
    Log,
    /// What waits for the consumer with this cursor.
    Waiting(String),
}

/// What lies over the view, and where in it one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) of: SheetOf,
    /// The first line on the screen, or the selected event.
    pub(crate) at: usize,
    /// Whether the end is always on the screen.
    pub(crate) end: bool,
}

/// The lines of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lines {
    Text(Vec<String>),
    /// The first events behind a cursor, the place of that, and whether there are more.
    Waiting {
        after: u64,
        events: Vec<Tailed>,
        filtered: u64,
        more: bool,
    },
}

impl Lines {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(lines) => lines.len(),
            Self::Waiting { events, .. } => events.len(),
        }
    }
}

/// What is to be done to a cursor, as soon as one has typed enough.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CursorLine {
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) position: u64,
    /// Whether it is to be forgotten; moved otherwise.
    pub(crate) forget: bool,
    pub(crate) line: Line,
}

/// The event that is looked at, with what it changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Looked {
    pub(crate) event: EventRecord,
    pub(crate) changes: Vec<Change>,
}

/// Events whose changes are remembered: a few screens of them.
const WORDED: usize = 1_024;

/// What the view of the log as it grows knows.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// Whether it is the view that is open.
    pub(crate) open: bool,
    pub(crate) focus: TailPane,
    pub(crate) scope: Scope,
    /// Why the text in the filter bar is none; the filter in force is then the one before.
    pub(crate) filter_error: Option<FilterError>,
    /// Which list is wanted: moves with the scope.
    pub(crate) revision: u64,
    /// Which list is shown: the one before stays until the first page of the new one is there.
    pub(crate) shown: u64,
    pub(crate) ring: Ring,
    /// The end of the log when the list that is wanted was begun.
    pub(crate) begun: Option<u64>,
    /// Up to where the log was looked at.
    pub(crate) read_to: Option<u64>,
    /// Events taken in since it was last at the end.
    pub(crate) caught: usize,
    /// Down to where is looked without being told to.
    pub(crate) back_to: u64,
    /// How long the last page took to read, in microseconds.
    pub(crate) took: Option<u64>,
    /// The event that is looked at; `None` for the newest one, whichever that is.
    pub(crate) at: Option<u64>,
    /// The line of the screen that it is on.
    pub(crate) line: usize,
    pub(crate) paused: Option<Pause>,
    /// The last position that was seen when one left, and when that was.
    pub(crate) here: Option<(u64, Timestamp)>,
    worded: BTreeMap<u64, Vec<Short>>,
    pub(crate) looked: Option<Looked>,
    /// How far the event is scrolled.
    pub(crate) scroll: usize,
    /// How far consumers are, or why that cannot be known.
    pub(crate) cursors: Option<Result<Vec<CursorRecord>, Error>>,
    /// The selected one.
    pub(crate) cursor: usize,
    pub(crate) served: Option<Result<Served, Error>>,
    pub(crate) lines: Option<(SheetOf, Lines)>,
    /// The lines of the daemon that are scrolled away.
    pub(crate) daemon_top: usize,
    pub(crate) rates: Rates,
}

impl Tail {
    /// Whether the list that is wanted is there.
    pub(crate) fn is_loaded(&self) -> bool {
        self.shown == self.revision && self.read_to.is_some()
    }

    /// Begins the list anew: another scope.
    pub(crate) fn restart(&mut self) {
        self.revision += 1;
        self.begun = None;
        self.scroll = 0;
    }

    /// Knows nothing any more: another history.
    pub(crate) fn forget(&mut self) {
        self.restart();
        (self.ring, self.read_to) = (Ring::default(), None);
        (self.at, self.line, self.paused, self.here) = (None, 0, None, None);
        (self.looked, self.lines) = (None, None);
        self.worded.clear();
    }

    /// The index of the first event that is shown: what came in a pause is not.
    pub(crate) fn first(&self) -> usize {
        self.paused.map_or(0, |pause| self.ring.index_of(pause.position))
    }

    /// How many events came in the pause, and whether there may be others among what was passed over.
    pub(crate) fn came(&self) -> (u64, bool) {
        let from = self.paused.map_or(u64::MAX, |pause| pause.position);
        if !self.scope.is_narrow() {
            return (self.read_to.unwrap_or(0).saturating_sub(from), false);
        }
        let came = u64::try_from(self.first()).unwrap_or(u64::MAX);
        (came, self.ring.gaps().iter().any(|gap| gap.from > from))
    }

    /// The index of the event that is looked at.
    pub(crate) fn index(&self) -> usize {
        let index = self.at.map_or(0, |position| self.ring.index_of(position));
        index.max(self.first()).min(self.ring.len().saturating_sub(1))
    }

    /// The event that is looked at.
    pub(crate) fn selected(&self) -> Option<&Tailed> {
        self.ring.get(self.index()).filter(|_| self.first() < self.ring.len())
    }

    /// The lines between events, each with the index of the event below it.
    pub(crate) fn marks(&self) -> Vec<(usize, Mark)> {
        let first = self.first();
        let gaps = self.ring.gaps().iter();
        let mut marks: Vec<(usize, Mark)> =
            gaps.map(|gap| (self.ring.index_of(gap.from), Mark::Gap(*gap))).collect();
        if let Some((position, when)) = self.here {
            // What was passed over came behind it.
            marks.push((self.ring.index_of(position), Mark::Here(when)));
        }
        marks.retain(|(index, _)| *index > first);
        marks.sort_by_key(|(index, _)| *index);
        if self.ring.is_full() {
            marks.push((self.ring.len(), Mark::Full));
        }
        marks
    }

    /// How many rows the list has.
    pub(crate) fn rows(&self) -> usize {
        self.ring.len().saturating_sub(self.first()) + self.marks().len()
    }

    /// The row of the event that is looked at.
    pub(crate) fn row(&self) -> usize {
        let index = self.index();
        let above = self.marks().iter().filter(|(below, _)| *below <= index).count();
        index.saturating_sub(self.first()) + above
    }

    /// The row that is first on the screen.
    pub(crate) fn top(&self) -> usize {
        self.row().saturating_sub(self.line)
    }

    /// Keeps the event that is looked at on a screen of `height` rows, and the screen full.
    pub(crate) fn settle(&mut self, height: usize) {
        let (row, rows) = (self.row(), self.rows());
        let top = row.saturating_sub(self.line.min(height.saturating_sub(1)));
        self.line = row - top.min(rows.saturating_sub(height)).min(row);
        self.line = self.line.min(height.saturating_sub(1));
    }

    /// The rows of the screen from the first one on.
    pub(crate) fn screen(&self, height: usize) -> Vec<Row<'_>> {
        let (marks, first, top) = (self.marks(), self.first(), self.top());
        let mut rows = Vec::with_capacity(height);
        for row in top..self.rows().min(top + height) {
            let above = marks
                .iter()
                .enumerate()
                .take_while(|(nth, (below, _))| below.saturating_sub(first) + nth < row);
            let above = above.count();
            let mark =
                marks.get(above).filter(|(below, _)| below.saturating_sub(first) + above == row);
            if let Some((_, mark)) = mark {
                rows.push(Row::Mark(*mark));
            } else if let Some(event) = self.ring.get(first + row - above) {
                rows.push(Row::Event(first + row - above, event));
            }
        }
        rows
    }

    /// What an event changed, if it is known.
    pub(crate) fn words(&self, position: u64) -> Option<&[Short]> {
        self.worded.get(&position).map(Vec::as_slice)
    }

    /// Remembers what events changed.
    pub(crate) fn remember(&mut self, words: Vec<(u64, Vec<Short>)>) {
        if self.worded.len() + words.len() > WORDED {
            self.worded.clear();
        }
        self.worded.extend(words);
    }

    /// The selected cursor.
    pub(crate) fn selected_cursor(&self) -> Option<&CursorRecord> {
        let cursors = self.cursors.as_ref()?.as_ref().ok()?;
        cursors.get(self.cursor.min(cursors.len().saturating_sub(1)))
    }

    /// The daemon, if one serves.
    pub(crate) fn server(&self) -> Option<&Server> {
        match self.served.as_ref()?.as_ref().ok()? {
            Served::By(server) => Some(server),
            Served::Nobody(_) => None,
        }
    }
}
