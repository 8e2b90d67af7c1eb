//! Encrypted workspaces as their users have them.

use crate::common::{Output, Sandbox, snap};
use std::path::Path;

const MARKER: &str = "THE-MARKER-c41e";

/// An encrypted workspace with two customers.
fn sealed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.dbx(&["init", "--encrypt", "--template", "none"]).ok();
    for id in ["ada", "bob"] {
        let name = format!("name={MARKER} {id}");
        let create = ["aggregate", "create", "customer", id, "-e", "joined", "-f", &name];
        sandbox.dbx(&[&create[..], &["--note", MARKER]].concat()).ok();
    }
    sandbox
}

/// Takes the size on disk out, which compression decides.
fn without_disk(mut output: Output) -> Output {
    let lines = output.stdout.lines().filter(|line| !line.starts_with("disk"));
    output.stdout = lines.collect::<Vec<_>>().join("\n") + "\n";
    output
}

/// The files below `folder` that hold `text`.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn init_makes_a_key() {
    let sandbox = Sandbox::new();
    snap("cli__encrypt__init", &sandbox.dbx(&["init", "--encrypt"]).ok());
    let key = sandbox.read(".dbx/keys/data_aes256.key");
    snap("cli__encrypt__init_again", &sandbox.dbx(&["init", "--encrypt"]).ok());
    assert_eq!(sandbox.read(".dbx/keys/data_aes256.key"), key);
    snap("cli__encrypt__status", &without_disk(sandbox.dbx(&["status"]).ok()));
    assert!(sandbox.read(".dbx/FORMAT").contains("features=encryption\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            sandbox.path(".dbx/keys/data_aes256.key").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn everything_reads_as_in_any_workspace_and_nothing_is_in_the_files() {
    let sandbox = sealed();
    let patch = format!(r#"[{{"op":"add","path":"/more","value":"{MARKER}"}}]"#);
    sandbox.dbx(&["aggregate", "patch", "customer", "ada", "changed", "--patch", &patch]).ok();
    let line = format!(
        r#"{{"aggregate_type":"customer","aggregate_id":"eve","event_type":"joined","payload":{{"name":"{MARKER}"}},"metadata":{{"@source":"{MARKER}"}}}}"#
    );
    sandbox.dbx_stdin(&["import", "-"], &line).ok();
    sandbox.dbx_stdin(&["import", "-"], format!("{line}\n")).ok();
    let get = sandbox.dbx(&["aggregate", "get", "customer", "ada", "--include-events"]).ok();
    assert_eq!(get.stdout.matches(MARKER).count(), 4, "{get:?}");
    sandbox.dbx(&["verify"]).ok();
    sandbox.dbx(&["aggregate", "verify", "--all"]).ok();
    let list = sandbox.dbx(&["aggregate", "list", "--where", "name:*bob"]).ok();
    assert!(list.stdout.contains("customer/bob") && !list.stdout.contains("ada"), "{list:?}");
    let history =
        sandbox.dbx(&["aggregate", "export", "--format", "ndjson", "--events", "--output", "-"]);
    assert!(history.ok().stdout.contains(MARKER));
    assert_eq!(holding(&sandbox.path(".dbx"), MARKER), Vec::<String>::new());
}

#[test]
fn without_the_key_hashes_hold_and_nothing_is_read() {
    let sandbox = sealed();
    let key = sandbox.path(".dbx/keys/data_aes256.key");
    std::fs::rename(&key, sandbox.path("away")).unwrap();
    // As JSON: how text is wrapped depends on how long the path of the sandbox is.
    snap(
        "cli__encrypt__no_key",
        &sandbox.dbx(&["aggregate", "get", "customer", "ada", "--json"]).exits(2),
    );
    snap("cli__encrypt__no_key_status", &without_disk(sandbox.dbx(&["status", "-v"]).ok()));
    snap("cli__encrypt__no_key_log", &sandbox.dbx(&["log"]).ok());
    snap(
        "cli__encrypt__no_key_states",
        &sandbox.dbx(&["aggregate", "verify", "customer", "ada", "-v"]).ok(),
    );
    for args in [&["verify"][..], &["log", "customer"], &["prove", "customer/ada@1"]] {
        sandbox.dbx(args).ok();
    }
    let proof = sandbox.dbx(&["prove", "customer/ada@1", "--with-body"]).ok();
    sandbox.write("proof.json", &proof.stdout);
    let checked = sandbox.dbx(&["verify", "--proof", "proof.json"]).ok();
    assert!(!checked.stdout.contains(MARKER), "{checked:?}");
    for args in [
        &["events"][..],
        &["aggregate", "list"],
        &["aggregate", "replay", "customer", "ada"],
        &["aggregate", "referrers", "customer", "ada"],
        &["log", "--where", "name:x"],
        &["aggregate", "apply", "customer", "ada", "moved", "-f", "city=York"],
        &["aggregate", "archive", "customer", "ada"],
        &["aggregate", "erase", "customer", "ada", "--yes"],
        &["config", "--data-encryption-key", "new"],
        &["aggregate", "export", "--format", "ndjson", "--output", "-"],
    ] {
        let refused = sandbox.dbx(&[args, &["--json"]].concat()).exits(2);
        assert!(refused.stderr.contains("dbx::key::data_missing"), "{args:?}: {refused:?}");
    }
    // Another key is not damage either.
    let other = Sandbox::new();
    other.dbx(&["init", "--encrypt"]).ok();
    // The key is read when the store is opened.
    sandbox.alone();
    std::fs::copy(other.path(".dbx/keys/data_aes256.key"), &key).unwrap();
    let wrong = sandbox.dbx(&["aggregate", "get", "customer", "ada", "--json"]).exits(2);
    assert!(wrong.stderr.contains("dbx::key::data_wrong"), "{wrong:?}");
    sandbox.dbx(&["verify"]).ok();
    sandbox.alone();
    std::fs::write(&key, "hello").unwrap();
    let bad = sandbox.dbx(&["aggregate", "get", "customer", "ada", "--json"]).exits(2);
    assert!(bad.stderr.contains("dbx::key::data_malformed"), "{bad:?}");
    sandbox.alone();
    std::fs::rename(sandbox.path("away"), &key).unwrap();
    sandbox.dbx(&["aggregate", "get", "customer", "ada"]).ok();
}

#[test]
fn erasing_takes_the_contents_and_leaves_the_history() {
    let sandbox = sealed();
    let before = sandbox.read(".dbx/keys/data_aes256.key");
    let erase = ["aggregate", "erase", "customer", "ada", "--note", "asked for it"];
    snap("cli__erase__asks", &sandbox.dbx(&erase).exits(2));
    snap("cli__erase__dry_run", &sandbox.dbx(&[&erase[..], &["--dry-run", "-v"]].concat()).ok());
    assert_eq!(sandbox.read(".dbx/keys/data_aes256.key"), before);
    let done = sandbox.dbx(&[&erase[..], &["--yes", "--json"]].concat()).ok();
    assert_eq!(done.json()["events"][0]["event_type"], "dbx_erased");
    assert_ne!(sandbox.read(".dbx/keys/data_aes256.key"), before);
    snap(
        "cli__erase__get",
        &sandbox.dbx(&["aggregate", "get", "customer", "ada", "--include-events", "-v"]).ok(),
    );
    let first =
        sandbox.dbx(&["aggregate", "get", "customer", "ada", "--version", "1", "--json"]).ok();
    assert_eq!(first.json()["state"], serde_json::json!({}));
    snap("cli__erase__event", &sandbox.dbx(&["events", "show", "#1", "-v"]).ok());
    let event = sandbox.dbx(&["events", "show", "#1", "--json"]).ok().json();
    assert!(event.get("payload").is_none() && event["erased"]["by"]["user"] == "ada", "{event}");
    snap("cli__erase__replay", &sandbox.dbx(&["aggregate", "replay", "customer", "ada"]).ok());
    snap("cli__erase__list", &sandbox.dbx(&["aggregate", "list", "--archived"]).ok());
    snap("cli__erase__erasures", &sandbox.dbx(&["aggregate", "erasures"]).ok());
    let apply = ["aggregate", "apply", "customer", "ada", "moved", "-f", "city=York"];
    snap("cli__erase__refused", &sandbox.dbx(&apply).exits(3));
    sandbox.dbx(&["aggregate", "restore", "customer", "ada"]).exits(3);
    sandbox.dbx(&[&erase[..], &["--yes"]].concat()).exits(3);
    for args in [
        &["verify"][..],
        &["aggregate", "verify", "--all"],
        &["log"],
        &["diff", "customer/ada@1..2"],
        &["prove", "customer/ada@1"],
    ] {
        sandbox.dbx(args).ok();
    }
    let history = sandbox
        .dbx(&["aggregate", "export", "--format", "ndjson", "--events", "--output", "-"])
        .ok();
    assert!(history.stdout.contains("bob") && !history.stdout.contains("ada"), "{history:?}");
    assert!(history.stderr.contains("erased aggregates were left out"), "{history:?}");
    // The old key is of no use any more.
    sandbox.write(".dbx/keys/data_aes256.key", before);
    let old = sandbox.dbx(&["aggregate", "get", "customer", "bob", "--json"]).exits(2);
    assert!(old.stderr.contains("dbx::key::data_wrong"), "{old:?}");
}

#[test]
fn only_what_is_sealed_can_be_erased_and_only_an_empty_workspace_sealed() {
    let sandbox = Sandbox::workspace();
    sandbox.dbx(&["aggregate", "create", "customer", "ada", "-e", "joined"]).ok();
    let erase = sandbox.dbx(&["aggregate", "erase", "customer", "ada", "--yes"]).exits(2);
    snap("cli__erase__plain", &erase);
    snap("cli__encrypt__plain_contents", &sandbox.dbx(&["init", "--encrypt"]).exits(2));
    sandbox.dbx(&["config", "--data-encryption-key", "new"]).exits(2);
    assert!(!sandbox.path(".dbx/keys/data_aes256.key").exists());
    // The way out that the errors name.
    sandbox
        .dbx(&["aggregate", "export", "--format", "ndjson", "--events", "--output", "h.ndjson"])
        .ok();
    sandbox.dbx(&["init", "--encrypt", "--nested", "--template", "none", "sealed"]).ok();
    sandbox.dbx(&["-C", "sealed", "import", "h.ndjson"]).exits(2);
    sandbox.dbx(&["-C", "sealed", "import", "../h.ndjson"]).ok();
    sandbox.dbx(&["-C", "sealed", "aggregate", "erase", "customer", "ada", "--yes"]).ok();
}

#[test]
fn the_key_is_replaced_and_protected_by_a_secret() {
    let sandbox = Sandbox::workspace();
    snap("cli__config__key_on", &sandbox.dbx(&["config", "--data-encryption-key", "new"]).ok());
    sandbox.dbx(&["aggregate", "create", "customer", "ada", "-e", "joined", "-f", "a=b"]).ok();
    snap("cli__config__key_new", &sandbox.dbx(&["config", "--data-encryption-key", "new"]).ok());
    snap(
        "cli__config__key_source",
        &sandbox.dbx(&["config", "--data-encryption-key", "07"]).exits(2),
    );
    let (secret, other) = ("07".repeat(32), "08".repeat(32));
    let protect = ["config", "--data-encryption-key", "env:MY_SECRET"];
    sandbox.dbx(&protect).exits(2);
    sandbox.dbx_env(&[("MY_SECRET", "hunter2")], &protect).exits(2);
    sandbox.dbx_env(&[("MY_SECRET", &secret)], &protect).ok();
    let get = ["aggregate", "get", "customer", "ada", "--json"];
    snap("cli__encrypt__no_secret", &sandbox.dbx(&get).exits(2));
    let with = |secret: &str| sandbox.dbx_env(&[("DBX_DATA_ENCRYPTION_KEY", secret)], &get);
    snap("cli__encrypt__other_secret", &with(&other).exits(2));
    with("hunter2").exits(2);
    with(&secret).ok();
    let shown = sandbox.dbx_env(&[("DBX_DATA_ENCRYPTION_KEY", &secret)], &["config"]).ok();
    assert!(!shown.stdout.contains(&secret));
    let back = ["config", "--data-encryption-key", "file"];
    sandbox.dbx_env(&[("DBX_DATA_ENCRYPTION_KEY", &secret)], &back).ok();
    sandbox.dbx(&get).ok();
    let set = sandbox.dbx(&["config", "set", "data_encryption_key", "x"]).exits(2);
    assert!(set.stderr.contains("a key is never written here"), "{set:?}");
}

#[test]
fn what_is_staged_is_sealed_too() {
    let sandbox = sealed();
    let add = ["stage", "add", "customer", "ada", "moved", "-f"];
    sandbox.dbx(&[&add[..], &[&format!("city={MARKER} York"), "--note", MARKER]].concat()).ok();
    let create = ["stage", "add", "customer", "eve", "joined", "--create", "-f"];
    sandbox.dbx(&[&create[..], &[&format!("name={MARKER} eve")]].concat()).ok();
    let edit = format!("city={MARKER} Leeds");
    sandbox.dbx(&["stage", "edit", "s1", "-f", &edit]).ok();
    sandbox.dbx(&["stage", "move", "s2", "1"]).ok();
    let list = sandbox.dbx(&["stage", "show"]).ok();
    assert!(list.stdout.contains("Leeds") && list.stdout.contains("eve"), "{list:?}");
    assert_eq!(holding(&sandbox.path(".dbx"), MARKER), Vec::<String>::new());
    // What stays behind is bound to another version, and reads as before.
    sandbox.dbx(&["stage", "add", "customer", "ada", "moved", "-f", "city=Hull"]).ok();
    sandbox.dbx(&["commit", "-m", MARKER, "--only", "s1,s2"]).ok();
    let left = sandbox.dbx(&["stage", "show", "s3"]).ok();
    assert!(left.stdout.contains("Hull"), "{left:?}");
    sandbox.dbx(&["aggregate", "erase", "customer", "ada", "--yes"]).ok();
    let list = sandbox.dbx(&["stage", "list"]).ok();
    assert!(!list.stdout.contains("Hull"), "{list:?}");
    sandbox.dbx(&["stage", "clear"]).ok();
    let eve = sandbox.dbx(&["aggregate", "get", "customer", "eve"]).ok();
    assert!(eve.stdout.contains("eve"), "{eve:?}");
    sandbox.dbx(&["verify"]).ok();
    assert_eq!(holding(&sandbox.path(".dbx"), MARKER), Vec::<String>::new());
}

#[test]
fn a_sealed_backup_comes_back_and_an_erasure_stays() {
    let sandbox = sealed();
    sandbox.dbx(&["stage", "add", "customer", "bob", "moved", "-f", "city=Hull"]).ok();
    sandbox.dbx(&["backup", "--output", "../old.dbxb"]).ok();
    sandbox.dbx(&["backup", "verify", "../old.dbxb"]).ok();
    assert_eq!(holding(&sandbox.path(".."), MARKER), Vec::<String>::new());
    let key = sandbox.path(".dbx/keys/data_aes256.key");
    std::fs::copy(&key, sandbox.path("../old.key")).unwrap();
    let restore = ["restore", "--input", "../old.dbxb", "--force", "--yes"];
    sandbox.dbx(&restore).ok();
    let states = || sandbox.dbx(&["aggregate", "get", "customer", "bob", "--json"]).ok().stdout;
    let bob = states();
    assert!(bob.contains(MARKER), "{bob}");
    assert!(sandbox.dbx(&["stage", "show"]).ok().stdout.contains("Hull"));

    sandbox.dbx(&["aggregate", "erase", "customer", "ada", "--yes"]).ok();
    let erasures = sandbox.dbx(&["aggregate", "erasures", "--json"]).ok();
    sandbox.write("erasures.ndjson", &erasures.stdout);
    // The master key of now opens nothing in the backup.
    let refused = sandbox.dbx(&restore).exits(2);
    assert!(refused.stderr.contains("dbx::key::data_"), "{refused:?}");
    assert_eq!(states(), bob, "the store is as it was");

    let assert_erased = |sandbox: &Sandbox| {
        let ada = sandbox.dbx(&["aggregate", "get", "customer", "ada", "--include-events"]).ok();
        assert!(ada.stdout.contains("erased") && !ada.stdout.contains(MARKER), "{ada:?}");
        sandbox.dbx(&["aggregate", "apply", "customer", "ada", "moved"]).exits(3);
        sandbox.dbx(&["verify"]).ok();
        sandbox.dbx(&["doctor"]).ok();
    };
    // With the key of then the rest comes back; what was erased since does not.
    std::fs::copy(sandbox.path("../old.key"), &key).unwrap();
    let restored = sandbox.dbx(&restore).ok();
    assert!(restored.stdout.contains("1 aggregate erased again"), "{restored:?}");
    assert_eq!(states(), bob);
    assert_erased(&sandbox);
    assert_ne!(sandbox.read(".dbx/keys/data_aes256.key"), sandbox.read("../old.key"));

    // Elsewhere nobody knows of it but who is told.
    let elsewhere = Sandbox::new();
    elsewhere.dbx(&["init", "--template", "none"]).ok();
    let copy = |from: &str, to: &str| {
        std::fs::copy(sandbox.path(from), elsewhere.path(to)).unwrap();
    };
    copy("../old.key", ".dbx/keys/data_aes256.key");
    copy("../old.dbxb", "old.dbxb");
    copy("erasures.ndjson", "erasures.ndjson");
    let named = ["restore", "--input", "old.dbxb", "--erasures", "erasures.ndjson"];
    elsewhere.dbx(&["restore", "--input", "old.dbxb", "--erasures", "old.dbxb"]).exits(2);
    elsewhere.dbx(&named).ok();
    assert_erased(&elsewhere);
}

#[test]
fn the_doctor_makes_a_sealed_store_anew_and_only_with_its_key() {
    let sandbox = sealed();
    sandbox.dbx(&["aggregate", "erase", "customer", "ada", "--yes"]).ok();
    let before = sandbox.dbx(&["aggregate", "export", "--format", "json", "--output", "-"]).ok();
    let key = sandbox.path(".dbx/keys/data_aes256.key");
    let ag = sandbox.path(".dbx/store/keyspaces/5/current");
    std::fs::remove_file(&ag).unwrap();
    std::fs::remove_file(sandbox.path(".dbx/FORMAT")).unwrap();
    std::fs::rename(&key, sandbox.path("away")).unwrap();
    let shut = sandbox.dbx(&["doctor", "--repair", "--yes"]);
    assert_ne!(shut.code, 0, "{shut:?}");
    std::fs::rename(sandbox.path("away"), &key).unwrap();
    sandbox.dbx(&["doctor", "--repair", "--yes"]).ok();
    sandbox.dbx(&["doctor"]).ok();
    sandbox.dbx(&["verify"]).ok();
    let after = sandbox.dbx(&["aggregate", "export", "--format", "json", "--output", "-"]).ok();
    assert_eq!(before.stdout, after.stdout);
    assert!(sandbox.read(".dbx/FORMAT").contains("features=encryption\n"));
    assert_eq!(holding(&sandbox.path(".dbx"), MARKER), Vec::<String>::new());
}
