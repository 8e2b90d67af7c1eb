//! Files and folders that only their owner may read, and that are on disk when a function returns.

use super::DiskError;
use crate::workspace::files::TEMPORARY_PREFIX;
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What [`replace`] puts behind the name of a file while it writes the new content.
pub const NEW_SUFFIX: &str = ".new";

/// Options for a file that only its owner may read and write (0600 where it is created).
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a folder that only its owner may enter (0700), and those above it; one that exists is left as it is.
pub fn private_dir(path: &Path) -> Result<(), DiskError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(DiskError::io("create", path))
}

/// Makes the names in a folder durable: a file that was created, renamed or removed stays so after a power loss.
pub fn sync_dir(path: &Path) -> Result<(), DiskError> {
    // Windows has no way to sync a folder; its file systems journal names by themselves.
    if cfg!(windows) {
        return Ok(());
    }
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(DiskError::io("sync the folder", path))
}

/// Makes the names in a folder and in all folders below it durable. For a store that was just built: fjall syncs a new
/// keyspace's own folder, but not the name of that folder in the one above.
pub fn sync_tree(path: &Path) -> Result<(), DiskError> {
    for entry in path.read_dir().map_err(DiskError::io("read the folder", path))? {
        let entry = entry.map_err(DiskError::io("read the folder", path))?;
        let kind = entry.file_type().map_err(DiskError::io("look at", &entry.path()))?;
        if kind.is_dir() {
            sync_tree(&entry.path())?;
        }
    }
    sync_dir(path)
}

/// The name under which [`replace`] writes before it renames.
pub fn new_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(NEW_SUFFIX);
    PathBuf::from(name)
}

/// The name under which [`prepare`] writes before there is a new content.
fn temporary_path(new: &Path) -> PathBuf {
    let name = new.file_name().unwrap_or_default();
    let mut temporary = OsString::from(TEMPORARY_PREFIX);
    temporary.push(name);
    folder_of(new).join(temporary)
}

/// Writes the new content of `path` beside it, durably, without putting it in place. Whatever happens, what is beside it
/// is whole: that of before, or all of this.
pub fn prepare(path: &Path, content: &[u8]) -> Result<(), DiskError> {
    let new = new_path(path);
    let temporary = temporary_path(&new);
    let mut file = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temporary)
        .map_err(DiskError::io("create", &temporary))?;
    file.write_all(content).map_err(DiskError::io("write", &temporary))?;
    file.sync_all().map_err(DiskError::io("sync", &temporary))?;
    std::fs::rename(&temporary, &new).map_err(DiskError::io("replace", &new))?;
    sync_dir(folder_of(path))
}

/// Replaces the content of `path`: whatever happens, it holds the old content or all of the new one.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), DiskError> {
    prepare(path, content)?;
    std::fs::rename(new_path(path), path).map_err(DiskError::io("replace", path))?;
    sync_dir(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("FORMAT");
        replace(&path, b"a longer first content").unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn prepared_content_is_not_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("FORMAT");
        prepare(&path, b"next").unwrap();
        assert!(!path.exists());
        assert_eq!(std::fs::read(new_path(&path)).unwrap(), b"next");
    }

    /// One that is killed meanwhile leaves what was prepared before.
    #[test]
    fn what_is_prepared_again_takes_the_place_of_what_was_in_one_step() {
        let folder = tempfile::tempdir().unwrap();
        let (path, before) = (folder.path().join("FORMAT"), folder.path().join("before"));
        prepare(&path, b"first").unwrap();
        std::fs::hard_link(new_path(&path), &before).unwrap();
        prepare(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&before).unwrap(), b"first", "it was not written over");
        assert_eq!(std::fs::read(new_path(&path)).unwrap(), b"second");
    }

    #[test]
    fn syncs_every_folder_and_fails_for_none() {
        let folder = tempfile::tempdir().unwrap();
        private_dir(&folder.path().join("keyspaces/1/tables")).unwrap();
        sync_tree(folder.path()).unwrap();
        assert!(matches!(sync_tree(&folder.path().join("gone")), Err(DiskError::Io { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("salvage/one");
        private_dir(&inner).unwrap();
        private_dir(&inner).unwrap();
        replace(&inner.join("file"), b"x").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join("file")), 0o600);
    }
}
