//! Text that fits: widths in cells, cuts between graphemes, and nothing that would steer the terminal.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many cells `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with everything spelled out that would steer a terminal: control characters, and the marks that turn the
/// direction of text around.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let steers =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let spelled = |c: char| match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        c if steers(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    Cow::Owned(text.chars().map(spelled).collect())
}

/// The longest beginning of `text` that takes at most `cells`.
pub(crate) fn head(text: &str, cells: usize) -> &str {
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        taken += grapheme.width();
        if taken > cells {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The longest end of `text` that takes at most `cells`.
pub(crate) fn tail(text: &str, cells: usize) -> &str {
    let (mut taken, mut from) = (0, text.len());
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        taken += grapheme.width();
        if taken > cells {
            break;
        }
        from = at;
    }
    text.get(from..).unwrap_or_default()
}

/// `text` in at most `cells`, with `mark` where its end was cut off.
pub(crate) fn fit<'a>(text: &'a str, cells: usize, mark: &str) -> Cow<'a, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    match cells.checked_sub(mark.width()) {
        Some(room) => Cow::Owned(format!("{}{mark}", head(text, room))),
        None => Cow::Borrowed(head(text, cells)),
    }
}

/// `text` in at most `cells`, cut in the middle: ids differ at their ends.
pub(crate) fn middle<'a>(text: &'a str, cells: usize, mark: &str) -> Cow<'a, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(mark.width()).filter(|room| *room >= 2) else {
        return fit(text, cells, mark);
    };
    let behind = room / 2;
    Cow::Owned(format!("{}{mark}{}", head(text, room - behind), tail(text, behind)))
}

/// `text` with spaces behind it up to `cells`.
pub(crate) fn pad(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(text.width())))
}

/// `text` with spaces before it up to `cells`.
pub(crate) fn pad_left(text: &str, cells: usize) -> String {
    format!("{}{text}", " ".repeat(cells.saturating_sub(text.width())))
}

/// The text in lines of at most `cells`, broken between words where there are any.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(line) = lines.last_mut() {
            let gap = usize::from(!line.is_empty());
            if line.width() + gap + rest.width() <= cells || cells == 0 {
                line.extend([&" "[..gap], rest]);
                break;
            }
            if !line.is_empty() {
                lines.push(String::new());
                continue;
            }
            // A word that no line can hold is cut, by a grapheme at least.
            let cut = head(rest, cells);
            let cut =
                if cut.is_empty() { rest.graphemes(true).next().unwrap_or(rest) } else { cut };
            line.push_str(cut);
            rest = rest.strip_prefix(cut).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_fall_between_graphemes() {
        assert_eq!(fit("order-42", 8, "…"), "order-42");
        assert_eq!(fit("order-42", 6, "…"), "order…");
        assert_eq!(fit("日本語", 4, "…"), "日…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
        assert_eq!(fit("abc", 0, "…"), "");
        assert_eq!(middle("9f2c00000000a1e0", 9, "…"), "9f2c…a1e0");
        assert_eq!(middle("abcdef", 2, "…"), "a…");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\n\u{202e}"), "a\\u{1b}[2Jb\\n\\u{202e}");
        assert!(matches!(visible("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(wrap("", 3), [""]);
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in "\\PC{0,40}", cells in 0_usize..30) {
            for cut in [fit(&text, cells, "…"), middle(&text, cells, "…")] {
                prop_assert!(width(&cut) <= cells);
            }
            prop_assert!(width(tail(&text, cells)) <= cells);
            // What cannot be cut is as wide as it is.
            let fits = |line: &String| width(line) <= cells.max(1) || line.graphemes(true).count() <= 1;
            prop_assert!(wrap(&text, cells.max(1)).iter().all(fits), "{:?}", wrap(&text, cells));
        }
    }
}
