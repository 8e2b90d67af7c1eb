//! Starting, stopping, and everything that comes between.

use super::{Served, calm, read, send, until};
use crate::cli::{holder, shop};
use crate::common::{Output, Sandbox, damage};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

#[test]
fn a_daemon_comes_up_says_how_it_does_and_goes() {
    let served = Served::of(shop());
    let root = served.sandbox.root().to_owned();
    calm("cli__serve__none", &served.serve(&["status"]).exits(1));
    calm("cli__serve__none_json", &served.serve(&["status", "--json"]).exits(1));
    calm("cli__serve__nothing_to_stop", &served.serve(&["stop"]).ok());
    calm("cli__serve__start", &served.start(&["--restrict", "strict", "--auto-apply"]));
    calm("cli__serve__status", &served.serve(&["status"]).ok());
    calm("cli__serve__status_json", &served.serve(&["status", "--json"]).ok());
    for private in ["dbx.sock", "daemon.json", "log/dbx.log", "log/start.log"] {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(root.join(".dbx").join(private)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{private}");
    }
    // It is nobody's child any more, and in a process group of its own.
    let pid = served.pid();
    let own = rustix::process::getpgrp();
    let group = rustix::process::getpgid(rustix::process::Pid::from_raw(pid)).unwrap();
    assert_eq!(group.as_raw_nonzero().get(), pid);
    assert_ne!(group, own);
    calm("cli__serve__stop", &served.serve(&["stop"]).ok());
    for gone in ["dbx.sock", "daemon.json"] {
        assert!(!root.join(".dbx").join(gone).exists(), "{gone}");
    }
    served.serve(&["status"]).exits(1);
    // The store is free the moment that the command is back.
    served.sandbox.dbx(&["verify"]).ok();
}

#[test]
fn one_that_runs_already_is_what_was_asked_for_unless_it_is_another_one() {
    let served = Served::new(&["--restrict", "strict"]);
    let pid = served.pid();
    calm("cli__serve__already", &served.serve(&["start"]).ok());
    served.serve(&["start", "--restrict", "strict"]).ok();
    calm("cli__serve__other_flags", &served.serve(&["start", "--restrict", "off"]).exits(3));
    // Whoever watches over a process has to see that it is not the one.
    calm("cli__serve__foreground_beside", &served.serve(&["start", "--foreground"]).exits(3));
    assert_eq!(served.pid(), pid);
    let json = served.serve(&["start", "--json"]).ok().json();
    assert_eq!(json["pid"], pid);
}

#[test]
fn of_two_that_start_at_once_one_serves_and_both_say_which() {
    let served = Served::of(shop());
    let pids: Vec<serde_json::Value> = std::thread::scope(|scope| {
        let start = || served.serve(&["start", "--json"]).ok().json()["pid"].clone();
        let starting: Vec<_> = (0..3).map(|_| scope.spawn(start)).collect();
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(pids.iter().all(|pid| *pid == served.pid()), "{pids:?}");
}

#[test]
fn a_command_that_has_the_store_is_waited_for() {
    let served = Served::of(shop());
    let mut import = holder(&served.sandbox);
    std::thread::scope(|scope| {
        let starting = scope.spawn(|| served.start(&[]));
        // The last that it does before it asks for the store. It does not wait for ever, so nothing more is done meanwhile
        // than to see that nobody can be asked as long as the import has the store.
        until("the daemon begins", || served.sandbox.path(".dbx/log/dbx.log").exists());
        assert!(!served.sandbox.path(".dbx/dbx.sock").exists());
        drop(import.stdin.take());
        starting.join().unwrap();
    });
    assert!(import.wait().unwrap().success());
}

#[test]
fn what_keeps_it_from_starting_is_said_with_its_own_exit_code() {
    let served = Served::of(shop());
    let mut import = holder(&served.sandbox);
    let output = served.serve(&["start"]).exits(4);
    assert!(output.stderr.contains("dbx::store::locked"), "{output:?}");
    assert!(output.stderr.contains("`dbx import`, process"), "{output:?}");
    // The end of the log comes before.
    assert!(output.stderr.contains("  error  ended  code=dbx::store::locked"), "{output:?}");
    drop(import.stdin.take());
    import.wait().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = served.serve(&["start", "--port", &port, "--json"]).exits(4);
    let problem: serde_json::Value = serde_json::from_str(&output.stderr).unwrap();
    assert_eq!(problem["code"], "dbx::serve::address");
    assert_eq!(output.stdout, "");
    for (args, code) in [
        (&["start", "--log", "loud"][..], "dbx::serve::log"),
        (&["start", "--port", "70000"], "--port"),
        (&["start", "--bind-addr", "here"], "--bind-addr"),
        (&["start", "--no-tcp", "--port", "1"], "--no-tcp"),
        (&["start", "--restrict", "some"], "--restrict"),
    ] {
        let output = served.serve(args).exits(2);
        assert!(output.stderr.contains(code), "{output:?}");
    }
    served.serve(&["status"]).exits(1);
}

#[test]
fn a_restart_keeps_the_flags() {
    let served = Served::new(&["--restrict", "strict", "--no-tcp"]);
    let first = served.status().unwrap();
    assert_eq!(first.get("address"), None);
    calm("cli__serve__restart", &served.serve(&["restart"]).ok());
    let second = served.status().unwrap();
    assert_eq!(second["flags"], serde_json::json!(["--restrict", "strict", "--no-tcp"]));
    assert_ne!(first["pid"], second["pid"]);
    assert_ne!(first["instance"], second["instance"]);
    served.serve(&["restart", "--restrict", "off"]).ok();
    assert_eq!(served.status().unwrap()["restrict"], "off");
    // Killed, it is started as it was.
    let pid = served.pid();
    send(pid, Signal::KILL);
    until("it is gone", || served.status().is_none());
    let lost = served.serve(&["status"]).exits(1);
    assert!(lost.stderr.contains(&format!("process {pid}, did not say that it ended")), "{lost:?}");
    assert_eq!(served.serve(&["status", "--json"]).exits(1).json()["lost"], pid);
    served.serve(&["restart"]).ok();
    let third = served.status().unwrap();
    assert_eq!(third["flags"], serde_json::json!(["--restrict", "off", "--no-tcp"]));
    // Where none ran one is started, and without flags: what ended in order left none.
    served.serve(&["stop"]).ok();
    served.serve(&["restart"]).ok();
    assert_eq!(served.status().unwrap()["flags"], serde_json::json!([]));
}

#[test]
fn one_in_the_foreground_is_restarted_by_whoever_watches_over_it() {
    let served = Served::of(shop());
    let mut daemon = served.foreground();
    calm("cli__serve__restart_foreground", &served.serve(&["restart"]).exits(3));
    served.serve(&["stop"]).ok();
    assert_eq!(daemon.wait(), 0, "a graceful stop is no failure");
}

#[test]
fn one_that_hangs_is_named_and_ended_by_force() {
    let served = Served::new(&[]);
    let pid = served.pid();
    send(pid, Signal::STOP);
    let wedged = served.serve(&["stop"]).exits(4).stderr;
    // Where the lines break depends on the number of the process.
    let words: Vec<&str> = wedged.split_whitespace().filter(|word| *word != "│").collect();
    for said in [
        &format!("× `dbx serve start`, process {pid}, since 2026-11-20T12:00:00.000000Z accepts"),
        "`dbx serve stop --force` ends it",
        "what was acknowledged is on disk",
    ] {
        assert!(words.join(" ").contains(said), "{wedged}");
    }
    calm("cli__serve__killed", &served.serve(&["stop", "--force"]).ok());
    served.sandbox.dbx(&["verify"]).ok();
    served.start(&[]);
    assert_ne!(served.pid(), pid);
}

#[test]
fn one_that_does_not_listen_any_more_is_still_stopped() {
    let served = Served::new(&[]);
    let pid = served.pid();
    for name in ["dbx.sock", "daemon.json"] {
        std::fs::remove_file(served.sandbox.path(".dbx").join(name)).unwrap();
    }
    served.serve(&["status"]).exits(1);
    let stopped = served.serve(&["stop", "--json"]).ok().json();
    assert_eq!(stopped, serde_json::json!({"stopped": true, "pid": pid, "killed": false}));
    served.sandbox.dbx(&["verify"]).ok();
}

#[test]
fn both_signals_end_it_in_order_and_whoever_waits_gets_an_answer() {
    for signal in [Signal::TERM, Signal::INT] {
        let served = Served::of(shop());
        let mut daemon = served.foreground();
        // Waits for an event that does not come.
        let waiting = served.socket("GET /v1/position?beyond=1000&wait_ms=60000");
        until("the wait has begun", || served.in_flight() > 1);
        served.signal(signal);
        assert_eq!(daemon.wait(), 0);
        let answer = read(waiting);
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with(r#"{"position":"4"}"#), "{answer}");
        for gone in ["dbx.sock", "daemon.json"] {
            assert!(!served.sandbox.path(".dbx").join(gone).exists(), "{gone}");
        }
        assert!(served.logs("stopping") && served.logs("stopped"));
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let served = Served::of(shop());
    let mut daemon = served.foreground();
    // A request whose body never comes keeps it for as long as it may.
    let pid = served.pid();
    let half = served.socket("POST /v1/commits\ncontent-type: application/json\ncontent-length: 9");
    until("it has the request", || served.in_flight() > 1);
    send(pid, Signal::TERM);
    until("it stops", || served.logs("stopping"));
    send(pid, Signal::TERM);
    assert_eq!(daemon.wait(), 130);
    drop(half);
    // What it left behind stands in nobody's way.
    served.serve(&["status"]).exits(1);
    served.start(&[]);
}

#[test]
fn killed_under_a_writer_it_loses_nothing_that_was_acknowledged() {
    let served = Served::new(&[]);
    let acknowledged = std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let served = &served;
        scope.spawn(move || {
            for number in 0..60 {
                let id = format!("n{number}");
                let output =
                    served.sandbox.dbx(&["aggregate", "create", "note", &id, "-e", "written"]);
                // Cut off in the middle, or between two owners: what was not acknowledged may be there or not.
                if output.code == 0 {
                    sender.send(id).unwrap();
                } else {
                    output.exits(4);
                }
            }
        });
        let mut acknowledged: Vec<String> = receiver.iter().take(10).collect();
        served.signal(Signal::KILL);
        acknowledged.extend(receiver);
        acknowledged
    });
    assert!(acknowledged.len() > 50, "{acknowledged:?}");
    served.start(&[]);
    let mut seen = BTreeMap::<String, u32>::new();
    for event in served.sandbox.dbx(&["events", "note", "--json"]).ok().ndjson() {
        *seen.entry(event["aggregate_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for id in acknowledged {
        assert_eq!(seen.get(&id), Some(&1), "{id}");
    }
    served.sandbox.dbx(&["verify"]).ok();
}

#[test]
fn a_workspace_is_made_where_there_is_none_and_that_is_asked_for() {
    let served = Served::of(Sandbox::new());
    served.serve(&["start"]).exits(2);
    served.serve_env(&[("DBX_AUTO_INIT", "0")], &["start"]).exits(2);
    calm(
        "cli__serve__auto_init",
        &served.serve_env(&[("DBX_AUTO_INIT", "maybe")], &["start"]).exits(2),
    );
    assert!(!served.sandbox.path(".dbx").exists());
    served.serve_env(&[("EVENTDBX_AUTO_INIT", "true")], &["start"]).ok();
    assert_eq!(served.status().unwrap()["position"], "0");
    assert!(!served.sandbox.path("schema.dbx").exists());
    let token = served.sandbox.read(".dbx/cli.token");
    // The next start finds it as it is.
    served.serve_env(&[("DBX_AUTO_INIT", "1")], &["restart"]).ok();
    assert_eq!(served.sandbox.read(".dbx/cli.token"), token);
}

#[test]
fn a_damaged_store_is_served_for_reading_and_is_not_ready() {
    let sandbox = shop();
    assert!(damage(sandbox.path(".dbx/store"), "order_placed") > 0);
    let served = Served::of(sandbox);
    let started = served.start(&[]);
    assert!(started.stderr.contains("the store is open for reading only"), "{started:?}");
    let status = served.serve(&["status"]).ok();
    assert!(status.stdout.contains("read-only"), "{status:?}");
    let ready = served.tcp("GET /readyz");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("retry-after: 1"), "{ready}");
    assert!(ready.contains(r#""status":"read_only""#), "{ready}");
    // Why is for those who may know where the files are.
    assert!(!ready.contains("journal") && !ready.contains(".dbx"), "{ready}");
    assert!(served.tcp("GET /health").starts_with("HTTP/1.1 503"));
    assert!(served.tcp("GET /livez").starts_with("HTTP/1.1 200"));
    assert!(served.tcp("GET /metrics").contains("\ndbx_store_read_only 1\n"));
}

#[test]
fn destroying_names_what_goes_and_keeps_what_cannot_be_made_again() {
    let served = Served::new(&[]);
    let schema = served.sandbox.read("schema.dbx");
    let keys = served.sandbox.read(".dbx/keys/token_ed25519.pem");
    calm("cli__serve__destroy_unasked", &served.serve(&["destroy"]).exits(2));
    assert_eq!(served.status().unwrap()["position"], "4", "it goes on");
    calm("cli__serve__destroy", &served.serve(&["destroy", "--yes"]).ok());
    assert_eq!(served.sandbox.read("schema.dbx"), schema);
    assert_eq!(served.sandbox.read(".dbx/keys/token_ed25519.pem"), keys);
    served.sandbox.dbx(&["log"]).exits(2);
    calm("cli__serve__destroy_nothing", &served.serve(&["destroy", "--yes", "--json"]).ok());
    served.sandbox.dbx(&["init"]).ok();
    assert_eq!(served.sandbox.dbx(&["status", "--json"]).ok().json()["position"], "0");
}

#[test]
fn a_store_elsewhere_is_destroyed_there() {
    let served = Served::of(Sandbox::new());
    let data = served.sandbox.path("far/data");
    std::fs::create_dir_all(data.parent().unwrap()).unwrap();
    let elsewhere = [("DBX_DATA_DIR", data.to_str().unwrap())];
    served.sandbox.dbx_env(&elsewhere, &["init", "--template", "none"]).ok();
    std::fs::write(served.sandbox.path("far/mine"), "mine").unwrap();
    assert!(data.is_dir());
    // A link is followed: what is stored goes, not only the way to it.
    let link = served.sandbox.path("link");
    std::os::unix::fs::symlink(&data, &link).unwrap();
    let linked = [("DBX_DATA_DIR", link.to_str().unwrap())];
    served.serve_env(&linked, &["destroy", "--yes"]).ok();
    assert!(!data.exists() && link.symlink_metadata().is_err());
    assert_eq!(served.sandbox.read("far/mine"), "mine");
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    let sandbox = Sandbox::new();
    let served = Served::of(sandbox);
    served.sandbox.dbx(&["init", "--template", "none"]).ok();
    let flags = ["unit", "--restrict", "strict", "--log", "info,dbx::request=warn"];
    let unit = served.serve(&flags).ok();
    let program = env!("CARGO_BIN_EXE_dbx");
    let shown = unit.stdout.replace(program, "/usr/local/bin/dbx");
    calm("cli__serve__unit", &Output { stdout: shown, ..unit.clone() });
    let json = served.serve(&["unit", "--json"]).ok().json();
    assert_eq!(json["name"], "dbx-repo.service");
    // Where systemd is, it says so itself.
    let path = served.sandbox.write("dbx-repo.service", &unit.stdout);
    let mut verify = std::process::Command::new("systemd-analyze");
    let verify = verify.args(["verify", "--user", "--man=no"]).arg(&path);
    let verify = verify.env("XDG_RUNTIME_DIR", served.sandbox.root()).output();
    if let Ok(verify) = verify {
        let said = String::from_utf8_lossy(&verify.stderr);
        assert!(verify.status.success() && !said.contains("dbx-repo.service"), "{said}");
    }
}

#[test]
fn nothing_is_taken_from_the_one_who_starts_it() {
    let served = Served::of(shop());
    let mut command = served.sandbox.command(&["serve", "start", "--port", "0", "--json"]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"for somebody else").unwrap();
    // The pipes end with the command: the daemon holds none of them open.
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let daemon: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(daemon["pid"], served.pid());
    assert_eq!(served.sandbox.read(".dbx/log/start.log"), "");
}

#[test]
fn what_needs_the_store_alone_says_how_to_stop_it() {
    let served = Served::new(&["--no-tcp"]);
    served.sandbox.dbx(&["backup", "--output", "all.dbxb"]).ok();
    let position = served.sandbox.dbx(&["status", "--json"]).ok().json()["position"].clone();
    for command in [&["restore", "--input", "all.dbxb"][..], &["doctor"], &["doctor", "--repair"]] {
        let output = served.sandbox.dbx(command).exits(4);
        let said = format!("{}{}", output.stdout, output.stderr);
        let holder = format!("`dbx serve start`, process {}", served.pid());
        assert!(said.contains(&holder) && said.contains("stop"), "{said}");
    }
    let restore = served.sandbox.dbx(&["restore", "--input", "all.dbxb"]).exits(4);
    assert!(restore.stderr.contains("`dbx serve stop`"), "{restore:?}");
    // It goes on, with all that it had.
    assert_eq!(served.sandbox.dbx(&["status", "--json"]).ok().json()["position"], position);
    served.serve(&["stop"]).ok();
    served.sandbox.dbx(&["doctor"]).ok();
}

#[test]
fn one_whose_workspace_is_removed_ends_and_leaves_the_next_alone() {
    let served = Served::new(&[]);
    let first = rustix::process::Pid::from_raw(served.pid()).unwrap();
    std::fs::remove_dir_all(served.sandbox.path(".dbx")).unwrap();
    served.sandbox.dbx(&["init"]).ok();
    served.start(&["--no-tcp"]);
    let second = served.pid();
    let apply = ["aggregate", "create", "customer", "c-9", "--event", "customer_registered"];
    let fields = ["--field", "name=Ada", "--field", "email=ada@example.org"];
    let create = [&apply[..], &fields, &["--restrict", "off"]].concat();
    served.sandbox.dbx(&create).ok();
    // Whoever still talks to it over TCP would be told that what it writes is safe.
    until("it has ended", || rustix::process::test_kill_process(first).is_err());
    assert_eq!(served.pid(), second);
    served.serve(&["stop"]).ok();
    served.sandbox.dbx(&["verify"]).ok();
}

/// A limit on the size of files, with its signal ignored, is to a process what a full disk is.
fn with_little_room(served: &Served, blocks: u32, args: &[&str]) -> Output {
    let script = format!("trap '' XFSZ && ulimit -f {blocks} && exec \"$@\"");
    let dbx = served.sandbox.plain(args);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script, "sh"]).arg(dbx.get_program()).args(dbx.get_args());
    shell.env_clear().envs(dbx.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(served.sandbox.root());
    served.sandbox.run(&mut shell, &[])
}

#[test]
fn a_disk_without_room_is_what_keeps_it_from_starting() {
    let served = Served::of(shop());
    let start = ["--json", "serve", "start", "--port", "0"];
    let output = with_little_room(&served, 0, &start).exits(4);
    for said in ["dbx::serve::io", "daemon.json", "File too large"] {
        assert!(output.stderr.contains(said), "{output:?}");
    }
    assert_eq!(served.status(), None);
}

#[test]
fn one_that_had_no_room_says_so_after_its_end_and_is_started_as_it_was() {
    let served = Served::of(shop());
    let start = ["serve", "start", "--restrict", "off", "--no-tcp"];
    with_little_room(&served, 1500, &start).ok();
    let pid = served.pid();
    // Noise, as what compresses takes no room.
    let mut seed = 1_u64;
    let mut noise = || {
        let next = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from(seed >> 60).unwrap())
        };
        (0..100 << 10).map(next).collect::<String>()
    };
    // What is refused for want of room ends nobody; a write whose outcome is not known does.
    let mut failed = Vec::new();
    for number in 0..64 {
        let (id, payload) = (format!("n-{number}"), format!("x={}", noise()));
        let create = ["aggregate", "create", "noise", &id, "--event", "made", "--field", &payload];
        let output = served.sandbox.dbx(&create);
        if output.code != 0 {
            assert_eq!(output.code, 4, "{}", output.stderr);
            failed.push(output.stderr);
        }
        if failed.last().is_some_and(|said| said.contains("outcome_unknown")) {
            break;
        }
    }
    until(&format!("it has ended after {failed:?}"), || served.status().is_none());
    let said = served.serve(&["status"]).exits(1);
    assert!(said.stderr.contains(&format!("process {pid}, ended by itself: ")), "{said:?}");
    let json = served.serve(&["status", "--json"]).exits(1).json();
    assert_eq!(json["lost"], pid);
    assert!(json["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{json}");
    served.serve(&["restart"]).ok();
    let flags = serde_json::json!(["--restrict", "off", "--no-tcp"]);
    assert_eq!(served.status().unwrap()["flags"], flags);
    served.serve(&["stop"]).ok();
    calm("cli__serve__none", &served.serve(&["status"]).exits(1));
}
