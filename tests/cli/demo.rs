use crate::common::{Sandbox, snap};

#[test]
fn makes_a_shop_that_verifies_and_never_touches_another_folder() {
    let sandbox = Sandbox::new();
    snap("cli__demo__made", &sandbox.dbx(&["demo"]).ok());
    snap("cli__demo__again", &sandbox.dbx(&["demo", "dbx-demo", "--json"]).ok());
    let inside = |args: &[&str]| sandbox.dbx(&[&["-C", "dbx-demo"], args].concat()).ok();
    inside(&["verify"]);
    inside(&["schema", "validate"]);
    assert_eq!(inside(&["schema", "fmt", "--check"]).stdout, "");
    let last = inside(&["status", "--json"]).json()["last_event_at"].as_str().unwrap().to_owned();
    assert!(last.starts_with("2026-11-20T1"), "the story ends now: {last}");
    for command in [
        &["aggregate", "list", "order", "--where", "status:paid"][..],
        &["show", "order/o-1001@2"],
        &["aggregate", "replay", "order/o-1001"],
        &["blame", "order/o-1001"],
    ] {
        assert!(!inside(command).stdout.is_empty(), "what it says to type works: {command:?}");
    }
    sandbox.write("mine/notes.txt", "mine");
    snap("cli__demo__foreign", &sandbox.dbx(&["demo", "mine"]).exits(2));
    assert_eq!(std::fs::read_dir(sandbox.path("mine")).unwrap().count(), 1);
}
