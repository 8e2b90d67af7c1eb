//! Addresses and the names in them: what is read is shown so that it reads back.

use super::assert_within;
use dbx::domain::address::At;
use dbx::domain::{
    Address, AggregateId, AggregateKey, AggregateType, EventType, Hash, Moment, Timestamp,
};

/// Any text as an address, a point of a history, a time, a name.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let now: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
    match text.parse::<Address>() {
        Ok(address) => assert_eq!(address.to_string().parse::<Address>(), Ok(address), "{text:?}"),
        Err(error) => {
            assert_within(text, &error.span);
            assert!(!error.message.is_empty() && !error.help.is_empty());
        }
    }
    match text.parse::<At>() {
        Ok(at) => {
            assert_eq!(at.to_string().parse::<At>(), Ok(at), "{text:?}");
            if let Some(time) = at.time(now) {
                assert!(time <= now || matches!(at, At::Time(Moment::At { .. })), "{text:?}");
            }
        }
        Err(error) => assert_within(text, &error.span),
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string().parse::<Timestamp>().ok(), Some(time), "{text:?}");
    }
    if let Ok(hash) = text.parse::<Hash>() {
        assert_eq!(hash.to_string(), text.to_lowercase());
    }
    names(text);
}

/// What is a name stays one, and can be pointed at.
fn names(text: &str) {
    if let Ok(name) = AggregateType::new(text) {
        assert_eq!(name.as_str(), text);
        let key = AggregateKey::new(text, "1").unwrap();
        assert_eq!(key.to_string().parse(), Ok(Address::Aggregate { key, at: None }));
    }
    if let Ok(id) = AggregateId::new(text) {
        assert_eq!(id.as_str(), text);
        let key = AggregateKey::new("order", text).unwrap();
        assert_eq!(key.to_string().parse(), Ok(Address::Aggregate { key, at: None }), "{text:?}");
    }
    if let Ok(name) = EventType::new(text) {
        assert_eq!(EventType::stored(name.as_str()).unwrap(), name);
        assert_eq!(name.as_str(), text.replace('.', "_"));
    }
}
