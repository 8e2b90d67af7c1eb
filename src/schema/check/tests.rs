use super::*;
use crate::schema::model::{Cascade, FieldType, Snapshot};
use crate::schema::parser::tests::source;
use proptest::prelude::*;

/// What was found: code and the text at the span.
fn found(source: &str) -> Vec<(&'static str, &str)> {
    let compiled = compile(source);
    let errors = compiled.diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(compiled.schema.is_none(), errors, "a schema if and only if there is no error");
    for found in &compiled.diagnostics {
        assert!(!found.label.is_empty() && found.help.is_some(), "{found:?}");
        assert!(!found.message.ends_with('.'), "{}", found.message);
    }
    compiled.diagnostics.into_iter().map(|d| (d.code.as_str(), &source[d.span])).collect()
}

fn field(inside: &str) -> String {
    format!("aggregate a {{ field f {{ {inside} }} event e {{}} }}")
}

#[test]
fn each_error_of_an_aggregate_has_its_span() {
    for (source, code, span) in [
        ("", "E011", ""),
        ("# only a comment\n", "E011", ""),
        ("aggregate a { locks = true event e {} }", "E012", "locks"),
        ("aggregate a { required = true event e {} }", "E012", "required"),
        ("aggregate a { event e { field = [] } }", "E012", "field"),
        ("aggregate a { locked = true locked = true event e {} }", "E013", "locked"),
        ("aggregate a { event e {} } aggregate a { event e {} }", "E014", "a"),
        (
            "aggregate a { field f { type = \"int\" } field f { type = \"int\" } event e {} }",
            "E015",
            "f",
        ),
        ("aggregate a { event e {} event \"e\" {} }", "E016", "\"e\""),
        ("aggregate A { event e {} }", "E017", "A"),
        ("aggregate \"\" { event e {} }", "E017", "\"\""),
        ("aggregate 1a { event e {} }", "E017", "1a"),
        ("aggregate a { event E {} }", "E018", "E"),
        ("aggregate a { event x.y {} }", "E018", "x.y"),
        ("aggregate a { event dbx_x {} }", "E019", "dbx_x"),
        ("aggregate a { event dbx.x {} }", "E019", "dbx.x"),
        ("aggregate a { field \" \" { type = \"int\" } event e {} }", "E020", "\" \""),
        ("aggregate a { field \"\" { type = \"int\" } event e {} }", "E020", "\"\""),
        (
            "aggregate a { field \"x\\u0000\" { type = \"int\" } event e {} }",
            "E020",
            "\"x\\u0000\"",
        ),
        ("aggregate a { field \"x \" { type = \"int\" } event e {} }", "E020", "\"x \""),
        ("aggregate a { }", "E021", "a"),
        ("aggregate a { hidden = null event e {} }", "E022", "null"),
        ("aggregate a { hidden_fields = \"x\" event e {} }", "E022", "\"x\""),
        ("aggregate a { field_locks = [1] event e {} }", "E022", "1"),
        ("aggregate a { event e { note = 1 } }", "E022", "1"),
        ("aggregate a { event e { fields = null } }", "E022", "null"),
        ("aggregate a { snapshot_threshold = 0 event e {} }", "E023", "0"),
        ("aggregate a { snapshot_threshold = -1 event e {} }", "E023", "-1"),
        ("aggregate a { snapshot_threshold = 1.5 event e {} }", "E023", "1.5"),
        ("aggregate a { snapshot_threshold = \"5\" event e {} }", "E023", "\"5\""),
        (
            "aggregate a { snapshot_threshold = 99999999999999999999 event e {} }",
            "E023",
            "99999999999999999999",
        ),
        ("aggregate a { field f { } event e {} }", "E025", "f"),
    ] {
        assert_eq!(found(source), [(code, span)], "{source}");
    }
    let long = format!("aggregate {} {{ event e {{}} }}", "a".repeat(129));
    assert_eq!(found(&long), [("E017", "a".repeat(129).as_str())]);
    let note = |n: usize| format!("aggregate a {{ event e {{ note = \"{}\" }} }}", "é".repeat(n));
    assert_eq!(found(&note(128)), []);
    assert_eq!(found(&note(129)), [("E024", format!("\"{}\"", "é".repeat(129)).as_str())]);
}

