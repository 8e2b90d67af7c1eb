use super::*;
use crate::schema::ast::Item;
use proptest::prelude::*;
use std::fmt::Write as _;

/// What was found: code and the text at the span.
fn found(source: &str) -> Vec<(&'static str, &str)> {
    let (_, diagnostics) = parse(source);
    diagnostics.into_iter().map(|d| (d.code.as_str(), &source[d.span])).collect()
}

/// The tree as words, to see what recovery saved.
fn outline(source: &str) -> String {
    fn block(block: &Block, out: &mut String) {
        *out += &block.name.text;
        *out += "(";
        for item in &block.items {
            match item {
                Item::Property(p) => {
                    let value =
                        p.value.as_ref().map_or("?".to_owned(), |v| v.to_json().to_string());
                    *out += &[p.key.as_str(), "=", &value, " "].concat();
                }
                Item::Block(inner) => block_in(inner, out),
            }
        }
        out.push(')');
    }
    fn block_in(inner: &Block, out: &mut String) {
        block(inner, out);
    }
    let mut out = String::new();
    parse(source).0.aggregates.iter().for_each(|aggregate| block(aggregate, &mut out));
    out
}

#[test]
fn white_space_means_nothing() {
    for source in [
        "aggregate a{field s{type=\"text\"}event created{fields=[\"s\"]}}",
        "\u{feff}aggregate a\r\n{\r\nfield s{ type = \"text\" }\r\n# c\r\nevent created { fields = [ // d\r\n\"s\" ] } }",
        "aggregate\n\"a\"\n{field\n\"s\"\n{type\n=\n\"text\"}event created{fields=[\"s\"]}}",
    ] {
        assert_eq!(found(source), [], "{source}");
        assert_eq!(outline(source), "a(s(type=\"text\" )created(fields=[\"s\"] ))");
    }
}

#[test]
fn keywords_are_names_and_keys_too() {
    let source = "aggregate aggregate { field = 1 event field { event = 2 } field event { } }";
    assert_eq!(found(source), []);
    assert_eq!(outline(source), "aggregate(field=1 field(event=2 )event())");
}

#[test]
fn each_syntax_error_has_its_span() {
    for (source, code, span) in [
        ("aggregate a { event e {} } }", "E008", "}"),
        ("entity a { event e {} }", "E006", "entity"),
        ("locked = true aggregate a { event e {} }", "E006", "locked"),
        ("agregate a { event e {} }", "E006", "agregate"),
        ("[1] aggregate a { event e {} }", "E006", "["),
        ("aggregate a { event e {}", "E002", "aggregate a"),
        ("aggregate a {\n field f {\n type = \"text\"\n\n event e {}\n}", "E002", "field f"),
        ("aggregate a {\n field f {\n type = \"text\"\n event e {}\n}\n", "E002", "field f"),
        ("aggregate a {\n  field f {\n    type = \"text\"\n  event e {}\n}\n", "E002", "field f"),
        ("aggregate a {\n  event e {}\naggregate b {\n event e {}\n}\n", "E002", "aggregate a"),
        ("aggregate { event e {} }", "E001", "aggregate"),
        ("aggregate a { event {} }", "E001", "event"),
        ("aggregate a event e {} }", "E001", "event"),
        ("aggregate a { filed f {} event e {} }", "E001", "filed"),
        ("aggregate a { thing f { x = 1 } event e {} }", "E001", "thing"),
        ("aggregate a { \"locked\" = true event e {} }", "E001", "\"locked\""),
        ("aggregate a { locked: true event e {} }", "E001", ":"),
        ("aggregate a { locked true event e {} }", "E001", "true"),
        ("aggregate a { locked = true, event e {} }", "E009", ","),
        ("aggregate a { ! event e {} }", "E001", "!"),
        ("aggregate a { { } event e {} }", "E001", "{"),
        ("aggregate a { /* no */ event e {} }", "E001", "/*"),
        ("aggregate a { event \"e\\q\" {} event e {} }", "E003", "\"e\\q\""),
        ("aggregate a { locked = }", "E003", "locked"),
        ("aggregate a { locked = hidden = true }", "E003", "locked"),
        ("aggregate a { locked = yes event e {} }", "E003", "yes"),
        ("aggregate a { locked = 'no' event e {} }", "E003", "'no'"),
        ("aggregate a { locked = 'no\n event e {} }", "E003", "'"),
        ("aggregate a { snapshot_threshold = 01 event e {} }", "E003", "01"),
        ("aggregate a { event e { note = \"open\n } }", "E003", "\n"),
        ("aggregate a { event e { note = \"a\\qb\" } }", "E003", "\\q"),
        ("aggregate a { event e { fields = [\"s\",] } }", "E004", ","),
        ("aggregate a { event e { fields = [\"s\", # c\n] } }", "E003", "]"),
        ("aggregate a { event e { fields = [\"s\" \"t\"] } }", "E003", "\"t\""),
        ("aggregate a { event e { fields = [\"s\" } }", "E003", "}"),
        ("aggregate a { field f { rules = {\"a\": 1, \"a\": 2} } }", "E005", "\"a\""),
        ("aggregate a { field f { rules = {a: 1} } }", "E003", "a"),
        ("aggregate a { field f { rules = {\"a\": 1, } } }", "E004", ","),
        ("aggregate a { event e { field f { } } }", "E010", "field"),
        ("aggregate a { event e {} } field f { type = \"text\" } }", "E010", "field"),
        ("event e {} aggregate a { event e {} }", "E010", "event"),
    ] {
        assert_eq!(found(source), [(code, span)], "{source}");
    }
}

