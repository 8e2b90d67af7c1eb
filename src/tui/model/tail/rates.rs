//! How many events came in each of the last seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// Seconds that are remembered: more than a wide screen shows.
const KEPT: usize = 180;

/// Seconds that the rate is the mean of: fewer jump about.
const MEAN: usize = 5;

/// How many events came in each of the last seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rates {
    /// The last second at the end.
    seconds: VecDeque<u64>,
    /// Which one that is.
    last: u64,
}

impl Rates {
    /// Counts events that came now.
    pub(crate) fn came(&mut self, events: u64, elapsed: Duration) {
        let (now, kept) = (elapsed.as_secs(), u64::try_from(KEPT).unwrap_or(u64::MAX));
        for _ in 0..now.saturating_sub(self.last).min(kept) {
            self.seconds.push_back(0);
        }
        self.last = self.last.max(now);
        while self.seconds.len() > KEPT {
            self.seconds.pop_front();
        }
        match self.seconds.back_mut() {
            Some(second) => *second += events,
            None => self.seconds.push_back(events),
        }
    }

    /// The last `many` seconds, this one at the end.
    pub(crate) fn seconds(&self, many: usize, elapsed: Duration) -> Vec<u64> {
        let passed = elapsed.as_secs().saturating_sub(self.last);
        let passed = usize::try_from(passed).unwrap_or(usize::MAX).min(many);
        let known = (many - passed).min(self.seconds.len());
        let mut seconds = vec![0; many - passed - known];
        seconds.extend(self.seconds.range(self.seconds.len() - known..));
        seconds.resize(many, 0);
        seconds
    }

    /// Events in a second, in tenths.
    pub(crate) fn tenths(&self, elapsed: Duration) -> u64 {
        let sum: u64 = self.seconds(MEAN, elapsed).iter().sum();
        sum.saturating_mul(10).div_ceil(MEAN as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_go_by() {
        let mut rates = Rates::default();
        let at = Duration::from_secs;
        assert_eq!((rates.seconds(3, at(9)), rates.tenths(at(9))), (vec![0, 0, 0], 0));
        rates.came(4, at(10));
        rates.came(2, at(10));
        rates.came(9, at(12));
        assert_eq!(rates.seconds(4, at(12)), [0, 6, 0, 9]);
        assert_eq!(rates.seconds(4, at(13)), [6, 0, 9, 0]);
        assert_eq!(rates.seconds(2, at(99)), [0, 0]);
        assert_eq!((rates.tenths(at(12)), rates.tenths(at(15)), rates.tenths(at(17))), (30, 18, 0));
        rates.came(1, at(100_000));
        assert_eq!(rates.seconds(200, at(100_000)).iter().sum::<u64>(), 1);
    }
}
