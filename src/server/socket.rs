//! The socket's place, and `daemon.json`, which says what runs here.

use super::app::App;
use crate::error::{Error, Kind, Result};
use crate::proof::sha256;
use crate::workspace::Paths;
use crate::workspace::files::{Access, write_atomic};
use std::path::{Path, PathBuf};

/// The most bytes of the path of a socket: systems allow 104 to 108, with a byte for the end.
const PATH_BYTES_MAX: usize = 100;

/// Where the socket of a workspace is: in `.dbx/`, or in a folder for short paths that only its owner can enter.
pub(super) fn place(paths: &Paths, runtime_dir: Option<&Path>) -> Result<PathBuf> {
    let near = paths.socket();
    if near.as_os_str().len() <= PATH_BYTES_MAX {
        return Ok(near);
    }
    let uid = rustix::process::getuid().as_raw();
    let folder = match runtime_dir {
        Some(dir) => dir.join("dbx"),
        None => std::env::temp_dir().join(format!("dbx-{uid}")),
    };
    crate::workspace::files::create_private_dir(&folder)
        .map_err(|error| io("make", &folder, &error))?;
    let name = sha256(near.as_os_str().as_encoded_bytes()).to_string();
    Ok(folder.join(format!("{}.sock", name.get(..16).unwrap_or(&name))))
}

/// Writes `daemon.json`.
pub(super) fn announce(app: &App) -> Result<()> {
    let path = app.local.paths().daemon_file();
    let text = serde_json::to_string_pretty(&app.daemon)
        .map_err(|error| Error::new(Kind::Internal, "dbx::serve::json", error.to_string()))?;
    write_atomic(&path, format!("{text}\n").as_bytes(), Access::Private)
        .map_err(|error| io("write", &path, &error))
}

/// Removes `daemon.json` and the socket. What cannot be removed is stale and means nothing.
pub(super) fn withdraw(app: &App) {
    let _ = std::fs::remove_file(app.local.paths().daemon_file());
    let _ = std::fs::remove_file(&app.daemon.socket);
}

pub(super) fn io(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let message = format!("cannot {what} `{}`: {error}", path.display());
    Error::new(crate::workspace::files::io_kind(error), "dbx::serve::io", message)
}
