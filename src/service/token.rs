//! Tokens: JWTs (RFC 7519) signed with `EdDSA` (RFC 8037).

use crate::domain::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::workspace::files::{self, Access};
use crate::workspace::{Paths, TokenKey, Ttl};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The group of the bootstrap token.
pub const BOOTSTRAP_GROUP: &str = "cli";

/// The user of the bootstrap token.
pub const BOOTSTRAP_USER: &str = "bootstrap";

/// What a token says about its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The group, recorded with every event that the holder writes.
    pub group: String,
    /// The user, likewise.
    pub user: String,
    /// What the holder may do: `aggregate.read`, `*.*`.
    pub actions: Vec<String>,
    /// What the holder may do it to: `aggregate:order:*`, `*`.
    pub resources: Vec<String>,
    /// When the token was made, in seconds of the Unix epoch.
    pub iat: i64,
    /// When it stops working, in seconds of the Unix epoch; absent where it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// The token's own id, by which it is revoked.
    pub jti: String,
}

/// A signed token and what it says.
#[derive(Clone)]
pub struct Minted {
    /// The token, a secret.
    pub token: String,
    /// What it says.
    pub claims: Claims,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// The header of every token (RFC 8037 section 3.1): there is one kind of key, so there is nothing to choose.
const HEADER: &str = r#"{"typ":"JWT","alg":"EdDSA"}"#;

/// Signs `claims` with `key`, in the compact form (RFC 7515 section 7.1): header, claims and signature in base64url,
/// with dots between them.
///
/// # Errors
/// The claims cannot be written as JSON, which would be a fault of dbx.
pub fn sign(key: &TokenKey, claims: Claims) -> Result<Minted> {
    let json = serde_json::to_string(&claims).map_err(|error| {
        Error::new(Kind::Internal, "dbx::token::sign", format!("cannot sign the token: {error}"))
    })?;
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(json));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes()));
    token.push('.');
    token.push_str(&signature);
    Ok(Minted { token, claims })
}

/// Makes the token that may do everything, for `ttl` from `now` on.
///
/// # Errors
/// The key cannot be used, which would be a fault of dbx.
pub fn mint_bootstrap(key: &TokenKey, ttl: Ttl, now: Timestamp) -> Result<Minted> {
    let iat = now.as_micros().div_euclid(1_000_000);
    let exp =
        ttl.seconds().map(|seconds| iat.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)));
    sign(
        key,
        Claims {
            group: BOOTSTRAP_GROUP.into(),
            user: BOOTSTRAP_USER.into(),
            actions: vec!["*.*".into()],
            resources: vec!["*".into()],
            iat,
            exp,
            jti: uuid::Uuid::new_v4().to_string(),
        },
    )
}

/// Makes a bootstrap token and writes it to `.dbx/cli.token` for its owner only (0600), instead of what is there.
///
/// # Errors
/// The signing key is missing, open to others or not a key; or the file cannot be written.
pub fn write_bootstrap(paths: &Paths, ttl: Ttl, now: Timestamp) -> Result<Minted> {
    let key = TokenKey::load(&paths.token_key())?;
    let minted = mint_bootstrap(&key, ttl, now)?;
    files::write_atomic(
        &paths.cli_token,
        format!("{}\n", minted.token).as_bytes(),
        Access::Private,
    )
    .map_err(|error| {
        let path = paths.cli_token.display();
        Error::new(Kind::Unavailable, "dbx::token::io", format!("cannot write `{path}`: {error}"))
            .help("check who owns the folder and whether the disk is full")
    })?;
    Ok(minted)
}

/// Writes a bootstrap token where there is none, as `dbx init` does; `None` where there is one.
///
/// # Errors
/// As [`write_bootstrap`].
pub fn ensure_bootstrap(paths: &Paths, ttl: Ttl, now: Timestamp) -> Result<Option<Minted>> {
    if paths.cli_token.symlink_metadata().is_ok() {
        return Ok(None);
    }
    write_bootstrap(paths, ttl, now).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    /// The claims, read as any other program would: by RFC 7515, with the public key alone.
    fn read(token: &str, key: &TokenKey) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let plain = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&plain(header)).unwrap();
        assert_eq!(header, serde_json::json!({"typ": "JWT", "alg": "EdDSA"}));
        let public =
            ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key.public_key());
        public.verify(signed.as_bytes(), &plain(signature)).ok()?;
        Some(serde_json::from_slice(&plain(claims)).unwrap())
    }

    #[test]
    fn the_bootstrap_token_may_do_everything_for_its_time() {
        let key = TokenKey::generate().unwrap();
        let minted = mint_bootstrap(&key, "10m".parse().unwrap(), now()).unwrap();
        let claims = read(&minted.token, &key).unwrap();
        assert_eq!(claims, minted.claims);
        assert_eq!(claims.exp, Some(claims.iat + 600));
        assert_eq!((claims.actions, claims.resources), (vec!["*.*".into()], vec!["*".into()]));
        assert!(!format!("{minted:?}").contains(&minted.token));
    }

    #[test]
    fn another_key_did_not_sign_it() {
        let minted = mint_bootstrap(&TokenKey::generate().unwrap(), Ttl::DAY, now()).unwrap();
        assert_eq!(read(&minted.token, &TokenKey::generate().unwrap()), None);
    }

    #[test]
    fn for_ever_has_no_expiry_at_all() {
        let key = TokenKey::generate().unwrap();
        let minted = mint_bootstrap(&key, Ttl::NEVER, now()).unwrap();
        assert!(!serde_json::to_string(&minted.claims).unwrap().contains("exp"));
        assert_eq!(read(&minted.token, &key).unwrap().exp, None);
    }

    #[test]
    fn the_file_is_private_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::at(dir.path());
        std::fs::create_dir_all(&paths.keys).unwrap();
        assert_eq!(
            ensure_bootstrap(&paths, Ttl::DAY, now()).unwrap_err().code(),
            "dbx::key::missing"
        );
        TokenKey::ensure(&paths.token_key()).unwrap();
        let minted = ensure_bootstrap(&paths, Ttl::DAY, now()).unwrap().unwrap();
        assert!(ensure_bootstrap(&paths, Ttl::DAY, now()).unwrap().is_none());
        let stored = std::fs::read_to_string(&paths.cli_token).unwrap();
        assert_eq!(stored.trim_end(), minted.token);
        assert_eq!(files::mode_beyond_owner(&paths.cli_token).unwrap(), 0);
    }
}
