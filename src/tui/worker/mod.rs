//! The threads that own the service. What reads or writes runs here, so that keys are always heeded.
//!
//! A question is asked in a slot. Of those that wait in one slot only the newest is answered, and one that runs there is
//! told to stop: whoever holds `j` does not wait for every row that went by.

mod aggregates;
mod door;
mod follow;
mod queue;
mod schema;
mod stage;
mod tail;
#[cfg(test)]
mod tests;
mod timeline;
mod verify;

pub(crate) use aggregates::{
    Answer as AggregatesAnswer, Ask as AggregatesAsk, Page as AggregatesPage,
};
pub(crate) use schema::{Answer as SchemaAnswer, Ask as SchemaAsk};
pub(crate) use stage::{
    Answer as StageAnswer, Ask as StageAsk, Change as StageChange, Changed as StageChanged,
};
pub(crate) use tail::{Answer as TailAnswer, Ask as TailAsk, Page as TailPage};
pub(crate) use timeline::{Answer as TimelineAnswer, Ask as TimelineAsk};
pub(crate) use verify::{Answer as VerifyAnswer, Ask as VerifyAsk};

use self::door::Door;
use self::queue::{Job, Queue, Request};
use super::msg::{Msg, Reply};
use crate::error::{Error, Kind, Result};
use crate::service::{Caller, OpenOptions, Serve, Service};
use crate::wire::{CommitRecord, LogQuery};
use serde::Serialize;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

/// A thread that answers questions. One that takes long is waited for by its like alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// What changes something: that waits for nothing that is only read.
    Write,
    /// What is read at once.
    Quick,
    /// What goes over a part of the log or compares texts: that takes seconds at most.
    Search,
    /// What recomputes: that may take minutes.
    Long,
}

impl Lane {
    const ALL: [Self; 4] = [Self::Write, Self::Quick, Self::Search, Self::Long];
}

/// Where a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    /// A page of the list of aggregates.
    Page,
    /// The last events of the rows on the screen.
    Rows,
    /// What is shown beside the list.
    Preview,
    /// How many match a filter.
    Count,
    /// Which aggregates have a name like what is typed.
    Named,
    /// Which aggregates have staged operations.
    Staged,
    /// What recomputes hashes.
    Verify,
    /// What recomputes the log, or an aggregate, for the view of that.
    Check,
    /// The way from an event to the root.
    Way,
    /// That the log only grew.
    Consistency,
    /// What is copied.
    Copy,
    /// How long a history is.
    Head,
    /// A page of a history.
    Events,
    /// When its versions came to be.
    Track,
    /// The state of a version.
    State,
    /// What differs between two versions.
    Changes,
    /// Where something is in a history.
    Seek,
    /// Whether a version is in the log.
    Prove,
    /// What is staged.
    Stage,
    /// The last commits.
    Commits,
    /// What the schema in force has.
    Rules,
    /// What there is to write an event on.
    Seen,
    /// What changes the stage.
    Change,
    /// What a commit would write.
    Plan,
    /// What commits it.
    Commit,
    /// Which schema is in force, and how the file stands to it.
    InForce,
    /// What breaks of the schema concern.
    Impact,
    /// What a change of the schema concerns.
    Affected,
    /// What differs between an applied schema and the file.
    Difference,
    /// Writes the schema's file.
    WriteSchema,
    /// Puts the file into force.
    ApplySchema,
    /// Events before those of the tail.
    Older,
    /// Events that came.
    Newer,
    /// What the events on the screen changed.
    Words,
    /// The event that is looked at.
    Look,
    /// How far consumers are.
    Cursors,
    /// Who serves the store.
    Served,
    /// What lies over the tail.
    Sheet,
    /// Where a cursor is moved to.
    Cursor,
}

impl Slot {
    /// The thread that answers its questions.
    fn lane(self) -> Lane {
        match self {
            _ if self.writes() => Lane::Write,
            Self::Verify | Self::Check | Self::Impact | Self::Affected => Lane::Long,
            Self::Prove
            | Self::Copy
            | Self::Count
            | Self::Named
            | Self::Commits
            | Self::Track
            | Self::Seek
            | Self::InForce
            | Self::Difference
            | Self::Older
            | Self::Newer
            | Self::Words
            | Self::Sheet => Lane::Search,
            _ => Lane::Quick,
        }
    }

    /// Whether its questions change something: they are answered, whatever becomes of what is shown.
    pub(crate) fn writes(self) -> bool {
        matches!(
            self,
            Self::Change | Self::Commit | Self::ApplySchema | Self::WriteSchema | Self::Cursor
        )
    }
}

/// Pages of commits that are looked at for a reader who may see few of them.
const COMMIT_PAGES: usize = 16;

/// The last commits, the newest first. A page has none where its reader may see nothing of many of them; those of long ago
/// are then left out.
fn last_commits(
    service: &Service,
    caller: &Caller,
    take: usize,
    job: &Job<'_>,
) -> Result<Vec<CommitRecord>> {
    let mut query = LogQuery::default();
    let mut commits = Vec::new();
    for _ in 0..COMMIT_PAGES {
        query.take = Some(take - commits.len());
        let page = service.log(caller, &query)?;
        commits.extend(page.commits);
        let Some(next) = page.next.filter(|_| commits.len() < take && !job.cancelled()) else {
            break;
        };
        let behind = next.trim_start_matches('c').parse().map_err(|_| {
            let message = format!("`{next}` is no commit to go on from");
            Error::new(Kind::Internal, "dbx::tui::next", message)
        })?;
        query.before = Some(behind);
    }
    Ok(commits)
}

/// A document as it is copied or saved, with an end of line.
fn document(of: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string_pretty(of)
        .map_err(|error| Error::new(Kind::Internal, "dbx::tui::json", error.to_string()))?;
    Ok(json + "\n")
}

