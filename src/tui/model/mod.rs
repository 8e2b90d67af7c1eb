//! Everything that the dashboard knows. Views read it, `update` changes it, nothing else does.

mod aggregates;
mod asks;
mod overlay;
mod schema;
mod stage;
mod tail;
mod timeline;
mod verify;

pub(crate) use aggregates::{Aggregates, Group, GroupRow, Name, Pane, Recent};
pub(crate) use asks::Asks;
pub(crate) use overlay::{
    Apply, Explain, FilterBar, Found, Help, Line, Overlay, Palette, PaletteRow,
};
pub(crate) use schema::{
    Affected, ChangeRow, Compared, Content, Declared, Difference, Note, Schema, SchemaPart, Seen,
    Verdict, Working, Written, find_in,
};
pub(crate) use stage::{
    Choice, Composing, DetailOf, Form, Picker, Plan, PreviewOf, Receipt, Refused, Stage, StagePane,
    Step, name_of,
};
pub(crate) use tail::{
    CursorLine, Figures, Lines, Looked, Mark, Pause, RING, Ring, Row, Scope, Served, Server, Sheet,
    SheetOf, Short, Side, Tail, TailPane, Tailed,
};
pub(crate) use timeline::{Changes, Folded, Shows, Timeline, TimelinePane, Track, row};
pub(crate) use verify::{Checked, Consistent, Part, Proven, Run, Running, Verify};

use super::action::{Key, Keymap};
use super::canvas::{Hit, Look};
use super::msg::FilterEdit;
use super::theme::Meaning;
use crate::domain::Timestamp;
use crate::error::Error;
use crate::wire::StatusReport;
use ratatui::layout::Rect;
use std::time::Duration;

/// A view: what a tab shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum View {
    /// Types, instances, state.
    Aggregates,
    /// One aggregate through time.
    Timeline,
    /// Whether the log is what was written.
    Verify,
    /// What waits for its commit.
    Stage,
    /// What may happen: the file, and what is in force.
    Schema,
    /// The log as it grows, who pulls it, who serves it.
    Tail,
}

impl View {
    /// Every view, in the order of the tabs.
    pub(crate) const ALL: [Self; 6] =
        [Self::Aggregates, Self::Timeline, Self::Verify, Self::Stage, Self::Schema, Self::Tail];

    /// The number of its tab and the key that opens it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Aggregates => 1,
            Self::Timeline => 2,
            Self::Verify => 3,
            Self::Stage => 4,
            Self::Schema => 5,
            Self::Tail => 6,
        }
    }

    /// The name on its tab.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Aggregates => "Aggregates",
            Self::Timeline => "Timeline",
            Self::Verify => "Verify",
            Self::Stage => "Stage",
            Self::Schema => "Schema",
            Self::Tail => "Tail",
        }
    }

    /// The name on its tab where there is little room.
    pub(crate) fn short_title(self) -> &'static str {
        match self {
            Self::Aggregates => "Aggr",
            Self::Timeline => "Time",
            Self::Verify => "Verify",
            Self::Stage => "Stage",
            Self::Schema => "Schema",
            Self::Tail => "Tail",
        }
    }
}

/// Whether there is a way to the store, and which.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Connection {
    /// Nobody has answered yet.
    Connecting,
    /// This process has the store, and serves it.
    Local,
    /// This process opens the store when it reads: it cannot serve it.
    Unserved,
    /// Another dashboard has it: its number.
    Dashboard(u32),
    /// A daemon has it: where it listens beside its socket, and its number.
    Daemon(Option<String>, u32),
    /// There is none at the moment: why, and how often that was tried.
    Offline(Error, u32),
}

/// Something to say that goes away by itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) meaning: Meaning,
    /// When it came up.
    pub(crate) since: Duration,
}

/// How long a toast stays: long enough to read its one line twice.
pub(crate) const TOAST_TIME: Duration = Duration::from_secs(5);

/// Toasts at the same time.
const TOASTS: usize = 5;

/// How much room the pane with the focus takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Zoom {
    #[default]
    Normal,
    Half,
    Full,
}

/// Keys that are the beginning of longer ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) keys: Vec<Key>,
    pub(crate) since: Duration,
}

