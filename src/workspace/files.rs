//! Private files and folders, replaced atomically.

use crate::error::Kind;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The start of the names of half-written files, which a crash may leave behind and anybody may delete.
pub const TEMPORARY_PREFIX: &str = ".dbx-tmp-";

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The owner only (0600).
    Private,
    /// Whoever the umask lets.
    Shared,
}

/// Writes `bytes` to `path` so that a reader, also after a crash, finds the old contents or the new ones and nothing
/// between.
///
/// A temporary file beside it is written, synced and renamed; then the folder is synced.
///
/// # Errors
/// The folder is missing, full or not writable. `path` is as it was.
pub fn write_atomic(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let temporary = temporary_beside(path)?;
    let written = write_new(&temporary, bytes, access)
        .and_then(|()| keep_rights(path, &temporary, access))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The rename did not happen; what is left has no use, and the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_parent(path)
}

/// Writes `bytes` to `path` if there is nothing, atomically as [`write_atomic`]. Says whether it did: of several that try
/// at once, one does.
///
/// # Errors
/// The folder is missing, full or not writable.
pub fn create_atomic(path: &Path, bytes: &[u8], access: Access) -> io::Result<bool> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let temporary = temporary_beside(path)?;
    let made = write_new(&temporary, bytes, access).and_then(|()| link(&temporary, path));
    // Whether it has its second name or none: this one has no use any more.
    let _ = fs::remove_file(&temporary);
    if made? {
        sync_parent(path)?;
        return Ok(true);
    }
    Ok(false)
}

/// Gives a file a second name, unless the name is taken: unlike a rename, which would replace what has it.
fn link(temporary: &Path, path: &Path) -> io::Result<bool> {
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // A file system without links: a rename is the best that it has.
        Err(_) => fs::rename(temporary, path).map(|()| true),
    }
}

/// Makes the folder `path` for the owner only (0700). Says whether it was made: `false` where it was there already.
///
/// # Errors
/// Something else has the name, or the parent is missing or not writable.
pub fn create_private_dir(path: &Path) -> io::Result<bool> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(error) => Err(error),
    }
}

/// From here on nobody but the owner may read what this process makes, whatever the umask was.
///
/// It is for a program, not for a library: the umask belongs to the whole process. The storage engine makes files of its
/// own and takes no mode for them.
pub fn keep_to_owner() {
    #[cfg(unix)]
    {
        let others = rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO;
        let before = rustix::process::umask(others);
        rustix::process::umask(before | others);
    }
}

/// The permission bits of `path` beyond its owner's, such as `0o044`; always 0 where the system has none.
///
/// # Errors
/// `path` cannot be looked at.
pub fn mode_beyond_owner(path: &Path) -> io::Result<u32> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    let beyond = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077;
    #[cfg(not(unix))]
    let beyond = {
        drop(metadata);
        0
    };
    Ok(beyond)
}

/// The kind of a failure of the file system: what a user can mend by hand is invalid, the rest is unavailable.
pub fn io_kind(error: &io::Error) -> Kind {
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::AlreadyExists => Kind::Invalid,
        _ => Kind::Unavailable,
    }
}

/// What replaces a shared file is no more open than the file was.
fn keep_rights(path: &Path, temporary: &Path, access: Access) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if access == Access::Shared => {
            fs::set_permissions(temporary, metadata.permissions())
        }
        _ => Ok(()),
    }
}

fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    let name = format!("{TEMPORARY_PREFIX}{}", uuid::Uuid::new_v4().simple());
    match path.parent() {
        Some(parent) => Ok(parent.join(name)),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no folder")),
    }
}

fn write_new(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Syncs the folder of `path`, so that the name itself survives a power loss.
fn sync_parent(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_atomic(&path, b"one", Access::Shared).unwrap();
        write_atomic(&path, b"two", Access::Private).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(mode_beyond_owner(&path).unwrap(), 0);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("folder");
        fs::create_dir_all(path.join("full")).unwrap();
        assert!(write_atomic(&path, b"one", Access::Private).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn of_several_at_once_one_creates() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let made: Vec<bool> = std::thread::scope(|scope| {
            let create = |number: u8| {
                let path = &path;
                scope.spawn(move || create_atomic(path, &[number], Access::Private).unwrap())
            };
            let threads: Vec<_> = (0..8).map(create).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        let winner = made.iter().position(|made| *made).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [u8::try_from(winner).unwrap()]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert!(create_private_dir(&path).unwrap());
        assert!(!create_private_dir(&path).unwrap());
        assert_eq!(mode_beyond_owner(&path).unwrap(), 0);
        fs::write(dir.path().join("b"), "").unwrap();
        assert!(create_private_dir(&dir.path().join("b")).is_err());
    }
}