#[test]
fn what_stands_around_an_error_is_kept() {
    for (source, tree) in [
        (
            "aggregate a { event e { fields = [\"s\",] note = \"n\" } }",
            "a(e(fields=[\"s\"] note=\"n\" ))",
        ),
        (
            "aggregate a { field f { rules = {\"a\": 1, \"a\": 2, \"b\": [3,]} } }",
            "a(f(rules={\"a\":1,\"b\":[3]} ))",
        ),
        ("aggregate a { locked: true hidden true event e {} }", "a(locked=true hidden=true e())"),
        ("aggregate a { filed f { type = \"text\" } }", "a(f(type=\"text\" ))"),
        (
            "aggregate a { field f { rules = {\"a\": 1 type = \"text\" } event e {} }",
            "a(f(rules=? type=\"text\" )e())",
        ),
        (
            "aggregate a {\n  field f {\n    type = \"text\"\n  event e {}\n}\n",
            "a(f(type=\"text\" )e())",
        ),
        ("aggregate a {\n  event e {}\naggregate b {\n event e {}\n}\n", "a(e())b(e())"),
        ("aggregate a { event e {} } field f { } } aggregate b {}", "a(e()f())b()"),
        ("entity x { event e {} } aggregate b {}", "b()"),
        ("aggregate a { event e { field f { type = \"x\" } note = \"n\" } }", "a(e(note=\"n\" ))"),
        ("aggregate a { locked = tru hidden = true }", "a(locked=? hidden=true )"),
    ] {
        assert_eq!(outline(source), tree, "{source}");
    }
}

#[test]
fn all_errors_are_found_in_one_run() {
    let source = "aggregate a {\n  locked = yes\n  field f { type = 'text' }\n  field g { rules = {\"x\": [1,], \"x\": 2} }\n  \
                  event e { fields = [,] };\n}\nentity b {}\naggregate c { event e {} }\n}\n";
    let codes: Vec<&str> = found(source).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["E003", "E003", "E004", "E005", "E003", "E009", "E006", "E008"]);
}

#[test]
fn fixes_of_the_parser_are_right() {
    for (source, fixed) in [
        ("aggregate a { locked: true }", "aggregate a { locked = true }"),
        ("aggregate a { locked true }", "aggregate a { locked = true }"),
        ("aggregate a { locked = yes }", "aggregate a { locked = true }"),
        ("aggregate a { locked = True }", "aggregate a { locked = true }"),
        ("aggregate a { hidden = None }", "aggregate a { hidden = null }"),
        (
            "aggregate a { event e { note = hello } }",
            "aggregate a { event e { note = \"hello\" } }",
        ),
        ("aggregate a { note = 'say \"hi\"' }", "aggregate a { note = \"say \\\"hi\\\"\" }"),
        ("aggregate a { \"locked\" = true }", "aggregate a { locked = true }"),
        ("aggregate a { filed f {} }", "aggregate a { field f {} }"),
        ("aggregate a { x = [1 2] }", "aggregate a { x = [1, 2] }"),
        ("aggregate a event e {} }", "aggregate a { event e {} }"),
        ("aggregate a { # end", "aggregate a { # end\n}\n"),
        ("aggregate a {\n event e {\n", "aggregate a {\n event e {\n}\n}\n"),
        ("aggregate a {}}", "aggregate a {}"),
        ("aggregate a { locked = true; }", "aggregate a { locked = true }"),
    ] {
        let (_, diagnostics) = parse(source);
        let fix = diagnostics.first().and_then(|found| found.fix.clone()).unwrap();
        assert_eq!(fix.apply(source).as_deref(), Some(fixed));
        assert_eq!(found(fixed), [], "{fixed}");
    }
}

