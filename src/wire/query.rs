//! What readers ask for.

use crate::domain::Timestamp;

/// Which moment of an aggregate's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After the event of this version.
    Version(u64),
    /// After the last event at or before this time.
    Time(Timestamp),
    /// After the aggregate's last event at or before this position of the log.
    Position(u64),
}

/// One aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetQuery {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// An earlier moment; the present one if absent.
    pub at: Option<At>,
    /// Whether its events are wanted too.
    pub include_events: bool,
}

/// One event to prove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProveQuery {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// The version, or a moment that means one; the newest version if absent.
    pub at: Option<At>,
    /// How many events of the log its tree is to have, such as the size of a checkpoint; all if absent.
    pub log_size: Option<u64>,
    /// Whether the proof is to hold the event's body.
    pub with_body: bool,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Type and id, ascending: the order of the store, which pages fastest.
    #[default]
    Id,
    /// The time of the last event, newest first.
    Updated,
    /// The time of the first event, newest first.
    Created,
    /// The number of events, most first.
    Version,
}

/// Aggregates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Of one type only.
    pub aggregate_type: Option<String>,
    /// Those that match, in the filter language.
    pub filter: Option<String>,
    /// In which order.
    pub sort: Sort,
    /// How many at most; `page_limit` of the configuration if absent, and never more than that.
    pub take: Option<usize>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Whether archived ones are listed too.
    pub archived: bool,
}

/// Events of the log or of one aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventsQuery {
    /// Of one type only.
    pub aggregate_type: Option<String>,
    /// Of one aggregate only; needs the type.
    pub aggregate_id: Option<String>,
    /// Those that match, in the filter language.
    pub filter: Option<String>,
    /// Beyond this position (exclusive); before it when reversed. From the end that the order starts at if absent.
    pub after: Option<u64>,
    /// How many at most; `page_limit` of the configuration if absent, and never more than that.
    pub take: Option<usize>,
    /// Newest first.
    pub reverse: bool,
}

/// Commits, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only those with an event of this type.
    pub aggregate_type: Option<String>,
    /// Only those with an event of this aggregate; needs the type.
    pub aggregate_id: Option<String>,
    /// Only those with an event that matches, in the filter language.
    pub filter: Option<String>,
    /// Before this commit (exclusive).
    pub before: Option<u64>,
    /// How many at most; `page_limit` of the configuration if absent, and never more than that.
    pub take: Option<usize>,
}

/// The replay of an aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayQuery {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// The first version shown; 1 if absent.
    pub from: Option<u64>,
    /// The last version shown; the present one if absent.
    pub to: Option<u64>,
}
