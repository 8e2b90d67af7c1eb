//! The Ed25519 key (RFC 8032) that signs tokens, kept as PKCS#8 PEM (RFC 8410).

use super::files::{self, Access};
use crate::error::{Error, Kind};
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A key that signs tokens.
///
/// Its `Debug` form shows nothing of it.
#[derive(Clone)]
pub struct TokenKey(SigningKey);

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key file.
    #[error("there is no signing key at `{}`", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// Others than the owner may read or change it.
    #[error("the signing key `{}` is open to others (mode {mode:04o})", path.display())]
    Mode {
        /// Where it is.
        path: PathBuf,
        /// All its permission bits.
        mode: u32,
    },
    /// Not an Ed25519 key in PKCS#8 PEM.
    #[error("`{}` does not hold an Ed25519 key in PKCS#8 PEM", path.display())]
    Malformed {
        /// Where it is.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("cannot use the signing key `{}`: {source}", path.display())]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a key: {0}")]
    Random(String),
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        let message = error.to_string();
        match error {
            KeyError::Missing { .. } => Self::new(Kind::Invalid, "dbx::key::missing", message)
                .help("`dbx init` makes a new one; tokens signed with the old one stop working"),
            KeyError::Mode { path, .. } => Self::new(Kind::Invalid, "dbx::key::mode", message)
                .kept("it was not read")
                .help(format!("close it with `chmod 600 {}`", path.display())),
            KeyError::Malformed { path } => {
                Self::new(Kind::Invalid, "dbx::key::malformed", message)
                    .kept("it was not changed")
                    .help(format!(
                        "put a copy back, or move `{}` away and let `dbx init` make a new one",
                        path.display()
                    ))
            }
            KeyError::Io { source, .. } => {
                Self::new(files::io_kind(&source), "dbx::key::io", message)
                    .help("check who owns the file and whether the disk is full")
            }
            KeyError::Random(_) => Self::new(Kind::Unavailable, "dbx::key::random", message),
        }
    }
}

impl TokenKey {
    /// A new key from the system's random bytes.
    ///
    /// # Errors
    /// The system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Reads the key at `path`.
    ///
    /// # Errors
    /// There is none, others may read it, or it is not such a key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let beyond = files::mode_beyond_owner(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyError::Missing { path: path.to_owned() },
            _ => KeyError::Io { path: path.to_owned(), source },
        })?;
        if beyond != 0 {
            return Err(KeyError::Mode { path: path.to_owned(), mode: 0o600 | beyond });
        }
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => KeyError::Malformed { path: path.to_owned() },
            _ => KeyError::Io { path: path.to_owned(), source },
        })?;
        SigningKey::from_pkcs8_pem(&text)
            .map(Self)
            .map_err(|_| KeyError::Malformed { path: path.to_owned() })
    }

    /// Makes a key at `path` where there is none. Says whether it did: a key that is there is left as it is.
    ///
    /// # Errors
    /// The folder is missing or not writable, or the system gives no random bytes.
    pub fn ensure(path: &Path) -> Result<bool, KeyError> {
        if path.symlink_metadata().is_ok() {
            return Ok(false);
        }
        let pem = Self::generate()?.pem(path)?;
        files::create_atomic(path, pem.as_bytes(), Access::Private)
            .map_err(|source| KeyError::Io { path: path.to_owned(), source })
    }

    /// The signature of `message` (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Whether `signature` is this key's of `message`, checked strictly: signatures that others than Ed25519's own
    /// equation would let through, and keys and points of small order, are refused.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verifying_key().verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn pem(&self, path: &Path) -> Result<impl std::ops::Deref<Target = String> + use<>, KeyError> {
        self.document()
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::Malformed { path: path.to_owned() })
    }

    /// Without the public key, as version 1 of PKCS#8: the form that every other tool reads.
    fn document(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        assert!(matches!(TokenKey::load(&path), Err(KeyError::Missing { .. })));
        assert!(TokenKey::ensure(&path).unwrap());
        let first = TokenKey::load(&path).unwrap();
        assert!(!TokenKey::ensure(&path).unwrap());
        assert_eq!(TokenKey::load(&path).unwrap().public_key(), first.public_key());
        assert_ne!(TokenKey::generate().unwrap().public_key(), first.public_key());
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    }

    #[test]
    fn reads_what_openssl_writes() {
        // The private key of RFC 8410, section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----\n";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        files::write_atomic(&path, pem.as_bytes(), Access::Private).unwrap();
        let key = TokenKey::load(&path).unwrap();
        assert_eq!(key.public_key()[..4], [0x19, 0xbf, 0x44, 0x09]);
        assert_eq!(*key.pem(&path).unwrap(), pem);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        TokenKey::ensure(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = TokenKey::load(&path).unwrap_err();
            assert!(matches!(error, KeyError::Mode { mode: found, .. } if found == mode));
            assert!(Error::from(error).help_text().unwrap().contains("chmod 600"));
        }
    }

    #[test]
    fn anything_else_is_no_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        for bytes in
            [&b""[..], b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff"]
        {
            files::write_atomic(&path, bytes, Access::Private).unwrap();
            assert!(matches!(TokenKey::load(&path), Err(KeyError::Malformed { .. })));
        }
        assert_eq!(format!("{:?}", TokenKey::generate().unwrap()), "TokenKey(..)");
    }
}
