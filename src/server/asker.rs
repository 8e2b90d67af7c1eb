//! Who asks: the bearer of a token, or the user at the other end of the socket.

use super::app::App;
use super::reply::Refused;
use super::telemetry::request::Who;
use crate::error::{Error, Kind, Result};
use crate::service::token::Bearer;
use crate::service::{Caller, HIDDEN_HEADER, RESTRICT_HEADER, Restrict, USER_HEADER};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::net::SocketAddr;
use std::sync::Arc;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Peer {
    /// A process of this machine, at the socket, and whose it is.
    Socket {
        /// The operating system's number of the user.
        uid: u32,
    },
    /// Somebody, from this address.
    Tcp(SocketAddr),
}

/// The caller of a route.
#[derive(Debug)]
pub(super) struct Asker(pub(super) Caller);

impl FromRequestParts<Arc<App>> for Asker {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let peer = parts.extensions.get::<Peer>().copied();
        let restrict = restrict(parts, app, peer)?;
        let mut caller = match (bearer(parts)?, peer) {
            (Some(text), _) => Caller::bearing(&bearer_of(app, text).await?, restrict),
            (None, Some(Peer::Socket { uid })) => Caller::peer(user(parts, app)?, uid, restrict),
            (None, _) => return Err(no_token().into()),
        };
        if let Some(who) = parts.extensions.get::<Who>() {
            who.is(&caller.actor.group, &caller.actor.user);
        }
        caller.show_hidden = header(parts, HIDDEN_HEADER)?.is_some_and(|value| value == "true");
        Ok(Self(caller))
    }
}

/// Whose token it is.
async fn bearer_of(app: &Arc<App>, text: String) -> Result<Bearer, Refused> {
    if let Some(bearer) = app.tokens.find(app.local.paths(), &text, app.local.now())? {
        return Ok(bearer);
    }
    // The key is read and a signature is checked: not for the threads that serve everybody.
    let known = app.clone();
    app.call(move |local| known.tokens.identify(local.paths(), &text, local.now())).await
}

fn header<'p>(parts: &'p Parts, name: &str) -> Result<Option<&'p str>> {
    let Some(value) = parts.headers.get(name) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| {
        let message = format!("the header `{name}` holds what no header may");
        Error::new(Kind::Invalid, "dbx::request::header", message).kept("nothing was done")
    })
}

fn bearer(parts: &Parts) -> Result<Option<String>> {
    let Some(value) = header(parts, AUTHORIZATION.as_str())? else { return Ok(None) };
    if parts.headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
        // Whatever stands between the client and here might have looked at the other one.
        let message = "the request has more than one header `Authorization`";
        return Err(
            Error::new(Kind::Invalid, "dbx::request::header", message).kept("nothing was done")
        );
    }
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match token {
        Some((_, token)) => Ok(Some(token.trim().to_owned())),
        None => Err(no_token()),
    }
}

fn no_token() -> Error {
    Error::new(Kind::Unauthenticated, "dbx::token::missing", "this needs a token")
        .kept("nothing was read or written")
        .help("send `Authorization: Bearer TOKEN`; `dbx token generate` makes one")
}

/// A command says how it wants its writes held against the schema. What a server is strict about it is strict about with
/// everybody, and only who could stop it may be laxer than it.
fn restrict(parts: &Parts, app: &App, peer: Option<Peer>) -> Result<Restrict> {
    let own = app.options.restrict;
    let Some(asked) = header(parts, RESTRICT_HEADER)? else { return Ok(own) };
    let asked: Restrict = asked.parse().map_err(|message: String| {
        Error::new(Kind::Invalid, "dbx::request::header", message).kept("nothing was done")
    })?;
    Ok(match (own, peer) {
        (Restrict::Strict, _) => own,
        (_, Some(Peer::Socket { .. })) => asked,
        (_, _) if asked == Restrict::Off => own,
        (_, _) => asked,
    })
}

/// The name that the user's own command gives.
fn user(parts: &Parts, app: &App) -> Result<String> {
    let Some(text) = header(parts, USER_HEADER)? else { return Ok(app.options.user.clone()) };
    let pair = format!("user={text}");
    let name = url::form_urlencoded::parse(pair.as_bytes()).next();
    Ok(name.map(|(_, name)| name.into_owned()).unwrap_or_default())
}
