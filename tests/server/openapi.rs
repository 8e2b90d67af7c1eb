//! The description of the routes: what it says, and that it is true.

use super::{Client, Request, Serving};
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
    let (mut ids, mut faults) = (BTreeSet::new(), Vec::new());
    for (path, method, operation) in operations(&api) {
        let name = format!("{method} {path}");
        let mut demand = |fine: bool, what: &str| {
            if !fine {
                faults.push(format!("{name}: {what}"));
            }
        };
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        demand(ids.insert(operation["operationId"].as_str().unwrap()), "its name is taken");
        demand(tags.contains(&operation["tags"][0].as_str().unwrap()), "an unknown noun");
        demand(operation["summary"].as_str().is_some_and(|it| it.ends_with('.')), "no sentence");
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().collect();
        let declared = parameters.iter().filter(|one| one["in"] == "path");
        let declared: BTreeSet<&str> = declared.map(|one| one["name"].as_str().unwrap()).collect();
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        demand(declared == in_path, "the parts of its path are not described");
        for one in parameters {
            demand(text(&one["description"]), &format!("{} says nothing", one["name"]));
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            demand(text(&answer["description"]) || answer["$ref"].is_string(), status);
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
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
    let faults: Vec<String> = operations(&api)
        .into_iter()
        .flat_map(|(path, method, operation)| untruths(&serving, (path, method), operation))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

fn untruths(serving: &Serving, (path, method): (&str, &str), operation: &Value) -> Vec<String> {
    let name = format!("{method} {path}");
    let mut faults = Vec::new();
    let filled: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part }).collect();
    let target = filled.join("/");
    let said = operation["responses"].as_object().unwrap();
    let request = Request::new(&method.to_uppercase(), &target);
    let mut expect = |what: &str, request: &Request, client: &Client, status: Option<u16>| {
        let reply = client.send(request.clone());
        let wanted = status.unwrap_or(reply.status);
        let fine = reply.status < 500 || [501, 503].contains(&reply.status);
        if reply.status != wanted || !fine {
            faults.push(format!(
                "{name} {what}: {} and not {wanted}: {}",
                reply.status,
                reply.text()
            ));
        }
        if !said.contains_key(&reply.status.to_string()) {
            faults.push(format!("{name} {what}: {} is not described", reply.status));
        }
    };
    let (stranger, tcp) = (serving.stranger(), serving.tcp());
    if operation["security"].is_array() {
        expect("without a token", &request, &stranger, None);
        return faults;
    }
    expect("without a token", &request, &stranger, Some(401));
    let nothing = serving.token(&["outbox.read"], &["aggregate:nothing:nothing"]);
    let nothing = stranger.bearing(&nothing);
    if operation["requestBody"]["content"]["application/json"].is_object() {
        let plain = request.clone().header("content-type", "text/plain").body("{}");
        expect("with a text", &plain, &tcp, Some(415));
        let cut = request.clone().header("content-type", "application/json").body("{");
        expect("with half a body", &cut, &tcp, Some(400));
        let empty = request.clone().header("content-type", "application/json").body("{}");
        expect("with a token for nothing", &empty, &nothing, None);
    } else {
        let unknown =
            Request::new(&method.to_uppercase(), &format!("{target}?no_such_parameter=1"));
        expect("with any parameter", &unknown, &tcp, Some(400));
        expect("with a token for nothing", &request, &nothing, None);
        expect("with a token", &request, &tcp, None);
    }
    faults
}
