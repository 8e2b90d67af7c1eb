//! Clients in a closed loop: each waits for its answer before it asks again.

use crate::table;
use futures_util::future::join_all;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What a look at clients gave.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Answers per second, all clients together.
    pub(crate) rate: f64,
    /// Every waiting time in milliseconds, ascending.
    waits: Vec<f64>,
}

impl Look {
    /// The waiting time that `share` of the answers did not exceed, in milliseconds.
    pub(crate) fn wait(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list that fits into memory"
        )]
        let index = (self.waits.len() as f64 * share) as usize;
        self.waits.get(index).or(self.waits.last()).copied().unwrap_or(f64::NAN)
    }

    /// The longest waiting time in milliseconds.
    pub(crate) fn longest(&self) -> f64 {
        self.waits.last().copied().unwrap_or(f64::NAN)
    }
}

/// The median of the rates of several looks.
pub(crate) fn rate(looks: &[Look]) -> f64 {
    table::median(looks.iter().map(|look| look.rate).collect())
}

/// Of several looks the one whose rate is in the middle.
pub(crate) fn median(mut looks: Vec<Look>) -> Look {
    looks.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    looks.swap_remove(looks.len() / 2)
}

/// Lets `count` clients ask for `time`. `client` makes the client of a number, which asks once per call.
pub(crate) fn run<C: FnMut()>(
    count: usize,
    time: Duration,
    client: impl Fn(usize) -> C + Sync,
) -> Look {
    let barrier = Barrier::new(count);
    let started = Instant::now();
    let of_client = |number: usize| {
        let mut ask = client(number);
        ask();
        let mut waits = Vec::new();
        barrier.wait();
        let start = Instant::now();
        while start.elapsed() < time {
            let asked = Instant::now();
            ask();
            waits.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        (waits, start.elapsed())
    };
    let results: Vec<(Vec<f64>, Duration)> = std::thread::scope(|scope| {
        let of_client = &of_client;
        let threads: Vec<_> =
            (0..count).map(|number| scope.spawn(move || of_client(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(started.elapsed() >= time);
    look(results, time)
}

/// As [`run`], with all clients on one thread, as generators of load do it: a thread for each takes a third of a small
/// machine from the server that is measured, for nothing but changing between them.
pub(crate) fn run_together<C: AsyncFnMut()>(
    count: usize,
    time: Duration,
    client: impl AsyncFn(usize) -> C,
) -> Look {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let barrier = tokio::sync::Barrier::new(count);
    let of_client = async |number: usize| {
        let mut ask = client(number).await;
        ask().await;
        let mut waits = Vec::new();
        barrier.wait().await;
        let start = Instant::now();
        while start.elapsed() < time {
            let asked = Instant::now();
            ask().await;
            waits.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        (waits, start.elapsed())
    };
    look(runtime.block_on(join_all((0..count).map(of_client))), time)
}

fn look(results: Vec<(Vec<f64>, Duration)>, time: Duration) -> Look {
    let longest = results.iter().map(|(_, time)| *time).max().unwrap_or(time);
    let mut waits: Vec<f64> = results.into_iter().flat_map(|(waits, _)| waits).collect();
    waits.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a count of answers")]
    let rate = waits.len() as f64 / longest.as_secs_f64();
    Look { rate, waits }
}
