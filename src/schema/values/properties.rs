//! Properties of the payload check: whatever is thrown at it, it answers, and what it stores is stable.

use super::fixtures::{item, shape};
use super::{check_patched, check_payload, check_references, check_state, normalise, references};
use crate::domain::Json;
use crate::domain::json::{Number, Object};
use crate::schema::{FieldType, Format, Shape};
use proptest::prelude::*;

fn number() -> impl Strategy<Value = Json> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,4})?"
        .prop_map(|text| Json::Number(Number::new(&text).unwrap()))
}

/// Texts of which many are nearly, and some wholly, of a type or format.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}",
        "-?[0-9]{1,20}(\\.[0-9]{1,6})?",
        "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|[+-][0-2][0-9]:[0-6][0-9]))?",
        "[a-z]{0,3}#[a-z0-9]{0,3}(#[a-z]{0,2})?",
        "[a-z.]{0,6}@[a-z.-]{0,8}",
        "https?:/{0,3}[a-z.@:/? #%\\[\\]é]{0,12}",
        "[+-]?[0-9]{1,3}(\\.[0-9]{0,3})?, ?-?[0-9]{1,3}",
        "[0-9 -]{12,22}",
        "[A-D+/=]{0,8}",
        "(?i)(true|false)",
        "[A-Z]{2}",
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number(),
        text().prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec(("[a-d/~]{1,2}", inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn a_shape() -> impl Strategy<Value = Shape> {
    let leaf = (
        prop::sample::select(vec![
            FieldType::Integer,
            FieldType::Float,
            FieldType::Decimal { precision: 12, scale: 2 },
            FieldType::Decimal { precision: 38, scale: 38 },
            FieldType::Boolean,
            FieldType::Text,
            FieldType::Timestamp,
            FieldType::Date,
            FieldType::Json,
            FieldType::Binary,
            FieldType::Object,
            FieldType::Reference,
        ]),
        prop::option::of(prop::sample::select(vec![
            Format::Email,
            Format::Url,
            Format::CreditCard,
            Format::CountryCode,
            Format::Iso8601,
            Format::Wgs84,
            Format::CamelCase,
            Format::SnakeCase,
            Format::KebabCase,
            Format::PascalCase,
            Format::UpperCaseSnakeCase,
            Format::Reference,
        ])),
        prop::option::of((0_u64..4, 0_u64..12)),
        any::<bool>(),
    )
        .prop_map(|(field_type, format, length, required)| {
            let mut shape = shape(field_type).with(|rules| {
                rules.format = format.filter(|_| field_type == FieldType::Text);
                rules.required = required;
            });
            if let Some((min, max)) = length {
                shape = shape.length(Some(min), Some(max));
            }
            let bounds = match field_type {
                FieldType::Integer | FieldType::Float | FieldType::Decimal { scale: 2, .. } => {
                    Some(("-5", "1000"))
                }
                FieldType::Timestamp => Some(("1000-01-01T00:00:00Z", "3000-01-01T00:00:00+01:00")),
                FieldType::Date => Some(("1000-01-01", "3000-01-01")),
                _ => None,
            };
            match bounds.filter(|_| length.is_some()) {
                Some((min, max)) => shape.range(Some(min), Some(max)),
                None => shape,
            }
        });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::vec(("[a-d/~]{1,2}", inner), 1..4).prop_map(|properties| {
            properties
                .into_iter()
                .fold(shape(FieldType::Object), |object, (name, one)| object.property(&name, one))
        })
    })
}

/// The value at a JSON pointer, if there is one.
fn at<'a>(root: &'a Json, pointer: &str) -> Option<&'a Json> {
    pointer
        .split('/')
        .skip(1)
        .try_fold(root, |value, key| value.get(&key.replace("~1", "/").replace("~0", "~")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn normal_forms_are_stable(shape in a_shape(), value in value()) {
        let mut violations = Vec::new();
        let once = normalise(&shape, "item", &value, "", &mut violations);
        if violations.is_empty() {
            let twice = normalise(&shape, "item", &once, "", &mut violations);
            prop_assert!(violations.is_empty(), "{:?}", violations);
            prop_assert_eq!(twice.to_string(), once.to_string());
        }
        for violation in &violations {
            let there = at(&value, &violation.pointer).is_some();
            prop_assert!(there || violation.code == "required", "{:?}", violation);
            prop_assert!(!violation.message.is_empty() && !violation.message.ends_with('.'));
        }
    }

    #[test]
    fn texts_near_a_type_are_stable_too(
        shape in a_shape(),
        value in prop_oneof![text().prop_map(Json::String), number()],
    ) {
        let mut violations = Vec::new();
        let once = normalise(&shape, "item", &value, "", &mut violations);
        if violations.is_empty() {
            let twice = normalise(&shape, "item", &once, "", &mut violations);
            prop_assert!(violations.is_empty(), "{:?}", violations);
            prop_assert_eq!(twice.to_string(), once.to_string());
        }
    }

    #[test]
    fn no_payload_panics_the_checks(
        shapes in prop::collection::vec(a_shape(), 0..4),
        members in prop::collection::vec(("[a-d/~]{0,2}", value()), 0..5),
        event in prop_oneof![Just("created".to_owned()), "\\PC{0,8}"],
        listed in any::<bool>(),
    ) {
        let mut aggregate = item();
        for (name, shape) in ["a", "b", "c", "/"].into_iter().zip(shapes) {
            aggregate = aggregate.field(name, shape);
        }
        aggregate.field_locks = vec!["b".to_owned()];
        if listed {
            aggregate = aggregate.event("created", &["a", "d"]);
        }
        let payload: Object = members.into_iter().collect();
        let touched: Vec<String> = payload.keys().cloned().collect();
        let mut violations = Vec::new();
        let stored = check_payload(&aggregate, &event, &payload, &mut violations);
        prop_assert!(stored.keys().eq(payload.keys()), "keys stay, in their order");
        for (key, value) in payload.iter().filter(|(key, _)| !aggregate.fields.contains_key(*key)) {
            prop_assert_eq!(stored[key].to_string(), value.to_string(), "untouched");
        }
        let merged = violations.clone();
        check_state(&aggregate, &payload, &stored, &touched, &mut violations);
        let _ = references(&aggregate, &payload);
        check_references(&aggregate, &stored, &mut |_| false, &mut violations);

        let mut patched = Vec::new();
        let changed = check_patched(&aggregate, &event, &touched, &payload, &mut patched);
        let missing = |code: &str, pointer: &str| code == "fields" && at(&Json::Object(payload.clone()), pointer).is_none();
        let expected: Vec<_> =
            merged.into_iter().filter(|one| !missing(one.code, &one.pointer)).collect();
        prop_assert_eq!(patched, expected, "a patch is judged as the payload with its values");
        for (key, value) in changed {
            prop_assert_eq!(&stored[&key], &value);
        }
    }

    #[test]
    fn number_text_survives(number in number()) {
        let aggregate = item().field("j", shape(FieldType::Json)).field("f", shape(FieldType::Float));
        let text = number.to_string();
        let payload = Json::parse(&format!(r#"{{"x":[{text}],"j":{{"n":{text}}},"f":{text}}}"#)).unwrap();
        let mut violations = Vec::new();
        let stored =
            check_payload(&aggregate, "created", payload.as_object().unwrap(), &mut violations);
        prop_assert_eq!(Json::Object(stored).to_string(), payload.to_string());
    }
}
