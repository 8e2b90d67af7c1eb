//! What a caller may do, in one place: every function of the service that takes a caller begins here.
//!
//! What is refused depends on the caller's rights and on the request alone, never on what is stored: an aggregate that
//! may not be read answers the same whether or not it exists, and so does a commit or a position without anything in it
//! that may be read. Lists leave out what may not be read, as if it were not there. Positions and commit numbers of what
//! may be read are shown as they are; they tell how long the log is, and nothing of what else is in it. A proof holds an
//! event's header as it is stored, which names the size of its commit and the hash of the commit's message.
//!
//! ```text
//! self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;   one aggregate
//! self.gate(caller)?.some_aggregates(Action::AggregateRead, None)?;           a list, which `Eyes::lists` then filters
//! self.gate(caller)?.named(Action::AggregateRead, aggregate_type, id)?;       one of both, as a question has it
//! self.gate(caller)?.whole_log(Action::AggregateRead)?;                       what is about the log as a whole
//! self.gate(caller)?.operations(&operations)?;                                what may be proposed
//! self.gate(caller)?.everything()?;                                           what only `*.*` on `*` may do
//! ```

use super::Local;
use super::caller::{Caller, Restrict};
use super::record::Eyes;
use crate::domain::access::{Action, Rights};
use crate::domain::{AggregateKey, Hash, Kind as EventKind};
use crate::error::{Error, Kind, Result};
use crate::store::{StoreError, StoredToken, TokenRefusal};
use crate::wire::Operation;
use std::sync::Arc;
use uuid::Uuid;

/// A caller that was let in: its token holds now, or it needs none.
pub(super) struct Gate<'c> {
    rights: Option<&'c Arc<Rights>>,
    /// Its token as it is stored.
    pub(super) token: Option<StoredToken>,
}

/// Refuses an action on something.
fn forbidden(rights: &Rights, action: Action, on: &str) -> Error {
    let allowed = match rights.actions() {
        [] => "it allows nothing".to_owned(),
        _ => format!("it allows {rights}"),
    };
    Error::new(
        Kind::Forbidden,
        "dbx::token::forbidden",
        format!("the token does not allow `{action}` on {on}"),
    )
    .kept("nothing was read or written")
    .help(format!("{allowed}; whoever manages the tokens can make one that allows more"))
}

impl Local {
    /// Lets a caller in: looks whether its token still holds, and writes its use down where that keeps it alive.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] where the token does not hold.
    pub(super) fn gate<'c>(&self, caller: &'c Caller) -> Result<Gate<'c>> {
        let (gate, touch) = self.look(caller)?;
        if let Some(id) = touch {
            self.store().touch_token(id).map_err(Error::from)?;
        }
        Ok(gate)
    }

    /// As [`Local::gate`], for an asynchronous host: a use that is written down is waited for elsewhere.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn gate_soon<'c>(&self, caller: &'c Caller) -> Result<Gate<'c>> {
        let (gate, touch) = self.look(caller)?;
        if let Some(id) = touch {
            let local = self.clone();
            let touching = tokio::task::spawn_blocking(move || local.store().touch_token(id));
            touching.await.map_err(|_| StoreError::Closed)?.map_err(Error::from)?;
        }
        Ok(gate)
    }

    /// Looks whether a caller may be let in; also gives the token whose use has to be written down for that.
    fn look<'c>(&self, caller: &'c Caller) -> Result<(Gate<'c>, Option<Uuid>)> {
        let token = match (caller.rights(), caller.token()) {
            (None, _) => None,
            (Some(_), None) => return Err(TokenRefusal::Unknown.into()),
            (Some(_), Some((id, hash))) => Some(self.live(&id, &hash)?),
        };
        let (token, touch) = token.map_or((None, None), |(token, touch)| (Some(token), touch));
        let gate = Gate { rights: caller.rights(), token };
        if let Some(rights) = gate.rights
            && caller.show_hidden
            && !rights.grants(Action::AggregateReadHidden)
        {
            return Err(forbidden(rights, Action::AggregateReadHidden, "anything"));
        }
        Ok((gate, touch))
    }

    /// Whether a caller would still be let in.
    ///
    /// # Errors
    /// As for every call.
    pub(crate) fn holds(&self, caller: &Caller) -> Result<()> {
        self.gate(caller).map(drop)
    }

    /// A token that holds now; also its id where its use has to be written down.
    fn live(&self, id: &Uuid, hash: &Hash) -> Result<(StoredToken, Option<Uuid>)> {
        let now = self.inner.options.clock.now();
        let token = self.view()?.live_token(id, now).map_err(Error::from)?;
        if token.entry.hash != *hash {
            return Err(TokenRefusal::Unknown.into());
        }
        // A store that takes no writes can be read until the token ends.
        let touch = token.wants_touch(now) && self.read_only().is_none();
        Ok((token, touch.then_some(*id)))
    }
}

