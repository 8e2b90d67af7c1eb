//! The schema.

use super::{At, Call, Caller, Service};
use crate::error::Result;
use crate::wire::{
    Impact, ImpactRequest, SchemaApplied, SchemaCheck, SchemaHistory, SchemaSource, SchemaVersion,
};

impl Service {
    /// As [`Local::schema_apply`](crate::service::Local::schema_apply).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn schema_apply(&self, caller: &Caller, source: &str) -> Result<SchemaApplied> {
        match &self.at {
            At::Here(local) => local.schema_apply(caller, source),
            At::There(remote) => remote.ask(
                caller,
                Call::put(&["schema"]).json(&SchemaSource { source: source.to_owned() }),
            ),
        }
    }

    /// As [`Local::schema_check`](crate::service::Local::schema_check).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn schema_check(&self, caller: &Caller, source: &str) -> Result<SchemaCheck> {
        match &self.at {
            At::Here(local) => local.schema_check(caller, source),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["schema", "check"]).json(&SchemaSource { source: source.to_owned() }),
            ),
        }
    }

    /// As [`Local::schema_in_force`](crate::service::Local::schema_in_force).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn schema_in_force(&self, caller: &Caller) -> Result<Option<SchemaVersion>> {
        match &self.at {
            At::Here(local) => local.schema_in_force(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["schema"]))),
        }
    }

    /// As [`Local::schema_version`](crate::service::Local::schema_version).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn schema_version(&self, caller: &Caller, number: u64) -> Result<SchemaVersion> {
        match &self.at {
            At::Here(local) => local.schema_version(caller, number),
            At::There(remote) => {
                remote.ask(caller, Ok(Call::get(&["schema", "versions", &number.to_string()])))
            }
        }
    }

    /// As [`Local::schema_history`](crate::service::Local::schema_history).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn schema_history(&self, caller: &Caller) -> Result<SchemaHistory> {
        match &self.at {
            At::Here(local) => local.schema_history(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["schema", "versions"]))),
        }
    }

    /// As [`Local::schema_impact`](crate::service::Local::schema_impact).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn schema_impact(&self, caller: &Caller, request: &ImpactRequest) -> Result<Vec<Impact>> {
        self.schema_impact_while(caller, request, &|| true)
    }

    /// As [`Service::schema_impact`], for as long as the answer is wanted; who has the store elsewhere counts to the end.
    ///
    /// # Errors
    /// As there, and that the answer is not wanted any more.
    pub fn schema_impact_while(
        &self,
        caller: &Caller,
        request: &ImpactRequest,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Vec<Impact>> {
        match &self.at {
            At::Here(local) => local.schema_impact_while(caller, request, wanted),
            At::There(remote) => {
                remote.ask(caller, Call::post(&["schema", "impact"]).json(request))
            }
        }
    }
}
