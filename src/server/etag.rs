//! The version of an aggregate as its entity tag (RFC 9110 section 8.8.3): `"v48"`.

use axum::http::{HeaderMap, HeaderValue, header};

/// The tag of a version; `None` is never, as every header may hold letters, digits and quotes.
pub(super) fn of(version: u64) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"v{version}\"")).ok()
}

/// Whether the client has this version already: `If-None-Match`, by weak comparison (RFC 9110 section 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, version: u64) -> bool {
    let tag = of(version);
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).any(|known| {
        let strong = known.strip_prefix("W/").unwrap_or(known).as_bytes();
        known == "*" || tag.as_ref().is_some_and(|tag| tag.as_bytes() == strong)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_its_tag() {
        for (lines, known) in [
            (&["\"v48\""][..], true),
            (&["W/\"v48\""], true),
            (&["\"v47\", W/\"v48\""], true),
            (&["\"v47\"", "\"v48\""], true),
            (&["*"], true),
            (&["\"v4\""], false),
            (&["v48"], false),
            (&[""], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(line));
            }
            assert_eq!(is_known(&headers, 48), known, "{lines:?}");
        }
        assert_eq!(of(48).unwrap(), "\"v48\"");
    }
}
