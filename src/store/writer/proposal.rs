//! What callers hand to the writer.

use crate::domain::access::{Action, Rights};
use crate::domain::{
    Actor, AggregateKey, Body, CommitNumber, Event, EventType, Hash, Kind, Position, Version,
};
use crate::schema::Schema;
use crate::store::error::StoreError;
use crate::store::format::{EncodedBody, ImportEntry, SALT_BYTES, body_bytes, encode_body};
use crate::store::ring::Sealer;
use crate::store::view::View;
use zeroize::Zeroizing;

/// What must hold for an aggregate before an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Anything.
    Any,
    /// It must not exist.
    Absent,
    /// It must exist.
    Present,
    /// It must be at this version; 0 is the same as [`Expected::Absent`].
    Exact(Version),
}

/// One proposed event, normalised, encoded and hashed by the caller.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub(in crate::store) aggregate: AggregateKey,
    pub(in crate::store) event_type: EventType,
    pub(in crate::store) kind: Kind,
    pub(in crate::store) body: Body,
    pub(super) salt: [u8; SALT_BYTES],
    pub(super) encoded: EncodedBody,
    /// What the body is sealed with, where it is.
    pub(super) sealer: Option<Sealer>,
    pub(in crate::store) expected: Expected,
}

impl Proposed {
    /// Encodes and hashes a body, so that the writer need not.
    ///
    /// # Errors
    /// No randomness from the operating system.
    pub fn new(
        aggregate: AggregateKey,
        event_type: EventType,
        kind: Kind,
        body: Body,
        expected: Expected,
    ) -> Result<Self, StoreError> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| StoreError::Random(error.to_string()))?;
        Ok(Self::with_salt(aggregate, event_type, kind, body, expected, salt))
    }

    /// As [`Proposed::new`], with a salt of the caller's: what makes stored bytes repeatable.
    pub(crate) fn with_salt(
        aggregate: AggregateKey,
        event_type: EventType,
        kind: Kind,
        body: Body,
        expected: Expected,
        salt: [u8; SALT_BYTES],
    ) -> Self {
        let encoded = encode_body(&body, &salt);
        Self { aggregate, event_type, kind, body, salt, encoded, sealer: None, expected }
    }

    /// As [`Proposed::with_salt`], sealed here where the store is encrypted: then the writer need not.
    ///
    /// # Errors
    /// There is no key to seal with.
    pub(crate) fn for_store(
        view: &View,
        (aggregate, event_type, kind): (AggregateKey, EventType, Kind),
        body: Body,
        expected: Expected,
        salt: [u8; SALT_BYTES],
    ) -> Result<Self, StoreError> {
        let Some(sealer) = view.sealer(&aggregate)? else {
            return Ok(Self::with_salt(aggregate, event_type, kind, body, expected, salt));
        };
        let plain = Zeroizing::new(body_bytes(&body, &salt));
        let encoded = sealer.body((&aggregate, &event_type, kind), &plain)?;
        let sealer = Some(sealer);
        Ok(Self { aggregate, event_type, kind, body, salt, encoded, sealer, expected })
    }

    /// Draws the stored bytes anew, with what they are sealed with.
    pub(super) fn encode(&mut self) -> Result<(), StoreError> {
        self.encoded = match &self.sealer {
            None => encode_body(&self.body, &self.salt),
            Some(sealer) => {
                let plain = Zeroizing::new(body_bytes(&self.body, &self.salt));
                sealer.body((&self.aggregate, &self.event_type, self.kind), &plain)?
            }
        };
        Ok(())
    }

    /// Seals it with another key.
    #[cfg(test)]
    pub(in crate::store) fn reseal(&mut self, sealer: Sealer) -> Result<(), StoreError> {
        self.sealer = Some(sealer);
        self.encode()
    }

    /// Adds to `out` what makes two operations the same for an idempotency key: everything that the writer of the
    /// operation decided, each part with its length before it.
    pub fn fingerprint(&self, out: &mut Vec<u8>) {
        let expected = match self.expected {
            Expected::Any => "any".to_owned(),
            Expected::Absent | Expected::Exact(Version(0)) => "absent".to_owned(),
            Expected::Present => "present".to_owned(),
            Expected::Exact(version) => version.to_string(),
        };
        let parts = [
            self.aggregate.to_string(),
            self.event_type.to_string(),
            self.kind.as_str().to_owned(),
            self.body.content.to_string(),
            self.body.metadata.to_string(),
            self.body.note.clone().unwrap_or_default(),
            expected,
        ];
        for part in parts {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// The size of the stored body in bytes.
    pub fn body_bytes(&self) -> usize {
        self.encoded.bytes.len()
    }
}

/// A key that makes a retry safe, and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotency {
    /// The hash of actor and key.
    pub key: Hash,
    /// The hash of the normalised operations: "the same request" means the same hash.
    pub operations: Hash,
    /// The hash of the request as it came in: what finds the answer again when the schema is another one.
    pub request: Option<Hash>,
}

