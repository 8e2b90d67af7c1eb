//! The project's own sources, for tests that hold them to its rules.

use std::path::{Path, PathBuf};

/// The folder of `Cargo.toml`.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of Rust.
pub(crate) struct Source {
    /// Its path as seen from the project, with slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    /// The lines before the tests; none of a file that is all tests.
    pub(crate) fn before_tests(&self) -> Vec<&str> {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let mut rest = self.text.lines().peekable();
        while let Some(line) = rest.next() {
            if line.trim() != "#[cfg(test)]" {
                lines.push(line);
            } else if rest.next_if(|next| next.trim_end().ends_with(';')).is_none() {
                // Not a module in a file of its own: the tests themselves, which end the file.
                break;
            }
        }
        lines
    }

    /// The code before the tests, without comments.
    pub(crate) fn code(&self) -> String {
        let mut code = String::new();
        for line in self.before_tests() {
            // A `//` inside a string cuts the line short too, which loses nothing that a path could be in.
            code.push_str(line.split_once("//").map_or(line, |(before, _)| before));
            code.push('\n');
        }
        code
    }
}

/// Every file of Rust below `folder` of the project, sorted by path.
pub(crate) fn rust_files(folder: &str) -> Vec<Source> {
    let mut files = Vec::new();
    collect(&project().join(folder), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| Source {
            text: std::fs::read_to_string(&path).unwrap(),
            path: path
                .strip_prefix(project())
                .unwrap()
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/"),
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
