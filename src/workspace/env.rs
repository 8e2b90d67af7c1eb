//! The environment, read once: a value that tests can make up.

use crate::clock::{Clock, Fixed, System};
use crate::error::{Error, Kind};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The variable that makes the clock stand still at a time of RFC 3339: for tests and reproducible histories.
pub const CLOCK_VARIABLE: &str = "DBX_CLOCK";

/// The environment variables and the current directory.
///
/// Everything that depends on the environment takes one of these, so that nothing else asks the process.
#[derive(Debug, Clone, Default)]
pub struct Env {
    variables: BTreeMap<OsString, OsString>,
    current_dir: Option<PathBuf>,
}

impl Env {
    /// The environment of this process, as it is now.
    pub fn process() -> Self {
        Self { variables: std::env::vars_os().collect(), current_dir: std::env::current_dir().ok() }
    }

    /// An environment with these variables only, standing in `current_dir`.
    pub fn fixed<K, V>(
        current_dir: impl Into<PathBuf>,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        Self {
            variables: variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            current_dir: Some(current_dir.into()),
        }
    }

    /// The variable as the system gives it; `None` where it is not set.
    pub fn get_os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The variable as text; `None` where it is not set or empty.
    ///
    /// Bytes that are not UTF-8 become U+FFFD, so that a check of the value refuses them by showing them.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = self.get_os(name)?;
        (!value.is_empty()).then(|| value.to_string_lossy().into_owned())
    }

    /// The system's clock, or one that stands still at [`CLOCK_VARIABLE`].
    ///
    /// # Errors
    /// The variable is set and is no time.
    pub fn clock(&self) -> Result<Arc<dyn Clock>, Error> {
        match self.get(CLOCK_VARIABLE) {
            None => Ok(Arc::new(System)),
            Some(text) => match text.parse() {
                Ok(time) => Ok(Arc::new(Fixed(time))),
                Err(error) => {
                    let message = format!("{CLOCK_VARIABLE}: {error}");
                    Err(Error::new(Kind::Invalid, "dbx::clock::invalid", message)
                        .help("unset it to use the system's clock"))
                }
            },
        }
    }

    /// Moves the process to `dir` where its current directory is gone: the storage engine asks the system for it.
    ///
    /// A `dir` that cannot be entered is left to be reported by what uses it.
    pub fn stand_in(&self, dir: &Path) {
        if self.current_dir.is_none() {
            let _ = std::env::set_current_dir(dir);
        }
    }

    /// The current directory, or `dir` as seen from it.
    ///
    /// # Errors
    /// The current directory is gone or cannot be read.
    pub fn directory(&self, dir: Option<&Path>) -> io::Result<PathBuf> {
        let current = self.current_dir.clone().ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "the current directory does not exist")
        });
        match dir {
            None => current,
            Some(dir) if dir.is_absolute() => Ok(dir.to_owned()),
            Some(dir) => Ok(current?.join(dir)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset_as_text_but_not_as_bytes() {
        let env = Env::fixed("/here", [("A", "1"), ("B", "")]);
        assert_eq!(env.get("A").as_deref(), Some("1"));
        assert_eq!(env.get("B"), None);
        assert_eq!(env.get_os("B"), Some(OsStr::new("")));
        assert_eq!(env.get_os("C"), None);
    }

    #[test]
    fn the_clock_stands_still_where_it_is_told_to() {
        let clock = |text: &str| Env::fixed("/here", [(CLOCK_VARIABLE, text)]).clock();
        let time = "2026-11-20T12:00:00.000000Z";
        assert_eq!(clock(time).unwrap().now().to_string(), time);
        assert!(clock("").unwrap().now().to_string() > time.replace("2026", "2025"));
        assert_eq!(clock("noon").unwrap_err().code(), "dbx::clock::invalid");
    }

    #[test]
    fn a_directory_is_seen_from_the_current_one() {
        let env = Env::fixed("/here", [("A", "1")]);
        assert_eq!(env.directory(None).unwrap(), Path::new("/here"));
        assert_eq!(env.directory(Some(Path::new("x"))).unwrap(), Path::new("/here/x"));
        assert_eq!(env.directory(Some(Path::new("/y"))).unwrap(), Path::new("/y"));
        assert!(Env::default().directory(None).is_err());
    }
}
