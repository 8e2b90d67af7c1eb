//! Texts and files in the user's own editor.

use crate::workspace::Env;
use crate::workspace::files;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Editors that take `+5 FILE`.
const LIKE_VI: [&str; 15] = [
    "vi",
    "vim",
    "nvim",
    "view",
    "gvim",
    "ex",
    "nano",
    "pico",
    "emacs",
    "emacsclient",
    "mg",
    "joe",
    "kak",
    "ne",
    "jed",
];

/// The editor, as the environment names it.
fn named(env: &Env) -> String {
    let editor = env.get("VISUAL").or_else(|| env.get("EDITOR"));
    editor.unwrap_or_else(|| "vi".to_owned())
}

/// Runs the editor and waits until it is closed.
fn run(editor: &str, arguments: impl FnOnce(&str) -> Vec<OsString>) -> Result<(), String> {
    let mut words = editor.split_whitespace();
    let ran = match words.next() {
        Some(program) => Command::new(program).args(words).args(arguments(program)).status(),
        None => Err(std::io::ErrorKind::NotFound.into()),
    };
    match ran {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{editor}` ended with {status}")),
        Err(error) => Err(format!("`{editor}` cannot be started: {error}; set $EDITOR")),
    }
}

/// Opens a file in the editor at a line, counted from 1, and waits until it is closed.
///
/// # Errors
/// Why it could not be opened.
pub(super) fn open(path: &Path, line: usize, env: &Env) -> Result<(), String> {
    if path.is_dir() {
        return Err(format!("`{}` is a folder", path.display()));
    }
    run(&named(env), |program| at_line(program, path, line))
}

/// What names a line of a file to an editor. Most take what `vi` takes.
fn at_line(program: &str, path: &Path, line: usize) -> Vec<OsString> {
    let name = Path::new(program).file_stem().unwrap_or_default().to_string_lossy();
    let behind = |path: &Path| {
        let mut text = path.as_os_str().to_owned();
        text.push(format!(":{line}"));
        text
    };
    match &*name {
        "code" | "codium" | "code-insiders" | "cursor" => vec!["--goto".into(), behind(path)],
        "hx" | "helix" | "subl" | "zed" | "micro" => vec![behind(path)],
        name if LIKE_VI.contains(&name) => vec![format!("+{line}").into(), path.into()],
        // Nobody knows what it would make of a line.
        _ => vec![path.into()],
    }
}

/// Shows a text in the editor and waits until it is closed.
///
/// # Errors
/// Why it could not be shown.
pub(super) fn show(text: &str, ending: &str, env: &Env) -> Result<(), String> {
    aside(text, ending, env, |_| Ok(()))
}

/// Lets a text be changed in the editor, and gives what was saved; `None` where nothing was.
///
/// # Errors
/// Why it could not be shown or read, or that the editor says that it failed: whatever was saved does not count then.
pub(super) fn compose(text: &str, ending: &str, env: &Env) -> Result<Option<String>, String> {
    aside(text, ending, env, |path| {
        let unread = |error| format!("`{}` cannot be read: {error}", path.display());
        let file = File::open(path).and_then(|file| file.metadata()).map_err(unread)?;
        if file.modified().map_err(unread)? == SystemTime::UNIX_EPOCH {
            return Ok(None);
        }
        std::fs::read_to_string(path).map(Some).map_err(unread)
    })
}

/// Writes a text into a file, runs the editor on it, and takes what `then` makes of the file.
fn aside<T>(
    text: &str,
    ending: &str,
    env: &Env,
    then: impl FnOnce(&Path) -> Result<T, String>,
) -> Result<T, String> {
    let path = write(text, ending, env)?;
    let ran = run(&named(env), |_| vec![path.clone().into()]);
    let result = match ran {
        // What was written there and cannot be taken over is still the user's.
        Ok(()) => Ok(then(&path).map_err(|why| format!("{why}; the file is left there"))?),
        Err(why) => Err(why),
    };
    // What may not be read by others does not stay behind.
    let _ = std::fs::remove_file(&path);
    result
}

fn write(text: &str, ending: &str, env: &Env) -> Result<PathBuf, String> {
    let folder = env.get("TMPDIR").unwrap_or_else(|| "/tmp".to_owned());
    let name = format!("dbx-{}{ending}", uuid::Uuid::new_v4());
    let path = Path::new(&folder).join(name);
    let unwritten = |error| format!("`{}` cannot be written: {error}", path.display());
    files::write_atomic(&path, text.as_bytes(), files::Access::Private).map_err(unwritten)?;
    // Whoever saves it, even unchanged, gives it another time.
    let aged = File::options().write(true).open(&path);
    aged.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH)).map_err(unwritten)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(folder: &Path, editor: &str) -> Env {
        let folder_text = folder.display().to_string();
        Env::fixed(folder, [("TMPDIR", folder_text.as_str()), ("EDITOR", editor)])
    }

    fn script(folder: &Path, lines: &str) -> String {
        let path = folder.join("editor.sh");
        std::fs::write(&path, lines).unwrap();
        format!("sh {}", path.display())
    }

    #[test]
    fn what_is_saved_comes_back_and_no_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let compose = |lines: &str| {
            let editor = script(folder.path(), lines);
            compose("one\n", ".jsonc", &env(folder.path(), &editor))
        };
        assert_eq!(compose("echo two >> \"$1\""), Ok(Some("one\ntwo\n".to_owned())));
        assert_eq!(compose("touch \"$1\""), Ok(Some("one\n".to_owned())), "saved as it was");
        assert_eq!(compose("true"), Ok(None), "closed without saving");
        let failed = compose("echo two >> \"$1\"; exit 1").unwrap_err();
        assert!(failed.contains("exit status: 1"), "{failed}");
        let missing = super::compose("", ".txt", &env(folder.path(), "no-such-editor"));
        assert!(missing.unwrap_err().contains("set $EDITOR"));
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "only the script");
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        let arguments = |program: &str| -> Vec<String> {
            let words = at_line(program, Path::new("/a/schema.dbx"), 5).into_iter();
            words.map(|word| word.into_string().unwrap()).collect()
        };
        assert_eq!(arguments("/usr/bin/nvim"), ["+5", "/a/schema.dbx"]);
        assert_eq!(arguments("code"), ["--goto", "/a/schema.dbx:5"]);
        assert_eq!(arguments("hx"), ["/a/schema.dbx:5"]);
        assert_eq!(arguments("sh"), ["/a/schema.dbx"]);
    }

    #[test]
    fn an_editor_that_is_not_there_is_said() {
        let env = Env::fixed("/", [("EDITOR", "/nowhere/editor")]);
        assert!(open(Path::new("/x"), 1, &env).unwrap_err().contains("set $EDITOR"));
    }
}
