//! Where everything of a workspace lies.

use std::path::{Path, PathBuf};

/// The name of the folder that makes a directory a workspace.
pub const DOT: &str = ".dbx";

/// The name of the schema's source, beside [`DOT`].
pub const SCHEMA_FILE: &str = "schema.dbx";

/// The paths of one workspace. Only `root` needs to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The directory that holds `.dbx/`: the repository.
    pub root: PathBuf,
    /// `.dbx/`
    pub dot: PathBuf,
    /// The store's folder: `.dbx/store/`, or where `data_dir` says. Nothing but the store writes in there.
    pub store: PathBuf,
    /// `schema.dbx`, which is committed.
    pub schema_file: PathBuf,
    /// `.dbx/config.toml`
    pub config: PathBuf,
    /// `.dbx/FORMAT`: what the store is, written last when a workspace is made.
    pub format: PathBuf,
    /// `.dbx/keys/`
    pub keys: PathBuf,
    /// `.dbx/cli.token`: the bootstrap token.
    pub cli_token: PathBuf,
    /// `.dbx/log/`: what the daemon wrote down.
    pub log: PathBuf,
}

impl Paths {
    /// Which folder `.dbx/` is, whatever its name is by now; `None` where it cannot be looked at. Stable for as long as it is
    /// there, and another one for every copy.
    pub fn home(&self) -> Option<String> {
        use std::os::unix::fs::MetadataExt as _;
        let folder = std::fs::metadata(&self.dot).ok()?;
        Some(format!("{}:{}", folder.dev(), folder.ino()))
    }

    /// The paths of the workspace whose `.dbx/` lies in `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let dot = root.join(DOT);
        Self {
            store: dot.join("store"),
            schema_file: root.join(SCHEMA_FILE),
            config: dot.join("config.toml"),
            format: dot.join("FORMAT"),
            keys: dot.join("keys"),
            cli_token: dot.join("cli.token"),
            log: dot.join("log"),
            root,
            dot,
        }
    }

    /// The same with the store in `data_dir`, which is seen from `root` where it is relative.
    #[must_use]
    pub fn with_data_dir(mut self, data_dir: Option<&Path>) -> Self {
        self.store = match data_dir {
            Some(dir) => self.root.join(dir),
            None => self.dot.join("store"),
        };
        self
    }

    /// `.dbx/dbx.sock`: where a running owner of the store listens, unless the path is too long for a socket.
    pub fn socket(&self) -> PathBuf {
        self.dot.join("dbx.sock")
    }

    /// `.dbx/daemon.json`: what a running owner says of itself.
    pub fn daemon_file(&self) -> PathBuf {
        self.dot.join("daemon.json")
    }

    /// `.dbx/keys/token_ed25519.pem`: the key that signs tokens.
    pub fn token_key(&self) -> PathBuf {
        self.keys.join("token_ed25519.pem")
    }

    /// `.dbx/keys/checkpoint_ed25519.pem`: the key that signs checkpoints, made when the first one is signed.
    pub fn checkpoint_key(&self) -> PathBuf {
        self.keys.join("checkpoint_ed25519.pem")
    }

    /// `.dbx/keys/data_aes256.key`: the master key of an encrypted workspace.
    pub fn data_key(&self) -> PathBuf {
        self.keys.join("data_aes256.key")
    }

    /// `.dbx/keys/data_aes256.key.next`: the master key that a rotation is about to put in its place.
    pub fn data_key_next(&self) -> PathBuf {
        self.keys.join("data_aes256.key.next")
    }

    /// `path` as seen from the root, for messages; `path` itself where it lies elsewhere.
    pub fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_moves_and_nothing_else_does() {
        let paths = Paths::at("/repo");
        assert_eq!(paths.store, Path::new("/repo/.dbx/store"));
        let moved = paths.clone().with_data_dir(Some(Path::new("data")));
        assert_eq!(moved.store, Path::new("/repo/data"));
        assert_eq!(moved.clone().with_data_dir(None), paths);
        let far = moved.with_data_dir(Some(Path::new("/far")));
        assert_eq!(far.store, Path::new("/far"));
        assert_eq!(far.format, paths.format);
        assert_eq!(paths.relative(&paths.token_key()), Path::new(".dbx/keys/token_ed25519.pem"));
    }
}
