//! Tokens: none is believed that the workspace's key did not sign, and what it did sign is read or refused.

use super::parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dbx::domain::Timestamp;
use dbx::error::Kind;
use dbx::service::token::identify;
use dbx::workspace::{Paths, TokenKey};
use std::sync::LazyLock;
use tempfile::TempDir;

/// A workspace of nothing but its key.
struct Workspace {
    _folder: TempDir,
    paths: Paths,
    key: TokenKey,
}

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::at(folder.path());
    let path = paths.token_key();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(TokenKey::ensure(&path).unwrap());
    let key = TokenKey::load(&path).unwrap();
    Workspace { _folder: folder, paths, key }
});

/// A header and claims, which are signed; and the whole as a token that nobody signed.
pub fn run(data: &[u8]) {
    let Workspace { paths, key, .. } = &*WORKSPACE;
    let now: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
    let Some([header, claims]) = parts(data) else { return };
    let raw = std::str::from_utf8(data).unwrap();
    let error = identify(paths, raw, now).expect_err("nobody signed it");
    assert_eq!(error.kind(), Kind::Unauthenticated);
    let mut token = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes()));
    let unsigned = format!("{token}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
    assert!(identify(paths, &unsigned, now).is_err(), "another signature");
    token.push('.');
    token.push_str(&signature);
    match identify(paths, &token, now) {
        Ok(bearer) => {
            assert_eq!(identify(paths, &token, now).as_ref(), Ok(&bearer));
            assert!(identify(paths, &format!("{token}="), now).is_err(), "one spelling");
            assert!(identify(paths, &token[1..], now).is_err());
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::Unauthenticated);
            assert!(!error.message().is_empty());
        }
    }
}
