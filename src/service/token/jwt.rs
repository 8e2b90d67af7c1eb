//! Tokens as texts: the compact form of RFC 7515 section 7.1, read as strictly as it is written.

use super::claims::{Claims, TOKEN_BYTES_MAX};
use crate::domain::Hash;
use crate::domain::json::Json;
use crate::error::{Error, Kind, Result};
use crate::proof::sha256;
use crate::workspace::TokenKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The header of every token (RFC 8037 section 3.1): there is one kind of key, so there is nothing to choose.
const HEADER: &str = r#"{"typ":"JWT","alg":"EdDSA"}"#;

/// Why a text is not a token of this workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Not the form of a token that dbx makes.
    #[error("the token cannot be read: {0}")]
    Malformed(String),
    /// The signature is not one of the workspace's key. What the token says of where it is from is kept: it explains
    /// the most common case, and nothing rests on it.
    #[error("the token was not signed with the key of this workspace")]
    Signature { issuer: Option<String> },
}

fn malformed(why: impl Into<String>) -> Unreadable {
    Unreadable::Malformed(why.into())
}

/// Signs claims; also gives the hash of what is signed.
///
/// # Errors
/// The token would be longer than any is read.
pub(super) fn sign(key: &TokenKey, claims: &Claims) -> Result<(String, Hash)> {
    let json = claims.to_json().to_string();
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(json));
    let hash = sha256(token.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes()));
    token.push('.');
    token.push_str(&signature);
    if token.len() > TOKEN_BYTES_MAX {
        let message = format!(
            "the token would have {} bytes, and at most {TOKEN_BYTES_MAX} are read",
            token.len()
        );
        return Err(Error::new(Kind::TooLarge, "dbx::token::too_large", message)
            .kept("no token was made")
            .help("name fewer actions and resources: `*` stands for any characters in them"));
    }
    Ok((token, hash))
}

/// Reads a token and checks its signature; also gives the hash of what is signed. Whether it holds now is not asked.
pub(super) fn read(key: &TokenKey, token: &str) -> Result<(Claims, Hash), Unreadable> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(malformed(format!("it has more than {TOKEN_BYTES_MAX} bytes")));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return Err(malformed("it has not three parts with dots between them"));
    };
    let [header, claims, signature] =
        [(header, "the header"), (payload, "the claims"), (signature, "the signature")].map(
            |(part, name)| {
                // Without padding, and without bits that stand for nothing: each byte has one spelling.
                let bytes = URL_SAFE_NO_PAD.decode(part);
                bytes.map_err(|_| malformed(format!("{name} is not base64url without padding")))
            },
        );
    check_header(&header?)?;
    let (claims, signature) = (claims?, signature?);
    let signature: [u8; 64] =
        signature.try_into().map_err(|_| malformed("a signature of Ed25519 has 64 bytes"))?;
    let signed = token.get(..token.rfind('.').unwrap_or(0)).unwrap_or_default();
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(Unreadable::Signature { issuer: issuer(&claims) });
    }
    let json = Json::parse_bytes(&claims).map_err(|error| {
        malformed(format!("the claims are not JSON as dbx writes it: {}", error.kind))
    })?;
    let claims = Claims::from_json(json).map_err(Unreadable::Malformed)?;
    Ok((claims, sha256(signed.as_bytes())))
}

/// One algorithm, and nothing that would have to be understood (`crit`, RFC 7515 section 4.1.11) or that could lead to
/// another key (`jwk`, `jku`, `kid`, `x5c`).
fn check_header(bytes: &[u8]) -> Result<(), Unreadable> {
    let json = Json::parse_bytes(bytes);
    let Ok(Json::Object(header)) = json else {
        return Err(malformed("the header is not a JSON object"));
    };
    if header.get("alg").and_then(Json::as_str) != Some("EdDSA") {
        return Err(malformed("its algorithm is not `EdDSA`, which is the only one"));
    }
    for (key, value) in &header {
        match key.as_str() {
            "alg" => {}
            "typ" if value.as_str() == Some("JWT") => {}
            "typ" => return Err(malformed("its type is not `JWT`")),
            _ => return Err(malformed("its header has more than `typ` and `alg`")),
        }
    }
    Ok(())
}

