//! Two texts side by side, line by line.

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Same,
    Added,
    Removed,
}

/// A line of one text or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiffLine {
    pub(crate) fate: Fate,
    /// Its number in the text that it is in; in the later one where it is in both.
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// The most pairs of lines that are held against each other: some milliseconds. Beyond that everything between the common
/// beginning and the common end counts as written anew.
const PAIRS_MAX: usize = 4_000_000;

/// Every line of both texts, in order; what is gone comes before what is there instead.
pub(crate) fn difference(old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let common = |(one, other): &(&&str, &&str)| one == other;
    let head = old.iter().zip(&new).take_while(common).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(common).count();
    let line =
        |fate, at: usize, text: &str| DiffLine { fate, number: at + 1, text: text.to_owned() };
    let range = |lines: &[&'_ str], from: usize, to: usize, fate| -> Vec<DiffLine> {
        let lines = lines.get(from..to).unwrap_or_default().iter().enumerate();
        lines.map(|(at, text)| line(fate, from + at, text)).collect()
    };
    let mut found = range(&new, 0, head, Fate::Same);
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let pairs = (old_end - head).saturating_mul(new_end - head);
    if pairs > PAIRS_MAX {
        found.extend(range(&old, head, old_end, Fate::Removed));
        found.extend(range(&new, head, new_end, Fate::Added));
    } else {
        between(&old, &new, (head, old_end), (head, new_end), &mut found);
    }
    found.extend(range(&new, new_end, new.len(), Fate::Same));
    found
}

/// The lines between the common ends, by the longest common subsequence.
fn between(
    old: &[&str],
    new: &[&str],
    (old_from, old_to): (usize, usize),
    (new_from, new_to): (usize, usize),
    found: &mut Vec<DiffLine>,
) {
    let (rows, columns) = (old_to - old_from, new_to - new_from);
    let (old_at, new_at) =
        (|row: usize| old.get(old_from + row), |column: usize| new.get(new_from + column));
    // How many lines are common from a row and a column on.
    let mut common = vec![0_u32; (rows + 1) * (columns + 1)];
    let place = |row: usize, column: usize| row * (columns + 1) + column;
    let get = |common: &[u32], row, column| common.get(place(row, column)).copied().unwrap_or(0);
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let longest = if old_at(row) == new_at(column) {
                get(&common, row + 1, column + 1) + 1
            } else {
                get(&common, row + 1, column).max(get(&common, row, column + 1))
            };
            if let Some(cell) = common.get_mut(place(row, column)) {
                *cell = longest;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    while row < rows || column < columns {
        let (gone, come) = (old_at(row), new_at(column));
        let same = row < rows && column < columns && gone == come;
        let removed = column >= columns
            || (row < rows && get(&common, row + 1, column) >= get(&common, row, column + 1));
        let (fate, number, text) = if same {
            (row, column) = (row + 1, column + 1);
            (Fate::Same, new_from + column, come)
        } else if removed {
            row += 1;
            (Fate::Removed, old_from + row, gone)
        } else {
            column += 1;
            (Fate::Added, new_from + column, come)
        };
        found.push(DiffLine {
            fate,
            number,
            text: text.map_or(String::new(), ToString::to_string),
        });
    }
}

/// The text of a difference, as everybody's tools write it.
pub(crate) fn plain(lines: &[DiffLine]) -> String {
    let sign = |fate| match fate {
        Fate::Same => ' ',
        Fate::Added => '+',
        Fate::Removed => '-',
    };
    let mut text = String::new();
    for line in lines {
        text.push(sign(line.fate));
        text.push_str(&line.text);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_gone_comes_before_what_is_there_instead() {
        let found = difference("a\nb\nc\nd\n", "a\nx\nc\ny\nd\n");
        assert_eq!(plain(&found), " a\n-b\n+x\n c\n+y\n d\n");
        assert_eq!(found.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 2, 3, 4, 5]);
        assert_eq!(plain(&difference("", "a\n")), "+a\n");
        assert_eq!(plain(&difference("a\n", "")), "-a\n");
        assert_eq!(plain(&difference("a\na\n", "a\n")), " a\n-a\n");
    }

    proptest! {
        #[test]
        fn both_texts_are_in_it(
            old in proptest::collection::vec("[abc]", 0..12),
            new in proptest::collection::vec("[abc]", 0..12),
        ) {
            let found = difference(&old.join("\n"), &new.join("\n"));
            let of = |without: Fate| -> Vec<String> {
                found.iter().filter(|line| line.fate != without).map(|l| l.text.clone()).collect()
            };
            prop_assert_eq!(of(Fate::Added), old);
            prop_assert_eq!(of(Fate::Removed), new);
        }
    }
}
