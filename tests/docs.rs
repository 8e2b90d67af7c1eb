//! What the documentation tells people to type works, and what it gives them to start from is right.

use crate::common::Sandbox;
use crate::common::sources::project;

fn text(name: &str) -> String {
    std::fs::read_to_string(project().join(name)).unwrap()
}

/// The `dbx` commands in the block of the README that begins with `first`, each as its words.
fn commands(first: &str) -> Vec<Vec<String>> {
    let readme = text("README.md").replace("\\\n", " ");
    let block = readme.split("```").find(|block| block.contains(first)).unwrap();
    let lines = block.lines().filter_map(|line| line.strip_prefix("$ dbx "));
    lines.map(words).collect()
}

/// The words of a line of shell that quotes with `'` only.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, piece) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_way_to_the_first_committed_event_is_as_the_readme_says() {
    let sandbox = Sandbox::new();
    let commands = commands("$ dbx init\n");
    assert!(commands.len() >= 8, "{commands:?}");
    for command in &commands {
        sandbox.dbx(command).ok();
    }
    let order = sandbox.dbx(&["aggregate", "get", "order", "42", "--json"]).ok().json();
    assert_eq!((&order["version"], &order["state"]["total"]), (&2.into(), &"19.90".into()));
}

#[test]
fn every_schema_that_comes_with_dbx_is_formatted_and_without_findings() {
    let sandbox = Sandbox::new();
    let names = ["orders", "minimal", "demo"].map(|name| format!("templates/{name}.dbx"));
    for name in names.iter().map(String::as_str).chain(["schema.dbx.example"]) {
        sandbox.write("schema.dbx", text(name));
        let said = sandbox.dbx(&["schema", "validate", "--json"]).ok().json();
        assert_eq!(said["files"][0]["diagnostics"], serde_json::json!([]), "{name}");
        sandbox.dbx(&["schema", "fmt", "--check"]).ok();
    }
}
