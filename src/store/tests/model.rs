//! Random histories, held against a model of a few lines.

use super::desk::{Desk, NOON, event, keyed, proposal, records, together};
use super::sound::{State, all_events, assert_sound, fold};
use crate::domain::{Kind, Position, Version};
use crate::store::{Accepted, Expected, Proposal, Proposed, Refusal, Rejection};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What an operation expects, relative to what is there when it is made.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Any,
    Absent,
    Present,
    /// The version that is there, and so much more.
    Exact(i8),
}

#[derive(Debug, Clone, Copy)]
enum What {
    Merge(u8),
    Add(u8),
    /// Refused where the key is not there.
    Remove(u8),
}

#[derive(Debug, Clone)]
struct Plan {
    operations: Vec<(u8, What, Wish)>,
    key: Option<u8>,
    message: bool,
    dry_run: bool,
}

#[derive(Debug, Clone)]
enum Step {
    /// Proposals that the writer finds in its queue at once.
    Batch(Vec<Plan>),
    Reopen,
    /// The clock is put to so many seconds from noon.
    Clock(i8),
}

fn plan() -> impl Strategy<Value = Plan> {
    let wish = prop_oneof![
        5 => Just(Wish::Any),
        2 => Just(Wish::Absent),
        2 => Just(Wish::Present),
        3 => (-1..=1_i8).prop_map(Wish::Exact),
    ];
    let what = prop_oneof![
        4 => (0..4_u8).prop_map(What::Merge),
        2 => (0..4_u8).prop_map(What::Add),
        1 => (0..4_u8).prop_map(What::Remove),
    ];
    let operations = proptest::collection::vec((0..4_u8, what, wish), 1..4);
    let key = proptest::option::weighted(0.3, 0..3_u8);
    (operations, key, any::<bool>(), proptest::bool::weighted(0.1))
        .prop_map(|(operations, key, message, dry_run)| Plan { operations, key, message, dry_run })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => proptest::collection::vec(plan(), 1..8).prop_map(Step::Batch),
        2 => Just(Step::Reopen),
        1 => any::<i8>().prop_map(Step::Clock),
    ];
    proptest::collection::vec(step, 1..12)
}

/// What came of a proposal, as far as the model knows.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The first position and the number of events.
    Committed(u64, usize),
    Replayed(u64, u32),
    KeyReused(u64),
    Refused,
}

#[derive(Debug, Clone, Default)]
struct Model {
    aggregates: BTreeMap<String, (u64, State)>,
    keys: BTreeMap<u8, (Vec<u8>, u64, u32)>,
    events: u64,
}

impl Model {
    fn version(&self, aggregate: &str) -> u64 {
        self.aggregates.get(aggregate).map_or(0, |(version, _)| *version)
    }

    /// The proposal that the plan makes now.
    fn proposal(&self, plan: &Plan, serial: usize) -> Proposal {
        let operations = plan.operations.iter().map(|(aggregate, what, wish)| {
            let aggregate = format!("order/{aggregate}");
            let expected = match wish {
                Wish::Any => Expected::Any,
                Wish::Absent => Expected::Absent,
                Wish::Present => Expected::Present,
                Wish::Exact(more) => {
                    let version = self.version(&aggregate).saturating_add_signed((*more).into());
                    Expected::Exact(Version(version))
                }
            };
            operation(&aggregate, *what, expected, serial)
        });
        let mut made = proposal(operations.collect());
        made.message = plan.message.then(|| format!("proposal {serial}"));
        made.dry_run = plan.dry_run;
        match plan.key {
            Some(key) => keyed(made, &format!("key {key}")),
            None => made,
        }
    }

