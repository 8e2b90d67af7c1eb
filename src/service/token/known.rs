//! Tokens whose signatures were checked before: a client sends the same one with each of its requests, and checking it
//! takes longer than all else that a small request needs.

use super::bearer::{Bearer, Span, read};
use crate::domain::{Hash, Timestamp};
use crate::error::Result;
use crate::proof::sha256;
use crate::workspace::Paths;
use quick_cache::sync::Cache;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How many tokens are remembered: what is asked for least goes for what is new.
const TOKENS: usize = 1024;

/// Tokens that the key of a workspace signed. What may change between two uses is looked at with each: the key's file
/// and the clock here, revocations in the store.
#[derive(Debug)]
pub(crate) struct Known {
    tokens: Cache<Hash, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    bearer: Bearer,
    span: Span,
    /// The key that it was held against.
    key: Stamp,
}

/// A file as it was: one that is replaced, written to or opened to others has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    place: (u64, u64),
    bytes: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// `None` where there is no such file, or it cannot be looked at.
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self {
            place: (found.dev(), found.ino()),
            bytes: found.size(),
            written: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

impl Known {
    pub(crate) fn new() -> Self {
        Self { tokens: Cache::new(TOKENS) }
    }

    /// The bearer of a token that was checked before, as [`identify`](super::identify) would give it; `None` where it has
    /// to be checked.
    ///
    /// # Errors
    /// Its time is over, or not there yet.
    pub(crate) fn find(
        &self,
        paths: &Paths,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Bearer>> {
        let Some(entry) = self.tokens.get(&sha256(token.as_bytes())) else { return Ok(None) };
        if Stamp::of(&paths.token_key()) != Some(entry.key) {
            return Ok(None);
        }
        entry.span.check(now)?;
        Ok(Some(entry.bearer))
    }

    /// As [`identify`](super::identify), and remembers what was found out.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn identify(&self, paths: &Paths, token: &str, now: Timestamp) -> Result<Bearer> {
        // Of the key as it is before it is read: where it changes meanwhile, the token is checked once more.
        let key = Stamp::of(&paths.token_key());
        let (bearer, span) = read(paths, token)?;
        span.check(now)?;
        if let Some(key) = key {
            let entry = Entry { bearer: bearer.clone(), span, key };
            self.tokens.insert(sha256(token.as_bytes()), entry);
        }
        Ok(bearer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::example;
    use super::super::jwt::sign;
    use super::*;
    use crate::workspace::TokenKey;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros((1_795_176_000 + seconds) * 1_000_000)
    }

    /// A workspace's key, and a token for the ten minutes from `at(0)` on.
    fn workspace() -> (tempfile::TempDir, Paths, String) {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        std::fs::create_dir_all(paths.token_key().parent().unwrap()).unwrap();
        TokenKey::ensure(&paths.token_key()).unwrap();
        let key = TokenKey::load(&paths.token_key()).unwrap();
        let token = sign(&key, &example(at(0))).unwrap().0;
        (folder, paths, token)
    }

    fn code<T>(result: Result<T>) -> Option<String> {
        result.err().map(|error| error.code().to_owned())
    }

    #[test]
    fn what_was_checked_is_found_for_as_long_as_it_holds() {
        let (_folder, paths, token) = workspace();
        let known = Known::new();
        assert_eq!(known.find(&paths, &token, at(1)).unwrap(), None);
        let bearer = known.identify(&paths, &token, at(1)).unwrap();
        assert_eq!(bearer, super::super::identify(&paths, &token, at(1)).unwrap());
        assert_eq!(known.find(&paths, &token, at(599)).unwrap(), Some(bearer));
        let other = format!("{token}A");
        assert_eq!(known.find(&paths, &other, at(1)).unwrap(), None);
        for (now, said) in [(at(600), "dbx::token::expired"), (at(-61), "dbx::token::early")] {
            assert_eq!(code(known.find(&paths, &token, now)).as_deref(), Some(said));
            assert_eq!(code(known.identify(&paths, &token, now)).as_deref(), Some(said));
        }
    }

    #[test]
    fn another_key_or_one_that_is_open_to_others_makes_it_unknown() {
        let (_folder, paths, token) = workspace();
        let (known, key) = (Known::new(), paths.token_key());
        let bearer = known.identify(&paths, &token, at(1)).unwrap();
        std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(known.find(&paths, &token, at(1)).unwrap(), None);
        assert_eq!(code(known.identify(&paths, &token, at(1))).as_deref(), Some("dbx::key::mode"));
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(known.identify(&paths, &token, at(1)).unwrap(), bearer);
        std::fs::remove_file(&key).unwrap();
        assert_eq!(known.find(&paths, &token, at(1)).unwrap(), None);
        TokenKey::ensure(&key).unwrap();
        assert_eq!(known.find(&paths, &token, at(1)).unwrap(), None);
        let said = code(known.identify(&paths, &token, at(1)));
        assert_eq!(said.as_deref(), Some("dbx::token::signature"));
    }

    #[test]
    fn what_does_not_hold_is_not_remembered() {
        let (_folder, paths, token) = workspace();
        let known = Known::new();
        let forged = token.replace('.', "_");
        assert!(known.identify(&paths, &forged, at(1)).is_err());
        assert!(known.identify(&paths, &token, at(600)).is_err());
        assert_eq!(known.tokens.len(), 0);
    }
}
