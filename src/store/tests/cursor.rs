//! Cursors of consumers: they stand at events, wherever those are.

use super::desk::{Desk, actor, fill};
use crate::domain::{Actor, CursorName, EventId, Position, Timestamp};
use crate::store::writer::Space;
use crate::store::{
    CursorEntry, CursorMove, CursorRefusal, CursorTarget, Manager, Store, StoreError, keys,
};

fn cursor() -> CursorName {
    CursorName::new("billing").unwrap()
}

fn moved(store: &Store, to: u64) -> Result<CursorEntry, CursorRefusal> {
    let to = CursorTarget::Position(Position(to));
    let moved = CursorMove { name: cursor(), to, expected: None, rewind: false };
    store.move_cursor(Manager { actor: actor(), token: None }, moved)
}

fn stands(store: &Store) -> Option<u64> {
    let entry = store.view().unwrap().cursor(&cursor()).unwrap();
    entry.map(|entry| entry.position.get())
}

fn put(store: &Store, value: Vec<u8>) {
    let put = store.change(move |_, _, changes| {
        changes.put(Space::Mt, keys::cursor(&cursor()), value);
        Ok::<_, StoreError>(())
    });
    put.unwrap();
}

fn id(store: &Store, position: u64) -> EventId {
    store.view().unwrap().event(Position(position)).unwrap().unwrap().header.event_id
}

#[test]
fn a_cursor_is_durable_and_where_it_stands_is_no_news() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..9);
    assert_eq!(stands(&store), None);
    let first = moved(&store, 4).unwrap();
    assert_eq!((first.position, first.event_id), (Position(4), id(&store, 4)));
    desk.clock.set(1);
    assert_eq!(moved(&store, 4).unwrap(), first, "not even the time is");
    store.close().unwrap();
    let store = desk.open();
    assert_eq!(stands(&store), Some(4));
    assert!(matches!(moved(&store, 3), Err(CursorRefusal::Backwards { .. })));
    let last = store.view().unwrap().last_position().unwrap();
    assert!(matches!(moved(&store, last.get() + 1), Err(CursorRefusal::Beyond { .. })));
}

/// After an older backup took the place of the log, other events have the positions that were given.
#[test]
fn a_cursor_whose_event_is_gone_stands_behind_the_last_one_before_it() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..9);
    let last = store.view().unwrap().last_position().unwrap().get();
    let entry = |position: u64, event_id: EventId| CursorEntry {
        position: Position(position),
        event_id,
        moved_at: Timestamp::from_micros(0),
        moved_by: Actor { group: "g".into(), user: "u".into(), uid: None },
    };
    for (position, event_id, expected) in [
        (7, id(&store, 7), 7),
        (7, id(&store, 3), 3),
        (3, EventId(id(&store, 5).get() - 1), 4),
        (last + 5, EventId(id(&store, last).get() + 1), last),
        (7, EventId(1), 0),
        (0, EventId(0), 0),
    ] {
        put(&store, entry(position, event_id).encode());
        assert_eq!(stands(&store), Some(expected), "#{position} with {event_id}");
        let all = store.view().unwrap().cursors().unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].1.position, Position(expected));
    }
}

#[test]
fn a_broken_cursor_is_damage_and_can_be_taken_away() {
    let desk = Desk::new();
    let store = desk.open();
    put(&store, b"nonsense".to_vec());
    let error = store.view().unwrap().cursor(&cursor()).unwrap_err();
    assert!(error.is_damage() && error.to_string().contains("the cursor `billing`"), "{error}");
    assert!(store.view().unwrap().cursors().is_err());
    let manager = Manager { actor: actor(), token: None };
    store.remove_cursor(manager.clone(), cursor()).unwrap();
    assert_eq!(stands(&store), None);
    assert!(matches!(store.remove_cursor(manager, cursor()), Err(CursorRefusal::Unknown(_))));
}
