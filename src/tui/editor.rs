//! Texts in the user's own editor.

use crate::workspace::Env;
use crate::workspace::files;
use std::process::Command;

/// Shows a text in the editor and waits until it is closed.
///
/// # Errors
/// Why it could not be shown.
pub(super) fn show(text: &str, ending: &str, env: &Env) -> Result<(), String> {
    let editor = env.get("VISUAL").or_else(|| env.get("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let folder = env.get("TMPDIR").unwrap_or_else(|| "/tmp".to_owned());
    let name = format!("dbx-{}{ending}", uuid::Uuid::new_v4());
    let path = std::path::Path::new(&folder).join(name);
    files::write_atomic(&path, text.as_bytes(), files::Access::Private)
        .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    let mut words = editor.split_whitespace();
    let ran = match words.next() {
        Some(program) => Command::new(program).args(words).arg(&path).status(),
        None => Err(std::io::ErrorKind::NotFound.into()),
    };
    // What may not be read by others does not stay behind.
    let _ = std::fs::remove_file(&path);
    match ran {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{editor}` ended with {status}")),
        Err(error) => Err(format!("`{editor}` cannot be started: {error}; set $EDITOR")),
    }
}
