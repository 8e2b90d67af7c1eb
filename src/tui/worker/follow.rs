//! Looks whether the workspace is still what it was, and says so when it is not.

use super::door::Door;
use super::queue::Queue;
use crate::error::{Error, Kind, Result};
use crate::service::{Caller, Ended, Service};
use crate::tui::model::Connection;
use crate::tui::msg::Msg;
use crate::wire::StatusReport;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How often a store is looked at that cannot be served: as often as `dbx events --follow` does.
const LOOK: Duration = Duration::from_millis(500);

/// The shortest time between two looks, however fast the log grows: what comes is shown well within a tenth of a second,
/// and whoever writes 5,000 events a second has the store for the most of it.
const PACE: Duration = Duration::from_millis(40);

/// How often it is looked whether the store is to be let go of.
const BREATH: Duration = Duration::from_millis(50);

/// How long one look waits for the log to grow. What changes beside the log, the stage and the schema, is seen after it, and
/// a daemon that asks for the store gets it then.
const WAIT: Duration = Duration::from_millis(250);

/// The longest pause between two attempts to reach a store that cannot be reached; they begin a second apart.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// What was found.
struct Found {
    status: StatusReport,
    connection: Connection,
}

fn look(service: &Service, caller: &Caller, door: &Door, known: Option<u64>) -> Result<Found> {
    let connection = match service.daemon() {
        None if door.is_serving() => Connection::Local,
        None => Connection::Unserved,
        Some(daemon) if daemon.dashboard => Connection::Dashboard(daemon.pid),
        Some(daemon) => Connection::Daemon(daemon.address.clone(), daemon.pid),
    };
    service.is_same_owner()?;
    if let Some(position) = known.filter(|_| connection != Connection::Unserved) {
        service.wait_beyond(position, WAIT)?;
    }
    Ok(Found { status: service.status(caller)?, connection })
}

/// Looks again and again, and says what is new.
struct Follower<'a> {
    door: &'a Door,
    messages: &'a Sender<Msg>,
    last: Option<StatusReport>,
    connection: Connection,
    failures: u32,
}

/// Runs until the end.
pub(super) fn run(queue: &Queue, door: &Door, caller: &Caller, messages: &Sender<Msg>) {
    let mut follower =
        Follower { door, messages, last: None, connection: Connection::Connecting, failures: 0 };
    loop {
        let known = follower.last.as_ref().and_then(|status| status.position.parse().ok());
        let looked = door.ask(false, |service| look(service, caller, door, known));
        if let Some(error) = door.unserved() {
            follower.say(Msg::Unserved(error));
        }
        let pause = match looked {
            Ok(found) => follower.found(found),
            Err(error) => follower.failed(error),
        };
        if follower.rest(queue, pause) {
            return;
        }
    }
}

impl Follower<'_> {
    fn say(&self, message: Msg) {
        // Nobody listens any more where the dashboard has ended.
        let _ = self.messages.send(message);
    }

    fn connected(&mut self, connection: Connection) {
        if self.connection != connection {
            self.connection = connection.clone();
            self.say(Msg::Connection(connection));
        }
    }

    /// Says what is new; how long to wait before the next look.
    fn found(&mut self, found: Found) -> Duration {
        self.failures = 0;
        let shared = found.connection != Connection::Unserved;
        self.connected(found.connection);
        if self.last.as_ref() != Some(&found.status) {
            self.last = Some(found.status.clone());
            self.say(Msg::Status(Box::new(found.status)));
        }
        if shared { PACE } else { LOOK }
    }

    fn failed(&mut self, error: Error) -> Duration {
        // Whoever cannot read the status by its token can read other things; nothing is wrong with the way.
        let refused = matches!(error.kind(), Kind::Forbidden | Kind::Unauthenticated);
        self.failures += 1;
        self.connected(Connection::Offline(error, self.failures));
        if refused { PAUSE_MAX } else { pause_after(self.failures) }
    }

    /// Waits, and sees after the store meanwhile; true at the end.
    fn rest(&mut self, queue: &Queue, pause: Duration) -> bool {
        let start = Instant::now();
        loop {
            if queue.rest(BREATH.min(pause)) {
                return true;
            }
            match self.door.tend() {
                None => {}
                Some(Ended::HandedOver) => {
                    self.connected(Connection::Connecting);
                    return false;
                }
                Some(Ended::Failed(error)) => {
                    self.say(Msg::Reopened(error));
                    return false;
                }
            }
            if start.elapsed() >= pause {
                return false;
            }
        }
    }
}

/// How long to wait after so many failures: 1, 2, 4, 8 s.
fn pause_after(failures: u32) -> Duration {
    let doubled = 1_u64 << failures.saturating_sub(1).min(3);
    Duration::from_secs(doubled).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_less_and_less_often() {
        let pauses = [1, 2, 3, 4, 5, 40].map(|failures| pause_after(failures).as_secs());
        assert_eq!(pauses, [1, 2, 4, 8, 8, 8]);
    }
}
