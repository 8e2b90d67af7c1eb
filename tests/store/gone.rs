//! What a store stands on is taken away while it is in use: its folder, its space, the right to write.

use super::child::{caller, options, workspace};
use crate::common::{Output, Sandbox, copy};
use dbx::error::{Kind, Result};
use dbx::service::Service;
use dbx::wire::{CommitRequest, Operation};
use std::process::Command;

fn seen() -> Operation {
    Operation {
        aggregate_type: "thing".into(),
        aggregate_id: "t".into(),
        event_type: "seen".into(),
        ..Operation::default()
    }
}

fn apply(service: &Service, operation: Operation) -> Result<()> {
    let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
    service.commit(&caller(), &request).map(drop)
}

fn commit(service: &Service) -> Result<()> {
    apply(service, seen())
}

#[test]
fn a_workspace_that_is_removed_acknowledges_nothing_more() {
    for removed in [".dbx", ".dbx/lock"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        workspace(root);
        let service = Service::open(options(root, "dbx test")).unwrap();
        commit(&service).unwrap();
        let path = root.join(removed);
        match removed {
            ".dbx" => std::fs::remove_dir_all(&path).unwrap(),
            _ => std::fs::remove_file(&path).unwrap(),
        }
        let error = commit(&service).unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Unavailable, "dbx::store::outcome_unknown")
        );
        assert!(error.message().contains("was removed"), "{error}");
        let error = commit(&service).unwrap_err();
        assert_eq!(error.code(), "dbx::store::poisoned");
        let kept = error.kept_text();
        assert_eq!(kept, Some("what was acknowledged is in the folder that was there"));
        assert!(service.event_at(&caller(), 1).is_ok(), "what was read can be read");
        assert!(service.event_at(&caller(), 2).is_err());
        let _closed = service.close();
        assert!(!path.exists(), "nothing is made in its place");
    }
}

#[test]
fn a_workspace_that_is_moved_takes_its_events_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (root, moved) = (folder.path(), folder.path().join("elsewhere"));
    workspace(root);
    let service = Service::open(options(root, "dbx test")).unwrap();
    commit(&service).unwrap();
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(root.join(".dbx"), moved.join(".dbx")).unwrap();
    let error = commit(&service).unwrap_err();
    assert_eq!(error.code(), "dbx::store::outcome_unknown");
    assert!(error.message().contains("was removed, moved or replaced"), "{error}");
    let _closed = service.close();
    assert!(!root.join(".dbx").exists());
    let service = Service::open(options(&moved, "dbx test")).unwrap();
    let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
    assert!(verdict.ok && verdict.count == 1, "{verdict:?}");
    commit(&service).unwrap();
}

/// An older copy in the place of a workspace that is in use is of the same store, and no process that had the one before
/// writes to it: neither ANCHOR, which would know more events than are there, nor its journals, which a close empties.
#[test]
fn a_copy_that_takes_the_place_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (root, dot, older) =
        (folder.path(), folder.path().join(".dbx"), folder.path().join("older"));
    workspace(root);
    let service = Service::open(options(root, "dbx test")).unwrap();
    commit(&service).unwrap();
    service.close().unwrap();
    copy(&dot, &older);
    let service = Service::open(options(root, "dbx test")).unwrap();
    // More than a close leaves in the journals.
    for _ in 0..6 {
        let payload = format!("{{\"noise\":\"{}\"}}", "x".repeat(250_000));
        let payload = Some(dbx::domain::Json::parse(&payload).unwrap());
        apply(&service, Operation { payload, ..seen() }).unwrap();
    }
    std::fs::rename(&dot, folder.path().join("before")).unwrap();
    std::fs::rename(&older, &dot).unwrap();
    let error = service.close().unwrap_err();
    assert_eq!(error.code(), "dbx::store::gone");
    assert!(error.message().contains("was removed, moved or replaced"), "{error}");
    let service = Service::open(options(root, "dbx test")).unwrap();
    let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
    assert!(verdict.ok && verdict.count == 1, "{verdict:?}");
    commit(&service).unwrap();
    service.close().unwrap();
}

/// Runs a script with `dbx` as `"$@"`, as the first user of a namespace that may mount; `None` where there is no such
/// thing.
fn with_mounts(sandbox: &Sandbox, script: &str) -> Option<Output> {
    let can = |script: &str| Command::new("unshare").args(["-rm", "sh", "-c", script]).output();
    let mounts = "mount -t tmpfs none /mnt";
    if !can(mounts).is_ok_and(|output| output.status.success()) {
        return None;
    }
    Some(script_of(sandbox, &["unshare", "-rm"], script))
}

