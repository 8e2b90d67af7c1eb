//! The socket, and `daemon.json`, which says what runs here.

use super::app::App;
use crate::error::{Error, Kind, Result};
use crate::wire::Daemon;
use crate::workspace::Paths;
use crate::workspace::files::{Access, write_atomic};
use crate::workspace::socket::PlaceError;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Where the socket of a workspace is.
///
/// # Errors
/// Its folder is not safely one's own.
pub(super) fn place(paths: &Paths, runtime_dir: Option<&Path>) -> Result<PathBuf> {
    crate::workspace::socket::place(paths, runtime_dir).map_err(|error| {
        let kind = match &error {
            PlaceError::Io { source, .. } => crate::workspace::files::io_kind(source),
            _ => Kind::Invalid,
        };
        Error::new(kind, "dbx::serve::folder", error.to_string())
            .kept("nothing listens")
            .help("remove the folder, or set `XDG_RUNTIME_DIR` to one of your own with mode 0700")
    })
}

/// Listens at `path`. Only who has the store comes here, so that a socket that is there is left over.
pub(super) fn bind(path: &Path) -> Result<UnixListener> {
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_socket() => {
            fs::remove_file(path).map_err(|error| io("replace", path, &error))?;
        }
        Ok(_) => return Err(taken(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io("look at", path, &error)),
    }
    // From the first moment of the file nobody else can open it: the mode of the process sees to that. Then the mode of
    // the file says so itself.
    crate::workspace::files::keep_to_owner();
    let listener = UnixListener::bind(path).map_err(|error| io("listen on", path, &error))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        .map_err(|error| io("close", path, &error))?;
    Ok(listener)
}

fn taken(path: &Path) -> Error {
    let message = format!("`{}` is in the way: it is no socket", path.display());
    Error::new(Kind::Invalid, "dbx::serve::socket", message)
        .kept("it was not touched, and nothing listens")
        .help("move it away: the name is that of the socket which commands find the daemon by")
}

/// Whether a process of the user `uid` may be at the socket of the user `own`: that user's, or the administrator's.
pub(super) fn trusts(uid: u32, own: u32) -> bool {
    uid == own || uid == 0
}

/// Whether `daemon.json` is written. It keeps what the last daemon was started with, and a dashboard leaves that to it
/// wherever its own socket is found without.
fn is_announced(app: &App) -> bool {
    !app.daemon.dashboard || Path::new(&app.daemon.socket) != app.local.paths().socket()
}

/// Writes `daemon.json`.
pub(super) fn announce(app: &App) -> Result<()> {
    if !is_announced(app) {
        return Ok(());
    }
    let path = app.local.paths().daemon_file();
    let text = serde_json::to_string_pretty(&app.daemon)
        .map_err(|error| Error::new(Kind::Internal, "dbx::serve::json", error.to_string()))?;
    write_atomic(&path, format!("{text}\n").as_bytes(), Access::Private)
        .map_err(|error| io("write", &path, &error))
}

/// Removes `daemon.json` and the socket. What cannot be removed is stale and means nothing.
///
/// Where the server did not want to end, the file stays for whoever looks what became of it, and for its next start.
pub(super) fn withdraw(app: &App) {
    // Another workspace may have taken the place of this one, and another daemon may serve that.
    if app.is_moved() {
        return;
    }
    if !is_announced(app) {
        let _ = fs::remove_file(&app.daemon.socket);
        return;
    }
    let path = app.local.paths().daemon_file();
    if !is_own(&path, &app.daemon) {
        return;
    }
    match app.failed() {
        None => drop(fs::remove_file(path)),
        Some(error) => {
            let ended = Daemon { ended: Some(error.message().to_owned()), ..app.daemon.clone() };
            if let Ok(text) = serde_json::to_string_pretty(&ended) {
                // What cannot be written down leaves the file as it is, which says the most of the rest.
                let _ = rewrite(&path, format!("{text}\n").as_bytes());
            }
        }
    }
    let _ = fs::remove_file(&app.daemon.socket);
}

/// Whether a `daemon.json` is that of this run.
fn is_own(path: &Path, daemon: &Daemon) -> bool {
    let text = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&text).is_ok_and(|there: Daemon| there.instance == daemon.instance)
}

/// What is said where another folder is in the place of the workspace, or none.
pub(super) fn moved(paths: &Paths) -> Error {
    let message = format!("`{}` was removed, moved or replaced", paths.dot.display());
    Error::new(Kind::Unavailable, "dbx::serve::moved", message)
        .kept("what was acknowledged is in the folder that was there")
}

/// Writes into a file what is longer than what it holds: where a disk is full there is no room for another one beside it.
fn rewrite(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if write_atomic(path, bytes, Access::Private).is_ok() {
        return Ok(());
    }
    fs::OpenOptions::new().write(true).open(path)?.write_all(bytes)
}

pub(super) fn io(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let message = format!("cannot {what} `{}`: {error}", path.display());
    let told = Error::new(crate::workspace::files::io_kind(error), "dbx::serve::io", message);
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            told.help("free some space, then run the command again")
        }
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener as Plain;

    fn bound(path: &Path) -> Result<u32> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let _listener = bind(path)?;
        Ok(path.symlink_metadata().unwrap().permissions().mode() & 0o777)
    }

    #[test]
    fn a_stale_socket_is_replaced_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dbx.sock");
        assert_eq!(bound(&path).unwrap(), 0o600);
        drop(Plain::bind(dir.path().join("other")).unwrap());
        fs::rename(dir.path().join("other"), &path).unwrap();
        assert_eq!(bound(&path).unwrap(), 0o600);
        fs::remove_file(&path).unwrap();
        for make in [
            (|path: &Path| fs::write(path, "precious").unwrap()) as fn(&Path),
            |path| fs::create_dir(path).unwrap(),
            |path| std::os::unix::fs::symlink("nowhere", path).unwrap(),
        ] {
            make(&path);
            assert_eq!(bound(&path).unwrap_err().code(), "dbx::serve::socket");
            assert!(path.symlink_metadata().is_ok());
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        }
        let gone = dir.path().join("gone/dbx.sock");
        assert_eq!(bound(&gone).unwrap_err().code(), "dbx::serve::io");
    }

    #[test]
    fn the_owner_and_the_administrator_are_trusted() {
        assert!(trusts(1000, 1000) && trusts(0, 1000));
        assert!(!trusts(1001, 1000) && !trusts(1000, 0));
    }
}
