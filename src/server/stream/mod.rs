//! Pages as text, long polls, and the log as it grows.
//!
//! Nothing here keeps a thread while it waits: the writer moves one number, the end of the log, and whoever waits for it
//! is woken. A stream holds at most one page; the next one is read when its client took the last. So a client that is
//! slow lags and nothing is ever dropped: what comes next is read from the log.

mod live;
mod page;

pub(super) use live::live;
pub(super) use page::{event_lines, outbox};

use axum::http::{HeaderMap, header};

/// The media type of server-sent events.
const SSE: &str = "text/event-stream";

/// The media type of a document on each line.
const NDJSON: &str = "application/x-ndjson";

/// What a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One document.
    Document,
    /// One record a line.
    Lines,
    /// Server-sent events.
    Stream,
}

impl Form {
    /// What the client asks for; the first form that it names of those there are.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).into_iter();
        let names = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
        let forms = names.filter_map(|name| {
            match name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                SSE => Some(Self::Stream),
                NDJSON => Some(Self::Lines),
                "application/json" | "application/*" | "*/*" => Some(Self::Document),
                _ => None,
            }
        });
        forms.into_iter().next().unwrap_or(Self::Document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_first_that_is_known() {
        let form = |accept: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(header::ACCEPT, value.parse().unwrap());
            }
            Form::of(&headers)
        };
        assert_eq!(form(&[]), Form::Document);
        assert_eq!(form(&["*/*"]), Form::Document);
        assert_eq!(form(&["text/event-stream"]), Form::Stream);
        assert_eq!(form(&["text/html, Text/Event-Stream;q=0.9, */*"]), Form::Stream);
        assert_eq!(form(&["application/json, text/event-stream"]), Form::Document);
        assert_eq!(form(&["text/html", "application/x-ndjson"]), Form::Lines);
    }
}
