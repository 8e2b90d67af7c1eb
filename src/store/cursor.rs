//! Cursors of consumers: how far each one is, kept beside the log.

use super::Store;
use super::error::{Refusal, StoreError};
use super::format::CursorEntry;
use super::keys;
use super::token::Manager;
use super::view::View;
use super::writer::Space;
use crate::domain::{CursorName, EventId, Position};

/// Where a cursor is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorTarget {
    /// At this position.
    Position(Position),
    /// At the event with this id; 0 is before the first one.
    Event(EventId),
}

/// How to move a cursor, which is made where there is none.
#[derive(Debug, Clone)]
pub struct CursorMove {
    /// Its name.
    pub name: CursorName,
    /// Where to.
    pub to: CursorTarget,
    /// Where it has to stand now; 0 also where there is none.
    pub expected: Option<Position>,
    /// Whether it may go back.
    pub rewind: bool,
}

/// Why a cursor stays as it is.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CursorRefusal {
    /// There is none of that name.
    #[error("there is no cursor `{0}`")]
    Unknown(CursorName),
    /// Behind the end of the log.
    #[error("the log ends at #{end}, and a cursor cannot stand at #{wanted}")]
    Beyond {
        /// Where it was to stand.
        wanted: Position,
        /// The last position.
        end: Position,
    },
    /// There is no event with that id.
    #[error("there is no event with the id {0}")]
    NoEvent(EventId),
    /// It would go back.
    #[error("the cursor `{name}` is at #{actual} and would go back to #{wanted}")]
    Backwards {
        /// Its name.
        name: CursorName,
        /// Where it stands.
        actual: Position,
        /// Where it was to stand.
        wanted: Position,
    },
    /// It does not stand where it was expected.
    #[error("the cursor `{name}` is at #{actual}, not at #{expected}")]
    Moved {
        /// Its name.
        name: CursorName,
        /// Where it stands.
        actual: Position,
        /// Where it was expected.
        expected: Position,
    },
    /// The caller's token, or the store.
    #[error(transparent)]
    Other(#[from] Refusal),
}

impl From<StoreError> for CursorRefusal {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl View {
    /// A cursor; its position is that of its event, also where positions were given anew since.
    pub(crate) fn cursor(&self, name: &CursorName) -> Result<Option<CursorEntry>, StoreError> {
        let Some(bytes) = self.record(&keys::cursor(name))? else { return Ok(None) };
        let mut entry = CursorEntry::decode(&bytes)
            .map_err(StoreError::record(format_args!("the cursor `{name}`")))?;
        let there = self.with_event(entry.position, |event| Ok(event.header()?.event_id))?;
        if there.unwrap_or_default() != entry.event_id {
            entry.position = self.position_of(entry.event_id)?;
        }
        Ok(Some(entry))
    }

    /// Every cursor, by name.
    pub(crate) fn cursors(&self) -> Result<Vec<(CursorName, CursorEntry)>, StoreError> {
        let mut found = Vec::new();
        for key in self.record_keys(keys::CURSOR_PREFIX)? {
            let name = key.get(keys::CURSOR_PREFIX.len()..);
            let name = name.and_then(|name| std::str::from_utf8(name).ok());
            let name = name.and_then(|name| CursorName::new(name).ok()).ok_or_else(|| {
                StoreError::Inconsistent("a cursor of a consumer has a broken key".into())
            })?;
            found.extend(self.cursor(&name)?.map(|entry| (name, entry)));
        }
        Ok(found)
    }

    /// The position of the last event whose id is at most `id`; 0 where there is none.
    pub(crate) fn position_of(&self, id: EventId) -> Result<Position, StoreError> {
        self.last_where(|event| Ok(event.header()?.event_id <= id))
    }
}

impl Store {
    /// Moves a cursor.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn move_cursor(&self, by: Manager, to: CursorMove) -> Result<CursorEntry, CursorRefusal> {
        self.change(move |view, now, changes| {
            by.check(view, now)?;
            let end = view.last_position()?;
            let position = match to.to {
                CursorTarget::Position(wanted) if wanted > end => {
                    return Err(CursorRefusal::Beyond { wanted, end });
                }
                CursorTarget::Position(position) => position,
                CursorTarget::Event(id) => {
                    let position = view.position_of(id)?;
                    let found = view.with_event(position, |event| Ok(event.header()?.event_id))?;
                    if found.unwrap_or_default() != id {
                        return Err(CursorRefusal::NoEvent(id));
                    }
                    position
                }
            };
            let CursorMove { name, expected, rewind, .. } = to;
            let before = view.cursor(&name)?;
            let actual = before.as_ref().map(|entry| entry.position).unwrap_or_default();
            if let Some(expected) = expected.filter(|expected| *expected != actual) {
                return Err(CursorRefusal::Moved { name, actual, expected });
            }
            if position < actual && !rewind {
                return Err(CursorRefusal::Backwards { name, actual, wanted: position });
            }
            let there = view.with_event(position, |event| Ok(event.header()?.event_id))?;
            let event_id = there.unwrap_or_default();
            match before {
                Some(before) if (before.position, before.event_id) == (position, event_id) => {
                    Ok(before)
                }
                _ => {
                    let entry =
                        CursorEntry { position, event_id, moved_at: now, moved_by: by.actor };
                    changes.put(Space::Mt, keys::cursor(&name), entry.encode());
                    Ok(entry)
                }
            }
        })
    }

    /// Forgets a cursor.
    ///
    /// # Errors
    /// There is none, or why it stays.
    pub fn remove_cursor(&self, by: Manager, name: CursorName) -> Result<(), CursorRefusal> {
        self.change(move |view, now, changes| {
            by.check(view, now)?;
            let key = keys::cursor(&name);
            if view.record(&key)?.is_none() {
                return Err(CursorRefusal::Unknown(name));
            }
            changes.remove(Space::Mt, key);
            Ok(())
        })
    }
}
