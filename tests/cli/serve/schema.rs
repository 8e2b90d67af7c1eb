//! `schema.dbx` while a daemon watches it.

use super::{Served, until};
use crate::common::Sandbox;

const FIRST: &str =
    "aggregate order {\n  field total { type = \"integer\" }\n\n  event placed {}\n}\n";
const MORE: &str = "aggregate order {\n  field total { type = \"integer\" }\n  field note { type = \"text\" }\n\n  event placed {}\n}\n";
const BROKEN: &str =
    "aggregate order {\n  field total { type = \"intger\" }\n\n  event placed {}\n}\n";
const BREAKING: &str =
    "aggregate order {\n  field total { type = \"text\" }\n\n  event placed {}\n}\n";

fn served(flags: &[&str]) -> Served {
    let served = Served::of(Sandbox::with_schema(FIRST));
    served.start(flags);
    served
}

fn state(served: &Served) -> String {
    served.status().unwrap()["schema"]["state"].as_str().unwrap().to_owned()
}

fn becomes(served: &Served, wanted: &str) {
    until(&format!("the schema is {wanted}"), || state(served) == wanted);
}

fn version(served: &Served) -> u64 {
    served.status().unwrap()["schema"]["version"].as_u64().unwrap()
}

#[test]
fn a_change_is_announced_and_changes_nothing() {
    let served = served(&[]);
    assert_eq!(state(&served), "applied");
    served.sandbox.write("schema.dbx", MORE);
    becomes(&served, "changed");
    assert_eq!(version(&served), 1);
    assert!(served.logs("schema.dbx is valid and not in force"));
    let status = served.serve(&["status"]).ok();
    assert!(status.stdout.contains("@1 applied, schema.dbx waits to be applied"), "{status:?}");
    // Written by renaming, as many editors do.
    served.sandbox.write("schema.dbx~", FIRST);
    std::fs::rename(served.sandbox.path("schema.dbx~"), served.sandbox.path("schema.dbx")).unwrap();
    becomes(&served, "applied");
    std::fs::remove_file(served.sandbox.path("schema.dbx")).unwrap();
    becomes(&served, "missing");
    assert_eq!(version(&served), 1);
}

#[test]
fn an_invalid_one_is_logged_with_its_diagnostics() {
    let served = served(&["--auto-apply"]);
    served.sandbox.write("schema.dbx", BROKEN);
    becomes(&served, "invalid");
    assert_eq!(version(&served), 1);
    let log = served.log();
    let found = log.iter().find_map(|line| line["finding"].as_str()).unwrap();
    assert!(found.starts_with("schema.dbx:2:24: error[E"), "{found}");
    let status = served.serve(&["status"]).ok();
    assert!(status.stdout.contains("schema.dbx has errors"), "{status:?}");
    assert!(status.stdout.contains(found), "{status:?}");
    // In force is what was before, and it is still checked against.
    let create = ["aggregate", "create", "order", "o", "-e", "placed", "-f", "total=x"];
    served.sandbox.dbx(&create).exits(2);
    served.sandbox.write("schema.dbx", FIRST);
    becomes(&served, "applied");
}

#[test]
fn what_breaks_nothing_is_applied_where_that_is_asked_for() {
    let served = served(&["--auto-apply"]);
    served.sandbox.write("schema.dbx", MORE);
    until("the second version is in force", || version(&served) == 2);
    assert_eq!(state(&served), "applied");
    // Writers are held to it at once.
    let create = ["aggregate", "create", "order", "o", "-e", "placed", "-f", "note=7"];
    let event = served.sandbox.dbx(&[&create[..], &["--json"]].concat()).ok().json();
    assert_eq!(event["payload"]["note"], "7");
    assert_eq!(event["metadata"]["schema_version"], 2);
    served.sandbox.write("schema.dbx", BREAKING);
    becomes(&served, "breaking");
    assert_eq!(version(&served), 2);
    assert!(served.logs("schema.dbx breaks something"));
    served.serve(&["stop"]).ok();
    // A change that was made while nobody looked is found at the start.
    served.sandbox.write("schema.dbx", MORE.replace("placed {}", "placed {}\n  event paid {}"));
    served.start(&["--auto-apply"]);
    assert_eq!((state(&served), version(&served)), ("applied".to_owned(), 3));
}

#[test]
fn two_saves_at_once_leave_the_second_in_force() {
    let served = served(&["--auto-apply", "--restrict", "strict"]);
    let last = format!("{MORE}\naggregate extra {{\n  event made {{}}\n}}\n");
    served.sandbox.write("schema.dbx", "");
    served.sandbox.write("schema.dbx", MORE);
    served.sandbox.write("schema.dbx", &last);
    let create = ["aggregate", "create", "extra", "e", "-e", "made", "--restrict", "strict"];
    until("the last one is in force", || served.sandbox.dbx(&create).code == 0);
    becomes(&served, "applied");
}
