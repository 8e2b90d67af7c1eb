//! Signed notes, checkpoints and keys: each has one spelling, and a signature is of one text only.

use super::parts;
use dbx::proof::{Checkpoint, SignedNote, VerifierKey};

/// A checkpoint that was signed once, and by whom.
const SIGNED: &str = include_str!("seeds/note/checkpoint.txt");

/// A note and a key.
pub fn run(data: &[u8]) {
    let Some([text, key]) = parts(data) else { return };
    let [known, own] = parts(SIGNED.as_bytes()).expect("a note and its key");
    let known: SignedNote = known.parse().expect("a note");
    let own: VerifierKey = own.parse().expect("a key");
    assert!(known.verify(&own).is_ok());
    let key = key.parse::<VerifierKey>().inspect(|read| assert_eq!(read.to_string(), key));
    if let Ok(note) = text.parse::<SignedNote>() {
        assert_eq!(note.to_string(), text, "one spelling");
        if note.verify(&own).is_ok() {
            assert_eq!(note.text, known.text, "this key signed nothing else");
        }
        if let Ok(key) = key {
            let _verdict = note.verify(&key);
        }
        checkpoint(&note.text);
    }
    checkpoint(text);
}

fn checkpoint(text: &str) {
    let Ok(read) = text.parse::<Checkpoint>() else { return };
    let shown = read.to_string();
    assert!(text.starts_with(&shown), "what comes behind it is an extension");
    assert_eq!(shown.parse(), Ok(read));
}
