//! The nearest `.dbx/`, walking up from a directory as git does.

use super::env::Env;
use super::marks;
use super::paths::{DOT, Paths};
use crate::error::{Error, Kind};
use std::io;
use std::path::{Path, PathBuf};

/// The variable that stops the walk: absolute directories, separated by colons (by semicolons on Windows).
pub const CEILING_VARIABLE: &str = "DBX_CEILING_DIRECTORIES";

/// Why no workspace was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// No directory from here up has a `.dbx/`.
    #[error("no dbx workspace in `{}` or any directory above it", start.display())]
    NotFound {
        /// Where the walk began.
        start: PathBuf,
        /// The ceiling that ended it, which was not looked at itself.
        ceiling: Option<PathBuf>,
        /// The nearest `.dbx/` that another program made, which was passed over.
        passed_over: Option<PathBuf>,
    },
    /// The directory to begin in is none.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// The path that was given.
        path: PathBuf,
    },
    /// The directory to begin in cannot be reached.
    #[error("cannot look at `{}`: {source}", path.display())]
    Io {
        /// The path that was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<DiscoverError> for Error {
    fn from(error: DiscoverError) -> Self {
        let message = error.to_string();
        match error {
            DiscoverError::NotFound { ceiling, passed_over, .. } => {
                let passed_over = passed_over.map_or(String::new(), |dot| {
                    format!("; `{}` was made by another program: passed over", dot.display())
                });
                let stopped = ceiling.map_or(String::new(), |ceiling| {
                    let ceiling = ceiling.display();
                    format!("; the search stopped below `{ceiling}` because of {CEILING_VARIABLE}")
                });
                let help = format!(
                    "make one here with `dbx init`, or point at one with `-C DIR`{passed_over}{stopped}"
                );
                Self::new(Kind::Invalid, "dbx::workspace::not_found", message).help(help)
            }
            DiscoverError::NotADirectory { .. } | DiscoverError::Io { .. } => {
                Self::new(Kind::Invalid, "dbx::workspace::directory", message)
                    .help("give a directory that exists and that you may enter")
            }
        }
    }
}

/// Finds the workspace that `start` is in.
///
/// `start` itself is always looked at. Then its parents are, up to the nearest proper ancestor that
/// [`CEILING_VARIABLE`] names, which is not looked at: the rule of `GIT_CEILING_DIRECTORIES` in `git(1)`. As there, a
/// ceiling may be a symbolic link unless it stands behind an empty entry, and one that is `start` itself has no effect.
/// A `.dbx/` that another program made is passed over, as git passes over a `.git/` that is none.
///
/// # Errors
/// There is no `.dbx/`, or `start` is not a directory that can be read.
pub fn discover(start: &Path, env: &Env) -> Result<Paths, DiscoverError> {
    let walk = Walk::from(start, env)?;
    if let Some(root) = walk.directories().find(|directory| is_workspace(directory)) {
        return Ok(Paths::at(root));
    }
    let passed_over =
        walk.directories().map(|directory| directory.join(DOT)).find(|dot| dot.is_dir());
    Err(DiscoverError::NotFound { passed_over, start: walk.start, ceiling: walk.ceiling })
}

/// The workspace above `start`, without looking at `start` itself.
///
/// # Errors
/// `start` is not a directory that can be read.
pub fn enclosing(start: &Path, env: &Env) -> Result<Option<Paths>, DiscoverError> {
    let walk = Walk::from(start, env)?;
    let found = walk.directories().skip(1).find(|directory| is_workspace(directory));
    Ok(found.map(Paths::at))
}

/// A `.dbx/` that cannot be looked into counts: whoever opens it says why.
fn is_workspace(directory: &Path) -> bool {
    let dot = directory.join(DOT);
    dot.is_dir() && !matches!(marks::stranger(&dot), Ok(Some(_)))
}

struct Walk {
    start: PathBuf,
    ceiling: Option<PathBuf>,
}

