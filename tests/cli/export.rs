use super::shop;
use crate::common::{Output, Sandbox, snap};
use std::process::Command;

fn export(sandbox: &Sandbox, args: &[&str]) -> Output {
    sandbox.dbx(&[&["aggregate", "export"], args].concat())
}

/// Every name in the workspace's folder but those that `dbx init` and the schema made.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.root()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| ![".dbx", "schema.dbx", ".gitignore"].contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

/// As `snap`, of a file that an export wrote.
fn snap_file(name: &str, sandbox: &Sandbox, file: &str) {
    let shown = Output {
        args: vec!["(contents of)".into(), file.into()],
        stdout: sandbox.read(file),
        stderr: String::new(),
        code: 0,
        top: sandbox.root().parent().unwrap().to_owned(),
    };
    snap(name, &shown);
}

#[test]
fn states_in_three_forms() {
    let sandbox = shop();
    let out = export(&sandbox, &["--format", "json", "--output", "states.json"]).ok();
    snap("cli__export__json", &out);
    snap_file("cli__export__json_file", &sandbox, "states.json");
    snap(
        "cli__export__ndjson",
        &export(&sandbox, &["order", "--format", "ndjson", "-o", "-"]).ok(),
    );
    let csv = export(&sandbox, &["--format", "csv", "-o", "tables", "--json"]).ok();
    snap("cli__export__csv", &csv);
    snap_file("cli__export__csv_file", &sandbox, "tables/order.csv");
    let one = export(&sandbox, &["order", "--format", "csv", "-o", "orders.csv"]).ok();
    snap("cli__export__csv_one", &one);
    assert_eq!(sandbox.read("orders.csv"), sandbox.read("tables/order.csv"));
    let pipe = export(&sandbox, &["order", "--format", "csv", "-o", "-", "-q"]).ok();
    assert_eq!((pipe.stdout, pipe.stderr), (sandbox.read("orders.csv"), String::new()));
    assert_eq!(names(&sandbox), ["orders.csv", "states.json", "tables"]);
}

#[test]
fn archived_aggregates_are_left_out_unless_wanted() {
    let sandbox = shop();
    sandbox.dbx(&["aggregate", "archive", "order/o-1"]).ok();
    let args = ["--format", "ndjson", "-o", "-"];
    assert_eq!(export(&sandbox, &args).ok().ndjson().len(), 1);
    let all = export(&sandbox, &[&args[..], &["--archived"]].concat()).ok().ndjson();
    assert_eq!((all.len(), &all[1]["archived"]), (2, &true.into()));
}

#[test]
fn a_history_goes_out_and_in_again() {
    let sandbox = shop();
    sandbox.dbx(&["aggregate", "archive", "order/o-1", "--note", "done"]).ok();
    let args = ["--format", "ndjson", "--events", "-o", "history.ndjson"];
    snap("cli__export__events", &export(&sandbox, &args).ok());
    snap_file("cli__export__events_file", &sandbox, "history.ndjson");
    let other = Sandbox::with_schema(include_str!("../../templates/demo.dbx"));
    other.dbx_stdin(&["import", "-"], sandbox.read("history.ndjson")).ok();
    let states = |sandbox: &Sandbox| {
        let mut all = sandbox.dbx(&["aggregate", "list", "--archived", "--json"]).ok().ndjson();
        for record in &mut all {
            // A hash is that of its own log.
            record["merkle_root"].take();
        }
        all
    };
    assert_eq!(states(&sandbox), states(&other));
    other.dbx(&["verify"]).ok();
}

