use crate::common::{Sandbox, snap};

#[test]
fn shows_what_holds_and_who_said_so() {
    let sandbox = Sandbox::workspace();
    snap("cli__config__default", &sandbox.dbx(&["config"]).ok());
    snap("cli__config__set", &sandbox.dbx(&["config", "set", "list_page_size", "25"]).ok());
    snap("cli__config__flags", &sandbox.dbx(&["config", "--port", "0", "--page-limit", "50"]).ok());
    let changed = sandbox.dbx_env(&[("DBX_PAGE_LIMIT", "60")], &["config", "show", "--json"]).ok();
    snap("cli__config__json", &changed);
    assert_eq!(sandbox.dbx(&["config", "get", "list-page-size"]).ok().stdout, "25\n");
    snap("cli__config__get_json", &sandbox.dbx(&["config", "get", "port", "--json"]).ok());
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let sandbox = Sandbox::workspace();
    snap("cli__config__unknown", &sandbox.dbx(&["config", "get", "list_page_siz"]).exits(2));
    snap("cli__config__range", &sandbox.dbx(&["config", "--port", "99999"]).exits(2));
    sandbox.write(".dbx/config.toml", "port = \"high\"\nlist_page_siz = 3\n");
    snap("cli__config__file", &sandbox.dbx(&["status"]).exits(2));
}

#[test]
fn what_is_odd_about_the_file_is_said_once_and_stops_nothing() {
    let sandbox = Sandbox::workspace();
    sandbox.write(".dbx/config.toml", "list_page_siz = 3\n");
    let output = sandbox.dbx(&["aggregate", "list"]).ok();
    assert_eq!(output.stderr.matches("list_page_siz`").count(), 1, "{output:?}");
    assert_eq!(sandbox.dbx(&["aggregate", "list", "--json"]).ok().stderr, "");
}
