//! A daemon in a process of its own, which can be killed and started again where it was.

use crate::common::{self, Sandbox};

/// A daemon of a workspace. It keeps its address when it is started again.
pub(super) struct Daemon {
    pub(super) sandbox: Sandbox,
    running: Option<common::Daemon>,
    address: String,
}

impl Daemon {
    pub(super) fn with_schema(schema: &str) -> Self {
        let mut daemon =
            Self { sandbox: Sandbox::with_schema(schema), running: None, address: String::new() };
        daemon.sandbox.alone();
        daemon.start();
        daemon
    }

    /// Starts it, and returns when it serves.
    pub(super) fn start(&mut self) {
        let port = self.address.rsplit_once(':').map_or("0", |(_, port)| port).to_owned();
        let mut command = self.sandbox.plain(&["serve", "start", "--foreground"]);
        command.env("DBX_PORT", port).env_remove("DBX_CLOCK");
        self.running = Some(common::Daemon::start(&mut command));
        let file = std::fs::read(self.sandbox.root().join(".dbx/daemon.json")).unwrap();
        let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
        file["address"].as_str().unwrap().clone_into(&mut self.address);
    }

    /// Ends it by SIGKILL: no handler, no destructor, no flush.
    pub(super) fn kill(&mut self) {
        self.running.take().unwrap().kill();
    }

    /// Ends it as Ctrl-C does.
    pub(super) fn interrupt(&mut self) {
        self.running.take().unwrap().stop();
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
