//! `Idempotency-Key`: what makes a retry of a writing call safe.
//!
//! The value is a string of the structured fields of HTTP (RFC 8941, `"8e03978e-40d5"`), as the draft of the header wants
//! it, or the bare key, as most clients send it. The service remembers it with the events that it wrote.

use super::app::App;
use super::reply::Refused;
use crate::error::{Detail, Error, Kind, Result};
use crate::service::KEY_HEADER;
use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// The calls that take a key: those whose answer is kept with the events that they wrote.
const KEYED: [&str; 6] = [
    "/v1/events",
    "/v1/commits",
    "/v1/stage/commit",
    "/v1/aggregates/{type}/{id}/archive",
    "/v1/aggregates/{type}/{id}/restore",
    "/v1/aggregates/{type}/{id}/erase",
];

/// The calls that take `If-Match`: those that are about one aggregate.
const CONDITIONAL: [&str; 4] = [
    "/v1/events",
    "/v1/aggregates/{type}/{id}/archive",
    "/v1/aggregates/{type}/{id}/restore",
    "/v1/aggregates/{type}/{id}/erase",
];

/// The key in the header, if there is one.
#[derive(Debug)]
pub(super) struct RetryKey(Option<String>);

impl RetryKey {
    /// Puts the key where the service looks for it.
    ///
    /// # Errors
    /// The body holds another one.
    pub(super) fn into_body(self, member: &mut Option<String>) -> Result<()> {
        match (self.0, &member) {
            (None, _) => {}
            (Some(key), None) => *member = Some(key),
            (Some(key), Some(other)) if key == **other => {}
            (Some(_), Some(_)) => {
                let message = "the header `Idempotency-Key` and `idempotency_key` are not the same";
                let detail = Detail {
                    pointer: "/idempotency_key".into(),
                    code: "contradiction".into(),
                    message: message.into(),
                };
                return Err(malformed(message).details(vec![detail]));
            }
        }
        Ok(())
    }
}

impl FromRequestParts<Arc<App>> for RetryKey {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Refused> {
        Ok(Self(key(&parts.headers)?))
    }
}

fn malformed(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, "dbx::request::idempotency_key", message)
        .kept("nothing was written")
        .help("send one key of 1 to 255 plain characters, such as a UUID, with every call that may be repeated")
}

fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut values = headers.get_all(KEY_HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed("there is more than one `Idempotency-Key`"));
    }
    let text = value.to_str().map(str::trim);
    let text = text.map_err(|_| malformed("the `Idempotency-Key` is not in plain characters"))?;
    let key = match text.strip_prefix('"') {
        Some(rest) => unquoted(rest)
            .ok_or_else(|| malformed("the `Idempotency-Key` is no string of RFC 8941"))?,
        None => text.to_owned(),
    };
    if key.is_empty() || key.len() > 255 {
        return Err(malformed(format!(
            "an `Idempotency-Key` has 1 to 255 characters, not {}",
            key.len()
        )));
    }
    Ok(Some(key))
}

/// What follows a quotation mark, up to the one that ends it: RFC 8941, 3.3.3.
fn unquoted(rest: &str) -> Option<String> {
    let mut key = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(key),
            '\\' => key.push(chars.next().filter(|next| ['"', '\\'].contains(next))?),
            plain => key.push(plain),
        }
    }
}

/// Refuses what a call would not heed: a client that gave a key or a condition relies on it.
pub(super) async fn nothing_unheeded(
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let known = |list: &[&str]| path.as_ref().is_none_or(|path| list.contains(&path.as_str()));
    // What only reads has no effect that could come twice, and its conditions are its own.
    if !request.method().is_safe() {
        let headers = request.headers();
        if headers.contains_key(KEY_HEADER) && !known(&KEYED) {
            return Err(malformed("this call takes no `Idempotency-Key`")
                .help("the calls that write events do; leave the header out here")
                .into());
        }
        let conditions = [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE];
        let condition = conditions.iter().find(|name| headers.contains_key(*name));
        if let Some(name) = condition
            && (!known(&CONDITIONAL) || *name == header::IF_UNMODIFIED_SINCE)
        {
            let message = format!("this call takes no `{name}`");
            return Err(Error::new(Kind::Invalid, "dbx::request::condition", message)
                .kept("nothing was written")
                .help("`expected_version` of an operation says what its aggregate has to be")
                .into());
        }
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(values: &[&[u8]]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY_HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        key(&headers).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn keys_are_read_bare_and_as_strings() {
        let long = "k".repeat(255);
        for (value, key) in [
            ("8e03978e-40d5", "8e03978e-40d5"),
            ("\"8e03978e-40d5\"", "8e03978e-40d5"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("  spaced out ", "spaced out"),
            ("a\"b", "a\"b"),
            (long.as_str(), long.as_str()),
        ] {
            assert_eq!(read(&[value.as_bytes()]), Ok(Some(key.to_owned())), "{value}");
        }
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "k".repeat(256);
        for value in ["", "   ", "\"\"", "\"open", "\"a\"b", r#""a\n""#, r#""a\"#, &long] {
            assert!(read(&[value.as_bytes()]).is_err(), "{value}");
        }
        assert!(read(&["ä".as_bytes()]).is_err());
        assert!(read(&[b"one", b"one"]).is_err());
    }
}
