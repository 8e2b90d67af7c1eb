//! Writing with a token: whether it still holds and may write that much is decided where the commit is, so that no two
//! writers spend the same.

use super::proposal::Ticket;
use super::tail::{Records, Space};
use crate::domain::Timestamp;
use crate::store::error::Refusal;
use crate::store::format::TokenUse;
use crate::store::keys;
use crate::store::token::StoredToken;
use crate::store::view::View;
use std::collections::HashMap;
use uuid::Uuid;

/// What the proposals of a batch did with tokens so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    used: HashMap<Uuid, TokenUse>,
}

impl Ledger {
    /// The token of a proposal, which holds now; `None` for a proposal without one.
    pub(super) fn admit(
        &self,
        view: &View,
        ticket: Option<&Ticket>,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, Refusal> {
        let Some(ticket) = ticket else { return Ok(None) };
        // The view is from before the batch, as revocations are; what the batch wrote is here.
        let mut token = view.live_token(&ticket.token, now)?;
        if let Some(used) = self.used.get(&ticket.token) {
            token.used = *used;
        }
        Ok(Some(token))
    }

    /// Counts `events` for a token whose proposal was accepted.
    pub(super) fn spend(
        &mut self,
        token: Option<StoredToken>,
        events: u64,
        now: Timestamp,
        records: &mut Records,
    ) {
        let Some(token) = token else { return };
        let used = TokenUse { written: token.used.written.saturating_add(events), last: Some(now) };
        self.used.insert(token.id, used);
        records.insert((Space::Mt, keys::token_use(&token.id)), Some(used.encode()));
    }
}
