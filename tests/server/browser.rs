//! A browser without a window, driven over two pipes (the `DevTools` protocol: documents of JSON with a zero byte between).

use crate::common::PATIENCE;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;

/// Names the browser that the tests use; where it is set, there has to be one.
const VARIABLE: &str = "DBX_TEST_BROWSER";

/// Browsers that speak the protocol.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The browser to use; `None` where this machine has none and nobody asks for one.
#[expect(clippy::disallowed_methods, reason = "browsers are found where this machine has them")]
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| BROWSERS.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A page in a browser, which ends with the value.
pub(super) struct Browser {
    child: Child,
    to: File,
    from: Receiver<Value>,
    last_id: u64,
    session: Option<String>,
    /// What the page did of its own accord: the protocol's events.
    pub(super) events: Vec<Value>,
    _folder: TempDir,
}

impl Browser {
    /// An empty page; `None` where there is no browser.
    pub(super) fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let pipes = ["in", "out"].map(|name| folder.path().join(name));
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        // Opened for both directions, a pipe does not wait for its other end.
        let [to, from] = pipes.each_ref().map(|pipe| both(pipe));
        let child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<"$DBX_IN" 4>"$DBX_OUT""#])
            .arg(&program)
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--no-default-browser-check"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg("about:blank")
            .env("DBX_IN", &pipes[0])
            .env("DBX_OUT", &pipes[1])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (told, heard) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(from);
            let mut bytes = Vec::new();
            while reader.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                bytes.pop();
                let message = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                if told.send(message).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
        let mut browser = Self {
            child,
            to,
            from: heard,
            last_id: 0,
            session: None,
            events: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", &attach);
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Calls a method of the protocol and waits for its result.
    #[track_caller]
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let heard = self.from.recv_timeout(PATIENCE);
            let heard = heard.unwrap_or_else(|error| panic!("{method}: the browser: {error}"));
            if heard["id"] != self.last_id {
                self.events.push(heard);
                continue;
            }
            assert!(heard["error"].is_null(), "{method} {params}: {heard}");
            return heard["result"].clone();
        }
    }

    /// The value of an expression in the page; of a promise, what it comes to.
    #[track_caller]
    pub(super) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let done = self.call("Runtime.evaluate", &params);
        assert!(done["exceptionDetails"].is_null(), "{expression}: {done}");
        done["result"]["value"].clone()
    }

    /// Waits until an expression holds in the page, looking at each of its frames.
    #[track_caller]
    pub(super) fn until(&mut self, expression: &str) {
        let wait = format!(
            "new Promise((done) => {{ const end = performance.now() + 50000; const look = () => {{ \
             if ({expression}) done(true); else if (performance.now() > end) done(false); \
             else setTimeout(look, 10); }}; look(); }})"
        );
        assert_eq!(self.eval(&wait), Value::Bool(true), "never: {expression}");
    }

    /// Types a text where the focus is.
    #[track_caller]
    pub(super) fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text}));
    }

    /// Presses and lets go of a key.
    #[track_caller]
    pub(super) fn press(&mut self, key: &str) {
        let (code, number, text) = match key {
            "Enter" => ("Enter", 13, "\r"),
            "Tab" => ("Tab", 9, ""),
            "Escape" => ("Escape", 27, ""),
            "/" => ("Slash", 191, "/"),
            other => panic!("the key {other} is not known here"),
        };
        let mut down = json!({
            "type": "keyDown", "key": key, "code": code, "windowsVirtualKeyCode": number,
        });
        if !text.is_empty() {
            down["text"] = text.into();
        }
        self.call("Input.dispatchKeyEvent", &down);
        down["type"] = "keyUp".into();
        self.call("Input.dispatchKeyEvent", &down);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn both(pipe: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(pipe).unwrap()
}
