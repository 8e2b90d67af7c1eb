//! Each layer uses only those above it: read from the sources, so that no import slips in.

use crate::common::sources::{Source, rust_files};
use regex::Regex;
use std::sync::LazyLock;

/// The layers in their order: each may use those before it.
const LAYERS: [&str; 8] =
    ["domain", "schema", "proof", "seal", "wire", "workspace", "store", "service"];

/// The surfaces, and what they may use: never the store, never each other.
const SURFACES: [&str; 3] = ["cli", "tui", "server"];
const FOR_SURFACES: [&str; 6] = ["domain", "schema", "proof", "wire", "workspace", "service"];

/// Usable by all; of the layers they know the nouns only.
const EVERYWHERE: [&str; 2] = ["error", "clock"];

/// What reads or changes the world: nothing that a pure layer may name.
const IMPURE: [&str; 15] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "getrandom",
    "Uuid::new_v4",
    "rustix",
    "tokio",
    "clap",
];

/// Names that belong to one place, and that place.
const ONLY_IN: [(&str, &str); 7] = [
    ("fjall", "src/store/"),
    ("aes_gcm", "src/seal/"),
    ("std::env::var", "src/workspace/env.rs"),
    ("std::env::current_dir", "src/workspace/env.rs"),
    ("clap", "src/cli/"),
    ("ratatui", "src/tui/"),
    ("axum", "src/server/"),
];

/// Whether a file of `layer` at `path` may use `used`.
fn allowed(path: &str, layer: &str, used: &str) -> bool {
    if layer == used || EVERYWHERE.contains(&used) || ["lib", "main"].contains(&layer) {
        return true;
    }
    if EVERYWHERE.contains(&layer) {
        return used == "domain";
    }
    if SURFACES.contains(&layer) {
        // These two start the other surfaces, and that is all they do.
        let starts = (path.starts_with("src/cli/tui") && ["tui", "server"].contains(&used))
            || (path.starts_with("src/cli/serve") && used == "server");
        return FOR_SURFACES.contains(&used) || starts;
    }
    let rank = |name| LAYERS.iter().position(|layer| *layer == name);
    matches!((rank(layer), rank(used)), (Some(layer), Some(used)) if used < layer)
}

/// The first part of a path below `src/`: the layer, or the file at the top.
fn layer_of(path: &str) -> &str {
    let below = path.strip_prefix("src/").unwrap();
    below.split(['/', '.']).next().unwrap()
}

/// The code with `a::{b, c::d}` written as `a::b, a::c::d`, so that every path can be read off.
fn flat(code: &str) -> String {
    static GROUP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"((?:\w+::)+)\{([^{}]*)\}").unwrap());
    let mut code = code.to_owned();
    while GROUP.is_match(&code) {
        let spread = |group: &regex::Captures<'_>| {
            let entries = group[2].split(',').map(str::trim).filter(|entry| !entry.is_empty());
            entries.map(|entry| format!("{}{entry}", &group[1])).collect::<Vec<_>>().join(", ")
        };
        code = GROUP.replace_all(&code, spread).into_owned();
    }
    code
}

/// The names that stand behind `crate::` in flat `code`.
fn uses(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'));
        &rest[..end.unwrap_or(rest.len())]
    })
}

/// Whether flat `code` has the path `name`, or one that begins with it.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(place, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let begins = !code[..place].ends_with(|c| word(c) || c == ':');
        let ends = !code[place + name.len()..].starts_with(word);
        // `std::env::var` stands for its whole family.
        begins && (ends || name.contains("::"))
    })
}

/// Whether a chain of `super::` in `source` climbs out of its layer, where this test does not see what it names.
fn climbs_out(source: &Source) -> bool {
    static CHAIN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(super::)+").unwrap());
    let below = source.path.trim_start_matches("src/").trim_end_matches(".rs");
    let depth = below.split('/').filter(|part| *part != "mod").count();
    CHAIN.find_iter(&source.code()).any(|chain| chain.as_str().matches("super").count() >= depth)
}

