//! The pager, as git runs it.

use crate::workspace::Env;
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
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command).stdin(Stdio::piped());
    if env.get_os("LESS").is_none() {
        shell.env("LESS", "FRX");
    }
    shell.spawn().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
