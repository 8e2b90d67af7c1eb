//! Values for people: fields in lines, coloured by what they are.

use crate::domain::Json;
use crate::domain::json::Object;
use crate::tui::canvas::{Piece, piece};
use crate::tui::glyphs::Glyphs;
use crate::tui::text::{pad, width};
use crate::tui::theme::Meaning;
use crate::wire::Change;

/// How wide the names of fields are at most, before their values.
const NAME_CELLS: usize = 18;

/// How many values a summary has.
const SUMMARY: usize = 4;

/// A state in one line: its first plain values.
pub(crate) fn summary(state: &Json, glyphs: &Glyphs) -> String {
    let Some(object) = state.as_object() else { return String::new() };
    let short = |value: &Json| match value {
        Json::String(text) if !text.is_empty() && width(text) <= 24 => Some(text.clone()),
        Json::Number(number) => Some(number.as_str().to_owned()),
        _ => None,
    };
    let values: Vec<String> = object.values().filter_map(short).take(SUMMARY).collect();
    values.join(&format!(" {} ", glyphs.dot))
}

/// A value in one line.
pub(crate) fn value(value: &Json, glyphs: &Glyphs) -> Piece {
    match value {
        Json::Null => piece("null", Meaning::Dim),
        Json::Bool(_) => piece(value.to_string(), Meaning::Number),
        Json::Number(number) => piece(number.as_str().to_owned(), Meaning::Number),
        Json::String(text) => match reference(text) {
            Some((kind, id)) => piece(format!("{} {kind}/{id}", glyphs.arrow), Meaning::Link),
            None => piece(value.to_string(), Meaning::String),
        },
        Json::Array(items) if items.is_empty() => piece("[]", Meaning::Dim),
        Json::Array(items) if items.iter().all(is_scalar) => {
            piece(value.to_string(), Meaning::String)
        }
        Json::Array(items) if items.len() == 1 => piece("1 item", Meaning::Text),
        Json::Array(items) => piece(format!("{} items", items.len()), Meaning::Text),
        Json::Object(object) if object.is_empty() => piece("{}", Meaning::Dim),
        Json::Object(object) if object.len() == 1 => piece("1 field", Meaning::Text),
        Json::Object(object) => piece(format!("{} fields", object.len()), Meaning::Text),
    }
}

/// What a text points at, if it is written as a reference: `customer#7`.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (kind, id) = text.split_once('#')?;
    let name = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    (name(kind) && name(id)).then_some((kind, id))
}

fn is_scalar(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

/// The fields of an object, one in a line and what is in them below it.
pub(crate) fn tree(object: &Object, glyphs: &Glyphs) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    fields(object, 0, glyphs, &mut lines);
    lines
}

fn fields(object: &Object, depth: usize, glyphs: &Glyphs, lines: &mut Vec<Vec<Piece>>) {
    let names = object.keys().map(|key| width(key)).max().unwrap_or(0).min(NAME_CELLS);
    for (key, member) in object {
        let name = format!("{}{}", "  ".repeat(depth), pad(key, names));
        let mut line = vec![piece(name, Meaning::Key), piece("  ", Meaning::Text)];
        line.push(value(member, glyphs));
        lines.push(line);
        below(member, depth + 1, glyphs, lines);
    }
}

fn below(member: &Json, depth: usize, glyphs: &Glyphs, lines: &mut Vec<Vec<Piece>>) {
    match member {
        Json::Object(object) => fields(object, depth, glyphs, lines),
        Json::Array(items) if !items.iter().all(is_scalar) => {
            for (index, item) in items.iter().enumerate() {
                let mut line =
                    vec![piece(format!("{}{index}  ", "  ".repeat(depth)), Meaning::Dim)];
                match item {
                    Json::Object(object) => {
                        for (key, member) in object {
                            line.push(piece(format!("{key} "), Meaning::Key));
                            line.push(match member {
                                // What does not fit on the item's line is only a click away in the JSON.
                                Json::Array(_) | Json::Object(_) => {
                                    piece(member.to_string(), Meaning::Dim)
                                }
                                scalar => value(scalar, glyphs),
                            });
                            line.push(piece("  ", Meaning::Text));
                        }
                    }
                    other => line.push(value(other, glyphs)),
                }
                lines.push(line);
            }
        }
        _ => {}
    }
}

/// The fields of an object in two columns of `cells` together: for panes that are wide and low.
pub(crate) fn pairs(object: &Object, cells: usize, glyphs: &Glyphs) -> Vec<Vec<Piece>> {
    let half = cells / 2;
    let names = object.keys().map(|key| width(key)).max().unwrap_or(0).min(NAME_CELLS);
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut free = false;
    for (key, member) in object {
        let (text, meaning) = value(member, glyphs);
        let entry = [piece(pad(key, names), Meaning::Key), piece("  ", Meaning::Text)];
        let wide = names.max(width(key)) + 2 + width(&text);
        // A value that needs more than its column has a line of its own.
        let fits = wide < half;
        if let Some(line) = lines.last_mut().filter(|_| free && fits) {
            let taken: usize = line.iter().map(|(text, _)| width(text)).sum();
            line.push(piece(" ".repeat(half.saturating_sub(taken)), Meaning::Text));
            line.extend(entry);
            line.push((text, meaning));
            free = false;
        } else {
            let mut line: Vec<Piece> = entry.into();
            line.push((text, meaning));
            lines.push(line);
            free = fits;
        }
    }
    lines
}

