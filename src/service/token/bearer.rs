//! From a token as it came in to who bears it.

use super::claims::{Claims, bad_name, moment};
use super::jwt::{self, Unreadable};
use crate::domain::access::Rights;
use crate::domain::{Actor, Hash, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::store::TokenRefusal;
use crate::workspace::{Paths, TokenKey};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// How far clocks may be apart: a token may have been made by as much in the future. Its end has no such grace.
const SKEW_SECONDS: i64 = 60;

/// Whoever came with a token that the workspace's key signed and whose time is not over. Whether it was revoked, the
/// store knows: it is asked at every use.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer {
    pub(in crate::service) actor: Actor,
    pub(in crate::service) token: Uuid,
    pub(in crate::service) hash: Hash,
    pub(in crate::service) rights: Arc<Rights>,
    /// The token itself, a secret.
    pub(in crate::service) text: Arc<str>,
}

/// Without the secret.
impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actor, token, rights, .. } = self;
        let mut shown = f.debug_struct("Bearer");
        shown.field("actor", actor).field("token", token).field("rights", rights).finish()
    }
}

/// What helps with any token that does not hold.
const ANOTHER: &str = "make another with `dbx token generate`, or give none: then what you may do to the files decides";

fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(Kind::Unauthenticated, code, message).kept("nothing was read or written")
}

/// Checks a token of the workspace at `paths`: its form, its signature, its time.
///
/// # Errors
/// [`Kind::Unauthenticated`] where it is none, not one of this workspace or not in its time; what is wrong with the
/// workspace's key.
pub fn identify(paths: &Paths, token: &str, now: Timestamp) -> Result<Bearer> {
    let (bearer, span) = read(paths, token)?;
    span.check(now)?;
    Ok(bearer)
}

/// Checks the form and the signature of a token; also gives the time that it is for, which is not checked.
pub(super) fn read(paths: &Paths, token: &str) -> Result<(Bearer, Span)> {
    let key = TokenKey::load(&paths.token_key())?;
    let (claims, hash) = jwt::read(&key, token).map_err(unreadable)?;
    let span = Span::of(&claims);
    let names = [("group", &claims.group), ("user", &claims.user)];
    if let Some(why) = names.into_iter().find_map(|(what, name)| bad_name(what, name)) {
        return Err(unreadable(Unreadable::Malformed(why)));
    }
    let rights = Rights::parse(&claims.actions, &claims.resources).map_err(|error| {
        refused("dbx::token::malformed", format!("the token cannot be read: {error}")).help(ANOTHER)
    })?;
    let bearer = Bearer {
        actor: Actor { group: claims.group, user: claims.user, uid: None },
        token: claims.id,
        hash,
        rights: Arc::new(rights),
        text: Arc::from(token),
    };
    Ok((bearer, span))
}

/// The time that a token is for, as its claims say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    begin: Timestamp,
    end: Option<Timestamp>,
}

impl Span {
    fn of(claims: &Claims) -> Self {
        let begin = claims.not_before.unwrap_or(0).max(claims.issued_at);
        Self { begin: moment(begin), end: claims.expires_at.map(moment) }
    }

    /// Refuses a time outside.
    pub(super) fn check(&self, now: Timestamp) -> Result<()> {
        if let Some(end) = self.end.filter(|end| *end <= now) {
            return Err(TokenRefusal::Expired(end).into());
        }
        let grace =
            Timestamp::from_micros(now.as_micros().saturating_add(SKEW_SECONDS * 1_000_000));
        if self.begin > grace {
            let message = format!("the token holds from {} on only", self.begin);
            return Err(
                refused("dbx::token::early", message).help("check the clock of this machine")
            );
        }
        Ok(())
    }
}

fn unreadable(error: Unreadable) -> Error {
    let message = error.to_string();
    match error {
        Unreadable::Malformed(_) => refused("dbx::token::malformed", message)
            .help("copy it whole, or `@FILE` to read it from a file"),
        Unreadable::Signature { issuer } => {
            let from = issuer.filter(|issuer| issuer.starts_with("dbx/")).map(|issuer| {
                let issuer: String = issuer.chars().take(64).collect();
                format!("it says that it is of the store `{issuer}` (`dbx status -v` prints which this is); ")
            });
            refused("dbx::token::signature", message)
                .help(format!("{}{ANOTHER}", from.unwrap_or_default()))
        }
    }
}

