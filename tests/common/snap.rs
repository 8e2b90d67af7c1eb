//! Snapshots of whole outputs, in the top-level `snapshots/`.

use super::sandbox::Output;
use regex::Regex;
use std::sync::LazyLock;

/// What differs from run to run, and what a snapshot shows instead. The first match of the list wins.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[uuid]"),
        (r"\b[0-9a-f]{64}\b", "[hash]"),
        (r"\b(root +)[0-9a-f]{12}\b", "${1}[hash]"),
        (r"\bat byte [0-9]+", "at byte [n]"),
        (r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", "[token]"),
        (r#"\b(pid"?:?[ =]*)[0-9]+"#, "${1}[pid]"),
        (r#""uid":( ?)[0-9]+"#, "\"uid\":${1}[uid]"),
    ]
    .into_iter()
    .map(|(pattern, shown)| (Regex::new(pattern).unwrap(), shown))
    .collect()
});

/// Compares the command, its exit code and everything that it said with `snapshots/NAME.snap`.
///
/// A name is `<surface>__<verb>__<case>`, written out where this is called: a test looks for snapshots that nobody asks for.
#[track_caller]
#[allow(dead_code, reason = "which of these a test needs changes with the tests")]
pub(crate) fn snap(name: &str, output: &Output) {
    snap_text(name, &transcript(output));
}

/// Compares a text with `snapshots/NAME.snap`.
#[track_caller]
#[allow(dead_code, reason = "which of these a test needs changes with the tests")]
pub(crate) fn snap_text(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn transcript(output: &Output) -> String {
    let mut text = String::from("$ dbx");
    for arg in &output.args {
        text.extend([" ", &quoted(arg)]);
    }
    text.extend(["\nexit ", &output.code.to_string(), "\n"]);
    for (stream, said) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !said.is_empty() {
            text.extend(["--- ", stream, "\n", said]);
            if !said.ends_with('\n') {
                text.push_str("\n[no newline at the end]\n");
            }
        }
    }
    redact(&text, &output.top.to_string_lossy())
}

/// Takes out of `text` what differs from run to run; `top` becomes `$DIR`.
pub(crate) fn redact(text: &str, top: &str) -> String {
    let text = text.replace(&format!("{top}/repo"), "$DIR").replace(top, "$DIR/..");
    VARYING
        .iter()
        .fold(text, |text, (pattern, shown)| pattern.replace_all(&text, *shown).into_owned())
}

fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@#+,%".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', r"'\''"))
    }
}

#[test]
fn a_transcript_shows_everything_but_what_varies() {
    let output = Output {
        args: vec!["get".into(), "a b".into(), "/x/repo/f".into()],
        stdout: format!(
            "root {} in /x/repo/.dbx, home /x/home\n{{\"pid\": 12, \"uid\":0}} locked by pid 12\n",
            "0123456789abcdef".repeat(4)
        ),
        stderr: "store 6f9619ff-8b86-4d01-b42d-00cf4fc964ff eyJ0.eyJ1.c2ln".into(),
        code: 4,
        top: "/x".into(),
    };
    insta::assert_snapshot!(transcript(&output), @r#"
    $ dbx get 'a b' $DIR/f
    exit 4
    --- stdout
    root [hash] in $DIR/.dbx, home $DIR/../home
    {"pid": [pid], "uid":[uid]} locked by pid [pid]
    --- stderr
    store [uuid] [token]
    [no newline at the end]
    "#);
}
