//! Keys, and what they seal.

use super::context::Context;
use aes_gcm::aead::AeadInPlace;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use zeroize::Zeroizing;

/// The bytes of a key.
pub const KEY_BYTES: usize = 32;

const ID_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// How many bytes a sealed text is longer than the text.
pub const OVERHEAD_BYTES: usize = ID_BYTES + NONCE_BYTES + TAG_BYTES;

/// What the id of a key is the code of.
const ID_LABEL: &[u8] = b"dbx key id 1";

/// The name of a key: the first 16 bytes of HMAC-SHA-256 (RFC 2104) under the key itself. It says nothing about the key
/// to those who do not have it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; ID_BYTES]);

impl KeyId {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; ID_BYTES] {
        &self.0
    }

    /// The id in its bytes; `None` where there are not 16 of them.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The key that a sealed text names; `None` where it is too short to be one.
    pub fn of_sealed(sealed: &[u8]) -> Option<Self> {
        if sealed.len() < OVERHEAD_BYTES {
            return None;
        }
        sealed.first_chunk().copied().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// More than AES-GCM can seal at once: 64 GiB.
    #[error("too large to be sealed")]
    TooLarge,
    /// Sealed with another key.
    #[error("sealed with the key {found}, not with {with}")]
    OtherKey {
        /// The key that is named.
        found: KeyId,
        /// The key that was tried.
        with: KeyId,
    },
    /// The bytes were changed, or belong elsewhere.
    #[error("the sealed bytes are not what was sealed for this place")]
    Changed,
}

/// A key for AES-256-GCM (NIST SP 800-38D). Its bytes are overwritten when it is dropped; its `Debug` form shows nothing
/// of it.
pub struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: KeyId,
}