/// Which schema the operations were checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// None: the writer checks nothing either.
    Unchecked,
    /// The version in force when the caller looked; 0 where none was. The writer refuses when it has changed.
    Checked(u64),
}

/// Operations that become durable together or not at all.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The operations, in order.
    pub operations: Vec<Proposed>,
    /// Who proposes.
    pub actor: Actor,
    /// Why.
    pub message: Option<String>,
    /// What makes a retry safe.
    pub idempotency: Option<Idempotency>,
    /// Which schema admitted the operations.
    pub admission: Admission,
    /// How far an import is with this commit, and the key that names its source.
    pub import: Option<([u8; 16], ImportPoint)>,
    /// The token that is written with; `None` where the files are the authority.
    pub ticket: Option<Ticket>,
    /// The stage whose operations these are: they leave it with this commit, and the proposal is refused if it moved.
    pub unstage: Option<Unstage>,
    /// Check everything and write nothing.
    pub dry_run: bool,
}

/// A token that is written with. Whether it still holds, and may write that many events, the writer decides.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Its id.
    pub token: uuid::Uuid,
    /// What it allows: the writer needs to know which aggregates may be pointed at.
    pub rights: std::sync::Arc<Rights>,
}

impl Ticket {
    /// Whether its holder may see an aggregate, and therefore point at it.
    pub(super) fn sees(&self, aggregate: &AggregateKey) -> bool {
        self.rights.allow(Action::AggregateRead, aggregate)
    }
}

/// What a commit does to the stage that its operations come from. Nothing can be undone on it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unstage {
    /// The revision of the stage that the operations were read from.
    pub revision: u64,
    /// The numbers of the operations that stay staged: they are bound to what the commit leaves behind.
    pub keep: Vec<u64>,
}

/// How far a source was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportPoint {
    /// Bytes of the source.
    pub bytes: u64,
    /// Lines of the source.
    pub lines: u64,
    /// SHA-256 of those bytes.
    pub hash: Hash,
}

impl From<ImportPoint> for ImportEntry {
    fn from(progress: ImportPoint) -> Self {
        Self { bytes: progress.bytes, lines: progress.lines, hash: progress.hash }
    }
}

impl Proposal {
    /// About how many bytes it adds to the log: what a batch is filled by.
    pub(super) fn weight(&self) -> usize {
        self.operations.iter().map(|operation| operation.encoded.bytes.len() + 300).sum()
    }
}

/// What became of an accepted proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is durable now (or would be, after a dry run).
    Committed {
        /// The number of the commit.
        commit: CommitNumber,
        /// Its events.
        events: Vec<Event>,
    },
    /// Its idempotency key was used for the same operations before: nothing was written.
    Replayed {
        /// The position of the first event that was written then.
        first: Position,
        /// How many there are.
        count: u32,
    },
}

/// The schema in force, compiled.
#[derive(Debug, Default)]
pub struct AppliedSchema {
    /// Its version; 0 where none was ever applied.
    pub version: u64,
    /// The source; empty where none was ever applied.
    pub source: String,
    /// The compiled form.
    pub schema: Schema,
}
