//! The tree keeps its shape: no forgotten file, none too long, nothing new at the top.

use crate::common::sources::{project, rust_files};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Everything at the top level that is not a dotfile.
const TOP: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "templates",
    "schema.dbx.example",
    "tests",
    "snapshots",
    "README.md",
    "LICENSE",
];

/// How many lines a file may have before its tests. It should have 400; what lies between needs a second look.
const LINES_MAX: usize = 500;

/// The names at the top that git knows; where there is no git, those that are there.
fn top_level() -> BTreeSet<String> {
    let git = Command::new("git").args(["ls-files", "-z"]).current_dir(project()).output();
    let names: BTreeSet<String> = match git {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter_map(|path| path.split('/').next().map(str::to_owned))
            .collect(),
        _ => BTreeSet::new(),
    };
    if names.contains("Cargo.toml") {
        return names;
    }
    let here = std::fs::read_dir(project()).unwrap();
    here.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "target")
        .collect()
}

#[test]
fn nothing_is_new_at_the_top() {
    let names = top_level();
    assert!(names.contains("Cargo.toml"), "the project was not found");
    let new: Vec<&String> = names
        .iter()
        .filter(|name| !name.is_empty() && !name.starts_with('.') && !TOP.contains(&name.as_str()))
        .collect();
    assert!(new.is_empty(), "the design has no such entries at the top level: {new:?}");
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = rust_files("src")
        .iter()
        .map(|source| (source.before_tests().len(), &source.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines before its tests"))
        .collect();
    assert!(long.is_empty(), "more than {LINES_MAX}:\n{}", long.join("\n"));
}

#[test]
fn no_file_is_forgotten() {
    // What cargo builds by a path of its own, and what is data.
    let apart = |path: &str| {
        ["tests/bench/", "tests/fuzz/", "tests/fixtures/"].iter().any(|it| path.starts_with(it))
    };
    let sources: Vec<_> = rust_files("src").into_iter().chain(rust_files("tests")).collect();
    let text = |path: &str| {
        sources.iter().find(|source| source.path == path).map(|source| source.text.as_str())
    };
    for source in sources.iter().filter(|source| !apart(&source.path)) {
        let path = Path::new(&source.path);
        let (folder, stem) = (path.parent().unwrap(), path.file_stem().unwrap().to_str().unwrap());
        let folder = folder.to_str().unwrap();
        let (folder, name) = match stem {
            "lib" | "main" => continue,
            "mod" => folder.rsplit_once('/').unwrap(),
            _ => (folder, stem),
        };
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|file| format!("{folder}/{file}"));
        let declared = parents.iter().filter_map(|parent| text(parent)).any(|parent| {
            parent.lines().any(|line| {
                let line = line.trim();
                line == format!("mod {name};") || line.ends_with(&format!(" mod {name};"))
            })
        });
        assert!(declared, "{} is in no module: nothing compiles it", source.path);
    }
}

#[test]
fn no_snapshot_is_forgotten() {
    let Ok(folder) = std::fs::read_dir(project().join("snapshots")) else { return };
    let sources = rust_files("src").into_iter().chain(rust_files("tests"));
    let tests: String = sources.map(|source| source.text).collect();
    for entry in folder {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".snap") else { continue };
        let asked = |stem: &str| tests.contains(&format!("\"{stem}\""));
        // One name stands for a screen at the sizes of the boards.
        let mut sizes = ["_80x24", "_160x48"].iter().filter_map(|size| stem.strip_suffix(size));
        assert!(asked(stem) || sizes.any(asked), "no test asks for snapshots/{name}");
    }
}