#[test]
fn each_error_of_a_field_has_its_span() {
    for (inside, code, span) in [
        ("type = \"integr\"", "E026", "\"integr\""),
        ("type = 5", "E026", "5"),
        ("type = \"varchar(20)\"", "E026", "\"varchar(20)\""),
        ("type = \"text(20)\"", "E026", "\"text(20)\""),
        ("type = \"decimal(0,0)\"", "E027", "\"decimal(0,0)\""),
        ("type = \"decimal(39,2)\"", "E027", "\"decimal(39,2)\""),
        ("type = \"decimal(2,3)\"", "E027", "\"decimal(2,3)\""),
        ("type = \"decimal(12)\"", "E027", "\"decimal(12)\""),
        ("type = \"decimal(12,-2)\"", "E027", "\"decimal(12,-2)\""),
        ("type = \"numeric(12,2\"", "E027", "\"numeric(12,2\""),
        ("type = \"int\" rules = []", "E022", "[]"),
        ("type = \"int\" rules = {\"rnage\": {}}", "E028", "\"rnage\""),
        ("type = \"int\" rules = {\"locked\": true}", "E028", "\"locked\""),
        ("type = \"ref\" rules = {\"reference\": {\"cascad\": \"none\"}}", "E028", "\"cascad\""),
        ("type = \"int\" rules = {\"length\": {\"max\": 1}}", "E029", "\"length\""),
        ("type = \"text\" rules = {\"range\": {\"max\": 1}}", "E029", "\"range\""),
        ("type = \"json\" rules = {\"regex\": [\"a\"]}", "E029", "\"regex\""),
        ("type = \"bool\" rules = {\"contains\": [\"a\"]}", "E029", "\"contains\""),
        ("type = \"text\" rules = {\"properties\": {}}", "E029", "\"properties\""),
        ("type = \"int\" rules = {\"format\": \"email\"}", "E029", "\"format\""),
        ("type = \"date\" rules = {\"format\": \"email\"}", "E029", "\"email\""),
        ("type = \"ref\" rules = {\"format\": \"url\"}", "E029", "\"url\""),
    ] {
        let source = field(inside);
        assert_eq!(found(&source), [(code, span)], "{inside}");
    }
}

#[test]
fn each_error_of_a_rule_has_its_span() {
    for (inside, code, span) in [
        ("type = \"int\" rules = {\"required\": 1}", "E030", "1"),
        ("type = \"text\" rules = {\"contains\": \"a\"}", "E030", "\"a\""),
        ("type = \"text\" rules = {\"does_not_contain\": [null]}", "E030", "null"),
        ("type = \"text\" rules = {\"format\": 5}", "E030", "5"),
        ("type = \"text\" rules = {\"length\": 5}", "E030", "5"),
        ("type = \"text\" rules = {\"length\": {\"maximum\": 5}}", "E030", "\"maximum\""),
        ("type = \"ref\" rules = {\"reference\": \"a\"}", "E030", "\"a\""),
        ("type = \"object\" rules = {\"properties\": {\"p\": 1}}", "E030", "1"),
        ("type = \"text\" rules = {\"regex\": [\"ok\", \"(\"]}", "E031", "\"(\""),
        ("type = \"text\" rules = {\"regex\": [\"(?=a)\"]}", "E031", "\"(?=a)\""),
        (
            "type = \"text\" rules = {\"regex\": [\"(a{1000}){1000}\"]}",
            "E031",
            "\"(a{1000}){1000}\"",
        ),
        ("type = \"text\" rules = {\"length\": {\"min\": -1}}", "E032", "-1"),
        ("type = \"text\" rules = {\"length\": {\"max\": \"5\"}}", "E032", "\"5\""),
        ("type = \"text\" rules = {\"length\": {\"max\": 1.5}}", "E032", "1.5"),
        ("type = \"int\" rules = {\"range\": {\"min\": \"abc\"}}", "E033", "\"abc\""),
        ("type = \"int\" rules = {\"range\": {\"min\": 1.5}}", "E033", "1.5"),
        ("type = \"int\" rules = {\"range\": {\"min\": null}}", "E033", "null"),
        (
            "type = \"date\" rules = {\"range\": {\"max\": \"2023-02-29\"}}",
            "E033",
            "\"2023-02-29\"",
        ),
        ("type = \"decimal(3,1)\" rules = {\"range\": {\"max\": 1.25}}", "E033", "1.25"),
        ("type = \"text\" rules = {\"length\": {\"min\": 2, \"max\": 1}}", "E034", "2"),
        (
            "type = \"decimal(9,2)\" rules = {\"range\": {\"max\": \"9.99\", \"min\": 10}}",
            "E034",
            "10",
        ),
        (
            "type = \"timestamp\" rules = {\"range\": {\"min\": \"2026-01-01T00:00:00Z\", \"max\": \"2026-01-01T01:00:00+02:00\"}}",
            "E034",
            "\"2026-01-01T00:00:00Z\"",
        ),
        ("type = \"text\" rules = {\"format\": \"Email\"}", "E035", "\"Email\""),
        ("type = \"text\" rules = {\"reference\": {}}", "E036", "\"reference\""),
        (
            "type = \"text\" rules = {\"format\": \"email\", \"reference\": {}}",
            "E036",
            "\"reference\"",
        ),
        ("type = \"int\" rules = {\"reference\": {}}", "E036", "\"reference\""),
        (
            "type = \"ref\" rules = {\"reference\": {\"integrity\": \"strict\"}}",
            "E037",
            "\"strict\"",
        ),
        ("type = \"ref\" rules = {\"reference\": {\"cascade\": true}}", "E037", "true"),
        (
            "type = \"ref\" rules = {\"reference\": {\"aggregate_type\": \"A b\"}}",
            "E037",
            "\"A b\"",
        ),
        ("type = \"ref\" rules = {\"reference\": {\"tenant\": \"x\"}}", "E038", "\"x\""),
        (
            "type = \"ref\" locked = true rules = {\"reference\": {\"cascade\": \"nullify\"}}",
            "E039",
            "\"nullify\"",
        ),
    ] {
        let source = field(inside);
        assert_eq!(found(&source), [(code, span)], "{inside}");
    }
}

