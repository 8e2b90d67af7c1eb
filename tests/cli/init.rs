use crate::common::{Sandbox, snap};

#[test]
fn makes_a_workspace_and_says_what_is_next() {
    let sandbox = Sandbox::new();
    snap("cli__init__first", &sandbox.dbx(&["init"]).ok());
    snap("cli__init__again", &sandbox.dbx(&["init"]).ok());
    assert!(sandbox.path(".dbx/FORMAT").is_file());
    sandbox.dbx(&["schema", "validate"]).ok();
}

#[test]
fn speaks_json() {
    snap("cli__init__json", &Sandbox::new().dbx(&["init", "--json", "--template", "none"]).ok());
}

#[test]
fn refuses_a_workspace_inside_another_one_and_a_ttl_that_is_none() {
    let sandbox = Sandbox::workspace();
    snap("cli__init__nested", &sandbox.dbx(&["init", "inner"]).exits(2));
    assert!(!sandbox.path("inner/.dbx").exists());
    sandbox.dbx(&["init", "inner", "--nested"]).ok();
    snap("cli__init__ttl", &Sandbox::new().dbx(&["init", "--ttl", "soon"]).exits(2));
}
