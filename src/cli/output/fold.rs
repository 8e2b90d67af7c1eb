//! Text in lines that a narrow terminal does not cut inside a word.

use unicode_width::UnicodeWidthStr as _;

/// Breaks a text between words into lines of at most `width` columns, of which `used` are taken in the first one; the
/// others begin with `indent` blanks. A word that is longer than a line stays whole, as one copies it.
pub(super) fn fold(text: &str, used: usize, indent: usize, width: usize) -> String {
    let (mut out, mut used) = (String::with_capacity(text.len()), used);
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            if used + 1 + word.width() > width {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                used = indent;
            } else {
                out.push(' ');
                used += 1;
            }
        }
        out.push_str(word);
        used += word.width();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn lines_end_between_words() {
        assert_eq!(fold("one two three four", 6, 6, 16), "one two\n      three four");
        assert_eq!(
            fold("a-word-beyond-the-line is whole", 0, 2, 10),
            "a-word-beyond-the-line\n  is whole"
        );
        assert_eq!(fold("日本 日本 日本", 0, 0, 9), "日本 日本\n日本");
        assert_eq!(fold("", 4, 4, 1), "");
    }
}
