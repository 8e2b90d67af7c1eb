//! Tokens: which were handed out, what became of them, and whether one still holds.

use super::Store;
use super::error::{Refusal, StoreError};
use super::format::{TokenEntry, TokenUse};
use super::keys;
use super::view::View;
use super::writer::{Changes, Space};
use crate::domain::{Actor, Timestamp};
use uuid::Uuid;

/// Why a token does not hold, or not for this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// It was never handed out here.
    #[error("the token is not one that this workspace handed out")]
    Unknown,
    /// It was revoked.
    #[error("the token was revoked at {0}")]
    Revoked(Timestamp),
    /// Its time is over.
    #[error("the token expired at {0}")]
    Expired(Timestamp),
    /// It was not used for longer than it is kept alive.
    #[error("the token ended at {0}, for it was not used until then")]
    Idle(Timestamp),
    /// It may not write that many events any more.
    #[error(
        "the token may write {limit} events, of which {left} are left, and {wanted} are asked for"
    )]
    Limit {
        /// How many it may write at all.
        limit: u64,
        /// How many are left.
        left: u64,
        /// How many were asked for.
        wanted: u64,
    },
}

/// One token with what was done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Its id.
    pub id: Uuid,
    /// What it allows and what became of it.
    pub entry: TokenEntry,
    /// What was done with it.
    pub used: TokenUse,
}

impl StoredToken {
    /// When it ends if it is not used again; `None` where it has no keep-alive.
    pub fn idle_at(&self) -> Option<Timestamp> {
        let last = self.used.last.unwrap_or(self.entry.issued_at).max(self.entry.issued_at);
        self.entry.keep_alive.map(|seconds| later(last, seconds))
    }

    /// Whether it holds at a moment.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: Timestamp) -> Result<(), TokenRefusal> {
        if let Some((at, _)) = self.entry.revoked {
            return Err(TokenRefusal::Revoked(at));
        }
        if let Some(at) = self.entry.expires_at.filter(|at| *at <= now) {
            return Err(TokenRefusal::Expired(at));
        }
        match self.idle_at().filter(|at| *at <= now) {
            Some(at) => Err(TokenRefusal::Idle(at)),
            None => Ok(()),
        }
    }

    /// Whether so many more events may be written with it.
    ///
    /// # Errors
    /// Its limit does not allow them.
    pub fn afford(&self, wanted: u64) -> Result<(), TokenRefusal> {
        let Some(limit) = self.entry.limit else { return Ok(()) };
        let left = limit.saturating_sub(self.used.written);
        if wanted <= left { Ok(()) } else { Err(TokenRefusal::Limit { limit, left, wanted }) }
    }

    /// Whether its use has to be written down for its keep-alive: when a tenth of that went by since it was the last
    /// time, so that not every read waits for the disk.
    pub fn wants_touch(&self, now: Timestamp) -> bool {
        let last = self.used.last.unwrap_or(self.entry.issued_at);
        let tenth = self.entry.keep_alive.map(|seconds| later(last, seconds / 10));
        tenth.is_some_and(|due| due <= now)
    }
}

/// The moment `seconds` after another.
fn later(time: Timestamp, seconds: u64) -> Timestamp {
    let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    Timestamp::from_micros(time.as_micros().saturating_add(micros))
}

impl View {
    /// A token that was handed out.
    pub(crate) fn token(&self, id: &Uuid) -> Result<Option<StoredToken>, StoreError> {
        let Some(bytes) = self.record(&keys::token(id))? else { return Ok(None) };
        let entry = TokenEntry::decode(&bytes).map_err(StoreError::record("a token"))?;
        let used = match self.record(&keys::token_use(id))? {
            Some(bytes) => {
                TokenUse::decode(&bytes).map_err(StoreError::record("the use of a token"))?
            }
            None => TokenUse::default(),
        };
        Ok(Some(StoredToken { id: *id, entry, used }))
    }

