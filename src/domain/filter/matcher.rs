//! Filters against records.

use super::expr::{Comparison, Expr, Literal, Pattern, StateTest, Term, Test, Text, TextKey};
use crate::domain::event::Event;
use crate::domain::json::{Json, Number, compare_numbers};
use crate::domain::moment::Moment;
use crate::domain::time::Timestamp;
use std::cmp::Ordering;

/// What a filter asks of a record: an event, or an aggregate as it is.
pub trait FilterSubject {
    /// The aggregate's type.
    fn aggregate_type(&self) -> &str;
    /// The aggregate's id.
    fn id(&self) -> &str;
    /// The version.
    fn version(&self) -> u64;
    /// The event's type; of an aggregate, the types of the events that are known, which may be none.
    fn event_types(&self) -> Vec<&str>;
    /// The group and the user who wrote it, if that is known.
    fn actor(&self) -> Option<(&str, &str)>;
    /// What the event has in common with others of the same undertaking (`@correlation`), if that is known.
    fn correlation(&self) -> Option<&str>;
    /// When the event was committed; of an aggregate, when its last one was.
    fn time(&self) -> Timestamp;
    /// Whether the aggregate is archived.
    fn archived(&self) -> bool;
    /// The top-level member `key` of the state; of an event, that of its payload.
    fn state(&self, key: &str) -> Option<&Json>;
}

impl FilterSubject for Event {
    fn aggregate_type(&self) -> &str {
        self.header.aggregate.aggregate_type.as_str()
    }

    fn id(&self) -> &str {
        self.header.aggregate.id.as_str()
    }

    fn version(&self) -> u64 {
        self.header.version.get()
    }

    fn event_types(&self) -> Vec<&str> {
        vec![self.header.event_type.as_str()]
    }

    fn actor(&self) -> Option<(&str, &str)> {
        Some((&self.header.actor.group, &self.header.actor.user))
    }

    fn correlation(&self) -> Option<&str> {
        self.body.metadata.get("@correlation")?.as_str()
    }

    fn time(&self) -> Timestamp {
        self.header.created_at
    }

    /// An event is in the history of its aggregate, whatever has become of that since.
    fn archived(&self) -> bool {
        false
    }

    fn state(&self, key: &str) -> Option<&Json> {
        self.body.content.get(key)
    }
}

pub(super) fn matches(expr: &Expr, record: &dyn FilterSubject, now: Timestamp) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().all(|part| matches(part, record, now)),
        Expr::Any(parts) => parts.iter().any(|part| matches(part, record, now)),
        Expr::Not(inner) => !matches(inner, record, now),
        Expr::Term(term) => term_matches(term, record, now),
    }
}

fn term_matches(term: &Term, record: &dyn FilterSubject, now: Timestamp) -> bool {
    match term {
        Term::Fuzzy(word) if word.text.contains('/') => {
            fuzzy(&word.text, &format!("{}/{}", record.aggregate_type(), record.id()))
        }
        Term::Fuzzy(word) => fuzzy(&word.text, record.id()),
        Term::Text(TextKey::Type, text) => is_text(text, record.aggregate_type()),
        Term::Text(TextKey::Id, text) => is_text(text, record.id()),
        Term::Text(TextKey::Event, text) => {
            record.event_types().into_iter().any(|name| is_text(text, name))
        }
        Term::Text(TextKey::Actor, text) => record.actor().is_some_and(|(group, user)| {
            is_text(text, user) || is_text(text, &format!("{group}/{user}"))
        }),
        Term::Text(TextKey::Correlation, text) => {
            record.correlation().is_some_and(|correlation| is_text(text, correlation))
        }
        Term::Version(test) => holds(test, |version| Some(record.version().cmp(version))),
        Term::At(test) => holds(test, |moment| Some(moment.place(record.time(), now))),
        Term::Archived(archived) => record.archived() == *archived,
        Term::State(path, test) => path.split_first().is_some_and(|(key, rest)| {
            let fits = |value: &Json| value_fits(test, value, now);
            record.state(key).is_some_and(|value| some_value(value, rest, &fits))
        }),
    }
}

fn is_text(text: &Text, value: &str) -> bool {
    match text {
        Text::Is(literal) => literal.text == value,
        Text::Like(pattern) => like(pattern, value),
    }
}

