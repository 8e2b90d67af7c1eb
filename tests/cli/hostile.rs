//! Bad luck and bad will: what must end in a clear error, with nothing lost.

use crate::common::{Output, Sandbox, copy};
#[cfg(unix)]
use dbx::{
    service::{Caller, OpenOptions, Restrict, Service},
    workspace::{Env, Paths, config},
};

fn create(sandbox: &Sandbox) {
    sandbox.dbx(&["aggregate", "create", "thing", "t-1", "-e", "seen"]).ok();
}

/// Asserts the exit code and that the error has this code.
#[track_caller]
fn fails(output: Output, code: i32, name: &str) -> Output {
    let output = output.exits(code);
    assert!(output.stderr.starts_with(name), "{output:?}");
    output
}

/// Runs `dbx` from a script of the shell, which gets the command line as `"$@"`.
#[cfg(unix)]
fn by_shell(sandbox: &Sandbox, script: &str, args: &[&str]) -> Output {
    // What the shell does to the process is to be done to the one that has the store.
    sandbox.alone();
    let dbx = sandbox.plain(args);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(dbx.get_program()).args(dbx.get_args());
    shell.env_clear().envs(dbx.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(sandbox.root());
    sandbox.run(&mut shell, &[])
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_can_be_read_and_takes_writes_when_there_is_space_again() {
    let sandbox = Sandbox::workspace();
    create(&sandbox);
    let lock = sandbox.path(".dbx/lock");
    std::fs::remove_file(&lock).unwrap();
    // Every write to this file fails for want of space.
    std::os::unix::fs::symlink("/dev/full", &lock).unwrap();
    for command in [&["status"][..], &["aggregate", "get", "thing", "t-1"], &["verify"]] {
        sandbox.dbx(command).ok();
    }
    // Asked for again: a daemon that has the store by now would miss its lock.
    std::fs::remove_file(sandbox.path(".dbx/lock")).unwrap();
    sandbox.dbx(&["aggregate", "apply", "thing", "t-1", "seen"]).ok();
}

/// A limit on the size of files, with its signal ignored, stops tables and journals as a full disk does.
#[cfg(unix)]
#[test]
fn what_is_only_in_the_journal_is_read_and_kept_where_no_table_has_room() {
    let sandbox = Sandbox::workspace();
    // 2 MiB that do not compress, as a process left them that had no time to close.
    let service = open(sandbox.root());
    let mut seed = 1_u64;
    for _ in 0..16 {
        let mut noise = String::new();
        while noise.len() < 128 << 10 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            noise.push(char::from(b'0' + u8::try_from(seed >> 58).unwrap()));
        }
        let noise = noise.replace('\\', "z");
        let payload = Some(dbx::domain::Json::parse(&format!("{{\"x\":\"{noise}\"}}")).unwrap());
        let operation = dbx::wire::Operation {
            aggregate_type: "thing".into(),
            aggregate_id: "t-1".into(),
            event_type: "seen".into(),
            payload,
            ..Default::default()
        };
        let request =
            dbx::wire::CommitRequest { operations: vec![operation], ..Default::default() };
        service.commit(&Caller::local("ada", Restrict::Default), &request).unwrap();
    }
    let crashed = Sandbox::new();
    copy(&sandbox.path(".dbx"), &crashed.path(".dbx"));
    drop(service);
    let full =
        |args: &[&str]| by_shell(&crashed, "trap '' XFSZ && ulimit -f 600 && exec \"$@\"", args);
    assert!(full(&["status"]).ok().stdout.contains("16 events"));
    let told = full(&["aggregate", "apply", "thing", "t-1", "seen"]);
    let told = fails(told, 4, "dbx::store::outcome_unknown");
    assert!(told.stderr.contains("help: free some space"), "{told:?}");
    full(&["verify"]).ok();
    crashed.dbx(&["aggregate", "apply", "thing", "t-1", "seen"]).ok();
    assert!(crashed.dbx(&["verify"]).ok().stdout.contains("17 events"));
}

#[cfg(unix)]
fn open(dir: &std::path::Path) -> Service {
    let env = Env::fixed(dir, std::iter::empty::<(String, String)>());
    let paths = Paths::at(dir);
    let config = config::load(&paths, &env, &config::Overrides::new()).unwrap().config;
    Service::open(OpenOptions::new(paths, config, "a test")).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_says_that_the_commit_stands() {
    let sandbox = Sandbox::workspace();
    create(&sandbox);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = sandbox.command(&["aggregate", "apply", "thing", "t-1", "seen"]);
    let output = command.stdout(full).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.contains("what the command committed stays committed"), "{error}");
    assert!(error.contains("`dbx log -n 1`"), "{error}");
    assert!(sandbox.dbx(&["log", "-n", "1"]).ok().stdout.contains("thing/t-1@2"));
}

#[test]
fn an_empty_folder_that_was_looked_at_still_becomes_a_workspace() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path(".dbx")).unwrap();
    let told = fails(sandbox.dbx(&["status"]), 2, "dbx::store::not_built");
    assert!(told.stderr.contains("run `dbx init`"), "{told:?}");
    sandbox.dbx(&["init"]).ok();
    sandbox.dbx(&["status"]).ok();
}

