//! What an edited text says.

use crate::domain::json::spanned::{Member, Node, Value, read_at};
use crate::domain::json::{Limits, Pointer};
use crate::error::Error;
use crate::wire::Operation;
use std::ops::Range;

/// Something that is wrong at a place of a text.
pub(crate) type Fault = (Range<usize>, String);

/// The members that an operation has.
const MEMBERS: [&str; 8] = [
    "aggregate_type",
    "aggregate_id",
    "event_type",
    "payload",
    "patch",
    "note",
    "metadata",
    "expected_version",
];

/// An operation that was written down, and where each part of it stands.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) operation: Operation,
    root: Node,
}

/// Reads a text; `None` where it says nothing.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(text: &str) -> Result<Option<Written>, Vec<Fault>> {
    let text = without_last_commas(text);
    let limits = Limits { comments: true, ..Limits::default() };
    if is_blank(&text) {
        return Ok(None);
    }
    let (root, end) = read_at(&text, 0, limits).map_err(|error| {
        let at = error.offset.min(text.len());
        vec![(at..at + 1, error.kind.to_string())]
    })?;
    let rest = text.get(end..).unwrap_or_default();
    if !is_blank(rest) {
        let at = end + first_said(rest);
        return Err(vec![(at..at + 1, "nothing may stand behind the event".to_owned())]);
    }
    let Value::Object(members) = &root.value else {
        return Err(vec![(root.span.clone(), "an event is an object: `{ … }`".to_owned())]);
    };
    let mut faults = Vec::new();
    let operation = operation(members, &root, &mut faults);
    if faults.is_empty() { Ok(Some(Written { operation, root })) } else { Err(faults) }
}

/// Whether nothing but comments is in a text.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || is_comment(line))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//") || line.trim_start().starts_with('#')
}

/// The first byte of what is said behind white space and comments.
fn first_said(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if !line.trim().is_empty() && !is_comment(line) {
            return at + indent;
        }
        at += line.len();
    }
    0
}

