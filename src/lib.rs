//! dbx is git for an application's facts: an event-sourced database that lives in a repository's `.dbx/`.
//!
//! This crate is the program and the library in one. The library can be embedded as SQLite is: open a workspace,
//! append facts, read states, follow the log. It never ends its host, reads no environment variable and prints
//! nothing; only [`cli`] does.
//!
//! ```
//! use dbx::domain::Json;
//! use dbx::service::{Caller, Restrict, Service};
//! use dbx::wire::{At, CommitRequest, EventsQuery, GetQuery, Operation};
//! # let dir = std::env::temp_dir().join(format!("dbx-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir)?;
//! let dbx = Service::init(&dir)?;
//! let me = Caller::local("ada", Restrict::Default);
//!
//! // A schema is optional: aggregates that it declares are checked, others are taken as they come.
//! dbx.schema_apply(
//!     &me,
//!     r#"aggregate order {
//!          field total { type = "decimal(10,2)" }
//!          event order_placed {}
//!          event order_paid {}
//!        }"#,
//! )?;
//!
//! // Every write is a commit: one event or many, durable together or not at all when `commit` returns.
//! let placed = Operation {
//!     aggregate_type: "order".into(),
//!     aggregate_id: "42".into(),
//!     event_type: "order_placed".into(),
//!     payload: Some(Json::parse(r#"{"status": "open", "total": 19.90}"#)?),
//!     exists: Some(false),
//!     ..Operation::default()
//! };
//! let paid = Operation {
//!     event_type: "order_paid".into(),
//!     payload: Some(Json::parse(r#"{"status": "paid"}"#)?),
//!     exists: None,
//!     expected_version: Some(1),
//!     ..placed.clone()
//! };
//! for operation in [placed, paid.clone()] {
//!     dbx.commit(&me, &CommitRequest { operations: vec![operation], ..CommitRequest::default() })?;
//! }
//!
//! // Somebody who looked at version 1 is told that it moved on; nothing is written.
//! let late = dbx.commit(&me, &CommitRequest { operations: vec![paid], ..CommitRequest::default() });
//! assert_eq!(late.unwrap_err().to_string(), "`order/42` is at version 2, not at 1");
//!
//! // The state now, and at any version before.
//! let mut query = GetQuery { aggregate_type: "order".into(), aggregate_id: "42".into(), ..GetQuery::default() };
//! assert_eq!(dbx.get(&me, &query)?.state.to_string(), r#"{"status":"paid","total":"19.90"}"#);
//! query.at = Some(At::Version(1));
//! assert_eq!(dbx.get(&me, &query)?.state.to_string(), r#"{"status":"open","total":"19.90"}"#);
//!
//! // Follow the log: a page, then wait until there is more.
//! let page = dbx.events(&me, &EventsQuery { after: Some(0), ..EventsQuery::default() })?;
//! assert_eq!(page.events.len(), 2);
//! let position = dbx.wait_beyond(1, std::time::Duration::from_secs(1))?;
//! assert_eq!(position, 2);
//!
//! // Recompute every hash from the stored bytes.
//! assert!(dbx.verify(&me, &|_done, _of| {})?.ok);
//! dbx.close()?;
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The model
//!
//! - An **event** is an immutable fact about one **aggregate**: a type, a payload, metadata. It has a **version** (its
//!   place in the aggregate), a **position** (its place in the whole log, without gaps) and an event id.
//! - An aggregate's **state** is the fold of its events: the payload's top-level keys replace those of the state, and a
//!   patch event (RFC 6902) may change or remove anything. A **snapshot** of it is kept every so many events.
//! - A **commit** is one or more events that become durable together.
//! - The **stage** is a durable, ordered list of operations that wait for their commit, each bound to the version that it
//!   was written against. Undo and redo work on the stage, never on the log.
//! - The **tree** (RFC 6962 over SHA-256) is over the events: one for each aggregate, and one over the log. The **leaf**
//!   is the hash of an event's header, which holds the hash of its body; the **root** stands for all of them.
//! - The **schema** says what aggregates, fields and events there are. Its applied versions are stored, and every event
//!   names the one that admitted it.
//!
//! # The layers
//!
//! Each may use only those above it; a test reads the sources and fails on an import against this order.
//!
//! | layer | what it is |
//! | --- | --- |
//! | [`error`], [`clock`] | what all may use: the one table from errors to exit codes and HTTP statuses; time |
//! | [`domain`] | the nouns: ids, events, exact JSON, folds, diffs, addresses, filters. Pure |
//! | [`schema`] | the language of `schema.dbx` and the check of payloads against it. Pure |
//! | [`proof`] | hashing, trees, proofs. Pure |
//! | [`seal`] | encryption: AES-256-GCM envelopes and their keys. Pure but for randomness |
//! | [`wire`] | the shapes of `--json`, and of what the service takes and returns |
//! | [`workspace`] | finding `.dbx/`, its configuration, `init`, templates, keys |
//! | [`store`] | the only user of fjall: bytes, keys, the writer, snapshots, checks |
//! | [`service`] | the use cases, and the only door to the store: of this process, or of the one that has it |
//! | [`tui`] | the dashboard, which uses the service and never the store |
//! | [`server`] | a store served to others: over a socket to its user, over HTTP to whoever has a token |
//! | [`cli`] | the command line, which uses the service and never the store |
//!
//! # Who has the store
//!
//! One process at a time opens a store. A command that finds nobody opens it, does its work and closes it. A daemon
//! (`dbx serve start`) keeps it, listens at a socket in `.dbx/`, and every command works through that:
//! [`Service::connect`](service::Service::connect) asks there first. A [`Service`](service::Service) is either
//! ([`Local`](service::Local), [`Remote`](service::Remote)), with the same calls, answers and errors; the calls of one verb
//! stand side by side in `service/handle/`. Only an answer over the socket means that somebody is there: a process id, a
//! socket or a `daemon.json` that was left behind means nothing.
//!
//! # What it is not
//!
//! No cluster, no query language over all states, no general key-value store. One workspace has one process that writes,
//! and everything in it fits on one disk.

pub mod clock;
pub mod error;

pub mod domain;
pub mod schema;

pub mod proof;

pub mod seal;

pub mod wire;

pub mod workspace;

pub mod store;

pub mod service;

pub mod tui;

pub mod server;

pub mod cli;
