//! A temporary directory and an environment in which nothing of this machine shows.
#![allow(dead_code, reason = "which of these a test needs changes with the tests")]

use super::owner::{self, Owner};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// The time that every `dbx` in a sandbox believes it is.
pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

/// A temporary directory to run `dbx` in. It goes with the value.
pub(crate) struct Sandbox {
    /// Dropped before the directory that it works in.
    owner: Mutex<Option<Owner>>,
    /// Whether commands may go through a daemon that the test did not start.
    shares: AtomicBool,
    dir: TempDir,
    repo: PathBuf,
}

/// What a run of `dbx` said. Paths are as they were; [`super::snap`] takes them out.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) args: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The exit code; -1 where a signal ended the process.
    pub(crate) code: i32,
    pub(crate) top: PathBuf,
}

impl Sandbox {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        std::fs::create_dir(top.join("home")).unwrap();
        let repo = top.join("repo");
        std::fs::create_dir(&repo).unwrap();
        Self { owner: Mutex::new(None), shares: AtomicBool::new(true), dir, repo }
    }

    /// A workspace without a schema file.
    pub(crate) fn workspace() -> Self {
        let sandbox = Self::new();
        sandbox.dbx(&["init", "--template", "none"]).ok();
        sandbox
    }

    /// A workspace with `schema` in force.
    pub(crate) fn with_schema(schema: &str) -> Self {
        let sandbox = Self::workspace();
        sandbox.write("schema.dbx", schema);
        sandbox.dbx(&["schema", "apply", "--yes"]).ok();
        sandbox
    }

    /// The directory that commands run in.
    pub(crate) fn root(&self) -> &Path {
        &self.repo
    }

    /// A path in it. Whoever looks into `.dbx/` has it alone.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        if name.as_ref().starts_with(".dbx") || name.as_ref().starts_with("..") {
            self.alone();
        }
        self.repo.join(name)
    }

    /// Stops the daemon that the tests go through, where they do.
    pub(crate) fn alone(&self) {
        drop(self.owner.lock().unwrap().take());
    }

    /// From now on only this test says who has the store.
    pub(crate) fn unshared(self) -> Self {
        self.alone();
        self.shares.store(false, Ordering::Relaxed);
        self
    }

    /// Has a daemon running that a command with these arguments and variables goes through, or none where the command
    /// needs the store alone.
    fn share(&self, args: &[impl AsRef<OsStr>], variables: &[(&str, &str)]) {
        if !owner::wanted() || !self.shares.load(Ordering::Relaxed) {
            return;
        }
        let args: Vec<String> =
            args.iter().map(|arg| arg.as_ref().to_string_lossy().into_owned()).collect();
        let variables: Vec<(String, String)> = variables
            .iter()
            .filter(|(name, _)| *name == "DBX_CLOCK" || *name == "DBX_DATA_ENCRYPTION_KEY")
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut running = self.owner.lock().unwrap();
        let shares = owner::shares(&args) && owner::is_made(&self.repo);
        if !shares || running.as_ref().is_some_and(|owner| owner.variables != variables) {
            *running = None;
        }
        if shares && running.is_none() {
            let daemon = self.plain(&["serve", "start", "--foreground"]);
            *running = Owner::start(daemon, variables);
        }
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Reads a file of text.
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The `dbx` command with the sandbox's environment, ready for more.
    pub(crate) fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        self.command_with(&[], args)
    }

    /// The `dbx` command, whatever runs beside it.
    pub(crate) fn plain(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbx"));
        command.args(args);
        self.isolate(&mut command);
        command
    }

    fn command_with(&self, more: &[(&str, &str)], args: &[impl AsRef<OsStr>]) -> Command {
        self.share(args, more);
        let mut command = self.plain(args);
        command.envs(more.iter().copied());
        command
    }

    /// Runs `dbx` without anything on its standard input.
    pub(crate) fn dbx(&self, args: &[impl AsRef<OsStr>]) -> Output {
        self.run(self.command(args).stdin(Stdio::null()), &[])
    }

    /// Runs `dbx` with `input` on its standard input.
    pub(crate) fn dbx_stdin(&self, args: &[impl AsRef<OsStr>], input: impl AsRef<[u8]>) -> Output {
        self.run(self.command(args).stdin(Stdio::piped()), input.as_ref())
    }

    /// Runs `dbx` in the folder `name` of the sandbox, which is made where it is missing.
    pub(crate) fn dbx_in(&self, name: impl AsRef<Path>, args: &[impl AsRef<OsStr>]) -> Output {
        let folder = self.path(name);
        std::fs::create_dir_all(&folder).unwrap();
        self.run(self.command(args).stdin(Stdio::null()).current_dir(folder), &[])
    }

    /// Runs `dbx` with more variables in its environment.
    pub(crate) fn dbx_env(&self, more: &[(&str, &str)], args: &[impl AsRef<OsStr>]) -> Output {
        self.run(self.command_with(more, args).stdin(Stdio::null()), &[])
    }

    /// Runs a command made by [`Self::command`], with `input` where its standard input is piped.
    pub(crate) fn run(&self, command: &mut Command, input: &[u8]) -> Output {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = std::thread::scope(|scope| {
            if let Some(mut stdin) = child.stdin.take() {
                // A command that needs no more input closes the pipe: that is its right.
                scope.spawn(move || stdin.write_all(input));
            }
            child.wait_with_output().unwrap()
        });
        Output {
            args: command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            code: output.status.code().unwrap_or(-1),
            top: self.repo.parent().unwrap().to_owned(),
        }
    }

    fn isolate(&self, command: &mut Command) {
        let top = self.repo.parent().unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "programs are found where this machine has them"
        )]
        let path: OsString = std::env::var_os("PATH").unwrap_or_default();
        command
            .current_dir(&self.repo)
            .env_clear()
            .env("PATH", path)
            .env("HOME", top.join("home"))
            .env("TMPDIR", top)
            .env("USER", "ada")
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1")
            .env("DBX_CLOCK", NOW)
            // A workspace around the temporary directory is none of ours.
            .env("DBX_CEILING_DIRECTORIES", top);
    }
}

impl Output {
    /// Asserts that the command succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self { args, stdout, stderr, .. } = &self;
        assert_eq!(self.code, code, "dbx {args:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard output as one JSON document per line.
    #[track_caller]
    pub(crate) fn ndjson(&self) -> Vec<serde_json::Value> {
        let line =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(line).collect()
    }
}

#[cfg(unix)]
#[test]
fn nothing_of_this_machine_shows() {
    let sandbox = Sandbox::new();
    let mut command = Command::new("env");
    sandbox.isolate(&mut command);
    let output = sandbox.run(&mut command, &[]);
    let mut names: Vec<&str> =
        output.stdout.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    let expected = [
        "COLUMNS",
        "DBX_CEILING_DIRECTORIES",
        "DBX_CLOCK",
        "HOME",
        "LANG",
        "NO_COLOR",
        "PATH",
        "TMPDIR",
        "TZ",
        "USER",
    ];
    assert_eq!(names, expected);
}

#[cfg(unix)]
#[test]
fn input_reaches_the_command_and_may_be_left_unread() {
    let sandbox = Sandbox::new();
    let input = vec![b'x'; 1 << 20];
    for (program, length) in [("cat", 1 << 20), ("true", 0)] {
        let mut command = Command::new(program);
        sandbox.isolate(command.stdin(Stdio::piped()));
        assert_eq!(sandbox.run(&mut command, &input).stdout.len(), length, "{program}");
    }
}
