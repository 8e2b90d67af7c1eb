//! The file of the master key, which opens everything that a workspace keeps sealed.
//!
//! `.dbx/keys/data_aes256.key` holds it, mode 0600. Where [`VARIABLE`] is set when the key is made, the file is protected
//! by that secret and is of no use without it. A rotation writes the new key to `data_aes256.key.next` before it uses it;
//! that file is also what tells the next opening that a rotation was interrupted.

use super::files;
use super::paths::Paths;
use crate::error::{Error, Kind};
use crate::seal::file::{self, FileError, KeyFile};
use crate::seal::{Key, KeyId, SealError, Secret};
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The variable with the secret that protects the key's file: 64 hex digits, or base64 of 32 bytes.
pub const VARIABLE: &str = "DBX_DATA_ENCRYPTION_KEY";

/// Where a master key is kept, and the secret that may protect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeys {
    path: PathBuf,
    next: PathBuf,
    half: PathBuf,
    secret: Option<Secret>,
}

/// How the file of a key is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// As it is now.
    Same,
    /// By nothing but its mode.
    File,
    /// By this secret.
    Secret(Secret),
}

impl Protection {
    /// Protection by what a variable holds.
    pub fn secret(text: impl Into<String>) -> Self {
        Self::Secret(Secret::new(text))
    }
}

/// Why there is no master key to work with.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DataKeyError {
    /// There is no file.
    #[error("the workspace is encrypted, and its key is not at `{}`", .0.display())]
    Missing(PathBuf),
    /// Others than the owner may read or change it.
    #[error("the key `{}` is open to others (mode {mode:04o})", path.display())]
    Mode {
        /// Where it is.
        path: PathBuf,
        /// All its permission bits.
        mode: u32,
    },
    /// Not a key file.
    #[error("`{}` does not hold a key", .0.display())]
    Malformed(PathBuf),
    /// The secret that protects it is missing.
    #[error("the key `{}` is protected, and {VARIABLE} is not set", .0.display())]
    NoSecret(PathBuf),
    /// Another secret protects it.
    #[error("the key `{}` is protected by another secret than that in {VARIABLE}", .0.display())]
    OtherSecret(PathBuf),
    /// The secret is none.
    #[error("{0} is not a key: 64 hex digits or base64 of 32 bytes are expected")]
    NoKey(String),
    /// The key of something else.
    #[error("the workspace is encrypted with another key than that in `{}`", path.display())]
    Other {
        /// Where the key is that was tried.
        path: PathBuf,
        /// The key that is needed.
        needs: KeyId,
    },
    /// What the key would open is damaged.
    #[error("the key of the store cannot be read: {0}")]
    Record(String),
    /// The file cannot be read or written.
    #[error("cannot use the key `{}`: {source}", path.display())]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a key: {0}")]
    Random(String),
}

impl From<&DataKeyError> for Error {
    fn from(error: &DataKeyError) -> Self {
        let message = error.to_string();
        let kept = "nothing was changed; `dbx status`, `dbx log`, `dbx verify` and `dbx prove` work without the key";
        match error {
            DataKeyError::Missing(path) => Self::new(
                Kind::Invalid,
                "dbx::key::data_missing",
                message,
            )
            .kept(kept)
            .help(format!(
                "put your copy of the key back to `{}`: without it nobody can read what is sealed",
                path.display()
            )),
            DataKeyError::Mode { path, .. } => {
                Self::new(Kind::Invalid, "dbx::key::data_mode", message)
                    .kept("it was not read")
                    .help(format!("close it with `chmod 600 {}`", path.display()))
            }
            DataKeyError::Malformed(path) => {
                Self::new(Kind::Invalid, "dbx::key::data_malformed", message)
                    .kept(kept)
                    .help(format!("put your copy of the key back to `{}`", path.display()))
            }
            DataKeyError::NoSecret(_) => {
                Self::new(Kind::Invalid, "dbx::key::data_secret_missing", message)
                    .kept(kept)
                    .help(format!("set {VARIABLE} to the secret that the key was protected with"))
            }
            DataKeyError::OtherSecret(_) => {
                Self::new(Kind::Invalid, "dbx::key::data_secret", message)
                    .kept(kept)
                    .help(format!("set {VARIABLE} to the secret that the key was protected with"))
            }
            DataKeyError::NoKey(_) => Self::new(Kind::Invalid, "dbx::key::data_not_a_key", message)
                .kept(kept)
                .help("make one with `openssl rand -hex 32`"),
            DataKeyError::Other { path, needs } => {
                Self::new(Kind::Invalid, "dbx::key::data_wrong", message).kept(kept).help(format!(
                    "put the key with `id={needs}` to `{}`; nothing is damaged",
                    path.display()
                ))
            }
            DataKeyError::Record(_) => Self::new(Kind::Corrupt, "dbx::store::damaged", message)
                .kept("dbx changed nothing")
                .help("run `dbx verify` to see what is damaged"),
            DataKeyError::Io { source, .. } => {
                Self::new(files::io_kind(source), "dbx::key::data_io", message)
                    .kept(kept)
                    .help("check who owns the file and whether the disk is full")
            }
            DataKeyError::Random(_) => {
                Self::new(Kind::Unavailable, "dbx::key::random", message).kept(kept)
            }
        }
    }
}

