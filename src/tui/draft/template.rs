//! The text that an editor is opened with.

use super::{Seen, Target};
use crate::domain::Json;
use crate::domain::json::Object;
use crate::schema::{Aggregate, Bounds, FieldType, Format, Length, Shape};
use crate::tui::model::Name;
use crate::tui::text::{visible, width};
use crate::wire::Operation;
use std::fmt::Write as _;

/// How wide a member is at most before its comment moves away from the others'.
const MEMBER_CELLS: usize = 40;

/// A member of the payload: whether it is only a proposal, how it is written, and what is to be known of it.
struct Line {
    proposed: bool,
    member: String,
    about: String,
}

/// The text for what is to be written.
pub(crate) fn text(seen: &Seen) -> String {
    match (&seen.target, &seen.operation) {
        (Target::New { name, event, .. }, _) => new(seen, name, event),
        (Target::Staged(id), Some(operation)) => edited(seen, id, operation),
        (Target::Staged(_), None) => String::new(),
    }
}

fn head(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{}", format!("// {line}").trim_end());
    }
    text
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    Json::string(text).to_string()
}

fn new(seen: &Seen, name: &Name, event: &str) -> String {
    let stands = match seen.version {
        0 => "which does not exist yet".to_owned(),
        version => format!("which is at v{version}"),
    };
    let mut lines = vec![format!("`{event}` on `{name}`, {stands}.")];
    if let (from @ 1.., false) = (seen.state.0, seen.state.0 == seen.version) {
        lines.push(format!("The values are those of v{from}."));
    }
    lines.push(String::new());
    lines.push("What stands behind // is left out. Nothing is staged without saving.".to_owned());
    let mut text = head(&lines) + "{\n";
    let _ = writeln!(text, "  \"aggregate_type\": {},", quoted(&name.aggregate_type));
    let _ = writeln!(text, "  \"aggregate_id\": {},", quoted(&name.id));
    let _ = writeln!(text, "  \"event_type\": {},", quoted(event));
    text.push_str(&payload(&proposals(seen, event)));
    text.push_str("  // \"note\": \"why, in at most 128 characters\",\n");
    text.push_str("  // \"metadata\": {\"@correlation\": \"\"},\n");
    if seen.version == 0 {
        text.push_str("  \"exists\": false\n}\n");
    } else {
        let _ = write!(text, "  \"expected_version\": {}\n}}\n", seen.version);
    }
    text
}

fn payload(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "  \"payload\": {},\n".to_owned();
    }
    let shown = |line: &Line| {
        let sign = if line.proposed { "// " } else { "" };
        format!("    {sign}{},", line.member)
    };
    let wide = lines.iter().map(|line| width(&shown(line))).max().unwrap_or(0).min(MEMBER_CELLS);
    let mut text = "  \"payload\": {\n".to_owned();
    for line in lines {
        let member = shown(line);
        if line.about.is_empty() {
            let _ = writeln!(text, "{member}");
        } else {
            let gap = " ".repeat(wide.saturating_sub(width(&member)) + 2);
            let _ = writeln!(text, "{member}{gap}// {}", line.about);
        }
    }
    text + "  },\n"
}

fn member(key: &str, value: &Json) -> String {
    format!("{}: {value}", quoted(key))
}

/// What the payload of a new event may have, what it must have first.
fn proposals(seen: &Seen, event: &str) -> Vec<Line> {
    let state = &seen.state.1;
    let Some(rules) = &seen.rules else {
        let proposed = state.iter().map(|(key, value)| Line {
            proposed: true,
            member: member(key, value),
            about: String::new(),
        });
        return proposed.collect();
    };
    let listed = rules.events.get(event).map(|rule| rule.fields.as_slice()).unwrap_or_default();
    if !listed.is_empty() {
        return listed.iter().map(|key| line(rules, state, key, false)).collect();
    }
    // What never changes once it is set cannot be said again.
    let open = |key: &&String| !(rules.is_locked_field(key) && state.contains_key(*key));
    let needed = |key: &String| {
        let required = rules.fields.get(key).is_some_and(|field| field.shape.rules.required);
        required && state.get(key).is_none_or(Json::is_null)
    };
    let mut lines: Vec<Line> =
        rules.fields.keys().filter(open).map(|key| line(rules, state, key, !needed(key))).collect();
    lines.sort_by_key(|line| line.proposed);
    lines
}

fn line(rules: &Aggregate, state: &Object, key: &str, proposed: bool) -> Line {
    let field = rules.fields.get(key);
    let value = state.get(key).cloned().unwrap_or_else(|| match field {
        Some(field) => blank(&field.shape),
        None => Json::Null,
    });
    Line { proposed, member: member(key, &value), about: about(rules, key) }
}