#[test]
fn nothing_is_replaced_or_left_half_written() {
    let sandbox = shop();
    sandbox.write("states.json", "mine");
    let args = ["--format", "json", "--output", "states.json"];
    snap("cli__export__exists", &export(&sandbox, &args).exits(3));
    assert_eq!(sandbox.read("states.json"), "mine");
    sandbox.write("tables/order.csv", "mine");
    sandbox.write("tables/notes.txt", "mine too");
    let tables = ["--format", "csv", "--output", "tables"];
    snap("cli__export__exists_csv", &export(&sandbox, &tables).exits(3));
    assert_eq!(sandbox.read("tables/order.csv"), "mine");
    let inside = std::fs::read_dir(sandbox.path("tables")).unwrap().count();
    assert_eq!(inside, 2, "no other table, and no temporary file");
    export(&sandbox, &[&args[..], &["--force"]].concat()).ok();
    export(&sandbox, &[&tables[..], &["--force"]].concat()).ok();
    assert!(sandbox.read("states.json").starts_with("[\n{"));
    assert!(sandbox.read("tables/order.csv").starts_with("aggregate_id,"));
    assert_eq!(sandbox.read("tables/notes.txt"), "mine too");

    export(&sandbox, &["teem", "--format", "csv", "--output", "new"]).exits(1);
    export(&sandbox, &["teem", "--format", "json", "--output", "new.json"]).exits(1);
    export(&sandbox, &["--format", "json", "--output", "no/where.json"]).exits(2);
    export(&sandbox, &["--format", "json", "--output", "tables"]).exits(2);
    export(&sandbox, &["--format", "csv", "--output", "states.json"]).exits(2);
    assert_eq!(names(&sandbox), ["states.json", "tables"]);
}

#[test]
fn what_does_not_go_together_is_said() {
    let sandbox = Sandbox::workspace();
    let csv = export(&sandbox, &["--format", "csv", "-o", "-"]).exits(2);
    snap("cli__export__csv_stdout", &csv);
    let events = export(&sandbox, &["--format", "csv", "--events", "-o", "x"]).exits(2);
    snap("cli__export__events_csv", &events);
    export(&sandbox, &["--format", "json", "--raw", "-o", "x"]).exits(2);
    export(&sandbox, &["--format", "xml", "-o", "x"]).exits(2);
    export(&sandbox, &["--format", "json"]).exits(2);
    assert!(names(&sandbox).is_empty());
}

#[test]
fn a_zip_holds_the_files() {
    let sandbox = shop();
    let zip = ["--format", "csv", "--zip", "-o"];
    snap("cli__export__zip", &export(&sandbox, &[&zip[..], &["tables.zip"]].concat()).ok());
    export(&sandbox, &[&zip[..], &["again.zip"]].concat()).ok();
    export(&sandbox, &["--format", "csv", "-o", "tables"]).ok();
    let bytes = std::fs::read(sandbox.path("tables.zip")).unwrap();
    assert_eq!(bytes, std::fs::read(sandbox.path("again.zip")).unwrap(), "the same bytes again");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let inside: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(inside, ["customer.csv", "order.csv"]);
    for name in inside {
        let mut file = archive.by_name(&name).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!(text, sandbox.read(format!("tables/{name}")));
    }
    // Not through text: a pipe gets the same bytes.
    let args = [&["aggregate", "export"], &zip[..], &["-", "-q"]].concat();
    let mut command: Command = sandbox.command(&args);
    assert_eq!(command.output().unwrap().stdout, bytes);
    sandbox.write("tables.zip", "mine");
    export(&sandbox, &[&zip[..], &["tables.zip"]].concat()).exits(3);
    export(&sandbox, &["teem", "--format", "csv", "--zip", "-o", "new.zip"]).exits(1);
    assert_eq!(names(&sandbox), ["again.zip", "tables", "tables.zip"]);
}

#[test]
fn a_closed_pipe_is_success() {
    let sandbox = Sandbox::workspace();
    let line = |number| {
        format!(
            "{{\"aggregate_type\":\"t\",\"aggregate_id\":\"a{number}\",\"event_type\":\"e\"}}\n"
        )
    };
    let lines: String = (0..3000).map(line).collect();
    sandbox.dbx_stdin(&["import", "-"], lines).ok();
    for more in [&[][..], &["--zip"]] {
        let args = [&["aggregate", "export", "--format", "ndjson", "-o", "-"], more].concat();
        let mut command = sandbox.command(&args);
        let (stdout, stderr) = (std::process::Stdio::piped(), std::process::Stdio::piped());
        let mut child = command.stdout(stdout).stderr(stderr).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
        assert_eq!(ended.status.code(), Some(0));
    }
}
