//! What a daemon measured, read from its text: figures for people, of everything since its start.

use std::collections::BTreeMap;

/// Routes whose answers come when something happens: how long they took says nothing about the daemon.
const WAITING: [&str; 2] = ["/v1/position", "/v1/outbox"];

/// What a daemon measured since its start. What it does not tell is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    /// From the decision to write a batch of commits until it was on disk, the half and 99 of 100 of them, in microseconds.
    pub(crate) commit: Option<(u64, u64)>,
    /// From the head of a request to the last byte of its answer, in microseconds.
    pub(crate) answer: Option<(u64, u64)>,
    /// Batches of commits, and events in them.
    pub(crate) batches: (u64, u64),
    /// Answers by their status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Requests whose answer is not out yet.
    pub(crate) in_flight: Option<u64>,
    /// Bytes of the store on disk.
    pub(crate) disk: Option<u64>,
    /// Open files.
    pub(crate) files: Option<u64>,
}

/// The buckets of a histogram: how many took so long at most, by the bound's microseconds.
type Buckets = BTreeMap<u64, u64>;

impl Figures {
    /// Reads the text format of Prometheus; lines that are none of ours are passed over.
    pub(crate) fn read(text: &str) -> Self {
        let mut figures = Self::default();
        let (mut commits, mut answers) = (Buckets::new(), Buckets::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, value)) = line.rsplit_once(' ') else { continue };
            let Some(value) = value.parse::<f64>().ok().and_then(whole) else { continue };
            let (name, labels) = key.split_once('{').unwrap_or((key, ""));
            match name {
                "dbx_commit_duration_seconds_bucket" => count(&mut commits, labels, value),
                "dbx_http_request_duration_seconds_bucket" => {
                    let waits = label(labels, "route").is_some_and(|it| WAITING.contains(&it));
                    if !waits {
                        count(&mut answers, labels, value);
                    }
                }
                "dbx_commit_batch_events_count" => figures.batches.0 = value,
                "dbx_commit_batch_events_sum" => figures.batches.1 = value,
                "dbx_http_requests_total" => {
                    let status = label(labels, "status").and_then(|status| status.parse().ok());
                    *figures.statuses.entry(status.unwrap_or(0)).or_default() += value;
                }
                "dbx_http_requests_in_flight" => figures.in_flight = Some(value),
                "dbx_store_bytes" => figures.disk = Some(value),
                "process_open_fds" => figures.files = Some(value),
                _ => {}
            }
        }
        (figures.commit, figures.answer) = (quantiles(&commits), quantiles(&answers));
        figures
    }

    /// Answers whose status begins with 5.
    pub(crate) fn failures(&self) -> u64 {
        self.statuses.iter().filter(|(status, _)| **status / 100 == 5).map(|(_, many)| many).sum()
    }
}

/// A count as it is written there: a float that is whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only what is whole and fits is taken"
)]
fn whole(value: f64) -> Option<u64> {
    (0.0..9.0e15).contains(&value).then_some(value.round() as u64)
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = labels.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn count(buckets: &mut Buckets, labels: &str, value: u64) {
    let Some(bound) = label(labels, "le") else { return };
    let micros = match bound {
        "+Inf" => Some(u64::MAX),
        bound => bound.parse::<f64>().ok().and_then(|seconds| whole(seconds * 1_000_000.0)),
    };
    if let Some(micros) = micros {
        *buckets.entry(micros).or_default() += value;
    }
}

fn quantiles(buckets: &Buckets) -> Option<(u64, u64)> {
    Some((quantile(buckets, 50)?, quantile(buckets, 99)?))
}

/// What so many of a hundred did not exceed: as if what is in a bucket lay evenly between its bounds.
fn quantile(buckets: &Buckets, of_hundred: u64) -> Option<u64> {
    let all = *buckets.get(&u64::MAX)?;
    let rank = (all * of_hundred).div_ceil(100);
    let (mut bound_below, mut count_below) = (0, 0);
    for (bound, count) in buckets {
        if *count >= rank && *count > count_below {
            if *bound == u64::MAX {
                return Some(bound_below);
            }
            let (place, inside) = (rank - count_below, count - count_below);
            return Some(bound_below + (bound - bound_below) * place / inside);
        }
        (bound_below, count_below) = (*bound, *count);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# HELP dbx_commit_duration_seconds From the decision
# TYPE dbx_commit_duration_seconds histogram
dbx_commit_duration_seconds_bucket{le="0.001"} 0
dbx_commit_duration_seconds_bucket{le="0.0025"} 60
dbx_commit_duration_seconds_bucket{le="0.005"} 99
dbx_commit_duration_seconds_bucket{le="0.01"} 100
dbx_commit_duration_seconds_bucket{le="+Inf"} 100
dbx_commit_batch_events_count 100
dbx_commit_batch_events_sum 130
dbx_http_requests_total{method="GET",route="/v1/events",status="200"} 1911
dbx_http_requests_total{method="POST",route="/v1/commits",status="200"} 2
dbx_http_requests_total{method="POST",route="/v1/commits",status="503"} 3
dbx_http_request_duration_seconds_bucket{method="GET",route="/v1/events",le="0.0005"} 4
dbx_http_request_duration_seconds_bucket{method="GET",route="/v1/events",le="+Inf"} 4
dbx_http_request_duration_seconds_bucket{method="GET",route="/v1/position",le="1"} 900
dbx_http_request_duration_seconds_bucket{method="GET",route="/v1/position",le="+Inf"} 900
dbx_http_requests_in_flight 1
dbx_store_bytes 2202009
process_open_fds 12
no number here
"#;

    #[test]
    fn the_text_is_read() {
        let figures = Figures::read(TEXT);
        assert_eq!(figures.commit, Some((2_250, 5_000)));
        assert_eq!(figures.answer, Some((250, 500)), "those who wait are left out");
        assert_eq!(figures.batches, (100, 130));
        assert_eq!(figures.statuses, BTreeMap::from([(200, 1_913), (503, 3)]));
        assert_eq!((figures.failures(), figures.in_flight), (3, Some(1)));
        assert_eq!((figures.disk, figures.files), (Some(2_202_009), Some(12)));
        assert_eq!(Figures::read(""), Figures::default());
    }

    #[test]
    fn what_took_longer_than_all_bounds_took_at_least_the_last() {
        let buckets = Buckets::from([(1_000, 1), (10_000_000, 1), (u64::MAX, 5)]);
        assert_eq!(quantiles(&buckets), Some((10_000_000, 10_000_000)));
        assert_eq!(quantiles(&Buckets::from([(u64::MAX, 0)])), None, "nothing was measured");
    }
}
