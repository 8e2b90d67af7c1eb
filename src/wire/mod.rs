//! The shapes in which dbx speaks: what `--json` prints, what HTTP carries, and what the service takes and returns.
//!
//! Numbers that can pass 2^53 (positions, event ids) are decimal strings in JSON; times are RFC 3339 in UTC; hashes
//! are hex. Within a major version shapes only gain members.

mod aggregate;
mod append;
mod backup;
mod commit;
mod daemon;
mod doctor;
mod event;
mod frames;
mod openapi;
mod outbox;
mod params;
mod problem;
mod proof;
mod query;
mod schema;
mod stage;
mod status;
mod token;
mod verify;
mod when;

pub use aggregate::{
    AggregatePage, AggregateRecord, Blame, BlameLine, Change, Difference, ExportReport,
    RebuiltFrom, Referrer, Referrers, ReplayStep, Resolution, Resolved, SnapshotInfo, Snapshots,
};
pub use append::{ArchiveParams, CommitAnswer, EventRequest};
pub use backup::{BackupReport, RestoreReport};
pub use commit::{
    ArchiveRequest, CommitPage, CommitReceipt, CommitRecord, CommitRequest, ImportReport, Operation,
};
pub use daemon::{Daemon, DaemonReport, ServerHealth, ServerVersion, WatchedSchema};
pub use doctor::{DoctorReport, Health, HealthCheck, Repair, RepairKind, Repaired};
pub use event::{Erased, ErasedAggregate, EventMetadata, EventPage, EventRecord, Issuer};
pub use frames::{BadFrame, FRAME_BYTES_MAX, FRAMES, Frame, FrameKind, FrameReader};
pub use outbox::{
    CursorList, CursorRecord, CursorUpdate, Decimal64, Include, OutboxPage, OutboxQuery, Wait,
};
pub use params::{
    BackupParams, BlameParams, CheckpointCheck, CheckpointParams, ConsistencyParams, DiffParams,
    EventParams, ExportParams, GetParams, ImportParams, InclusionParams, PositionParams,
    PositionReport, ProofParams, RebaseRequest, RevertRequest, SchemaSource, StageDrop, StageSteps,
    TokenBootstrap, TokenRefresh, TokenRevoke, VerifyParams, VerifyProgress,
};
pub use problem::{Failure, PARAMETER, Problem, ProblemDetail};
pub use proof::{
    CheckpointVerdict, ConsistencyProof, HashStep, InclusionProof, LeafProof, PathNode, Proof,
    ProofCheck, ProofVerdict, ProvenEvent, SignedCheckpoint,
};
pub use query::{
    At, EventsQuery, GetQuery, HistoryQuery, ListQuery, LogQuery, ProveQuery, ReplayQuery, Sort,
};
pub use schema::{
    Impact, ImpactRequest, Place, SchemaApplied, SchemaBreak, SchemaCheck, SchemaFinding,
    SchemaFix, SchemaHistory, SchemaLabel, SchemaVersion, Span,
};
pub use stage::{
    ConflictEvent, Irreversible, RebaseOutcome, RebaseReport, Rebased, RevertConflict,
    RevertReport, StageChanged, StageCommitRequest, StageConflict, StageEdit, StageMove,
    StageReport, StageRequest, StageSummary, StagedEffect, StagedOperation,
};
pub use status::{LogRoot, StatusReport, TypeCount};
pub use token::{TokenInfo, TokenIssued, TokenList, TokenRequest, TokenStatus};
pub use verify::{AggregateVerdict, AnchorVerdict, Fault, FaultKind, LogVerdict};
pub use when::When;