impl Walk {
    fn from(start: &Path, env: &Env) -> Result<Self, DiscoverError> {
        let start = start
            .canonicalize()
            .map_err(|source| DiscoverError::Io { path: start.to_owned(), source })?;
        if !start.is_dir() {
            return Err(DiscoverError::NotADirectory { path: start });
        }
        let ceiling = ceilings(env)
            .into_iter()
            .filter(|ceiling| *ceiling != start && start.starts_with(ceiling))
            .max_by_key(|ceiling| ceiling.components().count());
        Ok(Self { start, ceiling })
    }

    fn directories(&self) -> impl Iterator<Item = &Path> {
        self.start.ancestors().take_while(|directory| Some(*directory) != self.ceiling.as_deref())
    }
}

fn ceilings(env: &Env) -> Vec<PathBuf> {
    let Some(list) = env.get_os(CEILING_VARIABLE) else { return Vec::new() };
    let mut resolve = true;
    let mut ceilings = Vec::new();
    for entry in std::env::split_paths(list) {
        if entry.as_os_str().is_empty() {
            resolve = false;
        } else if entry.is_absolute() {
            let resolved = if resolve { entry.canonicalize().ok() } else { None };
            ceilings.push(resolved.unwrap_or(entry));
        }
    }
    ceilings
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    /// `top/a/b/c`, with workspaces where `with` says.
    fn tree(with: &[&str]) -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap().join("top");
        fs::create_dir_all(top.join("a/b/c")).unwrap();
        for path in with {
            fs::create_dir(top.join(path).join(DOT)).unwrap();
        }
        (dir, top)
    }

    fn env(ceiling: &Path) -> Env {
        Env::fixed("/", [(CEILING_VARIABLE, ceiling.as_os_str())])
    }

    #[test]
    fn the_nearest_wins() {
        let (_dir, top) = tree(&["", "a"]);
        let env = env(Path::new(""));
        assert_eq!(discover(&top.join("a/b/c"), &env).unwrap().root, top.join("a"));
        assert_eq!(discover(&top, &env).unwrap().root, top);
        assert_eq!(enclosing(&top.join("a"), &env).unwrap().unwrap().root, top);
    }

    #[test]
    fn a_ceiling_is_not_looked_at_unless_it_is_the_start() {
        let (_dir, top) = tree(&["a"]);
        let below = env(&top.join("a"));
        let error = discover(&top.join("a/b/c"), &below).unwrap_err();
        assert!(
            matches!(&error, DiscoverError::NotFound { ceiling: Some(c), .. } if *c == top.join("a"))
        );
        assert!(Error::from(error).help_text().unwrap().contains("dbx init"));
        assert_eq!(discover(&top.join("a"), &below).unwrap().root, top.join("a"));
        assert_eq!(discover(&top.join("a/b"), &env(&top)).unwrap().root, top.join("a"));
    }

    #[test]
    fn the_nearest_ceiling_counts_and_relative_ones_do_not() {
        let (_dir, top) = tree(&["a"]);
        let list =
            std::env::join_paths([top.clone(), top.join("a/b"), PathBuf::from("a")]).unwrap();
        assert!(discover(&top.join("a/b/c"), &env(Path::new(&list))).is_err());
        assert!(discover(&top.join("a/b"), &env(Path::new(&list))).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_ceiling_may_be_a_link_unless_behind_an_empty_entry() {
        let (dir, top) = tree(&["a"]);
        let link = dir.path().canonicalize().unwrap().join("link");
        std::os::unix::fs::symlink(top.join("a"), &link).unwrap();
        assert!(discover(&top.join("a/b"), &env(&link)).is_err());
        let verbatim = std::env::join_paths([PathBuf::new(), link]).unwrap();
        assert!(discover(&top.join("a/b"), &env(Path::new(&verbatim))).is_ok());
    }

    #[test]
    fn a_file_is_no_workspace_and_no_start() {
        let (_dir, top) = tree(&[]);
        fs::write(top.join("a/b").join(DOT), "").unwrap();
        let env = env(&top);
        assert!(matches!(discover(&top.join("a/b"), &env), Err(DiscoverError::NotFound { .. })));
        assert!(matches!(
            discover(&top.join("a/b").join(DOT), &env),
            Err(DiscoverError::NotADirectory { .. })
        ));
        assert!(matches!(discover(&top.join("nowhere"), &env), Err(DiscoverError::Io { .. })));
    }
}
