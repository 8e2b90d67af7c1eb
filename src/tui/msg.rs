//! What comes in, and what is to be done about it.

use super::model::{Connection, Seen};
use super::worker::{Answer, Ask, Slot};
use crate::domain::Timestamp;
use crate::error::Error;
use crate::wire::StatusReport;
use ratatui::crossterm::event::Event;
use std::path::PathBuf;
use std::time::Duration;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Msg {
    /// A key, the mouse, a paste, another size.
    Input(Event),
    /// Time went by: what it is, and how long the dashboard runs.
    Tick(Timestamp, Duration),
    /// The answer to what was asked.
    Reply(Reply),
    /// The workspace as it is now; comes whenever that is not what it was.
    Status(Box<StatusReport>),
    /// Why the store failed that was open here.
    Reopened(Error),
    /// Why the store cannot be served to others while it is open here.
    Unserved(Error),
    /// Whether there is a way to the store, and which.
    Connection(Connection),
    /// The file of the schema as it is now; comes at every change.
    Schema(Box<Seen>),
    /// What came of copying: how it was done, or why it was not.
    Copied(Result<String, String>),
    /// What came of a text in the editor: what was saved, `None` where nothing was, or why it could not be shown.
    Composed(Result<Option<String>, String>),
    /// The system says that the process is to end.
    Terminate,
}

/// The answer to what was asked, or the part of it that is there.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Where it was asked.
    pub(crate) slot: Slot,
    /// Which of the questions there it answers: older ones are of no interest any more.
    pub(crate) generation: u64,
    /// Whether this is all of it.
    pub(crate) last: bool,
    /// The answer.
    pub(crate) result: Result<Answer, Error>,
}

/// A change of the filters in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterEdit {
    pub(crate) name: String,
    /// The filter; `None` where it is removed.
    pub(crate) text: Option<String>,
}

/// Something that is to be done outside of the model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Asks the worker. A question that waits in the same slot is forgotten, one that runs there is told to stop.
    Ask {
        /// Where.
        slot: Slot,
        /// What the answer will be known by.
        generation: u64,
        /// What.
        ask: Ask,
    },
    /// Tells what runs in a slot to stop.
    Cancel(Slot),
    /// Copies a text.
    Copy(String),
    /// Shows a text in the user's editor; the name of the file ends with the second one.
    Edit(String, &'static str),
    /// As `Edit`, and gives back what was saved.
    Compose(String, &'static str),
    /// Opens a file in the user's editor, at a line.
    Open(PathBuf, usize),
    /// Writes a text into a new file of the current directory. Where there is one of this name and ending, a number comes
    /// between the two.
    Save(String, &'static str, String),
    /// Writes a filter into the configuration, or removes it there.
    SaveFilter(FilterEdit),
    /// Stops the process, as `^z` does in a shell.
    Suspend,
    /// Draws the whole screen anew.
    Redraw,
}
