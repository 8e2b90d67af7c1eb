//! Making, listing, renewing and revoking tokens.
//!
//! Whoever does that with a token needs `token.manage` on `*`, and then sees and changes only tokens that allow no more
//! than its own, and makes none that allow more, hold longer or, where its own is limited, write at all: a limit would
//! be none if its holder could make itself another token.

use super::claims::{Claims, after, bad_name, moment, seconds};
use super::{BOOTSTRAP_GROUP, BOOTSTRAP_USER, jwt};
use crate::domain::Timestamp;
use crate::domain::access::Rights;
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::{Caller, LOCAL_GROUP};
use crate::service::gate::Gate;
use crate::service::record::issuer;
use crate::store::{StoredToken, TokenEntry, TokenRefusal};
use crate::wire::{TokenInfo, TokenIssued, TokenList, TokenRequest, TokenStatus};
use crate::workspace::files::{self, Access};
use crate::workspace::{TokenKey, Ttl};
use uuid::Uuid;

/// The fewest characters of an id that stand for it.
const PREFIX_CHARS_MIN: usize = 4;

fn invalid(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, code, message).kept("no token was made")
}

fn forbidden(message: impl Into<String>) -> Error {
    Error::new(Kind::Forbidden, "dbx::token::forbidden", message)
        .kept("no token was made or changed")
        .help("whoever has the files can do it without a token")
}

impl Local {
    /// Makes a token. This is the only time that it is shown: the store keeps what it allows, not the token.
    ///
    /// # Errors
    /// A name, action or resource that is none, more rights than the caller has, or a store that takes no writes.
    pub fn token_generate(&self, caller: &Caller, request: &TokenRequest) -> Result<TokenIssued> {
        let gate = self.token_gate(caller)?;
        check(request)?;
        if request.group == LOCAL_GROUP {
            let message =
                format!("the group `{LOCAL_GROUP}` is of those who use the files without a token");
            return Err(
                invalid("dbx::token::name", message).help("take another name for the group")
            );
        }
        let (token, claims, entry) = self.mint(caller, &gate, request)?;
        self.store().add_token(caller.manager(), claims.id, entry)?;
        Ok(issued(token, claims, None))
    }

    /// The tokens that were handed out, oldest first; with a token, those that it may manage.
    ///
    /// # Errors
    /// No right to manage tokens, or stored bytes that cannot be read.
    pub fn token_list(&self, caller: &Caller) -> Result<TokenList> {
        let tokens = self.managed(caller)?;
        Ok(TokenList { tokens: tokens.into_iter().map(|token| self.info(token)).collect() })
    }

    /// One token, by its id or the beginning of it.
    ///
    /// # Errors
    /// There is none that the caller may manage, or several begin so.
    pub fn token_info(&self, caller: &Caller, id: &str) -> Result<TokenInfo> {
        Ok(self.info(find(self.managed(caller)?, id)?))
    }

    /// Revokes tokens by their ids, or the beginnings of them: all at once, from now on and for good. Those that were
    /// revoked before stay as they are. Gives all of them as they are then.
    ///
    /// # Errors
    /// One of them is none that the caller may manage; then nothing was changed.
    pub fn token_revoke(&self, caller: &Caller, ids: &[String]) -> Result<TokenList> {
        let managed = self.managed(caller)?;
        let found = ids.iter().map(|id| Ok(find(managed.clone(), id)?.id));
        let wanted: Vec<Uuid> = found.collect::<Result<_>>()?;
        let chosen = wanted.clone();
        self.store().revoke_tokens(caller.manager(), move |token| chosen.contains(&token.id))?;
        let view = self.view()?;
        let mut tokens = Vec::new();
        for id in wanted {
            tokens.extend(view.token(&id)?.map(|token| self.info(token)));
        }
        Ok(TokenList { tokens })
    }

    /// Revokes every token of `user`, or of `group/user`, that the caller may manage. Gives those that were not revoked
    /// before.
    ///
    /// # Errors
    /// No right to manage tokens, or a store that takes no writes.
    pub fn token_revoke_all(&self, caller: &Caller, who: &str) -> Result<TokenList> {
        let gate = self.token_gate(caller)?;
        let (group, user) = match who.split_once('/') {
            Some((group, user)) => (Some(group.to_owned()), user.to_owned()),
            None => (None, who.to_owned()),
        };
        let own = gate.own();
        let chosen = move |token: &StoredToken| {
            token.entry.user == user
                && group.as_ref().is_none_or(|group| *group == token.entry.group)
                && manages(own.as_deref(), token)
        };
        let revoked = self.store().revoke_tokens(caller.manager(), chosen)?;
        Ok(TokenList { tokens: revoked.into_iter().map(|token| self.info(token)).collect() })
    }

