//! What the view of the stage knows.

use super::Name;
use crate::schema::Schema;
use crate::tui::canvas::Piece;
use crate::tui::draft::{Pointed, Target};
use crate::tui::glyphs::Glyphs;
use crate::tui::words::quantity;
use crate::tui::worker::StageChange;
use crate::wire::{CommitRecord, EventRecord, StageCommitRequest, StageReport, StagedOperation};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tui_input::Input;

/// Texts that were not staged are kept for another try, so many of them.
const DRAFTS: usize = 20;

/// The parts of the view, in the order in which Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StagePane {
    #[default]
    List,
    Preview,
    Detail,
}

impl StagePane {
    pub(crate) const ALL: [Self; 3] = [Self::List, Self::Preview, Self::Detail];

    /// Its number, for the mouse.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::List => 0,
            Self::Preview => 1,
            Self::Detail => 2,
        }
    }
}

/// What the editor was opened for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Composing {
    /// An event.
    Event(Target),
    /// The message of a commit.
    Message,
}

/// What a commit would write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// The stage that it is of.
    pub(crate) revision: u64,
    /// The events as they would be, those that follow from others included.
    pub(crate) events: Vec<EventRecord>,
    /// The names of the cursors of the outbox; `None` for whoever may not see them.
    pub(crate) consumers: Option<Vec<String>>,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Receipt {
    pub(crate) commit: String,
    /// The last position before it, and its own last one.
    pub(crate) before: u64,
    pub(crate) last: u64,
    /// The root of the log behind it, where it could be read.
    pub(crate) root: Option<String>,
    /// Whether the log that was seen before is the beginning of this one; `None` where that could not be checked.
    pub(crate) grown: Option<bool>,
    /// Microseconds from the request to the answer.
    pub(crate) took: u64,
}

/// What one picks on the way to a new event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Step {
    #[default]
    Type,
    Id,
    Event,
}

/// A line of what can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) text: String,
    /// What is to be known of it.
    pub(crate) about: String,
}

/// The way to a new event: its aggregate, then what happens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Picker {
    pub(crate) step: Step,
    pub(crate) input: Input,
    pub(crate) cursor: usize,
    /// What was picked so far.
    pub(crate) aggregate_type: String,
    pub(crate) id: String,
    /// The version whose values the text begins with.
    pub(crate) version: Option<u64>,
    /// The step where it began: Esc goes back to there, then out.
    pub(crate) first: Step,
}

impl PartialEq for Picker {
    fn eq(&self, other: &Self) -> bool {
        self.step == other.step
            && self.input.value() == other.input.value()
            && self.cursor == other.cursor
    }
}

/// A text that was not staged, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused {
    pub(crate) target: Target,
    pub(crate) text: String,
    pub(crate) message: String,
    pub(crate) faults: Vec<Pointed>,
    pub(crate) help: Option<String>,
}

/// The form of a commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    /// The first line of the message.
    pub(crate) input: Input,
    /// The lines below it.
    pub(crate) rest: String,
    /// Why it was not committed.
    pub(crate) error: Option<String>,
    /// Whether the user wanted to leave while it ran.
    pub(crate) leaving: bool,
    /// A commit whose answer was lost: what is asked again, as it was.
    pub(crate) lost: Option<(StageCommitRequest, (u64, String))>,
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.message() == other.message() && self.error == other.error
    }
}

impl Form {
    /// The form with a message.
    pub(crate) fn with(message: &str) -> Self {
        let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
        Self { input: Input::new(first.to_owned()), rest: rest.to_owned(), ..Self::default() }
    }

    /// The whole message.
    pub(crate) fn message(&self) -> String {
        let first = self.input.value().trim_end();
        if self.rest.trim().is_empty() {
            return first.to_owned();
        }
        format!("{first}\n{}", self.rest.trim_end())
    }
}

/// Lines, and what they are made of.
pub(crate) type KeptLines<K> = Option<(K, Vec<Vec<Piece>>)>;

