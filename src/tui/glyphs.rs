//! The signs that are drawn, in Unicode and in ASCII.
//!
//! Only code points of one cell that no terminal shows as a picture: their `unicode-width` is 1 and they are no emoji.

/// The lines of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) horizontal: &'static str,
    pub(crate) vertical: &'static str,
    /// Top left, top right, bottom left, bottom right.
    pub(crate) corners: [&'static str; 4],
}

/// One set of signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyphs {
    /// Around what has not the focus.
    pub(crate) light: Lines,
    /// Around what has it: focus is never a matter of colour alone.
    pub(crate) heavy: Lines,
    /// Before the selected row.
    pub(crate) selected: &'static str,
    /// Before what is marked.
    pub(crate) marked: &'static str,
    /// Before a filter that has a name.
    pub(crate) filter: &'static str,
    /// Behind what waits in the stage.
    pub(crate) staged: &'static str,
    pub(crate) fault: &'static str,
    pub(crate) warn: &'static str,
    pub(crate) ok: &'static str,
    pub(crate) snapshot: &'static str,
    pub(crate) compare: &'static str,
    pub(crate) here: &'static str,
    pub(crate) paused: &'static str,
    /// Where text was cut.
    pub(crate) cut: &'static str,
    pub(crate) arrow: &'static str,
    /// Between equals.
    pub(crate) dot: &'static str,
    /// Between a thing and its part.
    pub(crate) crumb: &'static str,
    /// Where a line comes from above and parts.
    pub(crate) fork: &'static str,
    /// Where a line parts downwards, and where it ends in one to the right or to the left.
    pub(crate) tee: &'static str,
    pub(crate) elbow: &'static str,
    pub(crate) hook: &'static str,
    /// A node of a tree, and one on the way from a leaf to the root.
    pub(crate) node: &'static str,
    pub(crate) on_path: &'static str,
    /// What was left out between two lines.
    pub(crate) more: &'static str,
    /// Between two ends.
    pub(crate) dash: &'static str,
    /// What is not there yet.
    pub(crate) blank: &'static str,
    /// Where the next letter comes.
    pub(crate) caret: &'static str,
    pub(crate) local: &'static str,
    pub(crate) daemon: &'static str,
    pub(crate) read_only: &'static str,
    pub(crate) connecting: &'static str,
    /// Eight heights of a bar, and before them none.
    pub(crate) bars: [&'static str; 9],
    /// The ends, the line and the mark of a track.
    pub(crate) track: [&'static str; 4],
    /// What turns while something takes long.
    pub(crate) spinner: &'static [&'static str],
    pub(crate) keys: Keys,
}

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) enter: &'static str,
    pub(crate) shift: &'static str,
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
    pub(crate) left: &'static str,
    pub(crate) right: &'static str,
}

/// The signs for terminals that show Unicode.
pub(crate) const UNICODE: Glyphs = Glyphs {
    light: Lines { horizontal: "─", vertical: "│", corners: ["┌", "┐", "└", "┘"] },
    heavy: Lines { horizontal: "━", vertical: "┃", corners: ["┏", "┓", "┗", "┛"] },
    selected: "▸",
    marked: "•",
    filter: "/",
    staged: "⚑",
    fault: "✗",
    warn: "!",
    ok: "✓",
    snapshot: "◆",
    compare: "◇",
    here: "▲",
    paused: "‖",
    cut: "…",
    arrow: "→",
    dot: "·",
    crumb: "›",
    fork: "┴",
    tee: "┬",
    elbow: "╰",
    hook: "╯",
    node: "●",
    on_path: "◉",
    more: "⋮",
    dash: "–",
    blank: "░",
    caret: "▏",
    local: "●",
    daemon: "◆",
    read_only: "○",
    connecting: "◐",
    bars: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    track: ["├", "─", "┤", "┼"],
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    keys: Keys { enter: "⏎", shift: "⇧", up: "↑", down: "↓", left: "←", right: "→" },
};

/// The signs for terminals and readers that do not.
pub(crate) const ASCII: Glyphs = Glyphs {
    light: Lines { horizontal: "-", vertical: "|", corners: ["+", "+", "+", "+"] },
    heavy: Lines { horizontal: "=", vertical: "|", corners: ["+", "+", "+", "+"] },
    selected: ">",
    marked: "+",
    filter: "/",
    staged: "*",
    fault: "x",
    warn: "!",
    ok: "ok",
    snapshot: "#",
    compare: "o",
    here: "^",
    paused: "||",
    cut: "~",
    arrow: "->",
    dot: "-",
    crumb: ">",
    fork: "+",
    tee: "+",
    elbow: "'",
    hook: "'",
    node: "*",
    on_path: "@",
    more: ":",
    dash: "-",
    blank: ".",
    caret: "_",
    local: "*",
    daemon: "#",
    read_only: "o",
    connecting: "?",
    bars: [" ", ".", ".", ":", ":", "=", "=", "#", "#"],
    track: ["|", "-", "|", "+"],
    spinner: &["|", "/", "-", "\\"],
    keys: Keys {
        enter: "Enter",
        shift: "S-",
        up: "Up",
        down: "Down",
        left: "Left",
        right: "Right",
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text::width;

    #[test]
    fn what_stands_in_columns_takes_one_cell() {
        for glyphs in [UNICODE, ASCII] {
            let lines = [glyphs.light, glyphs.heavy];
            let edges = lines
                .iter()
                .flat_map(|line| line.corners.into_iter().chain([line.horizontal, line.vertical]));
            let signs = [
                glyphs.selected,
                glyphs.marked,
                glyphs.staged,
                glyphs.fault,
                glyphs.warn,
                glyphs.snapshot,
                glyphs.compare,
                glyphs.here,
                glyphs.cut,
                glyphs.blank,
                glyphs.caret,
                glyphs.fork,
                glyphs.tee,
                glyphs.elbow,
                glyphs.hook,
                glyphs.node,
                glyphs.on_path,
                glyphs.more,
            ];
            let rows = glyphs.bars.into_iter().chain(glyphs.track);
            for sign in edges.chain(signs).chain(rows).chain(glyphs.spinner.iter().copied()) {
                assert_eq!(width(sign), 1, "{sign}");
            }
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        let text = format!("{ASCII:?}");
        assert!(text.is_ascii(), "{text}");
    }
}