#[test]
fn parts_of_objects_are_checked_as_deep_as_they_go() {
    for (properties, expected) in [
        (r#"{"a": "text", "b": {"type": "int", "range": {"min": 1}}}"#, vec![]),
        (r#"{"a": "txt"}"#, vec![("E026", "\"txt\"")]),
        (r#"{"a": {"required": true}}"#, vec![("E025", "\"a\"")]),
        (r#"{"a": {"type": "text", "rules": {}}}"#, vec![("E028", "\"rules\"")]),
        (r#"{"a": {"type": "text", "hidden": true}}"#, vec![("E028", "\"hidden\"")]),
        (r#"{" ": "text"}"#, vec![("E020", "\" \"")]),
        (
            r#"{"a": {"type": "object", "properties": {"b": {"type": "int", "length": {}}, "c": "x"}}}"#,
            vec![("E029", "\"length\""), ("E026", "\"x\"")],
        ),
        (
            r#"{"a": {"type": "ref", "reference": {"cascade": "nullify"}}}"#,
            vec![("E040", "\"nullify\"")],
        ),
    ] {
        for declared in ["object", "json"] {
            let source =
                field(&format!("type = \"{declared}\" rules = {{\"properties\": {properties}}}"));
            assert_eq!(found(&source), expected, "{properties}");
        }
    }
}

#[test]
fn each_warning_has_its_span_and_leaves_a_schema() {
    let order = "aggregate a { field f { type = \"text\" rules = {\"required\": true} } field g { type = \"text\" }";
    for (source, code, span) in [
        ("aggregate a { hidden_fields = [\"x\"] event e {} }".to_owned(), "W001", "\"x\""),
        ("aggregate a { field_locks = [\"x\"] event e {} }".to_owned(), "W001", "\"x\""),
        ("aggregate a { event e { fields = [\"x\"] } }".to_owned(), "W001", "\"x\""),
        (format!("{order} event e {{ fields = [\"g\"] }} }}"), "W002", "\"g\""),
        (
            field("type = \"ref\" rules = {\"reference\": {\"aggregate_type\": \"b\"}}"),
            "W003",
            "\"b\"",
        ),
        ("aggregate a { field fX { type = \"text\" } event e {} }".to_owned(), "W004", "fX"),
        (
            "aggregate a { field \"f g\" { type = \"text\" } event e {} }".to_owned(),
            "W004",
            "\"f g\"",
        ),
        (
            field("type = \"ref\" rules = {\"reference\": {\"tenant\": \"default\"}}"),
            "W005",
            "\"tenant\"",
        ),
        (
            "aggregate a { field f { type = \"text\" } event e { fields = [\"f\", \"f\"] } }"
                .to_owned(),
            "W006",
            "\"f\"",
        ),
    ] {
        assert_eq!(found(&source), [(code, span)], "{source}");
        assert!(compile(&source).schema.is_some());
    }
    for fine in [
        format!("{order} event c {{}} event e {{ fields = [\"g\"] }} }}"),
        format!("{order} event c {{ fields = [\"f\"] }} event e {{ fields = [\"g\"] }} }}"),
        field(
            "type = \"ref\" rules = {\"reference\": {\"aggregate_type\": \"b\", \"integrity\": \"weak\"}}",
        ),
        field(
            "type = \"ref\" rules = {\"reference\": {\"integrity\": \"weak\", \"aggregate_type\": \"b\"}}",
        ),
        field(
            "type = \"ref\" rules = {\"reference\": {\"aggregate_type\": \"a\", \"cascade\": \"nullify\"}}",
        ),
    ] {
        assert_eq!(found(&fine), [], "{fine}");
    }
    let both = "aggregate a { field f { type = \"text\" rules = {\"required\": true} } field g { type = \"text\" \
                rules = {\"required\": true} } event x { fields = [\"f\"] } event y { fields = [\"g\"] } }";
    assert_eq!(found(both), [("W002", "\"f\""), ("W002", "\"g\"")], "neither can come first");
}

/// The other places of the first finding: the text at each span, and the words.
fn secondary(source: &str) -> Vec<(String, String)> {
    let found = compile(source).diagnostics.remove(0);
    found.secondary.into_iter().map(|label| (source[label.span].to_owned(), label.text)).collect()
}

#[test]
fn other_places_are_pointed_at() {
    for (source, place, words) in [
        ("aggregate a { event e {} event e {} }".to_owned(), "e", "declared first here"),
        (
            "aggregate a { locked = true locked = false event e {} }".to_owned(),
            "locked",
            "given first here",
        ),
        (
            field("type = \"text\" rules = {\"required\": true, \"required\": true}"),
            "\"required\"",
            "given first here",
        ),
        (field("type = \"text\" rules = {\"range\": {}}"), "\"text\"", "the type is given here"),
        (
            field("type = \"int\" rules = {\"range\": {\"min\": \"x\"}}"),
            "\"int\"",
            "the type is given here",
        ),
        (
            field(
                "type = \"object\" rules = {\"properties\": {\"p\": {\"type\": \"int\", \"length\": {}}}}",
            ),
            "\"int\"",
            "the type is given here",
        ),
        (field("type = \"int\" rules = {\"range\": {\"min\": 2, \"max\": 1}}"), "1", "the maximum"),
        (
            field(
                "type = \"ref\" rules = {\"required\": true, \"reference\": {\"cascade\": \"nullify\"}}",
            ),
            "\"required\"",
            "required here",
        ),
        (
            field(
                "type = \"ref\" locked = true rules = {\"reference\": {\"cascade\": \"nullify\"}}",
            ),
            "f",
            "this field is locked",
        ),
        ("aggregate a { event e {} } }".to_owned(), "}", "the last aggregate was closed here"),
        ("aggregate a { locked = [1 ! 2] event e {} }".to_owned(), "[", "the value starts here"),
    ] {
        assert_eq!(secondary(&source), [(place.to_owned(), words.to_owned())], "{source}");
    }
}

#[test]
fn a_brace_missing_or_left_over_in_a_value_is_one_finding() {
    let missing = "aggregate a {\n  field f {\n    type = \"text\"\n    rules = {\"length\": {\"max\": 5}\n  }\n  event e {}\n}\n";
    assert_eq!(found(missing), [("E002", "field f")]);
    let places = secondary(missing);
    assert_eq!(
        places[0],
        ("}".to_owned(), "this brace ends the value: is one missing before it?".to_owned())
    );
    assert_eq!(places[1].0, "event");
    let left_over = "aggregate a {\n  field f {\n    type = \"text\"\n    rules = {\"length\": {\"max\": 5}}}\n  }\n  event e {}\n}\n";
    assert_eq!(found(left_over), [("E010", "event")]);
    assert_eq!(secondary(left_over)[0].1, "this brace closed the aggregate: is it one too many?");
}

#[test]
fn syntax_errors_draw_no_others_after_them() {
    for source in [
        "aggregate a {",
        "aggregate a { field f { type = } event e {} }",
        "aggregate a { field f { type = text } event e {} }",
        "aggregate a { field f { ! } event e {} }",
        "aggregate a { event e { fields = [\"x\" } }",
        "aggregate { event e {} }",
        "aggregate a { field { type = \"text\" } event e {} }",
        "aggregate a { field f { type = \"text\" } } event e {} }",
        "aggregate a { filed f { type = \"text\" } event e { fields = [\"f\"] } }",
        "aggregate a { ! field_locks = [\"f\"] event e {} }",
    ] {
        assert_eq!(found(source).len(), 1, "{source}: {:?}", found(source));
    }
}

#[test]
fn suggestions_are_fixes() {
    for (inside, fixed) in [
        ("typ = \"int\" type = \"int\"", None),
        ("type = \"integr\"", Some("type = \"integer\"")),
        ("type = \"uuid\"", Some("type = \"text\"")),
        (
            "type = \"text\" rules = {\"lenght\": {}}",
            Some("type = \"text\" rules = {\"length\": {}}"),
        ),
        (
            "type = \"text\" rules = {\"format\": \"snakecase\"}",
            Some("type = \"text\" rules = {\"format\": \"snake_case\"}"),
        ),
        ("type = \"int\" locked = \"true\"", Some("type = \"int\" locked = true")),
        (
            "type = \"text\" rules = {\"contains\": \"a\"}",
            Some("type = \"text\" rules = {\"contains\": [\"a\"]}"),
        ),
        (
            "type = \"text\" rules = {\"length\": {\"max\": \"5\"}}",
            Some("type = \"text\" rules = {\"length\": {\"max\": 5}}"),
        ),
    ] {
        let source = field(inside);
        let first = compile(&source).diagnostics.remove(0);
        let applied = first.fix.and_then(|fix| fix.apply(&source)).unwrap();
        match fixed {
            Some(fixed) => assert_eq!(applied, field(fixed)),
            None => assert!(applied.contains("type = \"int\" type")),
        }
    }
}

#[test]
fn a_schema_says_what_its_source_says() {
    let source = r#"aggregate order {
        snapshot_threshold = 7 locked = true hidden = true hidden_fields = ["a"] field_locks = ["a", "b"]
        field a { type = "NUMERIC( 5 , 2 )" rules = {"range": {"min": "-01.50"}} }
        field b { type = "aggregate-reference" hidden = true
            rules = {"reference": {"integrity": "weak", "cascade": "restrict"}} }
        event created { fields = ["a"] note = "n" }
        event empty {}
    }"#;
    let schema = compile(source).schema.unwrap();
    let order = &schema.aggregates["order"];
    assert_eq!((order.snapshot, order.locked, order.hidden), (Snapshot::Every(7), true, true));
    assert!(order.is_hidden_field("a") && order.is_hidden_field("b") && order.is_locked_field("b"));
    let (a, b) = (&order.fields["a"].shape, &order.fields["b"].shape);
    assert_eq!(a.field_type, FieldType::Decimal { precision: 5, scale: 2 });
    assert_eq!(a.rules.range.as_ref().unwrap().min.as_deref(), Some("-1.50"));
    let rule = b.rules.reference.as_ref().unwrap();
    assert_eq!((rule.strong, rule.cascade), (false, Cascade::Restrict));
    assert_eq!(order.events["created"].fields, ["a"]);
    assert_eq!(order.events["created"].note.as_deref(), Some("n"));
    assert!(order.events["empty"].fields.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn compiling_never_panics_and_errors_decide_about_the_schema(source in source()) {
        let compiled = compile(&source);
        let errors = compiled.diagnostics.iter().any(|found| found.severity == Severity::Error);
        prop_assert_eq!(compiled.schema.is_none(), errors);
        for found in &compiled.diagnostics {
            prop_assert!(source.get(found.span.clone()).is_some());
            prop_assert!(found.fix.as_ref().is_none_or(|fix| fix.apply(&source).is_some()));
        }
    }
}
