//! The small files of a workspace: FORMAT, ANCHOR, `config.toml`, a key. What is read is written as the same, and what
//! is wrong is an error that points into the file.

use super::assert_within;
use dbx::store::disk::{Anchor, Format};
use dbx::workspace::config::{self, Overrides};
use dbx::workspace::{ConfigError, Env, Key, Paths, TokenKey};
use std::cell::OnceCell;
use std::path::Path;
use tempfile::TempDir;

const FORMAT: &str = include_str!("seeds/files/format");

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// A number that says which file, and its bytes.
pub fn run(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let in_memory = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(in_memory).path();
        match kind % 4 {
            0 => format(folder, bytes),
            1 => anchor(folder, bytes),
            2 => configuration(folder, bytes),
            _ => key(folder, bytes),
        }
    });
}

fn format(folder: &Path, bytes: &[u8]) {
    let path = folder.join("FORMAT");
    // As it is, and with the checksum that the lines before it ask for.
    let text = String::from_utf8_lossy(bytes);
    let lines = text.rfind("crc32c=").map_or("", |at| &text[..at]);
    let sealed = format!("{lines}crc32c={:08x}\n", crc32c::crc32c(lines.as_bytes()));
    for content in [bytes, sealed.as_bytes()] {
        std::fs::write(&path, content).unwrap();
        match Format::read(folder) {
            Ok(read) => {
                read.write(folder).expect("what was read can be written");
                assert_eq!(Format::read(folder).unwrap(), read);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn anchor(folder: &Path, bytes: &[u8]) {
    std::fs::write(folder.join("FORMAT"), &FORMAT[1..]).unwrap();
    let store = Format::read(folder).unwrap().store;
    let path = folder.join("ANCHOR");
    let mut sealed = bytes.to_vec();
    for slot in [0, 4096] {
        if let Some(slot) = sealed.get_mut(slot..slot + 128) {
            let sum = crc32c::crc32c(&slot[..124]);
            slot[124..].copy_from_slice(&sum.to_le_bytes());
        }
    }
    for content in [bytes, &sealed] {
        std::fs::write(&path, content).unwrap();
        let Ok(mut read) = Anchor::open(folder, store) else { continue };
        let (state, sequence) = (*read.state(), read.sequence());
        if sequence < u64::MAX {
            read.write(state).unwrap();
            let again = Anchor::open(folder, store).expect("what was written can be read");
            assert_eq!((again.state(), again.sequence()), (&state, sequence + 1));
        }
    }
}

fn configuration(folder: &Path, bytes: &[u8]) {
    let paths = Paths::at(folder);
    std::fs::create_dir_all(&paths.dot).unwrap();
    std::fs::write(&paths.config, bytes).unwrap();
    let env = Env::fixed(folder, std::iter::empty::<(String, String)>());
    let load = || config::load(&paths, &env, &Overrides::new());
    match load() {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                assert_within(&loaded.source.text, &warning.span);
            }
            std::fs::write(&paths.config, loaded.config.to_toml()).unwrap();
            let again = load().expect("what is shown can be read").config;
            for key in Key::ALL {
                assert_eq!(again.get(key), loaded.config.get(key), "{key}");
            }
        }
        Err(ConfigError::File { file, problems }) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert_within(&file.text, &problem.span);
                assert!(!problem.message.is_empty() && !problem.message.ends_with('.'));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn key(folder: &Path, bytes: &[u8]) {
    let path = folder.join("key.pem");
    std::fs::write(&path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    if let Ok(key) = TokenKey::load(&path) {
        assert_eq!(key.sign(b"message").len(), 64);
    }
}
