//! The compiled schema as JSON: what `dbx schema show` prints and what schemas are compared by.
//!
//! It tells the meaning, not the source: defaults are filled in, types have their first name, bounds their canonical
//! text, and a lock says the same whether it comes from `field_locks` or from the field. Keys have a fixed order, names
//! that of the source, so one source always gives the same bytes.

use super::check::{format_name, type_name};
use super::model::{
    Aggregate, Bounds, Cascade, FieldType, Length, ReferenceRule, Rules, Schema, Shape,
};
use crate::domain::Json;
use crate::domain::json::{Number, Object};

impl Schema {
    /// The whole schema: `{"aggregates": {NAME: …}}`.
    pub fn to_canonical_json(&self) -> Json {
        let aggregates = self.aggregates.iter();
        let aggregates: Object = aggregates
            .map(|(name, aggregate)| (name.clone(), aggregate.to_canonical_json()))
            .collect();
        object([("aggregates", aggregates.into())])
    }
}

impl Aggregate {
    /// One aggregate: its settings, `fields` and `events` by name.
    pub fn to_canonical_json(&self) -> Json {
        let threshold = self.snapshot.threshold().map_or(Json::Null, Json::from);
        let fields = self.fields.iter().map(|(name, field)| {
            let flags = [
                ("hidden", self.is_hidden_field(name).into()),
                ("locked", self.is_locked_field(name).into()),
            ];
            (name.clone(), shape(&field.shape, flags))
        });
        let events = self.events.iter().map(|(name, event)| {
            let note = event.note.as_deref().map_or(Json::Null, Json::from);
            (name.clone(), object([("fields", texts(&event.fields)), ("note", note)]))
        });
        let undeclared = |list: &[String]| {
            let names = list.iter().filter(|name| !self.fields.contains_key(*name));
            Json::Array(names.map(|name| name.as_str().into()).collect())
        };
        object([
            ("snapshot_threshold", threshold),
            ("locked", self.locked.into()),
            ("hidden", self.hidden.into()),
            ("hidden_undeclared_fields", undeclared(&self.hidden_fields)),
            ("locked_undeclared_fields", undeclared(&self.field_locks)),
            ("fields", Json::Object(fields.collect())),
            ("events", Json::Object(events.collect())),
        ])
    }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn texts(list: &[String]) -> Json {
    Json::Array(list.iter().map(|text| text.as_str().into()).collect())
}

fn shape<'a>(shape: &Shape, flags: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    let mut members = vec![("type", Json::from(type_name(shape.field_type)))];
    members.extend(flags);
    members.push(("rules", rules(shape)));
    object(members)
}

fn rules(shape: &Shape) -> Json {
    let Rules {
        required,
        contains,
        does_not_contain,
        regex,
        length,
        range,
        format,
        reference: target,
        properties,
    } = &shape.rules;
    let mut members: Vec<(&str, Json)> = Vec::new();
    if *required {
        members.push(("required", true.into()));
    }
    for (key, list) in [("contains", contains), ("does_not_contain", does_not_contain)] {
        if !list.is_empty() {
            members.push((key, texts(list)));
        }
    }
    if !regex.is_empty() {
        let list = regex.iter().map(|regex| regex.as_str().into()).collect();
        members.push(("regex", Json::Array(list)));
    }
    if let Some(Length { min, max }) = length {
        let bound = |bound: Option<u64>| bound.map(Json::from);
        members.extend(interval("length", bound(*min), bound(*max)));
    }
    if let Some(Bounds { min, max }) = range {
        let bound = |text: &Option<String>| Some(range_bound(shape.field_type, text.as_ref()?));
        members.extend(interval("range", bound(min), bound(max)));
    }
    if let Some(format) = format {
        members.push(("format", format_name(*format).into()));
    }
    if shape.is_reference() {
        members.push(("reference", reference(target.as_ref())));
    }
    if !properties.is_empty() {
        let parts = properties.iter().map(|(name, part)| (name.clone(), self::shape(part, [])));
        members.push(("properties", Json::Object(parts.collect())));
    }
    object(members)
}

