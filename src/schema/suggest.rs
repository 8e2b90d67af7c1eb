//! The nearest known name, and names cut for messages.

/// The one of `known` that `name` was most likely meant to be.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // Longer names are no slip of a known one, and comparing them costs time.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase().replace('-', "_");
    let starts = |candidate: &&&str| lower.len() >= 3 && candidate.starts_with(&lower);
    if let Some(whole) = known.iter().find(starts) {
        return Some(whole);
    }
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let (far, best) = known
        .iter()
        .filter(|candidate| candidate.len() <= 128)
        .map(|candidate| (distance(candidate), *candidate))
        .min_by_key(|(far, _)| *far)?;
    let longer = lower.chars().count().max(best.chars().count());
    let close = far <= (longer / 3).max(1) && far < longer;
    (close || (best.len() >= 3 && lower.starts_with(best))).then_some(best)
}

/// The text, cut so that a hostile megabyte does not become a message of a megabyte, and without line breaks.
pub(super) fn shortened(text: &str) -> String {
    const CHARS: usize = 48;
    let mut out: String =
        text.chars().take(CHARS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(CHARS).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_the_name_and_other_words_do_not() {
        let known = ["required", "regex", "range", "reference", "length"];
        assert_eq!(nearest("requird", &known), Some("required"));
        assert_eq!(nearest("Required", &known), Some("required"));
        assert_eq!(nearest("lenght", &known), Some("length"));
        assert_eq!(nearest("req", &known), Some("required"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("x", &["y"]), None);
        assert_eq!(nearest("anything", &[]), None);
        assert_eq!(nearest(&"r".repeat(100_000), &known), None);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shortened(&"é".repeat(50)), format!("{}…", "é".repeat(48)));
        assert_eq!(shortened("a\nb"), "a\u{fffd}b");
    }
}