impl Key {
    /// A new key from the system's random bytes.
    ///
    /// # Errors
    /// The system has none to give.
    pub fn generate() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random(bytes.as_mut_slice())?;
        Ok(Self::new(bytes))
    }

    /// The key with these bytes.
    pub fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let code = ring::hmac::sign(&hmac(&bytes), ID_LABEL);
        let id = code.as_ref().first_chunk().copied().unwrap_or_default();
        Self { bytes, id: KeyId(id) }
    }

    /// A key in text: 64 hex digits or 44 characters of base64, white space around it ignored. `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if text.len() == 2 * KEY_BYTES {
            let (pairs, _) = text.as_bytes().as_chunks::<2>();
            for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
                *byte = digit(*high)? << 4 | digit(*low)?;
            }
            return Some(Self::new(bytes));
        }
        let decoded = Zeroizing::new(STANDARD.decode(text).ok()?);
        if decoded.len() != KEY_BYTES {
            return None;
        }
        bytes.copy_from_slice(&decoded);
        Some(Self::new(bytes))
    }

    /// The name of the key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key in hex, for the file that holds it.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES));
        for byte in self.bytes.iter() {
            for half in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(half.into(), 16));
            }
        }
        text
    }

    /// HMAC-SHA-256 (RFC 2104) of `message`: a hash that nobody without the key can compute.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let code = ring::hmac::sign(&hmac(&self.bytes), message);
        code.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// A key of its own for another purpose.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self::new(Zeroizing::new(self.mac(purpose.as_bytes())))
    }

    /// Seals a text: the id of the key, 12 random bytes as the nonce, the ciphertext, the tag of 16 bytes. The
    /// associated data is the context and the id of the key.
    ///
    /// # Errors
    /// No random bytes, or too much to seal.
    pub fn seal(&self, context: Context, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let mut out = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let text = out.get_mut(ID_BYTES + NONCE_BYTES..).unwrap_or_default();
        let context = context.part(&self.id.0);
        let tag = self
            .cipher()
            .encrypt_in_place_detached(Nonce::from_slice(&nonce), context.as_bytes(), text)
            .map_err(|_| SealError::TooLarge)?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// Opens what [`Key::seal`] sealed in the same context.
    ///
    /// # Errors
    /// It was sealed with another key, or it is not what was sealed there.
    pub fn open(&self, context: Context, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let found = KeyId::of_sealed(sealed).ok_or(SealError::Changed)?;
        if found != self.id {
            return Err(SealError::OtherKey { found, with: self.id });
        }
        let parts = sealed.split_at_checked(ID_BYTES).and_then(|(_, rest)| {
            let (nonce, rest) = rest.split_at_checked(NONCE_BYTES)?;
            let (text, tag) = rest.split_at_checked(rest.len() - TAG_BYTES)?;
            Some((nonce, text, tag))
        });
        let (nonce, text, tag) = parts.ok_or(SealError::Changed)?;
        let mut plain = Zeroizing::new(text.to_vec());
        let (nonce, tag) = (Nonce::from_slice(nonce), Tag::from_slice(tag));
        let context = context.part(&self.id.0);
        self.cipher()
            .decrypt_in_place_detached(nonce, context.as_bytes(), &mut plain, tag)
            .map_err(|_| SealError::Changed)?;
        Ok(plain)
    }

    /// Seals another key with this one.
    ///
    /// # Errors
    /// As [`Key::seal`].
    pub fn wrap(&self, context: Context, key: &Self) -> Result<Vec<u8>, SealError> {
        self.seal(context, key.bytes.as_slice())
    }

    /// Opens a key that [`Key::wrap`] sealed.
    ///
    /// # Errors
    /// As [`Key::open`].
    pub fn unwrap(&self, context: Context, wrapped: &[u8]) -> Result<Self, SealError> {
        let plain = self.open(context, wrapped)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if plain.len() != KEY_BYTES {
            return Err(SealError::Changed);
        }
        bytes.copy_from_slice(&plain);
        Ok(Self::new(bytes))
    }

    /// The expanded key lives as long as it is used: 0.3 microseconds, and the round keys are overwritten after it.
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes.as_slice().into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The same id is the same key.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Key {}

/// What a person gave as a key, before it is looked at. Overwritten when it is dropped; its `Debug` form shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The key that it is; `None` where it is none.
    pub fn key(&self) -> Option<Key> {
        Key::from_text(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn hmac(bytes: &[u8; KEY_BYTES]) -> ring::hmac::Key {
    ring::hmac::Key::new(ring::hmac::HMAC_SHA256, bytes)
}

fn random(bytes: &mut [u8]) -> Result<(), SealError> {
    getrandom::fill(bytes).map_err(|error| SealError::Random(error.to_string()))
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> Key {
        Key::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    fn context(place: &str) -> Context {
        Context::new("test").part(place.as_bytes())
    }

    /// Test case 15 of the GCM specification by its authors: AES-256, no associated data.
    #[test]
    fn the_cipher_is_aes_256_gcm() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        let bytes = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let cipher = Key::new(Zeroizing::new(bytes.try_into().unwrap())).cipher();
        let mut text = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        );
        let nonce = hex("cafebabefacedbaddecaf888");
        let tag =
            cipher.encrypt_in_place_detached(Nonce::from_slice(&nonce), b"", &mut text).unwrap();
        assert_eq!(text[..8], hex("522dc1f099567d07"));
        assert_eq!(tag.to_vec(), hex("b094dac5d93471bdec1a502270e3cc6c"));
    }

    #[test]
    fn a_key_is_read_from_hex_and_base64_and_nothing_else() {
        let hex = "07".repeat(32);
        assert_eq!(Key::from_text(&format!(" {hex}\n")).unwrap(), key(7));
        assert_eq!(*key(7).to_text(), hex);
        assert_eq!(Key::from_text(&STANDARD.encode([7; 32])).unwrap(), key(7));
        for text in ["", "secret", &"07".repeat(31), &"zz".repeat(32), &STANDARD.encode([7; 33])] {
            assert!(Key::from_text(text).is_none(), "{text}");
        }
    }

    #[test]
    fn nothing_is_shown() {
        let secret = Secret::new("07".repeat(32));
        assert_eq!(format!("{:?} {secret:?}", key(7)), "Key(..) Secret(..)");
        assert_eq!(secret.key().unwrap(), key(7));
    }

    #[test]
    fn ids_differ_and_a_derived_key_is_another() {
        assert_ne!(key(1).id(), key(2).id());
        assert_ne!(key(1).derive("a").id(), key(1).derive("b").id());
        assert_eq!(key(1).derive("a"), key(1).derive("a"));
        assert_ne!(key(1).mac(b"x"), key(2).mac(b"x"));
        assert_eq!(KeyId::from_slice(key(1).id().as_bytes()), Some(key(1).id()));
        assert_eq!(KeyId::from_slice(b"short"), None);
    }

    #[test]
    fn a_wrapped_key_comes_back() {
        let wrapped = key(1).wrap(context("a"), &key(2)).unwrap();
        assert_eq!(key(1).unwrap(context("a"), &wrapped).unwrap(), key(2));
        assert_eq!(key(1).unwrap(context("b"), &wrapped), Err(SealError::Changed));
        let text = key(1).seal(context("a"), b"no key").unwrap();
        assert_eq!(key(1).unwrap(context("a"), &text), Err(SealError::Changed));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_is_sealed_opens_only_with_its_key_in_its_place(
            plain in prop::collection::vec(any::<u8>(), 0..300),
            flipped in any::<prop::sample::Index>(),
        ) {
            let sealed = key(1).seal(context("a"), &plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD_BYTES);
            prop_assert_eq!(KeyId::of_sealed(&sealed), Some(key(1).id()));
            prop_assert_eq!(&*key(1).open(context("a"), &sealed).unwrap(), &plain);
            prop_assert_eq!(key(1).open(context("b"), &sealed), Err(SealError::Changed));
            let other = SealError::OtherKey { found: key(1).id(), with: key(2).id() };
            prop_assert_eq!(key(2).open(context("a"), &sealed), Err(other));
            prop_assert_ne!(&key(1).seal(context("a"), &plain).unwrap(), &sealed, "nonces differ");
            let mut damaged = sealed.clone();
            damaged[flipped.index(sealed.len())] ^= 1;
            prop_assert!(key(1).open(context("a"), &damaged).is_err());
            prop_assert!(key(1).open(context("a"), &sealed[..flipped.index(sealed.len())]).is_err());
        }
    }
}