/// Whether the characters of `word` come in `text` in their order. Capitals matter as soon as `word` has one.
fn fuzzy(word: &str, text: &str) -> bool {
    let exact = word.chars().any(char::is_uppercase);
    let mut rest = text.chars();
    word.chars()
        .all(|wanted| rest.any(|c| c == wanted || (!exact && c.eq_ignore_ascii_case(&wanted))))
}

/// Whether the pieces of a pattern come in `text` in their order, the first at its start and the last at its end.
fn like(pattern: &Pattern, text: &str) -> bool {
    let Some(((first, middle), last)) =
        pattern.0.split_last().and_then(|(last, others)| Some((others.split_first()?, last)))
    else {
        return false;
    };
    let inner = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
    let Some(mut inner) = inner else { return false };
    // The leftmost place for each piece leaves the most room for the next one.
    middle.iter().all(|piece| match inner.split_once(piece.as_str()) {
        Some((_, after)) => {
            inner = after;
            true
        }
        None => false,
    })
}

/// Whether one of the values at `path` fits: arrays on the way offer each of their items, or the one of an index.
fn some_value(value: &Json, path: &[String], fits: &dyn Fn(&Json) -> bool) -> bool {
    let Some((key, rest)) = path.split_first() else {
        let items = value.as_array().unwrap_or_default();
        return fits(value) || items.iter().any(|item| some_value(item, path, fits));
    };
    match value {
        Json::Object(object) => object.get(key).is_some_and(|v| some_value(v, rest, fits)),
        Json::Array(items) => match key.parse::<usize>() {
            Ok(index) => items.get(index).is_some_and(|item| some_value(item, rest, fits)),
            Err(_) => items.iter().any(|item| some_value(item, path, fits)),
        },
        _ => false,
    }
}

fn value_fits(test: &StateTest, value: &Json, now: Timestamp) -> bool {
    match test {
        StateTest::Like(pattern) if pattern.is_anything() => !value.is_null(),
        StateTest::Like(pattern) => match value {
            Json::String(found) => like(pattern, found),
            Json::Number(number) => like(pattern, number.as_str()),
            Json::Bool(value) => like(pattern, if *value { "true" } else { "false" }),
            Json::Null | Json::Array(_) | Json::Object(_) => false,
        },
        StateTest::Value(Test::Is(literal)) => is_value(value, literal, now),
        StateTest::Value(test) => holds(test, |literal| order(value, literal, now)),
    }
}

/// Whether a test holds, where `place` says how the record's value stands to one of the test's.
fn holds<T>(test: &Test<T>, place: impl Fn(&T) -> Option<Ordering>) -> bool {
    match test {
        Test::Is(value) => place(value) == Some(Ordering::Equal),
        Test::Compare(comparison, value) => place(value).is_some_and(|order| match comparison {
            Comparison::AtLeast => order.is_ge(),
            Comparison::AtMost => order.is_le(),
            Comparison::Above => order.is_gt(),
            Comparison::Below => order.is_lt(),
        }),
        Test::Between(from, to) => {
            let inside = |end: &Option<T>, fits: fn(Ordering) -> bool| {
                end.as_ref().is_none_or(|end| place(end).is_some_and(fits))
            };
            inside(from, Ordering::is_ge) && inside(to, Ordering::is_le)
        }
    }
}

fn is_value(value: &Json, literal: &Literal, now: Timestamp) -> bool {
    match value {
        Json::Null => !literal.quoted && literal.text == "null",
        Json::Bool(value) => {
            !literal.quoted && literal.text == if *value { "true" } else { "false" }
        }
        Json::String(text) if *text == literal.text => true,
        _ => order(value, literal, now) == Some(Ordering::Equal),
    }
}

/// How a value stands to a literal; `None` where they are not of one kind.
fn order(value: &Json, literal: &Literal, now: Timestamp) -> Option<Ordering> {
    match (value, literal) {
        (Json::Number(a), Literal { number: Some(b), .. }) => Some(compare_numbers(a, b)),
        // Decimals and large integers are stored as strings: they are numbers all the same.
        (Json::String(text), Literal { number: Some(b), .. }) => {
            Number::new(text).map(|a| compare_numbers(&a, b))
        }
        (Json::String(text), Literal { moment: Some(moment), .. }) => {
            let time = match text.parse() {
                Ok(at @ Moment::At { .. }) => at.resolve(now),
                _ => return None,
            };
            Some(moment.place(time, now))
        }
        (Json::String(text), _) => Some(text.as_str().cmp(&literal.text)),
        _ => None,
    }
}
