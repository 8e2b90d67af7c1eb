//! How many calls of the service run at once: a thread each, and never more wait than there are connections.

use super::limits::Limits;
use super::shelf::shelf;
use crate::error::{Error, Kind, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

tokio::task_local! {
    /// The door that the client of this task came in by.
    pub(super) static DOOR: Door;
}

/// Where a client came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Socket,
    Address,
}

/// The calls that run. Those of one door take nothing from those of the other.
#[derive(Debug)]
pub(super) struct Desk {
    socket: Lane,
    address: Lane,
    turn_within: Duration,
}

#[derive(Debug)]
pub(super) struct Lane {
    calls: Arc<Semaphore>,
    long_calls: Arc<Semaphore>,
    /// Room for answers.
    pub(super) shelf: Arc<Semaphore>,
    /// How many streams may read the store at once: a thousand of them that wake together take turns.
    reads: Arc<Semaphore>,
}

/// A call may run while this is held.
pub(super) type Turn = OwnedSemaphorePermit;

impl Desk {
    pub(super) fn new(limits: &Limits) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let lane = || Lane {
            calls: Arc::new(Semaphore::new(limits.calls)),
            long_calls: Arc::new(Semaphore::new(limits.long_calls)),
            shelf: shelf(limits.answer_bytes),
            reads: Arc::new(Semaphore::new(cores.max(2))),
        };
        Self { socket: lane(), address: lane(), turn_within: limits.turn_within }
    }

    /// What the client of this task takes its turns from.
    pub(super) fn lane(&self) -> &Lane {
        // What does not run on behalf of one client counts as from the address, which is the one that is flooded.
        match DOOR.try_with(|door| *door) {
            Ok(Door::Socket) => &self.socket,
            Ok(Door::Address) | Err(_) => &self.address,
        }
    }

    /// Waits for a turn, not for long.
    ///
    /// # Errors
    /// There was none in all that time.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let calls = self.lane().calls.clone();
        if let Ok(turn) = calls.clone().try_acquire_owned() {
            return Ok(turn);
        }
        match tokio::time::timeout(self.turn_within, calls.acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(busy()),
        }
    }

    /// Waits until a stream may read; `None` is never, as nobody closes it.
    pub(super) async fn read_turn(&self) -> Option<Turn> {
        self.lane().reads.clone().acquire_owned().await.ok()
    }

    /// A turn for a call that takes its time, or whose answer comes at the pace of its client.
    ///
    /// # Errors
    /// As many of them run as may.
    pub(super) fn long_turn(&self) -> Result<Turn> {
        self.lane().long_calls.clone().try_acquire_owned().map_err(|_| busy())
    }
}

/// Refuses a call for which there is no room.
pub(super) fn busy() -> Error {
    Error::new(Kind::Unavailable, "dbx::serve::busy", "the server has as many calls as it can take")
        .kept("nothing was done")
        .help("try again in a moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_door_has_turns_of_its_own_and_nobody_waits_for_ever() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let turn_within = Duration::from_millis(10);
        let desk = Desk::new(&Limits { calls: 1, long_calls: 1, turn_within, ..Limits::default() });
        let code = |error: Error| error.code().to_owned();
        runtime.block_on(DOOR.scope(Door::Socket, async {
            let (turn, long) = (desk.turn().await.unwrap(), desk.long_turn().unwrap());
            assert_eq!(desk.turn().await.map_err(code).err().as_deref(), Some("dbx::serve::busy"));
            assert_eq!(desk.long_turn().map_err(code).err().as_deref(), Some("dbx::serve::busy"));
            let elsewhere = async { (desk.turn().await.is_ok(), desk.long_turn().is_ok()) };
            assert_eq!(DOOR.scope(Door::Address, elsewhere).await, (true, true));
            drop((turn, long));
            assert!(desk.turn().await.is_ok() && desk.long_turn().is_ok());
        }));
        // As many streams as may read at one door keep none from reading at the other.
        let all = runtime.block_on(async {
            let most = desk.address.reads.available_permits();
            let turns = (0..most).map(|_| desk.read_turn());
            futures_util::future::join_all(turns).await
        });
        assert!(runtime.block_on(DOOR.scope(Door::Socket, desk.read_turn())).is_some());
        assert_eq!(desk.address.reads.available_permits(), 0);
        drop(all);
        // What runs for nobody in particular takes nothing from the socket.
        let held = runtime.block_on(desk.turn()).unwrap();
        assert!(runtime.block_on(DOOR.scope(Door::Socket, desk.turn())).is_ok());
        assert!(runtime.block_on(desk.turn()).is_err());
        drop(held);
    }
}