/// A question. Each view has its own kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    Aggregates(AggregatesAsk),
    Timeline(TimelineAsk),
    Verify(VerifyAsk),
    Stage(StageAsk),
    Schema(SchemaAsk),
    Tail(TailAsk),
}

impl Ask {
    /// Whether another question differs from this one only in how long the log is that it is asked of.
    pub(crate) fn is_same_but_for_the_log(&self, other: &Self) -> bool {
        self.of_no_log() == other.of_no_log()
    }

    /// The question without how long the log is.
    fn of_no_log(&self) -> Self {
        match self {
            Self::Aggregates(ask) => Self::Aggregates(ask.of_no_log()),
            Self::Timeline(ask) => Self::Timeline(ask.of_no_log()),
            Self::Verify(ask) => Self::Verify(ask.of_no_log()),
            Self::Stage(ask) => Self::Stage(ask.of_no_log()),
            // These ask anew when their answer is there.
            Self::Schema(_) | Self::Tail(_) => self.clone(),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Aggregates(AggregatesAnswer),
    Timeline(TimelineAnswer),
    Verify(VerifyAnswer),
    Stage(StageAnswer),
    Schema(SchemaAnswer),
    Tail(TailAnswer),
}

/// Answers a question, in parts if it likes.
fn answer(service: &Service, caller: &Caller, ask: &Ask, job: &Job<'_>) -> Result<Answer> {
    match ask {
        Ask::Aggregates(ask) => {
            aggregates::answer(service, caller, ask, job).map(Answer::Aggregates)
        }
        Ask::Timeline(ask) => timeline::answer(service, caller, ask, job).map(Answer::Timeline),
        Ask::Verify(ask) => verify::answer(service, caller, ask, job).map(Answer::Verify),
        Ask::Stage(ask) => stage::answer(service, caller, ask, job).map(Answer::Stage),
        Ask::Schema(ask) => schema::answer(service, caller, ask, job).map(Answer::Schema),
        Ask::Tail(ask) => tail::answer(service, caller, ask, job).map(Answer::Tail),
    }
}

/// The threads.
#[derive(Debug)]
pub(crate) struct Worker {
    queue: Arc<Queue>,
    door: Arc<Door>,
    threads: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Starts them. They find whoever has the store or open it and serve it, and say what they find.
    pub(crate) fn start(
        options: OpenOptions,
        serve: Arc<dyn Serve>,
        caller: &Caller,
        messages: &Sender<Msg>,
    ) -> Self {
        let file = options.paths.schema_file.clone();
        let queue = Arc::new(Queue::default());
        let door = Arc::new(Door::new(options, serve, queue.leaving()));
        let (stop, sender) = (queue.clone(), messages.clone());
        // Nobody waits for its end: it holds nothing, and hears of it a moment later.
        std::thread::spawn(move || schema::watch(&stop, &file, &sender));
        let mut threads = Vec::new();
        for lane in Lane::ALL {
            let (queue, door, caller, messages) =
                (queue.clone(), door.clone(), caller.clone(), messages.clone());
            threads.push(std::thread::spawn(move || {
                while let Some(request) = queue.next(lane) {
                    run(&queue, &door, &caller, &request, &messages);
                }
            }));
        }
        let (stop, door_of, caller, messages) =
            (queue.clone(), door.clone(), caller.clone(), messages.clone());
        threads.push(std::thread::spawn(move || {
            follow::run(&stop, &door_of, &caller, &messages);
        }));
        Self { queue, door, threads }
    }

    /// Asks.
    pub(crate) fn ask(&self, slot: Slot, generation: u64, ask: Ask) {
        self.queue.put(Request { slot, generation, ask });
    }

    /// Tells what runs in a slot to stop, and forgets what waits there.
    pub(crate) fn cancel(&self, slot: Slot) {
        self.queue.cancel(slot);
    }

    /// Lets go of the store while `work` runs; `None` where what is being asked does not end in time.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        self.door.aside(work)
    }

    /// Stops the threads and closes the store. What changes something is done before.
    ///
    /// # Errors
    /// A thread that ended before its time, or whatever closing the store says.
    pub(crate) fn stop(self) -> Result<()> {
        self.queue.stop();
        self.door.begin_closing();
        let ended: Vec<_> = self.threads.into_iter().map(JoinHandle::join).collect();
        if ended.iter().any(std::result::Result::is_err) {
            return Err(bug());
        }
        self.door.close()
    }
}

/// What is said where a thread came to an end that it should not: more was said through the hook.
pub(crate) fn bug() -> Error {
    Error::new(Kind::Internal, "dbx::tui::bug", "the dashboard ended because of a bug")
        .kept("what was committed is safe; `dbx verify` checks it")
        .help("report it with what stands above and `dbx status`")
}

fn run(queue: &Queue, door: &Door, caller: &Caller, request: &Request, messages: &Sender<Msg>) {
    let reply = |result, last| {
        let (slot, generation) = (request.slot, request.generation);
        // Nobody listens any more where the dashboard has ended.
        let _ = messages.send(Msg::Reply(Reply { slot, generation, last, result }));
    };
    let part = |answer| reply(Ok(answer), false);
    loop {
        let job = Job::new(queue, request, &part);
        let aside = match &request.ask {
            Ask::Schema(ask) => schema::aside(ask),
            _ => None,
        };
        let result = match aside {
            Some(result) => result.map(Answer::Schema),
            None => door
                .ask(request.slot.writes(), |service| answer(service, caller, &request.ask, &job)),
        };
        if job.was_interrupted() {
            continue;
        }
        if !job.is_forgotten() {
            reply(result, true);
        }
        return;
    }
}
