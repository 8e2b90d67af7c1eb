//! The log: events, commits, and writing them.

use super::{At, Call, Caller, Service};
use crate::domain::AggregateKey;
use crate::error::{Error, Result};
use crate::wire::{
    ArchiveParams, ArchiveRequest, CommitPage, CommitReceipt, CommitRecord, CommitRequest,
    ErasedAggregate, EventPage, EventParams, EventRecord, EventsQuery, LogQuery, LogRoot,
    StatusReport,
};
use std::net::SocketAddr;

impl Service {
    /// As [`Local::status`](crate::service::Local::status).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn status(&self, caller: &Caller) -> Result<StatusReport> {
        match &self.at {
            At::Here(local) => local.status(caller),
            At::There(remote) => {
                let report: StatusReport = remote.ask(caller, Ok(Call::get(&["status"])))?;
                // Where a daemon is to listen, by the configuration here; where it does listen, it says itself.
                let address = SocketAddr::new(self.config().bind_addr, self.config().port);
                Ok(StatusReport { address: address.to_string(), ..report })
            }
        }
    }

    /// As [`Local::log_root`](crate::service::Local::log_root).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn log_root(&self, caller: &Caller) -> Result<LogRoot> {
        match &self.at {
            At::Here(local) => local.log_root(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["root"]))),
        }
    }

    /// As [`Local::events`](crate::service::Local::events).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn events(&self, caller: &Caller, query: &EventsQuery) -> Result<EventPage> {
        match &self.at {
            At::Here(local) => local.events(caller, query),
            At::There(remote) => {
                self.readable(query.filter.as_deref())?;
                remote.ask(caller, Call::get(&["events"]).query(query))
            }
        }
    }

    /// As [`Local::event_at`](crate::service::Local::event_at).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn event_at(&self, caller: &Caller, position: u64) -> Result<EventRecord> {
        match &self.at {
            At::Here(local) => local.event_at(caller, position),
            At::There(remote) => {
                remote.ask(caller, Ok(Call::get(&["events", &position.to_string()])))
            }
        }
    }

    /// As [`Local::event_summary`](crate::service::Local::event_summary).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn event_summary(&self, caller: &Caller, position: u64) -> Result<EventRecord> {
        match &self.at {
            At::Here(local) => local.event_summary(caller, position),
            At::There(remote) => remote.ask(
                caller,
                Call::get(&["events", &position.to_string()]).query(&EventParams { summary: true }),
            ),
        }
    }

    /// As [`Local::event_by_id`](crate::service::Local::event_by_id).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn event_by_id(&self, caller: &Caller, event_id: u64) -> Result<EventRecord> {
        match &self.at {
            At::Here(local) => local.event_by_id(caller, event_id),
            At::There(remote) => {
                remote.ask(caller, Ok(Call::get(&["events", "by-id", &event_id.to_string()])))
            }
        }
    }

    /// As [`Local::log`](crate::service::Local::log).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn log(&self, caller: &Caller, query: &LogQuery) -> Result<CommitPage> {
        match &self.at {
            At::Here(local) => local.log(caller, query),
            At::There(remote) => {
                self.readable(query.filter.as_deref())?;
                remote.ask(caller, Call::get(&["commits"]).query(query))
            }
        }
    }

    /// As [`Local::commit_record`](crate::service::Local::commit_record).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn commit_record(&self, caller: &Caller, number: u64) -> Result<CommitRecord> {
        match &self.at {
            At::Here(local) => local.commit_record(caller, number),
            At::There(remote) => {
                remote.ask(caller, Ok(Call::get(&["commits", &format!("c{number}")])))
            }
        }
    }

    /// As [`Local::commit`](crate::service::Local::commit).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn commit(&self, caller: &Caller, request: &CommitRequest) -> Result<CommitReceipt> {
        match &self.at {
            At::Here(local) => local.commit(caller, request),
            At::There(remote) => {
                let call = Call::post(&["commits"]).json(request)?;
                self.sendable(&call, &request.operations)?;
                remote.commit(caller, Ok(call))
            }
        }
    }

    /// As [`Local::archive`](crate::service::Local::archive).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn archive(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        match &self.at {
            At::Here(local) => local.archive(caller, request),
            At::There(remote) => remote.commit(caller, on_aggregate(request, "archive")),
        }
    }

    /// As [`Local::restore`](crate::service::Local::restore).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn restore(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        match &self.at {
            At::Here(local) => local.restore(caller, request),
            At::There(remote) => remote.commit(caller, on_aggregate(request, "restore")),
        }
    }

    /// As [`Local::erase`](crate::service::Local::erase).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn erase(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        match &self.at {
            At::Here(local) => local.erase(caller, request),
            At::There(remote) => remote.commit(caller, on_aggregate(request, "erase")),
        }
    }

    /// As [`Local::erasures`](crate::service::Local::erasures).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn erasures(&self, caller: &Caller) -> Result<Vec<ErasedAggregate>> {
        match &self.at {
            At::Here(local) => local.erasures(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["erasures"]))),
        }
    }
}

/// What is done to one aggregate as a whole. No path can name an aggregate without a type or an id.
fn on_aggregate(request: &ArchiveRequest, verb: &str) -> Result<Call> {
    let (aggregate_type, id) = (request.aggregate_type.as_str(), request.aggregate_id.as_str());
    if aggregate_type.is_empty() || id.is_empty() {
        AggregateKey::new(aggregate_type, id).map_err(|error| match verb {
            "erase" => Error::from(error),
            _ => Error::from(error).operation(0),
        })?;
    }
    Call::post(&["aggregates", aggregate_type, id, verb]).json(&ArchiveParams::of(request))
}
