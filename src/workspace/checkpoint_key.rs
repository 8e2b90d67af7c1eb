//! The Ed25519 key that signs checkpoints: never the one that signs tokens, so that neither can be used for the other.

use super::files;
use super::keys::{KeyError, TokenKey};
use super::paths::Paths;
use crate::error::Error;
use std::io;

/// A key that signs checkpoints, kept as the one that signs tokens is.
///
/// Its `Debug` form shows nothing of it.
#[derive(Debug, Clone)]
pub struct CheckpointKey(TokenKey);

impl CheckpointKey {
    /// The key of the workspace, which is made where there is none yet.
    ///
    /// # Errors
    /// It cannot be read or made, others may read it, or it is not such a key.
    pub fn ensure(paths: &Paths) -> Result<Self, Error> {
        let path = paths.checkpoint_key();
        files::create_private_dir(&paths.keys)
            .map_err(|source| told(KeyError::Io { path: paths.keys.clone(), source }))?;
        TokenKey::ensure(&path).and_then(|_| TokenKey::load(&path)).map(Self).map_err(told)
    }

    /// The key of the workspace; `None` where none was made yet.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it is not such a key.
    pub fn find(paths: &Paths) -> Result<Option<Self>, Error> {
        match TokenKey::load(&paths.checkpoint_key()) {
            Ok(key) => Ok(Some(Self(key))),
            Err(KeyError::Missing { .. }) => Ok(None),
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(told(error)),
        }
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.public_key()
    }

    /// The signature of `bytes` (RFC 8032).
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes)
    }
}

/// What a person can do about it, which is not what it is for the key of the tokens.
fn told(error: KeyError) -> Error {
    let malformed = matches!(error, KeyError::Malformed { .. });
    let error = Error::from(error);
    if malformed {
        let help = "put a copy back, or move it away and let `dbx checkpoint` make a new one, whose public part those \
                    who check your checkpoints then need";
        return error.help(help);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_when_it_is_asked_for_and_is_not_the_key_of_the_tokens() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::at(dir.path());
        std::fs::create_dir_all(&paths.dot).unwrap();
        assert!(CheckpointKey::find(&paths).unwrap().is_none());
        let made = CheckpointKey::ensure(&paths).unwrap();
        TokenKey::ensure(&paths.token_key()).unwrap();
        assert_eq!(files::mode_beyond_owner(&paths.checkpoint_key()).unwrap(), 0);
        let found = CheckpointKey::find(&paths).unwrap().unwrap();
        assert_eq!(found.public_key(), made.public_key());
        assert_ne!(found.public_key(), TokenKey::load(&paths.token_key()).unwrap().public_key());
        assert_eq!(found.sign(b"x"), made.sign(b"x"));
        std::fs::write(paths.checkpoint_key(), "x").unwrap();
        let error = CheckpointKey::find(&paths).unwrap_err();
        assert!(error.help_text().unwrap().contains("dbx checkpoint"), "{error:?}");
    }
}
