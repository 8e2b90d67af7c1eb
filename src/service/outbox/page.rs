//! The pages of the outbox, and the same walk over the log as `events` shows it.

use super::pull::{After, Keep, LOOKED_AT_MAX, Pull, Pulled};
use super::text::Texts;
use crate::domain::Header;
use crate::domain::access::Action;
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::record::Eyes;
use crate::service::room::PAGE_BYTES;
use crate::store::{RawEvent, StoreError};
use crate::wire::{EventRecord, EventsQuery, Include, OutboxPage, OutboxQuery};

/// Some events as the text of their records, and where to go on.
#[derive(Debug)]
pub(crate) struct TextPage {
    /// The events.
    pub(crate) events: Texts,
    /// Everything up to this position was looked at.
    pub(crate) next: u64,
    /// The id of the event there; 0 before the first one.
    pub(crate) next_event_id: u64,
    /// How many of what was looked at were left out.
    pub(crate) filtered: u64,
    /// Whether there is more behind `next` already.
    pub(crate) more: bool,
}

impl TextPage {
    fn new(events: Texts, pulled: Pulled) -> Self {
        let Pulled { next, next_id, filtered, more } = pulled;
        Self { events, next: next.get(), next_event_id: next_id.get(), filtered, more }
    }
}

/// Events as records.
#[derive(Debug, Default)]
struct Records(Vec<EventRecord>);

impl Keep for Records {
    fn keep(
        &mut self,
        eyes: &Eyes<'_>,
        raw: RawEvent<'_>,
        _header: Header,
    ) -> Result<usize, StoreError> {
        self.0.push(eyes.event(raw.decode()?));
        Ok(raw.body_bytes().len())
    }
}

impl Local {
    /// Events behind a consumer's place, without waiting for any. Those of archived aggregates are left out unless they
    /// are asked for; that one was archived, and that one was erased, is given all the same.
    ///
    /// # Errors
    /// A filter that cannot be read, two places, or a place behind the end of the log.
    pub fn outbox(&self, caller: &Caller, query: &OutboxQuery) -> Result<OutboxPage> {
        let mut records = Records::default();
        let pulled = self.pull(caller, &self.outbox_pull(query)?, &mut records)?;
        Ok(OutboxPage {
            events: records.0,
            next: pulled.next.to_string(),
            next_after_event_id: pulled.next_id.to_string(),
            filtered: pulled.filtered,
            more: pulled.more,
        })
    }

    /// As [`Local::outbox`], as text.
    pub(crate) fn outbox_text(&self, caller: &Caller, query: &OutboxQuery) -> Result<TextPage> {
        let pull = self.outbox_pull(query)?;
        let mut texts = Texts::new(pull.take, pull.bytes);
        let pulled = self.pull(caller, &pull, &mut texts)?;
        Ok(TextPage::new(texts, pulled))
    }

    /// As [`Local::events`] in the order of the log, as text of about so many bytes at most.
    pub(crate) fn events_text(
        &self,
        caller: &Caller,
        query: &EventsQuery,
        bytes: Option<usize>,
    ) -> Result<TextPage> {
        let pull = Pull {
            action: Action::AggregateRead,
            aggregate_type: query.aggregate_type.as_deref(),
            aggregate_id: query.aggregate_id.as_deref(),
            filter: query.filter.as_deref(),
            after: After::Position(query.after.unwrap_or(0)),
            take: self.page(query.take)?,
            look: LOOKED_AT_MAX,
            bytes: bytes.unwrap_or(PAGE_BYTES),
            archived: true,
        };
        let mut texts = Texts::new(pull.take, pull.bytes);
        let pulled = self.pull(caller, &pull, &mut texts)?;
        Ok(TextPage::new(texts, pulled))
    }

    fn outbox_pull<'q>(&self, query: &'q OutboxQuery) -> Result<Pull<'q>> {
        let after = match (query.after, query.after_event_id) {
            (Some(_), Some(_)) => {
                return Err(Error::new(
                    Kind::Invalid,
                    "dbx::outbox::two_places",
                    "`after` and `after_event_id` both say where to start",
                )
                .kept("nothing was read")
                .help("give one of them"));
            }
            (None, Some(id)) => After::Event(id),
            (position, None) => After::Position(position.unwrap_or(0)),
        };
        Ok(Pull {
            action: Action::OutboxRead,
            aggregate_type: query.aggregate_type.as_deref(),
            aggregate_id: None,
            filter: query.filter.as_deref(),
            after,
            take: self.page(query.take)?,
            look: LOOKED_AT_MAX,
            bytes: PAGE_BYTES,
            archived: query.include == Some(Include::Archived),
        })
    }
}
