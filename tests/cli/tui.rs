use crate::common::{Sandbox, snap};

#[test]
fn without_a_terminal_it_says_what_to_type_instead() {
    let sandbox = Sandbox::new();
    sandbox.dbx(&["init"]).ok();
    snap("cli__tui__no_terminal", &sandbox.dbx(&["tui"]).exits(2));
}
