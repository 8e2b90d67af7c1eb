//! The command line on a real terminal: what only shows where a person sits.

mod dashboard;

use super::shop;
use crate::common::{PATIENCE, Sandbox};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const SCHEMA: &str =
    "aggregate order {\n  field total { type = \"integer\" }\n\n  event placed {}\n}\n";

/// A run of `dbx` on a terminal of its own.
struct Pty {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    chunks: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    bytes: Vec<u8>,
    /// Closing it would hang up.
    master: Box<dyn MasterPty + Send>,
}

/// What a run left behind.
#[derive(Debug)]
struct Ended {
    /// Everything that the terminal was sent.
    text: String,
    /// The lines on the screen, without empty ones at the end.
    lines: Vec<String>,
    code: u32,
}

/// A terminal of 80 columns and 24 rows.
fn run(sandbox: &Sandbox, args: &[&str]) -> Pty {
    run_with(sandbox, args, &[], 80)
}

fn run_with(sandbox: &Sandbox, args: &[&str], env: &[(&str, &str)], columns: u16) -> Pty {
    spawn(sandbox, args, env, columns, None)
}

/// Runs `dbx`, or `program` in the place that `dbx` would have.
fn spawn(
    sandbox: &Sandbox,
    args: &[&str],
    env: &[(&str, &str)],
    columns: u16,
    program: Option<&str>,
) -> Pty {
    let like = sandbox.command(args);
    let program = program.map_or(like.get_program(), OsStr::new);
    let mut command = CommandBuilder::new(program);
    command.args(like.get_args());
    command.cwd(like.get_current_dir().unwrap());
    command.env_clear();
    for (name, value) in like.get_envs() {
        // The terminal itself says how wide it is and whether it has colours.
        if name != "NO_COLOR" && name != "COLUMNS" {
            command.env(name, value.unwrap());
        }
    }
    command.env("TERM", "xterm-256color");
    // The usual pager has a language of its own with the terminal.
    command.env("PAGER", "cat");
    for (name, value) in env {
        command.env(name, value);
    }
    let size = PtySize { rows: 24, cols: columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let child = pair.slave.spawn_command(command).unwrap();
    // The end of the child is the end of the output only where nobody else holds the terminal.
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (sender, chunks) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal whose other end is gone says so with an error.
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let keys = pair.master.take_writer().unwrap();
    let screen = vt100::Parser::new(cells(24), cells(columns), 0);
    Pty { child, keys, chunks, screen, bytes: Vec::new(), master: pair.master }
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

impl Pty {
    /// Takes the next piece of output; false when there is no more.
    #[track_caller]
    fn more(&mut self, deadline: Instant) -> bool {
        match self.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => {
                self.screen.process(&chunk);
                self.bytes.extend(chunk);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("waited too long:\n{}", self.screen.screen().contents());
            }
        }
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    fn shows(mut self, text: &str) -> Self {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen.screen().contents().contains(text) {
            let contents = self.screen.screen().contents();
            assert!(self.more(deadline), "it ended without `{text}`:\n{contents}");
        }
        self
    }

    /// Waits until the screen shows `text` no more.
    #[track_caller]
    fn hides(mut self, text: &str) -> Self {
        let deadline = Instant::now() + PATIENCE;
        while self.screen.screen().contents().contains(text) {
            assert!(self.more(deadline), "it ended");
        }
        self
    }

    /// Gives the terminal another size.
    fn resize(mut self, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).unwrap();
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
        self
    }

    /// Types.
    fn types(mut self, keys: &str) -> Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Waits for the end.
    #[track_caller]
    fn ends(mut self, code: u32) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        while self.more(deadline) {}
        let status = self.child.wait().unwrap();
        let contents = self.screen.screen().contents();
        let ended = Ended {
            text: String::from_utf8(self.bytes).expect("a terminal gets UTF-8"),
            lines: contents.trim_end().lines().map(str::to_owned).collect(),
            code: status.exit_code(),
        };
        assert_eq!((ended.code, status.signal()), (code, None), "{ended:#?}");
        ended
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let sandbox = shop();
    let painted = run(&sandbox, &["log"]).ends(0);
    assert!(painted.text.contains("\x1b["), "{painted:#?}");
    let plain = run_with(&sandbox, &["log"], &[("NO_COLOR", "1")], 80).ends(0);
    assert!(!plain.text.contains('\x1b'), "{plain:#?}");
    assert_eq!(plain.lines, painted.lines, "colour changes no word");
    assert_eq!(run(&sandbox, &["log", "--color", "never"]).ends(0).text, plain.text);
    let dumb = run_with(&sandbox, &["log"], &[("TERM", "dumb")], 80).ends(0);
    assert_eq!(dumb.text, plain.text);
    // Errors are for people too.
    let failed = run(&sandbox, &["show", "order/nobody"]).ends(1);
    assert!(failed.text.contains("\x1b["), "{failed:#?}");
}

#[test]
fn a_question_waits_for_its_answer() {
    let sandbox = Sandbox::with_schema(SCHEMA);
    sandbox.write("schema.dbx", SCHEMA.replace("integer", "date"));
    let apply = ["schema", "apply", "--allow-breaking"];
    let versions = || sandbox.dbx(&["schema", "history", "--json"]).ok().json()["versions"].clone();
    for no in ["n\r", "\r", "\x04"] {
        let declined = run(&sandbox, &apply)
            .shows("2 breaks that concern nothing stored? [y/N]")
            .types(no)
            .ends(1);
        let told = declined.lines.join("\n");
        assert!(told.contains("stopped at your request"), "{declined:#?}");
        assert!(told.contains("nothing was changed"), "{declined:#?}");
        assert_eq!(versions().as_array().unwrap().len(), 1, "{no:?}");
    }
    let accepted = run(&sandbox, &apply).shows("[y/N]").types("y\r").ends(0);
    assert!(accepted.lines.join("\n").contains("✓ schema @2 is in force"), "{accepted:#?}");
    assert_eq!(versions().as_array().unwrap().len(), 2);
    // Nothing breaks: nothing is asked.
    sandbox.write(
        "schema.dbx",
        SCHEMA.replace("integer", "date").replace("placed", "placed {}\n  event paid"),
    );
    let unasked = run(&sandbox, &["schema", "apply"]).ends(0);
    assert!(!unasked.text.contains("[y/N]"), "{unasked:#?}");
}

#[test]
fn destroying_everything_takes_the_name_of_it() {
    let sandbox = shop();
    let destroy = ["serve", "destroy"];
    for no in ["y\r", "yes\r", "Repo\r", "\r", "\x04"] {
        let declined = run(&sandbox, &destroy).shows("type repo to go on:").types(no).ends(1);
        assert!(declined.lines.join("\n").contains("nothing was changed"), "{declined:#?}");
        assert!(declined.lines.join(" ").contains(".dbx/store, .dbx/FORMAT"), "{declined:#?}");
        sandbox.dbx(&["show", "order/o-1"]).ok();
    }
    run(&sandbox, &destroy).shows("type repo to go on:").types("repo\r").ends(0);
    sandbox.dbx(&["show", "order/o-1"]).exits(2);
}

#[test]
fn a_list_on_a_terminal_has_a_page() {
    let sandbox = Sandbox::workspace();
    let line = |id| {
        format!(
            "{{\"aggregate_type\":\"note\",\"aggregate_id\":\"n-{id}\",\"event_type\":\"noted\",\"payload\":{{}}}}\n"
        )
    };
    let lines: String = (10..30).map(line).collect();
    sandbox.dbx_stdin(&["import", "-"], lines).ok();
    sandbox.dbx(&["config", "set", "list_page_size", "4"]).ok();
    let list = ["aggregate", "list", "note"];
    let rows = |ended: &Ended| ended.lines.iter().filter(|line| line.contains("note/n-")).count();
    let page = run(&sandbox, &list).ends(0);
    // Four rows, and the cursor in the hint.
    assert!(page.lines.join("\n").contains("--after note/n-13"), "{page:#?}");
    assert_eq!(rows(&page), 5, "{page:#?}");
    let two = run(&sandbox, &[&list[..], &["--take", "2"]].concat()).ends(0);
    assert_eq!(rows(&two), 3, "{two:#?}");
    let all = [&list[..], &["--take", "all"]].concat();
    let all = run(&sandbox, &all).ends(0);
    assert_eq!(rows(&all), 20, "{all:#?}");
    assert_eq!(sandbox.dbx(&list).ok().stdout.matches("note/n-").count(), 20, "a pipe gets all");
}

#[test]
fn what_is_long_goes_through_the_pager() {
    let sandbox = shop();
    // A pager whose work can be seen.
    let pager = [("PAGER", "sed 's/^/page: /'")];
    let went_through = |args: &[&str], env: &[(&str, &str)]| {
        let ended = run_with(&sandbox, args, env, 80).ends(0);
        assert!(ended.lines.len() >= 4, "{ended:#?}");
        ended.lines.iter().filter(|line| line.starts_with("page: ")).count() == ended.lines.len()
    };
    for command in ["events", "log"] {
        assert!(went_through(&[command], &pager), "{command}");
        assert!(!went_through(&[command, "--no-pager"], &pager), "{command}");
        assert!(!went_through(&[command], &[]), "{command}");
        assert!(!went_through(&[command], &[pager[0], ("DBX_PAGER", "")]), "{command}");
    }
    assert!(!went_through(&["status"], &pager), "what fits on a screen is not paged");
    // Someone who has seen enough quits: that is no failure, and neither is a pager that does not exist.
    run_with(&sandbox, &["events"], &[("PAGER", "true")], 80).ends(0);
    run_with(&sandbox, &["events"], &[("PAGER", "no-such-pager")], 80).ends(0);
}

#[test]
fn progress_leaves_a_clean_screen() {
    let sandbox = Sandbox::with_schema(include_str!("../../fixtures/file_history.dbx"));
    sandbox.write("history.ndjson", include_str!("../../fixtures/file_history.ndjson"));
    let imported = run(&sandbox, &["import", "history.ndjson"]).ends(0);
    assert_eq!(imported.lines, ["✓ imported 7,462 events in 30 commits, the log ends at #7462"]);
    let verified = run(&sandbox, &["verify"]).ends(0);
    assert!(
        verified.lines[0].starts_with("✓ 7,462 events of 370 aggregates, no fault"),
        "{verified:#?}"
    );
    assert_eq!(verified.lines.len(), 3, "{verified:#?}");
    let quiet = run(&sandbox, &["verify", "--json"]).ends(0);
    assert!(quiet.lines[0] == "{" && !quiet.text.contains("verifying"), "{quiet:#?}");
}

#[test]
fn nobody_sees_progress_of_what_is_done_at_once() {
    let sandbox = Sandbox::workspace();
    let line = r#"{"aggregate_type":"note","aggregate_id":"n","event_type":"noted","payload":{}}"#;
    sandbox.write("one.ndjson", line);
    let start = Instant::now();
    let imported = run(&sandbox, &["import", "one.ndjson"]).ends(0);
    // A disk may be slow enough for a bar; whoever waited less must not have seen one.
    let waited = start.elapsed() >= Duration::from_millis(300);
    assert!(waited || !imported.text.contains("importing"), "{imported:#?}");
    assert_eq!(imported.lines, ["✓ imported 1 event in 1 commit, the log ends at #1"]);
}

#[test]
fn following_ends_with_an_interrupt() {
    let sandbox = shop();
    let following = run(&sandbox, &["events", "--follow"]).shows("order_changed");
    let pack = ["aggregate", "apply", "order", "o-1", "order_packed", "-f", "status=packed"];
    // The store is free between two looks; a write waits for its turn.
    sandbox.dbx(&pack).ok();
    let ended = following.shows("order_packed").types("\x03").ends(130);
    assert!(!ended.text.contains("panicked"), "{ended:#?}");
    sandbox.dbx(&["verify"]).ok();
}

#[test]
fn nothing_that_is_stored_speaks_to_the_terminal() {
    let sandbox = Sandbox::workspace();
    // A title, a colour, a cursor that moves up, the 8-bit form of an escape, a bell, a carriage return.
    let hostile = "\x1b]0;owned\x07\x1b[31mred\x1b[2A\u{9b}32mgreen\x07\rover\u{202e}";
    let payload = serde_json::json!({ "text": hostile, hostile: 1 }).to_string();
    let create = ["aggregate", "create", "note", "n-1", "-e", "noted", "-p", &payload];
    sandbox.dbx(&[&create[..], &["--note", hostile]].concat()).ok();
    sandbox.dbx(&["aggregate", "apply", "note", "n-1", "noted", "-p", r#"{"text":"calm"}"#]).ok();
    sandbox.dbx(&["aggregate", "create", "note", "n-2", "-e", "noted", "-p", &payload]).ok();
    let commands: [&[&str]; 14] = [
        &["events"],
        &["events", "--json"],
        &["events", "show", "#1"],
        &["log"],
        &["log", "-v"],
        &["show", "c1"],
        &["show", "note/n-1"],
        &["aggregate", "get", "note/n-2"],
        &["aggregate", "get", "note/n-2", "--json"],
        &["aggregate", "list"],
        &["aggregate", "replay", "note/n-1"],
        &["aggregate", "replay", "note/n-1", "--json"],
        &["blame", "note/n-2"],
        &["diff", "note/n-1@1..2"],
    ];
    for command in commands {
        let ended = run_with(&sandbox, command, &[("NO_COLOR", "1")], 80).ends(0);
        let control = |c: char| c.is_control() && !['\r', '\n'].contains(&c);
        assert!(!ended.text.contains(control), "{command:?}: {ended:#?}");
        let alone = ended.text.replace("\r\n", "").contains('\r');
        assert!(!alone, "{command:?} goes back on a line: {ended:#?}");
        assert!(!ended.text.contains('\u{202e}'), "{command:?} turns the line: {ended:#?}");
    }
}

#[test]
fn what_is_said_ends_its_lines_between_words() {
    let sandbox = shop().unshared();
    let told = run_with(&sandbox, &["serve", "start", "--no-tcp"], &[], 40).ends(0);
    sandbox.dbx(&["serve", "stop"]).ok();
    let hint: Vec<&str> = told
        .lines
        .iter()
        .skip_while(|line| !line.starts_with("hint"))
        .map(|line| line.trim_end())
        .collect();
    assert_eq!(
        hint,
        [
            "hint: `dbx serve status` says how it",
            "      does, `dbx serve logs -f` follows",
            "      its log, `dbx serve stop` ends it",
        ]
    );
}

#[test]
fn a_narrow_terminal_is_no_reason_to_panic() {
    let sandbox = shop();
    let commands: [(&[&str], u32); 17] = [
        (&["status"], 0),
        (&["events"], 0),
        (&["log"], 0),
        (&["show", "c2"], 0),
        (&["show", "order/o-1"], 0),
        (&["show", "order/nobody"], 1),
        (&["aggregate", "list"], 0),
        (&["aggregate", "get", "order/o-1"], 0),
        (&["aggregate", "replay", "order/o-1"], 0),
        (&["aggregate", "verify", "order/o-1"], 0),
        (&["blame", "order/o-1"], 0),
        (&["verify"], 0),
        (&["schema", "show"], 0),
        (&["schema", "explain", "E012"], 0),
        (&["config"], 0),
        (&["--help"], 0),
        (&["aggregate", "apply", "order", "o-1", "order_pid", "-f", "total=x"], 2),
    ];
    for columns in [20, 1] {
        for (command, code) in commands {
            let ended = run_with(&sandbox, command, &[], columns).ends(code);
            assert!(!ended.text.contains("panicked"), "{command:?}: {ended:#?}");
        }
    }
}
