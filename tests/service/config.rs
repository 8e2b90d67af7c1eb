//! Every key of the configuration does something.

use super::{ada, append, open};
use dbx::service::{Restrict, Service};
use dbx::wire::{EventsQuery, ListQuery, LogQuery};
use dbx::workspace::Key;

fn three_events(service: &Service) {
    for id in ["a", "b", "c"] {
        append(service, &ada(Restrict::Default), ("note", id), "written", r#"{"n": 1}"#).unwrap();
    }
}

#[test]
fn page_limit_caps_every_page_and_cursors_reach_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    Service::init(dir.path()).unwrap().close().unwrap();
    let service = open(dir.path(), &[(Key::PageLimit, "2")]);
    three_events(&service);
    let me = ada(Restrict::Default);

    let query = EventsQuery { take: Some(100), ..EventsQuery::default() };
    let page = service.events(&me, &query).unwrap();
    assert_eq!((page.events.len(), page.next.as_str(), page.more), (2, "2", true));
    let page = service.events(&me, &EventsQuery { after: Some(2), ..query }).unwrap();
    assert_eq!((page.events.len(), page.next.as_str(), page.more), (1, "3", false));

    let page = service.list(&me, &ListQuery::default()).unwrap();
    assert_eq!((page.items.len(), page.next.as_deref()), (2, Some("note/b")));
    let page = service.list(&me, &ListQuery { after: page.next, ..ListQuery::default() }).unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));

    let page = service.log(&me, &LogQuery::default()).unwrap();
    assert_eq!((page.commits.len(), page.next.as_deref()), (2, Some("c2")));
    let page = service.log(&me, &LogQuery { before: Some(2), ..LogQuery::default() }).unwrap();
    assert_eq!((page.commits.len(), page.next), (1, None));
}

#[test]
fn payload_limit_refuses_what_is_larger_and_takes_what_is_not() {
    let dir = tempfile::tempdir().unwrap();
    Service::init(dir.path()).unwrap().close().unwrap();
    let service = open(dir.path(), &[(Key::PayloadLimit, "1000")]);
    let me = ada(Restrict::Default);
    let payload = |length: usize| format!(r#"{{"v":"{}"}}"#, "x".repeat(length - 8));
    append(&service, &me, ("note", "a"), "written", &payload(1000)).unwrap();
    let error = append(&service, &me, ("note", "b"), "written", &payload(1001)).unwrap_err();
    assert_eq!(error.code(), "dbx::limit::payload");
    assert_eq!(error.to_string(), "the payload has 1001 bytes, at most 1000 are allowed");
    assert_eq!(service.status(&me).unwrap().position, "1");
}

#[test]
fn snowflake_worker_id_stands_in_every_event_id() {
    let dir = tempfile::tempdir().unwrap();
    Service::init(dir.path()).unwrap().close().unwrap();
    let service = open(dir.path(), &[(Key::SnowflakeWorkerId, "677")]);
    three_events(&service);
    let page = service.events(&ada(Restrict::Default), &EventsQuery::default()).unwrap();
    for event in page.events {
        let id: u64 = event.metadata.event_id.parse().unwrap();
        assert_eq!((id >> 12) & 1023, 677);
    }
}

#[test]
fn data_dir_is_where_the_store_lies() {
    let dir = tempfile::tempdir().unwrap();
    dbx::workspace::init(
        dir.path(),
        dbx::workspace::InitOptions { template: dbx::workspace::Template::None, nested: false },
        &dbx::workspace::Env::fixed(dir.path(), std::iter::empty::<(String, String)>()),
    )
    .unwrap();
    let service = open(dir.path(), &[(Key::DataDir, "elsewhere/data")]);
    three_events(&service);
    service.close().unwrap();
    assert!(dir.path().join("elsewhere/data/keyspaces").is_dir());
    assert!(!dir.path().join(".dbx/store").exists());
    let service = open(dir.path(), &[(Key::DataDir, "elsewhere/data")]);
    assert_eq!(service.status(&ada(Restrict::Default)).unwrap().position, "3");
}

#[test]
fn cache_threshold_changes_no_result() {
    let mut states = Vec::new();
    for threshold in ["0", "1", "10000"] {
        let dir = tempfile::tempdir().unwrap();
        Service::init(dir.path()).unwrap().close().unwrap();
        let service = open(dir.path(), &[(Key::CacheThreshold, threshold)]);
        let me = ada(Restrict::Default);
        for n in 0..60 {
            let id = format!("a{}", n % 7);
            append(&service, &me, ("note", &id), "written", &format!(r#"{{"k{}": {n}}}"#, n % 5))
                .unwrap();
        }
        assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
        let page = service.list(&me, &ListQuery::default()).unwrap();
        states.push(
            page.items.into_iter().map(|item| (item.version, item.state)).collect::<Vec<_>>(),
        );
    }
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], states[2]);
}

#[test]
fn port_and_address_are_where_a_daemon_would_listen() {
    let dir = tempfile::tempdir().unwrap();
    Service::init(dir.path()).unwrap().close().unwrap();
    let service = open(dir.path(), &[(Key::Port, "7171"), (Key::BindAddr, "::1")]);
    assert_eq!(service.status(&ada(Restrict::Default)).unwrap().address, "[::1]:7171");
}