    /// Makes a token with the rights of another, which is revoked in the same change. What was written with the old one
    /// counts on. It holds as long as the old one did from its making, or for `ttl`.
    ///
    /// # Errors
    /// There is none that the caller may manage, it was revoked, or a store that takes no writes.
    pub fn token_refresh(
        &self,
        caller: &Caller,
        id: &str,
        ttl: Option<Ttl>,
    ) -> Result<TokenIssued> {
        let gate = self.token_gate(caller)?;
        let old = find(self.managed(caller)?, id)?;
        if let Some((at, _)) = old.entry.revoked {
            return Err(revoked(at));
        }
        let lasted = old
            .entry
            .expires_at
            .map(|end| seconds(end) - seconds(old.entry.issued_at).min(seconds(end)));
        let request = TokenRequest {
            group: old.entry.group.clone(),
            user: old.entry.user.clone(),
            actions: old.entry.actions.clone(),
            resources: old.entry.resources.clone(),
            ttl: ttl.map_or(lasted, Ttl::seconds),
            limit: old.entry.limit,
            keep_alive: old.entry.keep_alive,
        };
        let (token, claims, entry) = self.mint(caller, &gate, &request)?;
        let replaced = self.store().replace_token(caller.manager(), old.id, (claims.id, entry));
        replaced.map_err(|refusal| match refusal {
            crate::store::Refusal::Token(TokenRefusal::Revoked(at)) => revoked(at),
            other => other.into(),
        })?;
        Ok(issued(token, claims, Some(old.id)))
    }

    /// Makes a token that may do everything, for `ttl`.
    ///
    /// # Errors
    /// A caller that may not do everything, or a store that takes no writes.
    pub fn token_bootstrap(&self, caller: &Caller, ttl: Ttl) -> Result<TokenIssued> {
        let gate = self.token_gate(caller)?;
        gate.everything()?;
        let request = TokenRequest {
            group: BOOTSTRAP_GROUP.into(),
            user: BOOTSTRAP_USER.into(),
            actions: vec!["*.*".into()],
            resources: vec!["*".into()],
            ttl: ttl.seconds(),
            ..TokenRequest::default()
        };
        let (token, claims, entry) = self.mint(caller, &gate, &request)?;
        self.store().add_token(caller.manager(), claims.id, entry)?;
        Ok(issued(token, claims, None))
    }

    /// As [`Local::token_bootstrap`], and writes the token to `.dbx/cli.token` for its owner only (0600), instead of
    /// what is there. The token that was there holds on until its time is over or it is revoked.
    ///
    /// # Errors
    /// As [`Local::token_bootstrap`], or the file cannot be written.
    pub fn token_bootstrap_file(&self, caller: &Caller, ttl: Ttl) -> Result<TokenIssued> {
        let made = self.token_bootstrap(caller, ttl)?;
        let path = &self.paths().cli_token;
        let text = format!("{}\n", made.token);
        files::write_atomic(path, text.as_bytes(), Access::Private).map_err(|error| {
            let message = format!("cannot write `{}`: {error}", path.display());
            Error::new(files::io_kind(&error), "dbx::token::io", message)
                .kept("the file was left as it is")
                .help("check who owns the folder and whether the disk is full")
        })?;
        Ok(made)
    }

    fn token_gate<'c>(&self, caller: &'c Caller) -> Result<Gate<'c>> {
        let gate = self.gate(caller)?;
        gate.tokens()?;
        Ok(gate)
    }

    /// The tokens that a caller may see and change.
    fn managed(&self, caller: &Caller) -> Result<Vec<StoredToken>> {
        let gate = self.token_gate(caller)?;
        let own = gate.own();
        let mut tokens = self.view()?.tokens()?;
        tokens.retain(|token| manages(own.as_deref(), token));
        tokens.sort_by_key(|token| (token.entry.issued_at, token.id));
        Ok(tokens)
    }

    /// Signs a token that a caller may hand out.
    fn mint(
        &self,
        caller: &Caller,
        gate: &Gate<'_>,
        request: &TokenRequest,
    ) -> Result<(String, Claims, TokenEntry)> {
        let rights = Rights::parse(&request.actions, &request.resources)
            .map_err(|error| invalid("dbx::token::rights", error.message).help(error.help))?;
        let now = self.inner.options.clock.now();
        let issued_at = seconds(now);
        let expires_at = request.ttl.map(|ttl| after(issued_at, ttl));
        if let (Some(own), Some(token)) = (gate.own(), &gate.token) {
            if !own.cover(&rights) {
                return Err(forbidden(format!("the token allows {own}, and may hand out no more")));
            }
            if token.entry.limit.is_some() {
                return Err(forbidden("a token that may write so many events only hands out none"));
            }
            let end = token.entry.expires_at;
            if end.is_some_and(|end| expires_at.is_none_or(|new| moment(new) > end)) {
                let end = end.unwrap_or_default();
                return Err(forbidden(format!(
                    "the token expires at {end}, and hands out none that holds longer"
                )));
            }
        }
        let claims = Claims {
            issuer: format!("dbx/{}", self.store().uuid()),
            id: Uuid::new_v4(),
            group: request.group.clone(),
            user: request.user.clone(),
            actions: rights.actions().iter().map(ToString::to_string).collect(),
            resources: rights.resources().iter().map(ToString::to_string).collect(),
            issued_at,
            not_before: None,
            expires_at,
            limit: request.limit,
            keep_alive: request.keep_alive,
        };
        let key = TokenKey::load(&self.paths().token_key())?;
        let (token, hash) = jwt::sign(&key, &claims)?;
        let entry = TokenEntry {
            group: claims.group.clone(),
            user: claims.user.clone(),
            actions: claims.actions.clone(),
            resources: claims.resources.clone(),
            issued_at: now,
            issued_by: caller.actor.clone(),
            hash,
            expires_at: expires_at.map(moment),
            limit: claims.limit,
            keep_alive: claims.keep_alive,
            revoked: None,
            replaced_by: None,
        };
        Ok((token, claims, entry))
    }

    fn info(&self, token: StoredToken) -> TokenInfo {
        let status = match token.check(self.inner.options.clock.now()) {
            Err(TokenRefusal::Revoked(_)) => TokenStatus::Revoked,
            Err(TokenRefusal::Idle(_)) => TokenStatus::Idle,
            Err(_) => TokenStatus::Expired,
            Ok(()) if token.afford(1).is_err() => TokenStatus::UsedUp,
            Ok(()) => TokenStatus::Active,
        };
        let idle_at = token.idle_at().map(|time| time.to_string());
        let StoredToken { id, entry, used } = token;
        let (revoked_at, revoked_by) = entry.revoked.unzip();
        TokenInfo {
            id: id.to_string(),
            status,
            group: entry.group,
            user: entry.user,
            actions: entry.actions,
            resources: entry.resources,
            issued_at: entry.issued_at.to_string(),
            issued_by: issuer(entry.issued_by),
            expires_at: entry.expires_at.map(|time| time.to_string()),
            keep_alive: entry.keep_alive,
            idle_at,
            last_used_at: used.last.map(|time| time.to_string()),
            written: used.written,
            limit: entry.limit,
            revoked_at: revoked_at.map(|time| time.to_string()),
            revoked_by: revoked_by.map(issuer),
            replaced_by: entry.replaced_by.map(|id| id.to_string()),
        }
    }
}

