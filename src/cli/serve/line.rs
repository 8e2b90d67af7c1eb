//! A line of the log, for people.

use crate::cli::output::{Meaning, Painter, visible};
use crate::domain::Json;
use crate::domain::json::Object;

/// Keys that stand at a place of their own.
const PLACED: [&str; 4] = ["timestamp", "level", "message", "target"];

/// The line of JSON in words; as it is where it is none of ours.
pub(super) fn text(line: &str, paint: Painter) -> String {
    let Ok(Json::Object(fields)) = Json::parse(line) else { return visible(line) };
    let time = millis(&word(&fields, "timestamp"));
    let level = word(&fields, "level");
    let meaning = match level.as_str() {
        "ERROR" => Some(Meaning::Danger),
        "WARN" => Some(Meaning::Warn),
        _ => Some(Meaning::Dim),
    };
    let level = format!("{:<5}", level.to_ascii_lowercase());
    let level = meaning.map_or(level.clone(), |meaning| paint.paint(meaning, &level));
    let said = match word(&fields, "target").as_str() {
        "dbx::request" => request(&fields, paint),
        _ => said(&fields, paint),
    };
    format!("{}  {level}  {said}", paint.dim(time))
}

fn request(fields: &Object, paint: Painter) -> String {
    let word = |name| word(fields, name);
    let status = word("status");
    let status = match status.as_bytes().first() {
        Some(b'5') => paint.paint(Meaning::Danger, status),
        Some(b'4') => paint.paint(Meaning::Warn, status),
        _ => paint.paint(Meaning::Ok, status),
    };
    let rest = ["code", "actor", "id"].into_iter().map(word).filter(|text| !text.is_empty());
    let rest: Vec<String> = rest.collect();
    format!(
        "{} {} {status}  {}",
        paint.strong(word("method")),
        word("route"),
        paint.dim(format!("{} ms  {} B  {}", word("ms"), word("bytes"), rest.join("  "))),
    )
}

fn said(fields: &Object, paint: Painter) -> String {
    let rest = fields.iter().filter(|(name, _)| !PLACED.contains(&name.as_str()));
    let rest: Vec<String> =
        rest.map(|(name, _)| format!("  {}={}", visible(name), word(fields, name))).collect();
    format!("{}{}", word(fields, "message"), paint.dim(rest.concat()))
}

/// A member as text; nothing where there is none.
fn word(fields: &Object, name: &str) -> String {
    match fields.get(name) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => visible(text),
        Some(other) => visible(&other.to_string()),
    }
}

/// An instant without its microseconds.
fn millis(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, fraction)) if fraction.len() > 4 && fraction.is_ascii() => {
            format!("{seconds}.{}Z", fraction.get(..3).unwrap_or(fraction))
        }
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_words() {
        let text = |line: &str| text(line, Painter::PLAIN);
        assert_eq!(
            text(
                r#"{"timestamp":"2026-11-20T12:00:00.123456Z","level":"INFO","message":"serving on 127.0.0.1:7070","pid":7,"version":"0.1.0","target":"dbx::serve"}"#
            ),
            "2026-11-20T12:00:00.123Z  info   serving on 127.0.0.1:7070  pid=7  version=0.1.0"
        );
        assert_eq!(
            text(
                r#"{"timestamp":"2026-11-20T12:00:00.000000Z","level":"INFO","message":"request","method":"GET","route":"/v1/aggregates/{type}/{id}","status":404,"ms":1.25,"bytes":310,"actor":"local/ada","code":"dbx::aggregate::unknown","id":"x1","target":"dbx::request"}"#
            ),
            "2026-11-20T12:00:00.000Z  info   GET /v1/aggregates/{type}/{id} 404  1.25 ms  310 B  dbx::aggregate::unknown  local/ada  x1"
        );
        assert_eq!(text("no \u{1b}[31mJSON"), visible("no \u{1b}[31mJSON"));
        assert_eq!(text("{}"), "  ".to_owned() + "       ");
    }
}
