//! What the view of the schema knows.

mod change;
mod working;

pub(crate) use change::{ChangeRow, Declared, Verdict};
pub(crate) use working::{Note, Working, find_in};

use super::Name;
use crate::domain::Timestamp;
use crate::error::Error;
use crate::tui::difference::DiffLine;
use crate::wire::{EventRecord, Impact, SchemaVersion};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The parts of the view that can have the focus, in the order in which Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SchemaPart {
    /// The file, or what differs in it.
    #[default]
    Source,
    /// What is wrong with it.
    Diagnostics,
    /// What it changes against the schema in force.
    Changes,
    /// What that concerns, or the schemas that were applied.
    Affected,
}

impl SchemaPart {
    pub(crate) const ALL: [Self; 4] =
        [Self::Source, Self::Diagnostics, Self::Changes, Self::Affected];

    /// Its number, for the mouse.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Source => 0,
            Self::Diagnostics => 1,
            Self::Changes => 2,
            Self::Affected => 3,
        }
    }
}

/// The file as it was last seen.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: PathBuf,
    /// When it was saved.
    pub(crate) saved: Option<Timestamp>,
    pub(crate) content: Content,
    /// Why changes are seen late only; `None` where the system tells of them.
    pub(crate) unwatched: Option<String>,
}

/// What is in the file.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// There is no file.
    Missing,
    /// Why it cannot be read.
    Unreadable(String),
    Text(Arc<Working>),
}

/// How the file stands to the schema in force.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    /// The text that was compared.
    pub(crate) text: Arc<str>,
    /// The schema in force, and those before it, oldest first, without their sources.
    pub(crate) history: Vec<SchemaVersion>,
    /// The source of the one in force.
    pub(crate) old: Option<Arc<str>>,
    /// The text without what is wrong in it; `None` where that cannot be told.
    pub(crate) legible: Option<Arc<str>>,
    pub(crate) rows: Vec<ChangeRow>,
    /// The aggregates that nothing changes about.
    pub(crate) unchanged: Vec<String>,
}

impl Compared {
    /// The schema in force.
    pub(crate) fn in_force(&self) -> Option<&SchemaVersion> {
        self.history.last()
    }

    /// Its version; 0 where there is none.
    pub(crate) fn version(&self) -> u64 {
        self.in_force().map_or(0, |version| version.version)
    }

    /// Whether the file is what is in force.
    pub(crate) fn is_applied(&self) -> bool {
        self.old.as_deref() == Some(&*self.text)
    }

    /// How many changes have a verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// Whether something breaks.
    pub(crate) fn breaks(&self) -> bool {
        self.rows.iter().any(|row| !row.breaks.is_empty())
    }
}

/// What of what is stored a change concerns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affected {
    /// States that are not valid any more, with their versions: some of them.
    pub(crate) states: Vec<(Name, u64)>,
    /// The newest events.
    pub(crate) events: Vec<EventRecord>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// What differs between an applied schema and the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub(crate) version: u64,
    pub(crate) text: Arc<str>,
    pub(crate) lines: Vec<DiffLine>,
}

/// What was written into the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    pub(crate) before: Arc<str>,
    pub(crate) after: Arc<str>,
    /// What was done, in words.
    pub(crate) what: String,
}

/// Whether two texts are the same: mostly they are so in memory, which costs nothing to see.
fn same(one: &Arc<str>, other: &Arc<str>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

/// What the view of the schema knows.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(crate) focus: SchemaPart,
    /// The file; `None` until it was looked at.
    pub(crate) seen: Option<Seen>,
    /// Whether the view was open yet.
    pub(crate) visited: bool,
    /// The line under the cursor and the first one on the screen, from 0, and how many cells of lines are to the left.
    pub(crate) line: usize,
    pub(crate) top: usize,
    pub(crate) skip: usize,
    /// The selected diagnostic, change and line of what is concerned or of the history.
    pub(crate) diagnostic: usize,
    pub(crate) change: usize,
    pub(crate) concerned: usize,
    /// Whether the schemas that were applied are shown rather than what is concerned.
    pub(crate) history: bool,
    /// What is searched for.
    pub(crate) search: String,
    pub(crate) compared: Option<Compared>,
    /// Why there is no comparison.
    pub(crate) failed: Option<Error>,
    /// What breaks concern; `None` until that is counted.
    pub(crate) impacts: Option<Vec<Impact>>,
    /// The workspace that they are counted in, and when that was done.
    pub(crate) counting: u64,
    pub(crate) counted: Duration,
    /// What the change of this number concerns.
    pub(crate) affected: Option<(usize, Affected)>,
    /// The applied version that the file is shown against; `None` where the file itself is shown.
    pub(crate) against: Option<u64>,
    pub(crate) difference: Option<Difference>,
    /// What was written, the last at the end, and what of it was taken back.
    pub(crate) written: Vec<Written>,
    pub(crate) undone: Vec<Written>,
    /// Moves when a schema was applied here: what is in force is asked again.
    pub(crate) applied: u64,
}

impl Schema {
    /// The text of the file and what is wrong with it, where it can be read.
    pub(crate) fn checked(&self) -> Option<&Arc<Working>> {
        match &self.seen.as_ref()?.content {
            Content::Text(checked) => Some(checked),
            Content::Missing | Content::Unreadable(_) => None,
        }
    }

    /// The comparison, where it is that of the file as it is.
    pub(crate) fn current(&self) -> Option<&Compared> {
        let text = &self.checked()?.text;
        self.compared.as_ref().filter(|compared| same(&compared.text, text))
    }

    /// The difference that is shown, where it is there.
    pub(crate) fn shown_difference(&self) -> Option<&Difference> {
        let (version, text) = (self.against?, &self.checked()?.text);
        self.difference.as_ref().filter(|it| it.version == version && same(&it.text, text))
    }

    /// The diagnostic that is meant: the one under the cursor in the file, else the selected one.
    pub(crate) fn meant(&self) -> Option<usize> {
        let checked = self.checked()?;
        let selected = (self.diagnostic < checked.diagnostics.len()).then_some(self.diagnostic);
        let on_line = selected.filter(|at| checked.line_of(*at) == self.line);
        let in_file = self.focus == SchemaPart::Source && self.against.is_none();
        on_line.or_else(|| checked.diagnostic_of(self.line).filter(|_| in_file)).or(selected)
    }

    /// How many lines the first part has.
    pub(crate) fn lines(&self) -> usize {
        match (self.against, self.shown_difference(), self.checked()) {
            (Some(_), Some(difference), _) => difference.lines.len(),
            (None, _, Some(checked)) => checked.lines.len(),
            _ => 0,
        }
    }
}
