//! Rights: what a token lets its holder do, and to what.
//!
//! ```text
//! action    := "*.*" | FAMILY ".*" | one of Action::ALL            aggregate.read, aggregate.*, *.*
//! resource  := "*" | "schema" | "aggregate:" TYPE ":" ID           aggregate:order:*, aggregate:order:o-1
//! TYPE, ID  := the characters of a type or id, and `*`             aggregate:inv*:2026-*
//! ```
//!
//! `*` in a type or id stands for any characters, none included, and never reaches over a `:`. `*` alone is every
//! aggregate, the schema, the tokens and the log as a whole; `schema` is the schema; `aggregate:*:*` is every aggregate,
//! and with it the log that holds their events.
//!
//! An action is allowed on something when one of the actions matches and one of the resources does. There is nothing
//! that takes away: what is not allowed is refused.
//!
//! | action | lets its holder |
//! | --- | --- |
//! | `aggregate.read` | see states, events, proofs of the aggregates; on all of them: the log as a whole, and what counts over it |
//! | `aggregate.read_hidden` | see what the schema hides, when asked for; given for whole types |
//! | `aggregate.append` | write events to aggregates that exist; a patch, which looks at the state, needs `aggregate.read` too |
//! | `aggregate.create` | write the first event of an aggregate |
//! | `aggregate.archive` | archive and restore, with what the schema says about references |
//! | `aggregate.erase` | destroy the contents of an aggregate |
//! | `schema.read` | see the schema in force and its history |
//! | `schema.write` | apply a schema (and see it), and write past it with the mode `off` |
//! | `outbox.read` | pull the events of the aggregates |
//! | `token.manage` | make, see, renew and revoke tokens that have no more rights than its own; on `*` only |

mod action;
mod glob;
mod resource;

pub use action::{Action, ActionPattern};
pub use resource::Resource;

use super::ids::AggregateKey;
use std::fmt;

/// Why a text is no action or no resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AccessError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// What a token allows: any of these actions on any of these resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    actions: Vec<ActionPattern>,
    resources: Vec<Resource>,
}

impl Rights {
    /// Reads both lists.
    ///
    /// # Errors
    /// The first that is no action, or no resource.
    pub fn parse<T: AsRef<str>>(actions: &[T], resources: &[T]) -> Result<Self, AccessError> {
        Ok(Self {
            actions: actions.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>()?,
            resources: resources
                .iter()
                .map(|text| text.as_ref().parse())
                .collect::<Result<_, _>>()?,
        })
    }

    /// No rights at all.
    pub fn none() -> Self {
        Self { actions: Vec::new(), resources: Vec::new() }
    }

    /// Everything.
    pub fn all() -> Self {
        Self { actions: vec![ActionPattern::all()], resources: vec![Resource::All] }
    }

    /// The actions.
    pub fn actions(&self) -> &[ActionPattern] {
        &self.actions
    }

    /// The resources.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Whether the action is allowed on anything at all.
    pub fn grants(&self, action: Action) -> bool {
        let one = |action: Action| self.actions.iter().any(|pattern| pattern.matches(action));
        // Whoever may change the schema has to see what it is.
        one(action) || (action == Action::SchemaRead && one(Action::SchemaWrite))
    }

    fn on(&self, action: Action, fits: impl Fn(&Resource) -> bool) -> bool {
        self.grants(action) && self.resources.iter().any(fits)
    }

    /// Whether the action is allowed on an aggregate.
    pub fn allow(&self, action: Action, aggregate: &AggregateKey) -> bool {
        self.on(action, |resource| {
            resource.is_aggregate(aggregate.aggregate_type.as_str(), aggregate.id.as_str())
        })
    }

    /// Whether the action is allowed on every aggregate of a type.
    pub fn allow_type(&self, action: Action, aggregate_type: &str) -> bool {
        self.on(action, |resource| resource.is_whole_type(aggregate_type))
    }

    /// Whether the action may be allowed on some aggregate: of a type, or of any.
    pub fn allow_some(&self, action: Action, aggregate_type: Option<&str>) -> bool {
        self.on(action, |resource| resource.is_in_type(aggregate_type))
    }

