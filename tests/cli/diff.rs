use super::shop;
use crate::common::snap;

#[test]
fn between_two_versions() {
    let sandbox = shop();
    snap("cli__diff__versions", &sandbox.dbx(&["diff", "order/o-1@1..3"]).ok());
    snap("cli__diff__json", &sandbox.dbx(&["diff", "order/o-1@1..", "--json"]).ok());
    snap("cli__diff__same", &sandbox.dbx(&["diff", "order/o-1@3", "--exit-code"]).ok());
    sandbox.dbx(&["diff", "order/o-1@..2", "--exit-code"]).exits(1);
    snap("cli__diff__nothing", &sandbox.dbx(&["diff", "order/o-1"]).exits(2));
    sandbox.dbx(&["diff", "order/o-1@1..9"]).exits(1);
}
