//! Media types: what a body is, and what a client takes.

use super::reply::Refused;
use crate::error::{Error, Kind};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// Lines of JSON.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// A backup.
pub(super) const BACKUP: &str = "application/vnd.dbx.backup";

/// The media type of a request's body, without parameters.
pub(super) fn sent(headers: &HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE).map(|value| plain(value.to_str().unwrap_or_default()))
}

/// What a client takes, what it wants most first as far as it says so by the order; everything where it says nothing.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wanted = values.flat_map(|value| value.split(','));
    let refused = |one: &&str| {
        let mut parameters = one.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase());
        parameters.any(|part| matches!(part.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    };
    let mut list: Vec<String> = wanted.filter(|one| !refused(one)).map(plain).collect();
    list.retain(|one| !one.is_empty());
    if list.is_empty() && !headers.contains_key(header::ACCEPT) {
        list.push("*/*".to_owned());
    }
    list
}

fn plain(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Refuses a body of another kind.
pub(super) fn unsupported(wanted: &str) -> Refused {
    let message = format!("this takes a body of `{wanted}`");
    let error = Error::new(Kind::Invalid, "dbx::request::media", message).kept("nothing was done");
    let error = error.help(format!("send `Content-Type: {wanted}`"));
    Refused::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, error)
}

/// Refuses a client that takes nothing of what there is.
pub(super) fn not_acceptable(there: &str) -> Refused {
    let error = Error::new(Kind::Invalid, "dbx::request::accept", format!("this answers {there}"));
    let error = error.kept("nothing was done").help("name one of them in `Accept`");
    Refused::with_status(StatusCode::NOT_ACCEPTABLE, error)
}

/// `Content-Disposition` of a file to be saved under a name, which is a plain one.
pub(super) fn saved_as(name: &str) -> HeaderValue {
    let value = format!("attachment; filename=\"{name}\"");
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_takes_is_read_in_its_order() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(text).unwrap());
            accepted(&headers)
        };
        assert_eq!(accepted(&HeaderMap::new()), ["*/*"]);
        assert_eq!(
            of("text/csv;q=0.9, Application/JSON ; q=0.5"),
            ["text/csv", "application/json"]
        );
        assert_eq!(of("text/csv;q=0, */*"), ["*/*"]);
        assert!(of("text/csv; q=0.0").is_empty());
        assert!(of("").is_empty());
    }
}
