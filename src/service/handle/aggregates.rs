//! Aggregates, and what can be asked of one.

use super::{At, Call, Caller, Service};
use crate::error::Result;
use crate::service::list;
use crate::store::StoreError;
use crate::wire::{
    AggregatePage, AggregateRecord, AggregateVerdict, At as Moment, Blame, BlameParams, DiffParams,
    Difference, EventPage, GetParams, GetQuery, HistoryQuery, ListQuery, Referrers, ReplayQuery,
    ReplayStep, Snapshots,
};

impl Service {
    /// As [`Local::get`](crate::service::Local::get).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn get(&self, caller: &Caller, query: &GetQuery) -> Result<AggregateRecord> {
        match &self.at {
            At::Here(local) => local.get(caller, query),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", &query.aggregate_type, &query.aggregate_id])
                    .query(&GetParams::of(query, None)),
            ),
        }
    }

    /// As [`Local::get_resolved`](crate::service::Local::get_resolved).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn get_resolved(
        &self,
        caller: &Caller,
        query: &GetQuery,
        depth: u8,
    ) -> Result<AggregateRecord> {
        match &self.at {
            At::Here(local) => local.get_resolved(caller, query, depth),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", &query.aggregate_type, &query.aggregate_id])
                    .query(&GetParams::of(query, Some(depth))),
            ),
        }
    }

    /// As [`Local::list`](crate::service::Local::list).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn list(&self, caller: &Caller, query: &ListQuery) -> Result<AggregatePage> {
        self.list_while(caller, query, &|| true)
    }

    /// As [`Service::list`], for as long as the page is wanted.
    ///
    /// # Errors
    /// As there, and that the page is not wanted any more.
    pub fn list_while(
        &self,
        caller: &Caller,
        query: &ListQuery,
        wanted: &dyn Fn() -> bool,
    ) -> Result<AggregatePage> {
        match &self.at {
            At::Here(local) => local.list_while(caller, query, wanted),
            At::There(remote) => {
                self.readable(query.filter.as_deref())?;
                list::whole(query, self.config().page_limit, |query| {
                    let call = Call::get(&["aggregates"]).query(query);
                    remote.ask_while(caller, call, (wanted, list::stopped))
                })
            }
        }
    }

    /// As [`Local::history`](crate::service::Local::history).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn history(&self, caller: &Caller, query: &HistoryQuery) -> Result<EventPage> {
        match &self.at {
            At::Here(local) => local.history(caller, query),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", &query.aggregate_type, &query.aggregate_id, "events"])
                    .query(query),
            ),
        }
    }

    /// As [`Local::replay`](crate::service::Local::replay).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn replay(&self, caller: &Caller, query: &ReplayQuery) -> Result<Vec<ReplayStep>> {
        match &self.at {
            At::Here(local) => local.replay(caller, query),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", &query.aggregate_type, &query.aggregate_id, "replay"])
                    .query(query),
            ),
        }
    }

    /// As [`Local::diff`](crate::service::Local::diff).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn diff(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
        from: Moment,
        to: Moment,
    ) -> Result<Difference> {
        match &self.at {
            At::Here(local) => local.diff(caller, aggregate_type, id, from, to),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", aggregate_type, id, "diff"])
                    .query(&DiffParams { from: from.into(), to: to.into() }),
            ),
        }
    }

    /// As [`Local::blame`](crate::service::Local::blame).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn blame(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
        field: Option<&str>,
        at: Option<Moment>,
    ) -> Result<Blame> {
        match &self.at {
            At::Here(local) => local.blame(caller, aggregate_type, id, field, at),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["aggregates", aggregate_type, id, "blame"]).query(&BlameParams {
                    field: field.map(str::to_owned),
                    at: at.map(Into::into),
                }),
            ),
        }
    }

    /// As [`Local::referrers`](crate::service::Local::referrers).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn referrers(&self, caller: &Caller, aggregate_type: &str, id: &str) -> Result<Referrers> {
        match &self.at {
            At::Here(local) => local.referrers(caller, aggregate_type, id),
            At::There(remote) => {
                remote.ask(caller, Ok(Call::get(&["aggregates", aggregate_type, id, "referrers"])))
            }
        }
    }

    /// As [`Local::snapshots`](crate::service::Local::snapshots).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn snapshots(&self, caller: &Caller, aggregate_type: &str, id: &str) -> Result<Snapshots> {
        match &self.at {
            At::Here(local) => local.snapshots(caller, aggregate_type, id),
            At::There(remote) => {
                remote.ask(caller, Ok(Call::get(&["aggregates", aggregate_type, id, "snapshots"])))
            }
        }
    }

    /// As [`Local::verify_aggregate`](crate::service::Local::verify_aggregate).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn verify_aggregate(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
    ) -> Result<AggregateVerdict> {
        self.verify_aggregate_while(caller, (aggregate_type, id), &|| true)
    }

    /// As [`Service::verify_aggregate`], for as long as the answer is wanted.
    ///
    /// # Errors
    /// As there, and that the answer is not wanted any more.
    pub fn verify_aggregate_while(
        &self,
        caller: &Caller,
        (aggregate_type, id): (&str, &str),
        wanted: &(dyn Fn() -> bool + Sync),
    ) -> Result<AggregateVerdict> {
        match &self.at {
            At::Here(local) => local.verify_aggregate_while(caller, (aggregate_type, id), wanted),
            At::There(remote) => {
                let call = Call::get(&["aggregates", aggregate_type, id, "verify"]);
                remote.ask_while(caller, Ok(call), (wanted, || StoreError::Stopped.into()))
            }
        }
    }
}
