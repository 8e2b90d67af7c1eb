//! `kill -9` and a full disk while a backup is made and while one is restored, by real processes.

use super::kill::killed_when;
use crate::common::Sandbox;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// SIGXFSZ (25) would end the process; a full disk sends no signal. The limit is in units of 512 or 1024 bytes, as the
/// shell likes.
const LIMITED: &str = r#"trap '' 25; ulimit -f "$0"; exec "$@""#;

/// How often a command is killed at one change after the other until it ends by itself: where the machine is busy, this
/// process sees few of them.
const SWEEPS: usize = 10;

/// A workspace with some megabytes in `events` events.
fn filled(events: u32) -> Sandbox {
    let sandbox = Sandbox::workspace();
    let text = "x".repeat(2000);
    let mut lines = String::new();
    for number in 0..events {
        let id = number % 50;
        writeln!(
            lines,
            r#"{{"aggregate_type":"t","aggregate_id":"a{id}","event_type":"e","payload":{{"n":{number},"text":"{text}"}}}}"#
        )
        .unwrap();
    }
    sandbox.dbx_stdin(&["import", "-", "--quiet"], lines).ok();
    sandbox
}

/// A workspace whose log is one event long.
fn with_one_event() -> Sandbox {
    let sandbox = Sandbox::workspace();
    sandbox.dbx(&["aggregate", "create", "t", "old", "-e", "e"]).ok();
    sandbox
}

/// Every path below a folder with its size: what a step of a process changes.
fn seen(folder: &Path, found: &mut Vec<(String, u64)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.push((path.display().to_string(), 0));
            seen(&path, found);
        } else {
            let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            found.push((path.display().to_string(), bytes));
        }
    }
    found.sort();
}

/// Lets a command run until so many changes of the folder were seen, and kills it. Whether it was still running.
fn killed(mut command: Command, folder: &Path, changes: usize) -> bool {
    let (mut before, mut count) = (Vec::new(), 0);
    seen(folder, &mut before);
    killed_when(&mut command, || {
        let mut now = Vec::new();
        seen(folder, &mut now);
        count += usize::from(now != before);
        before = now;
        count >= changes
    })
}

fn position(sandbox: &Sandbox) -> String {
    let report = sandbox.dbx(&["status", "--json"]).ok().json();
    assert!(report["read_only"].is_null(), "{report}");
    report["position"].as_str().unwrap().to_owned()
}

fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.path(".dbx")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("next") || name.contains("before")).collect()
}

#[test]
fn a_restore_that_is_killed_anywhere_leaves_the_old_store_or_the_new_one() {
    let sandbox = filled(600);
    sandbox.dbx(&["backup", "-o", "all.dbxb"]).ok();
    let old = with_one_event();
    old.dbx(&["backup", "-o", "old.dbxb"]).ok();
    let file = sandbox.path("all.dbxb");
    let restore = ["restore", "-i", file.to_str().unwrap(), "--force", "--yes"];
    let (mut kept, mut replaced) = (0, 0);
    for _ in 0..SWEEPS {
        let mut ended = 0;
        for changes in 0.. {
            ended += usize::from(!killed(old.command(&restore), &old.path(".dbx"), changes));
            // The first opening after it finishes or undoes what was begun.
            match position(&old).as_str() {
                "1" => kept += 1,
                "600" => replaced += 1,
                other => panic!("{other} events after {changes} changes"),
            }
            assert_eq!(leftovers(&old), Vec::<String>::new());
            let verdict = old.dbx(&["aggregate", "verify", "--all", "--json"]).ok().json();
            assert_eq!(verdict["ok"], true);
            if position(&old) == "600" {
                old.dbx(&["restore", "-i", "old.dbxb", "--force", "--yes"]).ok();
            }
            if ended == 2 {
                break;
            }
        }
        if kept >= 5 && replaced >= 2 {
            break;
        }
    }
    println!("{kept} times the old store, {replaced} times the new one");
    assert!(kept >= 5 && replaced >= 2, "{kept} {replaced}");
}

#[test]
fn a_backup_that_is_killed_leaves_no_file_or_the_one_from_before() {
    let sandbox = filled(600);
    sandbox.dbx(&["backup", "-o", "before.dbxb"]).ok();
    let before = std::fs::read(sandbox.path("before.dbxb")).unwrap();
    let mut stopped = 0;
    for sweep in 0..SWEEPS {
        for changes in 0.. {
            let force = ["backup", "-o", "before.dbxb", "--force"];
            let running = killed(sandbox.command(&force), sandbox.root(), changes);
            stopped += u32::from(running);
            let now = std::fs::read(sandbox.path("before.dbxb")).unwrap();
            sandbox.dbx(&["backup", "verify", "before.dbxb"]).ok();
            assert!(now == before || now.len() == before.len(), "all of it, or what was there");
            let fresh = format!("new-{sweep}-{changes}.dbxb");
            killed(sandbox.command(&["backup", "-o", &fresh]), sandbox.root(), changes);
            if sandbox.path(&fresh).exists() {
                sandbox.dbx(&["backup", "verify", &fresh]).ok();
            }
            assert_eq!(position(&sandbox), "600");
            if !running {
                break;
            }
        }
        if stopped >= 2 {
            break;
        }
    }
    assert!(stopped >= 2, "{stopped}");
}

/// A command with a limit on the size of files.
fn limited(sandbox: &Sandbox, blocks: u32, args: &[&str]) -> Command {
    let like = sandbox.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", LIMITED, &blocks.to_string()]).arg(like.get_program());
    command.args(like.get_args()).current_dir(like.get_current_dir().unwrap()).env_clear();
    for (name, value) in like.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

#[test]
fn a_full_disk_keeps_the_store_and_what_was_there() {
    let sandbox = filled(1500);
    sandbox.dbx(&["backup", "-o", "all.dbxb"]).ok();
    let before = std::fs::read(sandbox.path("all.dbxb")).unwrap();
    assert!(before.len() > 2 << 20, "{} bytes", before.len());
    let force = ["backup", "-o", "all.dbxb", "--force"];
    let out = sandbox.run(&mut limited(&sandbox, 1024, &force), &[]);
    let out = out.exits(4);
    assert!(out.stderr.contains("dbx::backup::write"), "{}", out.stderr);
    assert_eq!(std::fs::read(sandbox.path("all.dbxb")).unwrap(), before);
    let entries = std::fs::read_dir(sandbox.root()).unwrap();
    let names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".dbx-tmp")), "{names:?}");

    let other = with_one_event();
    let file = sandbox.path("all.dbxb");
    let restore = ["restore", "-i", file.to_str().unwrap(), "--force", "--yes"];
    let out = other.run(&mut limited(&other, 1024, &restore), &[]).exits(4);
    assert!(!out.stderr.is_empty());
    assert_eq!(position(&other), "1");
    assert_eq!(leftovers(&other), Vec::<String>::new());
    other.dbx(&restore).ok();
    assert_eq!(position(&other), "1500");
    other.dbx(&["verify"]).ok();
}
