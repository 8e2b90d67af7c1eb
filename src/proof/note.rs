//! Signed notes (<https://c2sp.org/signed-note>) with Ed25519 signatures (RFC 8032).
//!
//! ```text
//! text, whose last line is ended too
//!
//! — NAME base64(key id, 4 bytes ‖ signature, 64 bytes)
//! ```
//!
//! The key id is the beginning of SHA-256(name ‖ 0x0a ‖ 0x01 ‖ public key); the 1 stands for Ed25519. Signatures of
//! other kinds and by keys that nobody asks about are carried along and ignored.

use super::hash::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use std::fmt;
use std::str::FromStr;

const ED25519: u8 = 1;
const BULLET: &str = "— ";

/// More than any honest note has.
const SIGNATURES_MAX: usize = 100;

/// Why a text is not a note or a key, or a note not signed by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// There is no blank line with signatures behind it.
    #[error("not a signed note: a text, a blank line and signatures are expected")]
    Form,
    /// A line of a signature that cannot be read.
    #[error("not a signed note: a signature is `— NAME BASE64`")]
    Line,
    /// A name that a key cannot have.
    #[error("a name is not blank and has no white space and no `+`")]
    Name,
    /// A text that is not a key.
    #[error("not a verifier key: NAME+ID+BASE64 with an Ed25519 key is expected")]
    Key,
    /// The key signed nothing of this.
    #[error("the note has no signature by this key")]
    Unsigned,
    /// The signature is of other bytes or by another key.
    #[error("the signature does not fit the note")]
    Signature,
}

/// Whether a key can have this name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// What somebody else needs in order to know a signature: `NAME+ID+BASE64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// The public key, 32 bytes, under a name.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        if is_name(name) {
            Ok(Self { name: name.to_owned(), public })
        } else {
            Err(NoteError::Name)
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name and the public key in short.
    pub fn id(&self) -> [u8; 4] {
        let bytes = [self.name.as_bytes(), b"\n", &[ED25519], &self.public].concat();
        let [a, b, c, d, ..] = sha256(&bytes).0;
        [a, b, c, d]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ED25519][..], &self.public].concat());
        write!(f, "{}+{:08x}+{key}", self.name, u32::from_be_bytes(self.id()))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(NoteError::Key);
        let (name, _, key) = (part()?, part()?, part()?);
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let Some((&ED25519, public)) = bytes.split_first() else { return Err(NoteError::Key) };
        let public = public.try_into().map_err(|_| NoteError::Key)?;
        VerifyingKey::from_bytes(&public).map_err(|_| NoteError::Key)?;
        let read = Self::new(name, public)?;
        if read.to_string() == text { Ok(read) } else { Err(NoteError::Key) }
    }
}

/// One signature of a note, by whatever key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub key_id: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

/// A text and who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    /// What was signed; ends with a line end.
    pub text: String,
    /// The signatures, one at least.
    pub signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// A text with one signature, which `sign` makes of its bytes.
    pub fn sign(text: String, key: &VerifierKey, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Self {
        let bytes = sign(text.as_bytes()).to_vec();
        let signature = NoteSignature { name: key.name.clone(), key_id: key.id(), bytes };
        Self { text, signatures: vec![signature] }
    }

    /// Checks the signature by `key`; others do not matter.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] where there is none, [`NoteError::Signature`] where there is one that does not fit.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let by_key = |it: &&NoteSignature| it.name == key.name && it.key_id == key.id();
        let found = self.signatures.iter().find(by_key).ok_or(NoteError::Unsigned)?;
        let public = VerifyingKey::from_bytes(&key.public).map_err(|_| NoteError::Key)?;
        let bytes: [u8; 64] =
            found.bytes.as_slice().try_into().map_err(|_| NoteError::Signature)?;
        public
            .verify_strict(self.text.as_bytes(), &Signature::from_bytes(&bytes))
            .map_err(|_| NoteError::Signature)
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for NoteSignature { name, key_id, bytes } in &self.signatures {
            let signature = STANDARD.encode([&key_id[..], bytes].concat());
            writeln!(f, "{BULLET}{name} {signature}")?;
        }
        Ok(())
    }
}

impl FromStr for SignedNote {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let split = text.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, rest) = text.split_at_checked(split + 1).ok_or(NoteError::Form)?;
        let lines = rest.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n'));
        let lines: Vec<&str> = lines.ok_or(NoteError::Form)?.split('\n').collect();
        let control = |c: char| c.is_control() && c != '\n';
        if text.contains(control) || lines.len() > SIGNATURES_MAX {
            return Err(NoteError::Form);
        }
        let signatures = lines.into_iter().map(signature).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), signatures })
    }
}

fn signature(line: &str) -> Result<NoteSignature, NoteError> {
    let (name, signature) =
        line.strip_prefix(BULLET).and_then(|rest| rest.split_once(' ')).ok_or(NoteError::Line)?;
    let bytes = STANDARD.decode(signature).map_err(|_| NoteError::Line)?;
    let (key_id, bytes) = bytes.split_first_chunk::<4>().ok_or(NoteError::Line)?;
    if !is_name(name) || bytes.is_empty() {
        return Err(NoteError::Line);
    }
    Ok(NoteSignature { name: name.to_owned(), key_id: *key_id, bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    // The example of the specification.
    const NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_example_of_the_specification_is_what_it_says() {
        let (note, key): (SignedNote, VerifierKey) = (NOTE.parse().unwrap(), KEY.parse().unwrap());
        assert_eq!(note.text, "This is an example message.\n");
        assert_eq!(note.verify(&key), Ok(()));
        assert_eq!((note.to_string(), key.to_string()), (NOTE.into(), KEY.into()));
        let other = SignedNote { text: "This is another message.\n".into(), ..note };
        assert_eq!(other.verify(&key), Err(NoteError::Signature));
    }

    #[test]
    fn a_note_is_signed_by_the_key_that_signed_it() {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let key = VerifierKey::new("dbx/1", secret.verifying_key().to_bytes()).unwrap();
        let note = SignedNote::sign("a\n\nb\n".into(), &key, |text| secret.sign(text).to_bytes());
        let mut read: SignedNote = note.to_string().parse().unwrap();
        assert_eq!(read, note);
        assert_eq!(read.verify(&key), Ok(()));
        let other = VerifierKey::new("dbx/2", secret.verifying_key().to_bytes()).unwrap();
        assert_eq!(read.verify(&other), Err(NoteError::Unsigned));
        let witness = NoteSignature { name: "w".into(), key_id: [0; 4], bytes: vec![9; 72] };
        read.signatures.insert(0, witness);
        assert_eq!(read.to_string().parse::<SignedNote>().unwrap().verify(&key), Ok(()));
        read.signatures[1].bytes.pop();
        assert_eq!(read.verify(&key), Err(NoteError::Signature));
    }

    #[test]
    fn what_is_no_note_and_no_key_is_refused() {
        for text in [
            "",
            "a\n",
            "a\n\n",
            "a\n\n— b",
            "a\n\n— b AAAA\n",
            "a\n\nb AAAAAAA=\n",
            "a\r\n\n— b AAAAAAA=\n",
            "a\n\n— b+c AAAAAAA=\n",
        ] {
            assert!(text.parse::<SignedNote>().is_err(), "{text:?}");
        }
        let twisted = KEY.replace("530d903a", "530d903b");
        for text in
            ["", "a+b", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", &twisted]
        {
            assert!(text.parse::<VerifierKey>().is_err(), "{text:?}");
        }
        assert_eq!(VerifierKey::new("a+b", [0; 32]), Err(NoteError::Name));
    }
}
