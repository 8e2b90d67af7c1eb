//! Where the socket of a workspace is, and whether its folder is one's own.

use super::files::create_private_dir;
use super::paths::Paths;
use crate::proof::sha256;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The most bytes of the path of a socket: systems allow 104 to 108, with a byte for the end.
const PATH_BYTES_MAX: usize = 100;

/// Why there can be no socket where it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The folder is a link, no folder, another user's or open to others: whoever made it could put a socket of their own
    /// there.
    #[error("the folder `{}` for the socket {why}", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It cannot be made or looked at.
    #[error("cannot make the folder `{}` for the socket: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The place of a workspace's socket: in `.dbx/`, or in a folder for short paths that only its owner can enter, which is
/// made where it is missing. That is in `runtime_dir` (`$XDG_RUNTIME_DIR`), else among the temporary files.
///
/// # Errors
/// That folder cannot be made, or is not safely one's own.
pub fn place(paths: &Paths, runtime_dir: Option<&Path>) -> Result<PathBuf, PlaceError> {
    let near = paths.socket();
    if near.as_os_str().len() <= PATH_BYTES_MAX {
        return Ok(near);
    }
    let name = sha256(near.as_os_str().as_encoded_bytes()).to_string();
    let name = format!("{}.sock", name.get(..16).unwrap_or(&name));
    let uid = rustix::process::getuid().as_raw();
    let temporary = format!("dbx-{uid}");
    let folders = runtime_dir
        .map(|dir| dir.join("dbx"))
        .into_iter()
        .chain([std::env::temp_dir().join(&temporary), Path::new("/tmp").join(&temporary)]);
    let mut folders = folders.filter(|folder| {
        folder.is_absolute() && folder.join(&name).as_os_str().len() <= PATH_BYTES_MAX
    });
    let folder = folders.next().unwrap_or_else(|| Path::new("/tmp").join(&temporary));
    own(&folder, uid)?;
    Ok(folder.join(name))
}

/// Makes a folder, or sees that the one that is there is its user's alone. What is there is looked at, not what it leads
/// to; in a folder where others can only add, as with temporary files, nobody can put something else in its place.
fn own(folder: &Path, uid: u32) -> Result<(), PlaceError> {
    let io = |source| PlaceError::Io { folder: folder.to_owned(), source };
    match create_private_dir(folder) {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    let metadata = folder.symlink_metadata().map_err(io)?;
    let why = if metadata.is_symlink() {
        "is a link"
    } else if !metadata.is_dir() {
        "is no folder"
    } else if metadata.uid() != uid {
        "belongs to another user"
    } else if metadata.permissions().mode() & 0o077 != 0 {
        "is open to others"
    } else {
        return Ok(());
    };
    Err(PlaceError::Foreign { folder: folder.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn long(dir: &Path) -> Paths {
        Paths::at(dir.join("a".repeat(60)).join("b".repeat(60)))
    }

    #[test]
    fn a_short_path_is_near_and_a_long_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let short = Paths::at(dir.path());
        assert_eq!(place(&short, Some(dir.path())).unwrap(), short.socket());
        let far = place(&long(dir.path()), Some(dir.path())).unwrap();
        assert_eq!(far.parent(), Some(dir.path().join("dbx").as_path()));
        assert!(far.as_os_str().len() <= PATH_BYTES_MAX);
        let mode = fs::metadata(dir.path().join("dbx")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        // The same each time, and another for another workspace.
        assert_eq!(place(&long(dir.path()), Some(dir.path())).unwrap(), far);
        let other = place(&long(&dir.path().join("c")), Some(dir.path())).unwrap();
        assert!(other != far && other.parent() == far.parent());
    }

    #[test]
    fn a_runtime_folder_that_is_too_long_or_relative_is_passed_by() {
        let dir = tempfile::tempdir().unwrap();
        let uid = rustix::process::getuid().as_raw();
        for runtime in [dir.path().join("r".repeat(90)), PathBuf::from("here")] {
            let far = place(&long(dir.path()), Some(&runtime)).unwrap();
            assert!(far.parent().unwrap().ends_with(format!("dbx-{uid}")), "{far:?}");
        }
    }

    #[test]
    fn a_folder_that_is_not_safely_ours_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let uid = rustix::process::getuid().as_raw();
        let why = |folder: &Path, uid: u32| match own(folder, uid) {
            Err(PlaceError::Foreign { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        let folder = dir.path().join("mine");
        own(&folder, uid).unwrap();
        own(&folder, uid).unwrap();
        assert_eq!(why(&folder, uid + 1), "belongs to another user");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert_eq!(why(&folder, uid), "is open to others");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert_eq!(why(&link, uid), "is a link");
        let nowhere = dir.path().join("nowhere");
        std::os::unix::fs::symlink(dir.path().join("missing"), &nowhere).unwrap();
        assert_eq!(why(&nowhere, uid), "is a link");
        fs::write(dir.path().join("file"), "").unwrap();
        assert_eq!(why(&dir.path().join("file"), uid), "is no folder");
        assert!(matches!(own(&dir.path().join("a/b"), uid), Err(PlaceError::Io { .. })));
    }
}
