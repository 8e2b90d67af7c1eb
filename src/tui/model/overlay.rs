//! What lies over a view and takes the keys.

use crate::tui::action::Action;
use crate::tui::model::{CursorLine, Form, Group, Name, Picker, Refused, Sheet};
use std::borrow::Cow;
use std::sync::Arc;
use tui_input::Input;

/// What lies over a view and takes the keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Overlay {
    /// Every action of the view, by what one types.
    Help(Help),
    /// Everything that can be done or gone to, by what one types.
    Palette(Palette),
    /// The filter of a list.
    Filter(FilterBar),
    /// Where to go in a history.
    Goto(Line),
    /// What to find in a history, or in the schema.
    Find(Line),
    /// The name that a filter is kept by.
    Name(Line),
    /// What a diagnostic about the schema means.
    Explain(Explain),
    /// Whether the schema is to be put into force.
    Apply(Apply),
    /// What happens to which aggregate.
    Pick(Picker),
    /// Why a text was not staged.
    Refused(Box<Refused>),
    /// What is to be committed, and why.
    Commit(Form),
    /// Text, or what waits for a consumer.
    Sheet(Sheet),
    /// Where a cursor is to stand, or that it is to be forgotten.
    Cursor(CursorLine),
}

/// A line that one types in, and why it is of no use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) input: Input,
    pub(crate) error: Option<String>,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.input.value() == other.input.value() && self.error == other.error
    }
}

/// The page behind a code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Explain {
    /// What is explained: a code of the schema, or a kind of fault.
    pub(crate) what: String,
    pub(crate) text: Cow<'static, str>,
    /// How far it is scrolled.
    pub(crate) scroll: usize,
}

/// Whether the schema is to be put into force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Apply {
    /// The words to agree with to what breaks something.
    pub(crate) line: Line,
    /// The version that it replaces; 0 for none.
    pub(crate) over: u64,
    /// Whether it breaks something.
    pub(crate) breaks: bool,
    pub(crate) text: Arc<str>,
    /// How far its changes are scrolled.
    pub(crate) scroll: usize,
}

/// The help.
#[derive(Debug, Clone, Default)]
pub(crate) struct Help {
    pub(crate) input: Input,
    pub(crate) cursor: usize,
}

impl PartialEq for Help {
    fn eq(&self, other: &Self) -> bool {
        self.input.value() == other.input.value() && self.cursor == other.cursor
    }
}

/// The palette.
#[derive(Debug, Clone, Default)]
pub(crate) struct Palette {
    pub(crate) input: Input,
    pub(crate) cursor: usize,
    /// How far back in what was typed before; `None` where one types anew.
    pub(crate) recalled: Option<usize>,
    /// The aggregates that were in memory when it was opened, at their versions.
    pub(crate) near: Vec<(Name, u64)>,
    /// Those that were found in the store.
    pub(crate) found: Option<Found>,
    /// Whether the first one that is found is opened: Enter came before it.
    pub(crate) opens: bool,
}

impl PartialEq for Palette {
    fn eq(&self, other: &Self) -> bool {
        self.input.value() == other.input.value() && self.cursor == other.cursor
    }
}

/// A line of the palette.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PaletteRow {
    /// Something to do.
    Action(&'static Action),
    /// A group of aggregates to show.
    Group(Group),
    /// An aggregate at its version, the history of which can be opened.
    Aggregate(Name, u64),
}

/// The aggregates of the store whose names are like a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) text: String,
    /// At their versions, the best fits first.
    pub(crate) names: Vec<(Name, u64)>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// The filter bar.
#[derive(Debug, Clone, Default)]
pub(crate) struct FilterBar {
    pub(crate) input: Input,
    /// How far back in the filters that were used; `None` where one types anew.
    pub(crate) recalled: Option<usize>,
}

impl PartialEq for FilterBar {
    fn eq(&self, other: &Self) -> bool {
        self.input.value() == other.input.value()
    }
}
