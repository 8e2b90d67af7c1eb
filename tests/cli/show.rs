use super::shop;
use crate::common::snap;

#[test]
fn one_grammar_for_everything() {
    let sandbox = shop();
    snap("cli__show__version", &sandbox.dbx(&["show", "order/o-1@2", "-v"]).ok());
    snap("cli__show__event", &sandbox.dbx(&["show", "#3", "-v"]).ok());
    snap("cli__show__commit", &sandbox.dbx(&["show", "c2"]).ok());
    snap("cli__show__commit_json", &sandbox.dbx(&["show", "c2", "--json"]).ok());
    sandbox.dbx(&["show", "order/o-1@2026-11-20T12:00Z"]).ok();
    sandbox.dbx(&["show", "c9"]).exits(1);
}

#[test]
fn what_is_no_one_thing_is_said_so() {
    let sandbox = shop();
    snap("cli__show__malformed", &sandbox.dbx(&["show", "order"]).exits(2));
    snap("cli__show__history", &sandbox.dbx(&["show", "order/o-1@1..2"]).exits(2));
    sandbox.dbx(&["show", "#1..#2"]).exits(2);
}
