use super::shop;
use crate::common::{Running, Sandbox, snap};
use std::process::{Command, Stdio};

const WRONG: &str = "aggregate order {\n  lokced = true\n  field total { type = \"decimal(12,2)\" }\n  \
                     event order_placed { fields = [\"totl\"] }\n}\n";

const RIGHT: &str =
    "aggregate order {\n  field total { type = \"integer\" }\n\n  event order_placed {}\n}\n";

#[test]
fn validate_in_every_form() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.dbx", WRONG);
    let validate = |more: &[&str]| sandbox.dbx(&[&["schema", "validate"], more].concat()).exits(1);
    snap("cli__schema__validate_full", &validate(&[]));
    snap("cli__schema__validate_concise", &validate(&["--format", "concise"]));
    snap("cli__schema__validate_json", &validate(&["--json"]));
    snap("cli__schema__validate_github", &validate(&["--format", "github"]));
    snap("cli__schema__validate_sarif", &validate(&["--format", "sarif"]));
}

#[test]
fn validate_answers_0_1_or_2() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.dbx", RIGHT);
    snap("cli__schema__validate_right", &sandbox.dbx(&["schema", "validate"]).ok());
    sandbox.write("empty.dbx", "");
    sandbox.write("warned.dbx", WRONG.replace("lokced", "locked"));
    sandbox.write("bytes.dbx", b"aggregate \xff");
    sandbox.dbx(&["schema", "validate", "warned.dbx"]).ok();
    sandbox.dbx(&["schema", "validate", "schema.dbx", "empty.dbx"]).exits(1);
    snap(
        "cli__schema__validate_missing",
        &sandbox.dbx(&["schema", "validate", "nowhere.dbx"]).exits(2),
    );
    sandbox.dbx(&["schema", "validate", "bytes.dbx"]).exits(2);
    sandbox.dbx_stdin(&["schema", "validate", "-"], RIGHT).ok();
    sandbox.dbx_stdin(&["schema", "validate", "-", "--format", "concise"], WRONG).exits(1);
}

#[test]
fn fmt_writes_checks_or_prints() {
    let sandbox = Sandbox::new();
    let ugly = RIGHT.replace("  ", " ");
    sandbox.write("schema.dbx", &ugly);
    snap("cli__schema__fmt_check", &sandbox.dbx(&["schema", "fmt", "--check"]).exits(1));
    assert_eq!(sandbox.read("schema.dbx"), ugly);
    snap("cli__schema__fmt", &sandbox.dbx(&["schema", "fmt", "--json"]).ok());
    assert_eq!(sandbox.read("schema.dbx"), RIGHT);
    sandbox.dbx(&["schema", "fmt", "--check"]).ok();
    assert_eq!(sandbox.dbx_stdin(&["schema", "fmt", "-"], &ugly).ok().stdout, RIGHT);
    sandbox.write("schema.dbx", "aggregate {");
    sandbox.dbx(&["schema", "fmt"]).exits(2);
    assert_eq!(sandbox.read("schema.dbx"), "aggregate {");
}

#[test]
fn show_is_the_same_for_the_same_source() {
    let sandbox = shop();
    snap("cli__schema__show", &sandbox.dbx(&["schema", "show", "invoice"]).ok());
    let whole = sandbox.dbx(&["schema", "show", "--json"]).ok();
    assert_eq!(whole.stdout, sandbox.dbx(&["schema", "show", "@1", "--json"]).ok().stdout);
    snap("cli__schema__show_unknown", &sandbox.dbx(&["schema", "show", "invoices@1"]).exits(1));
    sandbox.dbx(&["schema", "show", "@7"]).exits(1);
    sandbox.dbx(&["schema", "show", "@x"]).exits(2);
}

