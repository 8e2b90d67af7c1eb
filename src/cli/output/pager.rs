//! The pager, as git runs it.

use crate::workspace::Env;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What pages when nothing else is asked for: quits where all fits on one screen, keeps colours and the screen.
const DEFAULT: &str = "less -FRX";

/// The command line of the pager; `None` when it is turned off.
pub(super) fn command(env: &Env) -> Option<String> {
    // An empty variable turns paging off, so that it is not the same as one that is not set.
    let set = ["DBX_PAGER", "PAGER"].into_iter().find_map(|name| env.get_os(name));
    let command = set.map_or_else(|| DEFAULT.to_owned(), |set| set.to_string_lossy().into_owned());
    let command = command.trim();
    (!command.is_empty() && command != "cat").then(|| command.to_owned())
}

/// Starts the pager; `None` when that fails, for then the output goes to the terminal itself.
pub(super) fn start(command: &str, env: &Env) -> Option<Child> {
    if !cfg!(windows) && !is_there(command, env) {
        return None;
    }
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command).stdin(Stdio::piped());
    if env.get_os("LESS").is_none() {
        shell.env("LESS", "FRX");
    }
    shell.spawn().ok()
}

/// Whether the program that `command` names exists. The shell starts in any case and would only then say that there is
/// none, with the output gone; a machine without `less` is no rare one.
fn is_there(command: &str, env: &Env) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    if program.contains(|c: char| !(c.is_alphanumeric() || "/._+-".contains(c))) {
        return true; // a quote, a variable, an assignment: the shell's to understand
    }
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    let folders = env.get_os("PATH").unwrap_or_default();
    std::env::split_paths(folders).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_that_is_not_there_is_not_started() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("most"), "").unwrap();
        let path = std::env::join_paths([Path::new("/nowhere"), folder.path()]).unwrap();
        let env = Env::fixed("/", [("PATH", path)]);
        let full = folder.path().join("most").display().to_string();
        for (command, expected) in [
            ("most", true),
            ("most -s", true),
            (full.as_str(), true),
            ("less -FRX", false),
            ("/nowhere/most", false),
            ("$PAGER_OF_MINE -x", true),
            ("LESS=R less", true),
        ] {
            assert_eq!(is_there(command, &env), expected, "{command}");
        }
        if cfg!(unix) {
            assert!(start("less -FRX", &env).is_none());
        }
    }

    #[test]
    fn the_variables_in_their_order() {
        let with = |variables: &[(&str, &str)]| {
            command(&Env::fixed("/", variables.iter().map(|(k, v)| (*k, *v))))
        };
        assert_eq!(with(&[]).as_deref(), Some("less -FRX"));
        assert_eq!(with(&[("PAGER", "most")]).as_deref(), Some("most"));
        assert_eq!(with(&[("PAGER", "most"), ("DBX_PAGER", "bat -p")]).as_deref(), Some("bat -p"));
        assert_eq!(with(&[("PAGER", "most"), ("DBX_PAGER", "")]), None);
        assert_eq!(with(&[("PAGER", "cat")]), None);
    }
}
