//! The records of commits, held against the headers in the order of the log.

use super::{Faults, Place, fault};
use crate::domain::{CommitNumber, Hash};
use crate::store::error::StoreError;
use crate::store::format::{CommitEntry, Message};
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};
use std::iter::Peekable;

type Records = Box<dyn Iterator<Item = Result<(CommitNumber, CommitEntry), StoreError>>>;

/// The first event of a commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct First<'a> {
    pub(super) place: Place<'a>,
    pub(super) commit: CommitNumber,
    /// The events in the commit.
    pub(super) size: u32,
    /// The hash of the commit's message.
    pub(super) message: Option<Hash>,
}

/// Walks the records beside the log: both are in the order of commits.
pub(super) struct Commits {
    view: View,
    records: Peekable<Records>,
    /// An event before could not be read, so that a record may belong to it.
    hole: bool,
}

impl Commits {
    pub(super) fn new(view: &View) -> Self {
        let records: Records = Box::new(view.commit_entries());
        Self { view: view.clone(), records: records.peekable(), hole: false }
    }

    /// An event cannot be read.
    pub(super) fn hole(&mut self) {
        self.hole = true;
    }

    /// Holds the record of a commit against its first event.
    pub(super) fn check(&mut self, first: &First<'_>, faults: &mut Faults) {
        let First { place, commit, size, message } = *first;
        self.skip_to(commit, faults);
        let mut say = |message: String| faults.add(place.fault(FaultKind::Commit, message));
        let found =
            self.records.next_if(|next| next.as_ref().is_ok_and(|(number, _)| *number == commit));
        let Some(Ok((_, entry))) = found else {
            // Where a record cannot be read, that was said, and those behind it are unknown.
            let known = !matches!(self.records.peek(), Some(Err(_)));
            if known && (size > 1 || message.is_some()) {
                say(format!("the record of commit c{commit} is missing"));
            }
            return;
        };
        if entry.first != place.position || entry.count != size {
            say(format!(
                "commit c{commit} has {size} events from #{} on, its record says {} from #{}",
                place.position, entry.count, entry.first
            ));
        }
        if entry.message == Message::Lost || self.view.opens().is_err() {
            return;
        }
        let hash = match self.view.message_hash(commit, &entry.message) {
            Ok(hash) => hash,
            Err(error) => return faults.add(place.fault(FaultKind::Commit, error.to_string())),
        };
        if hash != message {
            faults.add(Fault {
                stored: hash.map(|hash| hash.to_string()),
                recomputed: message.map(|hash| hash.to_string()),
                ..place.fault(
                    FaultKind::Commit,
                    format!("the message of commit c{commit} is not the one that was committed"),
                )
            });
        }
    }

    /// Passes over the records before a commit: there should be none.
    fn skip_to(&mut self, commit: CommitNumber, faults: &mut Faults) {
        while let Some(record) =
            self.records.next_if(|next| next.as_ref().is_ok_and(|(number, _)| *number < commit))
        {
            if let (Ok((number, _)), false) = (record, self.hole) {
                faults.add(stray(number));
            }
        }
        self.hole = false;
    }

    /// Nothing may be left, but what could not be read.
    pub(super) fn end(&mut self, faults: &mut Faults) {
        for record in self.records.by_ref() {
            match record {
                Ok((number, _)) if !self.hole => faults.add(stray(number)),
                Ok(_) => {}
                Err(error) => return faults.add(fault(FaultKind::Unreadable, error.to_string())),
            }
        }
    }
}

fn stray(number: CommitNumber) -> Fault {
    fault(
        FaultKind::Commit,
        format!("there is a record of commit c{number}, but no such commit in the log"),
    )
}