/// A value to begin with, of the right type.
fn blank(shape: &Shape) -> Json {
    match shape.field_type {
        FieldType::Integer => Json::from(0_i64),
        FieldType::Float => Json::parse("0.0").unwrap_or_default(),
        FieldType::Decimal { scale, .. } => {
            let behind = usize::try_from(scale).unwrap_or(0);
            Json::string(match behind {
                0 => "0".to_owned(),
                behind => format!("0.{}", "0".repeat(behind)),
            })
        }
        FieldType::Boolean => Json::Bool(false),
        FieldType::Json => Json::Null,
        FieldType::Object => Json::Object(Object::new()),
        FieldType::Reference => {
            let rule = shape.rules.reference.as_ref();
            let kind = rule.and_then(|rule| rule.aggregate_type.as_deref()).unwrap_or("TYPE");
            Json::string(format!("{kind}#"))
        }
        FieldType::Text | FieldType::Timestamp | FieldType::Date | FieldType::Binary => {
            Json::string("")
        }
    }
}

/// What the schema says of a field, in a few words.
fn about(rules: &Aggregate, key: &str) -> String {
    let Some(field) = rules.fields.get(key) else { return "no declared field".to_owned() };
    let mut words = described(&field.shape);
    if rules.is_hidden_field(key) {
        words.push("hidden".to_owned());
    }
    if rules.is_locked_field(key) {
        words.push("never changes once set".to_owned());
    }
    // A rule may have signs in it that would end the comment.
    visible(&words.join(", ")).into_owned()
}

fn described(shape: &Shape) -> Vec<String> {
    let rules = &shape.rules;
    let kind = match shape.field_type {
        FieldType::Integer => "integer".to_owned(),
        FieldType::Float => "float".to_owned(),
        FieldType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        FieldType::Boolean => "boolean".to_owned(),
        FieldType::Text => "text".to_owned(),
        FieldType::Timestamp => "timestamp".to_owned(),
        FieldType::Date => "date".to_owned(),
        FieldType::Json => "json".to_owned(),
        FieldType::Binary => "binary".to_owned(),
        FieldType::Object => "object".to_owned(),
        FieldType::Reference => match rules.reference.as_ref() {
            Some(rule) => match &rule.aggregate_type {
                Some(kind) => format!("reference to {kind}"),
                None => "reference".to_owned(),
            },
            None => "reference".to_owned(),
        },
    };
    let mut words = vec![kind];
    if rules.required {
        words.push("required".to_owned());
    }
    if let Some(Length { min, max }) = rules.length {
        words.push(span(min.map(|it| it.to_string()), max.map(|it| it.to_string())) + " long");
    }
    if let Some(Bounds { min, max }) = &rules.range {
        words.push(span(min.clone(), max.clone()));
    }
    if let Some(format) = rules.format {
        // The one whose name is not spelled as the others are.
        let wgs = format == Format::Wgs84;
        words.push(if wgs { "wgs_84".to_owned() } else { snake(&format!("{format:?}")) });
    }
    words.extend(rules.regex.iter().map(|regex| format!("/{}/", regex.as_str())));
    if !rules.properties.is_empty() {
        let names: Vec<&str> = rules.properties.keys().map(String::as_str).collect();
        words.push(format!("{{{}}}", names.join(", ")));
    }
    words
}

/// `CountryCode` as the schema writes it.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn span(min: Option<String>, max: Option<String>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "any".to_owned(),
    }
}

/// What a staged operation says, with what the schema says of its fields.
fn edited(seen: &Seen, id: &str, operation: &Operation) -> String {
    let place = format!("{}/{}", operation.aggregate_type, operation.aggregate_id);
    let mut text = head(&[
        format!("{id}: `{}` on `{place}`.", operation.event_type),
        String::new(),
        "What stands behind // is left out. Nothing changes without saving.".to_owned(),
    ]) + "{\n";
    let _ = writeln!(text, "  \"aggregate_type\": {},", quoted(&operation.aggregate_type));
    let _ = writeln!(text, "  \"aggregate_id\": {},", quoted(&operation.aggregate_id));
    let _ = writeln!(text, "  \"event_type\": {},", quoted(&operation.event_type));
    if let Some(Json::Object(object)) = &operation.payload {
        let line = |(key, value): (&String, &Json)| Line {
            proposed: false,
            member: member(key, value),
            about: seen.rules.as_ref().map(|rules| about(rules, key)).unwrap_or_default(),
        };
        text.push_str(&payload(&object.iter().map(line).collect::<Vec<_>>()));
    }
    if let Some(patch) = &operation.patch {
        let pretty = patch.to_pretty().replace('\n', "\n  ");
        let _ = writeln!(text, "  \"patch\": {pretty},");
    }
    match &operation.note {
        Some(note) => {
            let _ = writeln!(text, "  \"note\": {},", quoted(note));
        }
        None => text.push_str("  // \"note\": \"why, in at most 128 characters\",\n"),
    }
    if let Some(metadata) = &operation.metadata {
        let _ = writeln!(text, "  \"metadata\": {metadata},");
    }
    text + "}\n"
}

/// The message of a commit as it is written in an editor, above what would be written.
pub(crate) fn message(said: &str, about: &[String]) -> String {
    let mut text = format!("{said}\n");
    let lines = [
        String::new(),
        "The first line is what `dbx log` shows. Lines that begin with # are left out.".to_owned(),
        String::new(),
    ];
    for line in lines.iter().chain(about) {
        let _ = writeln!(text, "{}", format!("# {line}").trim_end());
    }
    text
}

/// The message in a text: without what begins with `#`, and without empty lines around it.
pub(crate) fn message_of(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with('#')).map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}