/// The lines of the preview and of the detail. A stage has megabytes: they are made once, and not for every frame.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) preview: KeptLines<PreviewOf>,
    pub(crate) detail: KeptLines<DetailOf>,
}

/// What the lines of the preview depend on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PreviewOf {
    pub(crate) read: u64,
    pub(crate) left_out: BTreeSet<String>,
    pub(crate) split: bool,
    pub(crate) glyphs: &'static Glyphs,
}

/// What the lines of the detail depend on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DetailOf {
    pub(crate) read: u64,
    pub(crate) cursor: usize,
    pub(crate) split: bool,
    pub(crate) glyphs: &'static Glyphs,
    pub(crate) size: (u16, u16),
    /// The version of the schema, where that is known.
    pub(crate) schema: Option<(u64, bool)>,
    /// How long ago things happened, in the words that are shown.
    pub(crate) ages: Vec<String>,
}

/// What the view of the stage knows.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) focus: StagePane,
    /// The selected row and the first one on the screen.
    pub(crate) cursor: usize,
    pub(crate) top: usize,
    /// How far the preview and the detail are scrolled.
    pub(crate) preview_scroll: usize,
    pub(crate) detail_scroll: usize,
    /// What is staged; `None` until it is known.
    pub(crate) report: Option<StageReport>,
    /// How often that was read.
    pub(crate) read: u64,
    /// The lines of the panes beside the list.
    pub(crate) kept: Kept,
    /// Why that could not be read.
    pub(crate) error: Option<crate::error::Error>,
    /// What is not to be committed.
    pub(crate) left_out: BTreeSet<String>,
    /// Whether changes are shown as what was and what is, and not in one line.
    pub(crate) split: bool,
    /// The last commits, newest first.
    pub(crate) commits: Vec<CommitRecord>,
    /// Moves when the stage is to be read again though the workspace did not move.
    pub(crate) turn: u64,
    /// Changes that wait for the one before them, and the one that is being made.
    pub(crate) waiting: VecDeque<StageChange>,
    pub(crate) making: Option<StageChange>,
    /// What a text is to be begun for, behind the changes that wait: it shows what they make of the stage.
    pub(crate) begun: Option<Target>,
    /// What the editor is open for.
    pub(crate) composing: Option<Composing>,
    /// A text that is to be put into the editor, and the ending of its file.
    pub(crate) compose: Option<(String, &'static str)>,
    /// Texts that were not staged, the last one at the end.
    drafts: Vec<(Target, String)>,
    /// Whether it was said that leaving leaves them in files.
    pub(crate) warned: bool,
    /// The version of the schema in force, and what it says.
    pub(crate) schema: Option<(u64, Option<Arc<Schema>>)>,
    /// The message of the next commit, as far as it is written.
    pub(crate) message: String,
    /// The commit that is being made, and size and root of the log as they were seen before it.
    pub(crate) committing: Option<(StageCommitRequest, (u64, String))>,
    /// What a commit would write, or why it would not.
    pub(crate) plan: Option<Result<Plan, crate::error::Error>>,
    /// What became of the last commit.
    pub(crate) receipt: Option<Receipt>,
}

impl Stage {
    /// What is staged.
    pub(crate) fn operations(&self) -> &[StagedOperation] {
        self.report.as_ref().map(|report| report.operations.as_slice()).unwrap_or_default()
    }

    /// How many texts are kept that were not staged.
    pub(crate) fn kept_texts(&self) -> u64 {
        u64::try_from(self.drafts.len()).unwrap_or(u64::MAX)
    }

    /// Whether changes wait, or one is being made.
    pub(crate) fn is_busy(&self) -> bool {
        self.making.is_some() || !self.waiting.is_empty()
    }

    /// Whether an operation is on its way off the stage.
    pub(crate) fn is_dropped(&self, id: &str) -> bool {
        let mut changes = self.making.iter().chain(&self.waiting);
        changes.any(|change| matches!(change, StageChange::Drop(other) if other == id))
    }