/// Where a token claims to be from.
fn issuer(claims: &[u8]) -> Option<String> {
    let Ok(Json::Object(claims)) = Json::parse_bytes(claims) else { return None };
    claims.get("iss").and_then(Json::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::claims::example;
    use super::*;
    use crate::domain::Timestamp;
    use crate::workspace::files::{Access, write_atomic};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static KEY: LazyLock<TokenKey> = LazyLock::new(|| TokenKey::generate().unwrap());

    fn claims() -> Claims {
        example(Timestamp::from_micros(1_795_176_000_000_000))
    }

    fn token() -> String {
        sign(&KEY, &claims()).unwrap().0
    }

    /// A token with any header and claims, rightly signed with the workspace's key.
    fn forged(header: &str, claims: &[u8]) -> String {
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(KEY.sign(signed.as_bytes())))
    }

    fn json() -> String {
        claims().to_json().to_string()
    }

    #[test]
    fn a_token_reads_back_and_others_read_it() {
        let (token, hash) = sign(&KEY, &claims()).unwrap();
        assert_eq!(read(&KEY, &token), Ok((claims(), hash)));
        // As any other program would: by RFC 7515, with the public key alone.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public =
            ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, KEY.public_key());
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert_eq!(token.split('.').next(), Some("eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSJ9"));
    }

    #[test]
    fn the_key_of_rfc_8037_signs_as_it_says() {
        // The key of its appendix A.1, in PKCS#8, and the signature of A.4.
        let secret = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let mut pkcs8 =
            b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
        pkcs8.extend(secret);
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            base64::engine::general_purpose::STANDARD.encode(pkcs8)
        );
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        write_atomic(&path, pem.as_bytes(), Access::Private).unwrap();
        let key = TokenKey::load(&path).unwrap();
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(URL_SAFE_NO_PAD.encode(key.sign(signed)), signature);
        let bytes: [u8; 64] = URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();
        assert!(key.verifies(signed, &bytes));
    }

    #[test]
    fn hostile_headers_are_refused_though_they_are_signed() {
        assert!(read(&KEY, &forged(HEADER, json().as_bytes())).is_ok());
        assert!(read(&KEY, &forged(r#"{"alg":"EdDSA"}"#, json().as_bytes())).is_ok());
        for header in [
            r#"{"typ":"JWT","alg":"none"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"typ":"JWT","alg":"Ed25519"}"#,
            r#"{"typ":"JWT","alg":"eddsa"}"#,
            r#"{"typ":"JWT","alg":null}"#,
            r#"{"typ":"JWT","alg":["EdDSA"]}"#,
            r#"{"typ":"JWT"}"#,
            r#"{"typ":"JWT","alg":"none","alg":"EdDSA"}"#,
            r#"{"typ":"JWE","alg":"EdDSA"}"#,
            r#"{"typ":null,"alg":"EdDSA"}"#,
            r#"{"typ":"JWT","alg":"EdDSA","crit":["exp"]}"#,
            r#"{"typ":"JWT","alg":"EdDSA","kid":"../../dev/null"}"#,
            r#"{"typ":"JWT","alg":"EdDSA","jwk":{"kty":"OKP"}}"#,
            r#"{"typ":"JWT","alg":"EdDSA"} "x""#,
            r#"["EdDSA"]"#,
            "",
            "\u{feff}{\"alg\":\"EdDSA\"}",
        ] {
            let result = read(&KEY, &forged(header, json().as_bytes()));
            assert!(matches!(result, Err(Unreadable::Malformed(_))), "{header}: {result:?}");
        }
    }

    #[test]
    fn hostile_claims_are_refused_though_they_are_signed() {
        let twice = json().replacen('{', r#"{"actions":["*.*"],"#, 1);
        let mut not_utf8 = json().into_bytes();
        let place = not_utf8.windows(3).position(|part| part == b"eve").unwrap();
        not_utf8[place] = 0xff;
        let deep = "[".repeat(5_000);
        for claims in [twice.as_bytes(), &not_utf8, b"", b"{}", b"null", b"[]", deep.as_bytes()] {
            let result = read(&KEY, &forged(HEADER, claims));
            assert!(matches!(result, Err(Unreadable::Malformed(_))), "{result:?}");
        }
    }

    #[test]
    fn other_keys_and_other_ways_to_sign() {
        let token = token();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let elsewhere = TokenKey::generate().unwrap();
        let Err(Unreadable::Signature { issuer }) = read(&elsewhere, &token) else { panic!() };
        assert_eq!(issuer, Some(claims().issuer));
        // The public key taken for the secret of an HMAC: what a reader falls for that lets the token choose.
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &KEY.public_key());
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
        let payload = URL_SAFE_NO_PAD.encode(json());
        let signed_so = format!("{header}.{payload}");
        let tag = ring::hmac::sign(&secret, signed_so.as_bytes());
        let hmac = format!("{signed_so}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
        let none = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        let zero = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
        // The neutral element as the point R: a lax check of a key of small order lets it through.
        let mut small = [0; 64];
        small[0] = 1;
        let small = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(small));
        let spaced = format!("{token} ");
        let huge = format!("{signed}.{}", "A".repeat(1 << 20));
        for hostile in [
            hmac,
            none,
            zero,
            small,
            spaced,
            huge,
            format!(" {token}"),
            format!("{token}\n"),
            format!("{token}="),
            format!("{token}.{signature}"),
            format!("Bearer {token}"),
            signed.to_owned(),
            format!("{signed}."),
            String::new(),
            "..".to_owned(),
            "…".repeat(64),
            "\0.\0.\0".to_owned(),
        ] {
            assert!(read(&KEY, &hostile).is_err(), "{hostile:?}");
        }
        for length in 0..token.len() {
            assert!(read(&KEY, &token[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_token_that_nobody_could_read_is_not_made() {
        let many = Claims { resources: vec!["aggregate:order:o-1".into(); 500], ..claims() };
        assert_eq!(sign(&KEY, &many).unwrap_err().code(), "dbx::token::too_large");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// No byte of a token can be changed, not even into another spelling of the same.
        #[test]
        fn any_changed_byte_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let good = token();
            let mut bytes = good.clone().into_bytes();
            let place = place.index(bytes.len());
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            // What is no text never gets this far.
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert!(read(&KEY, &text).is_err());
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", claims in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(read(&KEY, &text).is_err());
            prop_assert!(read(&KEY, &forged(HEADER, &claims)).is_err());
        }
    }
}