/// A place in a state as people write it: `lines[1].sku` for `/lines/1/sku`.
pub(crate) fn path(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        if !path.is_empty() && segment.bytes().all(|b| b.is_ascii_digit()) {
            path.extend(["[", &segment, "]"]);
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        }
    }
    path
}

/// Whether the field `key` of a state is among what changed or was touched.
pub(crate) fn touches(changes: &[Change], touched: &[String], key: &str) -> bool {
    let key = key.replace('~', "~0").replace('/', "~1");
    let mut places = changes.iter().map(|change| &change.path).chain(touched);
    places.any(|place| place.split('/').nth(1) == Some(&key))
}

/// Changes, one in a line: `+` new, `-` gone, `~` other than before, and what was touched in between.
pub(crate) fn changes(changes: &[Change], touched: &[String], glyphs: &Glyphs) -> Vec<Vec<Piece>> {
    let paths = changes.iter().map(|change| path(&change.path));
    let names = paths.chain(touched.iter().map(|place| path(place)));
    let wide = names.map(|name| width(&name)).max().unwrap_or(0).min(NAME_CELLS);
    let line = |sign: &'static str, meaning, place: &str| {
        vec![piece(format!("{sign} {}  ", pad(&path(place), wide)), meaning)]
    };
    let mut lines = Vec::new();
    for change in changes {
        lines.push(match (&change.before, &change.after) {
            (Some(before), Some(after)) => {
                let mut line = line("~", Meaning::Changed, &change.path);
                line.push(piece(whole(before), Meaning::Removed));
                line.push(piece(format!(" {} ", glyphs.arrow), Meaning::Dim));
                line.push(piece(whole(after), Meaning::Added));
                line
            }
            (None, Some(after)) => {
                let mut line = line("+", Meaning::Added, &change.path);
                line.push(piece(whole(after), Meaning::Added));
                line
            }
            (Some(before), None) => {
                let mut line = line("-", Meaning::Removed, &change.path);
                line.push(piece(whole(before), Meaning::Removed));
                line
            }
            (None, None) => continue,
        });
    }
    for place in touched {
        let mut line = line(glyphs.dot, Meaning::Dim, place);
        line.push(piece("touched in between", Meaning::Dim));
        lines.push(line);
    }
    lines
}

/// A value as it is stored.
fn whole(value: &Json) -> String {
    value.to_string()
}

/// Fields that did not change, as the background of those that did.
pub(crate) fn same(object: &Object, glyphs: &Glyphs) -> Vec<Vec<Piece>> {
    let wide = object.keys().map(|key| width(key)).max().unwrap_or(0).min(NAME_CELLS);
    let line = |(key, member): (&String, &Json)| {
        let (text, _) = value(member, glyphs);
        vec![piece(format!("  {}  {text}", pad(key, wide)), Meaning::Dim)]
    };
    object.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::UNICODE;

    const ORDER: &str = r#"{"status":"paid","total":129.90,"customer":"customer#7","lines":[{"sku":"A-1","qty":2},{"sku":"B-9","qty":1}],"paid_at":"2026-11-20T14:00:12Z","tags":["a"],"address":{"city":"Bern"},"note":null}"#;

    fn text(lines: &[Vec<Piece>]) -> String {
        let line = |line: &Vec<Piece>| {
            line.iter().map(|(text, _)| text.as_ref()).collect::<String>().trim_end().to_owned()
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn fields_line_up() {
        let order = Json::parse(ORDER).unwrap();
        let object = order.as_object().unwrap();
        assert_eq!(summary(&order, &UNICODE), "paid · 129.90 · customer#7 · 2026-11-20T14:00:12Z");
        insta::assert_snapshot!(text(&tree(object, &UNICODE)), @r#"
        status    "paid"
        total     129.90
        customer  → customer/7
        lines     2 items
          0  sku "A-1"  qty 2
          1  sku "B-9"  qty 1
        paid_at   "2026-11-20T14:00:12Z"
        tags      ["a"]
        address   1 field
          city  "Bern"
        note      null
        "#);
        insta::assert_snapshot!(text(&pairs(object, 50, &UNICODE)), @r#"
        status    "paid"         total     129.90
        customer  → customer/7   lines     2 items
        paid_at   "2026-11-20T14:00:12Z"
        tags      ["a"]          address   1 field
        note      null
        "#);
    }

    #[test]
    fn changes_say_before_and_after() {
        let json = |text: &str| Some(Json::parse(text).unwrap());
        let change = |path: &str, before, after| Change { path: path.into(), before, after };
        let found = [
            change("/total", json("90.00"), json("129.90")),
            change("/lines/1", None, json("{\"sku\":\"B-9\"}")),
            change("/a~1b", json("null"), None),
        ];
        insta::assert_snapshot!(text(&changes(&found, &["/coupon".to_owned()], &UNICODE)), @r#"
        ~ total     90.00 → 129.90
        + lines[1]  {"sku":"B-9"}
        - a/b       null
        · coupon    touched in between
        "#);
        assert!(touches(&found, &[], "lines") && touches(&found, &[], "a/b"));
        assert!(!touches(&found, &[], "line"));
    }
}