    /// The operation under the cursor.
    pub(crate) fn selected(&self) -> Option<&StagedOperation> {
        self.operations().get(self.cursor)
    }

    /// Whether an operation is to be committed.
    pub(crate) fn is_chosen(&self, operation: &StagedOperation) -> bool {
        !self.left_out.contains(&operation.id)
    }

    /// What is to be committed.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &StagedOperation> {
        self.operations().iter().filter(|one| self.is_chosen(one))
    }

    /// The names of what is to be committed, empty where that is everything; `None` where it is nothing.
    pub(crate) fn only(&self) -> Option<Vec<String>> {
        let chosen: Vec<String> = self.chosen().map(|one| one.id.clone()).collect();
        match chosen.len() {
            0 => None,
            some if some == self.operations().len() => Some(Vec::new()),
            _ => Some(chosen),
        }
    }

    /// Takes in what is staged now. The cursor stays on its operation.
    pub(crate) fn know(&mut self, report: StageReport) {
        let id = self.selected().map(|one| one.id.clone());
        self.left_out.retain(|id| report.operations.iter().any(|one| one.id == *id));
        let place = report.operations.iter().position(|one| Some(&one.id) == id.as_ref());
        let last = report.operations.len().saturating_sub(1);
        let cursor = place.unwrap_or(self.cursor).min(last);
        if place.is_none() {
            self.detail_scroll = 0;
        }
        self.cursor = cursor;
        self.read += 1;
        self.report = Some(report);
    }

    /// Keeps a text for another try.
    pub(crate) fn keep(&mut self, target: Target, text: String) {
        self.drafts.retain(|(other, _)| *other != target);
        self.drafts.push((target, text));
        self.warned = false;
        if self.drafts.len() > DRAFTS {
            self.drafts.remove(0);
        }
    }

    /// Every text that is not staged, with a name for it: what was refused, and what there was no time for.
    pub(crate) fn left_texts(&self) -> Vec<(String, String)> {
        let unmade = self.making.iter().chain(&self.waiting).filter_map(|change| match change {
            StageChange::Add { target, text, .. } | StageChange::Edit { target, text, .. } => {
                Some((target, text))
            }
            _ => None,
        });
        let kept = self.drafts.iter().map(|(target, text)| (target, text));
        let named = |(target, text): (&Target, &String)| {
            let name = match target {
                Target::New { name, event, .. } => format!("{}-{event}", name.id),
                Target::Staged(id) => id.clone(),
            };
            (name, text.clone())
        };
        kept.chain(unmade).map(named).collect()
    }

    /// What is said of the changes without a text that there was no time for; nothing where all were made.
    pub(crate) fn unmade(&self) -> Option<String> {
        let texts = |change: &&StageChange| {
            matches!(change, StageChange::Add { .. } | StageChange::Edit { .. })
        };
        let unmade = self.making.iter().chain(&self.waiting).filter(|change| !texts(change));
        let unmade = u64::try_from(unmade.count()).unwrap_or(u64::MAX);
        (unmade > 0).then(|| {
            let changes = quantity(unmade, "change", "changes");
            format!(
                "{changes} of the stage had no answer in time: `dbx stage list` shows what is there"
            )
        })
    }

    /// The text that was kept for a target.
    pub(crate) fn draft(&self, target: &Target) -> Option<&str> {
        let mut drafts = self.drafts.iter();
        drafts.find(|(other, _)| other == target).map(|(_, text)| text.as_str())
    }

    /// Forgets the text that was kept for a target: it is staged.
    pub(crate) fn forget(&mut self, target: &Target) {
        self.drafts.retain(|(other, _)| other != target);
    }
}

/// The aggregate that an operation is on.
pub(crate) fn name_of(operation: &StagedOperation) -> Name {
    let operation = &operation.operation;
    Name { aggregate_type: operation.aggregate_type.clone(), id: operation.aggregate_id.clone() }
}