/// An interval without bounds says nothing and is left out.
fn interval(
    key: &'static str,
    min: Option<Json>,
    max: Option<Json>,
) -> Option<(&'static str, Json)> {
    let bounds = [("min", min), ("max", max)];
    let bounds: Vec<_> =
        bounds.into_iter().filter_map(|(key, bound)| Some((key, bound?))).collect();
    (!bounds.is_empty()).then(|| (key, object(bounds)))
}

fn range_bound(field_type: FieldType, text: &str) -> Json {
    let number = matches!(field_type, FieldType::Integer | FieldType::Float);
    match Number::new(text).filter(|_| number) {
        Some(number) => Json::Number(number),
        None => text.into(),
    }
}

fn reference(rule: Option<&ReferenceRule>) -> Json {
    let default = ReferenceRule::default();
    let rule = rule.unwrap_or(&default);
    let cascade = match rule.cascade {
        Cascade::None => "none",
        Cascade::Restrict => "restrict",
        Cascade::Nullify => "nullify",
    };
    object([
        ("integrity", if rule.strong { "strong" } else { "weak" }.into()),
        ("aggregate_type", rule.aggregate_type.as_deref().map_or(Json::Null, Json::from)),
        ("cascade", cascade.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::compile;

    fn canonical(source: &str) -> String {
        compile(source).schema.unwrap().to_canonical_json().to_pretty()
    }

    #[test]
    fn the_same_meaning_prints_the_same_bytes() {
        let one = r#"aggregate a {
            field n { type = "int" rules = {"range": {"max": "9", "min": 1}, "required": false} }
            field s { locked = true type = "STRING" rules = {"length": {}} }
            event created { note = null fields = [] }
        }"#;
        let other = r#"aggregate "a" { snapshot_threshold = 100 hidden = false field_locks = ["s"]
            field n { type = "integer" rules = {"range": {"min": 1, "max": 9}} }
            field "s" { type = "text" } event created {} }"#;
        assert_eq!(canonical(one), canonical(other));
    }

    #[test]
    fn everything_is_in_it() {
        let source = r#"aggregate person {
            snapshot_threshold = null locked = true hidden_fields = ["gone", "name"]
            field name { type = "text" rules = {"required": true, "contains": ["a"], "does_not_contain": ["b"],
                "regex": ["^a"], "length": {"min": 1}, "format": "snake_case"} }
            field boss { type = "ref" rules = {"reference": {"aggregate_type": "person", "cascade": "restrict"}} }
            field home { type = "object" rules = {"properties": {"zip": "text", "paid": {"type": "numeric( 12 , 2 )",
                "range": {"min": "00.50"}}}} }
            event created { fields = ["name", "boss", "home"] note = "hired" }
        }"#;
        let json = compile(source).schema.unwrap().to_canonical_json().to_string();
        let expected = [
            r#"{"aggregates":{"person":{"snapshot_threshold":null,"locked":true,"hidden":false,"#,
            r#""hidden_undeclared_fields":["gone"],"locked_undeclared_fields":[],"fields":{"#,
            r#""name":{"type":"text","hidden":true,"locked":false,"rules":{"required":true,"contains":["a"],"#,
            r#""does_not_contain":["b"],"regex":["^a"],"length":{"min":1},"format":"snake_case"}},"#,
            r#""boss":{"type":"reference","hidden":false,"locked":false,"rules":{"reference":"#,
            r#"{"integrity":"strong","aggregate_type":"person","cascade":"restrict"}}},"#,
            r#""home":{"type":"object","hidden":false,"locked":false,"rules":{"properties":"#,
            r#"{"zip":{"type":"text","rules":{}},"paid":{"type":"decimal(12,2)","rules":{"range":{"min":"0.50"}}}}}}},"#,
            r#""events":{"created":{"fields":["name","boss","home"],"note":"hired"}}}}}"#,
        ];
        assert_eq!(json, expected.concat());
    }
}