/// Everything that `source` does against the order.
fn faults(source: &Source) -> Vec<String> {
    let Source { path, .. } = source;
    let layer = layer_of(path);
    let code = flat(&source.code());
    let mut faults: Vec<String> = uses(&code)
        .filter(|used| {
            let named = LAYERS.iter().chain(&SURFACES).any(|layer| layer == used);
            (named || *used == "*") && !allowed(path, layer, used)
        })
        .map(|used| format!("{path} uses crate::{used}"))
        .collect();
    if climbs_out(source) {
        faults.push(format!("{path} leaves its layer by super::"));
    }
    if ["domain", "schema", "proof", "seal"].contains(&layer) {
        // Sealing takes random bytes, and nothing else from outside.
        let random = |name: &str| layer == "seal" && name == "getrandom";
        let impure = IMPURE.iter().filter(|name| names(&code, name) && !random(name));
        faults.extend(impure.map(|name| format!("{path} is pure and names {name}")));
    }
    let elsewhere =
        ONLY_IN.iter().filter(|(name, place)| names(&code, name) && !path.starts_with(place));
    faults.extend(elsewhere.map(|(name, place)| format!("{path} names {name}: only {place} may")));
    faults.dedup();
    faults
}

#[test]
fn each_layer_uses_only_those_above_it() {
    let sources = rust_files("src");
    assert!(sources.len() > 20, "the sources were not found");
    let faults: Vec<String> = sources.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "against the order of the layers:\n{}", faults.join("\n"));
}

#[test]
fn every_folder_is_a_layer() {
    for source in rust_files("src") {
        let layer = layer_of(&source.path);
        let known = LAYERS.iter().chain(&SURFACES).chain(&EVERYWHERE).chain(&["lib", "main"]);
        assert!(known.into_iter().any(|known| *known == layer), "{} is in no layer", source.path);
    }
}

#[test]
fn the_check_sees_what_it_should() {
    let faults =
        |path: &str, text: &str| faults(&Source { path: path.to_owned(), text: text.to_owned() });
    for (path, text) in [
        ("src/domain/a.rs", "use crate::schema::Schema;"),
        ("src/domain/a.rs", "use crate::{error::Error, store};"),
        ("src/wire/a.rs", "use crate::{\n    domain::{Json, ids},\n    service::Service,\n};"),
        ("src/cli/a.rs", "fn f() { crate::store::open(); }"),
        ("src/cli/a.rs", "use crate::tui;"),
        ("src/tui/a.rs", "use crate::server;"),
        ("src/error.rs", "use crate::wire::Problem;"),
        ("src/schema/a/b.rs", "use super::super::super::store;"),
        ("src/schema/mod.rs", "use super::store;"),
        ("src/schema/a.rs", "use crate::*;"),
        ("src/proof/a.rs", "use std::fs::File;"),
        ("src/proof/a.rs", "use std::{fmt, fs::File};"),
        ("src/wire/a.rs", "use crate::{domain::{Json, ids::{EventId}}, store::keys::{self, Key}};"),
        ("src/wire/mod.rs", "#[cfg(test)]\nmod tests;\nuse crate::store;"),
        ("src/seal/a.rs", "use std::fs::File;"),
        ("src/seal/a.rs", "use crate::workspace::Paths;"),
        ("src/cli/a.rs", "use crate::seal::Key;"),
        ("src/store/a.rs", "use aes_gcm::Aes256Gcm;"),
        ("src/service/a.rs", "use fjall::Database;"),
        ("src/store/a.rs", "let x = std::env::vars_os();"),
    ] {
        assert_eq!(faults(path, text).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("src/store/a.rs", "use crate::{domain, workspace::Paths};\nuse fjall::Database;"),
        ("src/cli/serve.rs", "use crate::server;"),
        ("src/seal/a.rs", "fn f() { getrandom::fill(&mut []); }"),
        ("src/error.rs", "impl From<crate::domain::IdError> for Error {}"),
        ("src/domain/a.rs", "// crate::store\n#[cfg(test)]\nmod tests { use crate::store; }"),
        ("src/schema/a/b.rs", "use super::super::model;\nuse crate::clock::Clock;"),
        ("src/wire/tests.rs", "use crate::store;"),
        ("src/domain/a.rs", "fn clapped() { crate::domain::rustixes() }"),
    ] {
        assert_eq!(faults(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}
