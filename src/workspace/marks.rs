//! What marks a `.dbx/` as ours. Names alone prove nothing: others have a `config.toml` too.

use super::files::TEMPORARY_PREFIX;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// How our `.gitignore` begins, which is the first file made in a `.dbx/`.
const GITIGNORE_MARK: &str = "# Made by dbx";

/// The lock file, which the store makes before it looks at anything.
const LOCK: &str = "lock";

/// How the lock file begins while it is held; empty otherwise.
const LOCK_MARK: &str = "pid=";

/// How every FORMAT file begins.
const FORMAT_MARK: &str = "dbx-format=";

/// The name of something in the folder `dot`, if it was made by another program.
///
/// It is ours if it has our `.gitignore` or our FORMAT, or nothing yet but what a crash left. One mark is enough: where the
/// other is damaged, that is to be reported as damage and not passed over.
///
/// # Errors
/// The folder or a mark in it cannot be read.
pub fn stranger(dot: &Path) -> io::Result<Option<String>> {
    // The names first: an `init` that runs beside this one makes its mark before it makes anything else.
    let mut names = Vec::new();
    for entry in fs::read_dir(dot)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    if begins_with(&dot.join("FORMAT"), FORMAT_MARK)?
        || begins_with(&dot.join(".gitignore"), GITIGNORE_MARK)?
    {
        return Ok(None);
    }
    let lock = dot.join(LOCK);
    // A command that found an empty folder left its lock there and no more.
    let ours = is_empty(&lock)? || begins_with(&lock, LOCK_MARK)?;
    let left = |name: &String| name.starts_with(TEMPORARY_PREFIX) || (ours && name == LOCK);
    Ok(names.into_iter().find(|name| !left(name)))
}

fn is_empty(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file() && metadata.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn begins_with(path: &Path, mark: &str) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        // Opening a pipe would wait for its writer.
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut start = vec![0; mark.len()];
    match File::open(path)?.read_exact(&mut start) {
        Ok(()) => Ok(start == mark.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and contents.
    type Files = &'static [(&'static str, &'static str)];

    const OURS: &str = include_str!("../../templates/gitignore");

    #[test]
    fn one_mark_is_enough_and_names_are_none() {
        let cases: [(Files, Option<&str>); 11] = [
            (&[], None),
            (&[(".dbx-tmp-1", "x")], None),
            (&[(".gitignore", OURS), ("x", "")], None),
            (&[("FORMAT", "dbx-format=2\n"), ("x", "")], None),
            (&[("FORMAT", "dam"), (".gitignore", OURS)], None),
            (&[("FORMAT", "dbx-form"), ("config.toml", "")], Some("FORMAT")),
            (&[("config.toml", "port = 7070\n")], Some("config.toml")),
            (&[(".gitignore", "*\n")], Some(".gitignore")),
            (&[("lock", "")], None),
            (&[("lock", "pid=7\nsince=")], None),
            (&[("lock", "held")], Some("lock")),
        ];
        for (files, expected) in cases {
            let dir = tempfile::tempdir().unwrap();
            for (name, text) in files {
                fs::write(dir.path().join(name), text).unwrap();
            }
            assert_eq!(stranger(dir.path()).unwrap().as_deref(), expected, "{files:?}");
        }
    }

    #[test]
    fn a_folder_with_the_name_of_a_mark_is_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("FORMAT")).unwrap();
        assert_eq!(stranger(dir.path()).unwrap().as_deref(), Some("FORMAT"));
        assert!(stranger(&dir.path().join("nowhere")).is_err());
    }
}
