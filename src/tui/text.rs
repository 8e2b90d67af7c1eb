//! Text that fits: widths in cells, cuts between graphemes, and nothing that would steer the terminal.

use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many cells `text` takes, as it is shown.
pub(crate) fn width(text: &str) -> usize {
    visible(text).width()
}

/// Whether a character would steer a terminal, or stands there without being seen.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'
            | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character joins or parts the letters around it, as many scripts and pictures need.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// The text with everything spelled out that would steer a terminal or that nobody sees: control characters, the marks that
/// turn the direction of text around, and what has no width.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        return Cow::Borrowed(text);
    }
    if !text.chars().any(|c| is_hidden(c) || is_joiner(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        // Between letters that have nothing to be joined, a joiner is as hidden as the others.
        let joins = |other: Option<&char>| other.is_some_and(|other| !other.is_ascii());
        let idle = is_joiner(c) && !(joins(before.as_ref()) && joins(letters.peek()));
        match c {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            // As JSON does (RFC 8259, 7), so that what is shown of a document still is that document.
            c if idle || is_hidden(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            }
            c => shown.push(c),
        }
        before = Some(c);
    }
    Cow::Owned(shown)
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
    // Of a text of megabytes only what is shown is looked at.
    let text = start(text, cells);
    let text = visible(text);
    let whole = head(&text, cells).len() == text.len();
    match cells.checked_sub(mark.width()) {
        _ if whole => text,
        Some(room) => Cow::Owned(format!("{}{mark}", head(&text, room))),
        None => Cow::Owned(head(&text, cells).to_owned()),
    }
}

/// The beginning of a text that has more than so many cells, if the text has.
fn start(text: &str, cells: usize) -> &str {
    // As many bytes as no cell takes but one under a heap of accents.
    let most = cells.saturating_add(1).saturating_mul(64);
    if text.len() <= most {
        return text;
    }
    (0..=most).rev().find_map(|at| text.get(..at)).unwrap_or(text)
}

/// `text` in at most `cells`, cut in the middle: ids differ at their ends.
pub(crate) fn middle<'a>(text: &'a str, cells: usize, mark: &str) -> Cow<'a, str> {
    let shown = visible(text);
    if shown.width() <= cells {
        return shown;
    }
    let Some(room) = cells.checked_sub(mark.width()).filter(|room| *room >= 2) else {
        return fit(text, cells, mark);
    };
    let behind = room / 2;
    Cow::Owned(format!("{}{mark}{}", head(&shown, room - behind), tail(&shown, behind)))
}

/// `text` with spaces behind it up to `cells`.
pub(crate) fn pad(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

/// `text` with spaces before it up to `cells`.
pub(crate) fn pad_left(text: &str, cells: usize) -> String {
    format!("{}{text}", " ".repeat(cells.saturating_sub(width(text))))
}

/// The text in lines of at most `cells`, broken between words where there are any.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word = visible(word);
        let mut rest: &str = &word;
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
        assert_eq!(visible("a\u{1b}[2Jb\n\u{202e}"), "a\\u001b[2Jb\\n\\u202e");
        assert!(matches!(visible("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn what_nobody_sees_is_spelled_out_and_counted() {
        assert_eq!(visible("a\u{200b}b\u{feff}"), "a\\u200bb\\ufeff");
        assert_eq!(visible("pay\u{200d}pal \u{ad}"), "pay\\u200dpal \\u00ad");
        // A family, a word of Persian, an accent: these are seen.
        for seen in ["\u{1f468}\u{200d}\u{1f469}", "\u{645}\u{6cc}\u{200c}\u{62e}", "e\u{301}"] {
            assert_eq!(visible(seen), seen);
        }
        assert_eq!(visible("\u{e0041}"), "\\udb40\\udc41");
        assert_eq!(width("a\u{200b}"), 7);
        assert_eq!(pad("\t", 3), "\t ");
        assert_eq!(fit("a\u{200b}b", 4, "…"), "a\\u…");
        assert_eq!(fit("a\nb", 4, "…"), "a\\nb");
        let long = "x".repeat(1 << 20);
        assert_eq!(fit(&long, 3, "…"), "xx…");
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
            prop_assert!(width(tail(&visible(&text), cells)) <= cells);
            // What cannot be cut is as wide as it is.
            let fits = |line: &String| width(line) <= cells.max(1) || line.graphemes(true).count() <= 1;
            prop_assert!(wrap(&text, cells.max(1)).iter().all(fits), "{:?}", wrap(&text, cells));
        }
    }
}
