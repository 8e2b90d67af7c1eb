//! What a log says of itself at one size: the text of a checkpoint (<https://c2sp.org/tlog-checkpoint>).
//!
//! ```text
//! dbx/9a0364b9-e99b-4808-9d07-2f1f5b2a1a0c
//! 7462
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! ```
//!
//! Origin, number of leaves, root in base64; further lines are extensions, which dbx writes none of and ignores.

use super::hash::EMPTY_ROOT;
use crate::domain::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;

/// The size and root of a log, and whose log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `dbx/` and the uuid of its store, unless whoever signed it chose another name.
    pub origin: String,
    /// How many leaves it had.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A text that is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: {0}")]
pub struct CheckpointError(&'static str);

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = STANDARD.encode(self.root.as_bytes());
        writeln!(f, "{}\n{}\n{root}", self.origin, self.size)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError("it has no line end"))?;
        let mut lines = body.split('\n');
        let mut line = |what| lines.next().filter(|line| !line.is_empty()).ok_or(what);
        let origin = line(CheckpointError("the origin is missing"))?.to_owned();
        let number = line(CheckpointError("the size is missing"))?;
        let size = number.parse::<u64>().ok().filter(|size| size.to_string() == number);
        let size = size.ok_or(CheckpointError("the size is no whole number"))?;
        let root = line(CheckpointError("the root is missing"))?;
        let root: Option<[u8; 32]> = STANDARD.decode(root).ok().and_then(|it| it.try_into().ok());
        let root = Hash(root.ok_or(CheckpointError("the root is not 32 bytes in base64"))?);
        if lines.any(str::is_empty) {
            return Err(CheckpointError("an extension is empty"));
        }
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError("the root of an empty log is another one"));
        }
        Ok(Self { origin, size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification.
    const TEXT: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn reads_and_writes_the_example_of_the_specification() {
        let checkpoint: Checkpoint = TEXT.parse().unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.root.short(), "0ac5186a");
        assert_eq!(checkpoint.to_string(), TEXT);
        assert_eq!(format!("{TEXT}more\n").parse(), Ok(checkpoint));
    }

    #[test]
    fn anything_else_is_refused() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for text in [
            String::new(),
            "a\n1\n".to_owned(),
            format!("a\n1\n{root}"),
            format!("\n1\n{root}\n"),
            format!("a\n01\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n0\n{root}\n"),
            format!("a\n1\n{root}\n\n"),
            format!("a\n1\n{}\n", &root[4..]),
            // The same bytes, with bits set that base64 leaves unused.
            "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n".to_owned(),
        ] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
        }
    }
}