impl From<SealError> for DataKeyError {
    fn from(error: SealError) -> Self {
        Self::Random(error.to_string())
    }
}

impl DataKeys {
    /// Those of a workspace, with the secret from the environment where there is one.
    pub fn of(paths: &Paths, secret: Option<Secret>) -> Self {
        let half = paths.keys.join("data_aes256.key.half");
        Self { path: paths.data_key(), next: paths.data_key_next(), half, secret }
    }

    /// Where the key is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn load(&self) -> Result<Key, DataKeyError> {
        self.open(&self.path)
    }

    /// The key that a rotation was about to put in its place; `None` where none is under way.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn load_next(&self) -> Result<Option<Key>, DataKeyError> {
        match self.open(&self.next) {
            Err(DataKeyError::Missing(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether a rotation is under way.
    pub fn is_rotating(&self) -> bool {
        self.next.symlink_metadata().is_ok()
    }

    /// The key, which is made where there is none, and whether it was.
    ///
    /// # Errors
    /// It cannot be made, or the one that is there cannot be used.
    pub fn ensure(&self) -> Result<(Key, bool), DataKeyError> {
        if self.path.symlink_metadata().is_ok() {
            return Ok((self.load()?, false));
        }
        if let Some(folder) = self.path.parent() {
            files::create_private_dir(folder).map_err(failed(folder))?;
        }
        let secret = self.secret()?;
        let key = Key::generate()?;
        self.put(&self.path, &file::text(&key, secret.as_ref())?)?;
        Ok((key, true))
    }

    /// Begins a rotation, or goes on with one that was interrupted: the new key, which is on disk when this returns. It
    /// is protected as the key before it is.
    ///
    /// # Errors
    /// The keys cannot be read or written.
    pub fn begin(&self) -> Result<Key, DataKeyError> {
        if let Some(key) = self.load_next()? {
            return Ok(key);
        }
        let secret = if self.read(&self.path)?.is_protected() { self.secret()? } else { None };
        let key = Key::generate()?;
        self.put(&self.next, &file::text(&key, secret.as_ref())?)?;
        Ok(key)
    }

    /// Ends a rotation: the new key takes the place of the old one, whose bytes are overwritten as far as the file system
    /// lets a program do that.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn finish(&self) -> Result<(), DataKeyError> {
        let old = File::options().write(true).open(&self.path);
        fs::rename(&self.next, &self.path).map_err(failed(&self.path))?;
        sync_folder(&self.path).map_err(failed(&self.path))?;
        match old {
            // Somebody took it away meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            old => old.and_then(wipe).map_err(failed(&self.path)),
        }
    }

    /// Protects the key in another way. The key stays the same.
    ///
    /// # Errors
    /// The key cannot be used, the secret is none, or the file cannot be written.
    pub fn protect(&self, protection: &Protection) -> Result<(), DataKeyError> {
        let secret = match protection {
            Protection::Same => return Ok(()),
            Protection::File => None,
            Protection::Secret(secret) => Some(key_of(secret)?),
        };
        let text = file::text(&self.load()?, secret.as_ref())?;
        let old = File::options().write(true).open(&self.path);
        self.put(&self.path, &text)?;
        old.and_then(wipe).map_err(failed(&self.path))
    }

    /// Takes away what was being written when a process was killed.
    ///
    /// # Errors
    /// The file system says so.
    pub fn sweep(&self) -> Result<(), DataKeyError> {
        match File::options().write(true).open(&self.half) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            half => half
                .and_then(wipe)
                .and_then(|()| fs::remove_file(&self.half))
                .map_err(failed(&self.half)),
        }
    }

    /// Writes a file so that it holds all of its new text or is as it was. The half-written one has a name of its own:
    /// only the holder of the store's lock writes here, and what is left of it is known to be a key's.
    fn put(&self, path: &Path, text: &str) -> Result<(), DataKeyError> {
        self.sweep()?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.half).map_err(failed(&self.half))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&self.half, path))
            .and_then(|()| sync_folder(path))
            .map_err(failed(path))
    }

    fn secret(&self) -> Result<Option<Key>, DataKeyError> {
        self.secret.as_ref().map(key_of).transpose()
    }

    fn open(&self, path: &Path) -> Result<Key, DataKeyError> {
        let file = self.read(path)?;
        let secret = if file.is_protected() { self.secret()? } else { None };
        file.open(secret.as_ref()).map_err(|error| match error {
            FileError::NoSecret => DataKeyError::NoSecret(path.to_owned()),
            FileError::OtherSecret => DataKeyError::OtherSecret(path.to_owned()),
            _ => DataKeyError::Malformed(path.to_owned()),
        })
    }

    #[expect(clippy::unused_self, reason = "it belongs with those that call it")]
    fn read(&self, path: &Path) -> Result<KeyFile, DataKeyError> {
        let beyond = files::mode_beyond_owner(path).map_err(failed(path))?;
        if beyond != 0 {
            return Err(DataKeyError::Mode { path: path.to_owned(), mode: 0o600 | beyond });
        }
        let text = fs::read_to_string(path).map(zeroize::Zeroizing::new);
        let text = text.map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => DataKeyError::Malformed(path.to_owned()),
            _ => failed(path)(source),
        })?;
        KeyFile::parse(&text).map_err(|_| DataKeyError::Malformed(path.to_owned()))
    }
}

