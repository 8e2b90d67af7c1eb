use super::{holder, shop};
use crate::common::{Output, Sandbox, damage, snap};

/// The times at which files were written are those of the machine.
fn plain(mut output: Output) -> Output {
    output.stdout = output.stdout.replace(&output.top.display().to_string(), "/tmp");
    output
}

#[test]
fn a_healthy_workspace() {
    let sandbox = shop();
    snap("cli__doctor__healthy", &plain(sandbox.dbx(&["doctor"]).ok()));
    let report = sandbox.dbx(&["doctor", "--json"]).ok().json();
    assert_eq!((&report["ok"], &report["locked"]), (&true.into(), &false.into()));
    assert_eq!(report["repairs"], serde_json::json!([]));
    let checks: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["check"].as_str().unwrap())
        .collect();
    assert_eq!(
        checks,
        [
            "workspace",
            "config",
            "permissions",
            "keys",
            "lock",
            "format",
            "anchor",
            "journals",
            "keyspaces",
            "schema",
            "log",
            "derived",
            "clock",
            "leftovers"
        ]
    );
    let nothing = sandbox.dbx(&["doctor", "--repair"]).ok();
    assert!(nothing.stdout.ends_with("all is well\n"), "{nothing:?}");
}

/// The second of four events is damaged: the repair is foreseen, refused without a word, done, and what it could not keep
/// is brought back.
#[test]
fn damage_in_the_middle() {
    let sandbox = shop();
    assert!(damage(sandbox.path(".dbx/store"), "called in by phone") > 0);
    snap("cli__doctor__damaged", &plain(sandbox.dbx(&["doctor"]).exits(5)));
    snap(
        "cli__doctor__dry_run",
        &plain(sandbox.dbx(&["doctor", "--repair", "--dry-run"]).exits(5)),
    );
    let asked = sandbox.dbx(&["doctor", "--repair"]).exits(2);
    assert!(asked.stderr.contains("pass `--yes`"), "{asked:?}");
    let refused = sandbox.dbx(&[
        "aggregate",
        "create",
        "customer",
        "c-2",
        "-e",
        "customer_registered",
        "--restrict",
        "off",
    ]);
    assert!(refused.exits(5).stderr.contains("run `dbx doctor`"));
    snap("cli__doctor__repaired", &plain(sandbox.dbx(&["doctor", "--repair", "--yes"]).ok()));
    assert_eq!(sandbox.dbx(&["events", "--json"]).ok().ndjson().len(), 1);
    sandbox.dbx(&["verify"]).ok();
    let saved: Vec<_> = std::fs::read_dir(sandbox.path(".dbx/salvage")).unwrap().collect();
    assert!(saved.len() >= 3, "the old store, ANCHOR and the events: {saved:?}");
    let import = ["import", ".dbx/salvage/events-3-4.ndjson", "--restrict", "off"];
    let lines = sandbox.read(".dbx/salvage/events-3-4.ndjson");
    assert_eq!(lines.lines().count(), 2);
    // A patch of a total that went with the damaged event has nothing to patch: the rest comes in.
    let first = lines.lines().next().unwrap();
    sandbox.write(".dbx/salvage/events-3-4.ndjson", format!("{first}\n"));
    sandbox.dbx(&import).ok();
}

#[cfg(unix)]
#[test]
fn keys_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = shop();
    let key = sandbox.path(".dbx/keys/token_ed25519.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    snap("cli__doctor__permissions", &plain(sandbox.dbx(&["doctor"]).exits(5)));
    sandbox.dbx(&["doctor", "--repair", "--yes"]).ok();
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_store_that_is_in_use() {
    let sandbox = shop();
    let mut child = holder(&sandbox);
    let mut said = sandbox.dbx(&["doctor"]).exits(4);
    drop(child.stdin.take());
    child.wait().unwrap();
    let pid = format!("process {}", child.id());
    said.stdout = said.stdout.replace(&pid, "process [pid]");
    snap("cli__doctor__locked", &plain(said));
}

#[test]
fn what_a_killed_process_left_and_a_configuration_with_errors() {
    let sandbox = Sandbox::workspace();
    sandbox.write(".dbx/.dbx-tmp-1", "half");
    sandbox.write(".dbx/config.toml", "page_limit = \"many\"\n");
    snap("cli__doctor__leftovers", &plain(sandbox.dbx(&["doctor"]).exits(5)));
    sandbox.dbx(&["doctor", "--repair", "--yes"]).exits(5);
    assert!(!sandbox.path(".dbx/.dbx-tmp-1").exists());
    sandbox.write(".dbx/config.toml", "");
    sandbox.dbx(&["doctor"]).ok();
}

#[test]
fn another_log_than_before() {
    let sandbox = shop();
    let anchor = std::fs::read(sandbox.path(".dbx/ANCHOR")).unwrap();
    let journal = std::fs::read(sandbox.path(".dbx/store/0.jnl")).unwrap();
    sandbox.dbx(&["aggregate", "apply", "order", "o-1", "order_cancelled", "--restrict", "off"]);
    let after = std::fs::read(sandbox.path(".dbx/ANCHOR")).unwrap();
    assert_ne!(anchor, after);
    std::fs::write(sandbox.path(".dbx/store/0.jnl"), journal).unwrap();
    snap("cli__doctor__rolled_back", &plain(sandbox.dbx(&["doctor"]).exits(5)));
    sandbox.dbx(&["doctor", "--repair", "--yes"]).exits(5);
    sandbox.dbx(&["doctor", "--repair", "--accept", "--yes"]).ok();
    sandbox.dbx(&["verify"]).ok();
}
