use super::shop;
use crate::common::{Sandbox, snap};

#[test]
fn create_apply_and_patch_show_what_they_wrote() {
    let sandbox = shop();
    let pay = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    snap("cli__aggregate__apply", &sandbox.dbx(&[&pay[..], &["-v"]].concat()).ok());
    snap("cli__aggregate__apply_json", &sandbox.dbx(&[&pay[..], &["--json"]].concat()).ok());
    let create =
        ["aggregate", "create", "order", "o-1", "--event", "order_paid", "-f", "status=paid"];
    snap("cli__aggregate__create_again", &sandbox.dbx(&create).exits(3));
    let unknown = ["aggregate", "apply", "order", "o-2", "order_paid", "-f", "status=paid"];
    snap("cli__aggregate__apply_unknown", &sandbox.dbx(&unknown).exits(1));
}

#[test]
fn what_the_schema_refuses_is_listed_whole() {
    let sandbox = shop();
    let bad = [
        "aggregate",
        "create",
        "customer",
        "c-2",
        "-e",
        "customer_registered",
        "-f",
        "name=",
        "-f",
        "email=ada",
        "-f",
        "country=Albion",
        "-f",
        "city=York",
        "-f",
        "tier=gold",
    ];
    snap("cli__aggregate__violations", &sandbox.dbx(&bad).exits(2));
    let json = sandbox.dbx(&[&bad[..], &["--json"]].concat()).exits(2);
    assert_eq!(json.stdout, "");
    snap("cli__aggregate__violations_json", &json);
    sandbox.dbx(&[&bad[..], &["--restrict", "off"]].concat()).ok();
    let loose = ["aggregate", "create", "thing", "t-1", "--event", "seen"];
    sandbox.dbx(&[&loose[..], &["--restrict", "strict"]].concat()).exits(2);
    sandbox.dbx_env(&[("DBX_RESTRICT", "strict")], &loose).exits(2);
    sandbox.dbx(&loose).ok();
}

#[test]
fn the_expected_version_and_the_idempotency_key_guard_a_retry() {
    let sandbox = shop();
    let pay = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    let expect = |version| sandbox.dbx(&[&pay[..], &["--expect-version", version]].concat());
    snap("cli__aggregate__version", &expect("1").exits(3));
    expect("3").ok();
    let keyed = [&pay[..], &["--idempotency-key", "k-1", "-v"]].concat();
    let first = sandbox.dbx(&keyed).ok();
    snap("cli__aggregate__replayed", &sandbox.dbx(&keyed).ok());
    assert!(first.stdout.contains("order/o-1@5"), "{first:?}");
    let other = ["aggregate", "apply", "order", "o-1", "order_packed", "-f", "status=packed"];
    sandbox.dbx(&[&other[..], &["--idempotency-key", "k-1"]].concat()).exits(3);
    let dry = sandbox.dbx(&[&other[..], &["--dry-run", "-v"]].concat()).ok();
    assert!(dry.stdout.ends_with("(nothing was written)\n"), "{dry:?}");
    assert_eq!(sandbox.dbx(&["aggregate", "get", "order/o-1", "--json"]).json()["version"], 5);
}

