//! The one table of actions: it feeds the keys, the help bar, the help, the palette and the key table of the manual.
//!
//! Each view has a file of its own here with its part of the table. Whatever can be done is in it: with a name for the
//! configuration, a title for people, keys, what to type in a shell for the same, and why it cannot be done now.

mod aggregates;
mod custom;
mod everywhere;
mod keymap;
mod keys;
mod schema;
mod stage;
mod tail;
mod timeline;
mod verify;

pub(crate) use custom::custom;
pub(crate) use keymap::{Found, Keymap};
pub(crate) use keys::{Chord, Key};

use super::model::{Model, View};
use super::msg::Effect;

/// Where in the help an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Move,
    Do,
    Find,
    Always,
}

impl Group {
    /// The heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Do => "DO",
            Self::Find => "FIND",
            Self::Always => "ALWAYS",
        }
    }
}

/// Something that can be done.
pub(crate) struct Action {
    /// The name in the configuration: `verify-selection`.
    pub(crate) name: &'static str,
    /// What it does, for the help and the palette.
    pub(crate) title: &'static str,
    /// What it does in a word, for the help bar.
    pub(crate) short: &'static str,
    /// Its keys where nobody says otherwise, the one that is shown first.
    pub(crate) keys: &'static [&'static str],
    pub(crate) group: Group,
    /// The view that has it; `None` for all.
    pub(crate) view: Option<View>,
    /// Whether it concerns nothing that is selected in its view, so that it can be done from another one.
    pub(crate) far: bool,
    /// The action that is its other direction, or the next of several, and what all are called where they share a line.
    pub(crate) pair: Option<(&'static str, &'static str)>,
    /// Its place in the help bar, from the left; `None` for those that are not there.
    pub(crate) bar: Option<u8>,
    /// Why it cannot be done now.
    pub(crate) disabled: fn(&Model) -> Option<String>,
    /// What to type in a shell for the same.
    pub(crate) twin: fn(&Model) -> Option<String>,
    /// Does it.
    pub(crate) run: fn(&mut Model) -> Vec<Effect>,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Action").field(&self.name).finish()
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What an action is unless its entry says more.
const PLAIN: Action = Action {
    name: "",
    title: "",
    short: "",
    keys: &[],
    group: Group::Do,
    view: None,
    far: false,
    pair: None,
    bar: None,
    disabled: |_| None,
    twin: |_| None,
    run: |_| Vec::new(),
};

/// The parts of the table: those of the views first, for their keys win.
const TABLES: [&[Action]; 7] = [
    aggregates::ACTIONS,
    timeline::ACTIONS,
    verify::ACTIONS,
    stage::ACTIONS,
    schema::ACTIONS,
    tail::ACTIONS,
    everywhere::ACTIONS,
];

/// Every action.
pub(crate) fn all() -> impl Iterator<Item = &'static Action> {
    TABLES.into_iter().flatten()
}

/// The actions of a view and those of all, in the order of the table.
pub(crate) fn of(view: View) -> impl Iterator<Item = &'static Action> {
    all().filter(move |action| action.view.is_none_or(|only| only == view))
}

/// The action of this name.
pub(crate) fn named(name: &str) -> Option<&'static Action> {
    all().find(|action| action.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::snap;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    #[test]
    fn every_action_has_a_name_of_its_own_a_title_and_keys_that_can_be_read() {
        let mut names = BTreeSet::new();
        for action in all() {
            assert!(names.insert(action.name), "{} is there twice", action.name);
            assert!(!action.title.is_empty(), "{}", action.name);
            assert!(action.bar.is_none() || !action.short.is_empty(), "{}", action.name);
            for keys in action.keys {
                let chord = Chord::parse(keys).unwrap_or_else(|| panic!("`{keys}` is no key"));
                assert!(!chord.is_ambiguous(), "{keys}");
            }
        }
    }

    #[test]
    fn no_two_actions_of_a_view_share_a_key() {
        for view in View::ALL {
            let mut seen: Vec<(&str, &str)> = Vec::new();
            let scoped = of(view).filter(|action| action.view.is_some());
            for action in scoped {
                for keys in action.keys {
                    let clash = seen.iter().find(|(other, _)| other == keys);
                    assert_eq!(clash, None, "{keys} of {}", action.name);
                    seen.push((keys, action.name));
                }
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        for keys in all().filter(|action| action.view.is_none()).flat_map(|action| action.keys) {
            assert!(!seen.contains(keys), "{keys}");
            seen.push(keys);
        }
    }

    #[test]
    fn the_key_table() {
        let mut text = String::from("| where | key | what | name |\n| --- | --- | --- | --- |\n");
        let keymap = Keymap::standard();
        for action in all() {
            let place = action.view.map_or("everywhere", View::title);
            let keys: Vec<String> =
                keymap.of(action).map(|chord| format!("`{}`", chord.name())).collect();
            let _ = writeln!(
                text,
                "| {place} | {} | {} | `{}` |",
                keys.join(" "),
                action.title,
                action.name
            );
        }
        snap("tui__keys", &text);
    }
}
