//! Damage as a failing disk does it.

use std::path::PathBuf;

/// Changes the first byte of `text` wherever a file below `folder` holds it in plain bytes, and says how often.
pub(crate) fn damage(folder: PathBuf, text: &str) -> usize {
    let mut changed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            changed += damage(path, text);
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let found: Vec<usize> =
            (0..bytes.len()).filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect();
        for at in &found {
            bytes[*at] ^= 0x20;
        }
        std::fs::write(&path, bytes).unwrap();
        changed += found.len();
    }
    changed
}
