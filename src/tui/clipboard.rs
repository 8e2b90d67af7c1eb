//! Copying: with a tool of the desktop, or through the terminal, which also works from afar.

use super::msg::Msg;
use super::words::quantity;
use crate::workspace::Env;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::Sender;

/// What terminals take through OSC 52, in bytes: many cut off or drop what is longer.
const TERMINAL_BYTES_MAX: usize = 74_994;

/// How a text is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Clipboard {
    /// With a tool where one is likely to fill the right clipboard, else through the terminal.
    #[default]
    Auto,
    /// Through the terminal, by the sequence OSC 52.
    Osc52,
    /// With a tool, wherever it runs.
    Tools,
}

impl Clipboard {
    /// The way of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "osc52" => Some(Self::Osc52),
            "tools" => Some(Self::Tools),
            _ => None,
        }
    }
}

/// A program that takes a text from its standard input.
type Tool = (&'static str, &'static [&'static str]);

/// The tools to try, the best first. Over SSH they would fill the clipboard of the wrong machine, and say that it worked.
fn tools(how: Clipboard, env: &Env) -> Vec<Tool> {
    let set = |name: &str| env.get(name).is_some();
    let mut tools: Vec<Tool> = Vec::new();
    if how == Clipboard::Osc52 {
        return tools;
    }
    if how == Clipboard::Auto && (set("SSH_TTY") || set("SSH_CONNECTION")) {
        if set("TMUX") {
            tools.push(("tmux", &["load-buffer", "-w", "-"]));
        }
        return tools;
    }
    if set("WAYLAND_DISPLAY") {
        tools.push(("wl-copy", &[]));
    }
    if set("DISPLAY") {
        tools.push(("xclip", &["-selection", "clipboard"]));
        tools.push(("xsel", &["-ib"]));
    }
    if cfg!(target_os = "macos") {
        tools.push(("pbcopy", &[]));
    }
    if cfg!(windows) {
        tools.push(("clip", &[]));
    }
    if set("TMUX") {
        tools.push(("tmux", &["load-buffer", "-w", "-"]));
    }
    tools
}

/// Copies a text, and says later how that went. Where no tool is to be tried, gives what the terminal is to be sent.
pub(super) fn copy(
    text: String,
    how: Clipboard,
    env: &Env,
    messages: &Sender<Msg>,
) -> Option<String> {
    let tools = tools(how, env);
    if tools.is_empty() && how != Clipboard::Tools {
        let (sequence, said) = through_terminal(&text);
        let _ = messages.send(Msg::Copied(said));
        return sequence;
    }
    let messages = messages.clone();
    // A tool may wait for a display that does not answer.
    std::thread::spawn(move || {
        let used = tools.iter().find(|tool| feed(**tool, &text));
        let said = match used {
            Some((name, _)) => Ok(format!("copied {} with {name}", size(&text))),
            None => Err("nothing could copy that: no clipboard tool answers".to_owned()),
        };
        let _ = messages.send(Msg::Copied(said));
    });
    None
}

fn size(text: &str) -> String {
    let lines = text.lines().count();
    if lines == 1 && text.len() <= 40 {
        return format!("`{text}`");
    }
    quantity(u64::try_from(text.len()).unwrap_or(u64::MAX), "byte", "bytes")
}

fn feed((name, args): Tool, text: &str) -> bool {
    let child = Command::new(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child.stdin.take().is_some_and(|mut to| to.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

/// What the terminal is to be sent, and what is said about it.
fn through_terminal(text: &str) -> (Option<String>, Result<String, String>) {
    if text.len() > TERMINAL_BYTES_MAX {
        let size = size(text);
        return (None, Err(format!("{size} are too much for the terminal's clipboard")));
    }
    let sequence = format!("\u{1b}]52;c;{}\u{7}", STANDARD.encode(text));
    (Some(sequence), Ok(format!("copied {} through the terminal", size(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_as(how: Clipboard, variables: &[(&str, &str)]) -> Vec<&'static str> {
        let env = Env::fixed("/", variables.iter().copied());
        tools(how, &env).into_iter().map(|(name, _)| name).collect()
    }

    fn names(variables: &[(&str, &str)]) -> Vec<&'static str> {
        names_as(Clipboard::Auto, variables)
    }

    #[test]
    fn who_says_how_is_heeded() {
        let afar = [("SSH_TTY", "/dev/pts/1"), ("DISPLAY", ":0")];
        assert_eq!(names_as(Clipboard::Tools, &afar), ["xclip", "xsel"]);
        assert!(names_as(Clipboard::Osc52, &[("DISPLAY", ":0"), ("TMUX", "x")]).is_empty());
        for name in ["auto", "osc52", "tools"] {
            assert!(Clipboard::from_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn over_ssh_no_tool_of_the_wrong_machine_is_used() {
        assert!(names(&[("SSH_TTY", "/dev/pts/1"), ("DISPLAY", ":0")]).is_empty());
        assert_eq!(names(&[("SSH_CONNECTION", "1"), ("TMUX", "x")]), ["tmux"]);
        #[cfg(target_os = "linux")]
        assert_eq!(
            names(&[("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "w")]),
            ["wl-copy", "xclip", "xsel"]
        );
    }

    #[test]
    fn the_terminal_gets_what_is_not_too_long() {
        let (sequence, said) = through_terminal("order/o-1");
        assert_eq!(sequence.as_deref(), Some("\u{1b}]52;c;b3JkZXIvby0x\u{7}"));
        assert_eq!(said.as_deref(), Ok("copied `order/o-1` through the terminal"));
        let (sequence, said) = through_terminal(&"x".repeat(TERMINAL_BYTES_MAX + 1));
        assert!(sequence.is_none() && said.is_err());
    }
}
