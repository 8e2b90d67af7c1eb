use super::*;
use crate::domain::json::{Json, Object};
use proptest::prelude::*;

struct Record {
    state: Object,
    archived: bool,
}

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
        Some("7f3a-0c21")
    }
    fn time(&self) -> Timestamp {
        "2026-11-20T12:30:00Z".parse().unwrap()
    }
    fn archived(&self) -> bool {
        self.archived
    }
    fn state(&self, key: &str) -> Option<&Json> {
        self.state.get(key)
    }
}

fn now() -> Timestamp {
    "2026-11-20T14:00:00Z".parse().unwrap()
}

fn record() -> Record {
    let state = r#"{"status":"paid","total":120.50,"price":"99.90","n":9007199254740993,"open":null,
        "ok":true,"customer":{"name":"Jane Doe","zip":"0123"},"due":"2026-12-24T18:00:00+01:00",
        "tags":["new","hot"],"lines":[{"sku":"K-1","n":2},{"sku":"L-7","n":30}],"type":"gift",
        "a.b":{"":1},"word":"2h","note":"a*b (c) \"d\"","empty":[],"date":"2026-11-20"}"#;
    let Json::Object(state) = Json::parse(state).unwrap() else { unreachable!() };
    Record { state, archived: false }
}

fn filter(text: &str) -> Filter {
    Filter::parse_at(text, now()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn yes() {
    let record = record();
    for text in [
        "",
        "  ",
        "type:order",
        "corr:7f3a-0c21",
        "corr:7f3a* actor:jane",
        "type:or*",
        "id:Ord-2026-42",
        "id:*42",
        "ord42",
        "O42",
        "r-4",
        "order/o42",
        "O*42",
        "v:5",
        "v:3..7",
        "v:5..5",
        "v:..5",
        "v:>=5",
        "v:<6",
        "event:order.paid",
        "event:order_paid",
        "event:*paid",
        "actor:jane",
        "actor:admin/jane",
        "actor:admin/*",
        "at:2026-11-20",
        "at:2026-11-01..",
        "at:..2026-11-20",
        "at:2026-11-20..2026-11-20",
        "at:>=2026-11-20T12:30Z",
        "at:2026-11-20T12:30Z",
        "at:-2h..",
        "at:-2h..-1h",
        "at:>-2h",
        "at:>2026-11-19",
        "is:active",
        "-is:archived",
        "status:paid",
        "status:p*d",
        "status:*",
        "-status:open",
        "--status:paid",
        "total:120.5",
        "total:1205e-1",
        "total:>100",
        "total:>=120.50",
        "total:<1e3",
        "total:100..200",
        "total:..120.5",
        "total:12*",
        "price:>99.8999",
        "price:99.9",
        "price:9..100",
        "n:>9007199254740992",
        "open:null",
        "ok:true",
        "customer.name:\"Jane Doe\"",
        "customer.name:Jane*",
        "customer.name:*\" D\"*",
        "customer.name:>Ja",
        "customer.zip:0123",
        "due:2026-12-24",
        "due:>2026-12-24T16:59Z",
        "due:2026-12-24T17:00Z",
        "due:>-2h",
        "date:2026-11-20",
        "date:..2026-11-21",
        "tags:hot",
        "-tags:cold",
        "lines.sku:L*",
        "lines.n:>20",
        "lines.0.n:2",
        "-lines.0.n:30",
        "lines:*",
        "empty:*",
        "\"type\":gift",
        "\"a.b\".\"\":1",
        "word:2h",
        "note:\"a*b (c) \\\"d\\\"\"",
        "status:paid total:>100",
        "status:open | total:>100",
        "status:open v:9 | ord42",
        "(status:open | status:paid) v:5",
        "-(status:open | v:9)",
    ] {
        assert!(filter(text).matches(&record), "{text}");
    }
}

#[test]
fn no() {
    let record = record();
    for text in [
        "type:orders",
        "type:Order",
        "type:or",
        "id:42",
        "24o",
        "OR42",
        "invoice/42",
        "v:4",
        "v:6..",
        "v:..4",
        "v:>5",
        "event:paid",
        "actor:admin",
        "actor:local/jane",
        "at:2026-11-19",
        "at:2026-11-21..",
        "at:>2026-11-20",
        "at:<2026-11-20T12:30Z",
        "at:-1h..",
        "at:..-2h",
        "is:archived",
        "status:Paid",
        "status:pai",
        "status:*x",
        "status:p*p",
        "status:>5",
        "status:\"paid*\"",
        "total:\"120.50\"",
        "total:>120.5",
        "total:>abc",
        "n:9007199254740992",
        "open:*",
        "open:\"null\"",
        "open:>0",
        "ok:\"true\"",
        "ok:>=true",
        "nothing:*",
        "nothing:null",
        "customer:Jane",
        "customer.name.x:1",
        "customer.zip:123.5",
        "status.x:*",
        "due:>2027-01-01",
        "due:<-2h",
        "tags:new,hot",
        "lines.2.n:*",
        "type:gift",
        "empty:x",
        "-status:paid",
        "status:paid total:>200",
        "status:open | total:>200",
        "ord42 -v:5",
        "-(status:paid | v:9)",
    ] {
        assert!(!filter(text).matches(&record), "{text}");
    }
    let archived = Record { archived: true, ..self::record() };
    assert!(filter("is:archived").matches(&archived));
    assert!(!filter("is:active").matches(&archived));
}

#[test]
fn or_binds_looser_than_and_and_text_is_canonical() {
    let shown = [
        "a b|c",
        "(a b) | c",
        "a (b | c)",
        "((a))",
        "(a b) c",
        "-(a)",
        "-(a b)",
        "a|(b|c)",
        "x:**y**",
        "x:\"\"*",
        "x:*\"\"*",
        "event:a.b",
        "\"status\":x",
        "\"type\":x",
        "\"-a\":1",
        "v:007",
        "at:2026-01-01T01:00+01:00..",
        "x:\"a\"b",
        "  a   b  ",
        "x:1...5",
        "\"*\":\"\\\\\"",
        "o*",
    ]
    .map(|text| format!("{text}  =>  {}", filter(text)));
    insta::assert_snapshot!(shown.join("\n"), @r#"
        a b|c  =>  a b | c
        (a b) | c  =>  a b | c
        a (b | c)  =>  a (b | c)
        ((a))  =>  a
        (a b) c  =>  (a b) c
        -(a)  =>  -a
        -(a b)  =>  -(a b)
        a|(b|c)  =>  a | (b | c)
        x:**y**  =>  x:*y*
        x:""*  =>  x:*
        x:*""*  =>  x:*
        event:a.b  =>  event:a_b
        "status":x  =>  status:x
        "type":x  =>  "type":x
        "-a":1  =>  "-a":1
        v:007  =>  v:7
        at:2026-01-01T01:00+01:00..  =>  at:2026-01-01T00:00Z..
        x:"a"b  =>  x:"ab"
          a   b    =>  a b
        x:1...5  =>  x:1...5
        "*":"\\"  =>  "*":"\\"
        o*  =>  id:o*
        "#);
}

const BAD: [&str; 30] = [
    "(a",
    "a)",
    ")",
    "()",
    "a |",
    "| a",
    "a || b",
    "(a |) b",
    "-",
    "a - b",
    "\"open",
    "status:",
    "\"\"",
    ".a:1",
    "a..b:1",
    "a*:1",
    "total>100",
    "order.paid",
    "v:x",
    "v:3..x",
    "v:>",
    "v:..",
    "v:1..2..3",
    "x:>1..2",
    "x:1*..2",
    "type:>a",
    "at:soon",
    "at:-2h",
    "is:gone",
    "é",
];

#[test]
fn errors_point_at_the_token() {
    let shown = BAD.map(|text| {
        let error = Filter::parse_at(text, now()).unwrap_err();
        assert!(text.get(error.span.clone()).is_some_and(|marked| !marked.is_empty()), "{text}");
        assert!(!error.help.is_empty(), "{text}");
        let marks = "^".repeat(text[error.span.clone()].chars().count());
        format!("{text}\n{:>start$}{marks} {error}: {}", "", error.help, start = error.span.start)
    });
    insta::assert_snapshot!(shown.join("\n"), @r#"
        (a
        ^ `(` is never closed: close it with `)`
        a)
         ^ `)` closes nothing: take it away, or open it with `(`
        )
        ^ `)` closes nothing: take it away, or open it with `(`
        ()
        ^^ nothing between the parentheses: take them away
        a |
          ^ `|` lacks a side: write something on both sides: `status:paid | status:open`
        | a
        ^ `|` lacks a side: write something on both sides: `status:paid | status:open`
        a || b
          ^ `|` lacks a side: write something on both sides: `status:paid | status:open`
        (a |) b
           ^ `|` lacks a side: write something on both sides: `status:paid | status:open`
        -
        ^ `-` negates nothing: write `-` right before what must not be: `-status:paid`
        a - b
          ^ `-` negates nothing: write `-` right before what must not be: `-status:paid`
        "open
        ^^^^^ this quote is never closed: close it with `"`; within quotes write `\"` for a quote
        status:
        ^^^^^^^ a value is missing: write `status:value`, `status:*` for any, `status:""` for no text
        ""
        ^^ an empty word: write a part of an id, or `name:value`
        .a:1
        ^^ a name is missing: write a path as `customer.name`, and odd names in quotes: `"a.b".c`
        a..b:1
        ^^^^ a name is missing: write a path as `customer.name`, and odd names in quotes: `"a.b".c`
        a*:1
        ^^ a key takes no `*`: name the key; `*` belongs to the right of the colon
        total>100
        ^^^^^^^^^ a word without a key looks for an id, and no id has a `>`: to compare a value write `total:>100`
        order.paid
        ^^^^^^^^^^ a word without a key looks for an id, and no id has a `.`: to look into the state write `name:value`
        v:x
          ^ `x` is not a version: write a whole number: `v:5`, `v:3..7`, `v:>=3`
        v:3..x
             ^ `x` is not a version: write a whole number: `v:5`, `v:3..7`, `v:>=3`
        v:>
          ^ a value is missing after the comparison: write `total:>100`
        v:..
          ^^ a range without ends: write `3..7`, `3..` or `..7`
        v:1..2..3
          ^^^^^^^ a range has two ends: write `3..7`, or quote a value that has dots
        x:>1..2
          ^^^^^ a comparison or a range, not both: write `3..7` or `>=3`
        x:1*..2
          ^^ `*` has no place in a comparison or a range: write a whole value here, or `"*"` for a star
        type:>a
             ^^ `type` is a name and takes no comparison or range: write `type:name` or `type:na*`; `"type":>5` looks into the state
        at:soon
           ^^^^ `soon` is not a time: write 2026-11-20, 2026-11-20T14:00Z or -2h (s, m, h, d, w)
        at:-2h
           ^^^ `-2h` is one instant, at which hardly anything happened: write `at:-2h..` for everything since
        is:gone
           ^^^^ `gone` is nothing that an aggregate is: write `is:archived` or `is:active`; `"is":x` looks into the state
        é
        ^ a word without a key looks for an id, and no id has a `é`: to look into the state write `name:value`
        "#);
}

#[test]
fn relative_times_need_a_now() {
    let error = Filter::parse("at:-2h..").unwrap_err();
    assert_eq!(error.to_string(), "`-2h` is relative, which has no meaning here");
    assert_eq!(error.span, 3..6);
    assert!(Filter::parse("at:2026-11-20..").is_ok());
    // In a state it is text like any other.
    assert!(!"word:-2h".parse::<Filter>().unwrap().matches(&record()));
}

#[test]
fn limits_hold() {
    let deep = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(Filter::parse(&deep(31)).is_ok());
    assert!(Filter::parse(&deep(33)).is_err());
    assert!(Filter::parse(&format!("{}a", "-".repeat(5000))).is_err());
    let long = "é".repeat(FILTER_BYTES_MAX);
    let error = Filter::parse(&long).unwrap_err();
    assert!(long.get(error.span).is_some());
    assert!(Filter::parse(&"a ".repeat(FILTER_BYTES_MAX / 2)).is_ok());
}

#[test]
fn readers_learn_what_they_can_skip() {
    assert_eq!(filter("v:5 type:order").required_type(), Some("order"));
    assert_eq!(filter("type:order").required_type(), Some("order"));
    for text in ["type:o*", "-type:order", "type:order | v:5", "\"type\":order", ""] {
        assert_eq!(filter(text).required_type(), None, "{text}");
    }
    assert!(filter("v:5 | -(a status:paid)").looks_into_state());
    assert!(!filter("v:5 type:order ord42").looks_into_state());
    assert!(filter(" ").is_empty());
    assert!(!filter("a").is_empty());
}

/// Texts that are mostly filters.
fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-c0-9_-]{1,3}",
        "(type|id|event|actor|is|\"type\"|a\\.b|\"a b\"\\.c|x):[a-c*.<>=\"-]{1,5}",
        "x:\"[a\\\\ *.|\"]{0,4}\"\\*?",
        "v:(>|>=|<|<=)?[0-9]{1,2}(\\.\\.)?[0-9]{0,2}",
        "at:(>|<=)?(-2h|2026-11-20|2026-11-20T14:0[0-9]Z)?(\\.\\.)?(-1d|2026-11-21)?",
        "is:(archived|active)",
        "(x|x\\.0):[<>]?=?(1|2h|-2h|1e5|\"1\"|é|[*]){0,2}(\\.\\.)?(1|\"a\"|[*])?",
    ];
    let joint = prop_oneof![Just(" "), Just(" | "), Just(" -"), Just("|"), Just(" ("), Just(") ")];
    prop::collection::vec((word, joint), 1..6).prop_map(|parts| {
        let mut text: String =
            parts.into_iter().flat_map(|(word, joint)| [word, joint.to_owned()]).collect();
        let open = text.matches('(').count();
        let closed = text.matches(')').count();
        text = text.trim_end_matches(['|', '-', '(', ' ']).to_owned();
        text.insert_str(0, &"(".repeat(closed.saturating_sub(open)));
        text.push_str(&")".repeat(open.saturating_sub(closed)));
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_shown_reads_back(text in texts()) {
        if let Ok(filter) = Filter::parse_at(&text, now()) {
            let shown = filter.to_string();
            prop_assert_eq!(Filter::parse_at(&shown, now()), Ok(filter.clone()), "{}", shown);
            filter.matches(&record());
        }
    }

    #[test]
    fn no_text_panics_and_spans_lie_on_characters(text in "[-a:.*\"|()<>=\\\\ é0-9]{0,16}|.{0,16}") {
        match Filter::parse_at(&text, now()) {
            Ok(filter) => {
                prop_assert_eq!(Filter::parse_at(&filter.to_string(), now()), Ok(filter.clone()));
                filter.matches(&record());
            }
            Err(error) => prop_assert!(text.get(error.span).is_some()),
        }
    }

    /// A pattern is found as the naive search finds it: by trying every split of the text.
    #[test]
    fn stars_stand_for_anything(pattern in "[ab*]{1,6}", text in "[ab]{0,8}") {
        fn naive(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
                Some((c, rest)) => text.first() == Some(c) && naive(rest, &text[1..]),
            }
        }
        let state: Object = [("x".to_owned(), Json::from(text.as_str()))].into_iter().collect();
        let found = filter(&format!("x:{pattern}")).matches(&Record { state, archived: false });
        prop_assert_eq!(found, naive(pattern.as_bytes(), text.as_bytes()));
    }
}