#[test]
fn init_does_not_call_a_store_complete_that_is_not_there() {
    for missing in ["store", "ANCHOR", "FORMAT", "store/version"] {
        let sandbox = Sandbox::workspace();
        create(&sandbox);
        let path = sandbox.path(".dbx").join(missing);
        let aside = sandbox.path("aside");
        std::fs::rename(&path, &aside).unwrap();
        let told = fails(sandbox.dbx(&["init"]), 5, "dbx::store::damaged");
        assert!(told.stderr.contains("dbx doctor"), "{told:?}");
        if missing == "ANCHOR" {
            // The log is all there, but nothing says where it ended: it can be read and not written.
            let told = sandbox.dbx(&["status"]);
            assert!(told.ok().stderr.contains("the store is open for reading only"));
        } else {
            fails(sandbox.dbx(&["status"]), 5, "dbx::store::damaged");
        }
        std::fs::rename(&aside, &path).unwrap();
        sandbox.dbx(&["aggregate", "get", "thing", "t-1"]).ok();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_current_directory_that_is_gone_is_no_matter_where_another_is_named() {
    let sandbox = Sandbox::workspace();
    create(&sandbox);
    // The shell removes the folder under its own feet and then becomes dbx.
    let script = "mkdir -p gone && cd gone && rmdir ../gone && exec \"$@\"";
    let run = |args: &[&str]| by_shell(&sandbox, script, args);
    let root = sandbox.root().to_str().unwrap();
    run(&["-C", root, "aggregate", "get", "thing", "t-1"]).ok();
    run(&["-C", root, "aggregate", "apply", "thing", "t-1", "seen"]).ok();
    fails(run(&["status"]), 2, "dbx::cli::directory");
}

#[cfg(unix)]
#[test]
fn a_device_without_end_is_not_read_to_its_end() {
    let sandbox = Sandbox::workspace();
    let create = ["aggregate", "create", "thing", "t-1", "-e", "seen", "-p", "@/dev/zero"];
    for command in [&create[..], &["schema", "validate", "/dev/zero"]] {
        let told = fails(sandbox.dbx(command), 2, "dbx::limit::file");
        assert!(told.stderr.contains("`/dev/zero` has more than 64 MiB"), "{told:?}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named_with_what_to_do() {
    let sandbox = Sandbox::workspace();
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    sandbox.write("latin1", b"{\"a\":\"\xe9\"}");
    let payload = |text: &str| {
        sandbox.dbx(&["aggregate", "create", "thing", "t-1", "-e", "seen", "-p", text])
    };
    for (text, code, says) in [
        ("@folder", "dbx::cli::file", "help: name a file"),
        ("@", "dbx::cli::usage", "help: write it as `@FILE`"),
        ("@latin1", "dbx::cli::encoding", "help: save it as UTF-8"),
    ] {
        let told = fails(payload(text), 2, code);
        assert!(told.stderr.contains(says), "{told:?}");
    }
}

#[test]
fn findings_without_number_and_lines_without_end_are_cut() {
    let sandbox = Sandbox::new();
    let line = format!("aggregate thing {{ x: {} }}\n", "[".repeat(200_000));
    sandbox.write("long.dbx", line);
    let told = sandbox.dbx(&["schema", "validate", "long.dbx"]).exits(1);
    assert!(told.stdout.len() < 20_000, "{} bytes", told.stdout.len());
    sandbox.write("many.dbx", "aggregate a {\n  name: string\n}\n".repeat(2_000));
    let told = sandbox.dbx(&["schema", "validate", "many.dbx"]).exits(1);
    assert!(told.stdout.len() < 200_000, "{} bytes", told.stdout.len());
    assert!(told.stdout.contains(" more in many.dbx"), "{}", told.stdout);
    // Programs get every one.
    let concise = sandbox.dbx(&["schema", "validate", "--format", "concise", "many.dbx"]).exits(1);
    assert!(concise.stdout.lines().count() > 2_000);
}

#[test]
fn a_filter_of_any_length_is_not_repeated_in_its_error() {
    let sandbox = Sandbox::workspace();
    for filter in ["(".repeat(100_000), format!("a:{}", "*a".repeat(5_000)), "(".repeat(60)] {
        let told = fails(sandbox.dbx(&["events", "--where", &filter]), 2, "dbx::query::filter");
        assert!(told.stderr.len() < 600, "{told:?}");
    }
}

#[test]
fn a_schema_never_steers_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.write("x.dbx", "aggregate \u{1b}]0;title\u{7} {\u{9b}2J\n  \"\u{202e}\"\n");
    let told = sandbox.dbx(&["schema", "validate", "x.dbx", "--color", "always"]).exits(1);
    let text = told.stdout;
    assert!(
        !text.contains("\u{1b}]") && !text.contains(['\u{7}', '\u{9b}', '\u{202e}']),
        "{text:?}"
    );
}

#[cfg(unix)]
#[test]
fn formatting_keeps_links_and_rights() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let file = sandbox.write("real.dbx", "aggregate   a { event seen {} }");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.dbx", sandbox.path("schema.dbx")).unwrap();
    sandbox.dbx(&["schema", "fmt", "schema.dbx"]).ok();
    assert!(sandbox.path("schema.dbx").symlink_metadata().unwrap().is_symlink());
    assert!(sandbox.read("real.dbx").starts_with("aggregate a {\n"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn everything_in_the_workspace_is_the_owners_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    fn modes(path: &std::path::Path, others: &mut Vec<String>) {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            others.push(format!("{mode:o} {}", path.display()));
        }
        if path.is_dir() {
            path.read_dir().unwrap().for_each(|entry| modes(&entry.unwrap().path(), others));
        }
    }
    let sandbox = Sandbox::new();
    let open = |args: &[&str]| by_shell(&sandbox, "umask 000 && exec \"$@\"", args);
    open(&["init", "--template", "minimal"]).ok();
    open(&["aggregate", "create", "thing", "t-1", "-e", "seen", "--restrict", "off"]).ok();
    open(&["schema", "apply", "--yes"]).ok();
    let mut others = Vec::new();
    modes(&sandbox.path(".dbx"), &mut others);
    assert_eq!(others, [""; 0]);
    // The schema is committed and shared: the umask decides.
    let schema = sandbox.path("schema.dbx").metadata().unwrap().permissions().mode();
    assert_eq!(schema & 0o777, 0o666);
}
