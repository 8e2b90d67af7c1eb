use crate::common::{Sandbox, snap};

#[test]
fn prints_the_folder_from_anywhere_below_it() {
    let sandbox = Sandbox::workspace();
    let here = sandbox.dbx_in("deep/down", &["root"]).ok();
    assert_eq!(here.stdout, format!("{}\n", sandbox.root().display()));
    snap("cli__root__json", &sandbox.dbx(&["root", "--json"]).ok());
}

#[test]
fn another_folder_is_named_with_one_flag() {
    let sandbox = Sandbox::workspace();
    sandbox.write("sub/file", "");
    let there = sandbox.dbx_in("sub", &["-C", "..", "root"]).ok();
    assert_eq!(there.stdout, format!("{}\n", sandbox.root().display()));
    sandbox.dbx(&["-C", "nowhere", "root"]).exits(2);
}