impl Gate<'_> {
    fn check(&self, allowed: impl Fn(&Rights) -> bool, action: Action, on: &str) -> Result<()> {
        match self.rights {
            Some(rights) if !allowed(rights) => Err(forbidden(rights, action, on)),
            _ => Ok(()),
        }
    }

    /// Something is done to one aggregate. A name that is none is left for others to refuse.
    pub(super) fn aggregate(&self, action: Action, aggregate_type: &str, id: &str) -> Result<()> {
        let key = AggregateKey::new(aggregate_type, id)?;
        self.check(|rights| rights.allow(action, &key), action, &format!("`{key}`"))
    }

    /// Something is done to those aggregates, of a type or of any, that may be; there has to be one that might.
    pub(super) fn some_aggregates(
        &self,
        action: Action,
        aggregate_type: Option<&str>,
    ) -> Result<()> {
        let on = match aggregate_type {
            Some(name) => format!("aggregates of the type `{name}`"),
            None => "any aggregate".to_owned(),
        };
        self.check(|rights| rights.allow_some(action, aggregate_type), action, &on)
    }

    /// Something is done to what a question names: to one aggregate, or to those of a type or of any that may be.
    pub(super) fn named(
        &self,
        action: Action,
        aggregate_type: Option<&str>,
        id: Option<&str>,
    ) -> Result<()> {
        match (aggregate_type, id) {
            (Some(aggregate_type), Some(id)) => self.aggregate(action, aggregate_type, id),
            // Without its type an id is that of any number of aggregates, and of none that could be meant.
            (None, Some(_)) => Err(Error::new(
                Kind::Invalid,
                "dbx::query::type_missing",
                "an aggregate id needs its type",
            )),
            (aggregate_type, None) => self.some_aggregates(action, aggregate_type),
        }
    }

    /// Something is done to the log as a whole, and with it to every aggregate.
    pub(super) fn whole_log(&self, action: Action) -> Result<()> {
        self.check(|rights| rights.allow_all(action), action, "every aggregate")
    }

    /// Something is done to the schema.
    pub(super) fn schema(&self, action: Action) -> Result<()> {
        self.check(|rights| rights.allow_schema(action), action, "the schema")
    }

    /// Tokens are managed.
    pub(super) fn tokens(&self) -> Result<()> {
        let action = Action::TokenManage;
        self.check(|rights| rights.allow_everything(action), action, "`*`")
    }

    /// Something that only whoever may do everything may do: backing up, repairing.
    pub(super) fn everything(&self) -> Result<()> {
        match self.rights {
            Some(rights) if !rights.is_everything() => Err(Error::new(
                Kind::Forbidden,
                "dbx::token::forbidden",
                "the token does not allow everything, which this needs: `*.*` on `*`",
            )
            .kept("nothing was read or written")
            .help(format!("it allows {rights}"))),
            _ => Ok(()),
        }
    }

    /// Whether it may read every aggregate, and with them the log as a whole.
    pub(super) fn reads_all(&self) -> bool {
        self.rights.is_none_or(|rights| rights.allow_all(Action::AggregateRead))
    }

    /// The rights of the caller's token; `None` where there is none and everything is allowed.
    pub(super) fn own(&self) -> Option<Arc<Rights>> {
        self.rights.cloned()
    }

    /// What is neither there nor may be read: both are answered alike.
    pub(super) fn unreadable(&self, on: &str) -> Option<Error> {
        let rights = self.rights.filter(|_| !self.reads_all())?;
        Some(forbidden(rights, Action::AggregateRead, on))
    }

    /// Operations are proposed, now or for later: each needs the right to what it does.
    pub(super) fn operations(&self, operations: &[Operation]) -> Result<()> {
        if self.rights.is_none() {
            return Ok(());
        }
        for (index, operation) in operations.iter().enumerate() {
            for action in needed(operation).into_iter().flatten() {
                self.aggregate(action, &operation.aggregate_type, &operation.aggregate_id)
                    .map_err(|error| error.operation(index))?;
            }
        }
        Ok(())
    }

    /// As [`Gate::operations`], for operations that are held against the schema in a mode, by which a patch is another
    /// way to look at a state.
    pub(super) fn writes(
        &self,
        operations: &[Operation],
        restrict: Restrict,
        eyes: &Eyes<'_>,
    ) -> Result<()> {
        self.operations(operations)?;
        let Some(rights) = self.rights else { return Ok(()) };
        if restrict == Restrict::Off && !operations.is_empty() {
            let action = Action::SchemaWrite;
            self.check(
                |rights| rights.allow_schema(action),
                action,
                "the schema, which `off` passes by",
            )?;
        }
        for (index, operation) in operations.iter().enumerate() {
            let Some(patch) = &operation.patch else { continue };
            let name = operation.aggregate_type.as_str();
            if !eyes.lets_patch(name, patch) {
                let on = format!(
                    "aggregates of the type `{name}`, whose hidden fields the patch is about"
                );
                let error = forbidden(rights, Action::AggregateReadHidden, &on);
                return Err(error.operation(index));
            }
        }
        Ok(())
    }
}

/// The rights that an operation needs.
fn needed(operation: &Operation) -> [Option<Action>; 3] {
    let is = |kind: EventKind| kind.system_type() == Some(operation.event_type.as_str());
    if is(EventKind::Archive) || is(EventKind::Restore) {
        return [Some(Action::AggregateArchive), None, None];
    }
    let (create, append) = match (operation.exists, operation.expected_version) {
        (Some(false), _) | (None, Some(0)) => (true, false),
        (Some(true), _) | (None, Some(_)) => (false, true),
        (None, None) => (true, true),
    };
    [
        create.then_some(Action::AggregateCreate),
        append.then_some(Action::AggregateAppend),
        // A patch moves, copies and tests what is there: it tells of the state.
        operation.patch.as_ref().map(|_| Action::AggregateRead),
    ]
}
