//! A daemon in a process of its own, which can be killed and started again where it was.

use crate::common::Sandbox;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

/// A daemon of a workspace. It keeps its address when it is started again.
pub(super) struct Daemon {
    pub(super) sandbox: Sandbox,
    child: Option<Child>,
    address: String,
}

impl Daemon {
    pub(super) fn with_schema(schema: &str) -> Self {
        let mut daemon =
            Self { sandbox: Sandbox::with_schema(schema), child: None, address: String::new() };
        daemon.sandbox.alone();
        daemon.start();
        daemon
    }

    /// Starts it, and returns when it serves.
    pub(super) fn start(&mut self) {
        let port = self.address.rsplit_once(':').map_or("0", |(_, port)| port).to_owned();
        let mut command = self.sandbox.plain(&["serve", "start", "--foreground"]);
        command.env("DBX_PORT", port).env_remove("DBX_CLOCK");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut all = String::new();
        while !all.lines().any(|line| line.contains("serving on")) {
            let length = said.read_line(&mut all).unwrap();
            assert!(length > 0, "it does not come up:\n{all}");
        }
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        self.child = Some(child);
        let file = std::fs::read(self.sandbox.root().join(".dbx/daemon.json")).unwrap();
        let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
        file["address"].as_str().unwrap().clone_into(&mut self.address);
    }

    /// Ends it by SIGKILL: no handler, no destructor, no flush.
    pub(super) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Ends it as Ctrl-C does.
    pub(super) fn interrupt(&mut self) {
        let mut child = self.child.take().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        assert!(child.wait().unwrap().success(), "a graceful end is a good one");
    }

    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn socket(&self) -> std::path::PathBuf {
        self.sandbox.root().join(".dbx/dbx.sock")
    }

    /// A token that may do everything.
    pub(super) fn token(&self) -> String {
        let made = self
            .sandbox
            .plain(&["token", "bootstrap", "--stdout"])
            .env_remove("DBX_CLOCK")
            .output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