/// Everything that the dashboard knows.
#[derive(Debug)]
pub(crate) struct Model {
    /// The screen.
    pub(crate) size: Rect,
    /// The time, as of the last tick.
    pub(crate) now: Timestamp,
    /// How long the dashboard runs, as of the last tick.
    pub(crate) elapsed: Duration,
    pub(crate) look: Look,
    pub(crate) keymap: Keymap,
    /// Whether the mouse is listened to.
    pub(crate) mouse: bool,
    /// The folder of the workspace, as people see it.
    pub(crate) workspace: String,
    pub(crate) connection: Connection,
    /// The workspace at a glance; `None` until it is known.
    pub(crate) status: Option<StatusReport>,
    /// Moves whenever the workspace is not what it was: what was read before is read again.
    pub(crate) epoch: u64,
    pub(crate) view: View,
    /// Where one was before, and where one went back from.
    pub(crate) back: Vec<View>,
    pub(crate) forward: Vec<View>,
    pub(crate) aggregates: Aggregates,
    pub(crate) timeline: Timeline,
    pub(crate) verify: Verify,
    pub(crate) stage: Stage,
    pub(crate) schema: Schema,
    pub(crate) tail: Tail,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) pending: Option<Pending>,
    pub(crate) toasts: Vec<Toast>,
    pub(crate) zoom: Zoom,
    pub(crate) asks: Asks,
    /// Why what the view wants could not be read.
    pub(crate) error: Option<Error>,
    /// What was typed into the palette, the last at the end.
    pub(crate) palette_history: Vec<String>,
    /// The filters that were used, the last at the end.
    pub(crate) filter_history: Vec<String>,
    /// What is to be copied as soon as possible.
    pub(crate) copy: Option<String>,
    /// What the last frame drew where, for the mouse.
    pub(crate) hits: Vec<(Rect, Hit)>,
    /// Whether something is to be drawn.
    pub(crate) dirty: bool,
    /// Whether the user has had enough.
    pub(crate) quit: bool,
}

impl Model {
    pub(crate) fn new(look: Look, keymap: Keymap, workspace: String) -> Self {
        Self {
            size: Rect::default(),
            now: Timestamp::default(),
            elapsed: Duration::ZERO,
            look,
            keymap,
            mouse: true,
            workspace,
            connection: Connection::Connecting,
            status: None,
            epoch: 0,
            view: View::Aggregates,
            back: Vec::new(),
            forward: Vec::new(),
            aggregates: Aggregates::default(),
            timeline: Timeline::default(),
            verify: Verify::default(),
            stage: Stage::default(),
            schema: Schema::default(),
            tail: Tail::default(),
            overlay: None,
            pending: None,
            toasts: Vec::new(),
            zoom: Zoom::Normal,
            asks: Asks::default(),
            error: None,
            palette_history: Vec::new(),
            filter_history: Vec::new(),
            copy: None,
            hits: Vec::new(),
            dirty: true,
            quit: false,
        }
    }

    /// Says something that goes away by itself.
    pub(crate) fn say(&mut self, meaning: Meaning, text: impl Into<String>) {
        let text = text.into();
        // What is said again is said once, and stays longer.
        self.toasts.retain(|toast| toast.text != text);
        if self.toasts.len() >= TOASTS {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast { text, meaning, since: self.elapsed });
    }

    /// A change of the saved filters was written down.
    pub(crate) fn filter_saved(&mut self, edit: &FilterEdit) {
        let name = &edit.name;
        match (&edit.text, &self.aggregates.group) {
            (None, Group::Saved(filter)) => {
                let text = format!("removed the filter {name}, which was: {}", filter.text);
                self.say(Meaning::Ok, text);
            }
            _ => self.say(
                Meaning::Ok,
                format!("saved as {name}, in [tui.filters] of the configuration"),
            ),
        }
        self.aggregates.saved(edit);
    }

    /// Why nothing can be written; `None` where it can.
    pub(crate) fn read_only(&self) -> Option<&str> {
        self.status.as_ref()?.read_only.as_deref()
    }

    /// Why nothing can be written, as it is said of every action that would.
    pub(crate) fn cannot_write(&self) -> Option<String> {
        self.read_only().map(|reason| format!("the store is read only: {reason}"))
    }

    /// How many events the log has.
    pub(crate) fn events(&self) -> Option<u64> {
        self.status.as_ref()?.position.parse().ok()
    }
}