fn key_of(secret: &Secret) -> Result<Key, DataKeyError> {
    secret.key().ok_or_else(|| DataKeyError::NoKey(VARIABLE.to_owned()))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DataKeyError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::NotFound => DataKeyError::Missing(path),
        _ => DataKeyError::Io { path, source: Arc::new(source) },
    }
}

/// Overwrites a file that has no name any more. Nobody can promise that no other copy of a block is left on a disk that
/// moves what it writes; the old key is then of use only to whoever takes the disk apart.
fn wipe(mut file: File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: Option<&str>) -> (tempfile::TempDir, DataKeys) {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::at(dir.path());
        fs::create_dir(&paths.dot).unwrap();
        let keys = DataKeys::of(&paths, secret.map(Secret::new));
        (dir, keys)
    }

    #[test]
    fn a_key_is_made_once_and_is_its_owners() {
        let (_dir, keys) = keys(None);
        assert!(matches!(keys.load(), Err(DataKeyError::Missing(_))));
        let (key, made) = keys.ensure().unwrap();
        assert!(made);
        assert_eq!(keys.ensure().unwrap(), (key, false));
        assert_eq!(files::mode_beyond_owner(keys.path()).unwrap(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, keys) = keys(None);
        keys.ensure().unwrap();
        fs::set_permissions(keys.path(), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(keys.load(), Err(DataKeyError::Mode { mode: 0o640, .. })));
    }

    #[test]
    fn a_rotation_goes_on_where_it_was_and_ends_with_the_new_key() {
        let (_dir, keys) = keys(None);
        let (old, _) = keys.ensure().unwrap();
        let before = fs::read(keys.path()).unwrap();
        assert!(!keys.is_rotating());
        let new = keys.begin().unwrap();
        assert!(keys.is_rotating() && new != old);
        assert_eq!(keys.begin().unwrap(), new);
        assert_eq!((keys.load().unwrap(), keys.load_next().unwrap()), (old, Some(new)));
        fs::write(&keys.half, "dbx-data-key=1").unwrap();
        keys.sweep().unwrap();
        assert!(!keys.half.exists());
        let (mut handle, new) = (File::open(keys.path()).unwrap(), keys.begin().unwrap());
        keys.finish().unwrap();
        assert_eq!((keys.load().unwrap(), keys.load_next().unwrap()), (new, None));
        let mut left = Vec::new();
        io::Read::read_to_end(&mut handle, &mut left).unwrap();
        assert_eq!(left, vec![0; before.len()], "the old file was overwritten");
    }

    #[test]
    fn a_secret_protects_the_file_and_its_rotations() {
        let secret = "07".repeat(32);
        let (_dir, protected) = keys(Some(&secret));
        let (key, _) = protected.ensure().unwrap();
        let without = DataKeys { secret: None, ..protected.clone() };
        let other = DataKeys { secret: Some(Secret::new("08".repeat(32))), ..protected.clone() };
        let bad = DataKeys { secret: Some(Secret::new("hunter2")), ..protected.clone() };
        assert!(matches!(without.load(), Err(DataKeyError::NoSecret(_))));
        assert!(matches!(other.load(), Err(DataKeyError::OtherSecret(_))));
        assert!(matches!(bad.load(), Err(DataKeyError::NoKey(_))));
        protected.begin().unwrap();
        protected.finish().unwrap();
        assert!(matches!(without.load(), Err(DataKeyError::NoSecret(_))));
        let rotated = protected.load().unwrap();
        assert_ne!(rotated, key);
        protected.protect(&Protection::Secret(Secret::new("08".repeat(32)))).unwrap();
        assert_eq!(other.load().unwrap(), rotated);
        other.protect(&Protection::File).unwrap();
        assert_eq!(without.load().unwrap(), rotated);
    }
}
