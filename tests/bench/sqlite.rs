//! SQLite doing the same work, as carefully: WAL, `synchronous=FULL`, events, states, and a unique index over
//! aggregate and version. It has no trees to keep and no schema to check.

use rusqlite::{Connection, params};
use serde::de::IgnoredAny;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE events (
        position INTEGER PRIMARY KEY, aggregate TEXT NOT NULL, version INTEGER NOT NULL,
        event_type TEXT NOT NULL, created_at INTEGER NOT NULL, actor TEXT NOT NULL,
        payload TEXT NOT NULL, leaf BLOB NOT NULL
    );
    CREATE UNIQUE INDEX version ON events (aggregate, version);
    CREATE TABLE aggregates (
        aggregate TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// The new state is the merge of payload and state (RFC 7396), as in dbx.
const AGGREGATE: &str = "
    INSERT INTO aggregates VALUES (?1, 1, ?2)
    ON CONFLICT (aggregate) DO UPDATE
    SET version = version + 1, state = json_patch(state, excluded.state) RETURNING version";

const EVENT: &str =
    "INSERT INTO events (aggregate, version, event_type, created_at, actor, payload, leaf)
    VALUES (?1, ?2, 'account_changed', ?3, 'local/bench', ?4, ?5)";

/// One open database.
pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn create(file: &Path) -> Self {
        let connection = Connection::open(file).unwrap();
        connection.execute_batch(TABLES).unwrap();
        Self(connection)
    }

    /// Appends events in one durable transaction.
    pub(crate) fn append<'a>(&mut self, events: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let transaction = self.0.transaction().unwrap();
        {
            let mut aggregates = transaction.prepare_cached(AGGREGATE).unwrap();
            let mut log = transaction.prepare_cached(EVENT).unwrap();
            for (aggregate, payload) in events {
                serde_json::from_str::<IgnoredAny>(payload).unwrap();
                let leaf = ring::digest::digest(&ring::digest::SHA256, payload.as_bytes());
                let version: i64 =
                    aggregates.query_row(params![aggregate, payload], |row| row.get(0)).unwrap();
                let event = params![aggregate, version, 1_700_000_000_i64, payload, leaf.as_ref()];
                log.execute(event).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

/// An event and whom to tell.
type Queued = ((String, String), Sender<()>);

/// The most events in one transaction.
const GROUP: usize = 512;

/// Commits what queued up during the last transaction together, as dbx's writer does, until all senders are gone.
pub(crate) fn group_commits(mut database: Sqlite, queue: &Receiver<Queued>) {
    while let Ok(first) = queue.recv() {
        let group: Vec<Queued> =
            std::iter::once(first).chain(queue.try_iter().take(GROUP - 1)).collect();
        database.append(group.iter().map(|((id, payload), _)| (id.as_str(), payload.as_str())));
        for (_, done) in group {
            done.send(()).unwrap();
        }
    }
}

/// A queue for [`group_commits`].
pub(crate) fn queue() -> (Sender<Queued>, Receiver<Queued>) {
    channel()
}
