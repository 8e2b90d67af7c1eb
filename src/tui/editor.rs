//! Texts and files in the user's own editor.

use crate::workspace::Env;
use crate::workspace::files;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

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
        _ => vec![format!("+{line}").into(), path.into()],
    }
}

/// Shows a text in the editor and waits until it is closed.
///
/// # Errors
/// Why it could not be shown.
pub(super) fn show(text: &str, ending: &str, env: &Env) -> Result<(), String> {
    let folder = env.get("TMPDIR").unwrap_or_else(|| "/tmp".to_owned());
    let name = format!("dbx-{}{ending}", uuid::Uuid::new_v4());
    let path = Path::new(&folder).join(name);
    files::write_atomic(&path, text.as_bytes(), files::Access::Private)
        .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    let ran = run(&named(env), |_| vec![path.clone().into()]);
    // What may not be read by others does not stay behind.
    let _ = std::fs::remove_file(&path);
    ran
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        let arguments = |program: &str| -> Vec<String> {
            let words = at_line(program, Path::new("/a/schema.dbx"), 5).into_iter();
            words.map(|word| word.into_string().unwrap()).collect()
        };
        assert_eq!(arguments("/usr/bin/nvim"), ["+5", "/a/schema.dbx"]);
        assert_eq!(arguments("code"), ["--goto", "/a/schema.dbx:5"]);
        assert_eq!(arguments("hx"), ["/a/schema.dbx:5"]);
    }

    #[test]
    fn an_editor_that_is_not_there_is_said() {
        let env = Env::fixed("/", [("EDITOR", "/nowhere/editor")]);
        assert!(open(Path::new("/x"), 1, &env).unwrap_err().contains("set $EDITOR"));
    }
}
