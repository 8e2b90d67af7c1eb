//! Patterns in which `*` stands for any characters.

/// Whether `text` fits `pattern`. In time of the product of both lengths, at worst.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut here) = (0, 0);
    // The last star, and how far what it stands for reached when it was tried last.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(here) {
        match pattern.get(at) {
            // First: a star of the text is matched by a star, as any character is.
            Some(b'*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(found) if found == byte => {
                at += 1;
                here += 1;
            }
            _ => {
                let Some((place, reached)) = star else { return false };
                star = Some((place, reached + 1));
                at = place + 1;
                here = reached + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// Whether the pattern fits every text.
pub(super) fn is_any(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: a star stands for nothing, or for one character and then again for anything.
    fn defined(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                defined(rest, text) || text.split_first().is_some_and(|(_, t)| defined(pattern, t))
            }
            ([p, rest @ ..], [t, more @ ..]) => p == t && defined(rest, more),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_glob_is_what_its_definition_says(pattern in "[ab*]{0,6}", text in "[ab*]{0,6}") {
            // The text has no stars of its own but where patterns are compared: there they are characters.
            prop_assert_eq!(matches(&pattern, &text), defined(pattern.as_bytes(), text.as_bytes()));
            prop_assert_eq!(is_any(&pattern), matches(&pattern, "") && matches(&pattern, "x"));
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let pattern = "*a".repeat(60) + "b";
        assert!(!matches(&pattern, &"a".repeat(128)));
    }
}
