//! One answer from the writer's thread to a caller that waits for it: a channel that carries one value would cost more
//! than all else that a caller does to hand its proposal over.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

enum Slot<T> {
    Waiting,
    Told(T),
    /// The teller is gone and told nothing.
    Gone,
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    ready: Condvar,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side that knows.
pub(in crate::store) struct Teller<T>(Arc<Shared<T>>);

/// The side that waits.
pub(in crate::store) struct Answer<T>(Arc<Shared<T>>);

/// Both sides of one answer.
pub(in crate::store) fn pair<T>() -> (Teller<T>, Answer<T>) {
    let shared = Arc::new(Shared { slot: Mutex::new(Slot::Waiting), ready: Condvar::new() });
    (Teller(shared.clone()), Answer(shared))
}

impl<T> Teller<T> {
    pub(in crate::store) fn tell(self, value: T) {
        *self.0.lock() = Slot::Told(value);
        self.0.ready.notify_one();
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock();
        if matches!(*slot, Slot::Waiting) {
            *slot = Slot::Gone;
            drop(slot);
            self.0.ready.notify_one();
        }
    }
}

impl<T> Answer<T> {
    /// The answer as soon as it is there; `None` when nobody is left to give it.
    pub(in crate::store) fn wait(self) -> Option<T> {
        let waiting = |slot: &mut Slot<T>| matches!(slot, Slot::Waiting);
        let slot = self.0.ready.wait_while(self.0.lock(), waiting);
        let mut slot = slot.unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *slot, Slot::Gone) {
            Slot::Told(value) => Some(value),
            Slot::Waiting | Slot::Gone => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_arrives_before_or_after_it_is_waited_for() {
        let (teller, answer) = pair();
        teller.tell(1);
        assert_eq!(answer.wait(), Some(1));
        let (teller, answer) = pair();
        let waits = std::thread::spawn(move || answer.wait());
        teller.tell(2);
        assert_eq!(waits.join().unwrap(), Some(2));
    }

    #[test]
    fn a_teller_that_is_gone_leaves_nobody_waiting() {
        let (teller, answer) = pair::<u8>();
        drop(teller);
        assert_eq!(answer.wait(), None);
    }
}
