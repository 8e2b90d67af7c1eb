//! What each kind of fault means, how it comes about, and what to do.

use crate::wire::FaultKind;

/// What dbx does about it, and what can be done.
const REPAIR: &str = "dbx changed nothing. What follows from the log is made anew by:\n\n    \
     dbx doctor --repair\n\n\
     It asks before each step and keeps what was there in .dbx/salvage/.";

/// The same where bytes of events are concerned, which nothing can make anew.
const RESTORE: &str = "dbx changed nothing. Bytes of events cannot be made anew: a backup has \
     them, or the longest beginning of the log that verifies is kept:\n\n    \
     dbx restore --input FILE\n    dbx doctor --repair --dry-run\n\n\
     The second says what it would keep and what would be lost, and does nothing.";

/// The words of a kind of fault, as the report in JSON has them.
pub(crate) fn name(kind: FaultKind) -> String {
    let json = serde_json::to_value(kind).unwrap_or_default();
    json.as_str().unwrap_or("fault").to_owned()
}

/// The page about a kind of fault.
#[expect(clippy::too_many_lines, reason = "a few words for each kind, and none is left out")]
pub(crate) fn page(kind: FaultKind) -> String {
    let (what, how, lost) = match kind {
        FaultKind::Unreadable => (
            "Stored bytes cannot be read: their checksum does not fit, or they are no record.",
            "A disk that fails does this, a copy that was cut, or a program that wrote into .dbx/.",
            true,
        ),
        FaultKind::BodyChanged => (
            "The contents of an event are not those whose hash stands in its header.",
            "The header is chained into the trees, the body hangs on it by its hash: somebody changed \
             what the event says, with a checksum that fits.",
            true,
        ),
        FaultKind::AggregateRoot => (
            "The root over an aggregate's events is not the stored one.",
            "An event of it was changed, left out, added or moved. `r` verifies the aggregate alone and \
             names the event.",
            true,
        ),
        FaultKind::LogTree => (
            "A hash inside the tree over the log is not that of the events below it.",
            "Either the stored hash was damaged, which can be made anew, or an event below it is not \
             the one that was committed: then that is a fault of its own in the list.",
            false,
        ),
        FaultKind::LogRoot => (
            "The root over the whole log is not the stored one.",
            "One fault below it explains all nodes on the way up; without one the stored root itself was \
             changed. A checkpoint that is kept elsewhere tells which of the two is the old one.",
            false,
        ),
        FaultKind::Sequence => (
            "Positions or versions have a gap, or one is there twice.",
            "An event was taken out or put in. Everything up to the commit before it is good.",
            true,
        ),
        FaultKind::Index => (
            "The index from an aggregate's versions to the log leads somewhere else.",
            "It follows from the log and holds nothing that is not there too.",
            false,
        ),
        FaultKind::State => (
            "The stored state of an aggregate is not what its events make of it.",
            "The log is right and the state is not: it was changed, or written by a version with a fault.",
            false,
        ),
        FaultKind::Snapshot => (
            "A snapshot is not what the events up to it make of the state.",
            "Replaying from it would give something else than replaying from the first event.",
            false,
        ),
        FaultKind::Archived => (
            "What is kept of who is archived, in heads or in the index of them, is not what the events say.",
            "Both follow from the events of archiving and restoring, and hold nothing else.",
            false,
        ),
        FaultKind::Commit => (
            "A commit is there only in part, or what it says of itself is not what its events say.",
            "Commits are written whole or not at all: something took a part of it away.",
            true,
        ),
        FaultKind::Types => (
            "The numbers of the aggregate types contradict each other, or the log.",
            "They stand for the names in keys, and follow from the log.",
            false,
        ),
        FaultKind::References => (
            "The index of what refers to what is not what the states say.",
            "It follows from the states, and those from the log.",
            false,
        ),
        FaultKind::Anchor => (
            "The log is not the one that .dbx/ANCHOR knew.",
            "The store was replaced by an older copy, cut, or written anew. If you restored it yourself, \
             `dbx doctor --repair --accept` takes the log that is there for the right one.",
            true,
        ),
    };
    format!("{what}\n\n{how}\n\n{}\n", if lost { RESTORE } else { REPAIR })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_says_what_to_type() {
        let kinds = [
            FaultKind::Unreadable,
            FaultKind::BodyChanged,
            FaultKind::AggregateRoot,
            FaultKind::LogTree,
            FaultKind::LogRoot,
            FaultKind::Sequence,
            FaultKind::Index,
            FaultKind::State,
            FaultKind::Snapshot,
            FaultKind::Archived,
            FaultKind::Commit,
            FaultKind::Types,
            FaultKind::References,
            FaultKind::Anchor,
        ];
        for kind in kinds {
            let page = page(kind);
            assert!(page.contains("\n    dbx doctor --repair"), "{page}");
            assert!(page.contains("dbx changed nothing"), "{page}");
            assert!(!name(kind).is_empty());
        }
        assert_eq!(name(FaultKind::BodyChanged), "body_changed");
    }
}
