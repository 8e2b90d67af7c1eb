use super::shop;
use crate::common::{damage, snap};

#[test]
fn the_whole_log() {
    let sandbox = shop();
    // ANCHOR is written when the store is closed.
    sandbox.alone();
    snap("cli__verify__good", &sandbox.dbx(&["verify", "-v"]).ok());
    snap("cli__verify__json", &sandbox.dbx(&["verify", "--json"]).ok());
    snap("cli__verify__events", &sandbox.dbx(&["verify", "--events"]).ok());
}

#[test]
fn damage_is_found_said_and_kept_from_growing() {
    let sandbox = shop();
    assert!(
        damage(sandbox.path(".dbx/store"), "called in by phone") > 0,
        "the store holds the note in plain bytes"
    );
    let verdict = sandbox.dbx(&["verify", "--json"]).exits(5).json();
    assert_eq!((&verdict["ok"], &verdict["fault_count"]), (&false.into(), &2.into()));
    let said = sandbox.dbx(&["verify"]).exits(5);
    snap("cli__verify__damaged", &said);
    assert!(said.stdout.starts_with("✗") && said.stdout.contains("damaged"), "{said:?}");
    sandbox.dbx(&["aggregate", "verify", "customer/c-1"]).exits(5);
    let pay = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    let refused = sandbox.dbx(&pay).exits(5);
    assert!(refused.stderr.contains("nothing was written"), "{refused:?}");
    assert!(!refused.stderr.contains("warning"), "the refusal says it already: {refused:?}");
    let customer = sandbox.dbx(&["aggregate", "get", "customer/c-1"]).ok();
    let warning = "warning: the store is open for reading only: ";
    assert!(customer.stderr.starts_with(warning), "{customer:?}");
    assert!(customer.stderr.ends_with("; what follows may lack events\n"), "{customer:?}");
    assert_eq!(customer.stderr.lines().count(), 1, "{customer:?}");
    let log = sandbox.dbx(&["events"]).ok();
    assert_eq!(log.stderr, customer.stderr);
    assert_eq!(sandbox.dbx(&["events", "--json"]).ok().stderr, "");
    assert_eq!(sandbox.dbx(&["events", "--quiet"]).ok().stderr, "");
    let status = sandbox.dbx(&["status", "--json"]).ok().json();
    assert!(customer.stderr.contains(status["read_only"].as_str().unwrap()), "{customer:?}");
}
