//! The reader, the writer and the serde bridge, together: what goes in comes out, or is refused at a byte.

use super::spanned::{Value, read_at};
use super::{DEPTH_MAX, Json, Limits, Number, Object, ReadErrorKind};
use proptest::prelude::*;

/// The kind of the fault and the byte at which it was noticed.
fn fault(text: &str) -> (ReadErrorKind, usize) {
    let error = Json::parse(text).expect_err(text);
    (error.kind, error.offset)
}

#[test]
fn numbers_keep_their_text() {
    for text in [
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "1.0",
        "1.50",
        "-0.00",
        "1E5",
        "1e5",
        "1e+5",
        "1E-05",
        "0e0",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "1e999",
        "-1.7976931348623157e308",
    ] {
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
        assert_eq!(Number::new(text).unwrap().as_str(), text);
    }
    assert_ne!(Json::parse("1"), Json::parse("1.0"), "different facts");
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "01", "-01", "00", "1.x", "1.e5", "-x", "1ex", "1e+x", "+1", ".5", "-.5", "0x10", "1a",
        "1.2.3", "1e5.0", "1e5e5",
    ] {
        assert_eq!(fault(text).0, ReadErrorKind::Number, "{text}");
    }
    for text in ["-", "1.", "1e", "1e+", "-1.5E-"] {
        assert_eq!(fault(text), (ReadErrorKind::UnexpectedEnd, text.len()), "{text}");
    }
    for text in ["", "-", "01", "1.", "1e", " 1", "1 ", "+1", "NaN", "--1", "1\n", "٣", "1_0"] {
        assert_eq!(Number::new(text), None, "{text:?}");
    }
    for text in ["NaN", "Infinity", "-Infinity", "nan"] {
        assert!(Json::parse(text).is_err(), "{text}");
    }
}

#[test]
fn words_are_whole() {
    for text in ["null", "true", "false"] {
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
    }
    for text in ["nul", "Null", "TRUE", "truee", "true1", "false_", "None", "undefined"] {
        assert!(Json::parse(text).is_err(), "{text}");
    }
    assert_eq!(fault("nullé"), (ReadErrorKind::Trailing, 4));
}

