//! What stands behind the `?`: read strictly, and refused with the name of the parameter that is at fault.

use super::reply::Refused;
use crate::domain::json::Pointer;
use crate::error::{Detail, Error, Kind};
use crate::wire::{PARAMETER, When};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::value::{Error as Fault, MapDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::cell::Cell;
use std::fmt::Display;

/// What stands behind the `?`. Parameters that a route does not know, or that come twice, are refused.
#[derive(Debug)]
pub(in crate::server) struct Query<T>(pub(in crate::server) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(read(parts.uri.query().unwrap_or_default())?))
    }
}

/// No parameters at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Nothing {}

/// Refuses a moment that is named twice.
pub(in crate::server) fn one_moment(version: Option<u64>, at: Option<When>) -> Result<(), Error> {
    match (version, at) {
        (Some(_), Some(_)) => Err(refused("version", &"`at` names a moment already")),
        _ => Ok(()),
    }
}

/// The refusal of a parameter.
pub(in crate::server) fn refused(name: &str, why: &dyn Display) -> Error {
    let message = format!("the parameter `{}` cannot be used: {why}", shown(name));
    at(Error::new(Kind::Invalid, "dbx::request::query", message), name)
        .kept("nothing was done")
        .help("`/docs` lists what each route takes")
}

/// Says which parameter an error is about.
pub(in crate::server) fn at(error: Error, name: &str) -> Error {
    let message = error.message().to_owned();
    let pointer = Pointer::default().child(name).to_string();
    error.details(vec![Detail { pointer, code: PARAMETER.into(), message }])
}

/// What the service refuses of a parameter, by the code of the refusal.
const REFUSED: [(&str, &str); 11] = [
    ("dbx::outbox::beyond", "after"),
    ("dbx::outbox::two_places", "after"),
    ("dbx::query::cursor", "after"),
    ("dbx::query::depth", "resolve"),
    ("dbx::query::events", "events"),
    ("dbx::query::filter", "where"),
    ("dbx::query::take", "take"),
    ("dbx::query::type_missing", "type"),
    ("dbx::query::versions", "from"),
    ("dbx::proof::sizes", "from"),
    ("dbx::request::reverse", "reverse"),
];

/// Says which parameter an error of the service is about, where it is about one.
pub(in crate::server) fn located(error: Error) -> Error {
    let found = REFUSED.iter().find(|(code, _)| *code == error.code());
    match found {
        Some((_, name)) if error.detail_list().is_empty() => at(error, name),
        _ => error,
    }
}

/// A number that is part of the path, such as that of `c7` with the prefix `c`.
pub(in crate::server) fn number(name: &str, prefix: &str, text: &str) -> Result<u64, Error> {
    let digits = text.strip_prefix(prefix).filter(|digits| !digits.is_empty());
    let plain = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    plain.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let message = format!("`{}` is no {name}: write it as `{prefix}7`", shown(text));
        let error = Error::new(Kind::Invalid, "dbx::request::path", message);
        at(error, name).kept("nothing was done")
    })
}

fn shown(text: &str) -> String {
    text.chars().take(48).collect()
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let current = Cell::new(None);
    let mut rest = pairs.iter();
    let parts = std::iter::from_fn(|| {
        let pair = rest.next();
        current.set(pair.map(|(name, _)| &**name));
        pair.map(|(name, value)| (&**name, Part(value)))
    });
    T::deserialize(MapDeserializer::<_, Fault>::new(parts)).map_err(|fault| match current.get() {
        Some(name) => refused(name, &fault),
        None => Error::new(Kind::Invalid, "dbx::request::query", fault.to_string())
            .kept("nothing was done")
            .help("`/docs` lists what each route takes"),
    })
}

/// The value of a parameter, which becomes whatever is expected of it.
struct Part<'a>(&'a str);

impl<'de> IntoDeserializer<'de, Fault> for Part<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Part<'_> {
    fn unsigned(&self) -> Result<u64, Fault> {
        let plain = !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit());
        let number = Some(self.0).filter(|_| plain).and_then(|text| text.parse().ok());
        number.ok_or_else(|| Fault::custom(format!("`{}` is no whole number", shown(self.0))))
    }
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => Err(Fault::custom(format!("`{}` is neither true nor false", shown(other)))),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_u64(self.unsigned()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_u64(self.unsigned()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_u64(self.unsigned()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_u64(self.unsigned()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        IntoDeserializer::<Fault>::into_deserializer(self.0)
            .deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DiffParams, GetParams, ListQuery, Sort};
    use proptest::prelude::*;

    fn said<T: DeserializeOwned>(query: &str) -> (String, String) {
        let error = read::<T>(query).map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Invalid, "dbx::request::query"));
        let pointer = error.detail_list().first().map(|detail| detail.pointer.clone());
        (pointer.unwrap_or_default(), error.message().to_owned())
    }

    #[test]
    fn parameters_are_read_and_what_is_wrong_is_named() {
        let query: ListQuery =
            read("type=order&where=total%3A%3E100+status:paid&sort=updated&take=5").unwrap();
        assert_eq!(query.aggregate_type.as_deref(), Some("order"));
        assert_eq!(query.filter.as_deref(), Some("total:>100 status:paid"));
        assert_eq!((query.sort, query.take, query.archived), (Sort::Updated, Some(5), false));
        assert_eq!(read::<ListQuery>("").unwrap(), ListQuery::default());
        for (query, pointer, words) in [
            ("take=ten", "/take", "`ten` is no whole number"),
            ("take=-1", "/take", "`-1` is no whole number"),
            ("take=", "/take", "`` is no whole number"),
            ("take=99999999999999999999", "/take", "is no whole number"),
            ("take=1&take=2", "/take", "duplicate field"),
            ("archived=yes", "/archived", "`yes` is neither true nor false"),
            ("sort=size", "/sort", "unknown variant `size`"),
            ("limit=3", "/limit", "unknown field `limit`"),
            ("a%2Fb=3", "/a~1b", "unknown field"),
        ] {
            let (found, message) = said::<ListQuery>(query);
            assert_eq!(found, pointer, "{query}");
            assert!(message.contains(words), "{query}: {message}");
        }
        let (pointer, message) = said::<GetParams>("resolve=300");
        assert_eq!(pointer, "/resolve", "{message}");
        let (pointer, message) = said::<DiffParams>("from=1");
        assert_eq!((pointer.as_str(), message.as_str()), ("", "missing field `to`"));
    }

    #[test]
    fn numbers_of_a_path_are_read_as_they_are_written() {
        assert_eq!(number("commit", "c", "c7").unwrap(), 7);
        assert_eq!(number("position", "", "4211").unwrap(), 4211);
        for (prefix, text) in
            [("c", "7"), ("c", "c"), ("c", "c-7"), ("", ""), ("", "+7"), ("", "x")]
        {
            let error = number("thing", prefix, text).unwrap_err();
            assert_eq!(error.detail_list()[0].pointer, "/thing", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_query_panics(query in "[a-z]{0,6}=?.{0,12}&?(take|after|where|sort|archived)=.{0,8}") {
            let _ = read::<ListQuery>(&query);
            let _ = read::<GetParams>(&query);
        }
    }
}
