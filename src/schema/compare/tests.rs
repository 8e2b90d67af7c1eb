use super::*;
use crate::schema::compile;

fn breaks(old: &str, new: &str) -> Vec<String> {
    let schema = |source: &str| {
        let compiled = compile(source);
        compiled.schema.unwrap_or_else(|| panic!("{source}: {:?}", compiled.diagnostics))
    };
    let (old, new) = (schema(old), schema(new));
    assert_eq!(breaking(&old, &old), []);
    let found = breaking(&old, &new);
    assert!(found.is_empty() || !diff(&old, &new).is_empty(), "what breaks is a difference");
    found.iter().map(|b| format!("{} {} {}", b.class, b.code, b.path)).collect()
}

fn fields(old: &str, new: &str) -> Vec<String> {
    let source = |inside: &str| format!("aggregate a {{ {inside} event e {{}} }}");
    breaks(&source(old), &source(new))
}

/// The classes and codes when a field goes from `old` to `new`: what stands inside its braces.
fn field(old: &str, new: &str) -> String {
    let source = |inside: &str| format!("field f {{ {inside} }}");
    let found = fields(&source(old), &source(new));
    found.iter().map(|line| line.split(' ').nth(1).unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn additions_and_loosening_break_nothing() {
    for (old, new) in [
        ("", "field f { type = \"text\" }"),
        ("field f { type = \"text\" }", ""),
        ("field f { type = \"text\" locked = true }", "field f { type = \"text\" }"),
        ("field f { type = \"text\" rules = {\"required\": true} }", "field f { type = \"text\" }"),
        ("", "event f {}"),
        ("locked = true", ""),
        ("event f { fields = [\"x\"] }", "event f {}"),
        ("event f {}", "event f { note = \"n\" }"),
        ("", "hidden = true snapshot_threshold = null"),
        ("", "field f { type = \"text\" locked = true }"),
    ] {
        assert_eq!(fields(old, new), Vec::<String>::new(), "{old} -> {new}");
    }
}

#[test]
fn what_is_gone_breaks_readers_and_writers() {
    let old = "aggregate a { event e {} event f {} } aggregate b { event e {} }";
    let found = breaks(old, "aggregate a { event e {} }");
    assert_eq!(
        found,
        ["READ B102 a.events.f", "READ B101 b", "WRITE B303 a.events.f", "WRITE B301 b"]
    );
}

#[test]
fn locks_and_allowlists_break_writers() {
    for (old, new, expected) in [
        ("", "locked = true", "WRITE B302 a.locked"),
        ("event f {}", "event f { fields = [\"x\"] }", "WRITE B304 a.events.f.fields"),
        (
            "event f { fields = [\"x\"] }",
            "event f { fields = [\"x\", \"y\"] }",
            "WRITE B304 a.events.f.fields",
        ),
        (
            "event f { fields = [\"x\", \"y\"] }",
            "event f { fields = [\"x\"] }",
            "WRITE B304 a.events.f.fields",
        ),
        (
            "field f { type = \"text\" }",
            "field f { type = \"text\" locked = true }",
            "WRITE B305 a.fields.f.locked",
        ),
        (
            "field f { type = \"text\" }",
            "field_locks = [\"f\"] field f { type = \"text\" }",
            "WRITE B305 a.fields.f.locked",
        ),
    ] {
        assert_eq!(fields(old, new), [expected], "{old} -> {new}");
    }
}

#[test]
fn writers_of_a_locked_aggregate_cannot_be_broken() {
    assert_eq!(fields("locked = true event f {}", "locked = true"), ["READ B102 a.events.f"]);
}

#[test]
fn types_break_what_they_do_not_read() {
    for (old, new, expected) in [
        ("integer", "float", ""),
        ("integer", "json", ""),
        ("integer", "decimal(19,0)", ""),
        ("integer", "decimal(18,0)", "B103 B306"),
        ("integer", "text", "B103 B306"),
        ("integer", "boolean", "B103 B306"),
        ("float", "integer", "B103 B306"),
        ("decimal(5,2)", "decimal(6,3)", ""),
        ("decimal(5,2)", "decimal(6,2)", ""),
        ("decimal(5,2)", "decimal(5,3)", "B103 B306"),
        ("decimal(5,2)", "decimal(4,2)", "B103 B306"),
        ("decimal(5,2)", "decimal(5,1)", "B103 B306"),
        ("decimal(5,2)", "float", ""),
        ("decimal(5,2)", "text", "B306"),
        ("decimal(18,0)", "integer", ""),
        ("decimal(19,0)", "integer", "B103 B306"),
        ("timestamp", "text", ""),
        ("date", "text", ""),
        ("binary", "text", ""),
        ("text", "date", "B103 B306"),
        ("date", "timestamp", "B103 B306"),
        ("object", "json", ""),
        ("json", "object", "B103 B306"),
        ("reference", "text", "B103 B306"),
        ("text", "reference", "B103 B306"),
    ] {
        let found = field(&format!("type = \"{old}\""), &format!("type = \"{new}\""));
        assert_eq!(found, expected, "{old} -> {new}");
    }
}

#[test]
fn tighter_rules_break_states_and_writers() {
    const BOTH: &str = "B202 B308";
    for (kind, old, new, expected) in [
        ("text", "", r#""required": true"#, "B201 B307"),
        ("text", r#""contains": ["abc"]"#, r#""contains": ["b"]"#, ""),
        ("text", r#""contains": ["b"]"#, r#""contains": ["abc"]"#, BOTH),
        ("text", r#""does_not_contain": ["b"]"#, r#""does_not_contain": ["abc"]"#, ""),
        ("text", r#""does_not_contain": ["abc"]"#, r#""does_not_contain": ["b"]"#, BOTH),
        ("text", r#""regex": ["a", "b"]"#, r#""regex": ["b"]"#, ""),
        ("text", r#""regex": ["b"]"#, r#""regex": ["b", "c"]"#, BOTH),
        ("text", "", r#""length": {"min": 0}"#, ""),
        ("text", "", r#""length": {"min": 1}"#, BOTH),
        ("text", r#""length": {"min": 2, "max": 5}"#, r#""length": {"min": 1, "max": 6}"#, ""),
        ("text", r#""length": {"max": 5}"#, r#""length": {"max": 4}"#, BOTH),
        ("text", r#""format": "email""#, "", ""),
        ("text", "", r#""format": "email""#, BOTH),
        ("text", r#""format": "email""#, r#""format": "url""#, BOTH),
        ("integer", r#""range": {"min": 2}"#, r#""range": {"min": 1}"#, ""),
        ("integer", r#""range": {"min": 9}"#, r#""range": {"min": 10}"#, BOTH),
        ("integer", "", r#""range": {"max": 10}"#, BOTH),
        ("decimal(9,2)", r#""range": {"max": "1.50"}"#, r#""range": {"max": "1.5"}"#, ""),
        ("decimal(9,2)", r#""range": {"max": "1.50"}"#, r#""range": {"max": "1.49"}"#, BOTH),
        (
            "timestamp",
            r#""range": {"min": "2026-01-01T00:00:00Z"}"#,
            r#""range": {"min": "2026-01-01T02:00:00+02:00"}"#,
            "",
        ),
        ("object", "", r#""properties": {"p": "text"}"#, ""),
        ("object", "", r#""properties": {"p": {"type": "text", "required": true}}"#, "B201 B307"),
        (
            "object",
            r#""properties": {"p": "text"}"#,
            r#""properties": {"p": "integer"}"#,
            "B103 B306",
        ),
        ("json", r#""properties": {"p": "text"}"#, r#""properties": {"p": "integer"}"#, ""),
        ("reference", "", r#""reference": {"aggregate_type": "a"}"#, "B203 B309"),
        ("reference", r#""reference": {"aggregate_type": "a"}"#, "", ""),
        ("reference", r#""reference": {"integrity": "weak"}"#, "", "B310"),
        ("reference", "", r#""reference": {"cascade": "restrict"}"#, "B311"),
        ("reference", "", r#""reference": {"cascade": "nullify"}"#, ""),
    ] {
        let source = |rules: &str| format!("type = \"{kind}\" rules = {{{rules}}}");
        assert_eq!(field(&source(old), &source(new)), expected, "{kind}: {old} -> {new}");
    }
}

#[test]
fn both_ways_of_writing_a_reference_are_one() {
    let (text, plain) =
        ("type = \"text\" rules = {\"format\": \"reference\"}", "type = \"reference\"");
    assert_eq!(field(text, plain), "");
    assert_eq!(field(plain, text), "");
    assert_eq!(field("type = \"text\"", text), "B202 B308");
}

#[test]
fn a_range_is_compared_across_types() {
    let old = "type = \"integer\" rules = {\"range\": {\"min\": 5}}";
    assert_eq!(field(old, "type = \"float\" rules = {\"range\": {\"min\": 4.5}}"), "");
    assert_eq!(field(old, "type = \"float\" rules = {\"range\": {\"min\": 5.5}}"), "B202 B308");
}

#[test]
fn a_field_that_events_named_before_was_any_json() {
    let list = "event f { fields = [\"x\"] }";
    assert_eq!(
        fields(list, &format!("field x {{ type = \"text\" }} {list}")),
        ["READ B103 a.fields.x", "WRITE B306 a.fields.x"]
    );
    assert_eq!(
        fields(list, &format!("field x {{ type = \"json\" }} {list}")),
        Vec::<String>::new()
    );
    assert_eq!(
        fields("", "field y { type = \"text\" rules = {\"required\": true} }"),
        ["FOLD B201 a.fields.y", "WRITE B307 a.fields.y"]
    );
}

#[test]
fn messages_name_what_breaks() {
    let schema = |source: &str| compile(source).schema.unwrap();
    let old = schema(
        "aggregate a { field f { type = \"text\" } event e {} event g { fields = [\"f\"] } }",
    );
    let new = schema(
        "aggregate a { field f { type = \"text\" rules = {\"length\": {\"max\": 5}} } event e {} event g { fields = [\"h\"] } }",
    );
    let lines: Vec<String> = breaking(&old, &new)
        .iter()
        .map(|b| format!("{} {}: {}", b.class, b.path, b.message))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    FOLD a.fields.f.rules.length: stored values of `f` may break the rule `length`: the maximum is 5
    WRITE a.events.g.fields: `g` demands `h` and refuses `f` now
    WRITE a.fields.f.rules.length: writers of `f` may break the rule `length`: the maximum is 5
    ");
    let first = breaking(&old, &new).remove(0);
    assert_eq!(
        (first.aggregate.as_str(), first.field.as_deref(), first.event),
        ("a", Some("f"), None)
    );
}