#[test]
fn diff_breaking_and_apply_of_a_change() {
    let sandbox = Sandbox::with_schema(RIGHT);
    snap("cli__schema__diff_none", &sandbox.dbx(&["schema", "diff"]).ok());
    sandbox
        .write("schema.dbx", RIGHT.replace("integer", "date").replace("}\n", "} event paid {}\n"));
    sandbox.dbx(&["schema", "validate"]).exits(1);
    sandbox.write("schema.dbx", RIGHT.replace("\"integer\"", "\"date\""));
    snap("cli__schema__diff", &sandbox.dbx(&["schema", "diff"]).ok());
    sandbox.dbx(&["schema", "diff", "--exit-code"]).exits(1);
    snap(
        "cli__schema__diff_json",
        &sandbox.dbx(&["schema", "diff", "@1", "working", "--json"]).ok(),
    );
    snap("cli__schema__breaking", &sandbox.dbx(&["schema", "breaking"]).exits(1));
    snap("cli__schema__breaking_json", &sandbox.dbx(&["schema", "breaking", "--json"]).exits(1));
    snap("cli__schema__apply_breaking", &sandbox.dbx(&["schema", "apply", "--yes"]).exits(1));
    let allowed = ["schema", "apply", "--allow-breaking"];
    snap("cli__schema__apply_unasked", &sandbox.dbx(&allowed).exits(2));
    snap("cli__schema__apply", &sandbox.dbx(&[&allowed[..], &["--yes"]].concat()).ok());
    snap("cli__schema__apply_json", &sandbox.dbx(&["schema", "apply", "--json"]).ok());
    snap("cli__schema__history", &sandbox.dbx(&["schema", "history"]).ok());
    snap("cli__schema__history_json", &sandbox.dbx(&["schema", "history", "--json"]).ok());
    sandbox.write("schema.dbx", WRONG);
    snap("cli__schema__apply_wrong", &sandbox.dbx(&["schema", "apply"]).exits(2));
}

#[test]
fn a_break_says_what_it_concerns() {
    let sandbox = shop();
    let source = sandbox.read("schema.dbx");
    let changed = source
        .replace(r#"{"min": "0.00"}"#, r#"{"min": "12.00"}"#)
        .replace(r#"field city { type = "text" }"#, r#"field city { type = "date" }"#)
        .replace("  event order_paid { fields = [\"status\"] }\n", "");
    sandbox.write("schema.dbx", changed);
    snap("cli__schema__breaking_impact", &sandbox.dbx(&["schema", "breaking"]).exits(1));
    let json = sandbox.dbx(&["schema", "breaking", "--json"]).exits(1).json();
    let first = &json["breaking"][0];
    assert_eq!((&first["code"], &first["events"]), (&"B103".into(), &1.into()), "{json}");
    assert_eq!(first["examples"], serde_json::json!(["customer/c-1@1"]), "{json}");
    snap("cli__schema__apply_impact", &sandbox.dbx(&["schema", "apply"]).exits(1));
}

#[test]
fn a_commit_of_git_is_a_schema_too() {
    let sandbox = Sandbox::workspace();
    sandbox.write("schema.dbx", RIGHT);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=ada", "-c", "user.email=ada@example.org"]).args(args);
        assert!(command.current_dir(sandbox.root()).output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "schema.dbx"]);
    git(&["commit", "-q", "-m", "first"]);
    sandbox.write("schema.dbx", RIGHT.replace("integer", "text"));
    sandbox.dbx(&["schema", "breaking", "--against", "git:HEAD"]).exits(1);
    let diff = sandbox.dbx(&["schema", "diff", "git:HEAD"]).ok();
    assert!(diff.stdout.starts_with("git:HEAD → schema.dbx\n"), "{diff:?}");
    sandbox.dbx(&["schema", "diff", "git:nowhere"]).exits(2);
    sandbox.dbx(&["schema", "diff", "git:--output=x"]).exits(2);
}

#[test]
fn explain_a_code() {
    let sandbox = Sandbox::new();
    snap("cli__schema__explain", &sandbox.dbx(&["schema", "explain", "e012"]).ok());
    snap("cli__schema__explain_json", &sandbox.dbx(&["schema", "explain", "E012", "--json"]).ok());
    snap("cli__schema__explain_unknown", &sandbox.dbx(&["schema", "explain", "E999"]).exits(1));
    let all = sandbox.dbx(&["schema", "explain"]).ok();
    assert!(all.stdout.starts_with("E001  unexpected token\n"), "{all:?}");
}

#[test]
fn watching_checks_again_at_every_change() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.dbx", RIGHT);
    let mut command = sandbox.command(&["schema", "validate", "--watch", "--format", "json"]);
    let mut watch = Running::out(command.stderr(Stdio::null()));
    // A slow machine may notify twice about one change: what counts is that the right answer comes.
    let mut until = |start: &str| while !watch.next().unwrap().starts_with(start) {};
    until(r#"{"ok":true"#);
    sandbox.write("other.dbx", WRONG);
    // As editors do it: a new file takes the place of the old one.
    let new = sandbox.write("schema.dbx.new", WRONG);
    std::fs::rename(new, sandbox.path("schema.dbx")).unwrap();
    until(r#"{"ok":false"#);
    sandbox.write("schema.dbx", RIGHT);
    until(r#"{"ok":true"#);
}
