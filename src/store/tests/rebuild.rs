//! Whatever was written: what is derived from the log can be made anew from it, to the same bytes.

use super::desk::{Desk, actor, event, keyed, merge, proposal, records};
use super::fixture;
use crate::domain::{Kind, Position};
use crate::proof::sha256;
use crate::store::keys;
use crate::store::keyspaces::Keyspaces;
use crate::store::writer::rebuild;
use crate::store::{Admission, Expected, ImportPoint, Proposal, Proposed, Store, StoreError};
use fjall::Readable;
use proptest::prelude::*;

/// The primary records of one store in another one, and what follows from them.
fn rebuilt(source: &Keyspaces, target: &Keyspaces) -> Result<(), StoreError> {
    let snapshot = source.db.snapshot();
    for (from, to) in [(&source.ev, &target.ev), (&source.mt, &target.mt), (&source.ky, &target.ky)]
    {
        for guard in snapshot.iter(from) {
            let (key, value) = guard.into_inner().unwrap();
            to.insert(key, value).unwrap();
        }
    }
    rebuild(target, &|_, _| {}).map(drop)
}

#[track_caller]
fn assert_rebuilds(store: &Store) {
    let source = store.keyspaces().unwrap();
    let desk = Desk::again();
    let target = desk.keyspaces();
    rebuilt(&source, &target).unwrap();
    let (written, made) = (records(&source), records(&target));
    for (key, value) in &written {
        assert_eq!(made.get(key), Some(value), "{key:?}");
    }
    assert_eq!(written.len(), made.len());
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Schema { threshold: Option<u8>, reference: bool, cascade: &'static str },
    Commit { operations: Vec<(u8, What)>, checked: bool, import: bool },
    Clock(i8),
    Reopen,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Merge(u8),
    Point(u8),
    Patch(u8),
    Archive,
    Restore,
    Customer,
    ArchiveCustomer,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cascade = prop::sample::select(vec!["none", "nullify", "restrict"]);
    let schema = (prop::option::of(1..4_u8), any::<bool>(), cascade)
        .prop_map(|(threshold, reference, cascade)| Step::Schema { threshold, reference, cascade });
    let what = prop_oneof![
        3 => any::<u8>().prop_map(What::Merge),
        4 => (0..3_u8).prop_map(What::Point),
        2 => any::<u8>().prop_map(What::Patch),
        1 => Just(What::Archive),
        2 => Just(What::Restore),
        2 => Just(What::Customer),
        2 => Just(What::ArchiveCustomer),
    ];
    let commit =
        (prop::collection::vec((0..3_u8, what), 1..4), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(operations, checked, import)| Step::Commit { operations, checked, import });
    let step = prop_oneof![
        3 => schema,
        16 => commit,
        1 => any::<i8>().prop_map(Step::Clock),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

fn schema(threshold: Option<u8>, reference: bool, cascade: &str) -> String {
    let threshold = threshold.map_or("null".to_owned(), |every| every.to_string());
    let customer = if reference {
        format!(
            r#"type = "reference"
    rules = {{"reference": {{"aggregate_type": "customer", "cascade": "{cascade}"}}}}"#
        )
    } else {
        r#"type = "text""#.to_owned()
    };
    format!(
        "aggregate order {{
  snapshot_threshold = {threshold}

  field customer {{
    {customer}
  }}

  field n {{
    type = \"integer\"
  }}

  event changed {{}}
}}

aggregate customer {{
  event changed {{}}
}}
"
    )
}

fn operation((id, what): (u8, What)) -> Proposed {
    let (order, customer) = (format!("order/{id}"), format!("customer/{id}"));
    match what {
        What::Merge(n) => merge(&order, &format!(r#"{{"n":{n}}}"#)),
        What::Point(to) => merge(&order, &format!(r#"{{"customer":"customer#{to}"}}"#)),
        What::Patch(n) => {
            let patch = format!(r#"[{{"op":"add","path":"/n","value":{n}}}]"#);
            event(&order, Kind::Patch, &patch, Expected::Present)
        }
        What::Archive => event(&order, Kind::Archive, "{}", Expected::Any),
        What::Restore => event(&order, Kind::Restore, "{}", Expected::Any),
        What::Customer => merge(&customer, r#"{"name":"c"}"#),
        What::ArchiveCustomer => event(&customer, Kind::Archive, "{}", Expected::Any),
    }
}

fn commit(store: &Store, step: (&[(u8, What)], bool, bool), serial: usize) -> bool {
    let (operations, checked, import) = step;
    let version = store.schema().version;
    let mut made = Proposal {
        admission: if checked { Admission::Checked(version) } else { Admission::Unchecked },
        message: serial.is_multiple_of(3).then(|| format!("commit {serial}")),
        ..proposal(operations.iter().copied().map(operation).collect())
    };
    if import {
        let point = ImportPoint { bytes: 1, lines: serial as u64, hash: sha256(b"x") };
        made.import = Some(([7; 16], point));
    } else if serial.is_multiple_of(4) {
        made = keyed(made, &serial.to_string());
    }
    store.propose(made).is_ok()
}

/// Plays the steps on the store of a desk; gives it and how many commits it accepted.
pub(super) fn play(desk: &Desk, steps: &[Step]) -> (Store, usize) {
    let (mut store, mut accepted) = (desk.open(), 0);
    for (serial, step) in steps.iter().enumerate() {
        match step {
            Step::Schema { threshold, reference, cascade } => {
                let source = schema(*threshold, *reference, cascade);
                let compiled = crate::schema::compile(&source);
                let compiled = compiled.schema.expect("the schema compiles");
                store.apply_schema(source, compiled, actor()).unwrap();
            }
            Step::Commit { operations, checked, import } => {
                accepted += usize::from(commit(&store, (operations, *checked, *import), serial));
            }
            Step::Clock(seconds) => {
                desk.clock.set(super::desk::NOON + i64::from(*seconds) * 1_000_000);
            }
            Step::Reopen => {
                store.close().unwrap();
                store = desk.open();
            }
        }
    }
    (store, accepted)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_rebuilt_store_has_the_same_bytes(steps in steps()) {
        let desk = Desk::again();
        let (store, _) = play(&desk, &steps);
        assert_rebuilds(&store);
        let verdict = store.verify(1, true, &|_, _| {}, &|_, _| {}).unwrap();
        assert!(verdict.ok, "{:?}", verdict.faults);
    }
}

/// What the random histories are made of does happen in one of them.
#[test]
fn a_long_history_with_everything_in_it() {
    let mut steps = Vec::new();
    for round in 0..60_u8 {
        if round % 15 == 0 {
            let cascade = if round % 30 == 0 { "nullify" } else { "none" };
            steps.push(Step::Schema { threshold: Some(1 + round / 15), reference: true, cascade });
        }
        let (id, checked) = (round % 3, round % 2 == 0);
        for what in [
            What::Customer,
            What::Merge(round),
            What::Point((round / 2) % 3),
            What::Patch(round),
            What::ArchiveCustomer,
            What::Archive,
            What::Restore,
        ] {
            steps.push(Step::Commit { operations: vec![(id, what)], checked, import: false });
        }
    }
    let desk = Desk::new();
    let (store, accepted) = play(&desk, &steps);
    assert!(accepted > 300, "{accepted}");
    let all = records(&store.keyspaces().unwrap());
    let count = |space: &str, prefix: &[u8]| {
        all.keys().filter(|(of, key)| *of == space && key.starts_with(prefix)).count()
    };
    assert!(count("dx", b"s") > 50 && count("tr", b"") > 0 && count("ix", b"r") > 0);
    assert!(super::sound::all_events(&store).iter().any(|it| it.header.kind == Kind::Nullify));
    assert_rebuilds(&store);
}

#[test]
fn an_empty_store_and_one_with_only_a_schema() {
    let desk = Desk::new();
    let store = desk.open();
    assert_rebuilds(&store);
    let source = schema(Some(2), true, "none");
    let compiled = crate::schema::compile(&source).schema.unwrap();
    store.apply_schema(source, compiled, actor()).unwrap();
    assert_rebuilds(&store);
}

/// It did not record where its schema came into force.
#[test]
fn the_first_store_of_format_1() {
    let desk = fixture::copy();
    // What was derived later comes with the first write.
    let store = desk.open();
    store.propose(proposal(vec![merge("order/1", r#"{"n":1}"#)])).unwrap();
    assert_rebuilds(&store);
}

/// Heads are written and forgotten when there are too many bytes of them, and read again.
#[test]
fn heads_beyond_the_memory_are_read_again() {
    let desk = Desk::new();
    let store = desk.open();
    let text = "x".repeat(900_000);
    for (kind, orders) in [(Kind::Archive, 24), (Kind::Restore, 12)] {
        for id in 0..orders {
            let order = format!("order/{id}");
            let merge = merge(&order, &format!(r#"{{"text":"{text}","orders":{orders}}}"#));
            let system = event(&order, kind, "{}", Expected::Any);
            let both = if kind == Kind::Archive { [merge, system] } else { [system, merge] };
            store.propose(proposal(both.into())).unwrap();
        }
    }
    assert_rebuilds(&store);
}

#[test]
fn a_log_that_does_not_go_on_is_refused() {
    let desk = Desk::filled(9);
    let source = desk.keyspaces();
    source.ev.remove(keys::event(Position(4))).unwrap();
    let empty = Desk::again();
    let error = rebuilt(&source, &empty.keyspaces()).unwrap_err();
    insta::assert_snapshot!(error, @"#4 was expected, the log goes on at #5");
    assert!(error.is_damage());
}

#[test]
fn a_store_that_has_what_is_derived_is_not_rebuilt_over() {
    let desk = Desk::filled(3);
    let keyspaces = desk.keyspaces();
    let error = rebuild(&keyspaces, &|_, _| {}).unwrap_err();
    insta::assert_snapshot!(error, @"only an empty store can be rebuilt");
}
