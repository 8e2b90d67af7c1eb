//! The text of the file that holds a master key.
//!
//! ```text
//! # (a comment)
//! dbx-data-key=1
//! id=32 hex digits: the id of the key
//! key=64 hex digits: the key
//! ```
//!
//! Where a secret from the environment protects the file, `sealed=` stands in the place of `key=`: the key, sealed with
//! the secret. Such a file is of no use without the secret.

use super::context::Context;
use super::key::{Key, KeyId, SealError};
use zeroize::Zeroizing;

const COMMENT: &str = "\
# The key of everything that this workspace keeps sealed. Whoever has it can read it; without it nobody can.
# Keep a copy where the workspace's own backups are not, and keep it out of version control.
";

/// What a key file holds.
#[derive(Debug)]
pub enum KeyFile {
    /// The key itself.
    Open(Key),
    /// The key, sealed with a secret.
    Sealed(Sealed),
}

/// A key that a secret protects.
#[derive(Debug)]
pub struct Sealed {
    id: KeyId,
    bytes: Vec<u8>,
}

/// Why a key file is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not the text of a key file.
    #[error("it is not a key file of dbx")]
    Malformed,
    /// It is protected, and no secret was given.
    #[error("it is protected by a secret")]
    NoSecret,
    /// It is protected by another secret.
    #[error("it is protected by another secret")]
    OtherSecret,
}

fn context(id: KeyId) -> Context {
    Context::new("dbx key file").part(id.as_bytes())
}

/// The text of a file with this key, protected by the secret where there is one.
///
/// # Errors
/// No random bytes.
pub fn text(key: &Key, secret: Option<&Key>) -> Result<Zeroizing<String>, SealError> {
    let id = key.id();
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str(COMMENT);
    text.push_str("dbx-data-key=1\nid=");
    text.push_str(&id.to_string());
    match secret {
        None => {
            text.push_str("\nkey=");
            text.push_str(&key.to_text());
        }
        Some(secret) => {
            text.push_str("\nsealed=");
            text.push_str(&hex(&secret.wrap(context(id), key)?));
        }
    }
    text.push('\n');
    Ok(text)
}

impl KeyFile {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`FileError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let (mut format, mut id, mut key, mut sealed) = (None, None, None, None);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once('=').ok_or(FileError::Malformed)?;
            let field = match name {
                "dbx-data-key" => &mut format,
                "id" => &mut id,
                "key" => &mut key,
                "sealed" => &mut sealed,
                _ => return Err(FileError::Malformed),
            };
            if field.replace(value).is_some() {
                return Err(FileError::Malformed);
            }
        }
        let id = id.and_then(unhex).and_then(|bytes| KeyId::from_slice(&bytes));
        match (format, id, key, sealed) {
            (Some("1"), Some(id), Some(key), None) => {
                let key = Key::from_text(key).filter(|key| key.id() == id);
                key.map(Self::Open).ok_or(FileError::Malformed)
            }
            (Some("1"), Some(id), None, Some(sealed)) => {
                let bytes = unhex(sealed).ok_or(FileError::Malformed)?;
                Ok(Self::Sealed(Sealed { id, bytes }))
            }
            _ => Err(FileError::Malformed),
        }
    }

    /// Whether a secret protects the key.
    pub fn is_protected(&self) -> bool {
        matches!(self, Self::Sealed(_))
    }

    /// The key. The secret is looked at only where it is needed.
    ///
    /// # Errors
    /// The secret is missing or another one, or the file is not what was written.
    pub fn open(self, secret: Option<&Key>) -> Result<Key, FileError> {
        let sealed = match self {
            Self::Open(key) => return Ok(key),
            Self::Sealed(sealed) => sealed,
        };
        let secret = secret.ok_or(FileError::NoSecret)?;
        let key =
            secret.unwrap(context(sealed.id), &sealed.bytes).map_err(|error| match error {
                SealError::OtherKey { .. } => FileError::OtherSecret,
                _ => FileError::Malformed,
            })?;
        if key.id() == sealed.id { Ok(key) } else { Err(FileError::Malformed) }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    rest.is_empty().then(|| {
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
    })?
}

#[cfg(test)]
mod tests {
    use super::super::key::KEY_BYTES;
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    fn opened(text: &str, secret: Option<&Key>) -> Result<Key, FileError> {
        KeyFile::parse(text)?.open(secret)
    }

    #[test]
    fn a_key_comes_back_with_and_without_a_secret() {
        let open = text(&key(1), None).unwrap();
        assert_eq!(opened(&open, None), Ok(key(1)));
        assert_eq!(opened(&open, Some(&key(9))), Ok(key(1)), "a secret that is not needed");
        let sealed = text(&key(1), Some(&key(2))).unwrap();
        assert!(KeyFile::parse(&sealed).unwrap().is_protected());
        assert!(!sealed.contains(&*key(1).to_text()));
        assert_eq!(opened(&sealed, Some(&key(2))), Ok(key(1)));
        assert_eq!(opened(&sealed, Some(&key(3))), Err(FileError::OtherSecret));
        assert_eq!(opened(&sealed, None), Err(FileError::NoSecret));
    }

    #[test]
    fn anything_else_is_no_key_file() {
        let good = text(&key(1), None).unwrap();
        let id = key(1).id().to_string();
        for bad in [
            String::new(),
            "hello".to_owned(),
            good.replace("dbx-data-key=1", "dbx-data-key=2"),
            good.replace("key=01", "key=02"),
            good.replace(&id, &key(2).id().to_string()),
            good.replace("key=0101", "key="),
            format!("{}colour=green\n", *good),
            format!("{}id={id}\n", *good),
            format!("dbx-data-key=1\nid={id}\nsealed=00\n"),
            format!("dbx-data-key=1\nid={id}\nsealed=0\n"),
        ] {
            assert_eq!(opened(&bad, Some(&key(2))), Err(FileError::Malformed), "{bad}");
        }
    }
}
