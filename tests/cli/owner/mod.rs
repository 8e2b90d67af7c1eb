//! Commands and whoever has the store, or seems to: each meeting has one outcome.

mod impostor;
mod start;

use super::holder;
use crate::common::{Daemon, Output, Sandbox, until};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A command that starts a daemon in the foreground.
fn serve(sandbox: &Sandbox) -> Command {
    sandbox.command(&["serve", "start", "--foreground"])
}

fn start(sandbox: &Sandbox) -> Daemon {
    Daemon::start(&mut serve(sandbox))
}

/// Runs a command as it is, never beside a daemon of the sandbox's own.
fn dbx(sandbox: &Sandbox, args: &[&str]) -> Output {
    let args: Vec<&str> = ["--color", "never"].iter().chain(args).copied().collect();
    sandbox.dbx(&args)
}

/// A path in `.dbx/`.
fn dot(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.root().join(".dbx").join(name)
}

/// How many events there are, by whatever way a command finds.
fn events(sandbox: &Sandbox) -> Value {
    dbx(sandbox, &["status", "--json"]).ok().json()["position"].clone()
}

fn create(sandbox: &Sandbox, id: &str) -> Output {
    dbx(sandbox, &["aggregate", "create", "team", id, "--event", "founded", "--field", "a=b"])
}

/// Asserts that a command failed with this exit code, and said all of these.
#[track_caller]
fn says(output: Output, code: i32, texts: &[&str]) {
    let output = output.exits(code);
    for text in texts {
        let said = output.stderr.replace('\n', " ");
        let said =
            said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains(text), "`{text}` is not said in {}", output.stderr);
    }
}

#[test]
fn what_is_left_over_means_nothing() {
    let sandbox = Sandbox::workspace().unshared();
    let of = |pid: u32| {
        json!({"pid": pid, "instance": "x", "version": env!("CARGO_PKG_VERSION"), "tls": false,
            "socket": dot(&sandbox, "dbx.sock"), "started_at": "2026-11-20T12:00:00Z", "restrict": "default"})
    };
    // A process that has ended, one that has nothing to do with it, and no sense at all.
    let mut ended = Command::new("true").spawn().unwrap();
    ended.wait().unwrap();
    let files = [
        of(ended.id()).to_string(),
        of(std::process::id()).to_string(),
        "{\0".to_owned(),
        String::new(),
    ];
    for file in files {
        std::fs::write(dot(&sandbox, "daemon.json"), &file).unwrap();
        let _ = std::fs::remove_file(dot(&sandbox, "dbx.sock"));
        assert_eq!(events(&sandbox), json!("0"));
        drop(UnixListener::bind(dot(&sandbox, "dbx.sock")).unwrap());
        assert_eq!(events(&sandbox), json!("0"));
        let daemon = start(&sandbox);
        let written = std::fs::read(dot(&sandbox, "daemon.json")).unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(written["pid"], json!(daemon.pid()));
        for name in ["daemon.json", "dbx.sock"] {
            let mode = std::fs::metadata(dot(&sandbox, name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(events(&sandbox), json!("0"));
        daemon.stop();
        assert!(!dot(&sandbox, "daemon.json").exists() && !dot(&sandbox, "dbx.sock").exists());
    }
}

#[test]
fn what_is_in_the_way_of_the_socket_is_not_touched() {
    let sandbox = Sandbox::workspace().unshared();
    let path = dot(&sandbox, "dbx.sock");
    let refuses = || {
        let (code, said) =
            Daemon::serving(Daemon::begin(&mut serve(&sandbox))).err().expect("there is no room");
        assert_eq!(code, 2);
        assert!(said.contains("dbx::serve::socket"), "{said}");
        // Commands have nobody to ask, and work.
        assert_eq!(events(&sandbox), json!("0"));
    };
    std::fs::write(&path, "precious").unwrap();
    refuses();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    refuses();
    std::fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink(sandbox.root().join("elsewhere"), &path).unwrap();
    refuses();
    assert!(path.symlink_metadata().unwrap().is_symlink());
}

#[test]
fn a_daemon_that_was_stopped_is_not_waited_for() {
    let sandbox = Sandbox::workspace().unshared();
    let daemon = start(&sandbox);
    create(&sandbox, "red").ok();
    daemon.signal(Signal::STOP);
    let pid = format!("process {}", daemon.pid());
    says(create(&sandbox, "blue"), 4, &["dbx::daemon::wedged", &pid, "nothing was done"]);
    daemon.signal(Signal::CONT);
    create(&sandbox, "green").ok();
    assert_eq!(events(&sandbox), json!("2"));
    daemon.stop();
}

#[test]
fn of_two_daemons_at_once_one_serves() {
    for _ in 0..3 {
        let sandbox = Sandbox::workspace().unshared();
        let both = [(); 2].map(|()| Daemon::begin(&mut serve(&sandbox)));
        let waiting = both.map(|running| std::thread::spawn(|| Daemon::serving(running)));
        let mut served = Vec::new();
        let mut refused = Vec::new();
        for outcome in waiting.map(|thread| thread.join().unwrap()) {
            match outcome {
                Ok(daemon) => served.push(daemon),
                Err(said) => refused.push(said),
            }
        }
        let ([winner], [(code, said)]) = (served.as_slice(), refused.as_slice()) else {
            panic!("{} serve", served.len());
        };
        assert!([3, 4].contains(code), "{code}: {said}");
        assert!(said.contains(&format!("process {}", winner.pid())), "{said}");
        assert_eq!(events(&sandbox), json!("0"));
    }
}

#[test]
fn daemons_and_commands_wait_for_a_command_that_has_the_store() {
    let sandbox = Sandbox::workspace().unshared();
    let mut holder = holder(&sandbox);
    let daemon = Daemon::begin(&mut serve(&sandbox));
    let commands: Vec<Child> = (0..3)
        .map(|number| {
            let id = format!("t{number}");
            let args = ["--color", "never", "aggregate", "create", "team", &id, "-e", "founded"];
            let mut command = sandbox.command(&args);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    // The last that it does before it asks for the store. No more is waited for: a command does not wait for ever.
    until("the daemon begins", || dot(&sandbox, "log/dbx.log").exists());
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let daemon = Daemon::serving(daemon).unwrap();
    for command in commands {
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(events(&sandbox), json!("3"));
    daemon.stop();
}

#[test]
fn after_a_daemon_was_killed_the_next_command_works() {
    let sandbox = Sandbox::workspace().unshared();
    for number in 1..=3 {
        let daemon = start(&sandbox);
        create(&sandbox, &format!("t{number}")).ok();
        daemon.kill();
        assert!(dot(&sandbox, "dbx.sock").exists(), "it had no time to tidy up");
        assert_eq!(events(&sandbox), json!(number.to_string()));
    }
    dbx(&sandbox, &["verify"]).ok();
}
