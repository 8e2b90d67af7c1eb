//! Associated data: what a ciphertext belongs to.

/// The associated data of a ciphertext: it opens only where it is asked for with the same, so that it cannot be moved to
/// another place.
///
/// Every part is written with its length before it: no two lists of parts give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context(Vec<u8>);

impl Context {
    /// Begins with what kind of thing is sealed.
    pub fn new(what: &str) -> Self {
        Self(Vec::with_capacity(128)).part(what.as_bytes())
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let joined = |parts: &[&str]| {
            let begin = Context::new("x");
            parts.iter().fold(begin, |context, part| context.part(part.as_bytes()))
        };
        assert_ne!(joined(&["ab", "c"]), joined(&["a", "bc"]));
        assert_ne!(joined(&["a", ""]), joined(&["a"]));
        assert_eq!(joined(&["a", "b"]), joined(&["a", "b"]));
    }
}
