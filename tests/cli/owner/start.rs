//! What a daemon lets others have: a socket, an address, what it writes down.

use super::{dbx, dot, serve, start};
use crate::common::{Daemon, Output, PATIENCE, Sandbox, copy};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

#[test]
fn a_path_too_long_for_a_socket_is_no_hindrance() {
    let sandbox = Sandbox::new();
    let deep = format!("{}/{}", "a".repeat(60), "b".repeat(60));
    sandbox.dbx_in(&deep, &["init", "--template", "none"]).ok();
    let folder = sandbox.root().join(&deep);
    let runtime = sandbox.root().join("run");
    std::fs::create_dir(&runtime).unwrap();
    let mut command = serve(&sandbox);
    command.current_dir(&folder).env("XDG_RUNTIME_DIR", &runtime);
    let daemon = Daemon::start(&mut command);
    let text = std::fs::read_to_string(folder.join(".dbx/daemon.json")).unwrap();
    let written: Value = serde_json::from_str(&text).unwrap();
    let socket = PathBuf::from(written["socket"].as_str().unwrap());
    assert!(socket.starts_with(runtime.join("dbx")), "{socket:?}");
    // Whoever looks for it has no need of the same environment.
    sandbox
        .dbx_in(&deep, &["--color", "never", "aggregate", "create", "team", "red", "-e", "founded"])
        .ok();
    daemon.stop();
    assert!(!socket.exists());
    // A folder that somebody else could have made is not used.
    std::fs::set_permissions(runtime.join("dbx"), std::fs::Permissions::from_mode(0o777)).unwrap();
    let (code, said) = Daemon::serving(Daemon::begin(&mut command)).err().unwrap();
    assert!(code == 2 && said.contains("dbx::serve::folder"), "{code}: {said}");
}

#[test]
fn nothing_is_open_to_other_machines_unasked() {
    let sandbox = Sandbox::workspace();
    let expose = |more: &[&str]| {
        let mut command = serve(&sandbox);
        Daemon::serving(Daemon::begin(command.args(more).env("DBX_BIND_ADDR", "0.0.0.0")))
    };
    let (code, said) = expose(&[]).err().unwrap();
    assert!(code == 2 && said.contains("dbx::serve::exposed"), "{said}");
    assert!(said.contains("--tls-cert") && said.contains("--insecure"), "{said}");
    let (code, said) = expose(&["--tls-cert", "c.pem"]).err().unwrap();
    assert!(code == 2 && said.contains("--tls-key"), "{said}");
    let (code, said) = expose(&["--tls-cert", "c.pem", "--tls-key", "k.pem"]).err().unwrap();
    assert!(code == 2 && said.contains("dbx::tls::io"), "{said}");
    expose(&["--insecure"]).unwrap().stop();
}

#[test]
fn no_token_is_written_down() {
    let sandbox = Sandbox::workspace();
    let args =
        ["token", "generate", "--group", "g", "--user", "u", "--action", "*.*", "--resource", "*"];
    let token = dbx(&sandbox, &args).ok().stdout.trim().to_owned();
    let broken = format!("{}AAAA", &token[..token.len() - 4]);
    let daemon = start(&sandbox);
    let text = std::fs::read_to_string(dot(&sandbox, "daemon.json")).unwrap();
    let written: Value = serde_json::from_str(&text).unwrap();
    let mut answers = String::new();
    for header in [
        format!("Bearer {token}"),
        format!("Bearer {broken}"),
        format!("Basic {token}"),
        token.clone(),
    ] {
        for path in ["/v1/status", "/metrics", "/nowhere", "/v1/aggregates?where=%3A"] {
            let mut stream =
                std::net::TcpStream::connect(written["address"].as_str().unwrap()).unwrap();
            let head = format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: {header}\r\n\r\n"
            );
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.read_to_string(&mut answers).unwrap();
        }
    }
    for token in [&token, &broken] {
        let output = dbx(&sandbox, &["--token", token, "status"]);
        answers += &(output.stdout + &output.stderr);
    }
    let mut said = daemon.stop() + &answers;
    for entry in std::fs::read_dir(dot(&sandbox, "log")).into_iter().flatten() {
        said += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    assert!(said.contains("dbx::token::"), "nothing was refused");
    // The first part of every token is the same; the last is the signature.
    for token in [token, broken] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!said.contains(&signature[..32]), "{said}");
    }
}

#[test]
fn what_is_written_in_a_copy_of_a_workspace_stays_there() {
    let sandbox = Sandbox::workspace();
    dbx(&sandbox, &["aggregate", "create", "team", "red", "-e", "founded"]).ok();
    copy(&dot(&sandbox, ""), &sandbox.root().join("copy/.dbx"));
    let daemon = start(&sandbox);
    // The file says where the socket of the original is.
    std::fs::copy(dot(&sandbox, "daemon.json"), sandbox.root().join("copy/.dbx/daemon.json"))
        .unwrap();
    let in_copy = |args: &[&str]| {
        let args: Vec<&str> = ["--color", "never"].iter().chain(args).copied().collect();
        sandbox.dbx_in("copy", &args)
    };
    in_copy(&["aggregate", "create", "team", "blue", "-e", "founded"]).ok();
    let log = |output: Output| output.ok().json()["position"].clone();
    assert_eq!(log(in_copy(&["status", "--json"])), "2");
    assert_eq!(log(dbx(&sandbox, &["status", "--json"])), "1");
    in_copy(&["serve", "status"]).exits(1);
    in_copy(&["serve", "stop"]).ok();
    dbx(&sandbox, &["serve", "status"]).ok();
    daemon.stop();
}
