//! What drives a connection, wherever the call is made: the thread of a caller waits, and may itself be one of an
//! asynchronous program, on which a runtime of our own could not be run.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use tokio::runtime::Runtime;
use tokio::task::coop::unconstrained;

/// A runtime with one thread, which waits for sockets and clocks. Calls themselves run on the thread that makes them.
#[derive(Debug)]
pub(super) struct Engine {
    /// There until the value is dropped.
    runtime: Option<Runtime>,
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Engine {
    /// # Errors
    /// The system has no thread for it.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("dbx-socket").enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Waits for a call on this thread.
    pub(super) fn wait<T>(&self, call: impl Future<Output = T>) -> T {
        let _inside = self.runtime.as_ref().map(Runtime::enter);
        // What the caller's own runtime allows one of its tasks at a time is not for this call, which would wait for the
        // task to yield, for ever.
        let mut call = pin!(unconstrained(call));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            if let Poll::Ready(done) = call.as_mut().poll(&mut Context::from_waker(&waker)) {
                return done;
            }
            thread::park();
        }
    }
}

/// A runtime that is dropped waits for its threads, which no thread of an asynchronous program may.
impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn ticks(number: u32) -> u32 {
        for _ in 0..number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // More than a task may do at a time.
        let (to, mut from) = tokio::sync::mpsc::channel(1000);
        for tick in 0..1000 {
            to.send(tick).await.unwrap();
        }
        while from.try_recv().is_ok() {}
        number
    }

    #[test]
    fn a_thread_waits() {
        let engine = Engine::new().unwrap();
        assert_eq!(engine.wait(ticks(3)), 3);
    }

    #[tokio::test]
    async fn so_does_one_of_an_asynchronous_program() {
        assert_eq!(Engine::new().unwrap().wait(ticks(3)), 3);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_any_kind() {
        let waits = async { Engine::new().unwrap().wait(ticks(3)) };
        assert_eq!(tokio::spawn(waits).await.unwrap(), 3);
    }
}
