//! Values, differences, hashes and numbers for people.

use super::style::{Meaning, Painter, visible};
use crate::domain::Json;
use crate::wire::Change;

/// How many hex digits of a hash people see.
const HASH_DIGITS: usize = 12;

/// A hash as people see it: its first twelve digits, or all of them where that was asked for.
pub(crate) fn short(hash: &str, whole: bool) -> &str {
    if whole { hash } else { hash.get(..HASH_DIGITS).unwrap_or(hash) }
}

/// `1 event`, `1,204 events`.
pub(crate) fn quantity(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// A number with a comma between groups of three digits.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The lines of a value, indented, with painted keys.
pub(crate) fn pretty(value: &Json, paint: Painter) -> Vec<String> {
    let mut out = String::new();
    write(value, 0, paint, &mut out);
    out.split('\n').map(str::to_owned).collect()
}

fn write(value: &Json, depth: usize, paint: Painter, out: &mut String) {
    let indent = |depth: usize| "  ".repeat(depth);
    match value {
        Json::Object(object) if !object.is_empty() => {
            out.push_str("{\n");
            for (index, (key, member)) in object.iter().enumerate() {
                let comma = if index + 1 < object.len() { "," } else { "" };
                let key = visible(&Json::from(key.as_str()).to_string());
                out.extend([&indent(depth + 1), &paint.accent(key), ": "]);
                write(member, depth + 1, paint, out);
                out.push_str(comma);
                out.push('\n');
            }
            out.push_str(&indent(depth));
            out.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            out.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                let comma = if index + 1 < items.len() { "," } else { "" };
                out.push_str(&indent(depth + 1));
                write(item, depth + 1, paint, out);
                out.push_str(comma);
                out.push('\n');
            }
            out.push_str(&indent(depth));
            out.push(']');
        }
        Json::Null => out.push_str(&paint.dim("null")),
        scalar => out.push_str(&visible(&scalar.to_string())),
    }
}

/// One line for each change: `+` new, `-` gone, `~` other than before.
pub(crate) fn change_lines(changes: &[Change], paint: Painter) -> Vec<String> {
    let path_width = |change: &Change| unicode_width::UnicodeWidthStr::width(change.path.as_str());
    let widest = changes.iter().map(path_width).max().unwrap_or(0);
    let line = |change: &Change| {
        let path = visible(if change.path.is_empty() { "/" } else { &change.path });
        let pad = " ".repeat(widest.saturating_sub(path_width(change)));
        let text = |value: &Json| visible(&value.to_string());
        match (&change.before, &change.after) {
            (None, Some(after)) => {
                paint.paint(Meaning::Added, format!("+ {path}{pad}  {}", text(after)))
            }
            (Some(before), None) => {
                paint.paint(Meaning::Removed, format!("- {path}{pad}  {}", text(before)))
            }
            (Some(before), Some(after)) => format!(
                "{}  {} → {}",
                paint.paint(Meaning::Changed, format!("~ {path}{pad}")),
                paint.paint(Meaning::Removed, text(before)),
                paint.paint(Meaning::Added, text(after)),
            ),
            (None, None) => paint.dim(format!("  {path}")),
        }
    };
    changes.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_hashes() {
        assert_eq!(["1", "12", "123", "1,234", "12,345", "1,234,567"], {
            [1, 12, 123, 1_234, 12_345, 1_234_567].map(thousands)
        });
        assert_eq!(quantity(1, "event", "events"), "1 event");
        assert_eq!(quantity(1_500, "event", "events"), "1,500 events");
        assert_eq!(short(&"ab".repeat(32), false), "abababababab");
        assert_eq!(short(&"ab".repeat(32), true).len(), 64);
        assert_eq!(short("c1", false), "c1");
    }

    #[test]
    fn changes_line_up_and_say_before_and_after() {
        let json = |text: &str| Some(Json::parse(text).unwrap());
        let change = |path: &str, before, after| Change { path: path.into(), before, after };
        let changes = [
            change("/status", json("\"open\""), json("\"paid\"")),
            change("/paid_at", None, json("null")),
            change("/n", json("[1,2]"), None),
        ];
        assert_eq!(
            change_lines(&changes, Painter::PLAIN),
            ["~ /status   \"open\" → \"paid\"", "+ /paid_at  null", "- /n        [1,2]"]
        );
    }

    #[test]
    fn a_value_reads_back_and_sends_no_escape() {
        let json = Json::parse(r#"{"a":{"b":[1,{}],"c":null},"d\u009b":"x"}"#).unwrap();
        let text = pretty(&json, Painter::PLAIN).join("\n");
        assert!(!text.contains('\u{9b}'), "{text}");
        assert!(
            text.starts_with("{\n  \"a\": {\n    \"b\": [\n      1,\n      {}\n    ],"),
            "{text}"
        );
    }
}
