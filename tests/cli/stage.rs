use super::shop;
use crate::common::{Sandbox, snap};

const PAID: [&str; 7] = ["stage", "add", "order", "o-1", "order_packed", "-f", "status=packed"];
const NEW: [&str; 10] = [
    "stage",
    "add",
    "customer",
    "c-2",
    "customer_registered",
    "--create",
    "--note",
    "by letter",
    "-p",
    r#"{"name":"Grace","email":"grace@example.org","country":"US","city":"NY","tier":"standard"}"#,
];

/// A shop with two operations staged.
fn staged() -> Sandbox {
    let sandbox = shop();
    sandbox.dbx(&PAID).ok();
    sandbox.dbx(&NEW).ok();
    sandbox
}

fn operations(sandbox: &Sandbox) -> Vec<String> {
    let stage = sandbox.dbx(&["stage", "list", "--json"]).ok().json();
    let id = |one: &serde_json::Value| one["id"].as_str().unwrap().to_owned();
    stage["operations"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn from_the_first_operation_to_the_commit() {
    let sandbox = shop();
    snap("cli__stage__empty", &sandbox.dbx(&["stage", "list"]).ok());
    snap("cli__stage__add", &sandbox.dbx(&PAID).ok());
    snap("cli__stage__add_create", &sandbox.dbx(&NEW).ok());
    let patch = r#"[{"op":"add","path":"/carrier","value":"DHL"},{"op":"add","path":"/tracking","value":"1Z9"},{"op":"replace","path":"/status","value":"shipped"}]"#;
    let apply =
        ["aggregate", "patch", "order", "o-1", "order_shipped", "--patch", patch, "--stage"];
    snap("cli__stage__patch_json", &sandbox.dbx(&[&apply[..], &["--json"]].concat()).ok());
    snap("cli__stage__list", &sandbox.dbx(&["stage", "list"]).ok());
    snap("cli__stage__list_json", &sandbox.dbx(&["stage", "list", "--json"]).ok());
    snap("cli__stage__show", &sandbox.dbx(&["stage", "show"]).ok());
    let status = sandbox.dbx(&["status"]).ok();
    assert!(status.stdout.contains("\nstage      3 operations\n"), "{status:?}");
    assert!(status.stderr.contains("dbx commit -m"), "{status:?}");
    let nothing = sandbox.dbx(&["commit", "-m", " \n"]).exits(2);
    assert!(nothing.stderr.contains("the message is empty"), "{nothing:?}");
    snap("cli__commit__dry_run", &sandbox.dbx(&["commit", "--dry-run"]).ok());
    assert_eq!(operations(&sandbox), ["s1", "s2", "s3"], "a dry run takes nothing");
    let commit = ["commit", "-m", "ship order 1\n\nand welcome Grace"];
    snap("cli__commit__made", &sandbox.dbx(&commit).ok());
    snap("cli__commit__log", &sandbox.dbx(&["log", "-n", "1"]).ok());
    snap("cli__commit__show", &sandbox.dbx(&["show", "c5"]).ok());
    snap("cli__commit__nothing", &sandbox.dbx(&commit).exits(1));
    assert_eq!(sandbox.dbx(&["status", "--json"]).json()["stage"]["operations"], 0);
    sandbox.dbx(&["stage", "undo"]).exits(1);
    sandbox.dbx(&["commit"]).exits(2);
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn what_no_commit_would_take_is_not_staged() {
    let sandbox = staged();
    let add = ["stage", "add", "order", "o-1"];
    let wrong = [&add[..], &["order_shiped", "-f", "status=gone", "-f", "weight:=3"]].concat();
    snap("cli__stage__violations", &sandbox.dbx(&wrong).exits(2));
    let json = sandbox.dbx(&[&wrong[..], &["--json"]].concat()).exits(2);
    assert_eq!(json.stdout, "");
    snap("cli__stage__violations_json", &json);
    snap(
        "cli__stage__unknown",
        &sandbox.dbx(&["stage", "add", "order", "o-2", "order_paid", "-f", "status=paid"]).exits(1),
    );
    let late = [&add[..], &["order_paid", "-f", "status=paid", "--expect-version", "3"]].concat();
    snap("cli__stage__version", &sandbox.dbx(&late).exits(3));
    let exists = ["stage", "add", "order", "o-1", "order_paid", "--create", "-f", "status=paid"];
    sandbox.dbx(&exists).exits(3);
    sandbox.dbx(&["stage", "add", "order", "o-1", "dbx_archived"]).exits(2);
    sandbox.dbx(&["stage", "add", "order"]).exits(2);
    assert_eq!(operations(&sandbox), ["s1", "s2"]);
    let dry = sandbox.dbx(
        &[
            &add[..],
            &[
                "order_shipped",
                "-f",
                "status=shipped",
                "-f",
                "carrier=DHL",
                "-f",
                "tracking=1",
                "--expect-version",
                "4",
                "--dry-run",
            ],
        ]
        .concat(),
    );
    snap("cli__stage__add_dry_run", &dry.ok());
    assert_eq!(operations(&sandbox), ["s1", "s2"]);
}

#[test]
fn the_order_is_changed_and_changed_back() {
    let sandbox = staged();
    snap("cli__stage__move", &sandbox.dbx(&["stage", "move", "s2", "1"]).ok());
    assert_eq!(operations(&sandbox), ["s2", "s1"]);
    let edit = [
        "stage",
        "edit",
        "s1",
        "-f",
        "status=cancelled",
        "-f",
        "reason=late",
        "--event",
        "order_cancelled",
    ];
    snap("cli__stage__edit", &sandbox.dbx(&edit).ok());
    snap(
        "cli__stage__edit_refused",
        &sandbox.dbx(&["stage", "edit", "s1", "--unset", "reason"]).exits(2),
    );
    sandbox.dbx(&["stage", "edit", "s1"]).exits(2);
    sandbox.dbx(&["stage", "edit", "s7", "--note", "x"]).exits(1);
    snap("cli__stage__drop", &sandbox.dbx(&["stage", "drop", "s2"]).ok());
    snap("cli__stage__drop_unknown", &sandbox.dbx(&["stage", "drop", "s1", "s9"]).exits(1));
    snap("cli__stage__drop_nonsense", &sandbox.dbx(&["stage", "drop", "1"]).exits(2));
    assert_eq!(operations(&sandbox), ["s1"]);
    snap("cli__stage__undo", &sandbox.dbx(&["stage", "undo", "-n", "2"]).ok());
    assert_eq!(operations(&sandbox), ["s2", "s1"]);
    snap("cli__stage__redo", &sandbox.dbx(&["stage", "redo"]).ok());
    let status = sandbox.dbx(&["stage", "show", "s1", "--json"]).ok().json();
    assert_eq!(status["operation"]["payload"]["reason"], "late");
    snap("cli__stage__clear", &sandbox.dbx(&["stage", "clear"]).ok());
    snap("cli__stage__clear_again", &sandbox.dbx(&["stage", "clear"]).ok());
    snap("cli__stage__cleared", &sandbox.dbx(&["stage", "list"]).ok());
    sandbox.dbx(&["stage", "undo"]).ok();
    assert_eq!(operations(&sandbox), ["s2", "s1"]);
    snap("cli__stage__no_redo_left", &sandbox.dbx(&["stage", "redo", "-n", "9"]).ok());
    sandbox.dbx(&["stage", "move", "s1", "0"]).exits(2);
}

/// Stages that a customer moves.
const MOVES: [&str; 9] =
    ["stage", "add", "customer", "c-1", "customer_moved", "-f", "country=FR", "-f", "city=Lyon"];

#[test]
fn conflicts_are_named_one_by_one() {
    let sandbox = staged();
    sandbox.dbx(&MOVES).ok();
    let cancel = [
        "aggregate",
        "apply",
        "order",
        "o-1",
        "order_cancelled",
        "-f",
        "status=cancelled",
        "-f",
        "reason=late",
    ];
    sandbox.dbx(&cancel).ok();
    sandbox
        .dbx(&["aggregate", "apply", "customer", "c-1", "customer_promoted", "-f", "tier=standard"])
        .ok();
    let commit = ["commit", "-m", "all of it"];
    snap("cli__commit__conflict", &sandbox.dbx(&commit).exits(3));
    let json = sandbox.dbx(&[&commit[..], &["--json"]].concat()).exits(3);
    assert_eq!(json.stdout, "");
    snap("cli__commit__conflict_json", &json);
    snap("cli__stage__conflict_list", &sandbox.dbx(&["stage", "list"]).ok());
    snap("cli__stage__conflict_show", &sandbox.dbx(&["stage", "show", "s1"]).ok());
    let status = sandbox.dbx(&["status"]).ok();
    assert!(status.stdout.contains("3 operations, 2 conflicts"), "{status:?}");
    snap("cli__stage__rebase", &sandbox.dbx(&["stage", "rebase"]).ok());
    snap("cli__stage__rebase_again", &sandbox.dbx(&["stage", "rebase", "--json"]).ok());
    sandbox.dbx(&commit).ok();
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn what_no_longer_fits_is_not_rebased() {
    let sandbox = staged();
    sandbox.dbx(&MOVES).ok();
    sandbox
        .dbx(&["aggregate", "apply", "customer", "c-1", "customer_promoted", "-f", "tier=standard"])
        .ok();
    sandbox.dbx(&["aggregate", "archive", "order", "o-1"]).ok();
    snap("cli__stage__rebase_invalid", &sandbox.dbx(&["stage", "rebase"]).exits(3));
    assert_eq!(sandbox.dbx(&["status", "--json"]).json()["stage"]["conflicts"], 2);
    snap("cli__stage__rebase_partial", &sandbox.dbx(&["stage", "rebase", "--partial"]).exits(3));
    assert_eq!(sandbox.dbx(&["status", "--json"]).json()["stage"]["conflicts"], 1);
    snap("cli__stage__refused_show", &sandbox.dbx(&["stage", "show", "s1"]).ok());
    sandbox.dbx(&["stage", "drop", "s1"]).ok();
    sandbox.dbx(&["commit", "-m", "the rest"]).ok();
}

#[test]
fn a_schema_that_was_applied_since_is_the_one_that_counts() {
    let sandbox = staged();
    let schema =
        sandbox.read("schema.dbx").replace("event order_packed { fields = [\"status\"] }", "");
    sandbox.write("schema.dbx", schema);
    sandbox.dbx(&["schema", "apply", "--yes", "--allow-breaking"]).ok();
    snap("cli__commit__schema", &sandbox.dbx(&["commit", "-m", "late"]).exits(2));
    snap("cli__stage__schema_list", &sandbox.dbx(&["stage", "list"]).ok());
    assert_eq!(operations(&sandbox), ["s1", "s2"]);
}

#[test]
fn many_at_once_or_none_of_them() {
    let sandbox = Sandbox::workspace();
    let line = |id: usize, more: &str| {
        format!(r#"{{"aggregate_type":"thing","aggregate_id":"t-{id}","event_type":"seen"{more}}}"#)
    };
    let lines = |count: usize| (0..count).map(|id| line(id, "") + "\n").collect::<String>();
    let file = ["stage", "add", "--file", "-"];
    let bad = lines(2) + "\n" + &line(3, r#","payloud":{}"#);
    snap("cli__stage__file_member", &sandbox.dbx_stdin(&file, bad).exits(2));
    let bad = lines(2) + &line(1, r#","exists":false"#) + "\n" + &line(9, r#","exists":true"#);
    snap("cli__stage__file_refused", &sandbox.dbx_stdin(&file, bad).exits(3));
    assert!(operations(&sandbox).is_empty());
    snap("cli__stage__file", &sandbox.dbx_stdin(&file, lines(3)).ok());
    let full = sandbox.dbx_stdin(&file, lines(998)).exits(2);
    snap("cli__stage__full", &full);
    sandbox.dbx_stdin(&file, lines(997)).ok();
    let large = format!(r#","payload":{{"text":"{}"}}"#, "x".repeat(200 << 10));
    sandbox.dbx(&["stage", "clear"]).ok();
    let heavy: String = (0..42).map(|id| line(id, &large) + "\n").collect();
    snap("cli__stage__heavy", &sandbox.dbx_stdin(&file, heavy).exits(2));
    sandbox.dbx(&["stage", "undo"]).ok();
    let receipt = sandbox.dbx(&["commit", "-m", "a thousand", "--json"]).ok().json();
    assert_eq!(receipt["events"].as_array().unwrap().len(), 1_000);
    sandbox.dbx(&["stage", "add", "--file", "-", "--create"]).exits(2);
}

#[test]
fn a_commit_is_taken_back() {
    let sandbox = staged();
    sandbox.dbx(&MOVES).ok();
    sandbox.dbx(&["commit", "-m", "all of it"]).ok();
    snap("cli__revert__dry_run", &sandbox.dbx(&["revert", "c5", "--stage", "--dry-run"]).ok());
    assert!(operations(&sandbox).is_empty());
    snap("cli__revert__staged", &sandbox.dbx(&["revert", "c5", "--stage"]).ok());
    snap("cli__revert__list", &sandbox.dbx(&["stage", "list"]).ok());
    sandbox.dbx(&["stage", "drop", "s2"]).ok();
    sandbox.dbx(&["commit", "-m", "take it back"]).ok();
    let order = sandbox.dbx(&["aggregate", "get", "order", "o-1", "--json"]).ok().json();
    assert_eq!((&order["state"]["status"], &order["version"]), (&"paid".into(), &5.into()));
    snap("cli__revert__again", &sandbox.dbx(&["revert", "c5", "--stage"]).ok());
    sandbox.dbx(&["stage", "clear"]).ok();
    // What went on since is not archived.
    snap("cli__revert__conflict_text", &sandbox.dbx(&["revert", "c2", "--stage"]).exits(3));
    snap("cli__revert__conflict", &sandbox.dbx(&["revert", "c2", "--stage", "--json"]).exits(3));
    sandbox.dbx(&["revert", "c99", "--stage"]).exits(1);
    sandbox.dbx(&["revert", "5", "--stage"]).exits(2);
    sandbox.dbx(&["revert", "c5"]).exits(2);
}

#[test]
fn archiving_waits_for_its_commit_too() {
    let sandbox = shop();
    sandbox.dbx(&["aggregate", "archive", "order", "o-1", "--note", "done", "--stage"]).ok();
    sandbox.dbx(&["stage", "add", "order", "o-1", "order_paid", "-f", "status=paid"]).exits(3);
    sandbox.dbx(&["aggregate", "restore", "order", "o-1", "--stage"]).ok();
    sandbox.dbx(&["stage", "drop", "s2"]).ok();
    sandbox.dbx(&["commit", "-m", "close it"]).ok();
    snap("cli__revert__archive", &sandbox.dbx(&["revert", "c5", "--stage"]).ok());
    sandbox.dbx(&["commit", "-m", "open it again"]).ok();
    snap("cli__revert__restore", &sandbox.dbx(&["revert", "c6", "--stage"]).ok());
}
