use crate::common::{Sandbox, snap};

const SCHEMA: &str = r#"
aggregate team { event founded {} }
aggregate person {
  field name { type = "text" }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  event joined {}
}
aggregate asset {
  field owner { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "restrict"}} }
  event bought {}
}
"#;

/// A team of two with a car.
fn team() -> Sandbox {
    let sandbox = Sandbox::with_schema(SCHEMA);
    for (aggregate_type, id, event, fields) in [
        ("team", "red", "founded", &["colour=red"][..]),
        ("person", "ada", "joined", &["name=Ada", "team=team#red"]),
        ("person", "bob", "joined", &["name=Bob", "team=team#red"]),
        ("asset", "car", "bought", &["owner=team#red"]),
    ] {
        let mut args = vec!["aggregate", "create", aggregate_type, id, "-e", event];
        args.extend(fields.iter().flat_map(|field| ["-f", field]));
        sandbox.dbx(&args).ok();
    }
    sandbox
}

#[test]
fn archive_and_restore_are_events() {
    let sandbox = team();
    let archive = ["aggregate", "archive", "team", "red", "--note", "dissolved"];
    snap("cli__archive__restricted", &sandbox.dbx(&archive).exits(3));
    let json = sandbox.dbx(&[&archive[..], &["--json"]].concat()).exits(3);
    assert_eq!(json.stdout, "");
    snap("cli__archive__restricted_json", &json);
    snap("cli__archive__alone", &sandbox.dbx(&["aggregate", "archive", "asset/car", "-v"]).ok());
    let dry = sandbox.dbx(&[&archive[..], &["--dry-run", "-v"]].concat()).ok();
    snap("cli__archive__dry_run", &dry);
    snap("cli__archive__nullified", &sandbox.dbx(&[&archive[..], &["-v"]].concat()).ok());
    snap("cli__archive__again", &sandbox.dbx(&archive).exits(3));
    let write = ["aggregate", "apply", "team", "red", "founded"];
    snap("cli__archive__write", &sandbox.dbx(&write).exits(3));

    snap("cli__archive__list", &sandbox.dbx(&["aggregate", "list"]).ok());
    snap("cli__archive__list_all", &sandbox.dbx(&["aggregate", "list", "--archived"]).ok());
    snap("cli__archive__get", &sandbox.dbx(&["aggregate", "get", "team/red", "-v"]).ok());
    snap("cli__archive__events", &sandbox.dbx(&["events", "--after", "4"]).ok());
    snap("cli__archive__event_json", &sandbox.dbx(&["show", "#6", "--json"]).ok());
    snap("cli__archive__log", &sandbox.dbx(&["log", "--take", "2"]).ok());
    snap("cli__archive__show", &sandbox.dbx(&["show", "c6"]).ok());
    snap("cli__archive__replay", &sandbox.dbx(&["aggregate", "replay", "team/red"]).ok());
    snap("cli__archive__blame", &sandbox.dbx(&["blame", "person/ada"]).ok());
    snap("cli__archive__diff", &sandbox.dbx(&["diff", "person/ada@1..2"]).ok());

    let restore = ["aggregate", "restore", "team", "red", "--json"];
    snap("cli__archive__restore_json", &sandbox.dbx(&restore).ok());
    snap("cli__archive__restore_again", &sandbox.dbx(&restore[..4]).exits(3));
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn references_are_resolved() {
    let sandbox = team();
    let get = ["aggregate", "get", "person/ada", "--resolve"];
    snap("cli__archive__resolve", &sandbox.dbx(&[&get[..], &["-v"]].concat()).ok());
    snap("cli__archive__resolve_json", &sandbox.dbx(&[&get[..], &["--json"]].concat()).ok());
    let none = sandbox.dbx(&["aggregate", "get", "team/red", "--resolve=5"]).ok();
    assert!(none.stdout.ends_with("\nno references\n"), "{none:?}");
    sandbox.dbx(&["aggregate", "get", "team/red", "--resolve=6"]).exits(2);
}
