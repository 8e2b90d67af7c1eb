//! What is written with a token is counted where it is written.

use super::desk::{Desk, NOON, actor, merge, name, proposal, together};
use crate::domain::access::Rights;
use crate::domain::{Hash, Timestamp, Version};
use crate::store::{
    Accepted, Manager, Proposal, Refusal, Rejection, Store, Ticket, TokenEntry, TokenRefusal,
};
use std::sync::Arc;
use uuid::Uuid;

const ID: Uuid = Uuid::from_bytes([7; 16]);

fn manager() -> Manager {
    Manager { actor: actor(), token: None }
}

fn hand_out(store: &Store, limit: Option<u64>) {
    let entry = TokenEntry {
        group: "audit".into(),
        user: "eve".into(),
        actions: vec!["*.*".into()],
        resources: vec!["*".into()],
        issued_at: Timestamp::from_micros(NOON),
        issued_by: actor(),
        hash: Hash([1; 32]),
        expires_at: Some(Timestamp::from_micros(NOON + 1_000_000)),
        limit,
        keep_alive: None,
        revoked: None,
        replaced_by: None,
    };
    store.add_token(manager(), ID, entry).unwrap();
}

/// A proposal of so many events, with the token.
fn with_token(events: usize) -> Proposal {
    let operations = (0..events).map(|_| merge("order/1", "{}")).collect();
    let ticket = Some(Ticket { token: ID, rights: Arc::new(Rights::all()) });
    Proposal { ticket, ..proposal(operations) }
}

fn written(store: &Store) -> u64 {
    store.view().unwrap().token(&ID).unwrap().unwrap().used.written
}

fn version(store: &Store) -> Version {
    let head = store.view().unwrap().head(&name("order/1")).unwrap();
    head.map(|head| head.version).unwrap_or_default()
}

fn refusal(answer: &Result<Accepted, Rejection>) -> Option<TokenRefusal> {
    match answer {
        Ok(_) => None,
        Err(Rejection { refusal: Refusal::Token(refusal), .. }) => Some(refusal.clone()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn proposals_of_one_batch_spend_the_same_token() {
    let desk = Desk::again();
    let store = desk.open();
    hand_out(&store, Some(3));
    let dry = Proposal { dry_run: true, ..with_token(3) };
    let answers =
        together(&store, vec![dry, with_token(2), with_token(2), with_token(1), with_token(1)]);
    let said: Vec<_> = answers.iter().map(refusal).collect();
    let limit = |left, wanted| Some(TokenRefusal::Limit { limit: 3, left, wanted });
    assert_eq!(said, [None, None, limit(1, 2), None, limit(0, 1)]);
    assert_eq!((written(&store), version(&store)), (3, Version(3)));
    // What a crash would leave now: the count and the events that were counted came in the same batch.
    let copy = desk.copy();
    let store = copy.open();
    assert_eq!((written(&store), version(&store)), (3, Version(3)));
}

#[test]
fn a_token_that_ended_writes_nothing_more() {
    let desk = Desk::again();
    let store = desk.open();
    let unknown = store.propose(with_token(1));
    assert_eq!(refusal(&unknown), Some(TokenRefusal::Unknown));
    hand_out(&store, None);
    store.propose(with_token(2)).unwrap();
    desk.clock.set(NOON + 1_000_000);
    let end = Timestamp::from_micros(NOON + 1_000_000);
    assert_eq!(refusal(&store.propose(with_token(1))), Some(TokenRefusal::Expired(end)));
    desk.clock.set(NOON + 500_000);
    store.propose(with_token(1)).unwrap();
    let revoked = store.revoke_tokens(manager(), |token| token.id == ID).unwrap();
    assert_eq!(revoked.len(), 1);
    let at = Timestamp::from_micros(NOON + 500_000);
    assert_eq!(refusal(&store.propose(with_token(1))), Some(TokenRefusal::Revoked(at)));
    assert!(store.revoke_tokens(manager(), |_| true).unwrap().is_empty(), "once is enough");
    // Nor does whoever manages tokens with it.
    let by = Manager { actor: actor(), token: Some(ID) };
    assert!(store.revoke_tokens(by, |_| true).is_err());
    assert_eq!((written(&store), version(&store)), (3, Version(3)));
}