    /// Every token that was handed out, by id.
    pub(crate) fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let mut found = Vec::new();
        for key in self.record_keys(keys::TOKEN_PREFIX)? {
            let broken = || StoreError::Inconsistent("a token has a broken key".into());
            let id = key.get(keys::TOKEN_PREFIX.len()..).ok_or_else(broken)?;
            let id = Uuid::from_slice(id).map_err(|_| broken())?;
            found.extend(self.token(&id)?);
        }
        Ok(found)
    }

    /// A token that holds at a moment.
    pub(crate) fn live_token(&self, id: &Uuid, now: Timestamp) -> Result<StoredToken, Refusal> {
        let token = self.token(id)?.ok_or(TokenRefusal::Unknown)?;
        token.check(now)?;
        Ok(token)
    }
}

/// On whose behalf tokens are changed: its own token must still hold when they are.
#[derive(Debug, Clone)]
pub struct Manager {
    /// The name under which it is written down.
    pub actor: Actor,
    /// Its token; `None` where the files are the authority.
    pub token: Option<Uuid>,
}

impl Manager {
    pub(super) fn check(&self, view: &View, now: Timestamp) -> Result<(), Refusal> {
        match &self.token {
            Some(id) => view.live_token(id, now).map(drop),
            None => Ok(()),
        }
    }
}

fn put(changes: &mut Changes, id: &Uuid, entry: &TokenEntry) {
    changes.put(Space::Mt, keys::token(id), entry.encode());
}

impl Store {
    /// Writes down that a token is handed out.
    ///
    /// # Errors
    /// A manager that does not hold any more, or a store that takes no writes.
    pub fn add_token(&self, by: Manager, id: Uuid, entry: TokenEntry) -> Result<(), Refusal> {
        self.change(move |view, now, changes| {
            by.check(view, now)?;
            put(changes, &id, &entry);
            Ok(())
        })
    }

    /// Writes down that a token takes the place of another, which is revoked with that; what was written with the old
    /// one counts for the new one.
    ///
    /// # Errors
    /// As [`Store::add_token`], or the old one was revoked before.
    pub fn replace_token(
        &self,
        by: Manager,
        old: Uuid,
        (id, entry): (Uuid, TokenEntry),
    ) -> Result<(), Refusal> {
        self.change(move |view, now, changes| {
            by.check(view, now)?;
            let mut before = view.token(&old)?.ok_or(TokenRefusal::Unknown)?;
            if let Some((at, _)) = before.entry.revoked {
                return Err(TokenRefusal::Revoked(at).into());
            }
            before.entry.revoked = Some((now, by.actor));
            before.entry.replaced_by = Some(id);
            put(changes, &old, &before.entry);
            put(changes, &id, &entry);
            let used = TokenUse { written: before.used.written, last: None };
            changes.put(Space::Mt, keys::token_use(&id), used.encode());
            Ok(())
        })
    }

    /// Revokes those tokens that `chosen` picks and that were not revoked before, all at once, and says which.
    ///
    /// # Errors
    /// As [`Store::add_token`].
    pub fn revoke_tokens(
        &self,
        by: Manager,
        chosen: impl Fn(&StoredToken) -> bool + Send + 'static,
    ) -> Result<Vec<StoredToken>, Refusal> {
        self.change(move |view, now, changes| {
            by.check(view, now)?;
            let mut revoked = view.tokens()?;
            revoked.retain(|token| token.entry.revoked.is_none() && chosen(token));
            for token in &mut revoked {
                token.entry.revoked = Some((now, by.actor.clone()));
                put(changes, &token.id, &token.entry);
            }
            Ok(revoked)
        })
    }

    /// Writes down that a token with a keep-alive was used, if it still holds.
    ///
    /// # Errors
    /// It does not, or a store that takes no writes.
    pub fn touch_token(&self, id: Uuid) -> Result<(), Refusal> {
        self.change(move |view, now, changes| {
            let token = view.live_token(&id, now)?;
            if token.wants_touch(now) {
                let used = TokenUse { last: Some(now), ..token.used };
                changes.put(Space::Mt, keys::token_use(&id), used.encode());
            }
            Ok(())
        })
    }
}