impl From<TokenRefusal> for Error {
    fn from(refusal: TokenRefusal) -> Self {
        let message = refusal.to_string();
        let code = match refusal {
            TokenRefusal::Unknown => "dbx::token::unknown",
            TokenRefusal::Revoked(_) => "dbx::token::revoked",
            TokenRefusal::Expired(_) => "dbx::token::expired",
            TokenRefusal::Idle(_) => "dbx::token::idle",
            TokenRefusal::Limit { .. } => {
                return Self::new(Kind::Forbidden, "dbx::token::limit", message)
                    .kept("nothing was written")
                    .help("whoever manages the tokens can make another with `dbx token generate --limit N`");
            }
        };
        refused(code, message).help(ANOTHER)
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::{example, seconds};
    use super::*;

    fn workspace() -> (tempfile::TempDir, Paths, TokenKey) {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::at(dir.path());
        std::fs::create_dir_all(&paths.keys).unwrap();
        TokenKey::ensure(&paths.token_key()).unwrap();
        let key = TokenKey::load(&paths.token_key()).unwrap();
        (dir, paths, key)
    }

    #[test]
    fn a_token_holds_in_its_time() {
        let (_dir, paths, key) = workspace();
        let now = Timestamp::from_micros(1_795_176_000_000_000);
        let at = |second: i64| Timestamp::from_micros(now.as_micros() + second * 1_000_000);
        let code = |claims: &Claims, now| {
            let token = jwt::sign(&key, claims).unwrap().0;
            identify(&paths, &token, now).map(|bearer| bearer.actor.user).map_err(|error| {
                assert_eq!(error.kind(), Kind::Unauthenticated);
                error.code()
            })
        };
        let good = example(now);
        let eve = || Ok("eve".to_owned());
        assert_eq!(code(&good, at(0)), eve());
        assert_eq!(code(&good, at(599)), eve());
        let last = Timestamp::from_micros(at(600).as_micros() - 1);
        assert_eq!(code(&good, last), eve());
        assert_eq!(code(&good, at(600)), Err("dbx::token::expired"));
        assert_eq!(code(&good, at(601)), Err("dbx::token::expired"));
        // Made in the future: by a clock that is a little ahead, or not.
        assert_eq!(code(&good, at(-60)), eve());
        assert_eq!(code(&good, at(-61)), Err("dbx::token::early"));
        let far = Claims { issued_at: 253_402_207_200, expires_at: None, ..good.clone() };
        assert_eq!(code(&far, at(0)), Err("dbx::token::early"));
        let later = Claims { not_before: Some(seconds(at(100))), ..good.clone() };
        assert_eq!(code(&later, at(0)), Err("dbx::token::early"));
        assert_eq!(code(&later, at(100)), eve());
        let never = Claims { expires_at: None, ..good.clone() };
        assert_eq!(code(&never, Timestamp::from_micros(i64::MAX)), eve());
        assert_eq!(code(&never, Timestamp::from_micros(i64::MIN)), Err("dbx::token::early"));
        let strange = Claims { actions: vec!["aggregate.dance".into()], ..good.clone() };
        assert_eq!(code(&strange, at(0)), Err("dbx::token::malformed"));
        let nameless = Claims { user: "a/b".into(), ..good };
        assert_eq!(code(&nameless, at(0)), Err("dbx::token::malformed"));
    }

    #[test]
    fn a_token_of_another_workspace_says_so() {
        let (_dir, paths, _) = workspace();
        let (_elsewhere, _, key) = workspace();
        let now = Timestamp::from_micros(1_795_176_000_000_000);
        let token = jwt::sign(&key, &example(now)).unwrap().0;
        let error = identify(&paths, &token, now).unwrap_err();
        assert_eq!(error.code(), "dbx::token::signature");
        assert!(error.help_text().unwrap().contains("dbx/6f9619ff"), "{error:?}");
        assert!(!format!("{error:?}").contains(&token));
        std::fs::remove_file(paths.token_key()).unwrap();
        assert_eq!(identify(&paths, &token, now).unwrap_err().code(), "dbx::key::missing");
    }
}
