use super::shop;
use crate::common::snap;

#[test]
fn commits_newest_first() {
    let sandbox = shop();
    snap("cli__log__all", &sandbox.dbx(&["log"]).ok());
    snap("cli__log__json", &sandbox.dbx(&["log", "--json", "-n", "2"]).ok());
    let commits = |args: &[&str]| -> Vec<String> {
        let output = sandbox.dbx(&[&["log", "--json"], args].concat()).ok();
        let text = |commit: serde_json::Value| commit["commit"].as_str().unwrap().to_owned();
        output.ndjson().into_iter().map(text).collect()
    };
    assert_eq!(commits(&["customer"]), ["c1"]);
    assert_eq!(commits(&["order/o-1", "--before", "c4"]), ["c3", "c2"]);
    assert_eq!(commits(&["--where", "event:order_placed"]), ["c2"]);
    sandbox.dbx(&["log", "--before", "4"]).exits(2);
}
