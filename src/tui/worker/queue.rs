//! What waits to be answered: at most one question for each slot.

use super::{Answer, Ask, Lane, Slot};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A question on its way.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) slot: Slot,
    pub(super) generation: u64,
    pub(super) ask: Ask,
}

#[derive(Debug, Default)]
struct Waiting {
    /// In the order in which they came.
    requests: Vec<Request>,
    /// The last generation of each slot.
    newest: BTreeMap<Slot, u64>,
    stopped: bool,
}

/// The questions that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// Whether the store is being let go of: questions that take long end, and are asked again of whoever has it next.
    leaving: Arc<AtomicBool>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What says that the store is being let go of.
    pub(super) fn leaving(&self) -> Arc<AtomicBool> {
        self.leaving.clone()
    }

    /// Takes a question in, in the place of the one that waits in its slot.
    pub(super) fn put(&self, request: Request) {
        let mut waiting = self.lock();
        waiting.newest.insert(request.slot, request.generation);
        waiting.requests.retain(|other| other.slot != request.slot);
        waiting.requests.push(request);
        self.changed.notify_all();
    }

    /// Forgets what waits in a slot, and tells what runs there to stop.
    pub(super) fn cancel(&self, slot: Slot) {
        let mut waiting = self.lock();
        waiting.newest.insert(slot, 0);
        waiting.requests.retain(|other| other.slot != slot);
    }

    /// Waits for the next question of a thread; `None` at the end. What changes something is done before that.
    pub(super) fn next(&self, lane: Lane) -> Option<Request> {
        let mut waiting = self.lock();
        loop {
            let stopped = waiting.stopped;
            let next = |it: &Request| it.slot.lane() == lane && (!stopped || it.slot.writes());
            if let Some(at) = waiting.requests.iter().position(next) {
                return Some(waiting.requests.remove(at));
            }
            if stopped {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the end, at most for `time`; true when it has come.
    pub(super) fn rest(&self, time: Duration) -> bool {
        let waiting = self.lock();
        let waited = self.changed.wait_timeout_while(waiting, time, |waiting| !waiting.stopped);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    /// Ends all waiting.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn is_newest(&self, slot: Slot, generation: u64) -> bool {
        let waiting = self.lock();
        (!waiting.stopped || slot.writes()) && waiting.newest.get(&slot) == Some(&generation)
    }
}

/// A question that is being answered.
pub(crate) struct Job<'a> {
    queue: &'a Queue,
    request: &'a Request,
    /// What recomputes on all cores says from any of them how far it is.
    part: &'a (dyn Fn(Answer) + Sync),
    /// Whether it was told to stop although its answer is waited for.
    interrupted: AtomicBool,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        queue: &'a Queue,
        request: &'a Request,
        part: &'a (dyn Fn(Answer) + Sync),
    ) -> Self {
        Self { queue, request, part, interrupted: AtomicBool::new(false) }
    }

    /// Whether it should stop, as nobody waits for the answer any more or the store is wanted elsewhere: whoever works in
    /// slices looks between them.
    pub(crate) fn cancelled(&self) -> bool {
        let leaving = self.queue.leaving.load(Ordering::Acquire);
        if leaving {
            self.interrupted.store(true, Ordering::Release);
        }
        leaving || self.is_forgotten()
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_forgotten(&self) -> bool {
        !self.queue.is_newest(self.request.slot, self.request.generation)
    }

    /// Whether it stopped for another reason than that, and is to begin anew.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire) && !self.is_forgotten()
    }

    /// Hands out what is there so far.
    pub(crate) fn part(&self, answer: Answer) {
        if !self.is_forgotten() {
            (self.part)(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::AggregatesAsk;
    use super::*;

    fn request(slot: Slot, generation: u64) -> Request {
        Request { slot, generation, ask: Ask::Aggregates(AggregatesAsk::Staged { epoch: 0 }) }
    }

    #[test]
    fn the_newest_of_a_slot_wins_and_slow_ones_wait_apart() {
        let queue = Queue::default();
        queue.put(request(Slot::Page, 1));
        queue.put(request(Slot::Verify, 2));
        queue.put(request(Slot::Preview, 3));
        queue.put(request(Slot::Page, 4));
        queue.put(request(Slot::Older, 7));
        let searched = queue.next(Lane::Search).map(|it| it.generation);
        assert_eq!(searched, Some(7), "the tail waits for no verification");
        let order = [queue.next(Lane::Quick).unwrap(), queue.next(Lane::Quick).unwrap()];
        assert_eq!(order.map(|it| it.generation), [3, 4]);
        let verify = queue.next(Lane::Long).unwrap();
        let part = |_| {};
        let job = Job::new(&queue, &verify, &part);
        assert!(!job.cancelled());
        queue.put(request(Slot::Verify, 5));
        assert!(job.cancelled(), "a newer question stops an older one");
        queue.put(request(Slot::Change, 6));
        queue.stop();
        assert!(queue.next(Lane::Long).is_none());
        assert!(queue.next(Lane::Quick).is_none());
        let written = queue.next(Lane::Write).map(|it| it.generation);
        assert_eq!(written, Some(6), "what changes something is done");
        assert!(queue.next(Lane::Write).is_none());
        assert!(queue.rest(Duration::from_secs(60)));
    }
}