    /// Whether the action is allowed on every aggregate.
    pub fn allow_all(&self, action: Action) -> bool {
        self.on(action, Resource::is_every_aggregate)
    }

    /// Whether the action is allowed on the schema.
    pub fn allow_schema(&self, action: Action) -> bool {
        self.on(action, |resource| matches!(resource, Resource::All | Resource::Schema))
    }

    /// Whether the action is allowed on everything.
    pub fn allow_everything(&self, action: Action) -> bool {
        self.on(action, |resource| matches!(resource, Resource::All))
    }

    /// Whether there is nothing that these rights do not allow.
    pub fn is_everything(&self) -> bool {
        self.actions.contains(&ActionPattern::all()) && self.resources.contains(&Resource::All)
    }

    /// Whether these rights allow whatever `other` allows. Decided pattern by pattern: rights that cover others only
    /// when several of their patterns are put together are taken for less than they are.
    pub fn cover(&self, other: &Self) -> bool {
        other.actions.iter().all(|one| self.actions.iter().any(|own| own.covers(one)))
            && other.resources.iter().all(|one| self.resources.iter().any(|own| own.covers(one)))
    }
}

/// `aggregate.read on aggregate:order:*`, for messages.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, words: &[String]| f.write_str(&words.join(", "));
        list(f, &self.actions.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        f.write_str(" on ")?;
        list(f, &self.resources.iter().map(ToString::to_string).collect::<Vec<_>>())
    }
}