#[test]
fn fields_and_payloads_combine_and_nothing_is_given_twice() {
    let sandbox = Sandbox::workspace();
    let file = sandbox.write("payload.json", r#"{"a":1}"#);
    let create = |id: &str, more: &[&str]| {
        sandbox.dbx(&[&["aggregate", "create", "thing", id, "-e", "seen", "--json"], more].concat())
    };
    let at = format!("@{}", file.display());
    let made =
        create("t-1", &["--payload", &at, "-f", "b=2", "-f", r#"c:={"d":[null,1.50]}"#]).ok();
    assert!(made.stdout.contains(r#""payload":{"a":1,"b":"2","c":{"d":[null,1.50]}}"#), "{made:?}");
    create("t-2", &["--payload", &at, "-f", "a=2"]).exits(2);
    create("t-2", &["-f", "a=2", "-f", "a=3"]).exits(2);
    create("t-2", &["-f", "a"]).exits(2);
    create("t-2", &["--payload", "[1]"]).exits(2);
    create("t-2", &["--payload", "{\"a\":1,}"]).exits(2);
    create("t-2", &["--payload", "@missing.json"]).exits(2);
    let args = ["aggregate", "create", "thing", "t-2", "-e", "seen", "-p", "-", "--json"];
    let made = sandbox.dbx_stdin(&args, r#"{"from":"stdin"}"#).ok();
    assert!(made.stdout.contains(r#""payload":{"from":"stdin"}"#), "{made:?}");
}

#[test]
fn get_shows_now_and_then() {
    let sandbox = shop();
    snap("cli__aggregate__get", &sandbox.dbx(&["aggregate", "get", "order", "o-1", "-v"]).ok());
    let then = ["aggregate", "get", "order/o-1", "--version", "1", "--include-events"];
    snap("cli__aggregate__get_then", &sandbox.dbx(&[&then[..], &["-v"]].concat()).ok());
    snap("cli__aggregate__get_json", &sandbox.dbx(&[&then[..], &["--json"]].concat()).ok());
    snap(
        "cli__aggregate__get_unknown",
        &sandbox.dbx(&["aggregate", "get", "order", "o-9"]).exits(1),
    );
    sandbox.dbx(&["aggregate", "get", "order", "o-1", "--version", "9"]).exits(1);
    sandbox.dbx(&["aggregate", "get", "order", "o-1", "--at", "-2h"]).exits(1);
    sandbox.dbx(&["aggregate", "get", "order", "o-1", "--at", "2026-11-20"]).exits(1);
    sandbox.dbx(&["aggregate", "get", "order", "o-1", "--at", "2026-11-20T12:00Z"]).ok();
    sandbox.dbx(&["aggregate", "get", "order", "o-1", "--at", "noon"]).exits(2);
}

#[test]
fn list_prints_a_table_or_records() {
    let sandbox = shop();
    snap("cli__aggregate__list", &sandbox.dbx(&["aggregate", "list"]).ok());
    let records = sandbox.dbx(&["aggregate", "list", "--json", "--sort", "version"]).ok();
    snap("cli__aggregate__list_json", &records);
    let none =
        sandbox.dbx(&["aggregate", "list", "order", "--where", "status:shipped", "--json"]).ok();
    assert_eq!(none.stdout, "");
    // A filter may begin with what is not to be.
    let not = sandbox.dbx(&["aggregate", "list", "--where", "-type:order", "--json"]).ok();
    assert!(not.ndjson().iter().all(|one| one["aggregate_type"] != "order"), "{}", not.stdout);
    let one = sandbox.dbx(&["aggregate", "list", "--take", "1", "--json"]).ok();
    assert_eq!(one.ndjson().len(), 1);
    sandbox.dbx(&["aggregate", "list", "--take", "some"]).exits(2);
    snap(
        "cli__aggregate__list_filter",
        &sandbox.dbx(&["aggregate", "list", "--where", "total:>"]).exits(2),
    );
}

#[test]
fn replay_shows_what_each_event_changed() {
    let sandbox = shop();
    snap("cli__aggregate__replay", &sandbox.dbx(&["aggregate", "replay", "order", "o-1"]).ok());
    let part = ["aggregate", "replay", "order/o-1", "--from", "2", "--to", "2", "--json"];
    snap("cli__aggregate__replay_json", &sandbox.dbx(&part).ok());
    let beyond = ["aggregate", "replay", "order/o-1", "--from", "9"];
    snap("cli__aggregate__replay_beyond", &sandbox.dbx(&beyond).exits(1));
}

#[test]
fn verify_one_or_all() {
    let sandbox = shop();
    snap(
        "cli__aggregate__verify",
        &sandbox.dbx(&["aggregate", "verify", "order", "o-1", "-v"]).ok(),
    );
    let json = sandbox.dbx(&["aggregate", "verify", "order/o-1", "--json"]).ok();
    snap("cli__aggregate__verify_json", &json);
    let all = sandbox.dbx(&["aggregate", "verify", "--all"]).ok();
    assert!(all.stdout.starts_with("✓ 4 events of 2 aggregates, no fault\n"), "{all:?}");
    sandbox.dbx(&["aggregate", "verify"]).exits(2);
    sandbox.dbx(&["aggregate", "verify", "order/o-1", "--all"]).exits(2);
    sandbox.dbx(&["aggregate", "verify", "order/o-9"]).exits(1);
}

#[test]
fn referrers_and_snapshots() {
    let sandbox = shop();
    snap(
        "cli__aggregate__referrers",
        &sandbox.dbx(&["aggregate", "referrers", "customer/c-1"]).ok(),
    );
    let json = sandbox.dbx(&["aggregate", "referrers", "customer/c-1", "--json"]).ok();
    snap("cli__aggregate__referrers_json", &json);
    let none = sandbox.dbx(&["aggregate", "referrers", "order", "o-1"]).ok();
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "nothing points at order/o-1\n"));
    for step in 0..20 {
        let status = format!("status={}", if step % 2 == 0 { "packed" } else { "paid" });
        let event = if step % 2 == 0 { "order_packed" } else { "order_paid" };
        sandbox.dbx(&["aggregate", "apply", "order", "o-1", event, "-f", &status]).ok();
    }
    snap("cli__aggregate__snapshots", &sandbox.dbx(&["aggregate", "snapshots", "order/o-1"]).ok());
    let json = sandbox.dbx(&["aggregate", "snapshots", "order/o-1", "--json"]).ok();
    snap("cli__aggregate__snapshots_json", &json);
    let rebuilt = sandbox.dbx(&["aggregate", "get", "order/o-1", "--version", "22"]).ok();
    assert!(rebuilt.stdout.contains("from snapshot @20 + 2 events"), "{rebuilt:?}");
}
