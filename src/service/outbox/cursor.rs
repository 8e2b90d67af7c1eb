//! How far consumers are. A cursor is about the log as a whole: with a token it takes the right to pull all of it, so
//! that whoever may pull a part cannot let another consumer pass over anything.

use crate::domain::access::Action;
use crate::domain::{CursorName, CursorNameError, EventId, Position};
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::record::issuer;
use crate::store::{CursorEntry, CursorMove, CursorRefusal, CursorTarget};
use crate::wire::{CursorList, CursorRecord, CursorUpdate};

const KEPT: &str = "the cursor stays as it is";

impl From<CursorNameError> for Error {
    fn from(error: CursorNameError) -> Self {
        Self::new(Kind::Invalid, "dbx::cursor::name", error.to_string()).kept("nothing was done")
    }
}

impl From<CursorRefusal> for Error {
    fn from(refusal: CursorRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            CursorRefusal::Unknown(name) => unknown(&name),
            CursorRefusal::Beyond { .. } => {
                Self::new(Kind::Conflict, "dbx::cursor::beyond", message)
                    .kept(KEPT)
                    .help("a consumer is done with what it was given: move it to a `next` that it got")
            }
            CursorRefusal::NoEvent(_) => {
                Self::new(Kind::NotFound, "dbx::event::unknown", message)
                    .kept(KEPT)
                    .help("move it to a `next_after_event_id` that the consumer got")
            }
            CursorRefusal::Backwards { .. } => {
                Self::new(Kind::Conflict, "dbx::cursor::backwards", message)
                    .kept(KEPT)
                    .help("say `--rewind` (`\"rewind\": true`) where the consumer is to be given events again")
            }
            CursorRefusal::Moved { .. } => Self::new(Kind::Conflict, "dbx::cursor::moved", message)
                .kept(KEPT)
                .help("another one moved it: go on from where it is now"),
            CursorRefusal::Other(refusal) => refusal.into(),
        }
    }
}

fn unknown(name: &CursorName) -> Error {
    Error::new(Kind::NotFound, "dbx::cursor::unknown", format!("there is no cursor `{name}`"))
        .kept("nothing was done")
        .help("`dbx outbox cursor` lists those there are; setting one makes it")
}

fn record(name: &CursorName, entry: CursorEntry, end: Position) -> CursorRecord {
    CursorRecord {
        name: name.to_string(),
        position: entry.position.to_string(),
        event_id: entry.event_id.to_string(),
        lag: end.get().saturating_sub(entry.position.get()),
        moved_at: entry.moved_at.to_string(),
        moved_by: issuer(entry.moved_by),
    }
}

impl Local {
    /// A cursor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn outbox_cursor(&self, caller: &Caller, name: &str) -> Result<CursorRecord> {
        self.gate(caller)?.whole_log(Action::OutboxRead)?;
        let name = CursorName::new(name)?;
        let view = self.view()?;
        let entry = view.cursor(&name)?.ok_or_else(|| unknown(&name))?;
        Ok(record(&name, entry, view.last_position()?))
    }

    /// Every cursor, by name.
    ///
    /// # Errors
    /// The store's alone.
    pub fn outbox_cursors(&self, caller: &Caller) -> Result<CursorList> {
        self.gate(caller)?.whole_log(Action::OutboxRead)?;
        let view = self.view()?;
        let end = view.last_position()?;
        let cursors = view.cursors()?;
        let cursors = cursors.into_iter().map(|(name, entry)| record(&name, entry, end)).collect();
        Ok(CursorList { cursors, position: end.to_string() })
    }

    /// Moves a cursor, forward unless it is told otherwise, and makes it where there is none.
    ///
    /// # Errors
    /// It is not where it was expected, would go back, or behind the end of the log.
    pub fn outbox_cursor_set(
        &self,
        caller: &Caller,
        name: &str,
        update: &CursorUpdate,
    ) -> Result<CursorRecord> {
        self.gate(caller)?.whole_log(Action::OutboxRead)?;
        let name = CursorName::new(name)?;
        let to = match (update.position, update.event_id) {
            (Some(position), None) => CursorTarget::Position(Position(position.0)),
            (None, Some(id)) => CursorTarget::Event(EventId(id.0)),
            _ => {
                let message =
                    "a cursor is moved to a `position` or to an `event_id`, to one of them";
                return Err(Error::new(Kind::Invalid, "dbx::cursor::place", message).kept(KEPT));
            }
        };
        let expected = update.expected.map(|position| Position(position.0));
        let moved = CursorMove { name: name.clone(), to, expected, rewind: update.rewind };
        let entry = self.store().move_cursor(caller.manager(), moved)?;
        Ok(record(&name, entry, self.view()?.last_position()?))
    }

    /// Forgets a cursor.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn outbox_cursor_delete(&self, caller: &Caller, name: &str) -> Result<()> {
        self.gate(caller)?.whole_log(Action::OutboxRead)?;
        let name = CursorName::new(name)?;
        Ok(self.store().remove_cursor(caller.manager(), name)?)
    }
}
