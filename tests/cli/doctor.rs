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
    assert!(!sandbox.path(".dbx/salvage").exists(), "what was looked at leaves nothing behind");
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
    // The dashboard's own keys are looked at too.
    sandbox.write(".dbx/config.toml", "[tui.keys]\nx = \"palete\"\n");
    let said = sandbox.dbx(&["doctor"]).exits(5).stdout;
    let place = "line 2, column 5: there is no action `palete`; did you mean `palette`?";
    assert!(said.contains(place), "{said}");
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

/// Two imports, each in tables of its own.
fn shelves() -> Sandbox {
    let sandbox = Sandbox::workspace();
    for part in 0..2 {
        let filler = "x".repeat(900);
        let line = |number: u32| {
            format!(
                r#"{{"aggregate_type":"thing","aggregate_id":"t-{}","event_type":"seen","payload":{{"n":{},"text":"{filler}"}}}}"#,
                number % 7,
                part * 1500 + number
            )
        };
        let lines: Vec<String> = (0..1500).map(line).collect();
        sandbox.write("in.ndjson", lines.join("\n"));
        sandbox.dbx(&["import", "in.ndjson"]).ok();
        // The tables are written when the store is closed.
        sandbox.alone();
    }
    sandbox
}

/// The tables of the log, oldest first.
fn tables(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    let folder = sandbox.path(".dbx/store/keyspaces/1/tables");
    let mut tables: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    tables.sort_by_key(|path| path.file_name().unwrap().to_str().unwrap().parse::<u64>().unwrap());
    tables
}

/// One of two tables of the log cannot be opened, so that the store cannot be either: what is in both comes back.
#[test]
fn a_table_that_cannot_be_opened() {
    let sandbox = shelves();
    let before = sandbox.dbx(&["verify", "--json"]).ok().json();
    let second = &tables(&sandbox)[1];
    let bytes = std::fs::read(second).unwrap();
    std::fs::write(second, &bytes[..bytes.len() - 20]).unwrap();
    let refused = sandbox.dbx(&["events", "-n", "1"]).exits(5);
    assert!(refused.stderr.contains("run `dbx doctor`"), "{refused:?}");
    snap("cli__doctor__table_cut", &plain(sandbox.dbx(&["doctor"]).exits(5)));
    sandbox.dbx(&["doctor", "--repair", "--yes"]).ok();
    let after = sandbox.dbx(&["verify", "--json"]).ok().json();
    assert_eq!((&after["count"], &after["root"]), (&3000.into(), &before["root"]));
    assert!(before["root"].is_string());
}

/// One of them is gone, and something was written after it.
#[test]
fn a_table_that_is_gone() {
    let sandbox = shelves();
    let later = ["aggregate", "create", "thing", "t-9", "-e", "seen", "-p", r#"{"n":3000}"#];
    sandbox.dbx(&later).ok();
    std::fs::remove_file(&tables(&sandbox)[1]).unwrap();
    snap("cli__doctor__table_gone", &plain(sandbox.dbx(&["doctor"]).exits(5)));
    snap(
        "cli__doctor__table_gone_dry_run",
        &plain(sandbox.dbx(&["doctor", "--repair", "--dry-run"]).exits(5)),
    );
    sandbox.dbx(&["doctor", "--repair"]).exits(2);
    sandbox.dbx(&["doctor", "--repair", "--yes"]).ok();
    let status = sandbox.dbx(&["status", "--json"]).ok().json();
    assert_eq!(status["position"], "1500");
    sandbox.dbx(&["verify"]).ok();
    let saved = sandbox.read(".dbx/salvage/events-3001-3001.ndjson");
    assert_eq!(saved.lines().count(), 1);
    sandbox.dbx(&["import", ".dbx/salvage/events-3001-3001.ndjson"]).ok();
    assert_eq!(sandbox.dbx(&["status", "--json"]).ok().json()["position"], "1501");
}
