//! The connections of one door: so many at once. When all are taken and another client comes, the one that has been
//! waiting for a request for the longest goes: whoever opens many and sends nothing keeps nobody out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The seats of a door.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    inner: Mutex<Inner>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    taken: usize,
    next: u64,
    /// Those that wait for a request, in the order in which they began to.
    idle: BTreeMap<u64, CancellationToken>,
}

/// A connection's place. It is free when the value is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    /// The place among the idle; none while a request is under way.
    number: Mutex<Option<u64>>,
    leave: CancellationToken,
}

/// A request is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Seat>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever panicked with it left numbers, which are as good as before.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), inner: Mutex::default(), left: Notify::new() })
    }

    /// A seat for a connection that is there; waits only while all have requests under way.
    pub(super) async fn take(self: &Arc<Self>) -> Arc<Seat> {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            // From here on nobody leaves unnoticed.
            left.as_mut().enable();
            if let Some(seat) = self.try_take() {
                return seat;
            }
            left.await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Arc<Seat>> {
        let mut inner = lock(&self.inner);
        if inner.taken >= self.most {
            // It goes as soon as it runs: for that moment there is one more.
            inner.idle.pop_first()?.1.cancel();
        }
        inner.taken += 1;
        let leave = CancellationToken::new();
        let number = inner.sit(leave.clone());
        Some(Arc::new(Seat { seats: self.clone(), number: Mutex::new(Some(number)), leave }))
    }

    /// Sends away the connection that has been waiting for longest; false where none waits.
    pub(super) fn make_room(&self) -> bool {
        let first = lock(&self.inner).idle.pop_first();
        first.is_some_and(|(_, leave)| {
            leave.cancel();
            true
        })
    }
}

impl Inner {
    fn sit(&mut self, leave: CancellationToken) -> u64 {
        let number = self.next;
        self.next += 1;
        self.idle.insert(number, leave);
        number
    }
}

impl Seat {
    /// Says that a request has come.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        if let Some(number) = lock(&self.number).take() {
            lock(&self.seats.inner).idle.remove(&number);
        }
        Busy(self.clone())
    }

    /// Whether it waits for a request.
    pub(super) fn is_idle(&self) -> bool {
        lock(&self.number).is_some()
    }

    /// Waits until somebody else needs the place.
    pub(super) async fn told_to_leave(&self) {
        self.leave.cancelled().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut number = lock(&self.0.number);
        if number.is_none() {
            *number = Some(lock(&self.0.seats.inner).sit(self.0.leave.clone()));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let number = lock(&self.number).take();
        let mut inner = lock(&self.seats.inner);
        inner.taken -= 1;
        if let Some(number) = number {
            inner.idle.remove(&number);
        }
        drop(inner);
        self.seats.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;
    use std::task::{Context, Poll, Waker};

    fn poll(seats: &Arc<Seats>) -> Poll<Arc<Seat>> {
        let taking = seats.take();
        tokio::pin!(taking);
        taking.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn take(seats: &Arc<Seats>) -> Arc<Seat> {
        match poll(seats) {
            Poll::Ready(seat) => seat,
            Poll::Pending => panic!("no seat is free"),
        }
    }

    #[test]
    fn who_waits_for_longest_goes_for_who_comes() {
        let seats = Seats::new(2);
        let (first, second) = (take(&seats), take(&seats));
        let work = first.busy();
        let third = take(&seats);
        assert!(second.leave.is_cancelled() && !first.leave.is_cancelled());
        drop(second);
        // Whoever has just been served has waited the least.
        drop(work);
        let fourth = take(&seats);
        assert!(third.leave.is_cancelled() && !first.leave.is_cancelled());
        drop((first, third, fourth));
        assert_eq!(lock(&seats.inner).taken, 0);
        assert!(lock(&seats.inner).idle.is_empty());
    }

    #[test]
    fn where_all_work_the_next_waits_until_one_has_gone() {
        let seats = Seats::new(2);
        let (first, second) = (take(&seats), take(&seats));
        let (one, two) = (first.busy(), second.busy());
        assert!(poll(&seats).is_pending());
        assert!(!seats.make_room());
        drop((one, first));
        assert!(poll(&seats).is_ready());
        drop(two);
        assert!(seats.make_room());
        assert!(second.leave.is_cancelled());
    }
}