#[test]
fn hostile_sources_come_to_an_end_and_say_little() {
    let parts = "{|[|a = [|a = {|field f {|aggregate a {|}|\"|a|=|,|# |a = [1,] |a = '' |a = '|a b |a: |'|x = {\"a\":1,\"a\":1} |\
                 field f {} |event f { fields = [\"x\"] } |aggregate a { event e {} } |locked = 1 |a {} |\\|// |\n|\u{feff}";
    for part in parts.split('|') {
        // Linear work on this takes milliseconds; what is not linear would not come to an end here.
        let source = part.repeat((1 << 15) / part.len());
        for source in [
            format!("aggregate a {{ field f {{ x = {source}"),
            format!("aggregate a {{ {source}"),
            source,
        ] {
            let compiled = crate::schema::compile(&source);
            let _ = crate::schema::format(&source);
            let said = compiled.diagnostics.iter().map(|found| found.message.len()).max();
            assert!(said.unwrap_or(0) < 400, "{part}");
        }
    }
    let mib = 1 << 20;
    assert_eq!(found(&"{".repeat(mib)).len(), 1);
    assert_eq!(found(&"}".repeat(mib)).len(), 1);
    assert!(found(&format!("aggregate a {{ {}", "{".repeat(mib))).len() <= 2);
    assert!(found(&format!("aggregate a {{ x = {}", "[".repeat(mib))).len() <= 2);
}

#[test]
fn a_schema_of_thousands_of_names_is_compiled_and_compared() {
    let mut source = String::from("aggregate a {\n");
    let mut names = Vec::new();
    for number in 0..4000 {
        let _ = writeln!(
            source,
            "field f{number} {{ type = \"text\" rules = {{\"required\": true}} }}"
        );
        names.push(format!("\"g{number}\""));
    }
    for number in 0..200 {
        let _ = writeln!(
            source,
            "event e{number} {{ fields = [{}] }}",
            names[number..number + 100].join(",")
        );
    }
    let _ = write!(source, "hidden_fields = [{}] }}", names.join(", "));
    let compiled = crate::schema::compile(&source);
    assert!(compiled.diagnostics.iter().all(|found| found.message.len() < 400));
    assert_eq!(
        compiled.diagnostics.len(),
        4000 + 200 * 100 + 200,
        "each undeclared name, each useless event"
    );
    let schema = compiled.schema.unwrap();
    assert_eq!(crate::schema::diff(&schema, &schema), []);
    assert_eq!(crate::schema::breaking(&schema, &schema), []);
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "aggregate",
            "field",
            "event",
            "a",
            "{",
            "}",
            "=",
            "[",
            "]",
            ",",
            ":",
            ";",
            "\"",
            "\"x\"",
            "type",
            "rules",
            "true",
            "null",
            "1",
            "-",
            "01",
            "#",
            "//",
            "\n",
            "\r\n",
            " ",
            "\\",
            "'",
            "\u{feff}",
            "é",
            "\0",
            "{}",
            "{\"a\":1}",
            "aggregate a {",
            "field f {",
            "event e {",
            "fields = [\"f\"]",
            "type = \"text\"",
        ])
        .prop_map(str::to_owned),
        ".{0,3}",
    ]
}

/// A source made of tokens, and good ones with one part cut or put elsewhere.
pub(in crate::schema) fn source() -> impl Strategy<Value = String> {
    let good = "# c\naggregate order {\n  snapshot_threshold = 50 // d\n  field total { type = \"int\" rules = {\"range\": \
                {\"min\": 0}} }\n\n  event created { fields = [\"total\"] note = null }\n}\n";
    let cut = (0..good.len(), 0..good.len(), token()).prop_map(move |(from, to, put)| {
        let (from, to) = (from.min(to), from.max(to));
        format!("{}{put}{}", &good[..from], &good[to..])
    });
    prop_oneof![
        prop::collection::vec(token(), 0..40).prop_map(|tokens| tokens.join(" ")),
        cut,
        any::<String>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_source_panics_and_every_span_is_one(source in source()) {
        let (ast, diagnostics) = parse(&source);
        for found in &diagnostics {
            prop_assert!(source.get(found.span.clone()).is_some(), "{found:?}");
            for label in &found.secondary {
                prop_assert!(source.get(label.span.clone()).is_some(), "{found:?}");
            }
            if let Some(fix) = &found.fix {
                prop_assert!(fix.apply(&source).is_some(), "{found:?}");
            }
        }
        prop_assert!(!(diagnostics.is_empty() && ast.aggregates.iter().any(|block| block.damaged)));
        let braces = source.matches('}').count();
        prop_assert!(diagnostics.len() <= 4 * (source.split_whitespace().count() + braces + 4));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_fix_of_a_lone_finding_does_away_with_it(source in source()) {
        let (_, diagnostics) = parse(&source);
        if let [found] = diagnostics.as_slice()
            && let Some(fix) = &found.fix
        {
            let (_, after) = parse(&fix.apply(&source).unwrap());
            let same = after.iter().any(|left| left.code == found.code && left.span == found.span && left.message == found.message);
            prop_assert!(!same, "{found:?} {after:?}");
        }
    }
}
