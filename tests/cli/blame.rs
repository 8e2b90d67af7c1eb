use super::shop;
use crate::common::snap;

#[test]
fn which_event_set_what() {
    let sandbox = shop();
    snap("cli__blame__all", &sandbox.dbx(&["blame", "order/o-1"]).ok());
    snap("cli__blame__field", &sandbox.dbx(&["blame", "order/o-1@2", "total", "--json"]).ok());
    let pasted = sandbox.dbx(&["blame", "order/o-1", "/total", "--json"]).ok();
    assert_eq!(pasted.json()["lines"][0]["event"]["version"], 3);
    sandbox.dbx(&["blame", "order/o-1", "colour"]).exits(1);
    sandbox.dbx(&["blame", "#2"]).exits(2);
}