fn script_of(sandbox: &Sandbox, before: &[&str], script: &str) -> Output {
    let dbx = sandbox.command(&["--quiet"]);
    let words = before.iter().copied().chain(["sh", "-c", script, "sh"]).collect::<Vec<_>>();
    let mut shell = Command::new(words[0]);
    shell.args(&words[1..]).arg(dbx.get_program());
    shell.env_clear().envs(dbx.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(sandbox.root());
    sandbox.run(&mut shell, &[])
}

/// Commits of 240 KiB that do not compress, until one fails; `room` makes room, whatever took it.
const FILL: &str = r#"
    "$@" init >/dev/null 2>&1 || exit 9
    "$@" aggregate create thing t -e made >/dev/null || exit 9
    "$@" aggregate create thing noise -e made -f "x=$(head -c 4096 /dev/urandom | base64 | tr -d "\n")" >/dev/null || exit 9
    number=0
    while [ $number -lt 99 ]; do
      noise=$(head -c 184000 /dev/urandom | base64 | tr -d "\n")
      printf '{"number": %s, "noise": "%s"}' $number "$noise" |
        limited "$@" aggregate apply thing t grown --payload - >/dev/null 2>told || break
      number=$((number + 1))
    done
    echo "acknowledged $number"
    sed -n 1p told
    limited "$@" aggregate get thing noise --json >/dev/null || exit 8
    room
    echo "$("$@" aggregate get thing t --json | grep -o '"version":[0-9]*')"
    "$@" aggregate apply thing t seen >/dev/null || exit 6
    "$@" verify --json
"#;

/// A disk of its own where this machine lets a test mount one, else a limit on the size of files, which fails as a full
/// disk does.
#[test]
fn a_small_disk_that_fills_up_loses_nothing_and_is_used_again() {
    let sandbox = Sandbox::new();
    let mounted = format!(
        "mount -t tmpfs -o size=2200k none \"$PWD\" && cd \"$PWD\" || exit 5
        limited() {{ \"$@\"; }}
        room() {{ mount -o remount,size=64m none \"$PWD\"; }}
        {FILL}"
    );
    let limited = format!(
        "limited() {{ ( trap '' XFSZ; ulimit -f 1700; exec \"$@\" ) }}
        room() {{ :; }}
        {FILL}"
    );
    let output = with_mounts(&sandbox, &mounted)
        .unwrap_or_else(|| script_of(&Sandbox::new(), &[], &limited))
        .ok();
    let lines: Vec<&str> = output.stdout.lines().collect();
    let [acknowledged, told, version, verdict] = lines[..] else { panic!("{output:?}") };
    let number = |text: &str, before: &str| -> u64 {
        text.strip_prefix(before).unwrap_or_else(|| panic!("{output:?}")).parse().unwrap()
    };
    let acknowledged = number(acknowledged, "acknowledged ");
    assert!((1..99).contains(&acknowledged), "it fills up after a while: {output:?}");
    let codes = ["dbx::store::outcome_unknown", "dbx::store::no_space"];
    assert!(codes.contains(&told), "{output:?}");
    let version = number(version, "\"version\":");
    assert!((acknowledged + 1..=acknowledged + 2).contains(&version), "{output:?}");
    let verdict: serde_json::Value = serde_json::from_str(verdict).unwrap();
    assert_eq!((&verdict["ok"], &verdict["count"]), (&true.into(), &(version + 2).into()));
}

/// A limit on the size of files stands for the disk: from one that takes none at all to one that ends in fjall's journal.
#[test]
fn an_init_without_space_is_finished_when_there_is_some() {
    for blocks in [0, 1, 4, 64] {
        let sandbox = Sandbox::new();
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\" init");
        let told = script_of(&sandbox, &[], &script).exits(4).stderr;
        let codes = ["dbx::store::no_space", "dbx::workspace::io"];
        assert!(codes.iter().any(|code| told.starts_with(code)), "{told}");
        sandbox.dbx(&["init"]).ok();
        sandbox.dbx(&["aggregate", "create", "thing", "t", "-e", "seen"]).ok();
        sandbox.dbx(&["verify"]).ok();
        let config = include_str!("../../templates/config.toml");
        assert_eq!(sandbox.read(".dbx/config.toml"), config, "what was begun is whole");
    }
}

/// Without a namespace it is the rights of the lock, which hold back root only without its power over them.
#[test]
fn a_disk_that_cannot_be_written_says_so_and_is_left_alone() {
    let sandbox = Sandbox::workspace();
    sandbox.dbx(&["aggregate", "create", "thing", "t", "-e", "seen"]).ok();
    let before = std::fs::read(sandbox.path(".dbx/store/0.jnl")).unwrap();
    let commands = r#"
        for command in "status" "verify" "aggregate apply thing t seen"; do
          "$@" $command 2>&1 >/dev/null | sed -n 1p
        done"#;
    let mounted = format!(
        "mount --bind \"$PWD\" \"$PWD\" && mount -o remount,bind,ro \"$PWD\" && cd \"$PWD\" || exit 5\n{commands}"
    );
    let denied = format!("chmod 000 .dbx/lock\n{commands}\nchmod 600 .dbx/lock");
    let (output, code) = if let Some(output) = with_mounts(&sandbox, &mounted) {
        (output, "dbx::store::read_only_disk")
    } else {
        let powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
        let root = rustix::process::geteuid().is_root();
        let before = if root { &powerless[..] } else { &[] };
        (script_of(&sandbox, before, &denied), "dbx::store::permission")
    };
    assert_eq!(output.ok().stdout.lines().collect::<Vec<_>>(), [code; 3]);
    assert_eq!(std::fs::read(sandbox.path(".dbx/store/0.jnl")).unwrap(), before);
    sandbox.dbx(&["aggregate", "apply", "thing", "t", "seen"]).ok();
    assert_eq!(sandbox.dbx(&["verify", "--json"]).ok().json()["count"], 2);
}
