//! `dbx backup` and `dbx restore`.

use super::{holder, shop};
use crate::common::{Output, Sandbox, damage, snap};
use regex::Regex;
use std::path::Path;
use std::process::Stdio;

fn backup(sandbox: &Sandbox, args: &[&str]) -> Output {
    sandbox.dbx(&[&["backup"], args].concat())
}

/// The output without sizes in bytes, which hang on who runs the test.
fn tidy(output: Output) -> Output {
    let sizes = Regex::new(r#"[0-9.]+ [KM]?i?B\b|("bytes":)[0-9]+"#).unwrap();
    let stdout = sizes.replace_all(&output.stdout, "${1}[size]").into_owned();
    let places = Regex::new(r"at byte [0-9]+").unwrap();
    let stderr = places.replace_all(&output.stderr, "at byte [n]").into_owned();
    Output { stdout, stderr, ..output }
}

fn shot(name: &str, output: Output) {
    snap(name, &tidy(output));
}

/// The names in a folder, in order.
fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn append(sandbox: &Sandbox) {
    let args = ["aggregate", "apply", "order", "o-1", "order_paid", "-f", "status=paid"];
    sandbox.dbx(&args).ok();
}

/// A shop, a backup of it, and an increment of one event.
fn backed_up() -> Sandbox {
    let sandbox = shop();
    backup(&sandbox, &["-o", "one.dbxb"]).ok();
    append(&sandbox);
    backup(&sandbox, &["-o", "two.dbxb", "--since", "one.dbxb"]).ok();
    sandbox
}

#[test]
fn out_and_in_again() {
    let sandbox = shop();
    shot("cli__backup__whole", backup(&sandbox, &["--output", "one.dbxb", "-v"]).ok());
    append(&sandbox);
    let since = ["--output", "two.dbxb", "--since", "one.dbxb", "-v"];
    shot("cli__backup__since", backup(&sandbox, &since).ok());
    let json = backup(&sandbox, &["-o", "all.dbxb", "--json"]).ok();
    let verified = backup(&sandbox, &["verify", "all.dbxb", "--json"]).ok();
    let mut read = json.json();
    assert_eq!(read["took_ms"].take(), 0, "the clock stands still");
    assert_eq!(verified.json(), read);
    shot("cli__backup__json", json);
    shot("cli__backup__verify", backup(&sandbox, &["verify", "one.dbxb", "two.dbxb", "-v"]).ok());
    let quick = backup(&sandbox, &["-o", "all.dbxb", "--force", "--no-verify", "-v"]).ok();
    assert!(!quick.stdout.contains("read back"), "{}", quick.stdout);

    let copy = with_files(&sandbox, &["one.dbxb", "two.dbxb", "all.dbxb"]);
    let restore = ["restore", "--input", "one.dbxb", "--input", "two.dbxb", "-v"];
    shot("cli__restore__fresh", copy.dbx(&restore).ok());
    let other = with_files(&sandbox, &["all.dbxb"]);
    shot("cli__restore__json", other.dbx(&["restore", "-i", "all.dbxb", "--json"]).ok());
    for copy in [copy, other] {
        for args in [
            &["aggregate", "list", "--archived", "--json", "--take", "all"][..],
            &["events", "--json"],
            &["log", "--json"],
            &["schema", "history", "--json"],
            &["aggregate", "snapshots", "order/o-1", "--json"],
        ] {
            let (there, here) = (copy.dbx(args).ok(), sandbox.dbx(args).ok());
            assert_eq!(there.stdout, here.stdout, "{args:?}");
        }
        // ANCHOR is written when the store is closed: both tell how far it is there.
        copy.alone();
        sandbox.alone();
        let verdict = copy.dbx(&["aggregate", "verify", "--all"]).ok();
        assert_eq!(verdict.stdout, sandbox.dbx(&["verify"]).ok().stdout);
        assert_eq!(copy.read("schema.dbx"), sandbox.read("schema.dbx"));
        copy.dbx(&["schema", "diff"]).ok();
        // It goes on from there.
        append(&copy);
        copy.dbx(&["verify"]).ok();
    }
}

/// An empty directory with copies of a sandbox's files.
fn with_files(from: &Sandbox, files: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for file in files {
        std::fs::copy(from.path(file), sandbox.path(file)).unwrap();
    }
    sandbox
}

/// The real history: what others hold of it, a proof and a checkpoint, holds against the restored store.
#[test]
fn a_destroyed_workspace_comes_back_and_its_proofs_hold() {
    let sandbox = Sandbox::with_schema(include_str!("../fixtures/file_history.dbx"));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/file_history.ndjson");
    let history = std::fs::read_to_string(fixture).unwrap();
    let half = history.match_indices('\n').nth(history.lines().count() / 2).unwrap().0 + 1;
    sandbox.dbx_stdin(&["import", "-", "--quiet"], &history[..half]).ok();
    let save = |name: &str, args: &[&str]| sandbox.write(name, sandbox.dbx(args).ok().stdout);
    save("early.txt", &["checkpoint"]);
    let key = sandbox.dbx(&["checkpoint", "--public-key"]).ok().stdout.trim().to_owned();
    backup(&sandbox, &["-o", "half.dbxb"]).ok();
    sandbox.dbx_stdin(&["import", "-", "--quiet"], &history[half..]).ok();
    save("late.txt", &["checkpoint"]);
    let first: serde_json::Value = serde_json::from_str(history.lines().next().unwrap()).unwrap();
    let name = format!("{}/{}", first["aggregate_type"], first["aggregate_id"]).replace('"', "");
    save("proof.json", &["prove", &format!("{name}@1")]);
    save("growth.json", &["prove", "--consistency", "100..7000"]);
    backup(&sandbox, &["-o", "rest.dbxb", "--since", "half.dbxb"]).ok();
    sandbox.alone();
    let verified = sandbox.dbx(&["aggregate", "verify", "--all", "-v"]).ok().stdout;
    let states = ["aggregate", "export", "--format", "ndjson", "--archived", "-o"];
    let before = sandbox.dbx(&[&states[..], &["-"]].concat()).ok().stdout;

    std::fs::remove_dir_all(sandbox.path(".dbx")).unwrap();
    sandbox.dbx(&["restore", "-i", "half.dbxb", "-i", "rest.dbxb"]).ok();
    assert_eq!(sandbox.dbx(&["aggregate", "verify", "--all", "-v"]).ok().stdout, verified);
    assert_eq!(sandbox.dbx(&[&states[..], &["-"]].concat()).ok().stdout, before);
    for checkpoint in ["early.txt", "late.txt"] {
        sandbox.dbx(&["verify", "--checkpoint", checkpoint, "--key", &key]).ok();
        for proof in ["proof.json", "growth.json"] {
            sandbox.dbx(&["verify", "--proof", proof]).ok();
        }
    }
    let again = sandbox.dbx(&["prove", &format!("{name}@1")]).ok().stdout;
    assert_eq!(again, sandbox.read("proof.json"), "the same proof out of the restored store");
    // The half alone is an older state, which the later checkpoint tells.
    sandbox.dbx(&["restore", "-i", "half.dbxb", "--force", "--yes"]).ok();
    sandbox.dbx(&["verify", "--checkpoint", "early.txt", "--key", &key]).ok();
    sandbox.dbx(&["verify", "--checkpoint", "late.txt", "--key", &key]).exits(5);
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_does_not_steer_the_terminal() {
    let sandbox = backed_up();
    let name = "evil\u{1b}[2J\rx.dbxb";
    for args in [&["backup", "--output", name][..], &["backup", "verify", name]] {
        let said = sandbox.dbx(args).ok();
        assert!(said.stdout.contains("evil\\u{1b}[2J\\u{d}x.dbxb"), "{said:?}");
    }
}

#[test]
fn through_pipes() {
    let sandbox = backed_up();
    let piped = sandbox.command(&["backup", "-o", "-"]).output().unwrap();
    assert_eq!(String::from_utf8(piped.stderr).unwrap(), "backed up 5 events\n");
    let verify = sandbox.dbx_stdin(&["backup", "verify", "-", "--json"], &piped.stdout).ok();
    assert_eq!(verify.json()["events"], 5);
    let copy = Sandbox::new();
    let restored = copy.dbx_stdin(&["restore", "-i", "-", "--json"], &piped.stdout).ok();
    assert_eq!(restored.json()["position"], "5");
    sandbox.dbx(&["backup", "verify", "-", "-"]).exits(2);

    let mut command = sandbox.command(&["backup", "-o", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(ended.status.code(), Some(0), "a closed pipe is success");
}

#[test]
fn nothing_is_replaced_or_left_half_written() {
    let sandbox = shop();
    sandbox.write("one.dbxb", "mine");
    shot("cli__backup__exists", backup(&sandbox, &["-o", "one.dbxb"]).exits(3));
    assert_eq!(sandbox.read("one.dbxb"), "mine");
    shot("cli__backup__no_folder", backup(&sandbox, &["-o", "no/where.dbxb"]).exits(2));
    backup(&sandbox, &["-o", ".dbx"]).exits(2);
    backup(&sandbox, &["-o", "two.dbxb", "--since", "gone.dbxb"]).exits(2);
    backup(&sandbox, &["-o", "two.dbxb", "--since", ".dbx"]).exits(2);
    let since = backup(&sandbox, &["-o", "two.dbxb", "--since", "one.dbxb"]).exits(2);
    shot("cli__backup__unknown", since);
    backup(&sandbox, &[]).exits(2);
    assert_eq!(names(sandbox.root()), [".dbx", "one.dbxb", "schema.dbx"]);
    backup(&sandbox, &["-o", "one.dbxb", "--force"]).ok();
    backup(&sandbox, &["verify", "one.dbxb"]).ok();
    Sandbox::new().dbx(&["backup", "-o", "x.dbxb"]).exits(2);
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_and_a_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = shop();
    backup(&sandbox, &["-o", "one.dbxb"]).ok();
    let mode = std::fs::metadata(sandbox.path("one.dbxb")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nobody may make a file in there, not even who may do everything else.
    backup(&sandbox, &["-o", "/proc/one.dbxb"]).exits(2);
}

#[test]
fn what_is_wrong_with_a_backup_is_said() {
    let sandbox = backed_up();
    append(&sandbox);
    backup(&sandbox, &["-o", "three.dbxb", "--since", "two.dbxb"]).ok();
    let whole = std::fs::read(sandbox.path("one.dbxb")).unwrap();
    let mut changed = whole.clone();
    let at = changed.len() / 2;
    changed[at] ^= 4;
    sandbox.write("changed.dbxb", changed);
    sandbox.write("cut.dbxb", &whole[..whole.len() - 9]);
    let verify = |files: &[&str]| backup(&sandbox, &[&["verify"], files].concat());
    shot("cli__backup__verify_changed", verify(&["changed.dbxb"]).exits(5));
    shot("cli__backup__verify_cut", verify(&["cut.dbxb"]).exits(5));
    let json = verify(&["changed.dbxb", "--json"]).exits(5);
    assert_eq!(json.stdout, "");
    shot("cli__backup__verify_changed_json", json);
    shot("cli__backup__verify_gap", verify(&["one.dbxb", "three.dbxb"]).exits(2));
    verify(&["two.dbxb", "three.dbxb"]).ok();
    let all = ["one.dbxb", "two.dbxb", "three.dbxb", "changed.dbxb"];
    let copy = with_files(&sandbox, &all);
    let restore = |files: &[&str]| {
        let inputs = files.iter().flat_map(|file| ["-i", file]);
        copy.dbx(&std::iter::once("restore").chain(inputs).collect::<Vec<_>>())
    };
    shot("cli__restore__increment", restore(&["two.dbxb"]).exits(2));
    shot("cli__restore__order", restore(&["one.dbxb", "three.dbxb", "two.dbxb"]).exits(2));
    shot("cli__restore__changed", restore(&["changed.dbxb"]).exits(5));
    restore(&["one.dbxb", "gone.dbxb"]).exits(2);
    let dot = [".gitignore", "ANCHOR", "FORMAT", "cli.token", "config.toml", "keys", "lock"];
    assert_eq!(names(copy.path(".dbx")), [&dot[..], &["log", "store"]].concat());
    restore(&["one.dbxb", "two.dbxb", "three.dbxb"]).ok();
}

#[test]
fn a_log_that_was_rewritten_is_not_gone_on_from() {
    let sandbox = backed_up();
    sandbox.dbx(&["restore", "-i", "one.dbxb", "--force", "--yes"]).ok();
    let since = ["-o", "three.dbxb", "--since", "two.dbxb"];
    shot("cli__backup__rolled_back", backup(&sandbox, &since).exits(5));
    sandbox.dbx(&["aggregate", "archive", "order/o-1"]).ok();
    shot("cli__backup__rewritten", tidy_roots(backup(&sandbox, &since).exits(5)));
    let other = shop();
    std::fs::copy(sandbox.path("one.dbxb"), other.path("one.dbxb")).unwrap();
    let args = ["-o", "x.dbxb", "--since", "one.dbxb"];
    shot("cli__backup__other_store", backup(&other, &args).exits(2));
    assert!(!other.path("x.dbxb").exists());
}

/// Errors are wrapped, and hashes in them too.
fn tidy_roots(output: Output) -> Output {
    let text = Regex::new(r"\s+").unwrap().replace_all(&output.stderr, " ").into_owned();
    let text =
        Regex::new(r"[0-9a-f]{12,64}( [0-9a-f]{2,40}\b)?").unwrap().replace_all(&text, "[hash]");
    Output { stderr: text.into_owned(), ..output }
}

#[test]
fn a_store_that_holds_something_is_replaced_only_when_asked() {
    let sandbox = backed_up();
    append(&sandbox);
    let restore = ["restore", "-i", "one.dbxb"];
    shot("cli__restore__not_empty", sandbox.dbx(&restore).exits(3));
    let force = [&restore[..], &["--force"]].concat();
    sandbox.dbx(&force).exits(2);
    assert_eq!(sandbox.dbx(&["status", "--json"]).ok().json()["position"], "6");
    let mut held = holder(&sandbox);
    sandbox.dbx(&[&force[..], &["--yes"]].concat()).exits(4);
    drop(held.stdin.take());
    assert!(held.wait().unwrap().success());
    let key = std::fs::read(sandbox.path(".dbx/keys/token_ed25519.pem")).unwrap();
    sandbox.write(".dbx/config.toml", "list_page_size = 3\n");
    shot("cli__restore__force", sandbox.dbx(&[&force[..], &["--yes", "-v"]].concat()).ok());
    assert_eq!(sandbox.dbx(&["status", "--json"]).ok().json()["position"], "4");
    assert_eq!(std::fs::read(sandbox.path(".dbx/keys/token_ed25519.pem")).unwrap(), key);
    assert_eq!(sandbox.read(".dbx/config.toml"), "list_page_size = 3\n");
}

#[test]
fn a_token_backs_up_only_where_it_allows_everything_and_restores_never() {
    let sandbox = backed_up();
    let generate = |user: &str, action: &str, on: &str| {
        let args = ["token", "generate", "--group", "ops", "--user", user, "-a", action, "-r", on];
        sandbox.dbx(&args).ok().stdout.trim().to_owned()
    };
    let (eve, root) = (generate("eve", "*.*", "aggregate:*:*"), generate("root", "*.*", "*"));
    let with = |token: &str, args: &[&str]| sandbox.dbx_env(&[("DBX_TOKEN", token)], args);
    shot("cli__backup__forbidden", with(&eve, &["backup", "-o", "eve.dbxb"]).exits(2));
    assert!(!sandbox.path("eve.dbxb").exists());
    with(&root, &["backup", "-o", "root.dbxb"]).ok();
    let restore = ["restore", "-i", "root.dbxb", "--force", "--yes"];
    shot("cli__restore__token", with(&root, &restore).exits(2));
    sandbox.dbx(&restore).ok();
    with(&root, &["backup", "-o", "again.dbxb"]).ok();
    let listed = sandbox.dbx(&["token", "list"]).ok().stdout;
    assert!(listed.contains("eve") && listed.contains("root"), "{listed}");
}

/// Damage that keeps the store from opening, or from being read to its end, is no reason to lose the backup.
#[test]
fn a_damaged_store_is_replaced_and_not_backed_up_as_if_it_were_sound() {
    let sandbox = backed_up();
    assert!(damage(sandbox.path(".dbx/store"), "called in by phone") > 0);
    let out = backup(&sandbox, &["-o", "damaged.dbxb"]);
    assert!([0, 5].contains(&out.code), "{out:?}");
    if out.code == 0 {
        // What is left in front of the damage.
        assert!(out.stderr.contains("it may lack events"), "{out:?}");
        backup(&sandbox, &["verify", "damaged.dbxb"]).ok();
    } else {
        assert!(!sandbox.path("damaged.dbxb").exists());
    }
    let restore = ["restore", "-i", "one.dbxb", "-i", "two.dbxb"];
    sandbox.dbx(&restore).exits(3);
    sandbox.dbx(&[&restore[..], &["--force", "--yes"]].concat()).ok();
    sandbox.dbx(&["aggregate", "verify", "--all"]).ok();
    std::fs::write(sandbox.path(".dbx/FORMAT"), "dbx-format=1\n").unwrap();
    sandbox.dbx(&["status"]).exits(5);
    sandbox.dbx(&[&restore[..], &["--force", "--yes"]].concat()).ok();
    sandbox.dbx(&["aggregate", "verify", "--all"]).ok();
}

#[test]
fn a_store_elsewhere_comes_back_where_it_was() {
    let sandbox = backed_up();
    let copy = with_files(&sandbox, &["one.dbxb"]);
    copy.dbx(&["init", "--template", "none"]).ok();
    copy.write(".dbx/config.toml", "data_dir = \"data/store\"\n");
    copy.write("data/x", "");
    let restore = copy.dbx(&["restore", "-i", "one.dbxb"]).exits(3);
    assert!(restore.stderr.contains("or is damaged"), "there was one: {}", restore.stderr);
    std::fs::rename(copy.path(".dbx/store"), copy.path("data/store")).unwrap();
    copy.dbx(&["restore", "-i", "one.dbxb"]).ok();
    assert_eq!(names(copy.path("data")), ["store", "x"]);
    copy.dbx(&["verify"]).ok();
}

#[test]
fn a_token_that_was_revoked_stays_revoked() {
    let sandbox = backed_up();
    let asked = ["token", "generate", "--group", "audit", "--user", "eve", "-a", "aggregate.read"];
    let made = sandbox.dbx(&[&asked[..], &["--json"]].concat()).ok().json();
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    backup(&sandbox, &["--output", "before.dbxb"]).ok();
    sandbox.dbx(&["token", "revoke", id]).ok();
    sandbox.dbx(&["restore", "--input", "before.dbxb", "--force", "--yes"]).ok();
    let refused = sandbox.dbx(&["--token", token, "aggregate", "list"]).exits(2);
    assert!(refused.stderr.contains("dbx::token::revoked"), "{refused:?}");
    sandbox.dbx(&["verify"]).ok();
}
