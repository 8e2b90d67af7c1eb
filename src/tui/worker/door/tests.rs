//! Ways to a store on the disk, and who has it meanwhile.

use super::*;
use crate::error::Kind;
use crate::service::{Caller, Local, Restrict};
use crate::workspace::{Config, Paths};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::channel;
use tempfile::TempDir;

/// Serves in name alone, until it is told that a daemon wants the store.
#[derive(Debug, Default, Clone)]
struct Served {
    wanted: Arc<AtomicBool>,
    stopped: Arc<AtomicUsize>,
}

impl Serve for Served {
    fn start(&self, _: Local) -> Result<Box<dyn Serving>> {
        Ok(Box::new(self.clone()))
    }
}

impl Serving for Served {
    fn ended(&self) -> Option<Ended> {
        self.wanted.load(Ordering::Acquire).then_some(Ended::HandedOver)
    }

    fn stop(self: Box<Self>) -> Result<()> {
        self.stopped.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }
}

/// Cannot serve.
#[derive(Debug)]
struct Mute;

impl Serve for Mute {
    fn start(&self, _: Local) -> Result<Box<dyn Serving>> {
        Err(Error::new(Kind::Invalid, "dbx::serve::socket", "it is no socket"))
    }
}

fn workspace() -> (TempDir, OpenOptions) {
    let dir = tempfile::tempdir().unwrap();
    Service::init(dir.path()).unwrap().close().unwrap();
    let options = OpenOptions::new(Paths::at(dir.path()), Config::default(), "test");
    (dir, OpenOptions { lock_wait: Duration::ZERO, ..options })
}

fn door(options: &OpenOptions, serve: impl Serve + 'static) -> Door {
    Door::new(options.clone(), Arc::new(serve), Arc::default())
}

/// Looks again and again until something is so.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "it never happened that {what}");
        std::thread::yield_now();
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a question may fail")]
fn is_local(service: &Service) -> Result<bool> {
    Ok(service.daemon().is_none())
}

#[test]
fn a_store_that_is_served_is_kept_until_a_daemon_asks_for_it() {
    let (_dir, options) = workspace();
    let served = Served::default();
    let door = door(&options, served.clone());
    assert!(door.ask(false, is_local).unwrap() && door.is_serving());
    assert!(door.tend().is_none());
    assert_eq!(Service::open(options.clone()).unwrap_err().code(), "dbx::store::locked");
    served.wanted.store(true, Ordering::Release);
    assert!(matches!(door.tend(), Some(Ended::HandedOver)));
    assert_eq!(served.stopped.load(Ordering::Acquire), 1);
    Service::open(options).unwrap().close().unwrap();
    // Where the daemon does not come, who wants to leave does not wait for it.
    served.wanted.store(false, Ordering::Release);
    door.begin_closing();
    assert!(door.ask(false, is_local).unwrap());
    door.close().unwrap();
    assert_eq!(served.stopped.load(Ordering::Acquire), 2);
}

#[test]
fn what_is_asked_meanwhile_is_answered_before_the_store_goes() {
    let (_dir, options) = workspace();
    let served = Served::default();
    let door = door(&options, served.clone());
    std::thread::scope(|scope| {
        // Where the test fails, these go with it, and nobody waits any more.
        let ((began, heard), (go_on, told)) = (channel(), channel::<()>());
        let door = &door;
        let asking = scope.spawn(move || {
            door.ask(false, |service| {
                began.send(()).unwrap();
                let _ = told.recv();
                service.status(&Caller::local("ada", Restrict::Default))
            })
        });
        heard.recv().unwrap();
        served.wanted.store(true, Ordering::Release);
        let tending = scope.spawn(|| door.tend());
        until("the door is left", || door.is_leaving());
        assert_eq!(served.stopped.load(Ordering::Acquire), 0, "somebody still asks");
        drop(go_on);
        assert!(asking.join().unwrap().is_ok());
        assert!(matches!(tending.join().unwrap(), Some(Ended::HandedOver)));
    });
}

#[test]
fn a_store_that_cannot_be_served_is_let_go_of_between_questions() {
    let (_dir, options) = workspace();
    let door = door(&options, Mute);
    assert!(door.ask(false, is_local).unwrap() && !door.is_serving());
    assert_eq!(door.unserved().unwrap().code(), "dbx::serve::socket");
    assert!(door.unserved().is_none(), "that is said once");
    until("the store is free", || {
        assert!(door.tend().is_none());
        match Service::open(options.clone()) {
            Ok(other) => other.close().is_ok(),
            Err(error) if error.code() == "dbx::store::locked" => false,
            Err(error) => panic!("{error:?}"),
        }
    });
    assert!(door.ask(false, is_local).unwrap());
    assert!(door.unserved().is_none(), "nor is it said again");
    door.close().unwrap();
}

#[test]
fn an_answer_that_was_lost_takes_nothing_from_whoever_opened_the_store_since() {
    let (_dir, options) = workspace();
    let served = Served::default();
    let door = door(&options, served.clone());
    let lost = || Error::new(Kind::Unavailable, LOST, "no answer");
    std::thread::scope(|scope| {
        let ((began, heard), (go_on, told)) = (channel(), channel::<()>());
        let door = &door;
        let late = scope.spawn(move || {
            door.ask(true, |_| {
                began.send(()).unwrap();
                let _ = told.recv();
                Err::<(), _>(lost())
            })
        });
        heard.recv().unwrap();
        // Another one found out first, and has found another way.
        door.lock().opened += 1;
        drop(go_on);
        assert!(late.join().unwrap().is_err());
    });
    assert!(door.lock().service.is_some() && door.is_serving());
    door.close().unwrap();
    assert_eq!(served.stopped.load(Ordering::Acquire), 1);
    Service::open(options).unwrap().close().unwrap();
}

#[test]
fn for_a_while_the_store_is_somebody_elses() {
    let (_dir, options) = workspace();
    let door = door(&options, Served::default());
    assert!(door.ask(false, is_local).unwrap());
    let opened = door.aside(|| Service::open(options.clone()).unwrap().close().is_ok());
    assert_eq!(opened, Some(true));
    assert!(door.ask(false, is_local).unwrap() && door.is_serving());
    door.close().unwrap();
}

#[test]
fn only_what_was_not_heard_is_written_again() {
    let (_dir, options) = workspace();
    let door = door(&options, Served::default());
    let tries = |writes, code: &'static str| {
        let tries = AtomicUsize::new(0);
        let error = door.ask(writes, |_| {
            tries.fetch_add(1, Ordering::AcqRel);
            Err::<(), _>(Error::new(Kind::Unavailable, code, "no answer"))
        });
        assert_eq!(error.unwrap_err().code(), code);
        tries.into_inner()
    };
    assert_eq!((tries(false, GONE), tries(true, GONE)), (2, 2));
    assert_eq!((tries(false, LOST), tries(true, LOST)), (2, 1));
    assert_eq!(tries(false, "dbx::any"), 1);
    door.close().unwrap();
}