/// The one of `known` that `text` was most likely meant to be.
fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > 64 {
        return None;
    }
    let lower = text.to_lowercase().replace([':', '/', ' '], ".");
    known
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(far, candidate)| *far <= candidate.len() / 3)
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// A text cut for a message.
fn shown(text: &str) -> String {
    text.chars().take(48).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rights(actions: &[&str], resources: &[&str]) -> Rights {
        Rights::parse(actions, resources).unwrap()
    }

    fn key(text: &str) -> AggregateKey {
        let (aggregate_type, id) = text.split_once('/').unwrap();
        AggregateKey::new(aggregate_type, id).unwrap()
    }

    #[test]
    fn the_auditor_sees_one_aggregate() {
        let auditor = rights(&["aggregate.read"], &["aggregate:order:o-1"]);
        assert!(auditor.allow(Action::AggregateRead, &key("order/o-1")));
        for other in ["order/o-10", "order/o", "customer/o-1"] {
            assert!(!auditor.allow(Action::AggregateRead, &key(other)), "{other}");
        }
        for action in Action::ALL.into_iter().filter(|action| *action != Action::AggregateRead) {
            assert!(!auditor.allow(action, &key("order/o-1")), "{action}");
            assert!(!auditor.allow_some(action, None), "{action}");
        }
        assert!(auditor.allow_some(Action::AggregateRead, Some("order")));
        assert!(!auditor.allow_some(Action::AggregateRead, Some("customer")));
        assert!(!auditor.allow_type(Action::AggregateRead, "order"));
        assert!(!auditor.allow_all(Action::AggregateRead));
        assert!(!auditor.allow_schema(Action::SchemaRead));
    }

    #[test]
    fn the_parts_of_the_whole() {
        let all = Rights::all();
        let readers = rights(&["aggregate.*"], &["aggregate:*:*"]);
        let schema = rights(&["schema.write"], &["schema"]);
        assert!(all.is_everything() && !readers.is_everything() && !schema.is_everything());
        for action in Action::ALL {
            assert!(all.allow_everything(action) && all.allow_all(action), "{action}");
            assert!(all.allow_schema(action) && all.allow(action, &key("a/1")), "{action}");
        }
        assert!(readers.allow_all(Action::AggregateErase));
        assert!(!readers.allow_everything(Action::AggregateRead));
        assert!(schema.allow_schema(Action::SchemaRead), "who writes it reads it");
        assert!(!schema.allow_schema(Action::AggregateRead));
        let none = Rights::none();
        assert!(!none.grants(Action::AggregateRead) && all.cover(&none) && !none.cover(&all));
    }

    #[test]
    fn covering() {
        let wide = rights(&["aggregate.*"], &["aggregate:order:o-*"]);
        for (actions, resources, covered) in [
            (&["aggregate.read"][..], &["aggregate:order:o-1"][..], true),
            (&["aggregate.read", "aggregate.*"], &["aggregate:order:o-1*"], true),
            (&["aggregate.read"], &["aggregate:order:*"], false),
            (&["aggregate.read"], &["aggregate:*:o-1"], false),
            (&["schema.read"], &["aggregate:order:o-1"], false),
            (&["*.*"], &["aggregate:order:o-1"], false),
            (&["aggregate.read"], &["*"], false),
            (&["aggregate.read"], &["schema"], false),
        ] {
            assert_eq!(
                wide.cover(&rights(actions, resources)),
                covered,
                "{actions:?} {resources:?}"
            );
            assert!(Rights::all().cover(&rights(actions, resources)));
        }
    }

    #[test]
    fn what_is_meant_is_suggested() {
        let help = |text: &str| text.parse::<ActionPattern>().unwrap_err().help;
        for (text, meant) in [
            ("aggregate.raed", "aggregate.read"),
            ("aggregates.read", "aggregate.read"),
            ("aggregate:read", "aggregate.read"),
            ("Aggregate.Read", "aggregate.read"),
            ("schema.wirte", "schema.write"),
            ("token.mange", "token.manage"),
            ("*", "*.*"),
            ("agregate.*", "aggregate.*"),
        ] {
            assert_eq!(help(text), format!("did you mean `{meant}`?"), "{text}");
        }
        assert!(help("dance").starts_with("there are aggregate.read, "), "{}", help("dance"));
        assert!(help("*.read").contains("aggregate.read"), "{}", help("*.read"));
        let help = |text: &str| text.parse::<Resource>().unwrap_err().help;
        for (text, meant) in [
            ("order/o-1", "aggregate:order:o-1"),
            ("aggregate:order", "aggregate:order:*"),
            ("aggregate:*", "aggregate:*:*"),
            ("aggregate:order/o-1", "aggregate:order:o-1"),
            ("aggregates:order:*", "aggregate:order:*"),
            ("order:o-1", "aggregate:order:o-1"),
            ("shcema", "schema"),
            ("*.*", "*"),
        ] {
            assert_eq!(help(text), format!("did you mean `{meant}`?"), "{text}");
        }
        for text in
            ["", "aggregate::x", "aggregate:x:", "aggregate:Order:1", "aggregate:a:b:c", "a b"]
        {
            assert!(text.parse::<Resource>().is_err(), "{text:?}");
        }
    }

    fn pattern() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            Just("schema".to_owned()),
            "aggregate:[ab*]{1,3}:[ab*]{1,3}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// What covers another allows whatever that one allows.
        #[test]
        fn covering_is_sound(own in pattern(), other in pattern(), name in "[ab]{1,3}/[ab]{1,3}") {
            let (own, other) = (rights(&["*.*"], &[&own]), rights(&["*.*"], &[&other]));
            let (name, action) = (key(&name), Action::AggregateRead);
            if own.cover(&other) {
                prop_assert!(!other.allow(action, &name) || own.allow(action, &name));
                prop_assert!(!other.allow_schema(action) || own.allow_schema(action));
                prop_assert!(!other.allow_all(action) || own.allow_all(action));
                let of = Some(name.aggregate_type.as_str());
                prop_assert!(!other.allow_some(action, of) || own.allow_some(action, of));
            }
            prop_assert!(own.cover(&own));
            // What allows an aggregate allows some of its type, and what allows a type allows it.
            let aggregate_type = name.aggregate_type.as_str();
            prop_assert!(!own.allow(action, &name) || own.allow_some(action, Some(aggregate_type)));
            prop_assert!(!own.allow_type(action, aggregate_type) || own.allow(action, &name));
            prop_assert!(!own.allow_all(action) || own.allow_type(action, aggregate_type));
        }

        #[test]
        fn a_resource_reads_back(text in pattern()) {
            let resource: Resource = text.parse().unwrap();
            prop_assert_eq!(resource.to_string(), text);
        }
    }
}
