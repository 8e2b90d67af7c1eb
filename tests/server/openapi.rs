//! The description of the routes: what it says, and that it is true.

use super::{Request, Serving};
use crate::common::snap_text;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn document(serving: &Serving) -> Value {
    let reply = serving.stranger().get("/openapi.json").is(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

/// Every operation, with its path and method.
fn operations(api: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = api["paths"].as_object().unwrap();
    let mut all: Vec<(&str, &str, &Value)> = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            all.extend(item.get(method).map(|operation| (path.as_str(), method, operation)));
        }
    }
    all
}

/// What a type is called.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap().to_owned();
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(list) = schema[key].as_array() {
            return list.iter().map(type_of).collect::<Vec<_>>().join(" | ");
        }
    }
    if let Some(list) = schema["enum"].as_array() {
        return list.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|kind| match kind {
            "array" => format!("[{}]", type_of(&schema["items"])),
            "object" if schema["properties"].is_object() => members(schema, "; "),
            kind => kind.to_owned(),
        })
        .collect();
    kinds.join(" | ")
}

/// The members of an object; those that need not be there with a `?`.
fn members(schema: &Value, between: &str) -> String {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let member = |(name, member): (&String, &Value)| {
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        format!("{name}{mark}: {}", type_of(member))
    };
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    properties.iter().map(member).collect::<Vec<_>>().join(between)
}

/// The document in short: what a reader of the interface has to know.
fn digest(api: &Value) -> String {
    let mut text = String::new();
    for (path, method, operation) in operations(api) {
        let open = if operation["security"].is_array() { ", open" } else { "" };
        let tag = operation["tags"][0].as_str().unwrap();
        let id = operation["operationId"].as_str().unwrap();
        writeln!(text, "{} {path}  ({tag}, {id}{open})", method.to_uppercase()).unwrap();
        writeln!(text, "  {}", operation["summary"].as_str().unwrap()).unwrap();
        for one in operation["parameters"].as_array().into_iter().flatten() {
            let mark = if one["required"] == Value::Bool(true) { "" } else { "?" };
            let (place, name) = (one["in"].as_str().unwrap(), one["name"].as_str().unwrap());
            writeln!(text, "  {place} {name}{mark}: {}", type_of(&one["schema"])).unwrap();
        }
        for (media, one) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            writeln!(text, "  body {media}: {}", type_of(&one["schema"])).unwrap();
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let mut said = String::new();
            if let Some(name) = answer["$ref"].as_str() {
                said.push_str(name.rsplit('/').next().unwrap());
            }
            for (media, one) in answer["content"].as_object().into_iter().flatten() {
                write!(said, "{media}: {}", type_of(&one["schema"])).unwrap();
            }
            for name in answer["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
                write!(said, ", header {name}").unwrap();
            }
            writeln!(text, "  {status} {said}").unwrap();
        }
        text.push('\n');
    }
    for (name, schema) in api["components"]["schemas"].as_object().unwrap() {
        match members(schema, "\n  ") {
            none if none.is_empty() => writeln!(text, "{name} = {}", type_of(schema)).unwrap(),
            members => writeln!(text, "{name}\n  {members}").unwrap(),
        }
    }
    text
}

#[test]
fn the_interface_is_what_it_was() {
    let serving = Serving::new();
    snap_text("server__openapi", &digest(&document(&serving)));
}

fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_whole() {
    let serving = Serving::new();
    let api = document(&serving);
    assert_eq!(api["openapi"], "3.1.0");
    assert_eq!(api["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    assert_eq!(api["security"][0]["token"], Value::Array(Vec::new()));
    let mut found = BTreeSet::new();
    references(&api, &mut found);
    assert!(found.len() > 30);
    found.retain(|reference| api.pointer(reference.strip_prefix('#').unwrap()).is_none());
    assert!(found.is_empty(), "these lead nowhere: {found:?}");
    let tags: Vec<&str> =
        api["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&api) {
        let name = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}: a name twice");
        assert!(tags.contains(&operation["tags"][0].as_str().unwrap()), "{name}: an unknown noun");
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        let declared = operation["parameters"].as_array().into_iter().flatten();
        let declared: BTreeSet<&str> = declared
            .filter(|one| one["in"] == "path")
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(declared, in_path, "{name}");
        for one in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                one["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{name}: {one}"
            );
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let described = answer["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described || answer["$ref"].is_string(), "{name}: {status} says nothing");
        }
    }
    for (name, answer) in api["components"]["responses"].as_object().unwrap() {
        assert!(!answer["description"].as_str().unwrap().is_empty(), "{name}");
        assert!(answer["content"]["application/problem+json"].is_object(), "{name}");
    }
}

/// Each route is there, does not answer whoever has no token but where it says so, and says of its refusals that they are
/// possible.
#[test]
fn the_document_is_true() {
    let serving = Serving::new();
    let api = document(&serving);
    let (stranger, tcp) = (serving.stranger(), serving.tcp());
    let forbidden = serving.token(&["outbox.read"], &["aggregate:nothing:nothing"]);
    let forbidden = stranger.bearing(&forbidden);
    for (path, method, operation) in operations(&api) {
        let name = format!("{method} {path}");
        let filled: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "nothing" } else { part })
            .collect();
        let target = filled.join("/");
        let said = operation["responses"].as_object().unwrap();
        let request = Request::new(&method.to_uppercase(), &target);
        let reply = stranger.send(request.clone());
        if operation["security"].is_array() {
            assert!(said.contains_key(&reply.status.to_string()), "{name}: {}", reply.status);
            continue;
        }
        assert_eq!(reply.status, 401, "{name}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{name}");
        for status in ["401", "403", "default"] {
            assert!(said.contains_key(status), "{name} does not say {status}");
        }
        if operation["requestBody"]["content"]["application/json"].is_object() {
            let reply = tcp.send(request.clone().body("{}"));
            assert_eq!(reply.status, 415, "{name}: {}", reply.text());
            let reply =
                tcp.send(request.clone().header("content-type", "application/json").body("{"));
            assert_eq!(reply.status, 400, "{name}: {}", reply.text());
            for status in ["400", "413", "415"] {
                assert!(said.contains_key(status), "{name} does not say {status}");
            }
        } else if method == "get" && operation["responses"]["200"].is_object() {
            let reply = tcp.send(Request::new("GET", &format!("{target}?no_such_parameter=1")));
            assert_eq!(reply.status, 400, "{name} takes any parameter: {}", reply.text());
            assert!(said.contains_key("400"), "{name} does not say 400");
        }
        // Refused or not: whatever it is, it is said.
        for client in [&tcp, &forbidden] {
            let reply = client.send(request.clone());
            let status = reply.status.to_string();
            assert!(
                said.contains_key(&status) || reply.status == 500,
                "{name}: {status} is not said"
            );
            assert_ne!(reply.status, 500, "{name}: {}", reply.text());
        }
    }
}