    fn judge(&mut self, plan: &Plan, proposal: &Proposal) -> Outcome {
        let mut print = Vec::new();
        proposal.operations.iter().for_each(|operation| operation.fingerprint(&mut print));
        if let Some((same, first, count)) = plan.key.and_then(|key| self.keys.get(&key)) {
            return if *same == print {
                Outcome::Replayed(*first, *count)
            } else {
                Outcome::KeyReused(*first)
            };
        }
        let mut next = self.clone();
        for (operation, (_, what, _)) in proposal.operations.iter().zip(&plan.operations) {
            let aggregate = operation.aggregate.to_string();
            let (version, state) = next.aggregates.entry(aggregate).or_default();
            let fits = match operation.expected {
                Expected::Any => true,
                Expected::Absent => *version == 0,
                Expected::Present => *version > 0,
                Expected::Exact(expected) => expected.get() == *version,
            };
            let removable =
                !matches!(what, What::Remove(key) if !state.contains_key(&format!("k{key}")));
            if !fits || !removable {
                return Outcome::Refused;
            }
            *version += 1;
            fold(state, operation.kind, &operation.body.content.to_string());
        }
        let (first, count) = (self.events + 1, proposal.operations.len());
        next.events += count as u64;
        if let Some(key) = plan.key {
            next.keys.insert(key, (print, first, u32::try_from(count).unwrap()));
        }
        if !plan.dry_run {
            *self = next;
        }
        Outcome::Committed(first, count)
    }
}

fn operation(aggregate: &str, what: What, expected: Expected, serial: usize) -> Proposed {
    let (kind, content) = match what {
        What::Merge(key) => {
            (Kind::Merge, format!(r#"{{"k{key}":"v{serial}","both":{}}}"#, serial % 7))
        }
        What::Add(key) => {
            let path = format!(r#"[{{"op":"add","path":"/k{key}","value":{}}}]"#, serial % 5);
            (Kind::Patch, path)
        }
        What::Remove(key) => (Kind::Patch, format!(r#"[{{"op":"remove","path":"/k{key}"}}]"#)),
    };
    event(aggregate, kind, &content, expected)
}

fn outcome(verdict: Result<Accepted, Rejection>) -> Outcome {
    match verdict {
        Ok(Accepted::Committed { events, .. }) => {
            Outcome::Committed(events[0].position.get(), events.len())
        }
        Ok(Accepted::Replayed { first, count }) => Outcome::Replayed(first.get(), count),
        Err(Rejection { refusal: Refusal::KeyReused { first }, .. }) => {
            Outcome::KeyReused(first.get())
        }
        Err(Rejection { refusal: Refusal::Store(error), .. }) => panic!("{error}"),
        Err(_) => Outcome::Refused,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// `other` sees only what was accepted, in the same batches: nothing that was refused, replayed or a dry run may
    /// show in a single byte.
    #[test]
    fn a_history_is_what_the_model_says_and_refusals_leave_no_trace(steps in steps()) {
        let (desk, other) = (Desk::again(), Desk::again());
        let (mut store, mut twin) = (desk.open(), other.open());
        let (mut model, mut serial) = (Model::default(), 0);
        for step in steps {
            match step {
                Step::Batch(plans) => {
                    let (mut all, mut accepted, mut expected) = (Vec::new(), Vec::new(), Vec::new());
                    for plan in &plans {
                        // Few numbers, so that a key meets the same operations now and then.
                        serial += usize::from(plan.key.is_none());
                        let made = model.proposal(plan, if plan.key.is_some() { 1 } else { serial });
                        let outcome = model.judge(plan, &made);
                        if matches!(outcome, Outcome::Committed(..)) && !plan.dry_run {
                            accepted.push(made.clone());
                        }
                        all.push(made);
                        expected.push(outcome);
                    }
                    let found: Vec<_> = together(&store, all).into_iter().map(outcome).collect();
                    prop_assert_eq!(found, expected);
                    // Kept up with the log, and not once at its end.
                    let counted: u64 = store.counted().unwrap().1.iter().map(|it| it.1).sum();
                    prop_assert_eq!(counted, model.aggregates.len() as u64);
                    together(&twin, accepted);
                }
                Step::Reopen => {
                    store.close().unwrap();
                    store = desk.open();
                    drop(twin);
                    twin = other.open();
                }
                Step::Clock(seconds) => {
                    desk.clock.set(NOON + i64::from(seconds) * 1_000_000);
                    other.clock.set(NOON + i64::from(seconds) * 1_000_000);
                }
            }
        }
        let states = assert_sound(&store);
        let expected: BTreeMap<_, _> =
            model.aggregates.into_iter().map(|(name, (_, state))| (name, state)).collect();
        prop_assert_eq!(states, expected);
        prop_assert_eq!(store.view().unwrap().last_position().unwrap(), Position(model.events));
        prop_assert_eq!(all_events(&store).len() as u64, model.events);
        prop_assert_eq!(records(&store.keyspaces().unwrap()), records(&twin.keyspaces().unwrap()));
    }
}
