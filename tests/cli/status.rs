use super::shop;
use crate::common::{Sandbox, snap, snap_text};
use std::fmt::Write as _;

/// Takes the size on disk out, which compression decides.
fn without_disk(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("disk"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_workspace() {
    let output = Sandbox::workspace().dbx(&["status"]).ok();
    assert!(output.stdout.contains("0 events in 0 commits"), "{output:?}");
    assert!(output.stdout.contains("there is no schema.dbx"), "{output:?}");
}

#[test]
fn a_shop_at_a_glance() {
    let sandbox = shop();
    let mut output = sandbox.dbx(&["status", "-v"]).ok();
    output.stdout = without_disk(&output.stdout);
    snap("cli__status__shop", &output);
    let mut json = sandbox.dbx(&["status", "--json"]).ok();
    let bytes = json.json()["disk_bytes"].to_string();
    json.stdout = json.stdout.replace(&format!("\"disk_bytes\":{bytes}"), "\"disk_bytes\":[bytes]");
    snap("cli__status__json", &json);
}

#[test]
fn says_how_the_file_stands_to_what_is_in_force() {
    let sandbox = Sandbox::new();
    sandbox.dbx(&["init"]).ok();
    let mut said = String::new();
    let mut look = |what: &str| {
        let output = sandbox.dbx(&["status"]).ok();
        let line =
            output.stdout.lines().find(|line| line.starts_with("schema")).unwrap().to_owned();
        let _ = write!(said, "{what}\n  {line}\n  {}\n", output.stderr.trim());
    };
    look("new");
    sandbox.dbx(&["schema", "apply"]).ok();
    look("applied");
    let source = sandbox.read("schema.dbx");
    sandbox.write("schema.dbx", format!("{source}\naggregate note {{ event noted {{}} }}\n"));
    look("changed");
    sandbox.write("schema.dbx", "aggregate");
    look("broken");
    std::fs::remove_file(sandbox.path("schema.dbx")).unwrap();
    look("gone");
    snap_text("cli__status__schema", &said);
}
