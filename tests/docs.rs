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

#[test]
fn the_readme_knows_every_key_of_the_dashboard() {
    let snapshot = text("snapshots/tui__keys.snap");
    let table = snapshot.splitn(3, "---\n").nth(2).unwrap().trim();
    assert!(table.lines().count() > 100, "{table}");
    assert!(
        text("README.md").contains(table),
        "`snapshots/tui__keys.snap` has other keys than the README"
    );
}

#[test]
fn the_readme_shows_every_view_of_the_dashboard() {
    let readme = text("README.md");
    for (screen, tab) in [
        ("aggregates", "[1 Aggregates]"),
        ("timeline", "[2 Timeline]"),
        ("verify", "[3 Verify]"),
        ("stage", "[4 Stage"),
        ("commit", "commit 2 events"),
        ("schema", "[5 Schema"),
        ("tail", "[6 Tail"),
    ] {
        let block = readme.split(&format!("<!-- screen: {screen} -->\n```text\n")).nth(1);
        let block = block.and_then(|rest| rest.split("```").next()).unwrap_or_default();
        assert!(block.contains(tab), "`tests/tui_story.sh --write` puts `{screen}` there");
        assert_eq!(block.lines().count(), 24, "{screen}");
    }
}
