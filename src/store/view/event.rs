//! One event as it lies in the log.

use super::View;
use crate::domain::{Body, Event, Hash, Header, Position};
use crate::proof::leaf_hash;
use crate::store::error::StoreError;
use crate::store::format::{
    BodyText, Chunk, Envelope, Identity, body_text, decode_body, decode_header, decode_identity,
};
use fjall::Slice;

/// One event as it lies in the log, its parts decoded when they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct RawEvent<'a> {
    position: Position,
    envelope: Envelope<'a>,
    view: &'a View,
}

impl RawEvent<'_> {
    /// Its place in the log.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The leaf: the hash of the stored header.
    pub fn leaf(&self) -> Hash {
        leaf_hash(self.envelope.header)
    }

    /// The stored root of the aggregate's tree after this event.
    pub fn merkle_root(&self) -> Hash {
        Hash(*self.envelope.merkle_root)
    }

    /// The stored bytes of the body.
    pub fn body_bytes(&self) -> &[u8] {
        self.envelope.body
    }

    /// The stored bytes of the header.
    pub fn header_bytes(&self) -> &[u8] {
        self.envelope.header
    }

    /// The header.
    ///
    /// # Errors
    /// Bytes that are not a header of this format.
    pub fn header(&self) -> Result<Header, StoreError> {
        decode_header(self.envelope.header)
            .map_err(StoreError::record(format_args!("event #{}", self.position)))
    }

    /// What verification needs of the header.
    pub(crate) fn identity(&self) -> Result<Identity<'_>, StoreError> {
        decode_identity(self.envelope.header)
            .map_err(StoreError::record(format_args!("event #{}", self.position)))
    }

    /// The body.
    ///
    /// # Errors
    /// Bytes that are not a body of this format, or that there is no key for.
    pub fn body(&self) -> Result<Body, StoreError> {
        if self.view.ring().is_some() {
            return self.view.body(&self.header()?, self.envelope.body);
        }
        decode_body(self.envelope.body)
            .map_err(StoreError::record(format_args!("event #{}", self.position)))
    }

    /// The body as JSON text; `None` where bodies are sealed.
    pub(crate) fn body_text(&self) -> Result<Option<BodyText<'_>>, StoreError> {
        if self.view.ring().is_some() {
            return Ok(None);
        }
        body_text(self.envelope.body)
            .map(Some)
            .map_err(StoreError::record(format_args!("event #{}", self.position)))
    }

    /// The whole event.
    ///
    /// # Errors
    /// As [`RawEvent::header`] and [`RawEvent::body`].
    pub fn decode(&self) -> Result<Event, StoreError> {
        let header = self.header()?;
        let body = match self.view.ring() {
            Some(_) => self.view.body(&header, self.envelope.body)?,
            None => self.body()?,
        };
        Ok(Event {
            position: self.position,
            header,
            body,
            leaf: self.leaf(),
            merkle_root: self.merkle_root(),
        })
    }
}

/// The event in `slot` of a chunk, from 0.
pub(in crate::store) fn raw<'a>(
    view: &'a View,
    chunk: &'a Chunk<Slice>,
    slot: usize,
) -> Result<RawEvent<'a>, StoreError> {
    let position = Position(chunk.first() + slot as u64);
    let envelope =
        chunk.envelope(slot).map_err(StoreError::record(format_args!("event #{position}")))?;
    Ok(RawEvent { position, envelope, view })
}