#[test]
fn strings_resolve_every_escape() {
    for (text, value) in [
        (r#""""#, ""),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0000\u00e9\u00E9""#, "\0éé"),
        (r#""\ud83d\uDE00""#, "😀"),
        (r#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
        (r#""\ufeff\uffff""#, "\u{feff}\u{ffff}"),
        ("\"é世😀\u{7f}\u{2028}\"", "é世😀\u{7f}\u{2028}"),
    ] {
        assert_eq!(Json::parse(text).unwrap().as_str(), Some(value), "{text}");
    }
}

#[test]
fn bad_strings_are_refused_at_the_byte() {
    for (text, at) in [
        (r#""ab\x""#, 4),
        (r#""\ud800""#, 1),
        (r#""\ud800x""#, 1),
        (r#""\ud800\n""#, 1),
        (r#""\ud800\ud800""#, 1),
        (r#""\ud800\u0041""#, 1),
        (r#""a\udc00""#, 2),
        (r#""\udc00\ud800""#, 1),
        (r#""\u12""#, 1),
        (r#""\u12g4""#, 1),
        (r#""\u+123""#, 1),
        (r#""\u 123""#, 1),
        (r#""\u00é""#, 1),
        (r#""\U0041""#, 2),
        (r#""\'""#, 2),
    ] {
        assert_eq!(fault(text), (ReadErrorKind::Escape, at), "{text}");
    }
    for (text, at) in [("\"a\nb\"", 2), ("\"\0\"", 1), ("\"\t\"", 1), ("\"\u{1f}\"", 1)] {
        assert_eq!(fault(text), (ReadErrorKind::ControlCharacter, at), "{text:?}");
    }
    for text in ["\"", "\"abc", "\"\\", "\"é", "{\"a", "[\"\\\""] {
        assert_eq!(fault(text), (ReadErrorKind::UnexpectedEnd, text.len()), "{text}");
    }
}

#[test]
fn equal_keys_are_refused_however_they_are_written() {
    for (text, at) in
        [(r#"{"a":1,"a":1}"#, 7), (r#"{"a":1,"b":2,"\u0061":3}"#, 13), (r#"{"":1,"":2}"#, 6)]
    {
        let (kind, offset) = fault(text);
        assert!(matches!(kind, ReadErrorKind::DuplicateKey { .. }), "{text}");
        assert_eq!(offset, at, "{text}");
    }
    assert!(Json::parse(r#"[{"x":{"a":1,"b":{"a":2}}},{"a":3}]"#).is_ok(), "one object each");
    let spanned = read_at(r#"{"ab":1,"ab":2}"#, 0, Limits::default()).unwrap_err();
    assert_eq!(
        spanned.kind,
        ReadErrorKind::DuplicateKey { key: "ab".to_owned(), first: 1..5 },
        "where the first one stands"
    );
}

#[test]
fn nesting_ends_at_its_limit() {
    let arrays = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(Json::parse(&arrays(DEPTH_MAX)).is_ok());
    assert!(Json::parse(&objects(DEPTH_MAX)).is_ok());
    let too_deep = ReadErrorKind::TooDeep { max: DEPTH_MAX };
    assert_eq!(fault(&arrays(DEPTH_MAX + 1)), (too_deep.clone(), DEPTH_MAX));
    assert_eq!(fault(&objects(DEPTH_MAX + 1)), (too_deep.clone(), DEPTH_MAX * 5));
    assert_eq!(fault(&"[".repeat(10_000_000)).0, too_deep, "before the stack ends");
}

#[test]
fn structure_is_strict() {
    for text in [
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\" 1}",
        "{\"a\"=1}",
        "{1:2}",
        "]",
        "}",
        ":",
        "// c\n1",
        "# c\n1",
        "/* */1",
        "\u{feff}1",
        "\u{a0}1",
        "\u{b}1",
        "'a'",
        "[1}",
        "{\"a\":1]",
    ] {
        assert!(matches!(fault(text).0, ReadErrorKind::Expected { .. }), "{text:?}");
    }
    for text in ["1 2", "{} {}", "null,", "[]]", "1//c", "\"a\"b"] {
        assert_eq!(fault(text).0, ReadErrorKind::Trailing, "{text}");
    }
    for text in ["", "  ", "[", "{", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,"] {
        assert_eq!(fault(text), (ReadErrorKind::UnexpectedEnd, text.len()), "{text:?}");
    }
    assert_eq!(Json::parse(" \t\r\n[ 1 , { } ] \n").unwrap().to_string(), "[1,{}]");
}

#[test]
fn bytes_must_be_utf8() {
    let error = Json::parse_bytes(b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!((error.kind, error.offset), (ReadErrorKind::NotUtf8, 6));
    // CESU-8: a surrogate as three bytes is not UTF-8 either.
    assert_eq!(Json::parse_bytes(b"\"\xed\xa0\x80\"").unwrap_err().kind, ReadErrorKind::NotUtf8);
    assert_eq!(Json::parse_bytes("\"é\"".as_bytes()), Ok(Json::from("é")));
}

#[test]
fn comments_only_where_they_are_asked_for() {
    let limits = Limits { comments: true, ..Limits::default() };
    let source = "x = # one\r\n { \"a\" : // two\n [1, # three\n 2] } # end";
    let (node, end) = read_at(source, 3, limits).unwrap();
    assert_eq!(node.to_json().to_string(), r#"{"a":[1,2]}"#);
    assert_eq!(&source[end..], " # end");
    assert_eq!(&source[node.span.clone()], "{ \"a\" : // two\n [1, # three\n 2] }");
    let Value::Object(members) = &node.value else { panic!("{node:?}") };
    assert_eq!(&source[members[0].key_span.clone()], "\"a\"");
    assert_eq!(&source[members[0].value.span.clone()], "[1, # three\n 2]");
    assert!(read_at("/ 1", 0, limits).is_err(), "one slash is no comment");
    assert_eq!(read_at("1", 99, limits).unwrap_err().kind, ReadErrorKind::UnexpectedEnd);
}

#[test]
fn magic_keys_are_plain_keys() {
    for text in [
        r#"{"$serde_json::private::Number":"1"}"#,
        r#"{"$serde_json::private::RawValue":"[1]"}"#,
        r#"{"__proto__":{"$serde_json::private::Number":"x"}}"#,
    ] {
        let plain = Json::parse(text).unwrap();
        assert!(plain.as_object().is_some());
        assert_eq!(plain.to_string(), text);
        let through_serde: Json = serde_json::from_str(text).unwrap();
        assert_eq!(through_serde, plain);
        assert_eq!(serde_json::to_string(&plain).unwrap(), text);
    }
}

#[test]
fn serde_neither_rounds_nor_accepts_what_the_reader_refuses() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Wire {
        value: Json,
        after: u8,
    }
    for value in ["1E5", "-0", "1.00", "123456789012345678901234567890", r#"{"z":1,"a":[null]}"#] {
        let text = format!(r#"{{"value":{value},"after":1}}"#);
        let wire: Wire = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&wire).unwrap(), text);
    }
    for value in [r#"{"a":1,"a":2}"#, r#""\ud800""#, &"[".repeat(65)] {
        let text = format!(r#"{{"value":{value}{},"after":1}}"#, "]".repeat(value.len() / 65 * 65));
        assert!(serde_json::from_str::<Wire>(&text).is_err(), "{value}");
    }
}

#[test]
fn the_minified_text_escapes_what_it_must_and_no_more() {
    let text = Json::from("\"\\/\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}é😀\u{2028}");
    assert_eq!(text.to_string(), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é😀\u{2028}\"");
    let object = Json::parse("{ \"k\\n\" : [ ] , \"b\" : { \"c\" : [ 1 , { } ] } }").unwrap();
    assert_eq!(object.to_string(), r#"{"k\n":[],"b":{"c":[1,{}]}}"#);
    insta::assert_snapshot!(object.to_pretty(), @r#"
    {
      "k\n": [],
      "b": {
        "c": [
          1,
          {}
        ]
      }
    }
    "#);
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,10})?([eE][+-]?[0-9]{1,4})?"
            .prop_map(|text| Json::Number(Number::new(&text).unwrap())),
        any::<String>().prop_map(Json::String),
    ];
    leaf.prop_recursive(6, 48, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            prop::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect::<Object>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_reads_back(value in value()) {
        let text = value.to_string();
        let read = Json::parse(&text).unwrap();
        prop_assert_eq!(&read, &value);
        // The text as well: equality ignores the order of keys.
        prop_assert_eq!(read.to_string(), text.clone());
        let indented = Json::parse(&value.to_pretty()).unwrap();
        prop_assert_eq!(indented.to_string(), text.clone());
        let (node, end) = read_at(&text, 0, Limits::default()).unwrap();
        prop_assert_eq!(end, text.len());
        prop_assert_eq!(node.to_json().to_string(), text.clone());
        prop_assert_eq!(serde_json::to_string(&value).unwrap(), text.clone());
        prop_assert_eq!(serde_json::from_str::<Json>(&text).unwrap().to_string(), text);
    }

    #[test]
    fn no_text_panics(text in prop_oneof![
        "\\PC{0,40}",
        "[\\[\\]{},:\"\\\\u0-9a-fedDbtrn.+\\-eE#/\n ]{0,60}",
    ]) {
        if let Err(error) = Json::parse(&text) {
            prop_assert!(error.offset <= text.len());
        }
        let limits = Limits { depth_max: 8, comments: true };
        for offset in [0, 1, text.len() / 2, text.len(), text.len() + 1] {
            let _ = read_at(&text, offset, limits);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Err(error) = Json::parse_bytes(&bytes) {
            prop_assert!(error.offset <= bytes.len());
        }
    }

    #[test]
    fn accepts_no_more_than_serde_json_does(text in prop_oneof![
        "[\\[\\]{},:\"\\\\u0-9a.+\\-eE ]{0,12}",
        "-?[0-9]{0,3}\\.?[0-9]{0,2}[eE]?[+-]?[0-9]{0,2}",
        "\"(\\\\u[dD][89abcdefABCDEF][0-9a-f]{2}|\\\\u00[0-9a-f]{2}|[a-z]){0,3}\"",
    ]) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match Json::parse(&text) {
            Ok(_) => {
                // Numbers beyond a double are JSON, but serde_json has nowhere to put them.
                let range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
                prop_assert!(theirs.is_ok() || range, "{}", text);
            }
            Err(error) => {
                let duplicate = matches!(error.kind, ReadErrorKind::DuplicateKey { .. });
                prop_assert!(theirs.is_err() || duplicate, "{}: {}", text, error);
            }
        }
    }
}
