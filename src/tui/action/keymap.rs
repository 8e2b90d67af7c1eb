//! Which keys do what.

use super::{Action, Chord, Key, all};
use crate::tui::model::View;

/// What keys lead to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Found {
    /// An action.
    Action(&'static Action),
    /// The beginning of longer ones.
    Prefix,
    /// Nothing.
    Nothing,
}

/// The keys of every action, as the table has them or the user wants them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Keymap(Vec<(Chord, &'static Action)>);

impl Keymap {
    /// The keys of the table.
    pub(crate) fn standard() -> Self {
        let keys = all().flat_map(|action| action.keys.iter().map(move |keys| (keys, action)));
        Self(keys.filter_map(|(keys, action)| Some((Chord::parse(keys)?, action))).collect())
    }

    /// Gives keys to an action. What had them in its view, and everywhere where the action is for all, has them no more.
    pub(crate) fn bind(&mut self, chord: Chord, action: &'static Action) {
        self.0.retain(|(known, other)| {
            *known != chord || (action.view.is_some() && other.view != action.view)
        });
        self.0.push((chord, action));
    }

    /// What `keys` lead to in `view`: its own actions before those of all.
    pub(crate) fn find(&self, view: View, keys: &[Key]) -> Found {
        let fits = |(chord, action): &&(Chord, &'static Action)| {
            chord.0.starts_with(keys) && action.view.is_none_or(|only| only == view)
        };
        let exact = |own: bool| {
            let mut found = self.0.iter().filter(fits);
            found
                .find(|(chord, action)| chord.0.len() == keys.len() && action.view.is_some() == own)
        };
        if let Some((_, action)) = exact(true).or_else(|| exact(false)) {
            return Found::Action(action);
        }
        if self.0.iter().any(|binding| fits(&binding)) { Found::Prefix } else { Found::Nothing }
    }

    /// How `keys` may go on in `view`.
    pub(crate) fn continuations(
        &self,
        view: View,
        keys: &[Key],
    ) -> impl Iterator<Item = (Key, &'static Action)> {
        self.0.iter().filter_map(move |(chord, action)| {
            let rest = chord.0.strip_prefix(keys)?;
            let here = action.view.is_none_or(|only| only == view);
            let shadowed = self.find(view, &chord.0) != Found::Action(action);
            Some((*rest.first()?, *action)).filter(|_| here && !shadowed)
        })
    }

    /// The keys that lead to an action in `view`, the one that is shown first: the view may have some for itself.
    pub(crate) fn within(
        &self,
        view: View,
        action: &'static Action,
    ) -> impl Iterator<Item = &Chord> {
        self.of(action).filter(move |chord| self.find(view, &chord.0) == Found::Action(action))
    }

    /// The keys of an action, the one that is shown first.
    pub(crate) fn of(&self, action: &'static Action) -> impl Iterator<Item = &Chord> {
        self.0.iter().filter(move |(_, other)| *other == action).map(|(chord, _)| chord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        Chord::parse(text).unwrap().0
    }

    #[test]
    fn a_prefix_waits_for_more() {
        let keymap = Keymap::standard();
        assert_eq!(keymap.find(View::Aggregates, &keys("g")), Found::Prefix);
        let Found::Action(top) = keymap.find(View::Aggregates, &keys("g g")) else { panic!() };
        assert_eq!(top.name, "top");
        assert_eq!(keymap.find(View::Aggregates, &keys("g x")), Found::Nothing);
        let after_g: Vec<String> =
            keymap.continuations(View::Aggregates, &keys("g")).map(|(key, _)| key.name()).collect();
        assert!(after_g.contains(&"g".to_owned()), "{after_g:?}");
    }

    #[test]
    fn a_key_that_is_bound_anew_is_no_longer_what_it_was() {
        let mut keymap = Keymap::standard();
        let palette = super::super::named("palette").unwrap();
        keymap.bind(Chord::parse("q").unwrap(), palette);
        assert_eq!(keymap.find(View::Aggregates, &keys("q")), Found::Action(palette));
        assert!(keymap.of(palette).any(|chord| chord.name() == "q"));
    }
}
