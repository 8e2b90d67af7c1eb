//! Bytes: padded standard base64 (RFC 4648 section 4), in the one text that each byte string has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The text is not padded standard base64, or its last character carries bits that no byte owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the bytes as padded standard base64, such as `aGVsbG8=`")]
pub struct BinaryError;

/// The bytes that `text` writes.
///
/// # Errors
/// [`BinaryError`] unless `text` is what an encoder makes of those bytes: no white space, no URL alphabet, all of the
/// padding, no stray bits.
pub fn decode(text: &str) -> Result<Vec<u8>, BinaryError> {
    STANDARD.decode(text).map_err(|_| BinaryError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strict_base64_only() {
        for (text, bytes) in
            [("", &b""[..]), ("aGVsbG8=", b"hello"), ("AA==", b"\0"), ("+/+/", b"\xfb\xff\xbf")]
        {
            assert_eq!(decode(text).as_deref(), Ok(bytes), "{text}");
        }
        for text in [
            "aGVsbG8",
            "aGVsbG8==",
            "=",
            "====",
            "A",
            "AA",
            "AA=",
            "AB==",
            "aGVsbG9=",
            "-_-_",
            "aGVs bG8=",
            "aGVsbG8=\n",
            " aGVsbG8=",
            "hello!",
            "é",
            "AA==AA==",
        ] {
            assert_eq!(decode(text), Err(BinaryError), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_decodes_is_the_one_text_of_its_bytes(text in "[A-D+/=]{0,12}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(STANDARD.encode(bytes), text);
            }
        }
    }
}
