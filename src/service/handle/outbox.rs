//! The outbox, and the cursors of its consumers.

use super::{At, Call, Caller, Service};
use crate::error::{Error, Kind, Result};
use crate::wire::{CursorList, CursorRecord, CursorUpdate, OutboxPage, OutboxQuery, Wait};
use std::time::Instant;

impl Service {
    /// As [`Local::outbox`](crate::service::Local::outbox), waiting for an event as long as the query says.
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn outbox(&self, caller: &Caller, query: &OutboxQuery) -> Result<OutboxPage> {
        let local = match &self.at {
            At::Here(local) => local,
            At::There(remote) => {
                return remote.ask(caller, Call::get(&["outbox"]).query(query));
            }
        };
        let (start, wait) = (Instant::now(), query.wait.map(Wait::get).unwrap_or_default());
        let mut page = local.outbox(caller, query)?;
        while page.events.is_empty() {
            let left = wait.saturating_sub(start.elapsed());
            let next = page.next.parse().map_err(|_| {
                let message =
                    format!("the outbox goes on at `{}`, which is no position", page.next);
                Error::new(Kind::Internal, "dbx::outbox::next", message)
            })?;
            if left.is_zero() || (!page.more && local.wait_beyond(next, left)? <= next) {
                break;
            }
            let (after, filtered) = (Some(next), page.filtered);
            let query = OutboxQuery { after, after_event_id: None, ..query.clone() };
            page = local.outbox(caller, &query)?;
            page.filtered += filtered;
        }
        Ok(page)
    }

    /// As [`Local::outbox_cursor`](crate::service::Local::outbox_cursor).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn outbox_cursor(&self, caller: &Caller, name: &str) -> Result<CursorRecord> {
        match &self.at {
            At::Here(local) => local.outbox_cursor(caller, name),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["outbox", "cursors", name]))),
        }
    }

    /// As [`Local::outbox_cursors`](crate::service::Local::outbox_cursors).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn outbox_cursors(&self, caller: &Caller) -> Result<CursorList> {
        match &self.at {
            At::Here(local) => local.outbox_cursors(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["outbox", "cursors"]))),
        }
    }

    /// As [`Local::outbox_cursor_set`](crate::service::Local::outbox_cursor_set).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn outbox_cursor_set(
        &self,
        caller: &Caller,
        name: &str,
        update: &CursorUpdate,
    ) -> Result<CursorRecord> {
        match &self.at {
            At::Here(local) => local.outbox_cursor_set(caller, name, update),
            At::There(remote) => {
                remote.ask(caller, Call::put(&["outbox", "cursors", name]).json(update))
            }
        }
    }

    /// As [`Local::outbox_cursor_delete`](crate::service::Local::outbox_cursor_delete).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn outbox_cursor_delete(&self, caller: &Caller, name: &str) -> Result<()> {
        match &self.at {
            At::Here(local) => local.outbox_cursor_delete(caller, name),
            At::There(remote) => {
                remote.tell(caller, Ok(Call::delete(&["outbox", "cursors", name])))
            }
        }
    }
}
