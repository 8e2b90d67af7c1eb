//! Holds answers against the description of the routes.

use super::client::{Client, Reply, Request};
use regex::Regex;
use serde_json::{Map, Value};
use std::sync::OnceLock;

static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// Asserts that an answer is one that the description has for the request.
#[track_caller]
pub(crate) fn keeps(client: &Client, request: &Request, reply: &Reply) {
    let api =
        DOCUMENT.get_or_init(|| Client::new(client.door().clone()).get("/openapi.json").json());
    let name = format!("{} {}: {}", request.method, request.target, reply.status);
    let Some(operation) = operation(api, request) else {
        assert!([404, 405].contains(&reply.status), "{name}, and nothing describes the route");
        return;
    };
    let responses = &operation["responses"];
    let said =
        [reply.status.to_string().as_str(), "default"].iter().find_map(|it| responses.get(it));
    let said = said.unwrap_or_else(|| panic!("{name} is not described: {responses}"));
    // What a client has to tell apart is not left to "everything else".
    let common = [400, 401, 403, 404, 409, 412, 422, 428].contains(&reply.status);
    assert!(!common || responses[reply.status.to_string()].is_object(), "{name} is not described");
    let content = resolve(api, said)["content"].as_object();
    let media = reply.header("content-type").map(|media| media.split(';').next().unwrap().trim());
    match (content, media) {
        (None, None) => assert!(reply.body.is_empty(), "{name}"),
        (Some(content), Some(media)) => {
            let described = content.get(media);
            let described = described.unwrap_or_else(|| panic!("{name}: {media} is not described"));
            if media.ends_with("json") && !reply.body.is_empty() {
                let mut faults = Vec::new();
                check(api, &described["schema"], &reply.json(), "", &mut faults);
                assert!(faults.is_empty(), "{name} is described otherwise: {faults:#?}");
            }
        }
        (content, media) => panic!("{name}: described as {content:?}, answered as {media:?}"),
    }
}

fn operation<'a>(api: &'a Value, request: &Request) -> Option<&'a Value> {
    let path: Vec<&str> = request.target.split('?').next()?.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == path.len()
            && parts.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
    };
    let method = match request.method.as_str() {
        "HEAD" => "get".to_owned(),
        method => method.to_lowercase(),
    };
    // A part of the path that is written out wins over one that is not.
    let mut found: Vec<_> =
        api["paths"].as_object()?.iter().filter(|(path, _)| fits(path)).collect();
    found.sort_by_key(|(path, _)| path.matches('{').count());
    found.first()?.1.get(&method)
}

fn resolve<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => api.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Adds to `faults` where a value is not what a schema says; members that it does not name are faults too, but for those
/// that writers add, whose names begin with `@`.
fn check(api: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = resolve(api, schema);
    for (key, all) in [("oneOf", false), ("anyOf", false), ("allOf", true)] {
        let Some(list) = schema[key].as_array() else { continue };
        let of: Vec<Vec<String>> = list
            .iter()
            .map(|one| {
                let mut faults = Vec::new();
                check(api, one, value, at, &mut faults);
                faults
            })
            .collect();
        if all || !of.iter().any(Vec::is_empty) {
            faults.extend(of.into_iter().flatten());
        }
    }
    if schema["enum"].as_array().is_some_and(|list| !list.contains(value)) {
        faults.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let fits = |wanted: &&str| *wanted == kind(value) || (*wanted == "number" && value.is_number());
    if !kinds.is_empty() && !kinds.iter().any(fits) {
        faults.push(format!("{at}: {value} is no {kinds:?}"));
    }
    match value {
        Value::String(text) => {
            let pattern = schema["pattern"].as_str().map(|pattern| Regex::new(pattern).unwrap());
            if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
                faults.push(format!("{at}: {value} is not as {}", schema["pattern"]));
            }
        }
        Value::Array(list) => {
            for (index, one) in list.iter().enumerate().filter(|_| schema["items"].is_object()) {
                check(api, &schema["items"], one, &format!("{at}/{index}"), faults);
            }
        }
        Value::Object(object) => {
            let none = Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&none);
            for name in schema["required"].as_array().into_iter().flatten() {
                if !object.contains_key(name.as_str().unwrap()) {
                    faults.push(format!("{at}: {name} is missing"));
                }
            }
            for (name, member) in object {
                let at = format!("{at}/{name}");
                match properties.get(name) {
                    Some(schema) => check(api, schema, member, &at, faults),
                    None if properties.is_empty() || name.starts_with('@') => {}
                    None => faults.push(format!("{at}: nothing describes it")),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn what_is_described_otherwise_is_found() {
    use serde_json::json;
    let api = json!({"components": {"schemas": {
        "Hash": {"type": "string", "pattern": "^[0-9a-f]{2}$"},
        "Thing": {
            "type": "object",
            "required": ["hash"],
            "properties": {
                "hash": {"$ref": "#/components/schemas/Hash"},
                "size": {"type": ["integer", "null"]},
                "kinds": {"type": "array", "items": {"enum": ["a", "b"]}},
                "one": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Hash"}]},
            },
        },
    }}});
    let schema = json!({"$ref": "#/components/schemas/Thing"});
    let faults = |value: Value| {
        let mut faults = Vec::new();
        check(&api, &schema, &value, "", &mut faults);
        faults.len()
    };
    assert_eq!(
        faults(json!({"hash": "0f", "size": null, "kinds": ["a"], "one": null, "@x": 1})),
        0
    );
    for (value, count) in [
        (json!({}), 1),
        (json!({"hash": "0g"}), 1),
        (json!({"hash": "0f", "size": "7"}), 1),
        (json!({"hash": "0f", "kinds": ["a", "c"]}), 1),
        (json!({"hash": "0f", "one": 7}), 2),
        (json!({"hash": "0f", "more": 7}), 1),
        (json!([]), 1),
    ] {
        assert_eq!(faults(value.clone()), count, "{value}");
    }
}
