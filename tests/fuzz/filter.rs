//! Filters: any text is a filter that reads back from its own spelling, or an error that points into it.

use super::assert_within;
use dbx::domain::json::Object;
use dbx::domain::{Filter, FilterSubject, Json, Timestamp};

struct Record(Object);

impl FilterSubject for Record {
    fn aggregate_type(&self) -> &'static str {
        "order"
    }
    fn id(&self) -> &'static str {
        "Ord-2026-42"
    }
    fn version(&self) -> u64 {
        5
    }
    fn event_types(&self) -> Vec<&str> {
        vec!["order_created", "order_paid"]
    }
    fn actor(&self) -> Option<(&str, &str)> {
        Some(("admin", "jane"))
    }
    fn correlation(&self) -> Option<&str> {
        Some("7f3a")
    }

    fn time(&self) -> Timestamp {
        "2026-11-20T12:30:00Z".parse().unwrap()
    }
    fn archived(&self) -> bool {
        false
    }
    fn state(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }
}

const STATE: &str = r#"{"status":"paid","total":120.50,"price":"99.90","n":9007199254740993,"open":null,"ok":true,
    "customer":{"name":"Jane Doe","zip":"0123"},"due":"2026-12-24T18:00:00+01:00","tags":["new","hot"],
    "lines":[{"sku":"K-1","n":2},{"sku":"L-7","n":3e1}],"type":"gift","a.b":{"":1},"word":"2h","empty":[],
    "date":"2026-11-20","note":"a*b (c) \"d\"","huge":1e999999999}"#;

/// A filter, asked of a record.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let now: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
    let Ok(Json::Object(state)) = Json::parse(STATE) else { unreachable!("it is an object") };
    let record = Record(state);
    match Filter::parse_at(text, now) {
        Ok(filter) => {
            let shown = filter.to_string();
            let again = Filter::parse_at(&shown, now);
            assert_eq!(again.as_ref(), Ok(&filter), "{text:?} is shown as {shown:?}");
            let fits = filter.matches(&record);
            assert!(fits || !filter.is_empty(), "{text:?} asks nothing");
            if filter.required_type().is_some_and(|name| name != "order") {
                assert!(!fits, "{text:?} asks for another type");
            }
            if !filter.looks_into_state() {
                assert_eq!(filter.matches(&Record(Object::new())), fits, "{text:?}");
            }
            // A negation of the whole says the opposite.
            if let Ok(opposite) = Filter::parse_at(&format!("-({shown})"), now) {
                assert!(shown.is_empty() || opposite.matches(&record) != fits, "{text:?}");
            }
        }
        Err(error) => {
            assert_within(text, &error.span);
            assert!(!error.message.is_empty() && !error.help.is_empty());
            assert!(Filter::parse(text).is_err(), "with a time to count from, more can be read");
        }
    }
}