/// Whether a token allows no more than whoever manages it does; without rights of one's own: any.
fn manages(own: Option<&Rights>, token: &StoredToken) -> bool {
    let rights = Rights::parse(&token.entry.actions, &token.entry.resources);
    // What this dbx does not understand is for those who may do everything.
    own.is_none_or(|own| own.cover(&rights.unwrap_or_else(|_| Rights::all())))
}

fn revoked(at: Timestamp) -> Error {
    let message = TokenRefusal::Revoked(at).to_string();
    Error::new(Kind::Conflict, "dbx::token::revoked", message)
        .kept("nothing was changed")
        .help("`dbx token generate` makes a new one")
}

fn check(request: &TokenRequest) -> Result<()> {
    let names = [("group", &request.group), ("user", &request.user)];
    if let Some(why) = names.into_iter().find_map(|(what, name)| bad_name(what, name)) {
        return Err(invalid("dbx::token::name", why)
            .help("a name has 1 to 128 characters, none of them `/`"));
    }
    if request.actions.is_empty() || request.resources.is_empty() {
        let message = "a token without an action or without a resource allows nothing";
        return Err(invalid("dbx::token::rights", message)
            .help("`--action aggregate.read --resource 'aggregate:order:*'`, for one"));
    }
    for (number, what) in [
        (request.limit, "the write limit"),
        (request.keep_alive, "the keep-alive"),
        (request.ttl, "the time to live"),
    ] {
        if number == Some(0) {
            let message = format!("{what} is 0: such a token would not hold");
            return Err(invalid("dbx::token::zero", message).help("leave it out for none"));
        }
    }
    Ok(())
}

fn find(tokens: Vec<StoredToken>, id: &str) -> Result<StoredToken> {
    let short = id.len() < PREFIX_CHARS_MIN;
    let mut found =
        tokens.into_iter().filter(|token| !short && token.id.to_string().starts_with(id));
    let shown: String = id.chars().take(48).collect();
    match (found.next(), found.next()) {
        (Some(token), None) => Ok(token),
        (None, _) => Err(Error::new(
            Kind::NotFound,
            "dbx::token::no_such",
            format!("there is no token with the id `{shown}`"),
        )
        .kept("nothing was changed")
        .help(format!("`dbx token list` prints the ids; the first {PREFIX_CHARS_MIN} characters do, if no other begins so"))),
        (Some(_), Some(_)) => Err(Error::new(
            Kind::Invalid,
            "dbx::token::ambiguous",
            format!("several tokens have an id that begins with `{shown}`"),
        )
        .kept("nothing was changed")
        .help("give more of it: `dbx token list` prints the ids")),
    }
}

fn issued(token: String, claims: Claims, replaces: Option<Uuid>) -> TokenIssued {
    TokenIssued {
        token,
        id: claims.id.to_string(),
        group: claims.group,
        user: claims.user,
        actions: claims.actions,
        resources: claims.resources,
        expires_at: claims.expires_at.map(|second| moment(second).to_string()),
        limit: claims.limit,
        keep_alive: claims.keep_alive,
        replaces: replaces.map(|id| id.to_string()),
    }
}
