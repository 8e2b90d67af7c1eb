use super::format;
use crate::schema::compile;
use crate::schema::parser::tests::source;
use proptest::prelude::*;

fn pretty(source: &str) -> String {
    let once = format(source).unwrap();
    assert_eq!(format(&once).as_ref(), Ok(&once), "formatting again changes nothing");
    once
}

#[test]
fn a_formatted_file_stays_as_it_is() {
    let source = r#"# Schema of a file's history, oldest first.
aggregate file {
  snapshot_threshold = 50

  field path {
    type = "text"
    locked = true
    rules = {"required": true, "length": {"min": 1, "max": 255}}
  }
  field committed_at { type = "timestamp" }
  field added { type = "integer" rules = {"range": {"min": 0}} }

  event file_created {}
  event file_changed { note = "content changed" }
}
"#;
    assert_eq!(pretty(source), source);
}

#[test]
fn everything_gets_the_one_style() {
    let source = "\u{feff}aggregate \"a\"{\r\n\r\n\r\nfield s{type=\"text\"}field  t\r\n{ type = \"text\"\r\n\r\n}\r\n\r\n\r\nevent \"created\"{\r\n}\r\nevent b{fields=[\"s\",\"t\"]note=null}\r\n\r\n}aggregate b{event e{}}aggregate c { event \"x\" {}}";
    assert_eq!(
        pretty(source),
        r#"aggregate a {
  field s { type = "text" }
  field t {
    type = "text"
  }

  event created {}
  event b { fields = ["s", "t"] note = null }
}

aggregate b {
  event e {}
}

aggregate c {
  event x {}
}
"#
    );
}

#[test]
fn every_comment_keeps_its_place() {
    let source = r#"#first

// second
aggregate /*/ # above
{ # beside the brace
  # own line
  locked = true // beside


  # before the field
  field f { # f
    type = # the type
      "object"
    rules = { # opened
      # about a
      "properties": {"a": "text", # beside a
        # about b
        "b": # odd
          "int"
        # last
      } # closed
    }
    # end of f
  } # behind f
  event e {} // behind e
  # end
}
# between
aggregate b { event e {} } # tail
# very end
"#;
    let source = source.replace("/*/", "a");
    let expected = r#"#first

// second
# above
aggregate a { # beside the brace
  # own line
  locked = true // beside

  # before the field
  field f { # f
    # the type
    type = "object"
    rules = { # opened
      # about a
      "properties": {
        "a": "text", # beside a
        # about b
        # odd
        "b": "int"
        # last
      } # closed
    }
    # end of f
  } # behind f
  event e {} // behind e
  # end
}

# between
aggregate b {
  event e {}
} # tail
# very end
"#;
    assert_eq!(pretty(&source), expected);
}

#[test]
fn long_values_break_and_broken_ones_stay_broken() {
    let words: Vec<String> = (0..20).map(|n| format!("\"word{n}\"")).collect();
    let source = format!(
        "aggregate a {{ field f {{ type = \"text\" rules = {{\"contains\": [{}]}} }} field g {{\n type = \"text\" rules = {{\n\"required\": true}} }} event e {{ fields = [] }} }}",
        words.join(",")
    );
    let formatted = pretty(&source);
    assert!(formatted.lines().all(|line| line.chars().count() <= 100), "{formatted}");
    assert!(
        formatted.contains("    rules = {\n      \"contains\": [\n        \"word0\",\n"),
        "{formatted}"
    );
    assert!(formatted.contains("    rules = {\n      \"required\": true\n    }\n"), "{formatted}");
    assert!(formatted.contains("  event e { fields = [] }\n"), "{formatted}");
}

#[test]
fn a_line_may_have_exactly_a_hundred_columns() {
    let source =
        |n: usize| format!("aggregate a {{\n  event e {{ note = \"{}\" }}\n}}\n", "é".repeat(n));
    let fits = 100 - "  event e { note = \"\" }".len();
    assert_eq!(pretty(&source(fits)), source(fits));
    assert!(pretty(&source(fits + 1)).contains("  event e {\n    note = "));
}

#[test]
fn syntax_errors_come_back_and_other_errors_do_not_matter() {
    assert_eq!(format("aggregate a {").unwrap_err().len(), 1);
    assert_eq!(pretty("aggregate A{lokked=1}"), "aggregate A { lokked = 1 }\n");
    assert_eq!(pretty("  # only a comment"), "# only a comment\n");
    assert_eq!(pretty(""), "");
}

/// Good sources in every layout: tokens of a good source with random space and comments between them.
fn layouts() -> impl Strategy<Value = String> {
    const TOKENS: &str = "aggregate order { locked = false snapshot_threshold = 5 field total { type = \"decimal(9,2)\" rules = { \"required\" : \
        true , \"range\" : { \"min\" : \"0.10\" , \"max\" : 9 } } } field \"b\" { type = \"object\" rules = { \"properties\" : { \"x\" : \
        \"text\" , \"y\" : { \"type\" : \"int\" } } } hidden = true } event created { fields = [ \"total\" , \"b\" ] note = \"n\" } \
        event paid { } } aggregate c { event e { } }";
    let tokens: Vec<&str> = TOKENS.split_whitespace().collect();
    let space = prop::sample::select(vec![
        " ",
        " ",
        " ",
        "",
        "\n",
        "\r\n",
        "\n\n",
        "\n\n\n",
        " # c\n",
        "\n// d \n",
        "#e\n\n#f\n",
    ]);
    prop::collection::vec(space, tokens.len() + 1).prop_map(move |spaces| {
        let mut out = String::from(spaces[0]);
        for (index, token) in tokens.iter().enumerate() {
            out.push_str(token);
            let words = |text: &&str| text.ends_with(|c: char| c.is_alphanumeric());
            let next = tokens.get(index + 1);
            let glued =
                words(token) && next.is_some_and(|next| next.starts_with(char::is_alphanumeric));
            out.push_str(if glued && spaces[index + 1].is_empty() {
                " "
            } else {
                spaces[index + 1]
            });
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_layout_keeps_its_meaning_and_comments(source in layouts()) {
        let once = format(&source).unwrap();
        prop_assert_eq!(format(&once).unwrap(), once.clone());
        let meaning = |source: &str| compile(source).schema.unwrap().to_canonical_json().to_string();
        prop_assert_eq!(meaning(&source), meaning(&once));
        let comments = |source: &str| -> Vec<String> {
            crate::schema::lexer::comments(source).into_iter().map(|span| source[span].to_owned()).collect()
        };
        prop_assert_eq!(comments(&source), comments(&once));
        prop_assert!(!once.contains("\n\n\n") && once.ends_with('\n'));
    }

    #[test]
    fn what_can_be_formatted_stays_formatted(source in source()) {
        if let Ok(once) = format(&source) {
            prop_assert_eq!(format(&once).unwrap(), once.clone());
            let meaning = |source: &str| compile(source).schema.map(|schema| schema.to_canonical_json().to_string());
            prop_assert_eq!(meaning(&source), meaning(&once));
        }
    }
}