/// The text with a space for every comma behind which an object or an array ends, so that lines can be put in and taken
/// out freely. Places stay what they are.
fn without_last_commas(text: &str) -> String {
    let (mut commas, mut pending): (Vec<usize>, Option<usize>) = (Vec::new(), None);
    let (mut string, mut escaped, mut comment) = (false, false, false);
    let mut before = '\n';
    for (at, c) in text.char_indices() {
        let begins = c == '#' || (c == '/' && before == '/');
        before = c;
        if comment {
            comment = c != '\n';
        } else if string {
            string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if begins {
            comment = true;
        } else {
            match c {
                '"' => (string, pending) = (true, None),
                ',' => pending = Some(at),
                '}' | ']' => commas.extend(pending.take()),
                '/' => {}
                c if c.is_whitespace() => {}
                _ => pending = None,
            }
        }
    }
    let mut bytes = text.as_bytes().to_vec();
    for at in commas {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = b' ';
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn operation(members: &[Member], root: &Node, faults: &mut Vec<Fault>) -> Operation {
    let mut operation = Operation::default();
    let mut wrong = |node: &Node, expected: &str| {
        faults.push((node.span.clone(), format!("expected {expected}")));
    };
    for member in members {
        let node = &member.value;
        let text = match &node.value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let null = node.value == Value::Null;
        match (member.key.as_str(), text) {
            ("aggregate_type", Some(text)) => operation.aggregate_type = text,
            ("aggregate_id", Some(text)) => operation.aggregate_id = text,
            ("event_type", Some(text)) => operation.event_type = text,
            ("note", Some(text)) => operation.note = Some(text),
            ("note" | "metadata" | "payload" | "patch" | "expected_version" | "exists", _)
                if null => {}
            ("aggregate_type" | "aggregate_id" | "event_type" | "note", None) => {
                wrong(node, "a text");
            }
            ("payload", _) => match node.value {
                Value::Object(_) => operation.payload = Some(node.to_json()),
                _ => wrong(node, "an object"),
            },
            ("metadata", _) => match node.value {
                Value::Object(_) => operation.metadata = Some(node.to_json()),
                _ => wrong(node, "an object whose keys start with `@`"),
            },
            ("patch", _) => match node.value {
                Value::Array(_) => operation.patch = Some(node.to_json()),
                _ => wrong(node, "a list of steps (RFC 6902)"),
            },
            ("expected_version", _) => match version(node) {
                Some(version) => operation.expected_version = Some(version),
                None => wrong(node, "a version"),
            },
            ("exists", _) => match node.value {
                Value::Bool(exists) => operation.exists = Some(exists),
                _ => wrong(node, "true or false"),
            },
            _ => {}
        }
    }
    unknown(members, faults);
    missing(members, root, faults);
    operation
}

fn version(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Number(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

fn unknown(members: &[Member], faults: &mut Vec<Fault>) {
    for member in members {
        let key = member.key.as_str();
        if key == "exists" || MEMBERS.contains(&key) {
            continue;
        }
        let similar = MEMBERS
            .into_iter()
            .map(|name| (strsim::jaro_winkler(key, name), name))
            .filter(|(similarity, _)| *similarity >= 0.8)
            .max_by(|left, right| left.0.total_cmp(&right.0));
        let hint = match similar {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => "fields of the aggregate go into `payload`".to_owned(),
        };
        let message = format!("an event has no `{key}`: {hint}");
        faults.push((member.key_span.clone(), message));
    }
}

fn missing(members: &[Member], root: &Node, faults: &mut Vec<Fault>) {
    let has = |name: &str| members.iter().any(|member| member.key == name);
    let start = root.span.start..root.span.start + 1;
    for name in ["aggregate_type", "aggregate_id", "event_type"] {
        if !has(name) {
            faults.push((start.clone(), format!("`{name}` is missing")));
        }
    }
    let patch = members.iter().find(|member| member.key == "patch");
    if let Some(patch) = patch.filter(|_| has("payload")) {
        let message = "an event has a payload or a patch, and not both".to_owned();
        faults.push((patch.key_span.clone(), message));
    }
}

impl Written {
    /// What an error is about, each part at its place in the text; the error as a whole where it names none.
    pub(crate) fn faults(&self, error: &Error) -> Vec<Fault> {
        let details = error.detail_list();
        if details.is_empty() {
            let at = match error.code() {
                "dbx::conflict::version" => "/expected_version",
                "dbx::aggregate::unknown" | "dbx::aggregate::archived" => "/aggregate_id",
                "dbx::conflict::exists" => "/exists",
                _ => return Vec::new(),
            };
            return vec![(self.place(at), error.message().to_owned())];
        }
        let fault = |one: &crate::error::Detail| match self.found(&one.pointer) {
            (place, None) => (place, one.message.clone()),
            // What is not there is named, as nothing can point at it.
            (place, Some(name)) if one.message.contains(&format!("`{name}`")) => {
                (place, one.message.clone())
            }
            (place, Some(name)) => (place, format!("`{name}` {}", one.message)),
        };
        let mut faults: Vec<Fault> = details.iter().map(fault).collect();
        faults.sort_by_key(|(place, _)| place.start);
        faults
    }

    fn place(&self, pointer: &str) -> Range<usize> {
        self.found(pointer).0
    }

    /// Where what a pointer leads to stands; or what it would be in, and its name.
    fn found(&self, pointer: &str) -> (Range<usize>, Option<String>) {
        let pointer: Pointer = pointer.parse().unwrap_or_default();
        let (mut node, mut place) = (&self.root, self.root.span.start..self.root.span.start + 1);
        for segment in pointer.segments() {
            match &node.value {
                Value::Object(members) => {
                    let Some(member) = members.iter().find(|member| member.key == *segment) else {
                        return (place, Some(segment.clone()));
                    };
                    (node, place) = (&member.value, member.value.span.clone());
                    if matches!(node.value, Value::Object(_) | Value::Array(_)) {
                        // What fills lines is pointed at by its name.
                        place = member.key_span.clone();
                    }
                }
                Value::Array(items) => {
                    let item = segment.parse::<usize>().ok().and_then(|at| items.get(at));
                    let Some(item) = item else { return (place, Some(segment.clone())) };
                    (node, place) = (item, item.span.start..item.span.start + 1);
                }
                _ => return (place, None),
            }
        }
        (place, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Json;

    fn faults(text: &str) -> Vec<String> {
        let faults = read(text).unwrap_err();
        faults
            .iter()
            .map(|(at, why)| format!("{}: {why}", text.get(at.clone()).unwrap_or("")))
            .collect()
    }

    const HEAD: &str = r#""aggregate_type": "order", "aggregate_id": "o-1", "event_type": "paid""#;

    #[test]
    fn comments_and_last_commas_are_no_faults() {
        let text = format!(
            "// a comment, with a comma,\n# another\n{{ {HEAD},\n  \"payload\": {{\"a\": \"x // y, }}\", \"b\": [1, 2,], // last,\n  }},\n}}\n// the end"
        );
        let written = read(&text).unwrap().unwrap();
        let payload = Json::parse(r#"{"a":"x // y, }","b":[1,2]}"#).unwrap();
        assert_eq!(written.operation.payload, Some(payload));
        assert_eq!(written.operation.event_type, "paid");
        assert!(read("// nothing\n\n  # at all\n").unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        assert_eq!(
            faults(&format!("{{{HEAD}, \"payload\": {{\"a\": ,}}}}")),
            ["}: expected a JSON value"]
        );
        assert_eq!(faults("[1]"), ["[1]: an event is an object: `{ … }`"]);
        assert_eq!(faults(&format!("{{{HEAD}}} x")), ["x: nothing may stand behind the event"]);
        let wrong = format!(
            "{{{HEAD}, \"payload\": [], \"notes\": 1, \"status\": 2, \"exists\": 3, \"expected_version\": -1}}"
        );
        assert_eq!(
            faults(&wrong),
            [
                "[]: expected an object",
                "3: expected true or false",
                "-1: expected a version",
                "\"notes\": an event has no `notes`: did you mean `note`?",
                "\"status\": an event has no `status`: fields of the aggregate go into `payload`",
            ]
        );
        assert_eq!(
            faults("{\"event_type\": 1}"),
            [
                "1: expected a text",
                "{: `aggregate_type` is missing",
                "{: `aggregate_id` is missing"
            ]
        );
        let both = format!("{{{HEAD}, \"payload\": {{}}, \"patch\": []}}");
        assert_eq!(faults(&both), ["\"patch\": an event has a payload or a patch, and not both"]);
    }

    #[test]
    fn an_error_is_pointed_at_as_far_as_it_leads() {
        use crate::error::{Detail, Kind};
        let text = format!(
            "{{{HEAD}, \"payload\": {{\"lines\": [{{\"n\": 7}}]}}, \"expected_version\": 3}}"
        );
        let written = read(&text).unwrap().unwrap();
        let shown = |error: &Error| -> Vec<String> {
            let faults = written.faults(error);
            faults.iter().map(|(at, why)| format!("{}: {why}", &text[at.clone()])).collect()
        };
        let detail = |pointer: &str, message: &str| Detail {
            pointer: pointer.into(),
            code: "x".into(),
            message: message.into(),
        };
        let error = Error::new(Kind::Violation, "dbx::schema::violation", "no").details(vec![
            detail("/payload/lines/0/n", "too many"),
            detail("/payload/total", "is required"),
            detail("/payload/city", "`city` is missing"),
            detail("", "all of it"),
        ]);
        assert_eq!(
            shown(&error),
            [
                "{: all of it",
                "\"payload\": `total` is required",
                "\"payload\": `city` is missing",
                "7: too many"
            ]
        );
        let error = Error::new(Kind::Version, "dbx::conflict::version", "it is at v4");
        assert_eq!(shown(&error), ["3: it is at v4"]);
        let error = Error::new(Kind::Unavailable, "dbx::store::io", "no disk");
        assert!(shown(&error).is_empty());
    }
}
