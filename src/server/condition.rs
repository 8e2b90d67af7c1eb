//! `If-Match` and `If-None-Match` of a call about one aggregate, whose tag is its version: `"v48"`.

use super::app::App;
use super::reply::Refused;
use crate::error::{Detail, Error, Kind, Result};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use std::sync::Arc;

/// What an aggregate has to be before it is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// Anything.
    Any,
    /// There: `If-Match: *`.
    Present,
    /// Not there: `If-None-Match: *`.
    Absent,
    /// At a version: `If-Match: "v48"`.
    Version(u64),
}

impl FromRequestParts<Arc<App>> for Condition {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Refused> {
        Ok(read(&parts.headers)?)
    }
}

impl Condition {
    /// Puts the condition where the service looks for it, as an expected version and as whether there is to be one.
    ///
    /// # Errors
    /// The body says something else.
    pub(super) fn into_body(
        self,
        expected_version: &mut Option<u64>,
        exists: &mut Option<bool>,
    ) -> Result<()> {
        let fits = match (self, *expected_version) {
            (Self::Any, _) | (_, None) => true,
            (Self::Present, Some(version)) => version > 0,
            (Self::Absent, Some(version)) => version == 0,
            (Self::Version(one), Some(other)) => one == other,
        };
        if !fits {
            let message = "the condition in the head and `expected_version` contradict each other";
            let detail = Detail {
                pointer: "/expected_version".into(),
                code: "contradiction".into(),
                message: message.into(),
            };
            return Err(malformed(message).details(vec![detail]));
        }
        match self {
            Self::Any => {}
            // A version that is expected says that too.
            Self::Present if expected_version.is_some() => {}
            Self::Present => *exists = Some(true),
            Self::Absent => *exists = Some(false),
            Self::Version(version) => *expected_version = Some(version),
        }
        Ok(())
    }

    /// As [`Condition::into_body`], for a call about an aggregate that has to be there anyway.
    ///
    /// # Errors
    /// As there, or the aggregate may not be there.
    pub(super) fn of_present(self, expected_version: &mut Option<u64>) -> Result<()> {
        if self == Self::Absent {
            return Err(malformed("this call is about an aggregate that is there"));
        }
        self.into_body(expected_version, &mut None)
    }
}

fn malformed(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, "dbx::request::condition", message)
        .kept("nothing was written")
        .help("`If-Match: \"v48\"` expects a version, `If-Match: *` any, `If-None-Match: *` none")
}

fn single(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.trim().to_owned())),
        _ => Err(malformed(format!("`{name}` takes one ETag here"))),
    }
}

fn read(headers: &HeaderMap) -> Result<Condition> {
    let matching = single(headers, &header::IF_MATCH)?;
    let unlike = single(headers, &header::IF_NONE_MATCH)?;
    match (matching.as_deref(), unlike.as_deref()) {
        (None, None) => Ok(Condition::Any),
        (Some("*"), None) => Ok(Condition::Present),
        (None, Some("*")) => Ok(Condition::Absent),
        (Some(tag), None) => version(tag).map(Condition::Version),
        (None, Some(_)) => Err(malformed("`If-None-Match` takes only `*` here")),
        (Some(_), Some(_)) => Err(malformed("`If-Match` and `If-None-Match` exclude each other")),
    }
}

/// The version that a tag names. A proxy that packs answers makes a tag weak; the version is exact all the same.
fn version(tag: &str) -> Result<u64> {
    let strong = tag.strip_prefix("W/").unwrap_or(tag);
    let digits = strong.strip_prefix("\"v").and_then(|tag| tag.strip_suffix('"'));
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let version = digits.and_then(|digits| digits.parse().ok()).filter(|version| *version > 0);
    version.ok_or_else(|| malformed("this is no ETag of an aggregate, which is such as `\"v48\"`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(pairs: &[(HeaderName, &str)]) -> Option<Condition> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        read(&headers).ok()
    }

    #[test]
    fn conditions_are_read() {
        let (yes, no) = (header::IF_MATCH, header::IF_NONE_MATCH);
        let at = |tag| of(&[(header::IF_MATCH, tag)]);
        assert_eq!(of(&[]), Some(Condition::Any));
        assert_eq!(at("\"v48\""), Some(Condition::Version(48)));
        assert_eq!(at("W/\"v48\""), Some(Condition::Version(48)));
        assert_eq!(at("*"), Some(Condition::Present));
        assert_eq!(of(&[(no.clone(), "*")]), Some(Condition::Absent));
        for bad in
            ["v48", "48", "\"48\"", "\"v\"", "\"v-1\"", "\"v+1\"", "\"v0\"", "\"v1\", \"v2\"", ""]
        {
            assert_eq!(at(bad), None, "{bad}");
        }
        assert_eq!(of(&[(no.clone(), "\"v1\"")]), None);
        assert_eq!(of(&[(yes.clone(), "*"), (no, "*")]), None);
        assert_eq!(of(&[(yes.clone(), "\"v1\""), (yes, "\"v1\"")]), None);
    }

    #[test]
    fn head_and_body_may_agree_and_not_contradict() {
        use Condition::{Absent, Any, Present, Version};
        for (condition, said, want) in [
            (Any, None, Some((None, None))),
            (Any, Some(3), Some((Some(3), None))),
            (Present, None, Some((None, Some(true)))),
            (Present, Some(3), Some((Some(3), None))),
            (Present, Some(0), None),
            (Absent, None, Some((None, Some(false)))),
            (Absent, Some(0), Some((Some(0), Some(false)))),
            (Absent, Some(3), None),
            (Version(3), None, Some((Some(3), None))),
            (Version(3), Some(3), Some((Some(3), None))),
            (Version(3), Some(4), None),
        ] {
            let (mut version, mut exists) = (said, None);
            let fits = condition.into_body(&mut version, &mut exists).is_ok();
            assert_eq!(fits.then_some((version, exists)), want, "{condition:?} {said:?}");
        }
    }
}
