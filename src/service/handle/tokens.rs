//! Tokens.

use super::{At, Call, Caller, Service};
use crate::error::Result;
use crate::wire::{
    TokenBootstrap, TokenInfo, TokenIssued, TokenList, TokenRefresh, TokenRequest, TokenRevoke,
};
use crate::workspace::Ttl;

impl Service {
    /// As [`Local::token_generate`](crate::service::Local::token_generate).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_generate(&self, caller: &Caller, request: &TokenRequest) -> Result<TokenIssued> {
        match &self.at {
            At::Here(local) => local.token_generate(caller, request),
            At::There(remote) => remote.ask(caller, Call::post(&["tokens"]).json(request)),
        }
    }

    /// As [`Local::token_list`](crate::service::Local::token_list).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_list(&self, caller: &Caller) -> Result<TokenList> {
        match &self.at {
            At::Here(local) => local.token_list(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["tokens"]))),
        }
    }

    /// As [`Local::token_info`](crate::service::Local::token_info).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_info(&self, caller: &Caller, id: &str) -> Result<TokenInfo> {
        match &self.at {
            At::Here(local) => local.token_info(caller, id),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["tokens", id]))),
        }
    }

    /// As [`Local::token_revoke`](crate::service::Local::token_revoke).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_revoke(&self, caller: &Caller, ids: &[String]) -> Result<TokenList> {
        match &self.at {
            At::Here(local) => local.token_revoke(caller, ids),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["tokens", "revoke"])
                    .json(&TokenRevoke { ids: ids.to_vec(), ..TokenRevoke::default() }),
            ),
        }
    }

    /// As [`Local::token_revoke_all`](crate::service::Local::token_revoke_all).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_revoke_all(&self, caller: &Caller, who: &str) -> Result<TokenList> {
        match &self.at {
            At::Here(local) => local.token_revoke_all(caller, who),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["tokens", "revoke"])
                    .json(&TokenRevoke { who: Some(who.to_owned()), ..TokenRevoke::default() }),
            ),
        }
    }

    /// As [`Local::token_refresh`](crate::service::Local::token_refresh).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_refresh(
        &self,
        caller: &Caller,
        id: &str,
        ttl: Option<Ttl>,
    ) -> Result<TokenIssued> {
        match &self.at {
            At::Here(local) => local.token_refresh(caller, id, ttl),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["tokens", id, "refresh"]).json(&TokenRefresh { ttl: ttl.map(sent) }),
            ),
        }
    }

    /// As [`Local::token_bootstrap`](crate::service::Local::token_bootstrap).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_bootstrap(&self, caller: &Caller, ttl: Ttl) -> Result<TokenIssued> {
        match &self.at {
            At::Here(local) => local.token_bootstrap(caller, ttl),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["tokens", "bootstrap"])
                    .json(&TokenBootstrap { ttl: sent(ttl), file: false }),
            ),
        }
    }

    /// As [`Local::token_bootstrap_file`](crate::service::Local::token_bootstrap_file).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn token_bootstrap_file(&self, caller: &Caller, ttl: Ttl) -> Result<TokenIssued> {
        match &self.at {
            At::Here(local) => local.token_bootstrap_file(caller, ttl),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["tokens", "bootstrap"])
                    .json(&TokenBootstrap { ttl: sent(ttl), file: true }),
            ),
        }
    }
}

/// A time to live as it is read: in seconds, 0 for ever.
fn sent(ttl: Ttl) -> String {
    ttl.seconds().unwrap_or(0).to_string()
}
